"""The two kinds of picture that can be a canvas: RGB, or RGBA where some of it can be seen through."""

from __future__ import annotations

from PIL import Image

from studio.errors import BadPicture
from studio.images.masks import MAX_PIXELS, eight_bit


def plain(picture: Image.Image) -> Image.Image:
    """A copy in "RGB", or "RGBA" if it has transparency. Raises `BadPicture` if empty or too large."""
    wide, high = picture.size
    if not 0 < wide * high <= MAX_PIXELS:
        raise BadPicture(
            f"A picture of {wide} x {high} pixels is not taken; there may be up to {MAX_PIXELS:,} in all."
        )
    if picture.mode[0] in "IF":
        picture = eight_bit(picture)
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    return picture.copy() if picture.mode == mode else picture.convert(mode)
