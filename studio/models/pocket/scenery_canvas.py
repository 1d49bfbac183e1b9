"""A sheet that a background is painted on, layer by layer from back to front, in one of the styles.

Nouns: a *curve* is the height of an edge at every column of pixels, and a layer is all that lies below it;
a *shape* is an `Oval`, a `Block` or a `Polygon`. How a layer looks is the whole difference between styles:
soft and rounded, plain, outlined, or cut out of paper. All geometry here is in pixels.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from .scene import SIZE
from .scenery_colors import Color, Mood, brightness, mixed, rounded, scaled

PIXELS = 2 * SIZE
OUTLINE = 3.0
CUT = 3.5  # the width of the bare edge of cut paper
_COARSE = 4  # smooth fields are made with one value for so many pixels
_BILINEAR = Image.Resampling.BILINEAR

Curve = NDArray[np.float32]
Bounds = tuple[float, float, float, float]
Point = tuple[float, float]

XS: Curve = np.arange(PIXELS, dtype=np.float32)
_YS = np.arange(PIXELS, dtype=np.float32)[:, None]
_COARSE_YS = (np.arange(PIXELS // _COARSE, dtype=np.float32)[:, None] + 0.5) * _COARSE


@dataclass(frozen=True)
class Oval:
    """An ellipse in a box (left, top, right, bottom)."""

    bounds: Bounds

    def draw(self, pen: ImageDraw.ImageDraw, origin: Point, grow: float) -> None:
        pen.ellipse(_placed(self.bounds, origin, grow), fill=255)


@dataclass(frozen=True)
class Block:
    """A rectangle with rounded corners."""

    bounds: Bounds
    radius: float = 0.0

    def draw(self, pen: ImageDraw.ImageDraw, origin: Point, grow: float) -> None:
        radius = 2 * (self.radius + grow) if self.radius else 0
        pen.rounded_rectangle(_placed(self.bounds, origin, grow), radius, fill=255)


@dataclass(frozen=True)
class Polygon:
    """What lies inside a closed line."""

    points: tuple[Point, ...]

    @property
    def bounds(self) -> Bounds:
        xs, ys = zip(*self.points, strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    def draw(self, pen: ImageDraw.ImageDraw, origin: Point, grow: float) -> None:
        line = [(2 * (x - origin[0]), 2 * (y - origin[1])) for x, y in self.points]
        pen.polygon(line, fill=255)
        if grow > 0:
            pen.line([*line, line[0], line[1]], fill=255, width=round(4 * grow), joint="curve")


Shape = Oval | Block | Polygon


def _placed(bounds: Bounds, origin: Point, grow: float) -> Bounds:
    left, top, right, bottom = bounds
    x, y = origin
    box = 2 * (left - grow - x), 2 * (top - grow - y), 2 * (right + grow - x), 2 * (bottom + grow - y)
    return box[0], box[1], max(box[0], box[2] - 1), max(box[1], box[3] - 1)


def around(shapes: Sequence[Shape]) -> Bounds:
    """The box around shapes."""
    boxes = [shape.bounds for shape in shapes]
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _edge(curve: Curve, soft: float = 1.0) -> tuple[Image.Image, int, int]:
    """255 below the curve, 0 above, in the rows from the second to the third value, where the curve is."""
    top = min(PIXELS - 1, max(0, int(curve.min() - soft) - 1))
    bottom = max(top + 1, min(PIXELS, int(curve.max() + soft) + 2))
    ramp = (_YS[top:bottom] - curve) * np.float32(255 / soft) + np.float32(127.5)
    return Image.fromarray(np.clip(ramp, 0, 255).astype(np.uint8)), top, bottom


@lru_cache(maxsize=64)
def _disc(strength: float) -> Image.Image:
    """That much in the middle, falling softly to 0 at the rim."""
    y, x = np.mgrid[-1:1:64j, -1:1:64j].astype(np.float32)
    fall = np.clip(1 - (x * x + y * y), 0, 1)
    return Image.fromarray((fall * fall * (255 * strength)).astype(np.uint8))


@lru_cache(maxsize=16)
def _puff(light: Color, shade: Color) -> tuple[Image.Image, Image.Image]:
    """A ball lit from above, and its outline."""
    y, x = np.mgrid[-1:1:96j, -1:1:96j].astype(np.float32)
    reach = x * x + y * y
    lit = np.clip(0.62 - 0.62 * y + 0.18 * np.sqrt(np.clip(1 - reach, 0, 1)), 0, 1)[..., None]
    colors = np.asarray(shade) + lit * np.subtract(light, shade)
    outline = np.clip((1 - np.sqrt(reach)) * 11, 0, 1) * 255
    ball = np.clip(colors, 0, 255).astype(np.uint8)
    return Image.fromarray(ball), Image.fromarray(outline.astype(np.uint8))


class Canvas:
    """The picture as far as it is painted, and where its sky still shows; `side` is where the light is. `rng`
    decides what is painted next.
    """

    def __init__(self, mood: Mood, land: random.Random, air: random.Random, sky: bool) -> None:
        self.mood, self.rng, self.air, self.style = mood, land, air, mood.style
        self.picture = Image.new("RGB", (PIXELS, PIXELS))
        self.sky = Image.new("L", (PIXELS, PIXELS), 255 if sky else 0)
        self.side = land.choice((-1, 1))
        self.edge = mixed(self.mood.lit((250, 246, 238)), (250, 246, 238), 0.35)

    def fill(self, stops: Sequence[Color], start: float = 0.0, end: float = PIXELS) -> None:
        """The whole sheet in a gradient from top to bottom between the heights `start` and `end`."""
        t = np.clip((_YS - start) / (end - start), 0, 1)[:, 0] * (len(stops) - 1)
        table = np.array(stops, np.float32)
        column = np.stack([np.interp(t, range(len(stops)), table[:, i]) for i in range(3)], -1)
        strip = Image.fromarray(np.clip(column, 0, 255).round().astype(np.uint8)[:, None])
        self.picture.paste(strip.resize((PIXELS, PIXELS)))

    def wash(self, color: Color, mask: Image.Image, at: tuple[int, int] = (0, 0)) -> None:
        """The color where the mask is, as strongly as it is."""
        self.picture.paste(rounded(color), at, mask)

    def glow(self, x: float, y: float, radius: float, color: Color, strength: float) -> None:
        """A soft round light."""
        side = round(2 * radius)
        mask = _disc(round(strength, 2)).resize((side, side), _BILINEAR)
        self.wash(color, mask, (round(x - radius), round(y - radius)))

    def veil(self, strengths: Curve, color: Color) -> None:
        """A color over everything, as strong as given for every row (0..1)."""
        column = Image.fromarray((np.clip(strengths, 0, 1) * 255).astype(np.uint8)[:, None])
        self.wash(color, column.resize((PIXELS, PIXELS)))

    def layer(self, curve: Curve, color: Color, end: Color | None = None, sky: bool = False) -> None:
        """All below the curve; in the soft style it passes into `end` further down. With `sky`, it is sky."""
        if self.style == "paper":
            self._cast(curve, 44 if sky else 88)
            self.under(curve, self._bare(color))
            self.under(curve + CUT * _stretch(curve), color)
        elif self.style == "cartoon":
            self.under(curve, _ink(color))
            self.under(curve + OUTLINE * _stretch(curve), mixed(color, (255, 255, 255), 0.18))
            self.under(curve + 11 + 3 * np.sin(XS / 37), color)
        elif self.style == "flat":
            self.under(curve, color)
        else:
            self._cast(curve, 24)
            self._roll(curve, color, scaled(color, 0.76) if end is None else end)
        if not sky:
            mask, top, bottom = _edge(curve)
            self.sky.paste(0, (0, top), mask)
            self.sky.paste(0, (0, bottom, PIXELS, PIXELS))

    def under(self, curve: Curve, color: Color) -> None:
        """One even color below the curve."""
        mask, top, bottom = _edge(curve)
        self.wash(color, mask, (0, top))
        self.picture.paste(rounded(color), (0, bottom, PIXELS, PIXELS))

    def rings(self, x: float, y: float, radii: Sequence[float], colors: Sequence[Color]) -> None:
        """The whole sheet in rings about a point, from the outermost color inwards."""
        places = np.arange(0, 2 * PIXELS, 0.5, dtype=np.float32)
        inside = np.clip(np.array(radii, np.float32)[:, None] - places + 0.5, 0, 1)
        table = np.zeros((len(places), 3)) + colors[0]
        for part, color in zip(inside, colors[1:], strict=True):
            table += part[:, None] * (np.array(color) - table)
        reach = (np.hypot(XS - x, _YS - y) * 2).astype(np.int16)
        self.picture.paste(
            Image.fromarray(np.clip(table, 0, 255).round().astype(np.uint8).take(reach, axis=0))
        )

    def _bare(self, color: Color) -> Color:
        """The bare edge of paper of that color."""
        return mixed(color, self.edge, 0.35 + 0.38 * min(1.0, brightness(color) / 150))

    def _cast(self, curve: Curve, strength: float) -> None:
        """The shadow of a layer on what is behind it."""
        edge = np.roll(curve, -5 * self.side)[_COARSE // 2 :: _COARSE]
        rows = _rows(curve.min() - 28, curve.max() + 6)
        reach = np.clip(1 + (_COARSE_YS[rows] - edge + 2) / 22, 0, 1)
        shadow = Image.fromarray((reach * reach * strength).astype(np.uint8))
        size = (PIXELS, shadow.height * _COARSE)
        self.wash((18, 18, 40), shadow.resize(size, _BILINEAR), (0, rows.start * _COARSE))

    def _roll(self, curve: Curve, color: Color, end: Color) -> None:
        """A rounded hill: bright along the edge, darker further down."""
        rim = mixed(color, (255, 255, 255), 0.18 if brightness(color) > 120 else 0.11)
        depths = np.arange(PIXELS, dtype=np.float32)
        table = np.stack([np.interp(depths, (0, 46, 210), (rim[i], color[i], end[i])) for i in range(3)], -1)
        edge = curve[_COARSE // 2 :: _COARSE]
        mask, top, bottom = _edge(curve, 1.6)
        rows = _rows(top, PIXELS)
        depth = np.clip(_COARSE_YS[rows] - edge, 0, PIXELS - 1).astype(np.int16)
        coarse = Image.fromarray(np.clip(table, 0, 255).astype(np.uint8).take(depth, axis=0))
        start = rows.start * _COARSE
        smooth = coarse.resize((PIXELS, PIXELS - start), _BILINEAR)
        self.picture.paste(smooth.crop((0, top - start, PIXELS, bottom - start)), (0, top), mask)
        if bottom < PIXELS:
            self.picture.paste(smooth.crop((0, bottom - start, PIXELS, PIXELS - start)), (0, bottom))

    def put(self, shapes: Sequence[Shape], color: Color, plain: bool = False, sky: bool = False) -> None:
        """Shapes of one color, as one piece. `plain` ones lie on a layer, without an edge or a shadow."""
        if not shapes:
            return
        box = _whole(around(shapes), 24 if self.style == "paper" and not plain else 6)
        if box[2] <= box[0] or box[3] <= box[1]:
            return
        at, mask = (box[0], box[1]), _mask(shapes, box, 0.0)
        if plain or self.style == "flat":
            self.wash(color, mask, at)
        elif self.style == "cartoon":
            self.wash(_ink(color), _mask(shapes, box, OUTLINE), at)
            self.wash(color, mask, at)
        elif self.style == "paper":
            fat = _mask(shapes, box, CUT - 1)
            self._drop(fat, at)
            self.wash(self._bare(color), fat, at)
            self.wash(color, mask, at)
        else:
            self._shade(mask, color, at)
        if not sky:
            self.sky.paste(0, at, mask)

    def _drop(self, mask: Image.Image, at: tuple[int, int]) -> None:
        small = mask.resize((max(1, mask.width // 4), max(1, mask.height // 4)), _BILINEAR)
        shadow = _weaker(small.filter(ImageFilter.GaussianBlur(1.6)), 0.42)
        self.wash((18, 18, 40), shadow.resize(mask.size, _BILINEAR), (at[0] - 4 * self.side, at[1] + 5))

    def _shade(self, mask: Image.Image, color: Color, at: tuple[int, int]) -> None:
        """A solid thing: bright above on the side of the light."""
        light, dark = mixed(color, (255, 255, 255), 0.16), scaled(color, 0.78)
        left, right = (light, mixed(light, dark, 0.5)) if self.side < 0 else (mixed(light, dark, 0.5), light)
        corners = Image.new("RGB", (2, 2))
        for place, corner in (((0, 0), left), ((1, 0), right), ((0, 1), mixed(left, dark, 0.6))):
            corners.putpixel(place, rounded(corner))
        corners.putpixel((1, 1), rounded(mixed(right, dark, 0.6)))
        self.picture.paste(corners.resize(mask.size, Image.Resampling.BICUBIC), at, mask)

    def puff(self, x: float, y: float, radius: float, light: Color, shade: Color) -> None:
        """A ball of cloud, for the soft style."""
        ball, outline = _puff(light, shade)
        size = (round(2 * radius), round(2 * radius))
        self.picture.paste(
            ball.resize(size, _BILINEAR),
            (round(x - radius), round(y - radius)),
            outline.resize(size, _BILINEAR),
        )

    def clear(self, shapes: Sequence[Shape], color: Color, strength: float) -> None:
        """Shapes that what is behind them shows through."""
        box = _whole(around(shapes), 4)
        if box[2] <= box[0] or box[3] <= box[1]:
            return
        mask = _weaker(_mask(shapes, box, 0.0), strength)
        self.wash(color, mask, (box[0], box[1]))


def _weaker(mask: Image.Image, strength: float) -> Image.Image:
    """The mask with that part of its strength."""
    return Image.fromarray((np.asarray(mask) * np.float32(strength)).astype(np.uint8))


def _ink(color: Color) -> Color:
    """The line around that color."""
    return mixed(scaled(color, 0.60), (34, 26, 66), 0.14)


def _stretch(curve: Curve) -> Curve:
    """How much longer a step down is than a step across the edge: slopes keep the width of their line."""
    slope = np.gradient(curve)
    steep: Curve = np.minimum(np.sqrt(1 + slope * slope), 3.2).astype(np.float32)
    return steep


def _rows(low: float, high: float) -> slice:
    """Rows of a coarse field that hold the rows from `low` to `high` of the sheet."""
    last = PIXELS // _COARSE
    first = min(last - 1, max(0, int(low) // _COARSE))
    return slice(first, max(first + 1, min(last, int(high) // _COARSE + 1)))


def _whole(bounds: Bounds, margin: float) -> tuple[int, int, int, int]:
    left, top, right, bottom = bounds
    return (
        max(0, int(left - margin)),
        max(0, int(top - margin)),
        min(PIXELS, int(right + margin) + 1),
        min(PIXELS, int(bottom + margin) + 1),
    )


def _mask(shapes: Sequence[Shape], box: tuple[int, int, int, int], grow: float) -> Image.Image:
    """255 where the shapes are, within a box of pixels."""
    double = Image.new("L", (2 * (box[2] - box[0]), 2 * (box[3] - box[1])))
    pen = ImageDraw.Draw(double)
    for shape in shapes:
        shape.draw(pen, (box[0], box[1]), grow)
    return double.reduce(2)
