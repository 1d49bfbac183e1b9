"""The glance: a closer look at one thing, for its name, its looks, its exact place and its outline.

Nouns: a *window* is a square of the picture, (x, y, side) in units, with a thing in its middle and a margin;
it may hang over the picture's edge. A `Look` is all a glance says of a batch of windows.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from diffusers import ModelMixin  # by this name here diffusers knows the class below as its own
from torch import Tensor, nn

from studio.models.pocket.blocks import Model, Upsample, conv3, register_to_config
from studio.models.pocket.codes import COLOR_CODE, KINDS, NAMES, TONES
from studio.models.pocket.scene import STYLES, WEATHERS, Box
from studio.models.pocket.seeing_blocks import ChannelNorm, blocks

__all__ = ["VIEW", "Glance", "Look", "ModelMixin", "Window", "window_around"]

VIEW = 96  # pixels a side of what a glance looks at
MARGIN = 1.35  # a window's side, in a box's longer sides: turned things reach beyond their boxes
SMALLEST = 16.0  # units
Window = tuple[float, float, float]
_SETTINGS = (len(KINDS), len(TONES), len(WEATHERS), len(STYLES))
_LOOKS = (len(NAMES), len(COLOR_CODE), 2, 2, 4, 1, 1)


class Look(NamedTuple):
    """Logits of the `name` [B, names], the `color` [B, 12], the `flip` [B, 2]; the `turn` [B, 2] is (sine,
    cosine) of the angle; the `box` [B, 4] is its middle, in window sides from the window's, and the
    logarithms of its width and height in window sides; logits that there is a thing at all (`present` [B]),
    of the share of it that others hide (`hidden` [B]), and of where it is seen (`mask` [B, 96, 96]).
    """

    name: Tensor
    color: Tensor
    flip: Tensor
    turn: Tensor
    box: Tensor
    present: Tensor
    hidden: Tensor
    mask: Tensor


class Glance(Model):
    """Windows [B, 4, 96, 96] (colors in -1..1 and whether a pixel is of the picture, 0 or 1) and the settings
    of their pictures [B, 4] -> a `Look`. A small U-net.
    """

    @register_to_config
    def __init__(self, fine: int = 64, middle: int = 128, coarse: int = 192) -> None:
        super().__init__()
        self.enter = nn.Sequential(nn.PixelUnshuffle(4), conv3(64, fine), *blocks(fine, 1))
        self.down = nn.Sequential(conv3(fine, middle, stride=2), *blocks(middle, 3))
        self.deep = conv3(middle, coarse, stride=2)
        self.settings = nn.ModuleList(nn.Embedding(count, coarse) for count in _SETTINGS)
        self.deeper = nn.Sequential(*blocks(coarse, 3))
        self.up = Upsample(coarse, middle)
        self.back = nn.Sequential(*blocks(middle, 1))
        self.up_again = Upsample(middle, fine)
        self.leave = nn.Sequential(
            *blocks(fine, 1), ChannelNorm(fine), nn.SiLU(), nn.Conv2d(fine, 16, 1), nn.PixelShuffle(4)
        )
        self.norm = nn.Sequential(ChannelNorm(coarse), nn.SiLU())
        self.gather = nn.Sequential(nn.Conv2d(coarse, 64, 1), nn.Flatten(), nn.Linear(64 * 36, coarse))
        self.whole = nn.Sequential(
            nn.Linear(2 * coarse, 2 * coarse), nn.SiLU(), nn.Linear(2 * coarse, sum(_LOOKS))
        )
        with torch.no_grad():
            for table in self.settings:
                assert isinstance(table, nn.Embedding)
                table.weight.mul_(0.1)

    def forward(self, windows: Tensor, settings: Tensor) -> Look:
        fine = self.enter(windows.contiguous(memory_format=torch.channels_last))
        middle = self.down(fine)
        where = torch.stack([table(settings[:, i]) for i, table in enumerate(self.settings)]).sum(0)
        deep = self.deep(middle)
        deep = self.deeper(deep + where[:, :, None, None].to(deep.dtype))
        mask = self.leave(fine + self.up_again(self.back(middle + self.up(deep))))
        seen = self.norm(deep)
        whole = self.whole(torch.cat([seen.mean((2, 3)), self.gather(seen)], 1)).float()
        name, color, flip, turn, box, present, hidden = whole.split(_LOOKS, 1)
        return Look(name, color, flip, turn, box, present[:, 0], hidden[:, 0], mask[:, 0].float())


def window_around(box: Box) -> Window:
    """The window in which to look at a thing that may be in that box."""
    x, y, width, height = box
    side = max(SMALLEST, MARGIN * max(width, height))
    return x + (width - side) / 2, y + (height - side) / 2, side
