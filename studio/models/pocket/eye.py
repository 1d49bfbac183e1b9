"""The eye: pixels -> what is where, and of what kind the picture is.

Nouns: a *cell* is 8 x 8 of the 256 x 256 pixels that the eye looks at; a `Gaze` is all it says of a batch of
pictures. It finds things but does not name them: that is what a `Glance` at each of them is for.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from diffusers import ModelMixin  # by this name here diffusers knows the class below as its own
from torch import Tensor, nn

from studio.models.pocket.blocks import Model, Upsample, conv3, register_to_config
from studio.models.pocket.codes import KINDS, TONES
from studio.models.pocket.scene import SIZE, STYLES, WEATHERS, Box
from studio.models.pocket.seeing_blocks import ChannelNorm, blocks
from studio.models.pocket.sight import overlap

__all__ = ["CELLS", "UNITS", "USUAL", "Eye", "Gaze", "ModelMixin", "peaks"]

CELLS = 32  # cells a side
UNITS = SIZE / CELLS  # units a cell
USUAL = 64.0  # units; sizes are told as logarithms of multiples of it
_WHOLE = (len(KINDS), len(TONES), len(WEATHERS), len(STYLES), 1, 1)


class Gaze(NamedTuple):
    """Logits: `heat` [B, 32, 32] where a thing has its middle, `boxes` [B, 4, 32, 32] (how far the middle is
    from the cell's, in cells, and the logarithms of width and height), `sky` [B, 32, 32], and of the whole
    picture its kind, tone, weather and style, its `horizon` in units [B], and whether it is `familiar` [B].
    """

    heat: Tensor
    boxes: Tensor
    sky: Tensor
    kind: Tensor
    tone: Tensor
    weather: Tensor
    style: Tensor
    horizon: Tensor
    familiar: Tensor


class Eye(Model):
    """Pictures [B, 3, 256, 256] in -1..1 -> a `Gaze`.

    Convolutions on cells, on every fourth and on every sixteenth of them, and back to cells.
    """

    @register_to_config
    def __init__(self, fine: int = 64, middle: int = 128, coarse: int = 192) -> None:
        super().__init__()
        self.enter = nn.Sequential(nn.PixelUnshuffle(8), conv3(192, fine), *blocks(fine, 2))
        self.down = nn.Sequential(conv3(fine, middle, stride=2), *blocks(middle, 2))
        self.deep = nn.Sequential(conv3(middle, coarse, stride=2), *blocks(coarse, 3))
        self.around = nn.Linear(coarse, coarse)
        self.wide = nn.Sequential(*blocks(coarse, 1))
        self.up = Upsample(coarse, middle)
        self.back = nn.Sequential(*blocks(middle, 1))
        self.up_again = Upsample(middle, fine)
        self.leave = nn.Sequential(*blocks(fine, 2), ChannelNorm(fine), nn.SiLU())
        self.cells = nn.Conv2d(fine, 1 + 4 + 1, 1)
        side = CELLS // 4
        self.gather = nn.Sequential(ChannelNorm(coarse), nn.SiLU(), nn.Conv2d(coarse, 32, 1), nn.Flatten())
        self.whole = nn.Sequential(nn.Linear(32 * side * side, 256), nn.SiLU(), nn.Linear(256, sum(_WHOLE)))
        with torch.no_grad():
            assert self.cells.bias is not None
            self.cells.bias[0] = -4.0

    def forward(self, pixels: Tensor) -> Gaze:
        fine = self.enter(pixels.contiguous(memory_format=torch.channels_last))
        middle = self.down(fine)
        deep = self.deep(middle)
        deep = self.wide(deep + self.around(deep.mean((2, 3)))[:, :, None, None])
        fine = self.leave(fine + self.up_again(self.back(middle + self.up(deep))))
        cells = self.cells(fine).float()
        kind, tone, weather, style, horizon, familiar = self.whole(self.gather(deep)).float().split(_WHOLE, 1)
        return Gaze(
            cells[:, 0], cells[:, 1:5], cells[:, 5], kind, tone, weather, style,
            horizon[:, 0] * 25 + 147, familiar[:, 0],
        )  # fmt: skip


def peaks(gaze: Gaze, row: int, sure: float = 0.3) -> list[tuple[float, Box]]:
    """Where things are in one of the pictures: scores and boxes, the surest first, each thing once."""
    heat = gaze.heat[row].sigmoid()
    tops = heat == F.max_pool2d(heat[None, None], 3, 1, 1)[0, 0]
    found: list[tuple[float, Box]] = []
    for y, x in (tops & (heat > sure)).nonzero().tolist():
        dx, dy, wide, high = gaze.boxes[row, :, y, x].tolist()
        width, height = (USUAL * math.exp(min(max(v, -3.0), 1.6)) for v in (wide, high))
        left, top = (x + 0.5 + dx) * UNITS - width / 2, (y + 0.5 + dy) * UNITS - height / 2
        found.append((float(heat[y, x]), (left, top, width, height)))
    kept: list[tuple[float, Box]] = []
    for score, box in sorted(found, reverse=True):
        if all(overlap(box, other) < 0.6 for _, other in kept):
            kept.append((score, box))
    return kept
