"""Growing the canvas, said in words: "extend it to the right", "wider", "more sky at the top", "zoom out".

Answers are fractions of the canvas's side to add on each side (0.5: half as much again). One side grows by a
half unless said otherwise, several by a quarter each.
"""

from __future__ import annotations

import re

from studio.director.framing import RATIOS
from studio.director.lexicon import PARTS, PLACES
from studio.director.said import Deed, Unsure
from studio.director.shaping import IT, Size
from studio.director.toning import FILLER, GREAT, SLIGHT
from studio.director.words import listed, plain

ORDER = ("left", "top", "right", "bottom")
HIM = "(?:it|him|her|them|the [a-z]+)"
ON = "(?:on |to |at |in |off |from |towards? )?(?:the |its )?"
EDGE = "(?: side| edge)?"
SIDES: dict[tuple[str, ...], str] = {
    ORDER: rf"{ON}(?:all|every|each)(?: the| four)? (?:sides?|directions?|edges?)"
    rf"|all a?round|around {HIM}|outwards?",
    (
        "left",
        "right",
    ): rf"{ON}(?:both |either )?(?:left and right|sides|side)|horizontally|sideways|(?:in )?width",
    ("top", "bottom"): rf"{ON}(?:top and bottom|above and below)|vertically|(?:in )?height",
    ("left",): rf"{ON}left(?:wards?|[- ]hand)?{EDGE}",
    ("right",): rf"{ON}right(?:wards?|[- ]hand)?{EDGE}",
    ("top",): rf"{ON}top{EDGE}|up(?:wards?)?|above(?: {HIM})?|overhead|headroom|head room",
    ("bottom",): rf"{ON}bottom{EDGE}|down(?:wards?)?|below(?: {HIM})?|beneath|underneath",
}
# What lies on a known side, so that "extend the sky" needs no side.
LIES = {"sky": ("top",), "ground": ("bottom",), "floor": ("bottom",), "background": ORDER}
SIDE = re.compile("|".join(rf"(?P<s{place}>\b(?:{words})\b)" for place, words in enumerate(SIDES.values())))
SIDE_LISTS = tuple(SIDES)

GROW = re.compile(
    rf"(?:extend|expand|outpaint|widen|lengthen|uncrop|un-crop|continue|grow|enlarge)\b(?: {IT}\b)?"
    r"(?: out\b)?(?! (?:his|her|their|its|my)\b)"
)
ROOM = re.compile(
    r"(?:(?:make|leave|add|give|create|need|put|with|insert|have)(?: it| me| us| in)? )?"
    r"(?:some |more |extra |a bit of |a little |additional |empty |blank |a )*"
    r"(?:room|space|margin|border|padding|headroom|head room|breathing room|canvas)(?= |$)"
)
MORE = re.compile(
    r"(?:(?:add|show|give|see|include|reveal|draw|i want|i need|need)(?: it| me| us)? )?"
    r"(?:a bit |a little |some |a lot |much )?more (?:of )?(?:the )?(?P<what>[\w' -]+)"
)
WIDER = re.compile(
    rf"(?:(?:make|get|have) (?:{IT}|the canvas|the view|the frame|the scene) |a )?"
    r"(?P<how>wider|taller|broader|higher|longer|twice as (?:wide|tall)|double the (?:width|height))"
    r"(?: (?:view|shot|angle|frame|canvas|format|picture|image))?"
)
OUT = re.compile(
    rf"(?:zoom(?: {IT})? out|pull (?:back|out)|zoomed out|(?:pull|move) the camera back)"
    rf"(?: (?:of|from) {IT})?"
    rf"|show (?:me |us )?(?:more of )?(?:the |what's )?(?:surroundings|around {IT}|around|whole scene|more)$"
    rf"|(?:uncrop|un-crop)(?: {IT})?|give {HIM} (?:some |more |a bit more )*(?:room|space)$"
)
TALLER = re.compile(r"tall|high|long|height")
FILL = re.compile(
    r"\b(?:with|showing|to show|to include|to reveal|and show|and reveal|filled with|full of|and fill it with"
    r"|and add|and put|so (?:we|you|i) (?:can )?see) (?P<fill>.+)$"
)
BY = re.compile(
    r"\b(?:by )?(?:an? )?(?:(\d{1,5}(?:\.\d+)?) ?(%|percent|px|pixels?|x|times)"
    r"|(half|third|quarter|double|twice))"
    r"(?: of (?:it|its width|its height|the width))?(?: as much| more)?(?= |$)"
)
TO_SHAPE = re.compile(
    rf"(?:extend|expand|outpaint|uncrop|grow|widen)(?: {IT})?(?: out)?(?: (?:to|into|until it is))?(?: an?)?"
    rf" ?(?:(?P<name>{'|'.join(RATIOS)})|(?P<wide>\d{{1,2}})\s?[:/x]\s?(?P<high>\d{{1,2}}))"
    r"(?: (?:format|shape|aspect ratio|aspect|ratio))?"
)
SHARES = {"half": 0.5, "third": 0.3333, "quarter": 0.25, "double": 1.0, "twice": 1.0}
GREATEST = 2.0
EMPTY = frozenset(listed("room space canvas picture image scene"))
ROOMY = PARTS | PLACES | EMPTY | frozenset(listed("headroom clouds air scenery surroundings"))
LOOSE = FILLER | frozenset(
    listed("canvas side sides more scene view frame border edge edges out room space extra at for there add")
)


