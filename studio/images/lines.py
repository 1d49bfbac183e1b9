"""Lines out of pictures, without weights: the edges of a photo, the strokes of a sketch without its paper.

Nouns: a *peak* is a pixel that is steeper than its neighbours across the edge; *strong* pixels are lines for
sure, *weak* ones where they hang together with strong ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Floats = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]

_SOFT = 1.4  # pixels: the blur before slopes are measured
_STEEP = (50.0, 220.0)  # the least and the most slope that a strong edge is asked for, as Sobel measures it
_SHARE = 0.9  # of all pixels that are less steep than a strong edge, in between
_WEAK = 0.4  # the slope of a weak edge, as a share of a strong one's

_WIDE = 0.01  # of the longer side: what surrounds a stroke
_DARKER = 22.0  # levels by which a stroke is darker than what surrounds it
_BLACK = 64  # levels: below, what is darker is so by grain
_FAINT = 0.35  # the same of a weak one, as a share
_SPECK = 0.006  # of the longer side: as many pixels a stroke has at least


def edges(picture: Image.Image) -> Image.Image:
    """White edges on black, one pixel wide, of an "RGB" picture.

    Source: Canny, "A Computational Approach to Edge Detection" (1986): blur, Sobel slopes (of the channel
    that is steepest), peaks, and a threshold with hysteresis. How steep a strong edge is follows the picture,
    so that faint ones are found in fog and only the main ones in leaves.
    """
    slope, across, down = _slopes(picture)
    strong = float(np.clip(np.quantile(slope, _SHARE), *_STEEP))
    peaks = _peaks(slope, across, down)
    found = linked(peaks & (slope >= _WEAK * strong), peaks & (slope >= strong), least=4)
    return Image.fromarray(found.astype(np.uint8) * 255).convert("RGB")


def _slopes(picture: Image.Image) -> tuple[Floats, Floats, Floats]:
    """How steep every pixel is, [rows, columns], and its slopes across and down."""
    levels = np.asarray(picture.filter(ImageFilter.GaussianBlur(_SOFT)), np.float32)
    around = np.pad(levels, ((1, 1), (1, 1), (0, 0)), mode="edge")
    soft_rows = around[:-2] + 2 * around[1:-1] + around[2:]
    soft_columns = around[:, :-2] + 2 * around[:, 1:-1] + around[:, 2:]
    across, down = soft_rows[:, 2:] - soft_rows[:, :-2], soft_columns[2:] - soft_columns[:-2]
    steepest = np.argmax(across**2 + down**2, axis=2)[..., None]
    across, down = (np.take_along_axis(one, steepest, axis=2)[..., 0] for one in (across, down))
    return np.hypot(across, down), across, down


def _peaks(slope: Floats, across: Floats, down: Floats) -> Flags:
    """Where no neighbour along the slope is steeper; of two that are alike, one. The border has none."""
    around = np.pad(slope, 1)
    high, wide = slope.shape

    def beside(row: int, column: int) -> Floats:
        return around[1 + row : 1 + row + high, 1 + column : 1 + column + wide]

    flat, steep = np.abs(down) <= 0.4142 * np.abs(across), np.abs(down) > 2.4142 * np.abs(across)
    falling = across * down > 0
    found = np.zeros(slope.shape, bool)
    for (row, column), there in (
        ((0, 1), flat),
        ((1, 0), steep),
        ((1, 1), ~flat & ~steep & falling),
        ((1, -1), ~flat & ~steep & ~falling),
    ):
        found |= there & (slope > beside(-row, -column)) & (slope >= beside(row, column))
    found[[0, -1]] = found[:, [0, -1]] = False
    return found


def sketch(picture: Image.Image) -> Image.Image:
    """Black strokes on white, of an "RGB" picture: paper, its shading and its grain are out.

    A stroke is what is darker than its surroundings, by the difference of two blurs; on dark paper, brighter.
    So a pencil line stays as wide as it is, a filled shape becomes its outline, and a photo a line drawing.
    Source: Marr and Hildreth, "Theory of Edge Detection" (1980), with the soft threshold of Winnemöller,
    Kyprianidis, Olsen, "XDoG" (2012), and the hysteresis of Canny.
    """
    depth = _darker(picture.convert("L"))
    if (depth**3).sum() < 0 and np.median(np.asarray(picture)) < 128:
        depth = -depth
    longest = max(picture.size)
    grain = 4 * 1.4826 * float(np.median(np.abs(depth - np.median(depth))))
    strong = max(_DARKER, min(grain, 3 * _DARKER))
    found = linked(depth >= _FAINT * strong, depth >= strong, least=max(3, round(_SPECK * longest)))
    ink = np.where(found, np.clip((depth / strong - _FAINT / 2) / 0.6, 0, 1), 0)
    return Image.fromarray((255 - 255 * ink + 0.5).astype(np.uint8)).convert("RGB")


def _darker(gray: Image.Image) -> Floats:
    """By how many levels pixels are darker than their surroundings, on paper as bright as it ever is."""
    longest = max(gray.size)
    near = np.asarray(gray.filter(ImageFilter.GaussianBlur(longest / 1500)), np.float32)
    far = np.asarray(gray.filter(ImageFilter.GaussianBlur(max(2.0, _WIDE * longest))), np.float32)
    darker: Floats = (far - near) * (255 / (far + _BLACK))
    return darker


def linked(weak: Flags, strong: Flags, least: int) -> Flags:
    """The weak pixels that hang together with a strong one, by any of 8 neighbours, `least` or more of them.

    Labels that are the least of their neighbours' are passed on and shortened: Shiloach and Vishkin, "An
    O(log n) Parallel Connectivity Algorithm" (1982). `strong` is part of `weak`.
    """
    high, wide = weak.shape
    places = np.flatnonzero(weak)
    number = np.full((high + 2, wide + 2), -1)
    number[1:-1, 1:-1][weak] = np.arange(places.size)
    here = number[1:-1, 1:-1][weak]
    pairs = []
    for row, column in ((0, 1), (1, -1), (1, 0), (1, 1)):
        there = number[1 + row : 1 + row + high, 1 + column : 1 + column + wide][weak]
        pairs.append(np.stack([here, there])[:, there >= 0])
    label = _labels(places.size, np.concatenate(pairs, axis=1))
    count = np.bincount(label, minlength=places.size)
    sure = np.bincount(label, weights=strong.ravel()[places], minlength=places.size)
    found = np.zeros(weak.size, bool)
    found[places[(sure[label] > 0) & (count[label] >= least)]] = True
    return found.reshape(weak.shape)


def _labels(count: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each of `count`, the same for those that pairs join."""
    label = np.arange(count)
    while True:
        one, other = label[pairs]
        apart = one != other
        if not apart.any():
            return label
        np.minimum.at(label, np.maximum(one, other)[apart], np.minimum(one, other)[apart])
        while not np.array_equal(label, shorter := label[label]):
            label = shorter
