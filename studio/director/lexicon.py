"""What kind of words a description is: a whole scene, a thing, a change, or hard to tell.

A *place* has its own setting, so a description that stands in one is a picture of its own ("a red boat on a
calm sea"). A *part* belongs to the picture there is ("the sky", "the wall"). These tables are meant to grow.
"""

from __future__ import annotations

import re
from typing import Literal

from studio.director.words import VERBS, listed, stems

Kind = Literal["scene", "thing", "change", "unsure"]

PLACES = frozenset(
    listed(
        "sea ocean lake river pond beach shore coast island harbour harbor bay meadow field forest"
        " wood woods jungle desert mountain mountains hill hills valley canyon cliff glacier"
        " waterfall volcano swamp savanna savannah prairie plain plains dune dunes space galaxy"
        " planet mars street road alley highway city town village park garden farm orchard vineyard"
        " room kitchen bedroom bathroom office studio library classroom school hospital church"
        " cathedral castle palace temple museum cafe café restaurant bar pub shop store market"
        " station airport stadium gym pool bridge pier dock rooftop balcony terrace courtyard plaza"
        " cave underwater landscape seascape cityscape skyline countryside backyard pasture lawn"
        " barn stable cabin cottage attic basement cellar corridor hallway stage theatre theater"
        " cinema arena battlefield ruins graveyard cemetery playground zoo circus carnival fair"
        " workshop factory laboratory lab greenhouse lighthouse spaceship train bus subway"
    )
)
PARTS = frozenset(
    listed(
        "table desk floor wall ground grass snow sand water sky background foreground shelf"
        " windowsill window sill ledge counter plate bench blanket carpet rug rock rocks ice path"
        " cloth tablecloth roof backdrop paper horizon"
    )
)
INDEFINITE = re.compile(
    r"(?:a|an|one|two|three|four|five|six|seven|eight|nine|ten|\d+|some|several|many|lots of|a few"
    r"|a couple of)\b",
    re.I,
)
MEDIUM = re.compile(
    r"(?:an? |the )?(?:[\w-]+ ){0,4}?(?:photo|photograph|picture|image|painting|drawing|sketch|portrait"
    r"|watercolou?r|illustration|render|rendering|close-?up|still life|poster|cartoon|icon|logo|shot|view"
    r"|landscape|scene) of\b",
    re.I,
)
RELATION = (
    r"(?:on|in|at|over|under|by|near|above|below|beside|behind|inside|against|through|across|along|among"
    r"|before"
    r"|around|into|onto|next to|in front of|on top of|in the middle of|at the edge of|outside|beneath"
    r"|between|to)"
)
SETTING = re.compile(
    rf"\b{RELATION} (?P<the>the |a |an |some |his |her |its )?(?P<noun>[\w'-]+(?:"
    rf" (?!{RELATION}\b)[\w'-]+){{0,3}})",
    re.I,
)
TIME = re.compile(
    r"\b(?:at|in|during|before|under|by) (?:the |a |an |early |late |deep )*(?:night|sunset|sunrise|dawn"
    r"|dusk|noon"
    r"|midnight|twilight|golden hour|winter|summer|autumn|fall|spring|rain|snow|storm|fog|mist|morning"
    r"|evening"
    r"|afternoon|moonlight|starlight|candlelight|daylight|full moon|starry (?:night )?sky|stormy sky"
    r"|blue sky)\b",
    re.I,
)
# Words that speak of the picture there is, or of changing it.
HERE = re.compile(
    r"\b(?:it|its|it's|he|she|him|her|his|hers|they|them|their|instead|the (?:picture|image|photo"
    r"|photograph|scene|canvas)|this|that|these|those|should|shall|must|ought|version)\b",
    re.I,
)
ANCHOR = re.compile(
    rf"\b{RELATION} the (?P<noun>[\w'-]+(?: [\w'-]+)?)|\b(?:of|with|from) the (?P<other>[\w'-]+)", re.I
)
BESIDE = re.compile(
    r"\b(?:on|in|under|inside|behind|beside|below|above|over|near|next to|in front of|on top of|left of"
    r"|right of"
    r"|between|hidden by|riding|holding|sitting|standing|lying|eating|wearing|chasing|playing|looking)\b",
    re.I,
)
WHERE = re.compile(
    r"\b(?:on|to|at|in) the (?:far |very |top |bottom |upper |lower )?(?:left|right|top|bottom|middle"
    r"|centre|center"
    r"|corner|background|foreground|back|front|side|distance|sky)\b(?! (?:side )?of (?:an?|some)\b)"
    r"|\b(?:here|there)\b",
    re.I,
)
OF_IT = re.compile(r"\bof (?:it|this|that|him|her|them|the same)\b", re.I)
LONG = 30  # words: a page of description is a picture of its own whatever it mentions
BETWEEN = re.compile(
    r"(?:\w+ )?(?:left|right|top|bottom|middle|side|edge|back|front|end|foot)(?: side)? of (?:an?|some)\b",
    re.I,
)
FULL = 16  # words: nobody writes this much about one bare thing


