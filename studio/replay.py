"""Turns onto a canvas: the only place that runs an edit, and so the only one that can skip one.

A result's *key* is the hash of what a step reads: op, words, parameters, input pixels, and the model if it
uses one. It does not know the path that led to it, so a reworded turn that comes to the same pixels re-runs
nothing after it, and going back costs nothing. Everything finished is recorded at once: a replay that fails
or is stopped resumes where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from PIL import Image

from studio import ops
from studio.errors import BadMask, NotFound
from studio.models.base import CONTROL, ImageModel, Report, Request, ignore
from studio.settings import SETTINGS
from studio.store import Result, Store
from studio.timeline import Json, Step, Turn, Version, grown, hashed


@dataclass(frozen=True)
class Watch:
    """Whoever follows a replay. `progress` is told after every step and stops the run by raising `Stopped`;
    `turn` is told before each turn is applied: its position, how many there are, and the turn. `drawn` is
    told when all of it is on disk and shown; the model may still look whether it is what was asked for.
    """

    progress: Report = ignore
    turn: Callable[[int, int, Turn], None] = lambda position, count, turn: None
    drawn: Callable[[], None] = lambda: None


WATCH = Watch()


@dataclass(frozen=True)
class Replayed:
    """What a replay came to: the new versions in order, a receipt for each, and how many steps really ran."""

    versions: tuple[Version, ...] = ()
    receipts: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    ran: int = 0


def replay(
    base: Sequence[Version],
    turns: Sequence[Turn],
    *,
    model: ImageModel,
    store: Store,
    watch: Watch = WATCH,
    remember: bool = True,
) -> Replayed:
    """Apply `turns` one after another to what `base` comes to. `remember=False` runs even what is known.

    Raises `NotFound` if a turn reads a turn that is no longer there, and whatever an op or a watcher raises.
    """
    path = list(base)
    receipts: dict[str, Mapping[str, Json]] = {}
    ran = 0
    for position, turn in enumerate(turns):
        watch.turn(position, len(turns), turn)
        desk = _Desk(path, model, store, watch.progress, remember)
        image = desk.apply(turn)
        parent = path[-1].id if path else None
        version = grown(parent, turn, image)
        path.append(version)
        receipts[version.id] = desk.receipt(turn)
        ran += desk.ran
    return Replayed(tuple(path[len(base) :]), receipts, ran)


def takes(turn: Turn) -> tuple[tuple[Step, ...], ...]:
    """The step lists a turn stands for: one for each take's seed, or just its own."""
    plan = turn.plan
    if not plan.takes:
        return (plan.steps,)
    return tuple(
        tuple(replace(s, params={**s.params, "seed": seed}) if "seed" in s.params else s for s in plan.steps)
        for seed in plan.takes
    )


