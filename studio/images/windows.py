"""Crop and stitch: a small mask on a large canvas costs what the mask costs."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from studio.images.encoding import alike
from studio.images.masks import Box


@dataclass(frozen=True)
class Window:
    """What is cut from the canvas, and the size it is worked at."""

    box: Box
    size: tuple[int, int]


def window(mask_bounds: Box, canvas: tuple[int, int], working: int, multiple: int, square: bool) -> Window:
    """The part of the canvas a masked edit works on: the mask with some of what is around it.

    The bounds grow on every side by half their longer side, by at least 32 pixels; to a square if one is
    asked for and the canvas is large enough. `working` is the side the model works at, `multiple` what its
    sides must divide by. A square window is worked at `working` x `working` (small ones are enlarged: such a
    model knows one size). Another keeps its own size where it can, so that nothing is resampled, is made
    smaller if its long side is above `working`, and enlarged to half of `working` if it is below, as models
    draw badly far from what they learned.

    Invariant: the mask's bounds are inside the window's box, which is inside the canvas; both sides of the
    size are multiples of `multiple`, and at most `working` (or one `multiple`, if that is more). Raises
    ValueError if the bounds are empty or reach outside the canvas.
    """
    left, top, right, bottom = mask_bounds
    if not (0 <= left < right <= canvas[0] and 0 <= top < bottom <= canvas[1]):
        raise ValueError(f"the bounds {mask_bounds} are not inside a canvas of {canvas}")
    margin = 2 * max(32, max(right - left, bottom - top) // 2)
    width, height = right - left + margin, bottom - top + margin
    if square:
        width = height = min(max(width, height), *canvas)
        size = (_whole(working, multiple, working),) * 2
    else:
        width, height = (
            min(_up(side, multiple), room) for side, room in zip((width, height), canvas, strict=True)
        )
        longest = max(width, height)
        scale = min(max(longest, working / 2), working) / longest
        size = (_whole(width * scale, multiple, working), _whole(height * scale, multiple, working))
    across, down = _span(left, right, width, canvas[0]), _span(top, bottom, height, canvas[1])
    return Window((across[0], down[0], across[1], down[1]), size)


def _up(side: int, multiple: int) -> int:
    return -(-side // multiple) * multiple


def _whole(side: float, multiple: int, most: int) -> int:
    """The multiple nearest to `side`, at most `most`, at least one."""
    return max(1, min(round(side / multiple), most // multiple)) * multiple


def _span(start: int, end: int, length: int, room: int) -> tuple[int, int]:
    """A stretch of `length` around start..end, pushed inside 0..room; never shorter than start..end."""
    length = max(end - start, min(length, room))
    first = min(max(0, (start + end - length) // 2), room - length)
    return first, first + length


def cut(picture: Image.Image, window: Window) -> Image.Image:
    """The window's part of a picture or a mask, at the size it is worked at."""
    part = picture.crop(window.box)
    # Lanczos rings, which sharpens pictures but would paint a mask where nobody painted it.
    how = Image.Resampling.BILINEAR if picture.mode == "L" else Image.Resampling.LANCZOS
    return part if part.size == window.size else part.resize(window.size, how)


def cut_over(picture: Image.Image, canvas: tuple[int, int], window: Window) -> Image.Image:
    """The window's part of a picture that lies over a canvas of another size, at the size it is worked at.

    It covers the canvas, keeps its shape and lies in its middle: what juts out on two sides is cut off.
    """
    scale = min(picture.width / canvas[0], picture.height / canvas[1])
    left, top = ((side - scale * length) / 2 for side, length in zip(picture.size, canvas, strict=True))
    corner = (left, top, left, top)
    limit = (*picture.size, *picture.size)
    box = [min(max(0.0, at + scale * side), most) for at, side, most in
           zip(corner, window.box, limit, strict=True)]  # fmt: skip
    return picture.resize(window.size, Image.Resampling.LANCZOS, (box[0], box[1], box[2], box[3]))


def stitch(canvas: Image.Image, piece: Image.Image, window: Window) -> Image.Image:
    """A copy of the canvas with the piece, resized by Lanczos, in the window's box. Bytes outside stay."""
    left, top, right, bottom = window.box
    size = (right - left, bottom - top)
    if piece.size != size:
        piece = piece.resize(size, Image.Resampling.LANCZOS)
    result, piece = alike(canvas, piece)
    result = result.copy()
    result.paste(piece, window.box)
    return result
