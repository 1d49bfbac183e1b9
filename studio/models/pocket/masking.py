"""Masks of things: from what a glance saw of them, and from what is remembered of their outlines, to planes
of the whole picture, exact to the pixel.

Nouns: a *crop* is the part of a picture, in pixels, that a thing can be seen in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from studio.models.pocket.glance import VIEW, Window
from studio.models.pocket.outlining import enlarged, sharpened
from studio.models.pocket.scene import SIZE, Thing

BAND = 1.5  # pixels of a glance's mask that may be wrong about an edge
EDGE = 3  # pixels of the picture that a remembered outline may be
STEEP = 2.5  # a remembered outline is coarse: its middle level is where the edge runs
ALIKE = 0.5  # overlap from which on an outline and a glance mean the same


class Shape(NamedTuple):
    """A thing, where a glance says that it is seen in its window, [96, 96] of 0..1, and the outline that is
    remembered of it, [64, 64], if it is surely that.
    """

    thing: Thing
    window: Window
    seen: Tensor
    outline: Tensor | None


def masked(pixels: Tensor, shapes: Sequence[Shape]) -> list[Tensor]:
    """Where each thing is seen in a picture [3, H, W] of 0..255: planes [H, W] of 0..1."""
    size = pixels.shape[1], pixels.shape[2]
    glances = [spread(shape.seen, shape.window, size) for shape in shapes]
    known = [
        _remembered(shape, glance, size) if shape.outline is not None else None
        for shape, glance in zip(shapes, glances, strict=True)
    ]
    planes = [glance if plane is None else plane for glance, plane in zip(glances, known, strict=True)]
    for i, one in enumerate(planes):
        for j in range(i):
            both = (one > 0.5) & (planes[j] > 0.5)
            if both.any():  # it goes, all of it, to the one who was seen there
                mine = float((glances[i] - glances[j])[both].mean()) > 0
                planes[j if mine else i][both] = 0.0
    return [
        _sharp(pixels, shape, plane, EDGE if outline is not None else _radius(shape.window, size))
        for shape, plane, outline in zip(shapes, planes, known, strict=True)
    ]


def _remembered(shape: Shape, glance: Tensor, size: tuple[int, int]) -> Tensor | None:
    """A thing's outline as a plane of the picture; None if a glance saw something else."""
    assert shape.outline is not None
    plane = laid(shape.thing, shape.outline, size)
    ours, theirs = plane > 0.5, glance > 0.5
    return plane if (ours & theirs).sum() > ALIKE * (ours | theirs).sum() else None


def laid(thing: Thing, outline: Tensor, size: tuple[int, int]) -> Tensor:
    """A remembered outline [64, 64] where its thing lies, as a plane of that height and width, 0..1."""
    x, y, width, height = thing.box
    turn, flip = math.radians(thing.angle), -1.0 if thing.flip else 1.0
    down, across = ((torch.arange(side) + 0.5) * (SIZE / side) for side in size)
    v, u = torch.meshgrid(down - y - height / 2, across - x - width / 2, indexing="ij")
    along = flip * (u * math.cos(turn) + v * math.sin(turn)) * (2 / width)
    below = (v * math.cos(turn) - u * math.sin(turn)) * (2 / height)
    grid = torch.stack([along, below], -1)[None]
    plane = F.grid_sample(outline[None, None], grid, align_corners=False)[0, 0]
    return ((plane - 0.5) * STEEP + 0.5).clamp(0, 1)


def spread(seen: Tensor, window: Window, size: tuple[int, int]) -> Tensor:
    """A glance's mask of a window [96, 96] as a plane of the picture, of that height and width."""
    plane = torch.zeros(size)
    (top, bottom), (left, right) = _crop(window, size)
    guess = enlarged(seen, max(1, bottom - top), max(1, right - left))
    rows, columns = slice(max(0, top), min(size[0], bottom)), slice(max(0, left), min(size[1], right))
    if rows.start < rows.stop and columns.start < columns.stop:
        plane[rows, columns] = guess[
            rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
        ]
    return plane


def _sharp(pixels: Tensor, shape: Shape, plane: Tensor, radius: int) -> Tensor:
    """A plane made exact by the picture's colors, in the crop that it can be in."""
    (top, bottom), (left, right) = _crop(shape.window, plane.shape)
    rows, columns = slice(max(0, top), max(0, bottom)), slice(max(0, left), max(0, right))
    if plane[rows, columns].numel():
        plane[rows, columns] = sharpened(pixels[:, rows, columns], plane[rows, columns], radius)
    return plane


def _radius(window: Window, size: Sequence[int]) -> int:
    (top, bottom), (left, right) = _crop(window, size)
    return max(2, round(BAND * (right - left + bottom - top) / 2 / VIEW))


def _crop(window: Window, size: Sequence[int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """A window's first and last row and column in a picture of that height and width; they may lie beyond."""
    left, top, span = window
    height, width = size[0] / SIZE, size[1] / SIZE
    return (round(top * height), round((top + span) * height)), (
        round(left * width),
        round((left + span) * width),
    )