def extend(clause: str, size: Size = None) -> Deed | None:
    """The growth of the canvas a whole clause asks for, None if it asks for anything else."""
    text = plain(clause)
    if len(text) > 300:
        return None
    for read in (_to_shape, _wider, _out, _more, _room, _grow):
        deed = read(text, size)
        if deed:
            return deed
    return None


def _to_shape(text: str, size: Size) -> Deed | None:
    match = TO_SHAPE.fullmatch(text)
    if not match:
        return None
    wide, high = (
        map(int, RATIOS[match["name"]].split(":"))
        if match["name"]
        else (int(match["wide"]), int(match["high"]))
    )
    ratio, now = (wide / high if high else 0), (size[0] / size[1] if size else 1.0)
    if not 0.2 <= ratio <= 5 or abs(ratio - now) < 0.01:
        raise Unsure(
            f"The canvas cannot be grown to {wide}:{high}: on which side, and by how much, shall I extend it?"
        )
    sides, grown = (
        (("left", "right"), ratio / now - 1) if ratio > now else (("top", "bottom"), now / ratio - 1)
    )
    return _deed(dict.fromkeys(sides, round(grown / 2, 4)), "", f"extending the canvas to {wide}:{high}")


def _wider(text: str, size: Size) -> Deed | None:
    degree, left = _degree(text)
    match = WIDER.fullmatch(left)
    if not match:
        return None
    sides = ("top", "bottom") if TALLER.search(match["how"]) else ("left", "right")
    share = 0.5 if re.match("twice|double", match["how"]) else 0.25 * degree
    return _deed(dict.fromkeys(sides, share), "")


def _out(text: str, size: Size) -> Deed | None:
    degree, left = _degree(text)
    match = OUT.match(left)
    if not match:
        return None
    rest, fill = _fill(left[match.end() :])
    share, rest = _share(rest, size, "left")
    named = _sides(rest)
    if set(SIDE.sub(" ", rest).split()) - LOOSE:
        return None
    return _deed(dict.fromkeys(named or ORDER, share or 0.25 * degree), fill)


def _more(text: str, size: Size) -> Deed | None:
    """ "more sky at the top" grows the canvas; "more birds at the top" is the model's."""
    match = MORE.fullmatch(text)
    if not match:
        return None
    sides = _sides(match["what"])
    share, what = _share(match["what"], size, sides[0] if sides else "left")
    what = " ".join(w for w in SIDE.sub(" ", what).split() if w not in ("to", "on", "at", "the"))
    sides = sides or LIES.get(what, ())
    last = what.split()[-1] if what else ""
    if not sides or (last and last not in ROOMY):
        return None
    return _grown(sides, share, 1.0, "" if last in EMPTY else what)


