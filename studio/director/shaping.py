"""Turn, flip, resize and take apart said in words: "rotate left", "half the size", "split it into layers".

A table of whole-clause patterns, each with the function that reads its numbers. Turning is in degrees
counter-clockwise, as the `adjust` op takes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from studio.director.said import Deed, Unsure
from studio.director.words import COUNT, count
from studio.timeline import Json

Size = tuple[int, int] | None
Reader = Callable[[re.Match[str], Size], Deed | None]

LEAST, MOST = 16, 8192  # pixels a side that a resize may come to
NOUN = r"(?:picture|image|photo|photograph|canvas|pic|shot|thing|version|frame)"
IT = rf"(?:it|this|that|me|us|everything|(?:the |this |that |my )?(?:whole |entire )?{NOUN})"
SPIN = rf"(?:rotate|turn|spin|tilt|swivel)(?: {IT})?"
ANGLE = r"(?P<angle>[+-]?\s?\d{1,3}(?:\.\d{1,2})?)\s?(?:°|degrees?|deg)?"
SIDE = (
    r"(?:to the |to |on the )?(?P<side>left|right|clockwise|counter-?\s?clockwise|anti-?\s?clockwise|cw"
    r"|ccw)"
)
LEFTWARDS = ("left", "counter", "anti", "ccw")
FLIP = rf"(?:flip|mirror|reverse)(?: {IT})?(?: (?:around|over|image))?"
WAY = (
    r"(?:horizontally|horizontal|left to right|left-right|sideways|vertically|vertical|top to bottom"
    r"|upside down)"
)
PX = r"\s?(?:px|pixels?)?"
SIZED = rf"(?:resize|scale|make|set|change|shrink|enlarge|upscale|downscale)(?: {IT})?(?: (?:to|at|be))? ?"
SCALED = (
    rf"(?:resize|scale|shrink|enlarge|reduce|upscale|downscale)(?: {IT})?(?: (?:up|down))?(?: (?:to|by))? ?"
)
GROWN = rf"(?:upscale|scale|enlarge|resize|make)(?: {IT})?(?: (?:up|to|by|up by))? ?"
MADE = rf"(?:(?:make|scale|resize|shrink|reduce|cut|enlarge)(?: {IT})?(?: (?:to|by|down to))? )?"
WHOLE = r"(?:of )?(?:its |the )?(?:original |full )?size"


def deed(kind: str, saying: str, reshapes: bool = True, **params: Json) -> Deed:
    """An exact adjustment. Where the pixels move about, a mask of the old shape is of no use."""
    return Deed("adjust", saying, params={"kind": kind, **params}, masked=not reshapes, reshapes=reshapes)


def first(match: re.Match[str]) -> str:
    """The first group that took part."""
    return next(group for group in match.groups() if group)


def _quarter(match: re.Match[str], size: Size) -> Deed:
    left = match["side"].startswith(LEFTWARDS)
    saying = f"rotating a quarter turn to the {'left' if left else 'right'}"
    return deed("rotate", saying, degrees=90 if left else 270)


def _right(match: re.Match[str], size: Size) -> Deed:
    """ "rotate it": without a side, as photo programs do, to the right."""
    return deed("rotate", "rotating a quarter turn to the right", degrees=270)


def _half_turn(match: re.Match[str], size: Size) -> Deed:
    return deed("rotate", "rotating half a turn", degrees=180)


def _degrees(match: re.Match[str], size: Size) -> Deed:
    """Quarter turns are exact; other small angles straighten."""
    angle = float(match["angle"].replace(" ", ""))
    left = (match["side"] or "").startswith(LEFTWARDS)
    if angle % 90 == 0:
        saying = f"rotating {angle:g} degrees {'counter-' if left else ''}clockwise"
        return deed("rotate", saying, degrees=int(angle if left else -angle) % 360)
    if abs(angle) > 45:
        raise Unsure(
            "I can rotate by quarter turns and straighten by up to 45 degrees;"
            f" {angle:g} is neither: shall I rotate by 90 degrees instead?"
        )
    return _straightened(angle if left else -angle)


def _level(match: re.Match[str], size: Size) -> Deed:
    """ "straighten by -2 degrees": the sign is the op's own, counter-clockwise, unless a side is named."""
    angle, side = float(match["angle"].replace(" ", "")), match["side"]
    if abs(angle) > 45:
        raise Unsure("I can straighten by up to 45 degrees: by how many shall I?")
    return _straightened(angle if not side or side.startswith(LEFTWARDS) else -angle)


def _straightened(degrees: float) -> Deed:
    way = "counter-clockwise" if degrees > 0 else "clockwise"
    return deed("straighten", f"straightening by {abs(degrees):g} degrees {way}", degrees=degrees)


def _level_how(match: re.Match[str], size: Size) -> Deed:
    raise Unsure(
        "By how many degrees, and to which side, shall I straighten it (say “straighten 2 degrees left”)?"
    )


def _flip(match: re.Match[str], size: Size) -> Deed:
    axis = "vertical" if re.search(r"vertical|upside|top", match[0]) else "horizontal"
    return deed("flip", f"flipping it {axis}ly", reshapes=False, axis=axis)


def _resized(saying: str, **params: Json) -> Deed:
    if any(not LEAST <= side <= MOST for side in params.values() if isinstance(side, int)):
        raise Unsure(f"A picture's sides can be {LEAST} to {MOST} pixels: what size shall it be?")
    return deed("resize", saying, **params)


