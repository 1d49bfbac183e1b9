"""Random scenes to learn from (training and judging only).

Nouns: *held out* are looks that are never trained on, so that composing them can be measured: one in eight
triples of thing, color and style, and one thing in fourteen altogether.
"""

from __future__ import annotations

import hashlib
import math
import random

from .codes import HORIZONS, horizon_of
from .scene import (
    BACKDROP_COLORS,
    COLORS,
    LANDS,
    MAX_THINGS,
    OUTDOORS,
    SIZE,
    STYLES,
    WEATHERS,
    Background,
    Box,
    Scene,
    Thing,
)
from .things import THINGS

SMALLEST, LARGEST = 34.0, 216.0
NAMES = tuple(THINGS)


def _among(words: str, parts: int) -> bool:
    return hashlib.md5(words.encode()).digest()[0] % parts == 0


def held_out(name: str, color: str, style: str) -> bool:
    """Whether a thing is never shown in this color and style."""
    return _among(name + color + style, 8)


def never_drawn(name: str) -> bool:
    """Whether the renderer never sees this thing in training: it stands for what nobody has drawn before."""
    return _among(name, 14)


def random_background(rng: random.Random) -> Background:
    """A third paper, the rest landscapes and a little space."""
    u = rng.random()
    if u < 0.20:
        return Background("plain", color=rng.choice(BACKDROP_COLORS))
    if u < 0.33:
        return Background(
            rng.choice(("gradient", "gradient", "dots", "stripes")), color=rng.choice(BACKDROP_COLORS)
        )
    if u < 0.37:
        return Background("space")
    kind = rng.choice(LANDS)
    weather = rng.choice(WEATHERS) if kind in OUTDOORS and rng.random() < 0.5 else None
    return Background(
        kind,
        time=rng.choice(("day", "day", "night", "sunset")),
        horizon=rng.randint(*HORIZONS),
        weather=None if weather == "clear" else weather,
    )


def random_look(
    rng: random.Random, style: str, held: bool = False, colored: float = 0.3, unseen: bool = True
) -> tuple[str, str | None]:
    """A thing's name and color; with `held`, only triples kept out of training; without `unseen`, only things
    that the renderer may learn.
    """
    while True:
        name = rng.choice(NAMES)
        if not unseen and never_drawn(name):
            continue
        if not held and rng.random() > colored:
            return name, None
        color = rng.choice(COLORS)
        if held_out(name, color, style) == held:
            return name, color


def fitted(name: str, longer: float, rng: random.Random | None = None) -> tuple[float, float]:
    """Width and height of a thing whose longer side is given, a little stretched if `rng` is."""
    aspect = THINGS[name].aspect * (math.exp(rng.gauss(0, 0.04)) if rng else 1.0)
    return (longer, longer / aspect) if aspect >= 1 else (longer * aspect, longer)


def _overlap(a: Box, b: Box) -> float:
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(0.0, wide) * max(0.0, high) / min(a[2] * a[3], b[2] * b[3])


def _random_box(rng: random.Random, name: str, background: Background, count: int) -> Box:
    mean = {0: 0.3, 1: 0.3, 2: 0.1, 3: -0.05}.get(count, -0.25)
    longer = min(max(THINGS[name].size * math.exp(rng.gauss(mean, 0.34)), SMALLEST), LARGEST)
    width, height = fitted(name, longer, rng)
    hang = 0.25 if rng.random() < 0.25 else 0.0
    x = rng.uniform(-hang * width, SIZE - width * (1 - hang))
    y = rng.uniform(-hang * height, SIZE - height * (1 - hang))
    horizon = horizon_of(background)
    if horizon and rng.random() < 0.6:
        if THINGS[name].flies:
            y = rng.uniform(2, max(4, horizon - height))
        else:
            y = rng.uniform(horizon + 4, SIZE - 2) - height
    return round(x), round(y), round(width), round(height)


def _angle(rng: random.Random) -> float:
    """Mostly upright, sometimes leaning, seldom any way round."""
    u = rng.random()
    if u < 0.6:
        return 0.0
    return float(round(rng.gauss(0, 9) if u < 0.94 else rng.uniform(-180, 180)))


def random_scene(
    rng: random.Random,
    held: bool = False,
    count: int | None = None,
    unseen: bool = True,
    behind: Scene | None = None,
) -> Scene:
    """A scene to learn from: mostly one to three things, seldom overlapping much; with the background and the
    style of the scene `behind`, if there is one.
    """
    if count is None:
        count = rng.choices(range(MAX_THINGS + 1), (0.02, 0.34, 0.28, 0.17, 0.09, 0.04, 0.03, 0.02, 0.01))[0]
    style = behind.style if behind else rng.choice(STYLES)
    background = behind.background if behind else random_background(rng)
    things: list[Thing] = []
    same = random_look(rng, style, held, unseen=unseen) if rng.random() < 0.15 else None
    for _ in range(count):
        name, color = same or random_look(rng, style, held, unseen=unseen)
        for _ in range(25):
            box = _random_box(rng, name, background, count)
            if all(_overlap(box, other.box) < 0.3 for other in things):
                things.append(Thing(name, box, color, rng.random() < 0.5, _angle(rng)))
                break
    return Scene(background, tuple(things), style)
