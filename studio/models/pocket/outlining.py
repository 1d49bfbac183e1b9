"""Outlines exact to the pixel: a coarse guess of what belongs to something, sharpened by the colors there.

Nouns: a *guess* is a plane of how likely each pixel belongs, 0..1; its *band* is where it says neither yes
nor no.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

IN, OUT = 0.8, 0.2  # what a guess says with confidence
SAME = 28.0  # levels; two sides closer than this are told apart by the guess alone


def sharpened(pixels: Tensor, guess: Tensor, radius: int) -> Tensor:
    """A guess [H, W] made exact by the colors [3, H, W] in 0..255 of pixels: in the band, a pixel goes to the
    side that it looks like; `radius` is how far the band may reach, in pixels.
    """
    inner, outer = (guess > IN).float(), (guess < OUT).float()
    if not inner.any() or not outer.any():
        return guess
    ours, near_us = _around(pixels, inner, radius)
    theirs, near_them = _around(pixels, outer, radius)
    apart = ours - theirs
    distance = apart.square().sum(0)
    share = ((pixels - theirs) * apart).sum(0) / distance.clamp(min=1)
    trust = distance / (distance + SAME**2) * (near_us > 0.01) * (near_them > 0.01)
    told = torch.lerp((guess - 0.5) * 3 + 0.5, share, trust).clamp(0, 1)
    return torch.where(inner + outer > 0, guess.round(), told)


def _around(pixels: Tensor, weight: Tensor, radius: int) -> tuple[Tensor, Tensor]:
    """The mean color near each pixel of those that have weight, and how much weight there is."""
    planes = torch.cat([pixels * weight, weight[None]])
    step = max(1, radius // 4)  # what gets blurred that much needs no more pixels
    small = F.avg_pool2d(planes[None], step, ceil_mode=True, count_include_pad=False)[0]
    blurred = F.interpolate(blur(small, radius // step)[None], planes.shape[1:], mode="bilinear")[0]
    return blurred[:3] / blurred[3:].clamp(min=1e-4), blurred[3]


def blur(planes: Tensor, radius: int) -> Tensor:
    """Planes [C, H, W] blurred twice by a box, which is about a bell; nothing lies beyond the edges."""
    size = 2 * radius + 1
    x = planes[None]
    for _ in range(2):
        x = F.avg_pool2d(x, (size, 1), 1, (radius, 0))
        x = F.avg_pool2d(x, (1, size), 1, (0, radius))
    return x[0]


def enlarged(plane: Tensor, height: int, width: int) -> Tensor:
    """A plane [h, w] at another size."""
    return F.interpolate(plane[None, None], (height, width), mode="bilinear", align_corners=False)[0, 0]


def halved(pixels: Tensor, inside: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Where, `inside` of a plane, pixels look more like those of the `first` plane than of the `second`."""
    weights = (first * inside, second * inside)
    means = [(pixels * w).sum((1, 2)) / w.sum().clamp(min=1e-4) for w in weights]
    away = [(pixels - mean[:, None, None]).square().sum(0) for mean in means]
    return blur(((away[0] < away[1]) * inside)[None], 2)[0].round()
