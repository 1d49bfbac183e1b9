"""Words to a plan: what a director is given, and what it must answer. It decides; it never draws.

`Shown`     one numbered picture the words may mean
`Desk`      all a director knows about the notebook it speaks for
`Director`  one verb: `plan(ask, desk)`, pure, so the same words on the same desk give the same plan

A director answers with a `Plan` in which every seed and parameter is filled in (`settled` adds what was set
beside the words), or raises a `BadInput` with a sentence. `studio.director.rules` needs no weights; another
director enters by the same protocol.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from studio.models.base import REFERENCES
from studio.timeline import Ask, Json, Plan, Step

DRAWING = frozenset(
    {"generate", "edit", "outpaint", "layers"}
)  # the ops that ask a model, and so need a seed
OPS = DRAWING | {"adjust", "place", "open"}
SIZED = "generate"  # the op that takes a width and a height; all others follow the canvas


@dataclass(frozen=True)
class Shown:
    """One numbered picture the words may mean. `here`: it lies on the path from the root to the head."""

    version: str
    number: int
    turn: str
    words: str
    op: str
    here: bool
    image: str


@dataclass(frozen=True)
class Desk:
    """All a director knows. `shown` is in the order the pictures were made.

    `head` is the version on the canvas and `size` its width and height; both None when nothing is drawn.
    `seed` is used when the ask has none. `last` are the steps of the newest turn on the path that made a
    picture, and `last_from` the reference to what that turn started from (None: from nothing). `references`
    is how many pictures the model follows at once, and `sees` whether it finds things in a picture.
    """

    head: str | None
    size: tuple[int, int] | None
    shown: tuple[Shown, ...] = ()
    seed: int = 0
    ops: frozenset[str] = OPS
    last: tuple[Step, ...] = ()
    last_from: str | None = None
    references: int = len(REFERENCES)
    sees: bool = True


class Director(Protocol):
    """Words to a plan. Pure: no clock, no chance, no memory between calls."""

    def plan(self, ask: Ask, desk: Desk) -> Plan:
        """The plan for what was said; to ask back, one without steps. Raises `BadInput` with a sentence."""
        ...


def settled(steps: tuple[Step, ...], ask: Ask) -> tuple[Step, ...]:
    """The steps with what was set beside the words: settings and controls, where a model draws.

    What a step has already was asked for in words, and stays.
    """
    return tuple(
        replace(
            step,
            params={**settings_for(step.op, ask), **step.params},
            inputs={**step.inputs, **{f"control:{kind}": f"blob:{d}" for kind, d in ask.controls.items()}},
        )
        if step.op in DRAWING
        else step
        for step in steps
    )


def settings_for(op: str, ask: Ask) -> dict[str, Json]:
    """The settings that mean something to an op: only a new picture has a size of its own."""
    return {name: v for name, v in ask.settings.items() if op == SIZED or name not in ("width", "height")}
