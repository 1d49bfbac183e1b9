"""A drift of the whole picture: measured, and undone.

Models that edit sometimes give a picture back a few pixels to the side, or enlarged by a hundredth. Put
over its parent it shows twice, and after ten turns the picture has wandered.

Nouns: a *movement* is how the second of two pictures lies against the first; a *tile* is a small square of
them that is compared by itself. Tiles that were edited do not agree with the rest, and are left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from studio.images.encoding import alike, cells

Floats = NDArray[np.floating[Any]]

_TILE = 64  # pixels a side, of pictures made no larger than _SEEN
_SEEN = 512
_LEAST = 0.5  # pixels: what is less is not worth resampling a picture for
_MOST = 0.03  # of a side: what is more was meant
_ZOOM = 0.04
_FAINT = 0.01  # of the strongest frequency
_ALIKE = 0.4  # of what a tile scores against itself
_NEAR = 1.0  # pixels by which tiles may differ that move alike
_AGREE = 0.6  # of the tiles that show something must


@dataclass(frozen=True)
class Movement:
    """`right` and `down` in pixels, then `zoom` about the middle: 1.02 is enlarged by two hundredths."""

    right: float = 0.0
    down: float = 0.0
    zoom: float = 1.0

    def farthest(self, size: tuple[int, int]) -> float:
        """By how many pixels the corner that moves most has moved."""
        across, along = ((self.zoom - 1) * side / 2 for side in size)
        return math.hypot(abs(self.right) + abs(across), abs(self.down) + abs(along))


STILL = Movement()


def moved(before: Image.Image, after: Image.Image) -> Movement:
    """How `after` lies against `before`; STILL where that cannot be told, or is more than a drift.

    Every tile is compared by phase correlation; a shift and a zoom that most of them agree on is fitted, the
    zoom first by the median over pairs of tiles (Theil and Sen), which no edited part can sway.
    """
    if before.size != after.size:
        return STILL
    factor = max(1, math.ceil(max(before.size) / _SEEN))
    old, new = (cells(picture.convert("L"), factor) for picture in (before, after))
    found = _tiles(old, new)
    if len(found) < 6:
        return STILL
    places, ways = found[:, :2], found[:, 2:]
    zoom = _median_slope(places, ways)
    shift = np.median(ways - zoom * places, axis=0)
    near = np.zeros(len(found), bool)
    for _ in range(4):
        near = np.hypot(*(ways - shift - zoom * places).T) < _NEAR
        if near.sum() < max(6, _AGREE * len(found)):
            return STILL
        middle, mean = places[near].mean(0), ways[near].mean(0)
        spread = places[near] - middle
        zoom = float((spread * (ways[near] - mean)).sum() / max(1e-9, (spread**2).sum()))
        shift = mean - zoom * middle
    right, down = (float(way) * factor for way in shift)
    if abs(zoom) > _ZOOM or abs(right) > _MOST * before.width or abs(down) > _MOST * before.height:
        return STILL
    return Movement(right, down, 1 + zoom)


def undone(before: Image.Image, after: Image.Image) -> Image.Image:
    """`after` with its drift against `before` taken back: the very same picture if there is none.

    What a picture that drifted no longer shows along a side is taken from `before`.
    """
    movement = moved(before, after)
    if movement.farthest(before.size) < _LEAST:
        return after
    (width, height), zoom = before.size, movement.zoom
    matrix = (
        zoom, 0.0, movement.right - (zoom - 1) * width / 2,
        0.0, zoom, movement.down - (zoom - 1) * height / 2,
    )  # fmt: skip
    back = after.transform(after.size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)
    shown = Image.new("L", after.size, 255).transform(
        after.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
    )
    back, below = alike(back, before)
    return Image.composite(back, below, shown.point([0] * 255 + [255]))


def _tiles(old: Floats, new: Floats) -> Floats:
    """Of each tile that can be told: its place right and down of the middle, and how far it moved."""
    height, width = old.shape
    taper = np.outer(*(np.hanning(_TILE),) * 2)
    found = []
    for top in _starts(height):
        for left in _starts(width):
            here = np.s_[top : top + _TILE, left : left + _TILE]
            way = _way(old[here], new[here], taper)
            if way is not None:
                place = left + _TILE / 2 - width / 2, top + _TILE / 2 - height / 2
                found.append((*place, *way))
    return np.array(found, np.float64).reshape(-1, 4)


def _starts(side: int) -> NDArray[np.int64]:
    """Where tiles begin that lie half over one another."""
    if side < _TILE:
        return np.zeros(0, np.int64)
    count = max(1, round((side - _TILE) / (_TILE / 2)) + 1)
    return np.linspace(0, side - _TILE, count).round().astype(np.int64)


def _way(old: Floats, new: Floats, taper: Floats) -> tuple[float, float] | None:
    """How far a tile moved, right and down; None if it is too plain, or is not the same any more."""
    if min(old.std(), new.std()) < 2:
        return None
    spectra = [np.fft.rfft2((part - part.mean()) * taper) for part in (old, new)]
    cross = spectra[1] * np.conj(spectra[0])
    strength = np.abs(cross)
    # Fine detail counts as much as coarse, but not where there is hardly any: models blur it, or make it up.
    even = strength + _FAINT * strength.max()
    surface = np.fft.irfft2(cross / even, s=old.shape)
    row, column = (int(at) for at in np.unravel_index(int(surface.argmax()), surface.shape))
    if surface[row, column] < _ALIKE * np.fft.irfft2(strength / even, s=old.shape)[0, 0]:
        return None
    down, right = peak(surface[:, column], row), peak(surface[row], column)
    return (right, down) if max(abs(right), abs(down)) < _TILE / 4 else None


def peak(line: Floats, at: int) -> float:
    """Where a circular line has its maximum, to a fraction, as a distance from 0 of either sign."""
    left, middle, right = (float(line[(at + step) % line.size]) for step in (-1, 0, 1))
    bend = left - 2 * middle + right
    place = at + ((left - right) / (2 * bend) if bend else 0.0)
    return place if place <= line.size / 2 else place - line.size


def _median_slope(places: Floats, ways: Floats) -> float:
    """By how much more a tile has moved for each pixel that it is farther out."""
    slopes = []
    for axis in (0, 1):
        apart = places[:, None, axis] - places[None, :, axis]
        more = ways[:, None, axis] - ways[None, :, axis]
        far = apart > _TILE
        slopes.append(more[far] / apart[far])
    joined = np.concatenate(slopes)
    return float(np.median(joined)) if joined.size else 0.0
