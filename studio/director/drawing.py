"""A new picture, or a change of the one there is? The question chat fronts get wrong most often.

With nothing drawn, words describe a picture. With a canvas: a scene of its own is a new picture, a bare thing
is added, instructions change, and what could be either is asked about.
"""

from __future__ import annotations

import re
from dataclasses import replace

from studio.director import clauses
from studio.director.extending import extend
from studio.director.framing import shape
from studio.director.lexicon import INDEFINITE, MEDIUM, NOT_NOUNS, OF_IT, anchored, kind
from studio.director.placing import FOLLOW, described, pictured
from studio.director.plans import assemble, following
from studio.director.said import Deed, Said, Unsure
from studio.director.takes import wanted
from studio.director.toning import tone
from studio.director.words import END, VERBS, bare, listed, short, trimmed
from studio.timeline import Plan

LINK = r"\s*(?:[:,.;—–-]+|of|with|and|by|showing|that shows|where|in which)\s*"
ANOTHER = (
    r"(?:(?:make|draw|create|start|do|generate|give|paint|show|want|begin|open)(?: (?:me|us|with))? )?"
    r"(?:an? |the )?(?:completely |totally |brand |whole |entirely )*"
    r"(?:new|different|another|separate|fresh|next) "
    r"(?:picture|image|drawing|painting|photo|photograph|canvas|scene|illustration|sketch)\b"
    r"(?! (?:on|to|in|at|frame)\b)"
)
OVER = (
    r"(?:start (?:over|again|afresh|anew|from scratch|fresh|new)|from scratch|clean slate"
    r"|begin (?:again|anew)|clear(?: (?:everything|the canvas|all))?|reset"
    r"|something (?:completely |totally |entirely )?(?:different|new|else)(?=\s*[:,-])|start(?= with an? ))"
)
FORGET = r"(?:forget|scratch|scrap|never mind) (?:it|that|this|everything|all that)\s*[:,.;—–-]+\s*"
NEW = re.compile(
    rf"(?:{ANOTHER}(?:{LINK}|\s+|$)|{OVER}(?:{LINK}|\s*$)|new\s*:\s*"
    rf"|{FORGET}(?=(?:draw|paint|make me|create|generate|show)\b))(?P<rest>.*)",
    re.I | re.S,
)
DRAW = re.compile(
    r"(?P<verb>draw|sketch|generate|create|imagine|render|illustrate|depict|produce|visuali[sz]e|show"
    r"|paint|make|build|give|do|get|picture)(?: (?P<me>me|us))?\s+(?P<rest>.+)",
    re.I | re.S,
)
SOFT = frozenset(listed("paint make build give do get show"))  # also said of the picture there is
ADD = re.compile(r"(?:add|put|place|insert|include|have|with)\s+(?P<rest>.+)", re.I | re.S)
POINTS = re.compile(
    r"(?:it|this|that|these|those|them|him|her|his|its|their|the|my|everything|everyone|all|more|less)\b",
    re.I,
)
SIZE = re.compile(
    r"[\s,(]*\b(?:at |in |of )?(?:size )?(?P<w>\d{2,4})\s?[x×]\s?(?P<h>\d{2,4})(?: ?(?:px|pixels))?(?:"
    r" (?:in size|large))?\)?\s*$",
    re.I,
)
HALF_SAID = re.compile(
    rf"{'|'.join(sorted(VERBS))}"
    r"|(?:make|turn|put|change|give|set|add|move|replace) (?:it|this|that|an?|the|to)"
    r"|and|then|new|version|v|the one|go back to",
    re.I,
)
SIZES = range(64, 4097)


def fresh(said: Said) -> Plan | None:
    """The plan of "new picture: ...", whatever is on the canvas."""
    new = NEW.fullmatch(said.text)
    if not new:
        return None
    rest, more = new["rest"], wanted(bare(new["rest"]))
    if more and not more.repeat:
        rest, said = more.rest, replace(said, takes=more.takes)
    if said.ask.images and pictured(rest):
        said = following(said)
    wish = DRAW.fullmatch(bare(rest))
    rest = wish["rest"] if wish and not POINTS.match(wish["rest"]) else rest
    rest = re.sub(r"\s+instead[.!]?$", "", rest)
    if not rest.strip(" .,:;!?-—–"):
        raise Unsure("What shall the new picture show?")
    return generated(said, rest)


