"""Scenes as numbers: the arrays that the networks read and write (NumPy only, no torch).

Nouns: a *slot* is one row of a scene's arrays, back to front; unused slots have `valid` 0. A *backdrop
code* is the index of (kind, color or time) in `BACKDROP_CODES`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .scene import BACKDROP_COLORS, BACKDROPS, COLORS, LANDS, MAX_THINGS, TIMES, Background, Scene, Thing
from .things import THINGS

NAMES: tuple[str, ...] = tuple(THINGS)
NAME_CODE = {name: i for i, name in enumerate(NAMES)}
# Code 0 is the drawing's own color.
COLOR_CODE: dict[str | None, int] = {None: 0, **{color: i + 1 for i, color in enumerate(COLORS)}}
CODE_COLOR = {code: color for color, code in COLOR_CODE.items()}
BACKDROP_CODES: tuple[tuple[str, str], ...] = (
    *((kind, color) for kind in BACKDROPS for color in BACKDROP_COLORS),
    ("space", ""),
    *((land, time) for land in LANDS for time in TIMES),
)
BACKDROP_CODE = {pair: i for i, pair in enumerate(BACKDROP_CODES)}
HORIZONS = (112, 184)
DEFAULT_HORIZON = 148


class SceneArrays(NamedTuple):
    """One scene: slots [6, 4] int64 (name, color, flip, valid), boxes [6, 4] float32, backdrop, horizon."""

    slots: NDArray[np.int64]
    boxes: NDArray[np.float32]
    backdrop: int
    horizon: float


def backdrop_code(background: Background) -> int:
    """The index of a background's look; its horizon is separate."""
    if background.kind in BACKDROPS:
        return BACKDROP_CODE[background.kind, background.color or "white"]
    if background.kind == "space":
        return BACKDROP_CODE["space", ""]
    return BACKDROP_CODE[background.kind, background.time or "day"]


def background_of(code: int, horizon: float) -> Background:
    """The inverse of `backdrop_code`."""
    kind, rest = BACKDROP_CODES[code]
    if kind in BACKDROPS:
        return Background(kind, color=rest)
    if kind == "space":
        return Background("space")
    return Background(kind, time=rest, horizon=int(np.clip(round(horizon), *HORIZONS)))


def horizon_of(background: Background) -> float:
    """The horizon in pixels, or 0 where a background has none."""
    if background.kind not in LANDS:
        return 0.0
    return float(np.clip(background.horizon or DEFAULT_HORIZON, *HORIZONS))


def to_arrays(scene: Scene) -> SceneArrays:
    """The first MAX_THINGS things of a scene and its background as arrays."""
    slots = np.zeros((MAX_THINGS, 4), np.int64)
    boxes = np.ones((MAX_THINGS, 4), np.float32)
    for i, thing in enumerate(scene.things[:MAX_THINGS]):
        slots[i] = NAME_CODE[thing.name], COLOR_CODE[thing.color], int(thing.flip), 1
        boxes[i] = thing.box
    return SceneArrays(slots, boxes, backdrop_code(scene.background), horizon_of(scene.background))


def thing_of(name: int, color: int, flip: int, box: tuple[float, float, float, float]) -> Thing:
    """One thing from its codes."""
    return Thing(NAMES[name], box, CODE_COLOR[color], bool(flip))
