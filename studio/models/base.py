"""What a model is to the studio: one verb, and data that says what it can do. Pixels in, pixels out.

`Request`   one edit with its pictures: the only type that holds pixels, and all a model gets
`Progress`  how far a run is, with a preview of the clean picture as it forms
`Card`      what a model can do, as data: ops, sizes, licence
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from PIL import Image


@dataclass(frozen=True)
class Progress:
    """Step `step` of `steps` is done; `preview` is the predicted clean picture, if there is one."""

    step: int
    steps: int
    preview: Image.Image | None = None


Report = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """Report to nobody."""


@dataclass(frozen=True)
class Request:
    """One edit as a model gets it.

    `pictures` maps roles to pixels: "canvas" (what is edited), "mask" ("L", white = may change),
    "reference" (something to follow). `report` is called after every step and stops the run by raising
    `Stopped`. `note` takes a sentence for the person, such as a word that was not understood.
    """

    op: str
    prompt: str = ""
    pictures: Mapping[str, Image.Image] = field(default_factory=lambda: MappingProxyType({}))
    params: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    report: Report = ignore
    note: Callable[[str], None] = lambda sentence: None


@dataclass(frozen=True)
class Card:
    """What a model can do. Sizes are in pixels; `key` names weights and precision, for a result's key."""

    name: str
    key: str
    ops: frozenset[str]
    working: int  # the longest side it draws well at
    multiple: int  # widths and heights are multiples of this
    square: bool  # draws squares only
    steps: int  # denoising steps unless asked otherwise
    licence: str
    sees: bool = False


class ImageModel(Protocol):
    """One verb. No state between calls but caches keyed by content."""

    @property
    def card(self) -> Card: ...

    def run(self, request: Request) -> Image.Image:
        """Draw what is asked. Raises `CannotDo` with a sentence, or whatever `request.report` raises."""
        ...
