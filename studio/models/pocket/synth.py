"""Exact pictures of scenes, and random scenes to learn from (training and judging only).

Nouns: `Studio` draws: a *backdrop* is the picture of a background alone, smooth on purpose because the
autoencoder loses fine texture; *light* is the color of the hour that falls on things.
"""

from __future__ import annotations

import hashlib
import math
import random
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import art
from .codes import HORIZONS, horizon_of
from .scene import BACKDROP_COLORS, COLORS, LANDS, MAX_THINGS, SIZE, Background, Box, Scene, Thing
from .things import THINGS

Pixels = NDArray[np.uint8]
Field = NDArray[np.float32]
Light = tuple[float, float, float]

PAPER: dict[str, tuple[int, int, int]] = {
    "red": (232, 96, 90),
    "orange": (250, 178, 106),
    "yellow": (252, 226, 130),
    "green": (158, 214, 150),
    "blue": (150, 198, 246),
    "purple": (194, 168, 236),
    "pink": (250, 202, 218),
    "brown": (176, 142, 114),
    "black": (32, 33, 38),
    "white": (250, 250, 251),
    "gray": (174, 177, 184),
}
# Multipliers on things: (red, green, blue).
LIGHT = {"day": (1.0, 1.0, 1.0), "night": (0.70, 0.74, 0.96), "sunset": (1.0, 0.89, 0.82)}
GROUND_LIGHT = {"day": (1.0, 1.0, 1.0), "night": (0.26, 0.33, 0.56), "sunset": (0.98, 0.74, 0.64)}

_ys, _xs = np.mgrid[:SIZE, :SIZE].astype(np.float32)


def _rgb(*values: float) -> Field:
    return np.array(values, np.float32)


def _ramp(t: Field, *stops: tuple[int, int, int]) -> Field:
    """Colors along t in 0..1, evenly spaced stops."""
    position = np.clip(t, 0, 1) * (len(stops) - 1)
    table = np.array(stops, np.float32)
    low = np.minimum(position.astype(int), len(stops) - 2)
    part = (position - low)[..., None]
    colors: Field = (table[low] * (1 - part) + table[low + 1] * part).astype(np.float32)
    return colors


def _below(curve: Field, soft: float = 1.2) -> Field:
    """1 below the curve y = curve(x), 0 above, with a soft edge."""
    below: Field = (1 / (1 + np.exp(-np.clip((_ys - curve) / soft, -30, 30))))[..., None].astype(np.float32)
    return below


def _glow(x: float, y: float, radius: float) -> Field:
    glow: Field = np.exp(-((_xs - x) ** 2 + (_ys - y) ** 2) / (2 * radius**2))[..., None].astype(np.float32)
    return glow


def _over(base: Field, top: Field, alpha: Field) -> Field:
    out: Field = base + (top - base) * alpha
    return out


def _wave(period: float, phase: float) -> Field:
    wave: Field = np.sin(_xs * (2 * math.pi / period) + phase).astype(np.float32)
    return wave


def _stars(count: int, seed: int, bottom: float) -> Field:
    rng = random.Random(seed)
    field = np.zeros((SIZE, SIZE, 1), np.float32)
    for _ in range(count):
        x, y, size = rng.uniform(4, SIZE - 4), rng.uniform(4, bottom), rng.choice([1.0, 1.2, 1.7])
        field = np.maximum(field, _glow(x, y, size) * rng.uniform(0.55, 1.0))
    return field


def _sky(time: str, horizon: float) -> Field:
    t = _ys / horizon
    if time == "night":
        sky = _ramp(t, (10, 14, 52), (26, 32, 86), (66, 72, 140))
        sky = _over(sky, _rgb(150, 170, 235), 0.34 * _glow(206, 26, 58))
        fade = np.clip((horizon - 14 - _ys) / 30, 0, 1)[..., None]
        return _over(sky, _rgb(240, 244, 255), 0.85 * _stars(16, 5, 118) * fade)
    if time == "sunset":
        sky = _ramp(t, (98, 76, 160), (206, 104, 150), (250, 146, 112), (255, 204, 128))
        return _over(sky, _rgb(255, 236, 176), 0.75 * _glow(178, horizon, 46))
    sky = _ramp(t, (72, 158, 246), (132, 196, 252), (214, 238, 255))
    wisps = np.zeros((SIZE, SIZE, 1), np.float32)
    for x, y, rx, ry, a in (
        (58, 50, 34, 7, 0.5),
        (84, 44, 20, 6, 0.45),
        (196, 30, 40, 8, 0.45),
        (172, 36, 20, 6, 0.4),
    ):
        blob = np.exp(-(((_xs - x) / rx) ** 2 + ((_ys - y) / ry) ** 2))[..., None].astype(np.float32)
        wisps = np.maximum(wisps, a * blob)
    return _over(sky, _rgb(255, 255, 255), wisps)


