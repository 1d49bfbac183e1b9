"""Crop, turn, flip and resize said in words: "crop to 16:9", "rotate left", "half the size".

A table of whole-clause patterns, each with the function that reads its numbers. Turning is counter-clockwise
in degrees, as the `adjust` op takes it; boxes are fractions of the canvas: left, top, right, bottom.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from studio.director.said import Deed, Unsure
from studio.director.words import COUNT, count, plain
from studio.timeline import Json

Size = tuple[int, int] | None
Reader = Callable[[re.Match[str], Size], Deed | None]

LEAST, MOST = 16, 8192  # pixels a side that a resize may come to
IT = r"(?:it|this|that|me|us|everything|(?:the |this |that |my )?(?:whole |entire )?(?:picture|image|photo|photograph|canvas|pic|shot|thing|version|frame))"
SHAPES = {"square": "1:1", "widescreen": "16:9", "landscape": "3:2", "portrait": "2:3", "panorama": "2:1",
          "story": "9:16", "cinema": "21:9", "cinematic": "21:9", "vertical": "2:3", "horizontal": "3:2"}  # fmt: skip
SIDES = {"left": 0, "top": 1, "right": 2, "bottom": 3, "upper": 1, "lower": 3}
HALVES: dict[str, list[float]] = {
    "left": [0.0, 0.0, 0.5, 1.0],
    "right": [0.5, 0.0, 1.0, 1.0],
    "top": [0.0, 0.0, 1.0, 0.5],
    "upper": [0.0, 0.0, 1.0, 0.5],
    "bottom": [0.0, 0.5, 1.0, 1.0],
    "lower": [0.0, 0.5, 1.0, 1.0],
}
CROP = r"(?:crop|trim|cut|frame|reframe)"
ASPECT = r"(\d{1,3}(?:\.\d{1,2})?)\s?(?::|/|x|×|by|to)\s?(\d{1,3}(?:\.\d{1,2})?)"
SHAPE = rf"({'|'.join(SHAPES)})"
PIXELS = r"\s?(?:px|pixels?)?"
HOW = r"(?: (?:format|shape|crop|aspect(?: ratio)?|ratio|picture|image|photo|one))?"
SPIN = r"(?:rotate|turn|spin|tilt|swivel)"
DEGREES = r"(\d{1,3}(?:\.\d{1,2})?)\s?(?:°|degrees?|deg)?"
ROUND = r"(?:to the |to |on the )?(left|right|clockwise|counter-?\s?clockwise|anti-?\s?clockwise|cw|ccw)"
LEFTWARDS = ("left", "counter", "anti", "ccw")


def shape(clause: str, size: Size = None) -> Deed | None:
    """The change of shape a whole clause asks for, None if it asks for anything else."""
    text = plain(clause)
    if len(text) > 120:
        return None
    for pattern, read in PATTERNS:
        match = pattern.fullmatch(text)
        if match:
            deed = read(match, size)
            if deed:
                return deed
    return None


def _adjust(kind: str, saying: str, reshapes: bool = True, **params: Json) -> Deed:
    return Deed("adjust", saying, params={"kind": kind, **params}, masked=not reshapes, reshapes=reshapes)


def _named_shape(match: re.Match[str], size: Size) -> Deed:
    word = match[1]
    saying = "cropping to a square" if word == "square" else f"cropping to {word} ({SHAPES[word]})"
    return _adjust("crop", saying, aspect=SHAPES[word])


def _aspect(match: re.Match[str], size: Size) -> Deed | None:
    wide, high = float(match[1]), float(match[2])
    if not (wide and high and 0.05 <= wide / high <= 20):
        return None
    return _adjust("crop", f"cropping to {wide:g}:{high:g}", aspect=f"{wide:g}:{high:g}")


def _half(match: re.Match[str], size: Size) -> Deed:
    return _adjust("crop", f"cropping to the {match[1]} half", box=HALVES[match[1]])


def _middle(match: re.Match[str], size: Size) -> Deed:
    return _adjust("crop", "cropping to the middle", box=[0.25, 0.25, 0.75, 0.75])


def _shave(match: re.Match[str], size: Size) -> Deed | None:
    """ "trim 10% off the left", "cut off the top" """
    held = match.groupdict()
    side, share = held["side"], float(held["share"] or 25) / 100
    if held.get("unit") in ("px", "pixel", "pixels"):
        share = share * 100 / (size[SIDES[side] % 2] if size else 512)
    if not 0 < share < 1:
        return None
    box = [0.0, 0.0, 1.0, 1.0]
    box[SIDES[side]] = round(share if SIDES[side] < 2 else 1 - share, 4)
    return _adjust("crop", f"cutting {share:.0%} off the {side}", box=box)


def _tighter(match: re.Match[str], size: Size) -> Deed | None:
    """ "zoom in 2x" keeps a half of each side; with no number a fifth is cut away."""
    times = float(match["times"] or 0) if "times" in match.groupdict() else 0.0
    if times and not 1 < times <= 20:
        return None
    edge = round((1 - 1 / times) / 2, 4) if times else 0.1
    return _adjust("crop", "cropping tighter", box=[edge, edge, round(1 - edge, 4), round(1 - edge, 4)])


def _quarter(match: re.Match[str], size: Size) -> Deed:
    left = match[1].startswith(LEFTWARDS)
    return _adjust(
        "rotate", f"rotating a quarter turn to the {'left' if left else 'right'}", degrees=90 if left else 270
    )


def _half_turn(match: re.Match[str], size: Size) -> Deed:
    return _adjust("rotate", "rotating half a turn", degrees=180)


def _degrees(match: re.Match[str], size: Size) -> Deed:
    """Quarter turns are exact; other small angles straighten. Without a side, as photo programs do: clockwise."""
    angle, side = float(match["angle"]), match["side"] or ""
    left = side.startswith(LEFTWARDS)
    if angle % 90 == 0:
        turned = int(angle if left else -angle) % 360
        return _adjust(
            "rotate", f"rotating {angle:g} degrees {'counter-' if left else ''}clockwise", degrees=turned
        )
    if angle > 45:
        raise Unsure(
            "I can rotate by quarter turns and straighten by up to 45 degrees;"
            f" {angle:g} is neither: shall I rotate by 90 degrees instead?"
        )
    return _straighten(angle if left else -angle)


def _level(match: re.Match[str], size: Size) -> Deed:
    """ "straighten by -2 degrees": the sign is the op's own, counter-clockwise, unless a side is named."""
    angle = float(match["angle"].replace(" ", ""))
    side = match["side"]
    if abs(angle) > 45:
        raise Unsure("I can straighten by up to 45 degrees: by how many shall I?")
    return _straighten(angle if not side or side.startswith(LEFTWARDS) else -angle)


