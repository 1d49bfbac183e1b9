"""A picture's name and its bytes: digest, lossless PNG for the store, WebP for the page."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from studio.errors import BadPicture

_WEBP_LONGEST = 16_383  # the format has 14 bits for a side
_PNG_COLOUR = {"L": (0, 1), "RGB": (2, 3), "RGBA": (6, 4)}  # mode: PNG colour type, bytes a pixel


def digest(picture: Image.Image) -> str:
    """The name of these pixels: 40 hex digits, BLAKE2b-160 of mode, size and pixel bytes.

    Two pictures share a digest exactly if they have the same mode, size and bytes, whatever file they came
    from.
    """
    name = hashlib.blake2b(f"{picture.mode} {picture.width} {picture.height}\n".encode(), digest_size=20)
    name.update(picture.tobytes())
    return name.hexdigest()


def to_png(picture: Image.Image) -> bytes:
    """Encode a picture of mode "L", "RGB" or "RGBA" as PNG, without loss and without metadata.

    Every row is stored as its difference from the row above (PNG's filter 2) and deflated at level 1.
    Pillow's encoder tries five filters a row and takes two to four times as long for files of about the same
    size; encoding is the dearest part of saving a version. Raises ValueError for another mode. Source: PNG
    specification, third edition, sections 9 (filtering) and 11.2 (critical chunks).
    """
    if picture.mode not in _PNG_COLOUR:
        raise ValueError(
            f"a picture of mode {picture.mode} is not stored; convert it to L, RGB or RGBA first"
        )
    colour, channels = _PNG_COLOUR[picture.mode]
    rows = np.asarray(picture).reshape(picture.height, picture.width * channels)
    filtered = np.empty((picture.height, 1 + rows.shape[1]), np.uint8)
    filtered[:, 0] = 2
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 8, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(filtered.data, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(kind, body) for kind, body in chunks)


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))


def from_png(data: bytes) -> Image.Image:
    """Decode what `to_png` wrote: the same mode, size and bytes.

    For the studio's own files; uploads go through `studio.uploads.load`. Raises BadPicture if the bytes are
    not a whole PNG of mode L, RGB or RGBA.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as file:
            picture = file.copy()
    except (
        OSError,
        SyntaxError,
        ValueError,
        struct.error,
        zlib.error,
        Image.DecompressionBombError,
    ) as error:
        raise BadPicture(f"A stored picture is damaged and cannot be read ({error}).") from error
    if picture.mode not in _PNG_COLOUR:
        raise BadPicture(f"A stored picture has mode {picture.mode}, which the studio never writes.")
    picture.info = {}
    return picture


def to_webp(picture: Image.Image, longest: int | None = None) -> bytes:
    """Encode for display only: lossy WebP with alpha, at most `longest` pixels a side (None: as is)."""
    limit = min(longest or _WEBP_LONGEST, _WEBP_LONGEST)
    scale = limit / max(picture.size)
    if scale < 1:
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=86, method=1, icc_profile=b"", exif=b"")
    return file.getvalue()


def alike(*pictures: Image.Image) -> list[Image.Image]:
    """All as "RGBA" if one of them has alpha, else all as "RGB"."""
    mode = "RGBA" if any(picture.has_transparency_data for picture in pictures) else "RGB"
    return [picture if picture.mode == mode else picture.convert(mode) for picture in pictures]


def cells(picture: Image.Image, factor: int) -> NDArray[np.float32]:
    """Averages over squares of `factor` pixels: (rows, columns), with channels last if there are several."""
    return np.asarray(picture.reduce(factor)).astype(np.float32)
