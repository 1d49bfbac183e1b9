"""What a model is to the studio: one verb, and data that says what it can do. Pixels in, pixels out.

`Request`   one edit with its pictures: the only type that holds pixels, and all a model gets
`Progress`  how far a run is, with a preview of the clean picture as it forms
`Card`      what a model can do, as data: ops, sizes, licence, whether it sees
`Sighting`  one thing that a model sees in a picture

A model whose card says that it `sees` is a `SeeingModel` too: `eye` asks for one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol, cast

from PIL import Image

from studio import images
from studio.errors import CannotDo

# What pictures to follow are called in a request, in the order in which they were handed in.
REFERENCES = ("reference", "reference 2", "reference 3")
# What a control picture is called in a request: this, and its kind, one of `images.KINDS`.
CONTROL = "control:"


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

    `pictures` maps roles to pixels: "canvas" (what is edited), "mask" ("L", white = may change), up to three
    of REFERENCES (to be followed; "this" in the words means them), and control pictures, such as
    "control:edges" (what is drawn keeps to them). `report` is called after every step
    and stops the run by raising `Stopped`. `note` takes a sentence for the person, such as a word that was
    not understood.
    """

    op: str
    prompt: str = ""
    pictures: Mapping[str, Image.Image] = field(default_factory=lambda: MappingProxyType({}))
    params: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    report: Report = ignore
    note: Callable[[str], None] = lambda sentence: None

    @property
    def references(self) -> tuple[Image.Image, ...]:
        """The pictures to follow, in their order."""
        return tuple(self.pictures[role] for role in REFERENCES if role in self.pictures)

    @property
    def controls(self) -> Mapping[str, Image.Image]:
        """The control pictures by kind, always in the order of `images.KINDS`."""
        roles = {kind: CONTROL + kind for kind in images.KINDS}
        return {kind: self.pictures[role] for kind, role in roles.items() if role in self.pictures}


@dataclass(frozen=True)
class Card:
    """What a model can do. Sizes are in pixels; `key` names weights and precision, for a result's key.

    `guidance` is the one it draws with unless asked otherwise; None where there is nothing to guide.
    `sees` says that it finds things in pictures (`SeeingModel`). `talks` and `looks` say what its own text
    encoder is beside: a whole language model, and one that is shown pictures too. `controls` has the kinds of
    control pictures that it follows, in one ability at least, each with the name of the weights that it takes
    for this; with none, the model's own follow it.
    """

    name: str
    key: str
    ops: frozenset[str]
    working: int  # the longest side it draws well at
    multiple: int  # widths and heights are multiples of this
    square: bool  # draws squares only
    steps: int  # denoising steps unless asked otherwise
    licence: str
    sees: bool = False
    references: int = 0  # how many pictures it follows at once
    talks: bool = False
    looks: bool = False
    guidance: float | None = None
    loras: str | None = None  # the family whose LoRAs it takes (of `family.FAMILIES`); None: it takes none
    speeds: tuple[str, ...] = ()  # what can make it draw faster (names of `speed.AIDS`)
    controls: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def titled(kinds: Iterable[str]) -> str:
    """The names of kinds of control pictures, in a sentence."""
    wanted = set(kinds)
    titles = [kind.title.lower() for name, kind in images.KINDS.items() if name in wanted]
    return " and ".join(filter(None, [", ".join(titles[:-1]), *titles[-1:]]))


def keeps_to(model: str, kinds: Iterable[str], known: Iterable[str]) -> None:
    """Raises `CannotDo` with a sentence if a model that knows some kinds of control pictures gets others."""
    if unknown := [kind for kind in kinds if kind not in known]:
        instead = f"{titled(known)}; leave out the others" if any(known) else "no control pictures"
        raise CannotDo(f"The model {model} cannot keep to {titled(unknown)}: it keeps to {instead}.")


@dataclass(frozen=True)
class Sighting:
    """One thing in a picture: `box` is left, top, right, bottom as shares 0..1, `sure` is 0..1."""

    name: str
    box: tuple[float, float, float, float]
    color: str | None
    sure: float


class ImageModel(Protocol):
    """One verb. No state between calls but caches keyed by content."""

    @property
    def card(self) -> Card: ...

    def run(self, request: Request) -> Image.Image:
        """Draw what is asked. Raises `CannotDo` with a sentence, or whatever `request.report` raises."""
        ...


class SeeingModel(ImageModel, Protocol):
    """A model that also looks at pictures. Pure: the same picture gives the same answer."""

    def see(self, image: Image.Image) -> tuple[Sighting, ...]:
        """The things in the picture that the model knows."""
        ...

    def select(
        self, image: Image.Image, words: str | None = None, point: tuple[int, int] | None = None
    ) -> Image.Image:
        """The mask ("L", white) of what the words name, or of the thing at a pixel; black if there is none.

        Raises `CannotDo` with a sentence for words it cannot follow.
        """
        ...

    def compare(self, image: Image.Image, words: str) -> tuple[str, ...]:
        """Sentences that say what the words ask for and the picture lacks. Raises `CannotDo`."""
        ...


def eye(model: ImageModel) -> SeeingModel:
    """The model, for looking. Raises `CannotDo` if its card says that it does not see."""
    if not model.card.sees:
        raise CannotDo(f"The model {model.card.name} does not see what is in a picture.")
    return cast(SeeingModel, model)
