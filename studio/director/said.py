"""What was said while it is being understood, and what it comes to.

`Said`    the words still to be understood, with what has been taken out of them: seed, takes, target
`Deed`    one thing to do, in the terms of a step but not yet tied to a picture
`Unsure`  the words can mean two things; its sentence asks which, and nothing is changed
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from studio.director import Desk, Shown
from studio.timeline import Ask, Json

SEED = re.compile(
    r"[\s,;(]{0,3}(?:\b(?:with|using|at|on|and|from|use|set|keep)\s+)?(?:\b(?:the|a)\s+)?\bseed\b"
    r"\s*(?:number|no\.?|to|is|[:=#])?\s*(\d{1,20})\)?",
    re.I,
)
STEPS = re.compile(r"[\s,;(]{0,3}\b(?:with|in|using)\s+(\d{1,3})\s+(?:denoising |sampling )?steps\b\)?", re.I)
SEEDS = 2**32  # what a random generator takes on every device


class Unsure(Exception):
    """The words can mean two things, or cannot be done as they stand. The message asks what to do."""


@dataclass(frozen=True)
class Said:
    """The words still to be understood, and what is already known about them.

    `target` is the picture named in words (None: the canvas), `like` references to those to follow.
    `described`: the words were "versions of ...", so what is left describes a picture.
    """

    text: str
    ask: Ask
    desk: Desk
    seed: int
    seeded: bool = False
    steps: int | None = None
    takes: int = 0
    target: Shown | None = None
    like: tuple[str, ...] = ()
    described: bool = False
    notes: tuple[str, ...] = ()

    @property
    def base(self) -> str | None:
        """The version the steps start from, None while nothing is drawn."""
        shown = self.target or self.canvas
        return shown.version if shown else self.desk.head

    @property
    def canvas(self) -> Shown | None:
        """The numbered picture on the canvas: of the head, or after mere talk, of the last that drew."""
        if self.desk.head is None:
            return None
        numbered = [one for one in self.desk.shown if one.version == self.desk.head] or self.path
        return numbered[-1] if numbered else None

    @property
    def mask(self) -> str | None:
        """The painted mask, if there is a picture to use it on."""
        return self.ask.mask if self.base else None

    @property
    def path(self) -> tuple[Shown, ...]:
        """The pictures from the root to the head."""
        return tuple(shown for shown in self.desk.shown if shown.here)

    def but(self, text: str) -> Said:
        """The same with other words left."""
        return replace(self, text=text)

    def noting(self, note: str) -> Said:
        """The same with one more thing for the reply to say."""
        return replace(self, notes=(*self.notes, note))


@dataclass(frozen=True)
class Deed:
    """One thing to do. `saying`: it in words ("making it night"); `reshapes`: no mask fits after it."""

    op: str
    saying: str
    prompt: str = ""
    params: Mapping[str, Json] = field(default_factory=dict)
    masked: bool = False
    reshapes: bool = False
    reference: str | None = None


def hear(text: str, ask: Ask, desk: Desk) -> Said:
    """The words with their seed and step count taken out."""
    seed, steps = SEED.search(text), STEPS.search(text)
    number = int(seed[1]) if seed else desk.seed if ask.seed is None else ask.seed
    text = STEPS.sub("", SEED.sub("", text)).strip(" ,;:")
    return Said(
        text,
        ask,
        desk,
        seed=number % SEEDS,
        seeded=seed is not None or ask.seed is not None,
        steps=max(1, int(steps[1])) if steps else None,
    )
