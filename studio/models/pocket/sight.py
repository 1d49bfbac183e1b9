"""What the eye saw, made into a scene, and a scene changed by words.

Nouns: a `Sight` is a scene as the eye reads it, with how sure it is; a `Found` is one thing it may have seen.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from torch import Tensor

from . import reader
from .blocks import CELL
from .codes import NAMES, thing_of
from .scene import Box, Scene, Thing

ALTERNATIVES = 6  # names the eye holds possible for a thing
STRANGE = 0.5  # below this the eye says that a picture is not of its world


@dataclass(frozen=True)
class Sight:
    """What the eye sees: a scene, and how sure it is of the whole, 0..1.

    For each thing of the scene there is a score, and its likeliest names, the first of which it has.
    """

    scene: Scene
    scores: tuple[float, ...]
    confidence: float
    names: tuple[tuple[str, ...], ...] = ()


def pairs(
    prompt: str | Sequence[str] | None, scene: Scene | Sequence[Scene] | None
) -> list[tuple[str | None, Scene | None]]:
    """What each picture is to be made of: words, a scene, or both."""
    words = [prompt] if prompt is None or isinstance(prompt, str) else list(prompt)
    scenes = [scene] if scene is None or isinstance(scene, Scene) else list(scene)
    count = max(len(words), len(scenes))
    if len(words) not in (1, count) or len(scenes) not in (1, count):
        raise ValueError(f"{len(words)} prompts do not go with {len(scenes)} scenes")
    return list(zip(words * (count // len(words)), scenes * (count // len(scenes)), strict=True))


class Found(NamedTuple):
    """One sighting."""

    score: float
    thing: Thing
    names: tuple[str, ...]


def instructed(sight: Sight, words: str, rng: random.Random) -> tuple[Scene, Scene]:
    """The scene as the words take it, and as they leave it.

    Words that name a thing the eye does not see are believed if the eye holds that name possible for one.
    """
    state = rng.getstate()
    try:
        return sight.scene, reader.instruct(sight.scene, words, rng)
    except reader.NotUnderstood:
        told = _as_told(sight, words)
        if told == sight.scene:
            raise
        rng.setstate(state)
        return told, reader.instruct(told, words, rng)


def _as_told(sight: Sight, words: str) -> Scene:
    def said(name: str) -> bool:
        return re.search(rf"\b{re.escape(name)}(s|es)?\b", words.lower()) is not None

    things, taken = list(sight.scene.things), {thing.name for thing in sight.scene.things}
    for i, names in enumerate(sight.names):
        told = next((name for name in names if said(name) and name not in taken), None)
        if told is not None and not said(things[i].name):
            things[i] = replace(things[i], name=told)
            taken.add(told)
    return replace(sight.scene, things=tuple(things))


def read_thing(cell: Tensor, name: str, x: int, y: int) -> Thing:
    """The thing whose centre is in cell (x, y)."""
    dx, dy, log_width, log_height = cell[1:5].tolist()
    width, height = (96 * float(np.exp(np.clip(v, -3, 1.5))) for v in (log_width, log_height))
    cx, cy = (x + 0.5 + dx) * CELL, (y + 0.5 + dy) * CELL
    box = (
        float(round(cx - width / 2)),
        float(round(cy - height / 2)),
        float(round(width)),
        float(round(height)),
    )
    return thing_of(NAMES.index(name), int(cell[7:].argmax()), int(cell[5:7].argmax()), box)


def _overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(0.0, wide) * max(0.0, high)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def distinct(found: Iterable[Found]) -> list[Found]:
    """Without second sightings of the same thing."""
    kept: list[Found] = []
    for one in found:
        if all(_overlap(one.thing.box, other.thing.box) < 0.6 for other in kept):
            kept.append(one)
    return kept


def changed_boxes(before: Scene, after: Scene) -> list[Box]:
    """Where something is only in one of the two scenes, or in front of other things than it was."""
    old, new = Counter(before.things), Counter(after.things)
    boxes = [thing.box for thing in [*(old - new), *(new - old)]]
    if not boxes and before.things != after.things:
        boxes = [thing.box for thing in after.things]
    return boxes
