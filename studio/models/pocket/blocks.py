"""What pocket's networks are built from: norms, residual blocks, attention; and the sizes they agree on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:  # diffusers' classes say too little about their types; what is used of them is this
    F1 = TypeVar("F1", bound=Callable[..., None])

    def register_to_config(init: F1) -> F1: ...

    class Model(nn.Module):
        """A module that saves itself with its settings."""

else:
    from diffusers import ConfigMixin, ModelMixin
    from diffusers.configuration_utils import register_to_config as register_to_config

    class Model(ModelMixin, ConfigMixin):
        """A module that saves itself with its settings."""


LATENT_CHANNELS = 24
PIXELS = 512  # a side of what the networks draw
CELL = 16  # pixels a side of a latent cell
GRID = PIXELS // CELL


def conv3(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    """A 3 x 3 convolution that keeps the size (or halves it)."""
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1)


class PixelNorm(nn.Module):
    """RMS norm over the channels of each pixel: local, so that crops and masks agree with whole pictures."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        scale = torch.rsqrt(x.float().square().mean(1, keepdim=True) + 1e-5)
        return x * scale.to(x.dtype) * self.gain.to(x.dtype)


class ResidualBlock(nn.Module):
    """norm, convolution, convolution, added to its input; starts as the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = PixelNorm(channels)
        self.first = conv3(channels, channels)
        self.second = conv3(channels, channels)
        nn.init.zeros_(self.second.weight)
        assert self.second.bias is not None
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.second(F.silu(self.first(F.silu(self.norm(x)))))
        return out


class Upsample(nn.Sequential):
    """Twice the size by pixel shuffle."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(nn.Conv2d(inputs, outputs * 4, 1), nn.PixelShuffle(2))


class RMSNorm(nn.Module):
    """RMS norm over the last axis."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.gain.to(x.dtype), 1e-6)


class Attention(nn.Module):
    """Self-attention over [B, N, D] with normed queries and keys."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query_key_value = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.query_norm = RMSNorm(width // heads)
        self.key_norm = RMSNorm(width // heads)

    def forward(self, x: Tensor) -> Tensor:
        b, n, width = x.shape
        q, k, v = self.query_key_value(x).view(b, n, 3, self.heads, -1).unbind(2)
        q, k, v = self.query_norm(q).transpose(1, 2), self.key_norm(k).transpose(1, 2), v.transpose(1, 2)
        # Written out: at 64 tokens the fused kernel's backward is several times slower on a CPU.
        weights = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
        mixed = weights.softmax(-1).to(v.dtype) @ v
        out: Tensor = self.out(mixed.transpose(1, 2).reshape(b, n, width))
        return out


class TransformerBlock(nn.Module):
    """Attention and a feed-forward net, each scaled, shifted and gated by `modulation` [B, 6, D]."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = RMSNorm(width), RMSNorm(width)
        self.attention = Attention(width, heads)
        self.widen, self.narrow = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)
        self.modulation = nn.Parameter(torch.zeros(6, width))
        with torch.no_grad():
            self.modulation[[2, 5]] = 0.5

    def forward(self, x: Tensor, modulation: Tensor) -> Tensor:
        parts = (modulation + self.modulation.to(modulation.dtype)).unsqueeze(2).unbind(1)
        scale1, shift1, gate1, scale2, shift2, gate2 = parts
        x = x + gate1 * self.attention(self.norm1(x) * (1 + scale1) + shift1)
        hidden = F.gelu(self.widen(self.norm2(x) * (1 + scale2) + shift2), approximate="tanh")
        out: Tensor = x + gate2 * self.narrow(hidden)
        return out
