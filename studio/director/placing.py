"""Where a handed-in picture goes, and whether it is put in, opened, or followed.

"paste this on the left" places it, "make it look like this" and "this creature, on a beach" follow it as a
reference, "make this night" opens it as the canvas and edits it. "put this on the table" leaves the table to
a model that follows pictures, and is placed for any other. Boxes are fractions of the canvas: left, top,
right, bottom.
"""

from __future__ import annotations

import re
from typing import Literal

from studio.director.words import VERBS, count, plain

Use = Literal["place", "open", "follow", "first"]

THIS = (
    r"(?:this|that|it|these|those|them|the (?:picture|image|photo|pic|upload|logo|attachment|file"
    r"|cutout)|my \w+|(?:picture|image|photo) \d)"
)
PLACE = re.compile(
    rf"^(?:put|place|paste|insert|add|drop|stick|position|overlay|include|set|show|combine|blend in"
    rf"|use)\b(?: in)?(?: {THIS}\b.*)?$"
    r"|^(?:put|place|paste|insert|drop|stick|position|overlay|hang)\b(?! (?:an?|some|more|two|three|\d+)\b)"
    r"|^add (?:this|that|these|those|it|them|my)\b"
)
FOLLOW = re.compile(
    r"\b(?:like (?:this|that|these|in (?:this|the)|the (?:picture|image|photo|one))|in (?:this|that|the"
    r" same) (?:style|look|mood)"
    r"|this (?:style|look|colou?r|palette|texture)|style of (?:this|the)|as in (?:this|the)|(?:match"
    r"|matching|follow|copy|imitate) (?:this|that|the)"
    r"|with (?:this|that|these)\b|by this\b|reference|inspired by|based on (?:this|that)|from this"
    r"|similar to|same (?:as|style))"
)
BASE = r"(?:the |a |my )?(?:new )?(?:canvas|base|start|starting point)"
# What is in the picture handed in, as part of a description: "this creature, on a beach".
SUBJECT = re.compile(
    r"\b(?:this|that|these|those|my)(?! (?:pictures?|images?|photos?|pics?|uploads?|files?|ones?|is|was|are"
    r"|were|looks?|but|and|or|more|less|in|on|at|to|with|by|as|too|so)\b) [a-z]+"
    r"|^(?:this|it|these|both),? (?:on|under|beside|next to|inside|behind|in front of) an?\b"
    r"|\b(?:from|in|of) (?:(?:this|my|the) )?(?:picture|image|photo|pic)\b"
)
DRAWN = re.compile(r"^(?:draw|paint|sketch|generate|create|imagine|render|illustrate|show)(?: me| us)? ")
CHANGED = re.compile(r"^[a-z]+ (?:this|that|it|these|those|them|my)\b")
PUT = re.compile(r"^(?:put|place|paste|insert|add|drop|stick|position|hang|combine|show|set)\s+", re.I)
OPEN = re.compile(
    rf"^(?:open|load|import|upload|edit|start (?:with|from)|begin with|use|take|work on|here is|here's"
    rf"|this is|continue with)\b(?: {THIS})?(?: (?:picture|image|photo|pic|one|file))?(?: as {BASE})?"
    r"(?: instead)?$"
    rf"|^make (?:this|it) {BASE}$"
)
LEAD_OPEN = re.compile(
    rf"^(?:(?:open|load|edit|take|use|start with|work on) {THIS}(?: (?:picture|image|photo"
    rf"|one))?(?:[,:;.]| and(?: then)?| then)\s*|(?:in|on) {THIS}(?: (?:picture|image|photo|one))?,?"
    rf" )(?P<rest>.+)$",
    re.I | re.S,
)

SPOT = (
    r"(?:(?:very|small|tiny|big|large|here|in|on|at|to|of|the|a|it|top|bottom|upper|lower|left|right|middle|center"
    r"|centre|corner|side|background)(?: |$))+"
)
WHERE = re.compile(SPOT)
# A place on the canvas and not in what it shows, or the very pixels: no model is needed for that.
EXACT = re.compile(
    rf"^(?:paste|stick|overlay|use)\b.*|.*\b(?:exactly|as it is|as is|unchanged)\b.*"
    rf"|(?:[a-z]+(?: in)? {THIS}(?: (?!in |on |at |to )[a-z]+)?,? )?{SPOT}"
)
WHICH = re.compile(
    r"\b(?:(?:picture|image|photo|pic) (?:number |#)?(?P<number>\d|one|two|three|four)"
    r"|the (?P<ordinal>first|second|third|fourth) (?:one|picture|image|photo|pic))\b",
    re.I,
)
THIRD = {"left": (0.0, 1 / 3), "right": (2 / 3, 1.0), "top": (0.0, 1 / 3), "bottom": (2 / 3, 1.0)}
MIDDLE = (1 / 3, 2 / 3)
ACROSS = re.compile(r"\b(left|right)\b")
DOWN = re.compile(r"\b(top|bottom|upper|lower|above|below|ground|floor|sky)\b")
ROWS = {
    **dict.fromkeys(("upper", "above", "sky"), "top"),
    **dict.fromkeys(("lower", "below", "ground", "floor"), "bottom"),
}
FULL = re.compile(r"\b(?:background|backdrop|full|fill|whole canvas|everywhere|all over|entire)\b")
HALF = re.compile(r"\b(?:half)\b")
LARGE = re.compile(r"\b(?:big|bigger|large|larger|huge)\b")
SMALL = re.compile(r"\b(?:small|smaller|tiny|little)\b")


