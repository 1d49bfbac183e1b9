"""Giving a drawing another color: which part of it is the body, and what paint looks like in its light.

Nouns: a *sprite* is one drawing, cut out, as RGBA bytes; its *body* is the part whose color people mean, and
a `Body` says how to find that part. It is read off the full drawing once: of a small or worn copy it might be
another.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Sprite = NDArray[np.uint8]

# Strong, friendly versions of the color words: the middle tone of a tinted body.
TINTS: dict[str, tuple[int, int, int]] = {
    "red": (226, 38, 44),
    "orange": (246, 136, 22),
    "yellow": (251, 214, 42),
    "green": (42, 166, 64),
    "blue": (42, 98, 230),
    "purple": (142, 64, 202),
    "pink": (250, 130, 186),
    "brown": (132, 82, 46),
    "black": (44, 44, 50),
    "white": (240, 240, 245),
    "gray": (134, 136, 144),
}


def _smooth(x: NDArray[np.float32], low: float, high: float) -> NDArray[np.float32]:
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    eased: NDArray[np.float32] = t * t * (3.0 - 2.0 * t)
    return eased


class Body(NamedTuple):
    """How to find a drawing's body: pixels near a hue in degrees, or all but near-black if that is negative;
    and how light its darkest and its lightest parts are, 0..1.
    """

    hue: float
    dark: float
    light: float


EVERYTHING = -1.0


def body_of(sprite: Sprite) -> Body:
    """The body is the most common hue, if that covers two fifths of the drawing; else everything but
    near-black.
    """
    rgb, alpha = sprite[..., :3].astype(np.float32) / 255, sprite[..., 3].astype(np.float32) / 255
    high, chroma = rgb.max(-1), rgb.max(-1) - rgb.min(-1)
    weight = alpha * chroma / np.maximum(high, 1e-3) * (chroma > 0.12)
    histogram, _ = np.histogram(_hues(sprite), bins=36, range=(0, 360), weights=weight)
    padded = np.concatenate([histogram[-2:], histogram, histogram[:2]])
    hue = float(np.convolve(padded, np.array([0.5, 1, 1, 1, 0.5]), "valid").argmax()) * 10 + 5
    if float((_body_mask(sprite, hue) * alpha).sum()) < 0.4 * float(alpha.sum()):
        hue = EVERYTHING
    inside = (sprite[..., 3] > 128) & (_body_mask(sprite, hue) > 0.5)
    if not inside.any():
        inside = sprite[..., 3] > 0
    low, high_light = np.percentile(_lightness(sprite)[inside], [3, 97])
    return Body(hue, float(low), float(high_light))


def _hues(sprite: Sprite) -> NDArray[np.float32]:
    hsv = np.asarray(Image.fromarray(sprite[..., :3]).convert("HSV"))
    hues: NDArray[np.float32] = hsv[..., 0].astype(np.float32) * (360 / 255)
    return hues


def _lightness(sprite: Sprite) -> NDArray[np.float32]:
    light: NDArray[np.float32] = sprite[..., :3].astype(np.float32) @ np.array([0.3, 0.59, 0.11], np.float32)
    return light / np.float32(255)


def _body_mask(sprite: Sprite, hue: float) -> NDArray[np.float32]:
    """How much each pixel belongs to the body, 0..1."""
    rgb = sprite[..., :3].astype(np.float32) / 255
    high = rgb.max(-1)
    if hue < 0:
        return _smooth(high, 0.12, 0.3)
    distance = np.abs((_hues(sprite) - hue + 180) % 360 - 180).astype(np.float32)
    return _smooth(-distance, -55, -32) * _smooth(high - rgb.min(-1), 0.08, 0.2)


def body_and_shade(sprite: Sprite, body: Body) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How much each pixel belongs to the body, and how light it is within it, both 0..1."""
    shade = (_lightness(sprite) - body.dark) / max(body.light - body.dark, 0.15)
    return _body_mask(sprite, body.hue), np.clip(shade, 0, 1).astype(np.float32)


def in_paint(shade: NDArray[np.float32], color: str) -> NDArray[np.float32]:
    """The paint of a color in that light [..., 3], 0..255: dark, middle and light of it."""
    middle, shade = np.array(TINTS[color], np.float32), shade[..., None]
    if color == "black":
        dark, bright = middle * 0.3, middle * 2.6
    elif color == "white":
        dark, middle, bright = middle * 0.62, middle * 0.9, np.array([255, 255, 255], np.float32)
    else:
        dark, bright = middle * 0.42, middle * 0.48 + 255 * 0.52
    painted: NDArray[np.float32] = np.where(
        shade < 0.5, dark + (middle - dark) * shade * 2, middle + (bright - middle) * (shade - 0.5) * 2
    )
    return painted


def tint(sprite: Sprite, color: str, body: Body | None = None) -> Sprite:
    """The sprite with its body in `color`: its own shading, run through dark, middle and light of that
    color. `body` is that of the drawing that the sprite is a copy of.
    """
    rgb = sprite[..., :3].astype(np.float32)
    share, shade = body_and_shade(sprite, body or body_of(sprite))
    mixed = rgb + (in_paint(shade, color) - rgb) * share[..., None]
    return np.concatenate([np.clip(mixed, 0, 255).astype(np.uint8), sprite[..., 3:]], -1)