def _lit(color: Field, time: str) -> Field:
    lit: Field = color * _rgb(*GROUND_LIGHT[time])
    return lit


def _lit_snow(color: Field, time: str) -> Field:
    """Snow gives back more of a moonlit night than other ground."""
    light = _rgb(0.40, 0.48, 0.78) if time == "night" else _rgb(*GROUND_LIGHT[time])
    lit: Field = color * light
    return lit


def _depth(horizon: float) -> Field:
    """0 at the horizon, 1 at the bottom edge."""
    depth: Field = np.clip((_ys - horizon) / (SIZE - horizon), 0, 1)
    return depth


def _meadow(picture: Field, time: str, horizon: float, phase: float) -> Field:
    far = horizon - 9 - 7 * _wave(230, phase) - 3 * _wave(110, 2 * phase)
    picture = _over(picture, _lit(_rgb(128, 186, 158), time) + np.zeros_like(picture), _below(far))
    near = horizon - 1 - 5 * _wave(310, phase + 2.2)
    picture = _over(picture, _lit(_ramp(_depth(horizon), (132, 204, 96), (104, 184, 78)), time), _below(near))
    fold = horizon + 0.42 * (SIZE - horizon) + 9 * _wave(280, phase + 0.6)
    return _over(
        picture, _lit(_ramp(_depth(horizon), (118, 198, 86), (70, 150, 58)), time), _below(fold, 2.0)
    )


def _beach(picture: Field, time: str, horizon: float, phase: float) -> Field:
    water = _ramp(_depth(horizon) * 2.6, (58, 144, 206), (112, 204, 220))
    picture = _over(picture, _lit(water, time), _below(np.full_like(_xs, horizon), 0.8))
    if time == "sunset":
        picture = _over(
            picture, _rgb(255, 214, 150), 0.5 * _glow(178, horizon, 30) * _below(np.full_like(_xs, horizon))
        )
    shore = horizon + 0.3 * (SIZE - horizon) + 5 * _wave(290, phase) + 2 * _wave(120, phase + 1)
    foam = _lit(_rgb(250, 252, 252), time) + np.zeros_like(picture)
    picture = _over(picture, foam, 0.9 * _below(shore - 6, 1.6))
    sand = _ramp(_depth(horizon), (238, 214, 160), (246, 222, 168), (228, 196, 138))
    return _over(picture, _lit(sand, time), _below(shore, 1.6))


def _snow(picture: Field, time: str, horizon: float, phase: float) -> Field:
    far = horizon - 13 - 10 * _wave(200, phase + 1) - 3 * _wave(90, phase)
    hills = _ramp(_depth(horizon) + 0.2, (196, 216, 240), (222, 234, 248))
    picture = _over(picture, _lit_snow(hills, time), _below(far))
    near = horizon - 1 - 4 * _wave(330, phase)
    field = _ramp(_depth(horizon), (236, 243, 252), (246, 249, 254))
    picture = _over(picture, _lit_snow(field, time), _below(near))
    fold = horizon + 0.4 * (SIZE - horizon) + 10 * _wave(300, phase + 2.4)
    snow = _ramp(_depth(horizon), (248, 250, 255), (250, 252, 255), (208, 222, 244))
    return _over(picture, _lit_snow(snow, time), _below(fold, 2.5))


def _sea(picture: Field, time: str, horizon: float, phase: float) -> Field:
    depth = _depth(horizon)
    water = _ramp(depth, (84, 170, 224), (44, 128, 206), (24, 88, 168))
    # Waves come nearer: their spacing grows with depth.
    bands = np.sin(26 * np.sqrt(depth + 0.02) + 0.8 * _wave(190, phase) + 0.4 * _wave(70, phase))
    water = water + (10 * bands * np.sqrt(depth))[..., None]
    picture = _over(picture, _lit(water, time), _below(np.full_like(_xs, horizon), 0.8))
    glint = _below(np.full_like(_xs, horizon)) * np.exp(-(((_xs - 178) / (16 + 60 * depth)) ** 2))[..., None]
    strength = {"day": 0.12, "night": 0.22, "sunset": 0.55}[time]
    return _over(picture, _rgb(255, 226, 170) if time == "sunset" else _rgb(220, 236, 255), glint * strength)


