"""Sizes and pictures as pipelines take them: each family has its own idea of what it can be handed."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from math import log
from typing import Any

from PIL import Image

from studio.errors import BadInput
from studio.models.base import Card, Request
from studio.models.family import Checkpoint
from studio.models.latents import Size

# Some families refuse what is shorter than this, or this many times as long as wide.
_SHORTEST, _LONGEST = 64, 8


def drawn_at(request: Request, checkpoint: Checkpoint, card: Card) -> Size:
    """What to draw at: the canvas's size or the one that was asked for, or the nearest that it draws."""
    canvas = request.pictures.get("canvas")
    if canvas is not None and card.square:
        return canvas.size
    asked = canvas.size if canvas else (request.params.get("width"), request.params.get("height"))
    width, height = (int(side or card.working) for side in asked)
    if checkpoint.sizes:
        return min(checkpoint.sizes, key=lambda size: abs(log(size[0] * height / size[1] / width)))
    least = max(_SHORTEST, max(width, height) // _LONGEST)
    across, down = (
        max(-(-least // card.multiple), round(side / card.multiple)) * card.multiple
        for side in (width, height)
    )
    return across, down


def told_size(pipe: Any, size: Size) -> dict[str, Any]:
    """The size in the words of the pipeline: some draw at about a megapixel unless they are told not to."""
    takes = inspect.signature(type(pipe).__call__).parameters
    width, height = size
    told = {
        "width": width,
        "height": height,
        "max_area": width * height,
        "_auto_resize": False,
        "output_resolution": round((width * height) ** 0.5),
    }
    return {name: value for name, value in told.items() if name in takes}


def padded(picture: Image.Image) -> Image.Image:
    """A picture to follow, enlarged or padded where it is too small or too long for some families."""
    scale = max(1.0, _SHORTEST / min(picture.size))
    width, height = (round(side * scale) for side in picture.size)
    picture = fitted(picture, (width, height))
    room = max(width, -(-height // _LONGEST)), max(height, -(-width // _LONGEST))
    if room == picture.size:
        return picture
    paper = Image.new(picture.mode, room, "white")
    paper.paste(picture, ((room[0] - width) // 2, (room[1] - height) // 2))
    return paper


def fitted(picture: Image.Image, size: Size) -> Image.Image:
    """The picture at that size. A mask does not ring."""
    how = Image.Resampling.BILINEAR if picture.mode == "L" else Image.Resampling.LANCZOS
    return picture if picture.size == size else picture.resize(size, how)


def boxes_of(layout: Sequence[Mapping[str, Any]], edit: bool) -> list[dict[str, Any]]:
    """A layout as pipelines take it that place things.

    `layout` has a "name" for every thing and its "box": left, top, right, bottom as shares 0..1. In an `edit`
    they are what is to come. What comes out is for FLUX.3, whose boxes are top, left, bottom, right. Raises
    `BadInput`.
    """
    boxes = []
    for number, thing in enumerate(layout, 1):
        try:
            name, (left, top, right, bottom) = str(thing["name"]), map(float, thing["box"])
        except (TypeError, KeyError, ValueError):
            raise BadInput("A layout names things, each with a box of four shares from 0 to 1.") from None
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            raise BadInput(f"The box of {name!r} is not on the picture: {thing['box']}.")
        where = [top, left, bottom, right]
        placed = {"from": "target", "tgt_bbox": where} if edit else {"bbox": where}
        boxes.append({"id": f"thing_{number}", "desc": name, **placed})
    return boxes
