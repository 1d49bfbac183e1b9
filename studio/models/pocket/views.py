"""Which part of a remembered painting lies behind a picture, so that another hour or weather finds the same
hills in the same place.

Nouns: a `View` is a part of a painting, perhaps mirrored, with its horizon moved.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image

from studio.models.pocket.codes import DEFAULT_HORIZON
from studio.models.pocket.outlining import blur
from studio.models.pocket.scene import SIZE

NARROWEST = 0.72  # of the painting's width
COMPARED = 64  # pixels a side of what is compared
NEARBY = 5  # of them
_STEPS = 8


@dataclass(frozen=True)
class View:
    """`wide` and `left` are shares of the painting's width: how much of it is seen, from where."""

    mirrored: bool = False
    wide: float = 1.0
    left: float = 0.0

    @staticmethod
    def drawn(rng: random.Random) -> View:
        """Any."""
        mirrored, wide = rng.random() < 0.5, rng.uniform(NARROWEST, 1.0)
        return View(mirrored, wide, rng.uniform(0, 1 - wide))

    def of(self, painted: Image.Image, horizon: float) -> Image.Image:
        """What is seen of a square painting whose horizon is in the usual place; it comes to lie at
        `horizon`, in units; 0 if there is none.
        """
        side = painted.width
        if self.mirrored:
            painted = painted.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        left, wide = self.left * side, self.wide * side
        right = min(side, left + wide)
        old, new = round(DEFAULT_HORIZON / SIZE * side), round(horizon / SIZE * side)
        if not new:
            return painted.resize((side, side), Image.Resampling.BICUBIC, (left, side - wide, right, side))
        sky = painted.resize((side, new), Image.Resampling.BICUBIC, (left, max(0, old - new), right, old))
        ground = painted.resize((side, side - new), Image.Resampling.BICUBIC, (left, old, right, side))
        out = Image.new("RGB", (side, side))
        out.paste(sky)
        out.paste(ground, (0, new))
        return out


def fitting(
    painted: Image.Image, picture: Image.Image, horizon: float, bare: NDArray[np.bool_] | None = None
) -> View:
    """The view of a painting that a picture most likely shows; `bare` [64, 64] is where no thing hides it."""
    small, seen = (_small(image) for image in (painted, picture))
    weight = np.ones((COMPARED, COMPARED), bool) if bare is None or not bare.any() else bare
    goal = np.asarray(seen, np.float32)

    def away(view: View) -> float:
        apart = (np.asarray(view.of(small, horizon), np.float32) - goal)[weight]
        # The mean may differ: haze and vignettes are not what tells one view from another.
        return float(np.square(apart - apart.mean(0)).mean())

    best = min(_everywhere(), key=away)
    for step in (0.02, 0.01, 0.005):
        best = min(_near(best, step), key=away)
    return best


def toned(seen: Image.Image, picture: Image.Image, bare: NDArray[np.bool_]) -> tuple[Image.Image, float]:
    """A background in the tone that a picture has nearby, so that no seam shows where the one goes over into
    the other; and by how many levels they still differ on average where nothing hides it (`bare` [64, 64]).
    """
    if not bare.any():
        return seen, float("inf")
    goal, have = (np.asarray(_small(image), np.float32) for image in (picture, seen))
    weight = torch.from_numpy(bare.astype(np.float32))
    apart = torch.from_numpy(goal - have).permute(2, 0, 1)
    spread = blur(torch.cat([apart * weight, weight[None]]), NEARBY)
    mean = (apart * weight).sum((1, 2)) / weight.sum()
    # Far from all that is bare, the mean of the whole has its say.
    smooth = (spread[:3] + 0.01 * mean[:, None, None]) / (spread[3:] + 0.01)
    left = (apart - smooth).abs().mean(0)[weight > 0].mean()
    shift = F.interpolate(smooth[None], (seen.height, seen.width), mode="bilinear")[0].permute(1, 2, 0)
    out = np.asarray(seen, np.float32) + shift.numpy()
    return Image.fromarray(out.clip(0, 255).round().astype(np.uint8)), float(left)


def _everywhere() -> Iterable[View]:
    for wide in np.linspace(NARROWEST, 1, _STEPS).tolist():
        for left in np.arange(0, 1 - wide + 1e-6, 0.04).tolist():
            yield from (View(mirrored, wide, left) for mirrored in (False, True))


def _near(view: View, step: float) -> Iterable[View]:
    for wider in (-step, 0, step):
        wide = min(1.0, max(NARROWEST, view.wide + wider))
        for aside in (-step, 0, step):
            yield View(view.mirrored, wide, min(1 - wide, max(0.0, view.left + aside)))


def _small(image: Image.Image) -> Image.Image:
    return image.convert("RGB").resize((COMPARED, COMPARED), Image.Resampling.BOX)
