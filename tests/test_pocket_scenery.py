"""Painted backgrounds: every one can be painted in every style, and only the same chance paints the same."""

from __future__ import annotations

import random
from itertools import product

import numpy as np
import pytest

from studio.models.pocket import scenery
from studio.models.pocket.scene import (
    BACKDROP_COLORS,
    BACKDROPS,
    LANDS,
    OUTDOORS,
    STYLES,
    TIMES,
    WEATHERS,
    Background,
)

PAPERS = tuple(Background(kind, color=color) for kind, color in product(BACKDROPS, BACKDROP_COLORS))
WEATHERED = tuple(
    Background(kind, time=time, weather=weather) for kind, time, weather in product(OUTDOORS, TIMES, WEATHERS)
)
INNER = tuple(Background(kind, time=time) for kind, time in product(("room", "underwater"), TIMES))
EVERY = (*PAPERS, Background("space"), *WEATHERED, *INNER)
OPEN = ("meadow", "beach", "snow", "sea", "desert", "mountains")


def painted(background: Background, style: str = "3d", seed: int = 0) -> np.ndarray:
    return scenery.paint(background, style, random.Random(seed)).astype(np.int16)


@pytest.mark.parametrize("turn", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2, 3))])
def test_every_background_is_painted(turn: int) -> None:
    for i, background in enumerate(EVERY):
        pixels, sky = scenery.paint_with_sky(background, STYLES[(i + turn) % 4], random.Random(i))
        assert pixels.shape == (512, 512, 3) and pixels.dtype == np.uint8
        assert sky.shape == (512, 512) and sky.dtype == np.uint8 and set(np.unique(sky)) <= {0, 255}


@pytest.mark.parametrize("style", STYLES)
def test_the_same_chance_paints_the_same_and_another_does_not(style: str) -> None:
    for kind in (*LANDS[STYLES.index(style) :: 3], "space", "dots"):
        first, again, other = (painted(Background(kind), style, seed) for seed in (3, 3, 4))
        assert (first == again).all()
        assert (np.abs(first - other).max(-1) > 8).mean() > 0.02, kind


@pytest.mark.parametrize(("kind", "style"), list(zip(LANDS, STYLES * 3, strict=False)))
def test_night_is_darker_than_day_and_sunset_redder(kind: str, style: str) -> None:
    day, night, sunset = (painted(Background(kind, time=t), style) for t in ("day", "night", "sunset"))
    assert night.mean() < 0.72 * day.mean()
    assert (sunset[..., 0] - sunset[..., 2]).mean() > (day[..., 0] - day[..., 2]).mean() + 10


@pytest.mark.parametrize("kind", OUTDOORS)
def test_every_weather_shows(kind: str) -> None:
    skies = {w: painted(Background(kind, time="day", weather=w), seed=1)[:150] for w in WEATHERS}
    strength = {w: np.ptp(sky, axis=-1).mean() for w, sky in skies.items()}
    assert max(strength[w] for w in WEATHERS if w != "clear") < 0.6 * strength["clear"]
    assert skies["rain"].mean() < skies["cloudy"].mean() < skies["fog"].mean()


def test_styles_differ() -> None:
    for background in (
        *WEATHERED[::11],
        INNER[0],
        INNER[4],
        Background("space"),
        Background("dots", color="blue"),
    ):
        pictures = [painted(background, style) for style in STYLES]
        for i, first in enumerate(pictures):
            assert all(np.abs(first - other).mean() > 2 for other in pictures[i + 1 :]), background


@pytest.mark.parametrize("style", STYLES)
def test_the_sky_is_above_the_horizon_and_nowhere_indoors(style: str) -> None:
    for kind, weather in zip(OPEN, (*WEATHERS, "clear"), strict=True):
        back = Background(kind, time="day", horizon=140, weather=weather)
        sky = scenery.paint_with_sky(back, style, random.Random(2))[1]
        assert (sky[0] == 255).all() and (sky[300:] == 0).all(), kind
    for back in (*PAPERS[::15], *INNER[::2]):
        assert not scenery.paint_with_sky(back, style, random.Random(2))[1].any()


def test_light_is_that_of_the_hour_and_the_weather() -> None:
    assert scenery.light(Background("meadow", time="day")) == (1.0, 1.0, 1.0)
    assert scenery.light(Background("dots", color="red")) == (1.0, 1.0, 1.0)
    night, rainy = (scenery.light(Background("city", time="night", weather=w)) for w in (None, "rain"))
    assert night == (0.70, 0.74, 0.96) and all(b < a for a, b in zip(night, rainy, strict=True))
    red, _, blue = scenery.light(Background("room", time="night"))
    assert blue < red < 1.0
    red, green, blue = scenery.light(Background("underwater", time="day"))
    assert red < green < blue