def _desert(picture: Field, time: str, horizon: float, phase: float) -> Field:
    far = horizon - 8 - 9 * _wave(210, phase)
    picture = _over(picture, _lit(_rgb(222, 162, 108), time) + np.zeros_like(picture), _below(far))
    near = horizon + 2 - 7 * _wave(300, phase + 2.0)
    picture = _over(
        picture, _lit(_ramp(_depth(horizon), (246, 200, 132), (236, 184, 116)), time), _below(near)
    )
    fold = horizon + 0.36 * (SIZE - horizon) + 14 * _wave(330, phase + 0.4)
    return _over(
        picture, _lit(_ramp(_depth(horizon), (240, 186, 118), (206, 146, 88)), time), _below(fold, 2.0)
    )


_GROUNDS = {"meadow": _meadow, "beach": _beach, "snow": _snow, "sea": _sea, "desert": _desert}


def _space() -> Field:
    sky = _ramp((_xs * 0.4 + _ys) / (SIZE * 1.4), (12, 12, 40), (28, 20, 66), (14, 16, 48))
    sky = _over(sky, _rgb(112, 62, 160), 0.4 * _glow(70, 170, 60))
    sky = _over(sky, _rgb(44, 96, 170), 0.4 * _glow(196, 66, 56))
    return _over(sky, _rgb(244, 244, 255), 0.9 * _stars(34, 3, SIZE - 4))


def _paper(kind: str, color: str) -> Field:
    ink = _rgb(*PAPER[color])
    if kind == "gradient":
        pale = ink * 0.4 + 255 * 0.6 if color != "black" else ink + 70
        return _over(pale, ink * 0.86, (_ys / SIZE)[..., None])
    second = ink * 0.55 + 255 * 0.45 if color not in ("white", "gray", "black") else np.abs(ink - 26)
    if color == "black":
        second = ink + 24
    if kind == "dots":
        spot = np.hypot(_xs % 32 - 15.5, _ys % 32 - 15.5)
        return _over(ink + np.zeros((SIZE, SIZE, 3), np.float32), second, np.clip(9 - spot, 0, 1)[..., None])
    if kind == "stripes":
        saw = np.abs((_xs + _ys) % 32 - 16) - 8
        return _over(ink + np.zeros((SIZE, SIZE, 3), np.float32), second, np.clip(saw + 0.5, 0, 1)[..., None])
    # A plain sheet falls off a little towards its corners, like paper in a studio.
    corner = (np.hypot(_xs - 128, _ys - 120) / 181) ** 2
    return _over(ink, ink * 0.965, corner[..., None])


@lru_cache(maxsize=2048)
def backdrop(background: Background) -> Image.Image:
    """The background alone. Do not draw on it: it is shared."""
    if background.kind in LANDS:
        horizon, time = horizon_of(background), background.time or "day"
        field = _GROUNDS[background.kind](_sky(time, horizon), time, horizon, horizon * 0.05)
    elif background.kind == "space":
        field = _space()
    else:
        field = _paper(background.kind, background.color or "white")
    return Image.fromarray(np.clip(field, 0, 255).round().astype(np.uint8))


def casts_shadow(background: Background, thing: Thing) -> bool:
    """Things that stand on something darken it a little where they touch it."""
    if THINGS[thing.name].flies or background.kind not in (*LANDS, "plain", "gradient"):
        return False
    return thing.box[1] + thing.box[3] > horizon_of(background) + 4


@lru_cache(maxsize=1)
def _penumbra() -> Image.Image:
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    fall = np.clip(1 - np.hypot(x, y), 0, 1)
    return Image.fromarray((fall * fall * (3 - 2 * fall) * 255).astype(np.uint8))


def draw_shadow(picture: Image.Image, box: Box) -> None:
    """Darken the ground where a thing with this box touches it."""
    x, y, width, height = box
    rx, ry = 0.58 * width, max(4.0, 0.085 * width)
    mask = _penumbra().resize((max(2, round(2 * rx)), max(2, round(2 * ry))), Image.Resampling.BILINEAR)
    mask = mask.point([round(a * 0.42) for a in range(256)])
    place = (round(x + width / 2 - rx), round(y + height * 0.975 - ry))
    picture.paste((22, 24, 44), place, mask)


