"""Cutting out what lies in a pose.

Nouns: a *pose* says where a thing lies and how, as six numbers: its middle, width and height in units, its
angle in radians, and 1, or -1 if it is mirrored; a *cut* is what lies there, upright and not mirrored, as a
small square.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from studio.models.pocket.scene import SIZE, Thing

LEVELS = 5  # of the pyramid that cuts are taken from


def pose_of(thing: Thing, flip: bool) -> Tensor:
    """A thing's pose [6]."""
    x, y, width, height = thing.box
    turn = math.radians(thing.angle)
    return torch.tensor([x + width / 2, y + height / 2, width, height, turn, -1.0 if flip else 1.0])


def posed(name: str, color: str | None, pose: Tensor) -> Thing:
    """A thing in a pose [6]."""
    x, y, width, height, turn, flip = pose.tolist()
    box = (x - width / 2, y - height / 2, width, height)
    return Thing(name, box, color, flip < 0, math.degrees(turn))


def pyramid(planes: Tensor) -> list[Tensor]:
    """Planes [C, H, W], and halved again and again."""
    levels = [planes]
    while len(levels) < LEVELS:
        levels.append(F.avg_pool2d(levels[-1], 2))
    return levels


def cuts(levels: Sequence[Tensor], poses: Tensor, side: int, frame: float = 1.0) -> Tensor:
    """What lies in poses [K, 6] of one thing, [K, C, side, side]; nothing lies beyond the picture's edge.
    `frame` is how much wider and higher the cut is than the thing.
    """
    steps = ((torch.arange(side) + 0.5) / side - 0.5) * frame
    x, y, width, height, turn, flip = (part[:, None, None] for part in poses.unbind(1))
    u, v = width * flip * steps[None, None], height * steps[None, :, None]
    xs, ys = x + u * turn.cos() - v * turn.sin(), y + u * turn.sin() + v * turn.cos()
    pixels = float((poses[0, 2] * poses[0, 3]).sqrt()) * frame / SIZE * levels[0].shape[-1] / side
    level = levels[min(LEVELS - 1, max(0, round(math.log2(max(pixels, 1)))))]
    grid = torch.stack([xs, ys], -1) * (2 / SIZE) - 1
    return F.grid_sample(level[None].expand(len(poses), -1, -1, -1), grid, align_corners=False)