def _straighten(degrees: float) -> Deed:
    way = "counter-clockwise" if degrees > 0 else "clockwise"
    return _adjust("straighten", f"straightening by {abs(degrees):g} degrees {way}", degrees=degrees)


def _level_how(match: re.Match[str], size: Size) -> Deed:
    raise Unsure(
        "By how many degrees, and to which side, shall I straighten it (for example: 2 degrees to the left)?"
    )


def _flip(match: re.Match[str], size: Size) -> Deed:
    upright = re.search(r"vertical|upside|top|up", match[0])
    axis = "vertical" if upright else "horizontal"
    return _adjust("flip", f"flipping it {axis}ly", reshapes=False, axis=axis)


def _resize(saying: str, **params: Json) -> Deed:
    if any(not LEAST <= side <= MOST for side in params.values() if isinstance(side, int)):
        raise Unsure(f"A picture's sides can be {LEAST} to {MOST} pixels: what size shall it be?")
    return _adjust("resize", saying, **params)


def _both_sides(match: re.Match[str], size: Size) -> Deed:
    return _resize(f"resizing to {match[1]}×{match[2]} pixels", width=int(match[1]), height=int(match[2]))


def _one_side(match: re.Match[str], size: Size) -> Deed:
    side = "width" if match[2].startswith("w") else "height"
    return _resize(f"resizing to a {side} of {match[1]} pixels", **{side: int(match[1])})


