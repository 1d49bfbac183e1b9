"""The edits a model draws: generate, edit (whole or masked) and outpaint.

A model works at its own size. A masked edit is cut out with context, drawn there and stitched back, so that
its cost follows the mask and not the canvas (the scheme of "crop and stitch" inpainting).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np
from PIL import Image

from studio import images
from studio.errors import BadInput
from studio.images import Box, Window
from studio.models.base import CONTROL, Card, ImageModel, Request
from studio.ops.table import op

SIDES = ("left", "top", "right", "bottom")


@op(needs=["generate"], inputs=[], masked=False)
def generate(model: ImageModel, request: Request) -> Image.Image:
    """A new picture of the words. `width` and `height` in pixels, at most twice what the model draws well.

    Without these it has the shape of the first control picture that lies over it.
    """
    asked = request.params.get("width"), request.params.get("height")
    if asked == (None, None):
        asked = _shape(model.card, request)
    width, height = fitting(model.card, *asked)
    whole = Window((0, 0, width, height), (width, height))
    pictures = {**request.pictures, **_controls(request, whole.size, whole)}
    params = {**request.params, "width": width, "height": height}
    return model.run(replace(request, pictures=pictures, params=params))


def _shape(card: Card, request: Request) -> tuple[int | None, int | None]:
    """The size that has the shape of the control pictures, as large as the model draws well."""
    placed = next((p for kind, p in request.controls.items() if images.KINDS[kind].placed), None)
    if placed is None:
        return None, None
    width, height = (max(card.multiple, card.working * side // max(placed.size)) for side in placed.size)
    return width, height


def _controls(request: Request, canvas: tuple[int, int], window: Window) -> dict[str, Image.Image]:
    """The control pictures cut as the canvas is, but for those that do not lie over it, such as a palette."""
    return {
        CONTROL + kind: images.cut_over(picture, canvas, window) if images.KINDS[kind].placed else picture
        for kind, picture in request.controls.items()
    }


def fitting(card: Card, width: int | None, height: int | None) -> tuple[int, int]:
    """The size nearest to what was asked for that the model draws. Raises `BadInput` for a senseless one."""
    if card.square or (width is None and height is None):
        return card.working, card.working
    sides = width or height or 0, height or width or 0
    if not all(card.multiple <= side <= 2 * card.working for side in sides):
        raise BadInput(
            f"{card.name} draws from {card.multiple} to {2 * card.working} pixels a side, not {sides}."
        )
    wide, high = (max(1, round(side / card.multiple)) * card.multiple for side in sides)
    return wide, high


@op(needs=["edit"])
def edit(model: ImageModel, request: Request) -> Image.Image:
    """The canvas changed as the words say; with a mask, only there. `prompt` is the instruction."""
    canvas, mask = request.pictures["canvas"], request.pictures.get("mask")
    if mask is not None:
        return _inpaint(model, request, canvas, mask)
    whole = images.window((0, 0, *canvas.size), canvas.size, model.card.working, model.card.multiple, False)
    small = images.cut(canvas, whole)
    controls = _controls(request, canvas.size, whole)
    after = model.run(replace(request, pictures={**request.pictures, **controls, "canvas": small}))
    if small.size == canvas.size:
        return after
    # The model saw a smaller picture: what it left alone there keeps the canvas's own pixels.
    changed = images.change_mask(small, after, canvas.size)
    return images.keep_outside(canvas, images.stitch(canvas, after, whole), changed, feather=2)


def _inpaint(model: ImageModel, request: Request, canvas: Image.Image, mask: Image.Image) -> Image.Image:
    """The mask drawn anew, at the model's size and with context, its colours matched along the rim."""
    card = model.card
    box = images.bounds(mask) or (0, 0, *canvas.size)
    window = images.window(box, canvas.size, card.working, card.multiple, card.square)
    hole = mask.resize(window.size, Image.Resampling.BOX, window.box).point(lambda v: 255 if v else 0)
    controls = _controls(request, canvas.size, window)
    pictures = {**request.pictures, **controls, "canvas": images.cut(canvas, window), "mask": hole}
    drawn = model.run(replace(request, op="inpaint", pictures=pictures))
    after = images.stitch(canvas, drawn, window)
    return images.match_ring(canvas, after, mask, width=max(4, min(box[2] - box[0], box[3] - box[1]) // 8))


def frame(size: tuple[int, int], params: Mapping[str, Any]) -> Box:
    """Where the old canvas lies on the grown one, as (left, top, width, height of the grown one).

    `left`, `top`, `right` and `bottom` are what to add, as shares of the canvas's own side, 0 to 2.
    """
    shares = [float(params.get(side) or 0) for side in SIDES]
    if not any(shares) or not all(0 <= share <= 2 for share in shares):
        raise BadInput("Say how far to extend: left, top, right or bottom, as shares from 0 to 2.")
    left, top, right, bottom = (ceil(share * size[i % 2]) for i, share in enumerate(shares))
    grown = size[0] + left + right, size[1] + top + bottom
    if grown[0] * grown[1] > images.MAX_PIXELS:
        raise BadInput(f"The canvas would grow to {grown[0]} x {grown[1]}, more than the studio takes.")
    return left, top, *grown


@op(needs=["inpaint"], masked=False, kept=frame)
def outpaint(model: ImageModel, request: Request) -> Image.Image:
    """The canvas grown on the named sides, its old pixels locked. `prompt` may say what is there."""
    canvas = request.pictures["canvas"]
    left, top, width, height = frame(canvas.size, request.params)
    grown = _extended(canvas, left, top, (width, height))
    mask = Image.new("L", (width, height), 255)
    mask.paste(0, (left, top, left + canvas.width, top + canvas.height))
    after = _inpaint(model, request, grown, mask)
    return images.keep_outside(grown, after, mask, feather=0)


def _extended(canvas: Image.Image, left: int, top: int, size: tuple[int, int]) -> Image.Image:
    """The canvas on a larger one, its border pixels carried outwards, so that the model sees no black."""
    pixels = np.asarray(canvas)
    right, bottom = size[0] - left - canvas.width, size[1] - top - canvas.height
    edges = [(top, bottom), (left, right), (0, 0)][: pixels.ndim]
    return Image.fromarray(np.pad(pixels, edges, mode="edge"))
