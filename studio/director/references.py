"""Which picture the words mean: "version 2", "the first one", "before the hat", "the one with the boat".

`find` looks a phrase up among the numbered pictures; `mention` finds such a phrase inside a longer message.
A number that is not there raises `NotFound`; words that fit two pictures equally well raise `Unsure`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from studio.director import Shown
from studio.director.said import Said, Unsure
from studio.director.words import COMMAND, count, listed, short, stems
from studio.errors import NotFound

ORDINALS = {
    **dict(zip(listed("first second third fourth fifth sixth seventh eighth"), range(8), strict=True)),
    **dict(zip(listed("1st 2nd 3rd 4th 5th 6th 7th 8th 9th 10th"), range(10), strict=True)),
    **dict.fromkeys(("original", "initial", "oldest", "very first"), 0),
}
PICTURE = r"(?:one|picture|image|version|photo|drawing|pic|try|attempt|result)"
AGO = r"(?:one|picture|image|version|step|edit|change|turn)s?"
NUMBER = r"\d{1,6}|one|two|three|four|five|six|seven|eight|nine|ten"
# A number followed by one of these measures something: "make the image 512 pixels wide".
MEASURE = r"(?!\s*(?:px|pixel|percent|%|x\s?\d|×|by|degrees?|°|times|stops?)|[.:]?\d)"
THINGS = r"(?!\s+(?!(?:is|was|has|as|makes?|needs|looks|this)\b)\w+s\b)"  # "add picture 3 dogs"
# "the second picture on the wall" is in the picture, not one of them.
INSIDE = (
    r"(?!\s+(?:(?:on|from|at|behind|under|above) (?:the|a|his|her|its|their)"
    r"|in (?:the|a) (?:row|back|front|middle|background|foreground|center|centre|corner|picture|image)"
    r"|frame|of the|of them|wall)\b)"
)
NUMBERED = (
    rf"(?:\bthe )?(?<!\ba )(?<!\ban )(?:\b(?:version|ver)\s*(?:no\.?|number|#)?\s*(?P<number>{NUMBER})\b"
    rf"|\b(?:picture|image|photo|drawing|pic)\s*(?:no\.?|number|#)?\s*(?P<picture>{NUMBER})\b{THINGS}"
    rf"|\bv\.?\s?(?P<v>\d{{1,6}})\b|#(?P<hash>\d{{1,6}})\b{THINGS}){MEASURE}"
)
ORDERED = (
    rf"\b(?:the |our |my )?(?P<ordinal>{'|'.join(sorted(ORDINALS, key=len, reverse=True))})"
    rf" {PICTURE}\b(?! of |\w){INSIDE}"
    # "the original" alone is a picture, "the original colours" are not
    r"|\bthe original\b(?=\s*(?:$|[,:;.]|(?:and|but|(?:a bit |much )?(?:more|less|\w+er))\b))"
)
NEWEST = rf"\bthe (?:very )?(?P<newest>last|latest|newest|most recent|final) {PICTURE}\b(?! but){INSIDE}"
PREVIOUS = (
    rf"\bthe (?P<previous>previous|prior|earlier|preceding)(?: {PICTURE}\b|(?=\s*$)){INSIDE}"
    rf"|\bthe {PICTURE} before(?= *$|[,:;.]| (?:that|this|last|it)\b)(?: (?:that|this|last|it))?( one)?"
    rf"|\bthe (?:last {PICTURE}? ?but one|second[- ]to[- ]last|next[- ]to[- ]last|penultimate)(?: {PICTURE})?"
)
CURRENT = re.compile(rf"\b(?:this|the current) (?P<current>version|{PICTURE})\b{INSIDE}", re.I)
STEPS_BACK = rf"\b(?:the {PICTURE} )?(?P<ago>{NUMBER}|a couple of) {AGO} (?:ago|back|earlier)\b"
EXPLICIT = re.compile("|".join((NUMBERED, ORDERED, STEPS_BACK, PREVIOUS, NEWEST)), re.I)

# What answers "which one?": "2", "the second".
ALONE = re.compile(rf"\d{{1,4}}|the (?:{'|'.join(ORDINALS)}|last|latest|newest)", re.I)

WHOLE = r"(?:the |that |our )?"
BEFORE = re.compile(
    rf"(?:{WHOLE}{PICTURE} )?(?:(?:just|right|from|as it was|like it was|how it was|the way it was|what"
    rf" it was) )*"
    r"before (?:(?:the|a|an|i|we|you|it (?:was|got|became|turned)|that|adding|making|turning|there was"
    r"|there were) )*(?P<before>.+)",
    re.I,
)
AFTER = re.compile(
    rf"(?:{WHOLE}{PICTURE} )?(?:just|right|from)? ?after (?:(?:the|a|an|i|we|you|adding) )*(?P<after>.+)",
    re.I,
)
WITHOUT = re.compile(rf"{WHOLE}{PICTURE} without (?:(?:the|a|an|any) )?(?P<without>.+)", re.I)
CONTENT = re.compile(
    rf"(?:{WHOLE}{PICTURE} (?:with|where|when|of|that has|that had|which has|in which|that shows|showing"
    rf"|at|in|from) (?P<content>.+)|the (?P<kind>.+?) {PICTURE})",
    re.I,
)
LOOSE = re.compile(
    r"(?:the |that |when it was |when there was |how it was (?:at|in|with) |it was )(?P<loose>.+)", re.I
)

NUMBER_GROUPS = ("number", "picture", "v", "hash")
REMOVING = re.compile(
    r"^(?:please )?(?:remove|erase|delete|take away|get rid|without|clear|lose|drop)\b", re.I
)


def find(phrase: str, said: Said, loose: bool = False) -> Shown | None:
    """The picture a whole phrase means, None if it does not speak of one; `loose` also takes "the boat"."""
    phrase = phrase.strip(" ,.;:!?")
    if ALONE.fullmatch(phrase):
        phrase = f"version {phrase}" if phrase.isdecimal() else f"{phrase} one"
    exact = EXPLICIT.fullmatch(phrase) or (None if said.ask.images else CURRENT.fullmatch(phrase))
    if exact:
        return _exact(exact, said, going=True)
    for form, look in FORMS:
        match = form.fullmatch(phrase)
        if match:
            found = look(next(words for words in match.groups() if words), said)
            if found:
                return found
    match = LOOSE.fullmatch(phrase) if loose else None
    return _about(match["loose"], said) if match else None


def mention(text: str, said: Said) -> tuple[re.Match[str], Shown] | None:
    """The first phrase in the text that names a picture outright, and that picture."""
    for match in EXPLICIT.finditer(text) if len(text) < 4 * COMMAND else ():
        if not (
            said.ask.images and re.search("picture|image|photo", match[0], re.I)
        ):  # one of those handed in
            return match, _exact(match, said, going=False)
    return None


def back(steps: int, said: Said) -> Shown:
    """The picture so many steps before the canvas on its path."""
    path = said.path
    if steps >= len(path):
        held = {0: "nothing has been drawn yet", 1: "there is only one picture"}
        raise NotFound(
            f"There is no picture {_steps(steps)} back;"
            f" {held.get(len(path), f'the path here has {len(path)} pictures')}."
        )
    return path[-1 - steps]


def numbered(number: int, shown: Sequence[Shown]) -> Shown:
    """The picture of that number. Raises `NotFound` naming what there is."""
    for one in shown:
        if one.number == number:
            return one
    raise NotFound(f"There is no version {number}; {existing(shown)}.")


def existing(shown: Sequence[Shown]) -> str:
    """What pictures there are, as half a sentence."""
    if not shown:
        return "nothing has been drawn yet"
    if len(shown) == 1:
        return f"there is only version {shown[0].number}"
    return f"the versions are {shown[0].number} to {shown[-1].number}"


def about(words: str, said: Said, removed: bool = False) -> list[Shown]:
    """The pictures whose own words speak most of this; `removed` counts those that take it away."""
    wanted = stems(words)
    scores = [
        (len(wanted & stems(one.words)), one)
        for one in said.desk.shown
        if removed or not REMOVING.match(one.words)
    ]
    best = max((score for score, _ in scores), default=0)
    return [one for score, one in scores if score == best] if best else []


def _exact(match: re.Match[str], said: Said, going: bool) -> Shown:
    held, shown = match.groupdict(), said.desk.shown
    number = next((held[name] for name in NUMBER_GROUPS if held.get(name)), None)
    if number:
        return numbered(count(number), shown)
    if held.get("current"):
        return _head(said)
    if held.get("ago"):
        return back(count(held["ago"]), said)
    if held.get("newest"):
        return _newest(said, going)
    if held.get("ordinal") or match[0].lower().endswith("original"):
        return _at(ORDINALS[(held.get("ordinal") or "original").lower()], said)
    return back(1, said)


def _head(said: Said) -> Shown:
    if said.canvas is None:
        raise NotFound("There is no picture on the canvas yet.")
    return said.canvas


def _newest(said: Said, going: bool) -> Shown:
    """Whoever stands on the newest picture and goes back to "the last one" means the one before it."""
    shown = said.desk.shown
    if not shown:
        raise NotFound("There is no last picture; nothing has been drawn yet.")
    return back(1, said) if going and shown[-1] == said.canvas else shown[-1]


def _at(place: int, said: Said) -> Shown:
    shown = said.desk.shown
    if place >= len(shown):
        raise NotFound(f"There is no picture number {place + 1}; {existing(shown)}.")
    return shown[place]


def _about(words: str, said: Said) -> Shown | None:
    """The one picture that speaks of this. The one on the canvas is not gone back to."""
    found = about(words, said)
    others = [one for one in found if one != said.canvas]
    return _one(others or found, words)


def _one(found: list[Shown], words: str) -> Shown | None:
    if len({one.image for one in found}) > 1:
        named = [f"version {one.number} (“{short(one.words)}”)" for one in found[-4:]]
        both = "Both" if len(named) == 2 else "All of"
        raise Unsure(
            f"{both} {', '.join(named[:-1])} and {named[-1]} speak of {words}: which one do you mean?"
        )
    return found[-1] if found else None


def _before(words: str, said: Said) -> Shown | None:
    """The picture just before the words first appear, on the path here if they do."""
    found = about(words, said)
    onto = [one for one in found if one.here]
    if not onto and len({one.image for one in found}) > 1:
        return _one(found, words)
    if not found:
        return None
    first = (onto or found)[0]
    row = said.path if onto else said.desk.shown
    place = row.index(first)
    if place == 0:
        raise NotFound(f"There is no picture before version {first.number}, where {words} first appears.")
    return row[place - 1]


def _without(words: str, said: Said) -> Shown | None:
    """The picture the thing was taken out of, or else the one before it came."""
    wanted = stems(words)
    taken = [one for one in said.desk.shown if REMOVING.match(one.words) and wanted & stems(one.words)]
    return _one(taken, words) if taken else _before(words, said)


def _steps(steps: int) -> str:
    return "one step" if steps == 1 else f"{steps} steps"


FORMS: tuple[tuple[re.Pattern[str], Callable[[str, Said], Shown | None]], ...] = (
    (BEFORE, _before),
    (AFTER, _about),
    (WITHOUT, _without),
    (CONTENT, _about),
)
