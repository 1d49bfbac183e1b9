"""Which part of a remembered painting lies behind a picture, so that another hour or weather finds the same
hills in the same place.

Nouns: a `View` is a part of a painting, perhaps mirrored, with its horizon moved.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image

from studio.models.pocket.codes import DEFAULT_HORIZON, HORIZONS
from studio.models.pocket.outlining import blur
from studio.models.pocket.scene import SIZE

NARROWEST = 0.72  # of the painting's width
COMPARED = 64  # pixels a side of what is compared
NEARBY = 5  # of them
APART = 40.0  # levels; what differs more is not the background
CLEAR = 0.6  # of what is bare must be the background
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
    small, away = _small(painted), _away(picture, bare, COMPARED)

    def off(view: View) -> float:
        return away(view.of(small, horizon))

    best = min(_everywhere(), key=off)
    for step in (0.02, 0.01, 0.005):
        best = min(_near(best, step), key=off)
    return best


def misfit(
    painted: Image.Image, picture: Image.Image, horizon: float, bare: NDArray[np.bool_] | None = None
) -> float:
    """How far a painting is from a picture in the view of it that fits best; `bare` as in `fitting`."""
    view = fitting(painted, picture, horizon, bare)
    return _away(picture, bare, COMPARED)(view.of(_small(painted), horizon))


def leveled(
    painted: Image.Image, picture: Image.Image, horizon: float, bare: NDArray[np.bool_] | None = None
) -> float:
    """The horizon, in units and not far from the one given, with which a painting fits a picture best."""
    view, low, high = fitting(painted, picture, horizon, bare), *HORIZONS
    large, away = _small(painted, SIZE), _away(picture, bare, SIZE)
    for step in (8, 4, 2, 1):
        lines = (horizon + step * k for k in (0, -2, -1, 1, 2))
        horizon = min((v for v in lines if low <= v <= high), key=lambda v: away(view.of(large, v)))
    return horizon


def _away(picture: Image.Image, bare: NDArray[np.bool_] | None, side: int) -> Callable[[Image.Image], float]:
    """How far another picture, so many pixels a side, is from a picture where it is bare."""
    weight = np.ones((COMPARED, COMPARED), bool) if bare is None or not bare.any() else bare
    weight = weight.repeat(side // COMPARED, 0).repeat(side // COMPARED, 1)
    goal = np.asarray(_small(picture, side), np.float32)[weight]

    def away(shown: Image.Image) -> float:
        apart = np.asarray(shown, np.float32)[weight] - goal
        # The mean may differ: haze and vignettes are not what tells one view from another. What is far off is
        # a thing that nobody has seen.
        return float(np.square(np.clip(apart - np.median(apart, 0), -APART, APART)).mean())

    return away


def toned(seen: Image.Image, picture: Image.Image, bare: NDArray[np.bool_]) -> tuple[Image.Image, float]:
    """A background in the tone that a picture has nearby, so that no seam shows where the one goes over into
    the other; and by how many levels they still differ on average where nothing hides it (`bare` [64, 64]).
    What differs by far is something that hides it, too, as long as that is not most of it.
    """
    goal, have = (np.asarray(_small(image), np.float32) for image in (picture, seen))
    clear = bare & (np.abs(goal - have - np.median((goal - have)[bare], 0)).max(-1) < APART)
    if not bare.any() or clear.sum() < CLEAR * bare.sum():
        return seen, float("inf")
    weight = torch.from_numpy(clear.astype(np.float32))
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


def _small(image: Image.Image, side: int = COMPARED) -> Image.Image:
    return image.convert("RGB").resize((side, side), Image.Resampling.BOX)
