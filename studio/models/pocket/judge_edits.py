"""Judging edits, end to end: from words and pixels to pixels, one function a kind."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from . import synth
from .codes import NAMES
from .scene import COLORS, TIMES, Box, Scene
from .things import THINGS

if TYPE_CHECKING:
    from .pipeline import PocketPipeline
from studio.models.pocket.verdicts import Judge, Pixels, Tally


@dataclass(frozen=True)
class Edit:
    """A source picture in words, an instruction, and the test that its result must pass."""

    kind: str
    source: str
    instruction: str
    passes: Callable[[Judge, Pixels, Scene, Scene], bool]  # judge, result, scene before, scene after


def _index(scene: Scene, name: str) -> int | None:
    return next((i for i, thing in enumerate(scene.things) if thing.name == name), None)


def _shows(judge: Judge, picture: Pixels, scene: Scene, name: str, color: str | None = None) -> bool:
    at = _index(scene, name)
    if at is None:
        return False
    verdict = judge.look(picture, scene, at)
    return verdict.rank == 0 and (color is None or verdict.color == color)


def _clean(picture: Pixels, scene: Scene, box: Box) -> bool:
    """Whether only background is left in a box (its inner part, so that neighbours do not count)."""
    x, y, width, height = (round(v) for v in box)
    part = np.s_[
        max(0, y + height // 6) : y + height - height // 6, max(0, x + width // 6) : x + width - width // 6
    ]
    exact = np.asarray(synth.backdrop(scene.background), np.float32)[part]
    return float(np.abs(picture[part].astype(np.float32) - exact).mean()) < 14


def _area(scene: Scene, name: str) -> float:
    at = _index(scene, name)
    return scene.things[at].box[2] * scene.things[at].box[3] if at is not None else 0.0


def edits(count: int, seed: int) -> list[Edit]:
    """`count` edits of every kind, on pictures of two things."""
    rng = random.Random(seed)
    solid = [name for name in NAMES if not THINGS[name].flies and THINGS[name].size <= 130]
    made: list[Edit] = []
    for _ in range(count):
        for kind in ("color", "place", "size", "add", "remove", "replace", "background", "time of day"):
            a, b, c = rng.sample(solid, 3)
            ground = rng.choice(
                ("on a white background", "on a blue background", "on a meadow", "on a beach")
            )
            if kind == "time of day":
                ground = rng.choice(("on a meadow", "on a beach", "in the desert"))
            source = f"{_a(a)} on the left and {_a(b)} on the right {ground}"
            made.append(_edit(kind, source, a, b, c, rng))
    return made


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _edit(kind: str, source: str, a: str, b: str, c: str, rng: random.Random) -> Edit:
    if kind == "color":
        color = rng.choice(COLORS)
        return Edit(kind, source, f"make the {a} {color}", lambda j, p, _, s: _shows(j, p, s, a, color))
    if kind == "place":

        def moved(judge: Judge, picture: Pixels, before: Scene, after: Scene) -> bool:
            at = _index(after, a)
            return at is not None and after.things[at].box[1] < 60 and _shows(judge, picture, after, a)

        return Edit(kind, source, f"move the {a} to the top", moved)
    if kind == "size":
        word, sign = rng.choice((("bigger", 1), ("smaller", -1)))

        def grown(judge: Judge, picture: Pixels, before: Scene, after: Scene) -> bool:
            old, new = _area(before, a), _area(after, a)
            return (new - old) * sign > 0.15 * old and _shows(judge, picture, after, a)

        return Edit(kind, source, f"make the {a} {word}", grown)
    if kind == "add":
        return Edit(kind, source, f"add {_a(c)} at the top", lambda j, p, _, s: _shows(j, p, s, c))
    if kind == "remove":

        def gone(judge: Judge, picture: Pixels, before: Scene, after: Scene) -> bool:
            at = _index(before, a)
            return at is not None and _clean(picture, before, before.things[at].box)

        return Edit(kind, source, f"remove the {a}", gone)
    if kind == "replace":
        return Edit(kind, source, f"replace the {a} with {_a(c)}", lambda j, p, _, s: _shows(j, p, s, c))
    if kind == "background":
        words, land = rng.choice(
            (("in the snow", "snow"), ("in the desert", "desert"), ("in space", "space"))
        )

        def elsewhere(judge: Judge, picture: Pixels, before: Scene, after: Scene) -> bool:
            return judge.backdrop(picture, after).kind == land and _shows(judge, picture, after, b)

        return Edit(kind, source, f"put it {words}", elsewhere)
    time = rng.choice([t for t in TIMES if t != "day"])

    def later(judge: Judge, picture: Pixels, before: Scene, after: Scene) -> bool:
        return judge.backdrop(picture, after).time == time and _shows(judge, picture, after, b)

    return Edit(kind, source, f"make it {time}", later)


def judge_edits(pipe: PocketPipeline, judge: Judge, count: int, seed: int) -> dict[str, Tally]:
    """Edits of every kind, from words and pixels alone: the scene before is forgotten and seen again."""
    tallies: dict[str, Tally] = {}
    for at, edit in enumerate(edits(count, seed)):
        before, picture, after = run_edit(pipe, edit, at)
        tally = tallies.setdefault(f"edit: {edit.kind}", Tally())
        tally.add(after is not None and edit.passes(judge, np.asarray(picture), before, after))
    return tallies


def run_edit(pipe: PocketPipeline, edit: Edit, seed: int) -> tuple[Scene, Image.Image, Scene | None]:
    """The scene before, the result and the scene after; the source and None if the words were not
    understood.
    """
    import torch

    from .reader import NotUnderstood

    first = pipe(edit.source, generator=torch.Generator().manual_seed(seed))
    try:
        second = pipe(
            edit.instruction, image=first.images[0], generator=torch.Generator().manual_seed(seed + 1)
        )
    except NotUnderstood:
        return first.scenes[0], first.images[0], None
    return first.scenes[0], second.images[0], second.scenes[0]


def _iou(a: Box, b: Box) -> float:
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(0.0, wide) * max(0.0, high)
    return both / (a[2] * a[3] + b[2] * b[3] - both)
