"""The measures of `pocket_bench` that start from words: what is drawn, and what edits come to.

Nouns: a `Bench` is what a measure needs; a `Line` is what comes of it: a name, its tally or sample, unit and
bar. A measure is a function from a bench and a model to lines.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from studio.models.pocket import drafting, scenery
from studio.models.pocket.codes import tone_of, weather_of
from studio.models.pocket.poses import around
from studio.models.pocket.reader import NotUnderstood
from studio.models.pocket.scene import SIZE, Scene

from .pocket_edits import KINDS, Edit, Trial, edits
from .pocket_judge import Judge
from .pocket_measures import Pixels, Sample, Tally, seam
from .pocket_models import Model, seeded
from .pocket_orders import Ask, Look, Order, colored, counted, held_out, never_drawn, related, several
from .pocket_search import Found, find

THINGS_BARS = {1: 0.98, 2: 0.95, 3: 0.90}
MARGIN = 12.0  # units around a box that an edit may touch


@dataclass
class Bench:
    """The judge, how much is measured, and the seed of it all."""

    judge: Judge
    share: float = 1.0
    seed: int = 2026

    def n(self, count: int) -> int:
        """How many of a measure that usually takes so many."""
        return max(4, round(count * self.share))


class Line(NamedTuple):
    """One measure as it comes out."""

    measure: str
    found: Tally | Sample
    unit: str = "%"
    bar: float | None = None
    most: bool = False


@dataclass(frozen=True)
class Shown:
    """A picture of an order, and the scene the model says it drew."""

    order: Order
    picture: Pixels
    scene: Scene

    def indexes(self, ask: Ask) -> list[int]:
        """The things of the scene that answer an ask."""
        return [i for i, t in enumerate(self.scene.things) if (t.name, t.color) == (ask.name, ask.color)]

    def has(self, judge: Judge, ask: Ask) -> bool:
        """Whether the picture shows what an ask names."""
        found = self.indexes(ask)
        return len(found) == ask.count and all(judge.there(self.picture, self.scene, i) for i in found)


def drawn(model: Model, orders: Sequence[Order], seed: int) -> Iterator[Shown]:
    """The pictures of orders, each with a seed of its own."""
    for i, order in enumerate(orders):
        out = model(order.words, generator=seeded(seed + i))
        yield Shown(order, np.asarray(out.images[0]), out.scenes[0])


def named_things(bench: Bench, model: Model) -> list[Line]:
    """One, two and three things, colors, and what lies behind."""
    rng, lines = random.Random(bench.seed), []
    color, ground, weather, style = Tally(), Tally(), Tally(), Tally()
    for count, bar in THINGS_BARS.items():
        tally = Tally()
        for shown in drawn(model, [several(rng, count) for _ in range(bench.n(160))], bench.seed):
            tally.add(all(shown.has(bench.judge, ask) for ask in shown.order.asks))
            _judge_ground(bench, shown, ground, weather, style)
        lines.append(Line(f"named thing is there: {('one', 'two', 'three')[count - 1]}", tally, bar=bar))
    kinds: tuple[tuple[str, Look], ...] = (
        ("learnt combinations", colored), ("held-out combinations", held_out), ("never drawn", never_drawn)
    )  # fmt: skip
    for words, look in kinds:
        tally = Tally()
        for shown in drawn(model, [several(rng, 1, look) for _ in range(bench.n(120))], bench.seed + 5000):
            ask = shown.order.asks[0]
            tally.add(shown.has(bench.judge, ask))
            if ask.color:
                color.add(_has_color(bench.judge, shown, ask))
            _judge_ground(bench, shown, ground, weather, style)
        lines.append(Line(f"named thing is there: one, {words}", tally))
    return [
        *lines,
        Line("color as asked", color, bar=0.95),
        Line("background and time as asked", ground, bar=0.98),
        Line("weather as asked", weather),
        Line("style as asked", style),
    ]


def _has_color(judge: Judge, shown: Shown, ask: Ask) -> bool:
    found = shown.indexes(ask)
    return bool(found) and all(judge.color(shown.picture, shown.scene, i) == ask.color for i in found)


def _judge_ground(bench: Bench, shown: Shown, ground: Tally, weather: Tally, style: Tally) -> None:
    asked, told = shown.order.ground, bench.judge.grounds.see(shown.picture, shown.scene)
    if asked is None:
        return
    here = told.background
    ground.add((here.kind, tone_of(here)) == (asked.kind, tone_of(asked)))
    if asked.weather:
        weather.add(weather_of(here) == asked.weather)
    if shown.order.style:
        style.add(bench.judge.style(shown.picture, shown.scene) == shown.order.style)


def relations(bench: Bench, model: Model) -> list[Line]:
    """Where two things stand, found without being told where to look."""
    rng, tally = random.Random(bench.seed + 1), Tally()
    for shown in drawn(model, [related(rng) for _ in range(bench.n(120))], bench.seed):
        one, other = (_found(bench.judge, shown, ask) for ask in shown.order.asks)
        tally.add(
            bool(one and other) and any(holds(shown.order.relation, a, b) for a in one[:2] for b in other[:2])
        )
    return [Line("relation as asked", tally, bar=0.95)]


def holds(relation: str | None, a: Found, b: Found) -> bool:
    """Whether a stands in a relation to b."""
    (ax, ay), (bx, by) = a.middle, b.middle
    gap = max(abs(ax - bx) - (a.box[2] + b.box[2]) / 2, abs(ay - by) - (a.box[3] + b.box[3]) / 2)
    across, size = abs(ax - bx), min(a.box[3], b.box[3])
    return {
        "left": ax < bx and across > abs(ay - by) / 2,
        "right": ax > bx and across > abs(ay - by) / 2,
        "above": ay < by and abs(ay - by) > across / 2,
        "below": ay > by and abs(ay - by) > across / 2,
        "next": gap < 40 and abs(ay + a.box[3] / 2 - by - b.box[3] / 2) < 70,
        "on": ay < by and across < (a.box[2] + b.box[2]) / 2 and gap < 0.4 * size,
    }[relation or "next"]


def counts(bench: Bench, model: Model) -> list[Line]:
    """How many there are of one thing, found without being told where to look."""
    rng, tally, parts = random.Random(bench.seed + 2), Tally(), []
    for count in range(1, 7):
        part = Tally()
        for shown in drawn(model, [counted(rng, count) for _ in range(bench.n(30))], bench.seed + count):
            right = len(_found(bench.judge, shown, shown.order.asks[0])) == count
            part.add(right)
            tally.add(right)
        parts.append(Line(f"count as asked: {count}", part))
    return [Line("count as asked: 1–6", tally, bar=0.90), *parts]


def _found(judge: Judge, shown: Shown, ask: Ask) -> list[Found]:
    light = scenery.light(shown.scene.background)
    return find(judge, shown.picture, ask.name, shown.scene.style, ask.color, light)


# ---- edits


@dataclass(frozen=True)
class Made:
    """An edit and what came of it; no trial if its words were not understood."""

    edit: Edit
    source: Image.Image
    trial: Trial | None


def make(bench: Bench, model: Model, edit: Edit, seed: int) -> Made:
    """An edit from words and pixels: the scene of the source is forgotten."""
    first = model(edit.source, generator=seeded(seed))
    picture, scene = first.images[0], first.scenes[0]
    try:
        second = model(edit.instruction, image=picture, generator=seeded(seed + 1))
    except NotUnderstood:
        return Made(edit, picture, None)
    before, after = np.asarray(picture), np.asarray(second.images[0])
    return Made(edit, picture, Trial(before, scene, after, second.scenes[0], bench.judge))


def edited(bench: Bench, model: Model) -> list[Line]:
    """Every kind of edit, what it changed where it must not, and its border."""
    lines, touched, step = [], Sample(), Sample()
    for kind in KINDS:
        tally = Tally()
        for i, edit in enumerate(edits(kind, bench.n(30), bench.seed)):
            made = make(bench, model, edit, bench.seed + 10 * i)
            tally.add(made.trial is not None and edit.check(made.trial))
            if made.trial is None or edit.touches is None:
                continue
            touched.add(float(bytes_outside(made.trial, edit.touches)))
            if made.trial.source.background.kind == "gradient":
                step.add(seam(made.trial.before, made.trial.after, bare(bench.judge, made.trial)))
        lines.append(Line(f"edit: {kind}", tally, bar=0.90))
    return [
        *lines,
        Line("bytes changed outside what the edit may touch", touched, "bytes", 0.0, True),
        Line("seam on gradients", step, "gray levels", 1.0, True),
    ]


def bytes_outside(trial: Trial, names: Sequence[str]) -> int:
    """Bytes that differ away from all things of these names, before and after, their margins and shadows."""
    outside = np.ones(trial.before.shape[:2], bool)
    for thing in (*trial.source.things, *trial.result.things):
        if thing.name not in names:
            continue
        x, y, width, height = around(thing.box, thing.angle)
        beside, below = MARGIN + 0.27 * width, MARGIN + 0.15 * width
        left, right, top, bottom = (
            min(SIZE * 2, max(0, round(2 * v)))
            for v in (x - beside, x + width + beside, y - MARGIN, y + height + below)
        )
        outside[top:bottom, left:right] = False
    return int((trial.before != trial.after)[outside].sum())


def bare(judge: Judge, trial: Trial) -> NDArray[np.bool_]:
    """Where there is neither a thing nor its shadow nor its rim of paper, before or after."""
    covered = np.zeros(trial.before.shape[:2], bool)
    for scene in (trial.source, trial.result):
        for sheet in ((255, 255, 255), (90, 90, 90)):  # no thing hides on both
            laid = Image.new("RGB", (drafting.PIXELS, drafting.PIXELS), sheet)
            for thing in scene.things:
                drafting.lay(laid, scene, thing, *judge.studio.cut_out(thing, scene))
            differs = (np.asarray(laid) != sheet).any(-1)
            covered |= np.asarray(Image.fromarray(differs).convert("L").filter(ImageFilter.MaxFilter(9))) > 0
    return ~covered


Measure = Callable[[Bench, Model], list[Line]]
FROM_WORDS: dict[str, Measure] = {
    "things": named_things,
    "relations": relations,
    "counts": counts,
    "edits": edited,
}
