"""Painted backgrounds for learning: every `Background` in every style, different for every draw of `rng`.

Nouns: the *sky* of a picture is a plane, 255 where its sky shows and 0 elsewhere; *light* is the color of
hour and weather that falls on things. Smooth on purpose, because the autoencoder loses fine texture.
"""

from __future__ import annotations

import random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from . import scenery_lands, scenery_places
from .codes import horizon_of, tone_of, weather_of
from .scene import BACKDROPS, Background
from .scenery_canvas import PIXELS, Canvas
from .scenery_colors import (
    LAMP_LIGHT,
    LIGHT,
    SPACE_LIGHT,
    UNDERWATER_LIGHT,
    WEATHER_LIGHT,
    Color,
    Mood,
    times,
)
from .scenery_papers import paint_paper
from .scenery_skies import paint_space, paint_weather

Pixels = NDArray[np.uint8]
Plane = NDArray[np.uint8]

_LANDS = {
    "meadow": scenery_lands.paint_meadow,
    "beach": scenery_lands.paint_beach,
    "snow": scenery_lands.paint_snow,
    "sea": scenery_lands.paint_sea,
    "desert": scenery_lands.paint_desert,
    "mountains": scenery_lands.paint_mountains,
    "forest": scenery_places.paint_forest,
    "city": scenery_places.paint_city,
    "room": scenery_places.paint_room,
    "underwater": scenery_places.paint_underwater,
}
_SKYLESS = (*BACKDROPS, "room", "underwater")


def light(background: Background) -> Color:
    """What things are multiplied with, (red, green, blue)."""
    kind = background.kind
    if kind == "space":
        return SPACE_LIGHT
    if kind in BACKDROPS or kind == "room":
        return LAMP_LIGHT if background.time == "night" else LIGHT["day"]
    here = LIGHT[background.time or "day"]
    if kind == "underwater":
        return times(here, UNDERWATER_LIGHT)
    return times(here, WEATHER_LIGHT[weather_of(background)])


def paint(background: Background, style: str, rng: random.Random) -> Pixels:
    """The background alone, [512, 512, 3]."""
    return paint_with_sky(background, style, rng)[0]


def paint_with_sky(background: Background, style: str, rng: random.Random) -> tuple[Pixels, Plane]:
    """The background alone, and its sky, [512, 512]."""
    kind = background.kind
    # The land has dice of its own: whatever the hour or the weather put in the sky, it lies the same.
    land = random.Random(rng.getrandbits(64))
    time = "night" if kind == "space" else tone_of(background) if kind in _LANDS else "day"
    mood = Mood.drawn(style, time, weather_of(background), rng)
    canvas = Canvas(mood, land, rng, sky=kind not in _SKYLESS)
    if kind in _LANDS:
        horizon = 2 * horizon_of(background)
        _LANDS[kind](canvas, horizon)
        paint_weather(canvas, horizon)
    elif kind == "space":
        paint_space(canvas)
    else:
        paint_paper(canvas, kind, tone_of(background))
    picture = _toned(canvas.picture, rng) if style == "paper" else canvas.picture
    sky = canvas.sky.point([255 if v > 127 else 0 for v in range(256)])
    return np.asarray(picture), np.asarray(sky)


def _toned(picture: Image.Image, rng: random.Random) -> Image.Image:
    """With the faint unevenness of handmade paper."""
    patches = Image.frombytes("L", (5, 5), bytes(rng.randint(0, 6) for _ in range(25)))
    tone = patches.resize((PIXELS, PIXELS), Image.Resampling.BICUBIC)
    return ImageChops.add(picture, Image.merge("RGB", [tone] * 3), 1, -3)
