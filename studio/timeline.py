"""The notebook as a value, and the pure functions on it. Nothing here touches a disk, a clock or a model.

A branch is a list of turns; its pictures are what that list comes to.

`Ask`        what the person said and pointed at
`Step`       one edit, in terms that still mean something on another canvas
`Plan`       the director's answer: a reply, and steps with every seed and parameter filled in
`Turn`       a cell of the notebook; its id survives every revision
`Version`    one turn applied to one parent; its id is the hash of the path that led to it
`View`       where every branch stands, and which version is looked at
`Operation`  the view after something happened; undo looks at an earlier one, nothing is deleted
`Timeline`   all versions and operations of a session, as one value that only grows

A reference to a picture, as used in `Step.inputs`, is one of `canvas` (what the turn starts from), `step:N`
(what step N of the same plan made), `turn:ID` (what that earlier turn came to) or `blob:DIGEST`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from studio.errors import BadInput, NotFound

SPARSE = frozenset({"settings", "controls"})  # of an `Ask`: left out of the JSON when empty
Json = Any  # None, bool, int, float, str, and lists and string-keyed mappings of these


@dataclass(frozen=True)
class Ask:
    """What the person said and pointed at. `mask` and `images` are digests; a mask's white may change.

    `settings` says how to draw (see `studio.settings`), and `controls` maps kinds of control pictures to
    digests. Empty, they are no part of the JSON, so that turns have the ids they had before there were any.
    """

    text: str
    mask: str | None = None
    images: tuple[str, ...] = ()
    seed: int | None = None
    settings: Mapping[str, Json] = field(default_factory=dict)
    controls: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))
        object.__setattr__(self, "controls", MappingProxyType(dict(self.controls)))

    @property
    def pictures(self) -> tuple[str, ...]:
        """The digests of all pictures that were handed in with it."""
        return tuple(filter(None, (self.mask, *self.images, *self.controls.values())))


@dataclass(frozen=True)
class Step:
    """One edit: an op's name, its words, its parameters (seed included), and references to its pictures."""

    op: str
    prompt: str = ""
    params: Mapping[str, Json] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "params", MappingProxyType(dict(self.params)))
        object.__setattr__(self, "inputs", MappingProxyType(dict(self.inputs)))


@dataclass(frozen=True)
class Plan:
    """The director's answer. No steps: it was only talk and the picture stays.

    `takes` are seeds: the steps are run once for each, and `take` says which of the results carries on.
    `go` is for a message that asks to look and not to draw: a version's id, "undo", "redo", or "select:"
    with what to put the mask on.
    `target` is the id of the version the steps start from, None for a new picture.
    """

    reply: str = ""
    steps: tuple[Step, ...] = ()
    takes: tuple[int, ...] = ()
    take: int = 0
    go: str | None = None
    target: str | None = None


@dataclass(frozen=True)
class Turn:
    """A cell of the notebook. The id ("t1", "t2") is unique in its session and survives every revision."""

    id: str
    ask: Ask
    plan: Plan


@dataclass(frozen=True)
class Version:
    """One turn applied to one parent. `image` is a digest; None while nothing has been drawn yet."""

    id: str
    parent: str | None
    turn: Turn
    image: str | None


@dataclass(frozen=True)
class View:
    """Where every branch's tip is, which branch is current, and which version is looked at (the head)."""

    branches: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({"main": None}))
    branch: str = "main"
    head: str | None = None


@dataclass(frozen=True)
class Operation:
    """The view after something happened, with what happened (a verb and a sentence) and when (Unix seconds).

    `parent` and `at` are positions in `Timeline.operations`: `at` is the operation whose view this one
    shows (itself, unless it is an undo or redo), `parent` is the one that was shown before `at` happened,
    and `redo` holds what undo has stepped back over, nearest last.
    """

    verb: str
    note: str
    when: float
    view: View
    parent: int | None
    at: int
    redo: tuple[int, ...] = ()


@dataclass(frozen=True)
class Timeline:
    """All versions (in the order they were made) and operations of a session. It only grows."""

    versions: Mapping[str, Version] = field(default_factory=dict)
    operations: tuple[Operation, ...] = ()

    @property
    def view(self) -> View:
        return self.operations[-1].view if self.operations else View()

    def path(self, head: str | None) -> tuple[Version, ...]:
        """The versions from the root to `head`, oldest first. Raises `NotFound`."""
        found: list[Version] = []
        while head is not None:
            found.append(self.version(head))
            head = found[-1].parent
        return tuple(reversed(found))

    def version(self, id: str) -> Version:
        """The version of that id. Raises `NotFound`."""
        try:
            return self.versions[id]
        except KeyError:
            raise NotFound(f"There is no version {id!r} in this session.") from None


# --- making versions -----------------------------------------------------------------------------------


