"""How many takes are asked for, and of what: "four variations", "3 more like this", "make it night, 4 takes".

`wanted` takes the number out of a message. What is left is what the takes are of; nothing left (or only
"this") means the newest drawing once more.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from studio.director.words import COMMAND, COUNT, END, count

MOST = 8  # takes of one turn; more is a wait nobody wants
USUAL = 4  # "variations", with no number
NOUN = (
    r"(?:variations?|variants?|versions?|takes|options|alternatives?|tries|attempts|samples|ideas|results"
    r"|candidates)"
)
PICTURES = r"(?:pictures|images|drawings|paintings|photos|renders)"
ASKING = (
    r"(?:(?:make|give|show|do|draw|generate|create|try|get|let me see|produce|i want|i need|paint)"
    r"(?: (?:me|us))? )?"
)
KINDS = "more|other|new|different|additional|further|extra|alternative|random"
KIND = rf"(?:(?:{KINDS}) )*"
SAME = (
    r"(?:this|that|it|these|them|the same|the same (?:thing|picture|prompt)|this (?:one|picture|image)"
    r"|the (?:picture|image|canvas)|the (?:last|current) one)"
)
ONE = r"(?:one|try|take|version|variation|variant|go|time|attempt|option)"
THIS = r"(?: (?:it|that|this))?"

ONCE_MORE = re.compile(
    rf"(?:{ASKING}(?:another|one more|a new|a different)(?: {ONE})?(?: (?:like|of) {SAME})?"
    rf"|(?:try|do|draw|run|generate|roll|go|make){THIS} (?:again|once more|one more time|over|anew)"
    rf"|again|once more|one more time|same again|re-?roll{THIS}|retry|regenerate{THIS}"
    r"|(?:something|a) different(?: one)?|(?:(?:a )?(?:new|different)|another|random|change the) seed)",
    re.I,
)
MORE = re.compile(
    rf"{ASKING}(?:(?P<n>{COUNT})\b ?)?(?P<kind>(?:(?:{KINDS})\b ?)*)"
    rf"(?:(?P<noun>{NOUN})|ones|pictures|images|times)?(?: ?(?:like|of|on|for) {SAME})?",
    re.I,
)
OF = re.compile(
    rf"^{ASKING}(?P<n>{COUNT}) {KIND}(?:{NOUN}|{PICTURES}(?= of\b| showing\b))"
    r"\s*(?P<link>of|showing|for|:|,|where|in which|with|in|at|as)\s+(?P<rest>.+)$",
    re.I | re.S,
)
AND = re.compile(
    rf"[\s,;.:(-]{{1,3}}(?:(?:and|as|in|with|but|then|also)\s+)?{ASKING}(?P<n>{COUNT}) {KIND}{NOUN}"
    r"(?: (?:of it|of that|please|each))?\)?$",
    re.I,
)
TIMES = re.compile(r"(?<!\d)[\s,]{1,3}(?:[x×]\s?(?P<n>\d{1,4})|(?P<m>\d{1,2})\s?[x×])$", re.I)
# Where a number with an x is a size, and where a count of versions speaks of those there are.
SCALED = re.compile(
    r"(?:zoom|(?:up|down)?scale|enlarge|resize|extend|expand|shrink|crop|magnify|make it)\b", re.I
)
SHOWN = re.compile(
    r"^(?:go |take me |bring me )?(?:back|undo|revert|return)\b|\b(?:between|which|compare)\b", re.I
)


class Wanted(NamedTuple):
    """So many takes of what is left. `repeat`: of the newest drawing; `of`: what is left is a description."""

    takes: int
    rest: str
    repeat: bool = False
    of: bool = False


def wanted(text: str) -> Wanted | None:
    """How many takes a message asks for, None if it asks for no number of them."""
    whole = text.strip(" .!?")
    if SHOWN.search(whole[:COMMAND]):
        return None
    if len(whole) > COMMAND:
        return _counted(whole)
    if ONCE_MORE.fullmatch(whole):
        return Wanted(1, "", repeat=True)
    if re.fullmatch(rf"{ASKING}more like {SAME}", whole, re.I):
        return Wanted(USUAL, "", repeat=True)
    more = MORE.fullmatch(whole)
    if more and ((more["noun"] or "").endswith("s") or (more["n"] and (more["noun"] or more["kind"]))):
        return Wanted(count(more["n"]) if more["n"] else USUAL, "", repeat=True)
    return _counted(whole)


def _counted(text: str) -> Wanted | None:
    start = OF.match(text)
    if start:
        link = start["link"].lower()
        rest = start["rest"] if link in ("of", "showing", "for", ":", ",") else f"{link} {start['rest']}"
        return Wanted(count(start["n"]), rest, of=link in ("of", "showing"))
    end = AND.search(text[-END:])
    if not end and not SCALED.match(text):
        end = TIMES.search(text[-END:])
    if not end:
        return None
    rest = text[: len(text[:-END]) + end.start()]
    return Wanted(count(next(number for number in end.groups() if number)), rest) if rest else None


def seeds(number: int, first: int) -> tuple[int, ...]:
    """The seeds of so many takes."""
    return tuple((first + step) % 2**32 for step in range(max(1, min(number, MOST))))