def use(text: str, follows: bool = False, base: bool = True) -> Use:
    """What the words do with the picture handed in: "first" opens it and then does what the words say.

    `follows`: the model follows pictures; `base`: there is a picture already.
    """
    how, low = _use(text), plain(text)
    if how == "place" and follows and not EXACT.fullmatch(low):
        return "follow" if base or re.search(r" (?:an?|some) ", low) else "place"
    if how == "first" and follows and _about_it(low, base):
        return "follow"
    return how


def pictured(text: str) -> bool:
    """Whether a description leans on the pictures handed in."""
    low = plain(text)
    return bool(FOLLOW.search(low) or SUBJECT.search(low))


def described(text: str) -> str:
    """The description as it would be without the pictures: "this creature" is a creature."""
    return re.sub(r"\b(?:this|that|my|it)\b(?=,? \w)", "a", re.sub(r"\b(?:these|those|both)\b", "some", text))


def drawn(text: str) -> str:
    """What a new picture shows if the words put something into none: "put my logo on a balloon"."""
    return PUT.sub("", text, count=1)


def _about_it(low: str, base: bool) -> bool:
    """Whether the words describe a picture with its subject, or give that to the canvas, unchanged."""
    subject, changed = SUBJECT.search(low), CHANGED.match(low)
    if not subject or DRAWN.sub("", low).split(" ", 1)[0] not in VERBS:
        return subject is not None
    return base and (not changed or subject.start() > changed.end())


def _use(text: str) -> Use:
    low = plain(text)
    if OPEN.match(low):
        return "open"
    if FOLLOW.search(low) and not re.match(
        r"(?:put|place|paste|insert|drop|add) (?:this|that|these|it)\b", low
    ):
        return "follow"
    return "place" if PLACE.match(low) or WHERE.fullmatch(low) else "first"


def chosen(text: str, images: tuple[str, ...]) -> str:
    """The one of the pictures handed in that the words name, else the first."""
    match = WHICH.search(text) if len(images) > 1 else None
    place = count(match["number"] or match["ordinal"]) - 1 if match else 0
    return images[place] if 0 <= place < len(images) else images[0]


def opened(text: str) -> str:
    """The words without "open this and": what is to be done once the picture is the canvas."""
    match = LEAD_OPEN.match(text)
    return match["rest"] if match else text


def box(text: str) -> list[float]:
    """The part of the canvas the words point at; the middle third if they point nowhere."""
    low = plain(text)
    if FULL.search(low):
        return [0.0, 0.0, 1.0, 1.0]
    across, down = ACROSS.search(low), DOWN.search(low)
    x = THIRD[across[1]] if across else MIDDLE
    y = THIRD[ROWS.get(down[1], down[1])] if down else MIDDLE
    factor = 1.5 if LARGE.search(low) or HALF.search(low) else 0.5 if SMALL.search(low) else 1.0
    (left, right), (top, bottom) = _scaled(x, factor), _scaled(y, factor)
    return [round(side, 4) for side in (left, top, right, bottom)]


def spot(text: str) -> str:
    """Where `box` puts it, in words."""
    low = plain(text)
    across, down = ACROSS.search(low), DOWN.search(low)
    named = " ".join(
        word for word in (ROWS.get(down[1], down[1]) if down else "", across[1] if across else "") if word
    )
    return f"at the {named}" if named and not FULL.search(low) else ""


def _scaled(span: tuple[float, float], factor: float) -> tuple[float, float]:
    """The span made larger or smaller, keeping to the canvas's edge where it lay there."""
    length = (span[1] - span[0]) * factor
    if span[0] == 0.0:
        return 0.0, length
    if span[1] == 1.0:
        return 1.0 - length, 1.0
    return 0.5 - length / 2, 0.5 + length / 2