class _Desk:
    """One turn being applied to the end of a path."""

    def __init__(
        self, path: Sequence[Version], model: ImageModel, store: Store, report: Report, remember: bool
    ) -> None:
        self.path, self.model, self.store = path, model, store
        self.report, self.remember = report, remember
        self.canvas = path[-1].image if path else None
        self.ran = 0
        self.facts: list[Mapping[str, Json]] = []
        self.made: list[str | None] = []

    def apply(self, turn: Turn) -> str | None:
        """The digest the turn comes to; the canvas's own if it is only talk."""
        if not turn.plan.steps:
            return self.canvas
        for steps in takes(turn):
            self.made.append(self._run_all(steps, turn))
        return self.made[turn.plan.take]

    def _run_all(self, steps: Sequence[Step], turn: Turn) -> str:
        results: list[str] = []
        facts: Mapping[str, Json] = {}
        for step in steps:
            inputs = {role: self._resolve(ref, results, turn) for role, ref in step.inputs.items()}
            result = self._run(step, inputs)
            results.append(result.image)
            facts = _joined(facts, result.facts)
        self.facts.append(facts)
        return results[-1]

    def _resolve(self, reference: str, results: Sequence[str], turn: Turn) -> str:
        """The digest that a reference means here."""
        kind, _, name = reference.partition(":")
        found: str | None = None
        if kind == "canvas":
            found = self.canvas
        elif kind == "blob":
            found = name
        elif kind == "step" and name.isdigit() and int(name) < len(results):
            found = results[int(name)]
        elif kind == "turn":
            found = next((v.image for v in reversed(self.path) if v.turn.id == name), None)
        if found is None:
            raise NotFound(f"Turn {turn.id} reads {reference!r}, and there is no such picture before it.")
        return found

    def _run(self, step: Step, inputs: Mapping[str, str]) -> Result:
        key = step_key(step, inputs, self.model)
        known = self.store.result(key) if self.remember else None
        if known is not None:
            return known
        notes: list[str] = []
        pictures = {role: self.store.get(digest) for role, digest in inputs.items()}
        request = Request(step.op, step.prompt, _fitted(pictures), step.params, self.report, notes.append)
        start = time.perf_counter()
        after = ops.perform(self.model, request)
        seconds = round(time.perf_counter() - start, 3)
        result = Result(self.store.put(after), self._measured(step, request, after, seconds, notes))
        # The model knows its control weights only once it has fetched them: they are in the key from then on.
        self.store.record(step_key(step, inputs, self.model), result)
        self.ran += 1
        return result

    def _measured(
        self, step: Step, request: Request, after: Image.Image, seconds: float, notes: list[str]
    ) -> Mapping[str, Json]:
        change = ops.measure(request, after)
        return {
            "ops": [step.op],
            "seconds": seconds,
            "seed": step.params.get("seed"),
            "settings": _settings(step),
            "model": self.model.card.key if ops.find(step.op).needs else None,
            "changed": round(change.share, 6),
            "outside": change.outside,
            "controls": list(request.controls),
            "shift": list(change.shift),
            "notes": notes,
        }

    def receipt(self, turn: Turn) -> Mapping[str, Json]:
        """What was measured about the turn: the take that carries on, with the digests of all."""
        if not turn.plan.steps:
            return {}
        return {**self.facts[turn.plan.take], "target": turn.plan.target, "takes": self.made}


def step_key(step: Step, inputs: Mapping[str, str], model: ImageModel) -> str:
    """The hash of all that decides a step's picture, and so also of the weights that follow its controls."""
    weights = model.card.key if ops.find(step.op).needs else None
    kinds = sorted(role.removeprefix(CONTROL) for role in inputs if role.startswith(CONTROL))
    if weights is not None and kinds:
        weights = hashed(weights, [model.card.controls.get(kind) for kind in kinds])
    return hashed(step.op, step.prompt, dict(step.params), dict(inputs), weights)


def _settings(step: Step) -> dict[str, Json]:
    """What was set for a step that a model drew."""
    if not ops.find(step.op).needs:
        return {}
    return {name: value for name, value in step.params.items() if name in SETTINGS}


def _fitted(pictures: Mapping[str, Image.Image]) -> Mapping[str, Image.Image]:
    """A mask drawn on another canvas is stretched to this one: a rewritten past still means something."""
    canvas, mask = pictures.get("canvas"), pictures.get("mask")
    if canvas is None or mask is None or canvas.size == mask.size:
        return pictures
    fitted = mask.resize(canvas.size, Image.Resampling.NEAREST)
    if fitted.getbbox() is None:
        raise BadMask(f"The mask of {mask.size} has nothing left on a canvas of {canvas.size}.")
    return {**pictures, "mask": fitted}


def _joined(first: Mapping[str, Json], then: Mapping[str, Json]) -> Mapping[str, Json]:
    """The facts of two steps in a row as one: times add up, the greatest change counts."""
    if not first:
        return then
    return {
        "ops": [*first["ops"], *then["ops"]],
        "seconds": round(first["seconds"] + then["seconds"], 3),
        "seed": first["seed"] if then["seed"] is None else then["seed"],
        "settings": {**first.get("settings", {}), **then.get("settings", {})},
        "model": then["model"] or first["model"],
        "changed": max(first["changed"], then["changed"]),
        "outside": max(first["outside"], then["outside"]),
        # What older studios recorded knows of none.
        "controls": [*first.get("controls", []), *then.get("controls", [])],
        "shift": [a + b for a, b in zip(first["shift"], then["shift"], strict=True)],
        "notes": [*first["notes"], *then["notes"]],
    }
