"""What an edit really changed: measured for its receipt, and as a mask."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops

from studio.images.encoding import alike, cells
from studio.images.masks import LOCKED, PAINTED, as_mask, spread
from studio.images.shifting import peak


@dataclass(frozen=True)
class Change:
    """What an edit did to its parent.

    share: of all pixels, those of which any channel changed, 0 to 1.
    outside: the greatest change of a channel where the mask is 0, in levels 0 to 255; 0 without a mask.
    shift: how far the whole picture moved, (right, down) in pixels; (0, 0) where that cannot be told.
    """

    share: float
    outside: int
    shift: tuple[float, float]


def compare(before: Image.Image, after: Image.Image, mask: Image.Image | None) -> Change:
    """Measure an edit. Raises BadMask for a mask of another size, or with nothing painted.

    Pictures of two sizes have changed everywhere: their share is 1, and outside is 255 if there is a mask.
    """
    if before.size != after.size:
        return Change(1.0, 0 if mask is None else 255, (0.0, 0.0))
    levels = _difference(before, after)
    pixels = levels.width * levels.height
    changed = pixels - levels.histogram()[0]
    if not changed:
        return Change(0.0, 0, (0.0, 0.0))
    outside = 0
    if mask is not None:
        locked = levels.histogram(mask=as_mask(mask, before.size).point(LOCKED))
        outside = max((level for level, count in enumerate(locked) if count), default=0)
    return Change(changed / pixels, outside, _shift(before, after))


def _difference(before: Image.Image, after: Image.Image) -> Image.Image:
    """By how many levels each pixel's most changed channel differs, as "L"."""
    channels = ImageChops.difference(*alike(before, after)).split()
    levels = channels[0]
    for channel in channels[1:]:
        levels = ImageChops.lighter(levels, channel)
    return levels


def _shift(before: Image.Image, after: Image.Image) -> tuple[float, float]:
    """Estimate a movement by phase correlation at 256 pixels a side, with a parabola through the peak.

    It is right to about half a pixel in a picture of 1024 pixels a side.
    Source: Kuglin and Hines, "The phase correlation image alignment method" (1975).
    """
    factor = max(1, math.ceil(max(before.size) / 256))
    old, new = (cells(picture.convert("L"), factor) for picture in (before, after))
    if min(old.shape) < 16 or min(old.std(), new.std()) < 2:
        return 0.0, 0.0
    taper = np.outer(
        *(np.hanning(side).astype(np.float32) for side in old.shape)
    )  # hides the picture's edges
    spectra = [np.fft.rfft2((part - part.mean()) * taper) for part in (old, new)]
    cross = spectra[1] * np.conj(spectra[0])
    strength = np.abs(cross)
    surface = np.fft.irfft2(cross / (strength + 0.1 * strength.mean()), s=old.shape)
    row, column = np.unravel_index(int(surface.argmax()), surface.shape)
    if surface[row, column] < 0.05:  # unrelated pictures stay below: then there is no movement to speak of
        return 0.0, 0.0
    down = peak(surface[:, column], int(row)) * factor
    right = peak(surface[row], int(column)) * factor
    return round(right, 1) + 0.0, round(down, 1) + 0.0


def change_mask(before_small: Image.Image, after_small: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Where a model that ran at its working size changed pixels: a mask of `size`, one pixel wider all round.

    Both pictures are of the working size. Every pixel of the canvas that lies in a changed working pixel, or
    next to one, is 255; all others are 0 and can be kept from the full-size parent. Raises ValueError for two
    sizes.
    """
    if before_small.size != after_small.size:
        raise ValueError(f"the model was given {before_small.size} and gave back {after_small.size}")
    changed = np.asarray(_difference(before_small, after_small).point(PAINTED))
    wider = Image.fromarray(spread(changed, np.maximum, corners=True))
    return wider.resize(size, Image.Resampling.BILINEAR).point(PAINTED)
