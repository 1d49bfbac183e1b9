"""A new picture, or a change of the one there is? The question chat fronts get wrong most often.

With nothing drawn, words describe a picture. With a canvas: a scene of its own is a new picture, a bare thing
is added, instructions change, and what could be either is asked about.
"""

from __future__ import annotations

import re

from studio.director import clauses
from studio.director.extending import extend
from studio.director.lexicon import INDEFINITE, MEDIUM, NOT_NOUNS, anchored, kind
from studio.director.plans import assemble
from studio.director.said import Deed, Said, Unsure
from studio.director.shaping import shape
from studio.director.takes import wanted
from studio.director.toning import tone
from studio.director.words import VERBS, bare, short, trimmed
from studio.timeline import Plan

CANVAS_WORDS = r"(?:picture|image|drawing|painting|photo|photograph|canvas|scene|illustration|sketch)"
NEW = re.compile(
    r"(?:(?:(?:make|draw|create|start|do|generate|give|paint|show|want|begin|open)(?: (?:me|us|with))? )?(?:an? |the )?(?:completely |totally |brand |whole |entirely )*"
    rf"(?:new|different|another|separate|fresh|second) {CANVAS_WORDS}\b(?! (?:on|to|in|at|frame)\b)(?:\s*(?:[:,.—–-]+|of|with|showing|that shows|where|in which)\s*|\s+|$)"
    r"|(?:start (?:over|again|afresh|anew|from scratch|fresh|new)|from scratch|clear (?:everything|the canvas|all)|clean slate)(?:\s*(?:[:,.;—–-]+|with|and|by)\s*|\s*$)"
    r"|new\s*:\s*|(?:forget|scratch|never mind) (?:it|that|this|everything|all that)\s*[:,.;—–-]+\s*(?=(?:draw|paint|make me|create|generate|show)\b))(?P<rest>.*)",
    re.I | re.S,
)
DRAW = re.compile(
    r"(?P<verb>draw|sketch|generate|create|imagine|render|illustrate|depict|produce|visuali[sz]e|show|paint|make|build|give|do|get|picture)"
    r"(?: (?P<me>me|us))?\s+(?P<rest>.+)",
    re.I | re.S,
)
SOFT = frozenset("paint make build give do get show".split())  # also said of the picture there is
ADD = re.compile(r"(?:add|put|place|insert|include|have|with)\s+(?P<rest>.+)", re.I | re.S)
POINTS = re.compile(r"(?:it|this|that|these|those|them|him|her|his|its|their|the|my|everything|everyone|all|more|less)\b", re.I)
OF_IT = re.compile(r"\bof (?:it|this|that|him|her|them|the same)\b", re.I)
SIZE = re.compile(
    r"[\s,(]*\b(?:at |in |of )?(?:size )?(?P<w>\d{2,4})\s?[x×]\s?(?P<h>\d{2,4})(?: ?(?:px|pixels))?(?: (?:in size|large))?\)?\s*$", re.I
)
SIZES = range(64, 4097)


def draw(said: Said) -> Plan | None:
    """The plan of a message that asks for a picture of its own, None if it changes the one there is."""
    new = NEW.fullmatch(said.text)
    if new:
        return _fresh(said, new["rest"])
    if not said.base:
        return generated(said, _first(said))
    if said.mask:
        return None
    wish = DRAW.fullmatch(said.text)
    if wish and _own(wish, said):
        return generated(said, wish["rest"])
    return None


def change(said: Said) -> Plan:
    """The plan of a message for the picture there is, or for a new one if it describes a whole scene."""
    text = trimmed(said.text) or said.text
    what = kind(text, known(said))
    if said.mask or said.like or what == "change":
        return assemble(said, clauses.deeds(_masked_words(said)))
    if what == "scene":
        return generated(said, said.text)
    if what == "thing":
        first, rest = clauses.tail(said.text)
        first = trimmed(first)
        added = [clauses.edit(f"add {first[0].lower()}{first[1:]}" if first[:2].lower() in ("a ", "an") else f"add {first}")]
        return assemble(said, added + (clauses.deeds(said.but(rest)) if rest else []))
    raise Unsure(
        f"Shall I add it to the picture (say “add {short(text)}”) or draw it as a picture of its own"
        f" (say “new picture: {short(text)}”)?"
    )


def generated(said: Said, text: str) -> Plan:
    """The plan of a new picture, and of what is to be done to it after."""
    first, rest = clauses.tail(text)
    first, size = _sized(first)
    prompt = trimmed(bare(first)) or trimmed(first) or first
    drawing = Deed("generate", f"drawing a new picture, “{short(prompt)}”", prompt, size)
    return assemble(said, [drawing, *(clauses.deeds(said.but(rest)) if rest else [])])


def known(said: Said) -> str:
    """All words that led to the canvas."""
    return " ".join(one.words for one in said.path)


def _fresh(said: Said, rest: str) -> Plan:
    more = wanted(bare(rest))
    if more and not more.repeat:
        rest = more.rest
        said = said.__class__(**{**said.__dict__, "takes": more.takes})
    wish = DRAW.fullmatch(bare(rest))
    rest = wish["rest"] if wish and not POINTS.match(wish["rest"]) else rest
    if not rest.strip(" .,:;!?-—–"):
        raise Unsure("What shall the new picture show?")
    return generated(said, rest)


def _own(wish: re.Match[str], said: Said) -> bool:
    """Whether "draw ..." asks for a picture of its own: yes, unless its words lean on the picture there is."""
    rest, verb = wish["rest"], wish["verb"].lower()
    what = kind(rest, known(said))
    if OF_IT.search(rest) or POINTS.match(rest):
        return False
    if verb in SOFT and not (wish["me"] and verb in ("paint", "make", "show")):
        return what == "scene"
    if wish["me"]:
        return True
    noun = bool(INDEFINITE.match(rest) or MEDIUM.match(rest)) or rest.split()[0].lower() not in NOT_NOUNS
    return noun and not anchored(rest, known(said))


def _first(said: Said) -> str:
    """The description in the first message. Raises `Unsure` if it can only mean a picture that is not there."""
    text = said.text
    wish = DRAW.fullmatch(text)
    if wish and not (POINTS.match(wish["rest"]) and wish["verb"].lower() in SOFT - {"paint", "show"}):
        return text if wish["verb"].lower() in ("picture", "do", "get") and not wish["me"] else wish["rest"]
    put = ADD.fullmatch(text)
    if put and not POINTS.match(put["rest"]):
        return put["rest"] if put[0][:4].lower() != "with" else text
    verb, _, rest = text.partition(" ")
    exact = tone(text) or shape(text) or extend(text)
    if exact or (verb.lower() in VERBS and POINTS.match(rest)) or verb.lower() in ("remove", "erase", "delete"):
        raise Unsure("Nothing is drawn yet: what shall I draw first (for example “a red boat on a calm sea”)?")
    return text


def _masked_words(said: Said) -> Said:
    """With a mask, "draw me a cat" means a cat inside it."""
    wish = DRAW.fullmatch(said.text)
    if said.mask and wish and wish["verb"].lower() not in SOFT - {"show"} and INDEFINITE.match(wish["rest"]):
        return said.but(wish["rest"])
    return said


def _sized(text: str) -> tuple[str, dict[str, int]]:
    match = SIZE.search(text)
    if not match or int(match["w"]) not in SIZES or int(match["h"]) not in SIZES or not match.start():
        return text, {}
    return text[: match.start()], {"width": int(match["w"]), "height": int(match["h"])}
