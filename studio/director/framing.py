"""Crop said in words: "crop to a square", "crop to 16:9", "trim 10% off the left", "zoom in".

A table of whole-clause patterns like that of `shaping`, and the reader of both. Boxes are fractions of the
canvas: left, top, right, bottom.
"""

from __future__ import annotations

import re

from studio.director.said import Deed
from studio.director.shaping import IT, SHAPES, Reader, Size, deed, first
from studio.director.words import plain

RATIOS = {
    "square": "1:1",
    "widescreen": "16:9",
    "landscape": "3:2",
    "horizontal": "3:2",
    "portrait": "2:3",
    "vertical": "2:3",
    "panorama": "2:1",
    "story": "9:16",
    "cinema": "21:9",
    "cinematic": "21:9",
}
EDGES = {"left": 0, "top": 1, "right": 2, "bottom": 3}
HALVES = {
    "left": [0.0, 0.0, 0.5, 1.0],
    "right": [0.5, 0.0, 1.0, 1.0],
    "top": [0.0, 0.0, 1.0, 0.5],
    "upper": [0.0, 0.0, 1.0, 0.5],
    "bottom": [0.0, 0.5, 1.0, 1.0],
    "lower": [0.0, 0.5, 1.0, 1.0],
}
USUAL = 0.25  # cut away by "crop the top", with no number
CUT = r"(?:crop|trim|cut|frame|reframe)"
CROP = rf"{CUT}(?: {IT})?(?: down)?(?: (?:to|into|as|in|at))?(?: an?| the)?"
NAME = rf"({'|'.join(RATIOS)})"
FORMAT = r"(?: (?:format|shape|crop|aspect(?: ratio)?|ratio|picture|image|photo|one))?"
RATIO = (
    r"(?: aspect(?: ratio)?(?: of)?)? ?(\d{1,3}(?:\.\d{1,2})?)\s?(?::|/|x|×|by"
    r"|to)\s?(\d{1,3}(?:\.\d{1,2})?)"
)
SHARE = r"(?P<share>\d{1,4}) ?(?P<unit>%|percent|px|pixels?)?"
EDGE = r"(?:the )?(?P<edge>left|top|right|bottom)(?: (?:side|edge|part))?"
BIT = r"(?: a (?:bit|little))?"
MIDDLE = r"(?:middle|center|centre)"


def shape(clause: str, size: Size = None) -> Deed | None:
    """The change of shape a whole clause asks for, None if it asks for anything else."""
    text = plain(clause)
    if len(text) > 120:
        return None
    for pattern, read in (*CROPS, *SHAPES):
        match = pattern.fullmatch(text)
        done = read(match, size) if match else None
        if done:
            return done
    return None


def _named(match: re.Match[str], size: Size) -> Deed:
    word = first(match)
    saying = "cropping to a square" if word == "square" else f"cropping to {word} ({RATIOS[word]})"
    return deed("crop", saying, aspect=RATIOS[word])


def _ratio(match: re.Match[str], size: Size) -> Deed | None:
    wide, high = float(match[1]), float(match[2])
    if not (wide and high and 0.05 <= wide / high <= 20):
        return None
    return deed("crop", f"cropping to {wide:g}:{high:g}", aspect=f"{wide:g}:{high:g}")


def _half(match: re.Match[str], size: Size) -> Deed:
    return deed("crop", f"cropping to the {match[1]} half", box=HALVES[match[1]])


def _middle(match: re.Match[str], size: Size) -> Deed:
    return deed("crop", "cropping to the middle", box=[0.25, 0.25, 0.75, 0.75])


def _cut_off(match: re.Match[str], size: Size) -> Deed | None:
    """ "trim 10% off the left", "cut off the top" """
    edge, share = EDGES[match["edge"]], float(match["share"] or USUAL * 100) / 100
    if match["unit"] in ("px", "pixel", "pixels"):
        share = share * 100 / (size[edge % 2] if size else 512)
    if not 0 < share < 1:
        return None
    box = [0.0, 0.0, 1.0, 1.0]
    box[edge] = round(share if edge < 2 else 1 - share, 4)
    return deed("crop", f"cutting {share:.0%} off the {match['edge']}", box=box)


def _tighter(match: re.Match[str], size: Size) -> Deed:
    return _closer(0.1)


def _times(match: re.Match[str], size: Size) -> Deed | None:
    """ "zoom in 2x" keeps half of each side."""
    times = float(match[1])
    return _closer((1 - 1 / times) / 2) if 1 < times <= 20 else None


def _closer(edge: float) -> Deed:
    near, far = round(edge, 4), round(1 - edge, 4)
    return deed("crop", "cropping tighter", box=[near, near, far, far])


TABLE: tuple[tuple[str, Reader], ...] = (
    (rf"{CROP} ?{NAME}{FORMAT}", _named),
    (
        rf"(?:make|turn) {IT}(?: (?:into|to))?(?: a)? (square|widescreen){FORMAT}|(square) (?:crop"
        rf"|format)", _named),
    (rf"{CROP}{RATIO}{FORMAT}", _ratio),
    (
        rf"(?:make|set|change|turn) {IT}(?: (?:to|into|in|at))?(?: an?)?"
        rf" ?(\d{{1,2}})\s?[:/]\s?(\d{{1,2}}){FORMAT}", _ratio),
    (rf"(?:{CROP}|keep(?: only| just)?(?: the)?) (left|right|top|bottom|upper|lower) half(?: only)?", _half),
    (rf"{CROP} {MIDDLE}", _middle),
    (
        rf"{CUT}(?: {IT})?(?: (?:off|out|away))?(?: {SHARE})?(?: (?:off|from|of|out))*(?: of)? {EDGE}(?:"
        rf" (?:off|out))?", _cut_off),
    (rf"{CUT} {EDGE}(?: (?:by|off))* {SHARE}", _cut_off),
    (rf"zoom in(?: (?:on|to) (?:{IT}|the {MIDDLE}))?", _tighter),
    (rf"{CUT}(?: {IT})?{BIT} (?:in|tight|tighter|closer){BIT}", _tighter),
    (r"tighter(?: crop| framing)?", _tighter),
    (r"zoom in(?: (?:by|to))? (\d{1,2}(?:\.\d)?)\s?(?:x|×|times)", _times),
)  # fmt: skip
CROPS = tuple((re.compile(pattern), read) for pattern, read in TABLE)
