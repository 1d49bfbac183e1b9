"""What the eye and the glance are built from; small pictures need cheaper parts than the renderer does."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.models.pocket.blocks import conv3


class ChannelNorm(nn.Module):
    """Layer norm over the channels of each pixel: one fused kernel, forwards and back."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(channels))
        self.shift = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        gain, shift = self.gain.to(x.dtype), self.shift.to(x.dtype)
        return F.layer_norm(x.permute(0, 2, 3, 1), gain.shape, gain, shift).permute(0, 3, 1, 2)


class Block(nn.Module):
    """norm, convolution, convolution, added to its input; starts as the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = ChannelNorm(channels)
        self.first, self.second = conv3(channels, channels), conv3(channels, channels)
        nn.init.zeros_(self.second.weight)
        assert self.second.bias is not None
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.second(F.silu(self.first(F.silu(self.norm(x)))))
        return out


def blocks(channels: int, count: int) -> list[nn.Module]:
    """So many of them, for a sequence."""
    return [Block(channels) for _ in range(count)]