def draw(said: Said) -> Plan | None:
    """The plan of a message that asks for a picture of its own, None if it changes the one there is."""
    if not said.base:
        return generated(said, _first(said))
    if said.mask:
        return None
    if said.described and INDEFINITE.match(said.text) and not anchored(said.text, known(said)):
        return generated(said, said.text)
    wish = DRAW.fullmatch(said.text)
    if wish and _own(wish, said):
        return generated(said, wish["rest"])
    return None


def change(said: Said) -> Plan:
    """The plan of a message for the picture there is, or for a new one if it describes a whole scene."""
    text = trimmed(said.text) or said.text
    doing = clauses.deeds(_masked_words(said))
    what = kind(described(FOLLOW.sub("", text)) if said.like else text, known(said))
    if not said.mask and not said.like and HALF_SAID.fullmatch(text) and doing[0].op == "edit":
        raise Unsure(f"“{short(text)}” is only half an instruction: what shall I do, in a few more words?")
    if said.mask or what == "change" or any(deed.op != "edit" for deed in doing[:1]):
        return assemble(said, doing)
    if what == "scene":
        return generated(said, said.text)
    if what == "thing":
        return _added(said)
    raise Unsure(
        f"Shall I add it to the picture (say “add {short(text)}”) or draw it as a picture of its own"
        f" (say “new picture: {short(text)}”)?"
    )


def _added(said: Said) -> Plan:
    """ "a tree" means "add a tree", which every model understands."""
    first, rest = clauses.tail(said.text)
    thing = trimmed(first)
    thing = thing[0].lower() + thing[1:] if INDEFINITE.match(thing) else thing
    return assemble(said, [clauses.edit(f"add {thing}"), *(clauses.deeds(said.but(rest)) if rest else [])])


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


def _own(wish: re.Match[str], said: Said) -> bool:
    """Whether "draw ..." asks for a picture of its own: unless its words lean on the picture there is."""
    rest, verb = described(wish["rest"]) if said.like else wish["rest"], wish["verb"].lower()
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
    """The description in the first message. Raises `Unsure` if it speaks of a picture that is not there."""
    text = said.text
    wish = DRAW.fullmatch(text)
    if wish and not (POINTS.match(wish["rest"]) and wish["verb"].lower() in SOFT - {"paint", "show"}):
        return text if wish["verb"].lower() in ("picture", "do", "get") and not wish["me"] else wish["rest"]
    put = ADD.fullmatch(text)
    if put and not POINTS.match(put["rest"]):
        return put["rest"] if put[0][:4].lower() != "with" else text
    verb, _, rest = text.partition(" ")
    exact = tone(text) or shape(text) or extend(text)
    if (
        exact
        or (verb.lower() in VERBS and POINTS.match(rest))
        or verb.lower() in ("remove", "erase", "delete")
    ):
        raise Unsure(
            "Nothing is drawn yet: what shall I draw first (for example “a red boat on a calm sea”)?"
        )
    return text


def _masked_words(said: Said) -> Said:
    """With a mask, "draw me a cat" means a cat inside it."""
    wish = DRAW.fullmatch(said.text)
    if said.mask and wish and wish["verb"].lower() not in SOFT - {"show"} and INDEFINITE.match(wish["rest"]):
        return said.but(wish["rest"])
    return said


def _sized(text: str) -> tuple[str, dict[str, int]]:
    match = SIZE.search(text, max(0, len(text) - END))
    if not match or int(match["w"]) not in SIZES or int(match["h"]) not in SIZES or not match.start():
        return text, {}
    return text[: match.start()], {"width": int(match["w"]), "height": int(match["h"])}