def kind(text: str, known: str = "") -> Kind:
    """What a description without an instruction is, on a canvas whose own words are `known`."""
    first = text.split(" ", 1)[0].lower().strip(",.")
    indefinite = bool(INDEFINITE.match(text))
    titled = MEDIUM.match(text) and (first not in VERBS or text.lower().startswith(f"{first} of "))
    if not text or first in NOT_NOUNS or (first in VERBS and not titled):
        return "change"
    if len(text.split()) >= LONG and (indefinite or not HERE.search(text)):
        return "scene"
    if titled:
        return "change" if OF_IT.search(text) or _anchored(text, known) else "scene"
    if HERE.search(text):
        return "change"
    if not indefinite:
        return "scene" if _lists(text) or (_plain_noun(first) and _placed(text, known)) else "change"
    return _noun_phrase(text, known)


def _noun_phrase(text: str, known: str) -> Kind:
    if _anchored(text, known):
        return "thing"
    if _placed(text, known) or TIME.search(text) or len(text.split()) >= FULL or text.count(",") >= 2:
        return "scene"
    return "unsure" if _head(text) in PLACES or BESIDE.search(text) else "thing"


def anchored(text: str, known: str = "") -> bool:
    """Whether the words lean on something that must already be in the picture."""
    return bool(HERE.search(text)) or _anchored(text, known)


def _plain_noun(word: str) -> bool:
    """Whether a description may begin with this word and no article: "red boat", not "with stars"."""
    return word not in NOT_NOUNS and not word.endswith("er")


NOT_NOUNS = frozenset(
    listed(
        "as in on at by with without like more less but about behind the there under over for from"
        " to of and or if inside outside near not no all only every each lit made taken shot showing"
        " my your our he she i we you"
    )
)


def _lists(text: str) -> bool:
    """Whether this is a list of catchwords with a place among them: "red boat, calm sea, sunset"."""
    parts = [part for part in re.split(r",\s*", text) if part]
    return len(parts) >= 3 and _plain_noun(parts[0].split()[0].lower()) and bool(stems(text) & PLACES)


def _placed(text: str, known: str) -> bool:
    """Whether the description brings a setting: any place, or a part that is not called "the"."""
    for match in SETTING.finditer(text):
        nouns = stems(match["noun"])
        definite = (match["the"] or "").strip().lower() in ("the", "his", "her", "its")
        if nouns & PLACE_STEMS and not (definite and nouns & stems(known)):
            return True
        if nouns & PART_STEMS and not definite:
            return True
    return False


def _anchored(text: str, known: str) -> bool:
    """Whether something called "the" must be in the picture: no place, or one that is known to be there."""
    if WHERE.search(text):
        return True
    there = stems(known)
    for match in ANCHOR.finditer(text):
        if BETWEEN.match(text, match.start("noun")):
            continue  # "on the left of a lamp" leans on a lamp that is described here
        nouns = stems(match["noun"] or match["other"])
        if nouns and (not nouns & PLACE_STEMS or nouns & there) and not TIME.search(match[0]):
            return True
    return False


def _head(text: str) -> str:
    """The last word before any "of" or "with": the thing a noun phrase is about."""
    words = re.split(r"\b(?:of|with|that|which|who)\b|,", text, maxsplit=1)[0].split()
    return words[-1].lower() if words else ""


PLACE_STEMS = stems(" ".join(PLACES))
PART_STEMS = stems(" ".join(PARTS))