def _room(text: str, size: Size) -> Deed | None:
    degree, left = _degree(text)
    match = ROOM.match(left)
    head = bool(match and match[0].endswith(("headroom", "head room")))
    if not match:
        return None
    rest, fill = _fill(left[match.end() :])
    rest = re.sub(r"\bfor (?:an? |the |some |my )?[\w' ]+?(?= (?:on|at|to|above|below|in)\b|$)", " ", rest)
    sides = _sides(rest) or (("top",) if head else ())
    share, rest = _share(rest, size, sides[0] if sides else "left")
    if not sides or set(SIDE.sub(" ", rest).split()) - LOOSE:
        return None
    return _grown(sides, share, degree, fill)


def _grow(text: str, size: Size) -> Deed | None:
    degree, left = _degree(text)
    match = GROW.match(left)
    if not match:
        return None
    rest, fill = _fill(left[match.end() :])
    sides = _sides(rest)
    share, rest = _share(rest, size, sides[0] if sides else "left")
    loose = [word for word in SIDE.sub(" ", rest).split() if word not in LOOSE]
    sides = sides or (LIES.get(loose[0], ()) if len(loose) == 1 else ())
    whole = re.search(rf"{IT}|canvas|widen|uncrop|outpaint", left)
    if len(loose) > 2 or (loose and (not sides or fill)) or not (sides or whole or share):
        return None
    if not sides:
        sides = ("left", "right") if left.startswith("widen") else ORDER
    return _grown(sides, share, degree, fill or " ".join(word for word in loose if word != "background"))


def _grown(sides: tuple[str, ...], share: float | None, degree: float, fill: str) -> Deed:
    usual = (0.5 if len(sides) == 1 else 0.25) * degree
    return _deed(dict.fromkeys(sides, usual if share is None else share), fill)


def _deed(shares: dict[str, float], prompt: str, saying: str = "") -> Deed:
    if any(not 0 < share <= GREATEST for share in shares.values()):
        raise Unsure("The canvas can grow by up to twice its side at once: by how much shall I extend it?")
    named = " and ".join(f"{shares[side]:.0%} at the {side}" for side in ORDER if side in shares)
    saying = saying or ("extending it all round" if len(shares) == 4 else f"extending it by {named}")
    params = {side: round(shares.get(side, 0.0), 4) for side in ORDER}
    return Deed("outpaint", saying + (f" with {prompt}" if prompt else ""), prompt, params, reshapes=True)


def _sides(text: str) -> tuple[str, ...]:
    """The sides named, each once, in the order left, top, right, bottom."""
    named = {side for match in SIDE.finditer(text) for side in SIDE_LISTS[int((match.lastgroup or "s0")[1:])]}
    return tuple(side for side in ORDER if side in named)


def _fill(text: str) -> tuple[str, str]:
    match = FILL.search(text)
    return (text[: match.start()], match["fill"].strip()) if match else (text, "")


def _share(text: str, size: Size, side: str) -> tuple[float | None, str]:
    match = BY.search(text)
    if not match:
        return None, text
    rest = text[: match.start()] + " " + text[match.end() :]
    if match[3]:
        return SHARES[match[3]], rest
    value, unit = float(match[1]), match[2]
    if unit.startswith("p") and unit != "percent":
        return value / (size[ORDER.index(side) % 2] if size else 512), rest
    return (value - 1 if unit in ("x", "times") else value / 100), rest


def _degree(text: str) -> tuple[float, str]:
    for pattern, factor in ((SLIGHT, 0.5), (GREAT, 2.0)):
        if re.search(pattern, text):
            return factor, re.sub(r"\s+", " ", re.sub(pattern, " ", text)).strip()
    return 1.0, text