def _longest(match: re.Match[str], size: Size) -> Deed:
    side = "height" if size and size[1] > size[0] else "width"
    return _resize(f"resizing to a {side} of {match[1]} pixels", **{side: int(match[1])})


def _scaled(scale: float) -> Deed:
    if not 0.05 <= scale <= 8:
        raise Unsure(
            "I can resize a picture to between a twentieth and eight times its size: which shall it be?"
        )
    return _resize(f"resizing to {scale:.0%} of its size", scale=round(scale, 4))


def _share(match: re.Match[str], size: Size) -> Deed:
    return _scaled(float(match[1]) / 100)


def _times(match: re.Match[str], size: Size) -> Deed:
    word = match[1]
    return _scaled(float(word) if re.fullmatch(r"[\d.]+", word) else count(word))


def _scale(value: float) -> Reader:
    return lambda match, size: _scaled(value)


TABLE: tuple[tuple[str, Reader], ...] = (
    (rf"{CROP}(?: {IT})?(?: down)?(?: (?:to|into|as|in))?(?: an?| the)? ?{SHAPE}{HOW}", _named_shape),
    (rf"(?:make|turn) {IT}(?: (?:into|to))?(?: a)? (square|widescreen){HOW}|(square)(?: crop| format)?", lambda m, s: _named_shape(re.match(SHAPE, m[1] or m[2]) or m, s)),
    (rf"{CROP}(?: {IT})?(?: down)?(?: (?:to|into|as|in|at))?(?: an?| the)?(?: aspect(?: ratio)?(?: of)?)? ?{ASPECT}{HOW}", _aspect),
    (rf"(?:make|set|change|turn) {IT}(?: (?:to|into|in|at))?(?: an?)?(?: aspect(?: ratio)?(?: of)?)? ?(\d{{1,2}})\s?[:/]\s?(\d{{1,2}}){HOW}", _aspect),
    (rf"(?:{CROP}(?: {IT})?(?: to)?|keep(?: only| just)?)(?: the)? (left|right|top|bottom|upper|lower) half(?: only)?", _half),
    (rf"{CROP}(?: {IT})?(?: to)?(?: the)? (?:middle|center|centre)", _middle),
    (rf"{CROP} (?:off |out |away )?(?:(?P<share>\d{{1,4}}) ?(?P<unit>%|percent|px|pixels?)?)? ?(?:off |from |of |out )?(?:of )?(?:the )?(?P<side>left|top|right|bottom)(?: (?:side|edge|part))?(?: off| out)?", _shave),
    (rf"{CROP} (?:the )?(?P<side>left|top|right|bottom)(?: (?:side|edge|part))?(?: (?:by|off))? ?(?P<share>\d{{1,3}}) ?(?P<unit>%|percent|px|pixels?)?", _shave),
    (rf"zoom in(?: (?:on|to) (?:{IT}|the (?:middle|center|centre)))?(?: (?:by |to )?(?P<times>\d{{1,2}}(?:\.\d)?)\s?(?:x|times))?|{CROP}(?: {IT})?(?: (?:a bit|a little))?(?: in| tight| tighter| closer)(?: a bit| a little)?|tighter(?: crop| framing)?", _tighter),
    (rf"{SPIN}(?: {IT})?(?: (?:by|a|90|90°|90 ?deg(?:rees)?|quarter|one quarter|turn))* {ROUND}", _quarter),
    (rf"(?:{SPIN}|flip|put)(?: {IT})? upside[- ]down|upside[- ]down|{SPIN}(?: {IT})? (?:half a turn|a half turn|around)", _half_turn),
    (rf"{SPIN}(?: {IT})?(?: (?:by|to))? (?P<angle>\d{{1,3}}(?:\.\d{{1,2}})?)\s?(?:°|degrees?|deg)?(?: {ROUND.replace('(left', '(?P<side>left', 1)})?", _degrees),
    (rf"{SPIN}(?: {IT})?(?P<angle>90)?(?P<side>right)?", lambda m, s: _degrees(re.match(r"(?P<angle>90)(?P<side>right)?", "90right") or m, s) if m[0].startswith("rotate") else None),
    (rf"(?:straighten|level|align)(?: {IT})?(?: out)?(?: by)? (?P<angle>[+-]?\s?\d{{1,3}}(?:\.\d{{1,2}})?)\s?(?:°|degrees?|deg)?(?: {ROUND.replace('(left', '(?P<side>left', 1)})?", _level),
    (rf"(?:straighten|level)(?: {IT})?(?: (?:out|up))?(?: a (?:bit|little))?|(?:straighten|level) the horizon", _level_how),
    (rf"(?:flip|mirror|reverse)(?: {IT})?(?: (?:around|over|image))?(?: (?:horizontally|horizontal|left to right|left-right|sideways|along the vertical axis|vertically|vertical|top to bottom|upside down))?|mirror(?:ed)?(?: image)?|(?:make|turn) {IT} (?:mirrored|into a mirror image|a mirror image)|horizontal flip|vertical flip", _flip),
    (rf"(?:resize|scale|make|set|change|shrink|enlarge|upscale|downscale)(?: {IT})?(?: (?:up|down|size))?(?: (?:to|at|be))?(?: exactly)? ?(\d{{1,6}}){PIXELS}\s?(?:x|×|by)\s?(\d{{1,6}}){PIXELS}(?: (?:in size|big|large))?", _both_sides),
    (rf"(?:resize|scale|make|set|change|shrink|enlarge|upscale|downscale)(?: {IT})?(?: (?:to|at|be))?(?: exactly)? ?(\d{{1,6}}){PIXELS}(?: (?:in )?)(wide|width|high|height|tall)", _one_side),
    (rf"(?:resize|scale|upscale|downscale|shrink|enlarge)(?: {IT})?(?: (?:to|at))? ?(\d{{2,6}}){PIXELS}", _longest),
    (rf"(?:resize|scale|shrink|enlarge|reduce|upscale|downscale)(?: {IT})?(?: (?:up|down))?(?: (?:to|by))? ?(\d{{1,4}}) ?(?:%|percent)(?: (?:of )?(?:its |the )?(?:original |full )?size)?|(?:make {IT} )?(\d{{1,4}}) ?(?:%|percent) (?:of )?(?:its |the )?(?:original |full )?size", lambda m, s: _share(re.match(r"(\d+)", m[1] or m[2]) or m, s)),
    (rf"(?:(?:make|scale|resize|shrink|reduce|cut)(?: {IT})?(?: (?:to|by|down to))? )?half (?:the|its|of the|of its)(?: original)? size|halve (?:it|the size|its size)|(?:shrink|scale|resize)(?: {IT})?(?: (?:to|by|down by|in))? (?:a )?half", _scale(0.5)),
    (rf"(?:(?:make|scale|resize)(?: {IT})? )?(?:double|twice) (?:the|its)(?: original)? (?:size|resolution)|double {IT}(?: in size)?|(?:make {IT} )?twice as (?:big|large)|(?:increase|double|raise|improve) the resolution|upscale(?: {IT})?|(?:make {IT} )?higher resolution", _scale(2.0)),
    (rf"(?:upscale|scale|enlarge|resize|make)(?: {IT})?(?: (?:up|to|by|up by))? ?(\d(?:\.\d)?)\s?(?:x|×|times)(?: (?:the |its )?(?:size|bigger|larger|resolution))?", _times),
    (rf"(?:upscale|scale|enlarge|resize|make)(?: {IT})?(?: (?:up|to|by|up by))? ?({COUNT}) times(?: (?:the |its )?(?:size|bigger|larger))?", _times),
)  # fmt: skip
PATTERNS = tuple((re.compile(pattern), read) for pattern, read in TABLE)
