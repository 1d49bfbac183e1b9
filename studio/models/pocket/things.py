"""The things `pocket` can draw: more than four hundred everyday nouns, each with one drawing.

Nouns: a `ThingKind` is what is known about one kind of thing before it is drawn; `things.tsv` is the table
of them. The drawing itself is an emoji, found by its code in every set of drawings; `aspect` was measured on
the one of the Fluent 3D set. The order of the table is the order of the classes in the networks: append,
never reorder, or the weights no longer fit.

An expression is no property of a thing: a sad face is a thing of its own. A *family* holds the things that
differ in expression only, and a *mood* is the word for what they differ in.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ThingKind:
    """One kind of thing: a row of `things.tsv`.

    `hexcode` names its drawing; `home` is where it belongs when words do not say: "land", "water" or "sky";
    `aspect` is width / height of the drawing; `size` the usual longer side on a 256 pixel canvas; what
    `glows` keeps its brightness at night.
    """

    name: str
    hexcode: str
    group: str
    home: str
    aspect: float
    size: int
    glows: bool = False

    @property
    def flies(self) -> bool:
        """Whether it floats in the air, so that it needs no ground and casts no shadow on it."""
        return self.home == "sky"


_TABLE = Path(__file__).with_name("things.tsv")


def _load(path: Path) -> dict[str, ThingKind]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = tuple(csv.DictReader(file, delimiter="\t"))
    return {row["name"]: _kind(row) for row in rows}


def _kind(row: dict[str, str]) -> ThingKind:
    aspect, size = float(row["aspect"]), int(row["size"])
    return ThingKind(
        row["name"], row["drawing"], row["group"], row["home"], aspect, size, row["glows"] == "glows"
    )


THINGS: dict[str, ThingKind] = _load(_TABLE)

# Family -> mood -> thing. The first of a family is the one that its bare name stands for.
EXPRESSIONS: dict[str, dict[str, str]] = {
    "face": {
        "happy": "smiley",
        "sad": "sad face",
        "angry": "angry face",
        "crying": "crying face",
        "laughing": "laughing face",
        "surprised": "surprised face",
        "scared": "scared face",
        "sleepy": "sleepy face",
        "determined": "determined face",
        "loving": "loving face",
        "cool": "cool face",
        "confused": "confused face",
        "disgusted": "disgusted face",
        "sick": "sick face",
        "winking": "winking face",
        "kissing": "kissing face",
        "thinking": "thinking face",
        "silly": "silly face",
        "neutral": "neutral face",
        "embarrassed": "embarrassed face",
        "worried": "worried face",
        "pleading": "pleading face",
    },
    "man": {
        "neutral": "man",
        "happy": "happy man",
        "sad": "sad man",
        "angry": "angry man",
        "confused": "confused man",
        "embarrassed": "embarrassed man",
        "sorry": "sorry man",
        "determined": "determined man",
        "pleased": "pleased man",
    },
    "woman": {
        "neutral": "woman",
        "happy": "happy woman",
        "sad": "sad woman",
        "angry": "angry woman",
        "confused": "confused woman",
        "embarrassed": "embarrassed woman",
        "sorry": "sorry woman",
        "determined": "determined woman",
        "pleased": "pleased woman",
    },
    "cat face": {
        "happy": "cat face",
        "laughing": "laughing cat face",
        "loving": "loving cat face",
        "kissing": "kissing cat face",
        "scared": "scared cat face",
        "crying": "crying cat face",
        "angry": "angry cat face",
    },
}
MOODS: tuple[str, ...] = tuple(dict.fromkeys(mood for family in EXPRESSIONS.values() for mood in family))
