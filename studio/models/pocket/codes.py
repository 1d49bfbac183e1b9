"""Scenes as numbers: the arrays that the networks read and write (NumPy only, no torch).

Nouns: a *slot* is one row of a scene's arrays, back to front; unused slots have `valid` 0. A *setting* is
(kind, tone, weather, style): the tone of paper is its color, that of a land its time of day.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .scene import (
    BACKDROP_COLORS,
    BACKDROPS,
    COLORS,
    LANDS,
    MAX_THINGS,
    OUTDOORS,
    STYLES,
    TIMES,
    WEATHERS,
    Background,
    Scene,
)
from .things import THINGS

NAMES: tuple[str, ...] = tuple(THINGS)
NAME_CODE = {name: i for i, name in enumerate(NAMES)}
# Code 0 is the drawing's own color.
COLOR_CODE: dict[str | None, int] = {None: 0, **{color: i + 1 for i, color in enumerate(COLORS)}}
CODE_COLOR = {code: color for color, code in COLOR_CODE.items()}
KINDS = (*BACKDROPS, "space", *LANDS)
TONES = ("", *BACKDROP_COLORS, *TIMES)
# The sets of drawings, one *hand* each; paper things are flat ones, cut out.
HANDS = ("round", "flat", "cartoon")
HAND_OF_STYLE = {"3d": "round", "flat": "flat", "cartoon": "cartoon", "paper": "flat"}
HORIZONS = (112, 184)
DEFAULT_HORIZON = 148


# Every background there is, but for its horizon: (kind, tone, weather).
GROUNDS: tuple[tuple[str, str, str], ...] = (
    *((kind, color, "clear") for kind in BACKDROPS for color in BACKDROP_COLORS),
    ("space", "", "clear"),
    *((land, time, weather) for land in OUTDOORS for time in TIMES for weather in WEATHERS),
    *((land, time, "clear") for land in LANDS if land not in OUTDOORS for time in TIMES),
)


class SceneArrays(NamedTuple):
    """One scene: slots [8, 4] int64 (name, color, flip, valid), boxes [8, 5] float32 (x, y, width, height,
    angle), setting [4] int64, horizon.
    """

    slots: NDArray[np.int64]
    boxes: NDArray[np.float32]
    setting: NDArray[np.int64]
    horizon: float


def tone_of(background: Background) -> str:
    """The color or the time of day of a background; "" for space."""
    if background.kind in BACKDROPS:
        return background.color or "white"
    return "" if background.kind == "space" else background.time or "day"


def weather_of(background: Background) -> str:
    """The weather of a background; "clear" where there is none."""
    return background.weather or "clear" if background.kind in OUTDOORS else "clear"


def background_of(kind: str, tone: str, weather: str, horizon: float) -> Background:
    """A background from what `KINDS`, `TONES` and `WEATHERS` name."""
    if kind in BACKDROPS:
        return Background(kind, color=tone if tone in BACKDROP_COLORS else "white")
    if kind == "space":
        return Background("space")
    line = int(np.clip(round(horizon), *HORIZONS))
    time = tone if tone in TIMES else "day"
    here = weather if weather != "clear" and kind in OUTDOORS else None
    return Background(kind, time=time, horizon=line, weather=here)


def horizon_of(background: Background) -> float:
    """The horizon in units, or 0 where a background has none."""
    if background.kind not in LANDS:
        return 0.0
    return float(np.clip(background.horizon or DEFAULT_HORIZON, *HORIZONS))


def setting_of(scene: Scene) -> NDArray[np.int64]:
    """(kind, tone, weather, style) of a scene."""
    back = scene.background
    kind, tone = KINDS.index(back.kind), TONES.index(tone_of(back))
    return np.array([kind, tone, WEATHERS.index(weather_of(back)), STYLES.index(scene.style)], np.int64)


def to_arrays(scene: Scene) -> SceneArrays:
    """The first MAX_THINGS things of a scene and its background as arrays."""
    slots = np.zeros((MAX_THINGS, 4), np.int64)
    boxes = np.ones((MAX_THINGS, 5), np.float32)
    for i, thing in enumerate(scene.things[:MAX_THINGS]):
        slots[i] = NAME_CODE[thing.name], COLOR_CODE[thing.color], int(thing.flip), 1
        boxes[i] = *thing.box, thing.angle
    return SceneArrays(slots, boxes, setting_of(scene), horizon_of(scene.background))
