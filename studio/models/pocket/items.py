"""What words are made of once read: the items that the grammar hands on.

Nouns: a `Noun` is a noun phrase or pronoun ("two small red apples", "the left one", "it"); a `Setting` is
words about the background; a `Where` a place in the picture, a `Relation` a preposition that waits for its
noun, a `Look`, `Mood`, `Size`, `Grow`, `Shift`, `Flip` or `Turn` a predicate; `Styled` is said of the whole
picture. `Mark` is the rest that matters: verbs, links, pauses.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Noun:
    """A noun phrase. `names` are the things it may be; a pronoun has none and `ref` instead."""

    text: str
    names: tuple[str, ...] = ()
    word: str = ""
    """The noun alone, as it was said: "boat" of "the red boat"."""
    kind: str = ""
    """The noun as the vocabulary has it: "person" for "people"."""
    ref: str = ""
    count: int | None = None
    color: str | None = None
    size: str | None = None
    definite: bool = False
    plural: bool = False
    which: str | None = None
    more: bool = False
    every: bool = False
    bare: bool = False
    """No article, number or adjective: "apple"."""
    mood: str | None = None
    angle: float | None = None
    """Degrees clockwise: "an upside-down car"."""
    reference: int | None = None
    """The number of the given picture that it is taken from: "this creature"."""


@dataclass(frozen=True)
class Setting:
    """Words about the background; None was not said. `kind` "ground" is the bare word "background"."""

    kind: str | None = None
    color: str | None = None
    time: str | None = None
    text: str = ""
    weather: str | None = None

    @property
    def bare(self) -> bool:
        """Whether it is only the word "background", with nothing said of it."""
        return (self.kind, self.color, self.time, self.weather) == ("ground", None, None, None)


@dataclass(frozen=True)
class Sky:
    """The word "sky", with its color if one was said."""

    color: str | None = None


@dataclass(frozen=True)
class Relation:
    """A preposition between two things."""

    kind: str


@dataclass(frozen=True)
class Where:
    """A place in the picture."""

    place: str


@dataclass(frozen=True)
class Shift:
    """A direction to go."""

    way: str


@dataclass(frozen=True)
class Look:
    """A color said of something, not in front of its noun."""

    color: str


@dataclass(frozen=True)
class Size:
    """A size said of something, not in front of its noun."""

    name: str


@dataclass(frozen=True)
class Grow:
    """A change of size by a factor."""

    factor: float


@dataclass(frozen=True)
class Flip:
    """Which way to look: "left", "right" or "other"."""

    way: str


@dataclass(frozen=True)
class Turn:
    """A turn by so many degrees clockwise, or `to` that angle: "upside down" is to 180."""

    degrees: float
    to: bool = False


@dataclass(frozen=True)
class Mood:
    """An expression said of something: one of `things.MOODS`."""

    name: str


@dataclass(frozen=True)
class Styled:
    """The style of the whole picture: one of STYLES."""

    style: str


@dataclass(frozen=True)
class Count:
    """A number without a noun."""

    number: int


@dataclass(frozen=True)
class Mark:
    """A verb, link, copula, pause or amount, or the picture as a whole (kind "canvas")."""

    kind: str
    value: str


@dataclass(frozen=True)
class Unknown:
    """Words that carry meaning and are not known."""

    text: str


Item = (
    Noun
    | Setting
    | Sky
    | Relation
    | Where
    | Shift
    | Look
    | Size
    | Grow
    | Flip
    | Turn
    | Mood
    | Styled
    | Count
    | Mark
    | Unknown
)
