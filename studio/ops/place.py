"""The edits that ask no model: open an upload as the canvas, place a picture in a box."""

from __future__ import annotations

from PIL import Image

from studio import images
from studio.errors import BadInput
from studio.models.base import ImageModel, Request
from studio.ops.table import op

CENTRE = (0.3, 0.3, 0.7, 0.7)


@op(inputs=["reference"], masked=False)
def open(model: ImageModel, request: Request) -> Image.Image:
    """The given picture as it is: it becomes the canvas."""
    return request.pictures["reference"]


@op(inputs=["canvas", "reference"])
def place(model: ImageModel, request: Request) -> Image.Image:
    """The reference put on the canvas, as large as fits in `box` ([left, top, right, bottom] as shares 0..1).

    Without a box it goes where the mask is, or in the middle. Its alpha is kept to.
    """
    canvas, reference = request.pictures["canvas"], request.pictures["reference"]
    left, top, right, bottom = _box(request, canvas)
    scale = min((right - left) / reference.width, (bottom - top) / reference.height)
    size = max(1, round(reference.width * scale)), max(1, round(reference.height * scale))
    piece = reference.convert("RGBA").resize(size, Image.Resampling.LANCZOS)
    after = canvas.convert("RGBA")
    corner = left + (right - left - size[0]) // 2, top + (bottom - top - size[1]) // 2
    after.alpha_composite(piece, dest=(max(0, corner[0]), max(0, corner[1])))
    return after if canvas.mode == "RGBA" else after.convert("RGB")


def _box(request: Request, canvas: Image.Image) -> images.Box:
    """The box to fill, in pixels: inside the canvas and not empty."""
    mask, shares = request.pictures.get("mask"), request.params.get("box")
    if shares is None and mask is not None:
        return images.bounds(mask) or (0, 0, *canvas.size)
    left, top, right, bottom = (float(share) for share in shares or CENTRE)
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise BadInput(f"The box {shares} is not left < right, top < bottom, as shares from 0 to 1.")
    wide, high = canvas.size
    x, y = round(left * wide), round(top * high)
    return x, y, max(x + 1, round(right * wide)), max(y + 1, round(bottom * high))
