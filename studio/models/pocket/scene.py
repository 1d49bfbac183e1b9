"""The layout in the middle: what is in a picture, as a value, between words and pixels.

Nouns: a `Thing` is one named object in a box; a `Background` is what lies behind; a `Scene` is a background
with things on it, back to front. The reader makes scenes out of words, the eye out of pixels, the renderer
makes pixels out of scenes, and an instruction is a function from scene to scene.

All geometry is in pixels of a 256 x 256 canvas, x to the right and y down. Boxes may hang over the edge.
"""

from __future__ import annotations

from dataclasses import dataclass

SIZE = 256
MAX_THINGS = 6

COLORS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white")
BACKDROP_COLORS = (*COLORS, "gray")
BACKDROPS = ("plain", "gradient", "dots", "stripes")
LANDS = ("meadow", "beach", "snow", "sea", "desert")
TIMES = ("day", "night", "sunset")
STYLES = ("3d",)

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Thing:
    """One object: `name` is a key of `things.THINGS`; `box` is (x, y, width, height); no color means its
    own.
    """

    name: str
    box: Box
    color: str | None = None
    flip: bool = False


@dataclass(frozen=True)
class Background:
    """`kind` is one of BACKDROPS (with a color), "space", or one of LANDS (with a time and a horizon in
    pixels).
    """

    kind: str
    color: str | None = None
    time: str | None = None
    horizon: int | None = None


@dataclass(frozen=True)
class Scene:
    """A background with at most MAX_THINGS things on it, the last in front."""

    background: Background
    things: tuple[Thing, ...] = ()
    style: str = "3d"
