"""How a thing is turned when words leave it open: a little askew, and to one side or the other.

What stands hardly leans, what floats may, and a house never does.
"""

from __future__ import annotations

import math
import random

from studio.models.pocket.scene import Box
from studio.models.pocket.things import THINGS

SPREAD = 6.0  # degrees; the standard deviation of what may be tilted
STANDING, FLOATING, TOUCHING = 3.0, 14.0, 2.0  # the most it may be
# These look wrong when turned at all: a level surface, or a thing that fills the sky.
_LEVEL = (
    "bed",
    "couch",
    "chair",
    "table",
    "desk",
    "bench",
    "door",
    "rainbow",
    "picture",
    "television",
    "island",
)
# Mirrored, these would show their letters or hands the wrong way round.
_ONE_WAY = (
    "alarm clock",
    "ambulance",
    "bank",
    "bubble tea",
    "bus stop",
    "check mark",
    "clock",
    "dice",
    "football",
    "money bag",
    "musical note",
    "newspaper",
    "piano",
    "police car",
    "question mark",
    "right arrow",
    "scroll",
    "shop",
    "taxi",
    "watch",
)


def tilt(name: str, most: float, rng: random.Random) -> float:
    """Degrees clockwise, within `most`."""
    lean = rng.gauss(0.0, SPREAD)
    if THINGS[name].group == "building" or name in _LEVEL:
        return 0.0
    return round(min(max(lean, -most), most), 1)


def side(name: str, rng: random.Random) -> bool:
    """Whether it looks to the right; drawings look to the left."""
    turned = rng.random() < 0.5
    return turned and name not in _ONE_WAY


def extent(size: tuple[float, float], angle: float) -> tuple[float, float]:
    """Width and height of the upright box around a box of that size turned by so many degrees."""
    w, h = size
    turn = math.radians(angle)
    c, s = abs(math.cos(turn)), abs(math.sin(turn))
    return w * c + h * s, w * s + h * c


def around(box: Box, angle: float) -> Box:
    """The upright box around a turned one."""
    w, h = extent(box[2:], angle)
    return (box[0] + (box[2] - w) / 2, box[1] + (box[3] - h) / 2, w, h)


def normal(angle: float) -> float:
    """The same turn within -180..180."""
    turned = (angle + 180.0) % 360.0 - 180.0
    return 180.0 if turned == -180.0 else round(turned, 1)
