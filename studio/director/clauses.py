"""One message, several instructions: where to cut it, and what each piece does.

A message is cut only where a new instruction begins, so "a cat and a dog" stays one thing and
"make it night, and crop to a square" becomes two.
"""

from __future__ import annotations

import re

from studio.director.extending import extend
from studio.director.framing import shape
from studio.director.lexicon import INDEFINITE
from studio.director.said import Deed, Said, Unsure
from studio.director.shaping import Size
from studio.director.toning import tone
from studio.director.words import COMMAND, VERBS, bare, doing, listed, short, trimmed

MOST = 16  # instructions in one message
JOINTS = 64  # commas and "and"s; a message with more of them describes, and is left whole
SEPARATOR = re.compile(
    r"\s*(?P<hard>\n|;|,?\s*\b(?:and\s+)?(?:then|after that|afterwards)\b,?(?=\s))\s*"
    r"|\s*(?P<full>(?<![\d\s])[.!](?=\s))\s*"
    r"|\s*(?P<soft>,\s*(?:and\b\s*)?(?:also\b\s*)?|(?<=\s)(?:and|plus|but)\s+(?:also\s+)?"
    r"|(?<=\s)[&+](?=\s))\s*",
    re.I,
)
# Verbs that are seldom anything else; the others of VERBS are also things ("a paint brush", "a light").
STRONG = frozenset(
    listed(
        "add remove make replace erase delete put turn convert transform give swap insert brighten"
        " darken sharpen rotate flip resize zoom extend expand move get recolor recolour repaint"
        " straighten include blur desaturate lighten crop widen have let outpaint upscale take"
        " relight"
    )
)
SWAPS = frozenset(("change", "swap", "switch", "trade", "alter", "paint"))  # "change sheets to beige"
INTO = re.compile(r"\b(?:to|into|with|for|in)\b", re.I)
REMARK = re.compile(r"(?:(?:it|this|that|there)(?:'s| is| are| looks?)|so|too|very)\b", re.I)
WHERE_FIRST = re.compile(
    r"(?:on|in|to|at|from|with|instead|for|behind|above|under|near|next to|between|because|since|when|if"
    r"|inside|beside)\b",
    re.I,
)
DETERMINER = re.compile(
    r"(?:the|a|an|it|this|that|these|those|them|him|her|his|its|their|my|me|all|some|any|more|less|every"
    r"|everything"
    r"|everyone|each|both|another|no|to|out|away|up|down|off|in|into|on|one|two|three|four|five|six"
    r"|seven|eight|\d+)\b",
    re.I,
)
AFTER_DRAWING = re.compile(
    r"[\s,;.]{1,3}(?:and\s+)?then,?\s+(?=\w)|[\s,;.]{1,3}and\s+(?=(?:make|turn|crop|rotate|flip|resize|paint"
    r"|put) (?:it|them|to)\b)|\n(?=(?:make|turn|add|crop|remove) )",
    re.I,
)


def instructs(text: str) -> bool:
    """Whether the text begins with an instruction."""
    verb, _, rest = bare(text[:COMMAND]).partition(" ")
    low = verb.lower().strip(",:")
    if low not in VERBS or not rest:
        return False
    return low in STRONG or bool(DETERMINER.match(rest)) or (low in SWAPS and bool(INTO.search(rest)))


def split(text: str, masked: bool, size: Size) -> list[str]:
    """The instructions of a message, in order, in the person's own words."""
    joints = list(SEPARATOR.finditer(text))
    if len(joints) > JOINTS:
        return [text]
    pieces: list[str] = []
    start, ahead = 0, ""
    for match in [*joints, None]:
        piece, joint = text[start : match.start() if match else len(text)], ahead
        ahead, start = (match[0], match.end()) if match else ("", len(text))
        if not piece.strip():
            continue
        if pieces and not _begins(piece, joint, pieces[-1], masked, size):
            pieces[-1] += joint + piece
        else:
            pieces.append(piece)
    return _settled(pieces)


def read(clause: str, masked: bool, size: Size) -> Deed:
    """What one instruction does: an exact adjustment if it asks for one, else the model's work."""
    words = bare(clause)
    exact = tone(words, masked, min(size) if size else None) or shape(words, size) or extend(words, size)
    return exact or edit(words)


def edit(words: str, prompt: str = "") -> Deed:
    """An edit by the model, in the person's own words."""
    words = trimmed(words) or words
    saying = f"drawing “{short(words)}”" if INDEFINITE.match(words) else doing(words)
    return Deed("edit", saying, prompt or words, masked=True)


def deeds(said: Said) -> list[Deed]:
    """Everything a message asks to be done to the canvas."""
    masked = said.mask is not None
    pieces = split(said.text, masked, said.desk.size)
    if len(pieces) > MOST:
        raise Unsure(f"That is {len(pieces)} changes at once and I follow up to {MOST}: which come first?")
    return [read(piece, masked, said.desk.size) for piece in pieces]


def _begins(piece: str, joint: str, before: str, masked: bool, size: Size) -> bool:
    """Whether a new instruction begins here. A bare "warmer" only goes on from another exact adjustment."""
    if re.search(r"[\n;]|then|after", joint, re.I) or instructs(piece):
        return True
    if read(piece, masked, size).op == "edit":
        return False
    if bare(piece).split()[0].lower() in VERBS:
        return True
    return len(before) <= COMMAND and read(before, masked, size).op != "edit"


def _settled(pieces: list[str]) -> list[str]:
    """What leads up to an instruction belongs to it: "so foggy! Remove the fog", "on the left, add a dog"."""
    if len(pieces) < 2:
        return pieces
    if REMARK.match(pieces[0]) and read(pieces[0], False, None).op == "edit":
        return [f"{pieces[0].rstrip('.,;! ')}. {pieces[1]}", *pieces[2:]]
    if WHERE_FIRST.match(pieces[0]):
        return [f"{pieces[0]}, {pieces[1]}", *pieces[2:]]
    return pieces


def tail(text: str) -> tuple[str, str]:
    """A description and the instructions that follow it: "a boat, then make it night"."""
    match = AFTER_DRAWING.search(text)
    return (text[: match.start()], text[match.end() :]) if match and match.start() else (text, "")