class Studio:
    """Draws scenes exactly, from the sprites in `assets`."""

    def __init__(self, assets: Path) -> None:
        self.library = art.Library(assets)

    def draw(self, scene: Scene) -> Pixels:
        """The picture of a scene, [256, 256, 3]."""
        picture = backdrop(scene.background).copy()
        for thing in scene.things:
            if casts_shadow(scene.background, thing):
                draw_shadow(picture, thing.box)
            x, y, width, height = thing.box
            size = (max(2, round(width)), max(2, round(height)))
            sprite = self.library.sprite(thing.name, thing.color)
            sprite = lit_sprite(sprite, size, thing.flip, light_on(scene.background, thing))
            picture.paste(sprite, (round(x), round(y)), sprite)
        return np.asarray(picture)


def light_on(background: Background, thing: Thing) -> Light:
    """The color of the light on a thing: that of the hour outdoors, and none on what glows itself."""
    outdoors = background.kind in LANDS and not THINGS[thing.name].glows
    return LIGHT[background.time or "day"] if outdoors else LIGHT["day"]


def lit_sprite(sprite: Image.Image, size: tuple[int, int], flip: bool, light: Light) -> Image.Image:
    """A sprite as it is pasted."""
    sprite = sprite.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    if flip:
        sprite = sprite.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if light != LIGHT["day"]:
        tables = [round(v * gain) for gain in light for v in range(256)]
        sprite = sprite.point([*tables, *range(256)])
    return sprite


def held_out(name: str, color: str) -> bool:
    """One in eight pairs of thing and color is never trained on, so that composing them can be measured."""
    return hashlib.md5((name + color).encode()).digest()[0] % 8 == 0


def random_background(rng: random.Random) -> Background:
    """Half paper, half landscape, a little space."""
    u = rng.random()
    if u < 0.30:
        return Background("plain", color=rng.choice(BACKDROP_COLORS))
    if u < 0.46:
        return Background(
            rng.choice(("gradient", "gradient", "dots", "stripes")), color=rng.choice(BACKDROP_COLORS)
        )
    if u < 0.51:
        return Background("space")
    return Background(
        rng.choice(LANDS), time=rng.choice(("day", "day", "night", "sunset")), horizon=rng.randint(*HORIZONS)
    )


def random_look(rng: random.Random, held: bool = False, colored: float = 0.4) -> tuple[str, str | None]:
    """A thing's name and color; with `held`, only pairs kept out of training."""
    while True:
        name = rng.choice(tuple(THINGS))
        if not held and rng.random() > colored:
            return name, None
        color = rng.choice(COLORS)
        if held_out(name, color) == held:
            return name, color


def fitted(name: str, longer: float, rng: random.Random | None = None) -> tuple[float, float]:
    """Width and height of a thing whose longer side is given, a little stretched if `rng` is."""
    aspect = THINGS[name].aspect * (math.exp(rng.gauss(0, 0.04)) if rng else 1.0)
    return (longer, longer / aspect) if aspect >= 1 else (longer * aspect, longer)


def _overlap(a: Box, b: Box) -> float:
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(0.0, wide) * max(0.0, high) / min(a[2] * a[3], b[2] * b[3])


def _random_box(rng: random.Random, name: str, background: Background, count: int) -> Box:
    mean = {0: 0.2, 1: 0.2, 2: 0.0, 3: -0.15}.get(count, -0.3)
    longer = min(max(THINGS[name].size * math.exp(rng.gauss(mean, 0.34)), 34.0), 216.0)
    width, height = fitted(name, longer, rng)
    hang = 0.18 if rng.random() < 0.2 else 0.0
    x = rng.uniform(-hang * width, SIZE - width * (1 - hang))
    y = rng.uniform(-hang * height, SIZE - height * (1 - hang))
    horizon = horizon_of(background)
    if horizon and rng.random() < 0.6:
        if THINGS[name].flies:
            y = rng.uniform(2, max(4, horizon - height))
        else:
            y = rng.uniform(horizon + 4, SIZE - 2) - height
    return round(x), round(y), round(width), round(height)


def random_scene(rng: random.Random, held: bool = False, count: int | None = None) -> Scene:
    """A scene to learn from: mostly one to three things, seldom overlapping much."""
    if count is None:
        count = rng.choices(range(MAX_THINGS + 1), (0.03, 0.40, 0.28, 0.17, 0.07, 0.03, 0.02))[0]
    background = random_background(rng)
    things: list[Thing] = []
    same = random_look(rng, held) if rng.random() < 0.15 else None
    for _ in range(count):
        name, color = same or random_look(rng, held)
        for _ in range(25):
            box = _random_box(rng, name, background, count)
            if all(_overlap(box, other.box) < 0.25 for other in things):
                things.append(Thing(name, box, color, rng.random() < 0.5))
                break
    return Scene(background, tuple(things))
