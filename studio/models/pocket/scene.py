"""The layout in the middle: what is in a picture, as a value, between words and pixels.

Nouns: a `Thing` is one named object in a box; a `Background` is what lies behind; a `Scene` is a background
with things on it, back to front, all drawn in one *style*. The reader makes scenes out of words, the eye out
of pixels, the renderer makes pixels out of scenes, and an instruction is a function from scene to scene.

All geometry is in units of a canvas of 256 x 256, x to the right and y down, whatever its size in pixels.
Boxes may hang over the edge.
"""

from __future__ import annotations

from dataclasses import dataclass

SIZE = 256
MAX_THINGS = 8

COLORS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "gray")
BACKDROP_COLORS = COLORS
BACKDROPS = ("plain", "gradient", "dots", "stripes")
OUTDOORS = ("meadow", "beach", "snow", "sea", "desert", "forest", "mountains", "city")
LANDS = (*OUTDOORS, "room", "underwater")
TIMES = ("day", "night", "sunset")
WEATHERS = ("clear", "cloudy", "rain", "snow", "fog")
STYLES = ("3d", "flat", "cartoon", "paper")

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Thing:
    """One object: `name` is a key of `things.THINGS`; `box` is (x, y, width, height) before it is turned by
    `angle` degrees clockwise about its middle, -180..180; no color means its own. `reference` is the number,
    from 0, of the given picture whose looks it has instead of those of its name.
    """

    name: str
    box: Box
    color: str | None = None
    flip: bool = False
    angle: float = 0.0
    reference: int | None = None


@dataclass(frozen=True)
class Background:
    """`kind` is one of BACKDROPS (with a color), "space", or one of LANDS (with a time and a horizon in
    units, and one of WEATHERS if it is one of OUTDOORS; None is "clear").
    """

    kind: str
    color: str | None = None
    time: str | None = None
    horizon: int | None = None
    weather: str | None = None


@dataclass(frozen=True)
class Scene:
    """A background with at most MAX_THINGS things on it, the last in front."""

    background: Background
    things: tuple[Thing, ...] = ()
    style: str = "3d"
