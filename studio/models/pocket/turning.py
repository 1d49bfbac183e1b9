"""The part of the grammar that reads turns: "30 degrees to the left", "a quarter turn", "clockwise"."""

from __future__ import annotations

from studio.models.pocket.items import Item, Turn
from studio.models.pocket.words import Lexeme

# What words say an angle: clockwise, and whether to that angle or by it.
_ANGLES = """
180 to: upside down, upside-down, topsy turvy,
    inverted, upended, wrong way up, the wrong way up, bottom up, feet up, overturned
90 to: on its side, on his side, on her side, on their side, on their sides, sideways, toppled, knocked over,
    fallen over, tipped over, lying on its side, sideway
16 to: tilted, slanted, slanting, askew, lopsided, crooked, tipped, atilt, aslant
0 to: upright, straight, level, right side up, the right way up, right way up, back upright, un-tilted,
    untilted, straightened, upright again, straight again
45 to: diagonal, diagonally
180 by: half a turn, a half turn, half turn, halfway round, halfway around
90 by: a quarter turn, quarter turn, a quarter of a turn, quarter of a turn
"""
_SENSES = {"clockwise": 1.0, "counterclockwise": -1.0, "counter clockwise": -1.0, "anticlockwise": -1.0}
_SENSES |= {"anti clockwise": -1.0, "counter": -1.0}
VERBS = {
    "rotate": ("rotate", "spin", "tilt", "tip", "twist", "swivel", "rotated", "rotating", "spun", "tip over"),
    "straighten": ("straighten", "straighten up", "straighten out", "level out", "untilt"),
}
UNITS = ("degrees", "degree", "deg")


def phrases() -> list[tuple[str, Lexeme]]:
    """The words for turns, as the lexicon has them."""
    found: list[tuple[str, Lexeme]] = []
    for row in _ANGLES.strip().replace("\n    ", " ").splitlines():
        value, words = row.split(":")
        found += [(word.strip(), Lexeme("turn", value, word.strip())) for word in words.split(",")]
    found += [(word, Lexeme("sense", str(sense), word)) for word, sense in _SENSES.items()]
    found += [(word, Lexeme("verb", verb, word)) for verb, words in VERBS.items() for word in words]
    return found + [(word, Lexeme("unit", "degrees", word)) for word in UNITS]


def read_turn(lexemes: list[Lexeme], at: int) -> tuple[Item, int] | None:
    """The turn that begins here, and where it ends: "[by] 30 degrees [clockwise | to the left]"."""
    first = lexemes[at]
    if first.kind == "turn":
        value, how = first.value.split()
        sense, here = _sense(lexemes, at + 1)
        return Turn(float(value) * sense, how == "to"), here
    if first.kind == "count" and at + 1 < len(lexemes) and lexemes[at + 1].kind == "unit":
        degrees, here = float(first.value), at + 2
    elif first.kind == "sense":
        degrees, here = 30.0, at
    else:
        return None
    sense, here = _sense(lexemes, here)
    return Turn(degrees * sense), here


def _sense(lexemes: list[Lexeme], at: int) -> tuple[float, int]:
    """The direction of a turn, if one is said here."""
    for ahead in range(at, min(at + 4, len(lexemes))):
        lexeme = lexemes[ahead]
        if lexeme.kind == "sense":
            return float(lexeme.value), ahead + 1
        if lexeme.kind in ("place", "shift") and lexeme.value in ("left", "right"):
            return (-1.0 if lexeme.value == "left" else 1.0), ahead + 1
        if lexeme.kind not in ("link", "det", "relation", "stop"):
            break
    return 1.0, at
