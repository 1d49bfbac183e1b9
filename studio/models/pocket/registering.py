"""Where exactly a remembered drawing lies in a picture: nearby poses are tried until it fits best.

Nouns: a *template* is a drawing in small, alpha and lit color, with a margin in which nothing is; its
*residuals* are by how much a picture differs from it, pixel by pixel.

The method is Lucas and Kanade's ("An iterative image registration technique", 1981), damped as Levenberg's
and Marquardt's, with Huber's weights for what is hidden or painted otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from studio.models.pocket.cutting import cuts

FRAME = 1.24  # a template's side, in a thing's: what is beside the thing says where its edge is
SHAPE = 0.5  # what a wrong outline counts beside a wrong color
COARSE, FINE = (20, 20, 20), (24, 40, 40, 40)  # pixels a side of the template, pass by pass
STEPS = (0.02, 0.02, 0.02, 0.02, 0.03)  # by which derivatives are taken: shares of the thing, and radians
FARTHEST = 0.12  # of a step in a pass
HUBER = 0.15  # residuals above this are less and less believed


class Template(NamedTuple):
    """Drawings: alpha [K, S, S] and color [K, 3, T, T], 0..1."""

    alpha: Tensor
    color: Tensor

    def framed(self, side: int) -> Template:
        """The same with a margin, `side` pixels a side."""
        steps = ((torch.arange(side) + 0.5) / side * 2 - 1) * FRAME
        grid = torch.stack(torch.meshgrid(steps, steps, indexing="xy"), -1)
        grid = grid.expand(len(self.alpha), -1, -1, -1)
        alpha = F.grid_sample(self.alpha[:, None], grid, align_corners=False)[:, 0]
        color = F.grid_sample(self.color, grid, align_corners=False, padding_mode="border")
        return Template(alpha, color)


def registered(levels: Sequence[Tensor], poses: Tensor, template: Template, sides: Sequence[int]) -> Tensor:
    """Poses [K, 6] moved, scaled and turned a little to where the drawings fit; `levels` is the `pyramid` of
    color, mask, and whether a pixel is free, `sides` are those of the template, pass by pass.
    """
    damping = torch.full((len(poses),), 0.02)
    for side in sides:
        framed = template.framed(side)
        here = _residuals(levels, poses, framed)
        weight = (HUBER / here.abs().clamp(min=HUBER)).sqrt()
        away = torch.stack(
            [_residuals(levels, moved(poses, step), framed) for step in torch.diag(torch.tensor(STEPS))], 2
        )
        slope = (away - here[:, :, None]) / torch.tensor(STEPS) * weight[:, :, None]
        square = slope.mT @ slope
        down = slope.mT @ (weight * here)[:, :, None]
        ridge = damping[:, None] * square.diagonal(dim1=1, dim2=2) + 1e-3
        change = -torch.linalg.solve(square + torch.diag_embed(ridge), down)[:, :, 0]
        there = moved(poses, change.clamp(-FARTHEST, FARTHEST))
        better = ((weight * _residuals(levels, there, framed)).square().sum(1)) < (
            weight * here
        ).square().sum(1)
        poses = torch.where(better[:, None], there, poses)
        damping = torch.where(better, damping * 0.5, damping * 8)
    return poses


def moved(poses: Tensor, change: Tensor) -> Tensor:
    """Poses [K, 6], changed by [K, 5] or [5]: right, down, wider, higher (shares), clockwise (radians)."""
    x, y, width, height, turn, flip = poses.unbind(1)
    right, down, wider, higher, clockwise = change.unbind(-1)
    across, along = right * width, down * height
    return torch.stack(
        [
            x + across * turn.cos() - along * turn.sin(),
            y + across * turn.sin() + along * turn.cos(),
            width * (1 + wider),
            height * (1 + higher),
            turn + clockwise,
            flip,
        ],
        1,
    )


def _residuals(levels: Sequence[Tensor], poses: Tensor, template: Template) -> Tensor:
    """Of each pose, [K, 4 x S x S]."""
    side = template.alpha.shape[-1]
    cut = cuts(levels, poses, side, FRAME)
    free = cut[:, 4].sqrt()
    color = (free * template.alpha.sqrt())[:, None] * (cut[:, :3] - template.color) / 3**0.5
    shape = free * (cut[:, 3] - template.alpha) * SHAPE**0.5
    return torch.cat([color, shape[:, None]], 1).flatten(1)