def grown(parent: str | None, turn: Turn, image: str | None) -> Version:
    """The version that `turn` comes to on `parent`. Its id is the hash of the three."""
    return Version(hashed(parent, to_json(turn), image), parent, turn, image)


def hashed(*parts: Json) -> str:
    """A 128-bit BLAKE2b hash of plain values in canonical JSON, as 32 hexadecimal digits."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def common(path: Sequence[Version], turns: Sequence[Turn]) -> tuple[Version, ...]:
    """The versions that a rewrite to `turns` can keep: those of the longest common prefix."""
    kept = 0
    while kept < min(len(path), len(turns)) and path[kept].turn == turns[kept]:
        kept += 1
    return tuple(path[:kept])


# --- turns and their seeds -----------------------------------------------------------------------------


def reseeded(turn: Turn, seed: int) -> Turn:
    """The turn with every seed of its plan changed, whatever seed its words name. Takes count up from it."""
    if not any("seed" in step.params for step in turn.plan.steps):
        raise BadInput("There is no chance in that turn: it comes to the same picture every time.")
    steps = tuple(
        replace(step, params={**step.params, "seed": seed}) if "seed" in step.params else step
        for step in turn.plan.steps
    )
    takes = tuple(seed + n for n in range(len(turn.plan.takes)))
    return replace(turn, plan=replace(turn.plan, steps=steps, takes=takes))


def seed_of(turn: Turn) -> int | None:
    """The seed a turn was drawn with, so that changing words changes nothing else."""
    if turn.plan.takes:
        return turn.plan.takes[0]
    return next((step.params["seed"] for step in turn.plan.steps if "seed" in step.params), None)


# --- growing the timeline ------------------------------------------------------------------------------


def advance(
    timeline: Timeline, view: View, *, verb: str, note: str, when: float, added: Iterable[Version] = ()
) -> Timeline:
    """The timeline after something happened: `added` versions are in it and `view` is what is shown."""
    versions = MappingProxyType({**timeline.versions, **{v.id: v for v in added}})
    here = len(timeline.operations)
    shown = timeline.operations[-1].at if timeline.operations else None
    operation = Operation(verb, note, when, view, parent=shown, at=here)
    return Timeline(versions, (*timeline.operations, operation))


def undo(timeline: Timeline, when: float) -> Timeline:
    """The timeline showing what was shown before the operation it shows now. Raises `NotFound`."""
    now = timeline.operations[-1] if timeline.operations else None
    if now is None:
        raise NotFound("There is nothing to undo yet.")
    shown = timeline.operations[now.at]
    past = None if shown.parent is None else timeline.operations[shown.parent]
    if past is None:
        raise NotFound("There is nothing earlier to go back to.")
    step = Operation(
        "undo", f"Undid: {shown.note}", when, past.view, shown.parent, past.at, (*now.redo, now.at)
    )
    return replace(timeline, operations=(*timeline.operations, step))


def redo(timeline: Timeline, when: float) -> Timeline:
    """The timeline showing again what the latest undo stepped back over. Raises `NotFound`."""
    now = timeline.operations[-1] if timeline.operations else None
    if now is None or not now.redo:
        raise NotFound("There is nothing to redo.")
    again = timeline.operations[now.redo[-1]]
    step = Operation("redo", f"Redid: {again.note}", when, again.view, now.at, again.at, now.redo[:-1])
    return replace(timeline, operations=(*timeline.operations, step))


# --- as plain JSON -------------------------------------------------------------------------------------


def to_json(value: object) -> Json:
    """Any of this file's values as plain JSON: the form that is hashed, stored and exported."""
    if hasattr(value, "__dataclass_fields__"):
        named = {name: getattr(value, name) for name in value.__dataclass_fields__}
        return {name: to_json(item) for name, item in named.items() if item or name not in SPARSE}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    return value


def turn_from_json(data: Json) -> Turn:
    """The turn that `to_json` wrote."""
    ask, plan = data["ask"], data["plan"]
    steps = tuple(Step(s["op"], s["prompt"], s["params"], s["inputs"]) for s in plan["steps"])
    return Turn(
        data["id"],
        Ask(
            ask["text"],
            ask["mask"],
            tuple(ask["images"]),
            ask["seed"],
            ask.get("settings", {}),
            ask.get("controls", {}),
        ),
        Plan(plan["reply"], steps, tuple(plan["takes"]), plan["take"], plan["go"], plan["target"]),
    )


def operation_from_json(data: Json) -> Operation:
    """The operation that `to_json` wrote."""
    view = View(
        MappingProxyType(dict(data["view"]["branches"])), data["view"]["branch"], data["view"]["head"]
    )
    return Operation(
        data["verb"], data["note"], data["when"], view, data["parent"], data["at"], tuple(data["redo"])
    )
