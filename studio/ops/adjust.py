"""Exact photo operations: no model, the same bytes everywhere. One function a kind, in the table `KINDS`.

Tone works on 8-bit sRGB values through numpy or Pillow's own filters; alpha is never touched by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import cos, radians, sin
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from studio import images
from studio.errors import BadInput
from studio.models.base import ImageModel, Request
from studio.ops.table import op

Params = Mapping[str, Any]
Kind = Callable[[Image.Image, Params], Image.Image]


@op()
def adjust(model: ImageModel, request: Request) -> Image.Image:
    """The canvas with one exact photo operation applied; `kind` is a key of `KINDS`, which says its numbers.

    A mask holds for tone (brightness to blur); it means nothing where the canvas changes its shape.
    """
    kind = request.params.get("kind")
    if kind not in KINDS:
        raise BadInput(f"There is no adjustment {kind!r}; there are {', '.join(sorted(KINDS))}.")
    if "mask" in request.pictures and kind in RESHAPING:
        raise BadInput(f"{kind} changes the whole canvas; clear the mask first.")
    return KINDS[kind](request.pictures["canvas"], request.params)


def number(params: Params, name: str, low: float, high: float) -> float:
    """The parameter as a number from low to high. Raises `BadInput` naming the range."""
    value = params.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadInput(f"{params['kind']} needs {name} from {low:g} to {high:g}, not {value!r}.")
    return float(value)


# --- tone ----------------------------------------------------------------------------------------------


def _on_colour(picture: Image.Image, change: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """`change` applied to the colour channels only."""
    colour = change(picture.convert("RGB"))
    if picture.mode == "RGBA":
        colour.putalpha(picture.getchannel("A"))
    return colour


def brightness(picture: Image.Image, params: Params) -> Image.Image:
    """`amount` -1 (black) to 1 (twice as bright)."""
    amount = number(params, "amount", -1, 1)
    return _on_colour(picture, lambda p: ImageEnhance.Brightness(p).enhance(1 + amount))


def contrast(picture: Image.Image, params: Params) -> Image.Image:
    """`amount` -1 (flat gray) to 1 (twice the contrast), around middle gray."""
    amount = number(params, "amount", -1, 1)
    return _on_colour(picture, lambda p: p.point(lambda v: 127.5 + (v - 127.5) * (1 + amount)))


def saturation(picture: Image.Image, params: Params) -> Image.Image:
    """`amount` -1 (black and white) to 1 (twice as colourful)."""
    amount = number(params, "amount", -1, 1)
    return _on_colour(picture, lambda p: ImageEnhance.Color(p).enhance(1 + amount))


def temperature(picture: Image.Image, params: Params) -> Image.Image:
    """`amount` -1 (cold) to 1 (warm): red and blue are scaled against each other by up to 30%."""
    amount = number(params, "amount", -1, 1)
    table = [min(255.0, v * scale) for scale in (1 + 0.3 * amount, 1, 1 - 0.3 * amount) for v in range(256)]
    return _on_colour(picture, lambda p: p.point([round(v) for v in table]))


def exposure(picture: Image.Image, params: Params) -> Image.Image:
    """`stops` -4 to 4: light doubled or halved, reckoned in linear light (IEC 61966-2-1)."""
    gain = 2 ** number(params, "stops", -4, 4)
    value = np.arange(256) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4) * gain
    srgb = np.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
    )
    table = np.clip(np.rint(srgb * 255), 0, 255).astype(int).tolist()
    return _on_colour(picture, lambda p: p.point(table * 3))


def sharpen(picture: Image.Image, params: Params) -> Image.Image:
    """`amount` 0 to 3, as an unsharp mask of 2 pixels."""
    percent = round(100 * number(params, "amount", 0, 3))
    return _on_colour(picture, lambda p: p.filter(ImageFilter.UnsharpMask(2, percent, threshold=0)))


def blur(picture: Image.Image, params: Params) -> Image.Image:
    """`radius` of a Gaussian, 0 to 0.2 of the shorter side."""
    radius = number(params, "radius", 0, 0.2) * min(picture.size)
    return _on_colour(picture, lambda p: p.filter(ImageFilter.GaussianBlur(radius)))


# --- shape ---------------------------------------------------------------------------------------------


def crop(picture: Image.Image, params: Params) -> Image.Image:
    """To `aspect` ("16:9", centred), or to `box` ([left, top, right, bottom] as shares 0..1)."""
    if params.get("aspect") is not None:
        return _centred(picture, _ratio(params["aspect"]))
    box = params.get("box")
    if not isinstance(box, list | tuple) or len(box) != 4:
        raise BadInput("crop needs an aspect such as 1:1, or a box of four shares.")
    left, top, right, bottom = (float(share) for share in box)
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise BadInput(f"The box {list(box)} is not left < right, top < bottom, as shares from 0 to 1.")
    wide, high = picture.size
    x, y = min(round(left * wide), wide - 1), min(round(top * high), high - 1)
    return picture.crop((x, y, max(x + 1, round(right * wide)), max(y + 1, round(bottom * high))))


def _ratio(aspect: object) -> float:
    """ "16:9" as a number."""
    wide, _, high = str(aspect).partition(":")
    try:
        ratio = float(wide) / float(high)
    except (ValueError, ZeroDivisionError):
        ratio = 0.0
    if not 1 / 32 <= ratio <= 32:
        raise BadInput(f"The aspect {aspect!r} is not like 16:9 or 1:1.")
    return ratio


def _centred(picture: Image.Image, ratio: float) -> Image.Image:
    """The largest centred part of that aspect."""
    width = min(picture.width, max(1, round(picture.height * ratio)))
    height = min(picture.height, max(1, round(picture.width / ratio)))
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return picture.crop((left, top, left + width, top + height))


def straighten(picture: Image.Image, params: Params) -> Image.Image:
    """Turned by `degrees` (-45 to 45, counter-clockwise), then cropped to the largest part of its aspect."""
    degrees = number(params, "degrees", -45, 45)
    turned = picture.rotate(degrees, Image.Resampling.BICUBIC)
    slope, flat = abs(sin(radians(degrees))), cos(radians(degrees))
    wide, high = picture.size
    scale = min(wide / (wide * flat + high * slope), high / (wide * slope + high * flat))
    width, height = max(1, int(wide * scale)), max(1, int(high * scale))
    left, top = (wide - width) // 2, (high - height) // 2
    return turned.crop((left, top, left + width, top + height))


def rotate(picture: Image.Image, params: Params) -> Image.Image:
    """By `degrees` counter-clockwise, a multiple of 90: no pixel is lost."""
    quarter = number(params, "degrees", -360, 360) / 90
    if quarter != int(quarter):
        raise BadInput("rotate turns by quarters; for small angles say straighten.")
    turns = {1: Image.Transpose.ROTATE_90, 2: Image.Transpose.ROTATE_180, 3: Image.Transpose.ROTATE_270}
    return picture.transpose(turns[int(quarter) % 4]) if int(quarter) % 4 else picture.copy()


def flip(picture: Image.Image, params: Params) -> Image.Image:
    """Mirrored along `axis`: "horizontal" swaps left and right, "vertical" top and bottom."""
    axes = {"horizontal": Image.Transpose.FLIP_LEFT_RIGHT, "vertical": Image.Transpose.FLIP_TOP_BOTTOM}
    if params.get("axis") not in axes:
        raise BadInput(f"flip needs the axis horizontal or vertical, not {params.get('axis')!r}.")
    return picture.transpose(axes[params["axis"]])


def resize(picture: Image.Image, params: Params) -> Image.Image:
    """To `width` and/or `height` in pixels (one alone keeps the aspect), or by `scale`."""
    wide, high = picture.size
    if params.get("scale") is not None:
        scale = number(params, "scale", 0.01, 16)
        size = round(wide * scale), round(high * scale)
    elif params.get("width") is not None or params.get("height") is not None:
        width = params.get("width") or round(wide * float(params.get("height") or 0) / high)
        size = int(width), int(params.get("height") or round(high * width / wide))
    else:
        raise BadInput("resize needs a width, a height or a scale.")
    if min(size) < 1 or size[0] * size[1] > images.MAX_PIXELS:
        raise BadInput(f"{size[0]} x {size[1]} pixels is not a size the studio takes.")
    return picture.resize(size, Image.Resampling.LANCZOS)


KINDS: dict[str, Kind] = {
    function.__name__: function
    for function in (
        *(brightness, contrast, saturation, temperature, exposure, sharpen, blur),
        *(crop, straighten, rotate, flip, resize),
    )
}
RESHAPING = frozenset({"crop", "straighten", "rotate", "resize"})