def _sides(match: re.Match[str], size: Size) -> Deed:
    saying = f"resizing to {match[1]}×{match[2]} pixels"
    return _resized(saying, width=int(match[1]), height=int(match[2]))


def _side(match: re.Match[str], size: Size) -> Deed:
    """ "make it 512 pixels wide"; without a side, "resize to 512" means the longer one."""
    tall = match[2][0] in "ht" if match.lastindex == 2 else bool(size and size[1] > size[0])
    side = "height" if tall else "width"
    return _resized(f"resizing to a {side} of {match[1]} pixels", **{side: int(match[1])})


def _scale(scale: float) -> Deed:
    if not 0.05 <= scale <= 8:
        raise Unsure("I can resize to between a twentieth and eight times the size: which shall it be?")
    return _resized(f"resizing to {scale:.0%} of its size", scale=round(scale, 4))


def _share(match: re.Match[str], size: Size) -> Deed:
    return _scale(float(first(match)) / 100)


def _by_share(match: re.Match[str], size: Size) -> Deed:
    """ "30% smaller" """
    share = float(match[1]) / 100
    return _scale(1 - share if match[2] == "smaller" else 1 + share)


def _times(match: re.Match[str], size: Size) -> Deed:
    word = match[1]
    return _scale(float(word) if re.fullmatch(r"[\d.]+", word) else count(word))


def _half(match: re.Match[str], size: Size) -> Deed:
    return _scale(0.5)


def _double(match: re.Match[str], size: Size) -> Deed:
    return _scale(2.0)


def _layers(match: re.Match[str], size: Size) -> Deed:
    several = int(count(match["layers"]) or 4) if match["layers"] else 4
    return Deed("layers", f"taking it apart into {several} layers", params={"layers": several}, reshapes=True)


TABLE: tuple[tuple[str, Reader], ...] = (
    (rf"{SPIN}(?: (?:by|a|90|90°|90 ?deg(?:rees)?|quarter|one quarter|turn))* {SIDE}", _quarter),
    (rf"rotate(?: {IT})?", _right),
    (rf"(?:{SPIN}|flip(?: {IT})?|put {IT}) upside[- ]down|upside[- ]down", _half_turn),
    (rf"{SPIN} (?:half a turn|a half turn|around)", _half_turn),
    (rf"(?!turn \d+$){SPIN}(?: (?:by|to))? {ANGLE}(?: {SIDE})?", _degrees),
    (rf"(?:straighten|level|align)(?: {IT})?(?: out)?(?: by)? {ANGLE}(?: {SIDE})?", _level),
    (rf"(?:straighten|level)(?: {IT}| the horizon)?(?: (?:out|up))?(?: a (?:bit|little))?", _level_how),
    (rf"{FLIP}(?: {WAY})?|(?:horizontal|vertical) flip|mirror(?:ed)? image", _flip),
    (rf"(?:make|turn) {IT} (?:mirrored|into a mirror image|a mirror image)", _flip),
    (rf"(?:{SIZED})?(\d{{2,6}}){PX}\s?(?:x|×|by)\s?(\d{{2,6}}){PX}(?: (?:in size|big|large))?", _sides),
    (rf"{SIZED}(?:exactly )?(\d{{1,6}}){PX} (?:in )?(wide|width|high|height|tall)", _side),
    (rf"(?:resize|scale|upscale|downscale|shrink|enlarge)(?: {IT})?(?: (?:to|at))? ?(\d{{2,6}}){PX}", _side),
    (
        rf"{SCALED}(\d{{1,4}}) ?(?:%|percent)(?: {WHOLE})?|(?:make {IT} )?(\d{{1,4}}) ?(?:%|percent)"
        rf" {WHOLE}",
        _share,
    ),
    (rf"(?:make {IT} )?(\d{{1,3}}) ?(?:%|percent) (smaller|larger|bigger)", _by_share),
    (rf"{MADE}half (?:the|its|of the|of its)(?: original)? size|halve (?:it|the size|its size)", _half),
    (rf"(?:shrink|scale|resize)(?: {IT})?(?: (?:to|by|down by|in))? (?:a )?half", _half),
    (
        rf"{MADE}(?:double|twice) (?:the|its)(?: original)? (?:size|resolution)|double {IT}(?: in size)?",
        _double,
    ),
    (rf"(?:make {IT} )?twice as (?:big|large)|(?:make {IT} )?higher resolution|upscale(?: {IT})?", _double),
    (r"(?:increase|double|raise|improve) the resolution", _double),
    (rf"{GROWN}(\d(?:\.\d)?)\s?(?:x|×|times)(?: (?:the |its )?(?:size|bigger|larger|resolution))?", _times),
    (
        rf"(?:split|separate|divide|decompose|take|cut|break)(?: {IT})?(?: (?:apart|up))? (?:in|into)"
        rf" (?:(?:its|separate|the) )?(?:(?P<layers>\d|{COUNT}) )?(?:separate |transparent )?layers",
        _layers,
    ),
    (rf"{GROWN}({COUNT}) times(?: (?:the |its )?(?:size|bigger|larger))?", _times),
)
SHAPES = tuple((re.compile(pattern), read) for pattern, read in TABLE)
