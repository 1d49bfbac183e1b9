"""The one door for pictures from outside: hostile bytes in, an upright sRGB picture out, or a plain refusal.

Everything that reaches the studio from a person, a page or the network passes `load`. A *refusal* is a
BadPicture whose sentence says what is wrong, with the file's name, and what to do. Whatever can be told from
the first bytes and the header is refused before a pixel is decoded.

Only eight formats are opened. Pillow knows forty more, some of which start other programs or have had loops
and overflows in their readers; none is of use here.
"""

from __future__ import annotations

import io
import struct
import threading
import warnings
from functools import cache

import numpy as np
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from studio.errors import BadPicture
from studio.images import MAX_PIXELS, eight_bit

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_KNOWN = "PNG, JPEG, WebP, GIF, BMP, TIFF, HEIC or AVIF"
_MOST_OBLONG = 32
_LONGEST_NAME = 80

# What Pillow's readers raise for bytes they cannot use: on purpose, or because a field said something absurd.
_UNREADABLE = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, OverflowError, EOFError, RuntimeError,
    struct.error, Image.DecompressionBombError,
)  # fmt: skip

# First bytes of what people send by mistake, so that the refusal can name it.
_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"8BPS", "a Photoshop document"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"\x00\x00\x01\x00", "an icon file"),
    (b"%!PS", "a PostScript document"),
    (b"gimp xcf", "a GIMP document"),
)
_MARKUP = ((b"<svg", "an SVG drawing"), (b"<html", "a web page"), (b"<!doctype html", "a web page"))
_STILL_BRANDS = (
    b"avif",
    b"avis",
    b"heic",
    b"heix",
    b"heim",
    b"heis",
    b"hevc",
    b"hevx",
    b"mif1",
    b"mif2",
    b"msf1",
)
_OURS = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")  # and the brands above

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# One picture is decoded at a time: it bounds the memory that strangers can claim, and Python's warning
# filters, which are changed meanwhile, belong to the whole process.
_DOOR = threading.Lock()


def load(data: bytes, name: str = "the picture") -> Image.Image:
    """Turn the bytes of a file into a picture: upright, sRGB, "RGB", or "RGBA" if it can be seen through.

    Takes PNG, JPEG, WebP, GIF, BMP, TIFF, HEIC and AVIF. Animations and many-paged files give their first
    frame. 16-bit and floating pictures are scaled to 8 bits, colour profiles (Display P3, CMYK, gray) are
    converted, and colours hidden under full transparency are replaced with white. No metadata is kept. `name`
    is what the refusal calls the file; it is shortened and cleaned first. Raises BadPicture, before decoding
    where the header tells: not one of these formats, empty, damaged or cut off, more than 64 megapixels, or
    more than 32 times as long as wide.
    """
    name = _clean(name)
    _refuse_kind(data, name)
    with _DOOR, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _opened(data, name)


def _opened(data: bytes, name: str) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data), formats=_formats(data)) as file:
            _refuse_size(file.size, name)
            file.load()
            _refuse_size(file.size, name)  # a HEIF header may say less than its picture has
            return _upright(file, _in_srgb(file))
    except Image.DecompressionBombError as error:
        raise BadPicture(_too_large(name)) from error
    except _UNREADABLE as error:
        if isinstance(error, UnidentifiedImageError) and not (data.startswith(_OURS) or _brands(data)):
            raise BadPicture(f"{name} is not a picture the studio can read. Send it as {_KNOWN}.") from error
        raise BadPicture(
            f"{name} is damaged or was cut off on its way, and cannot be read. Send the file again, "
            "or save it anew from a program that still opens it."
        ) from error


def _clean(name: str) -> str:
    """A file's name as harmless words: strangers choose it."""
    words = "".join(letter if letter.isprintable() else " " for letter in name[:1000])
    words = " ".join(words.split())
    if len(words) > _LONGEST_NAME:
        words = words[: _LONGEST_NAME - 1] + "…"
    return words or "the picture"


def _refuse_kind(data: bytes, name: str) -> None:
    """Refuse what its first bytes already give away, and say what it is."""
    if not data:
        raise BadPicture(f"{name} is empty: no bytes arrived. Send it again.")
    kind = next((kind for head, kind in _OTHERS if data.startswith(head)), None)
    start = data[:512].lstrip(b"\xef\xbb\xbf\x00 \t\r\n").lower()
    if kind is None and start.startswith(b"<"):
        kind = next((kind for head, kind in _MARKUP if head in start), "text with markup")
    if kind is None and data[4:8] == b"ftyp" and not _brands(data).intersection(_STILL_BRANDS):
        kind = "a video"
    if kind is None and _is_text(data[:512]):
        kind = "text"
    if kind is not None:
        raise BadPicture(f"{name} is {kind}, not a picture the studio can read. Send it as {_KNOWN}.")


def _is_text(start: bytes) -> bool:
    words = start.decode("utf-8", "replace")
    return (
        all(letter.isprintable() or letter in "\t\r\n" for letter in words.rstrip("�"))
        and "�" not in words[:-1]
    )


def _formats(data: bytes) -> tuple[str, ...]:
    """The allow-list, with HEIF if these bytes need it: its library is loaded at first use."""
    brands = _brands(data)
    if not brands or brands & {b"avif", b"avis"}:
        return _FORMATS
    _register_heif()
    return ("HEIF",)


def _brands(data: bytes) -> set[bytes]:
    """What a file of the MPEG-4 family says it is; empty for others. Source: ISO/IEC 14496-12, 4.3."""
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4], "big"), 256)
    return {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}


@cache
def _register_heif() -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()


def _refuse_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise BadPicture(
            f"{name} says it is {width} x {height}: there is nothing to see. Send another picture."
        )
    if width * height > MAX_PIXELS:
        raise BadPicture(_too_large(name, f"{width} x {height}, {width * height / 1e6:,.0f} megapixels"))
    if max(size) > _MOST_OBLONG * min(size):
        raise BadPicture(
            f"{name} is {width} x {height}: more than {_MOST_OBLONG} times as long as wide. "
            "Crop it and send it again."
        )


def _too_large(name: str, size: str = "far too large") -> str:
    most = MAX_PIXELS // 1_000_000
    return f"{name} is {size}; at most {most} megapixels are taken. Make it smaller and send it again."


def _upright(file: Image.Image, picture: Image.Image) -> Image.Image:
    """Turn the picture as its file asks. A damaged EXIF block is no reason to refuse it: then it stays."""
    try:
        turn = _TURNS.get(file.getexif().get(ExifTags.Base.Orientation, 1))
    except _UNREADABLE:
        turn = None
    if turn is not None:
        picture = picture.transpose(turn)
    picture.info = {}
    return picture


def _in_srgb(file: Image.Image) -> Image.Image:
    """The decoded file as a new "RGB" or "RGBA" picture in sRGB, with nothing hidden."""
    alpha = _alpha(file)
    # `convert` would clip numbers of more than 8 bits: nearly all of them to white.
    colours = _colours(eight_bit(file) if file.mode[0] in "IF" else file, file.info.get("icc_profile"))
    if alpha is None or alpha.getextrema() == (255, 255):
        return colours
    colours.paste((255, 255, 255), mask=alpha.point([255] + [0] * 255))
    colours.putalpha(alpha)
    return colours


def _alpha(file: Image.Image) -> Image.Image | None:
    if not file.has_transparency_data:
        return None
    if file.mode[0] == "I":  # a 16-bit gray picture names the one level that is clear
        clear = np.asarray(file) == file.info["transparency"]
        return Image.fromarray(np.where(clear, 0, 255).astype(np.uint8))
    return file.convert("RGBA").getchannel("A")


def _colours(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """A new "RGB" picture in sRGB, converted from its profile if that works and fits the kind of colours."""
    kind = {"CMYK": "CMYK", "LAB": "Lab", "1": "GRAY", "L": "GRAY", "LA": "GRAY"}.get(picture.mode, "RGB")
    try:
        source = _profile(profile, kind)
        if source is None:
            return picture.convert("RGB")
        picture = picture.convert(_PLAIN[source.profile.xcolor_space.strip()])
        return _to_srgb(picture, source)
    except (ImageCms.PyCMSError, OSError, KeyError):  # a profile that does not work is as good as none
        return picture.convert("RGB")


_PLAIN = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK", "Lab": "LAB"}  # a profile's colours: their mode


def _profile(profile: bytes | None, kind: str) -> ImageCms.ImageCmsProfile | None:
    """The profile to convert from; None if there is none, it fits other colours, or it is sRGB already."""
    if kind == "Lab":
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    if not profile:
        return None
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    fits = source.profile.xcolor_space.strip() in ({"RGB", "GRAY"} if kind == "GRAY" else {kind})
    is_srgb = (source.profile.profile_description or "").startswith("sRGB")
    return source if fits and not is_srgb else None


def _to_srgb(picture: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    """Relative colorimetric with black point compensation, as browsers and photo programs show pictures."""
    done = ImageCms.profileToProfile(
        picture,
        source,
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    assert done is not None  # it is None only where the picture is changed in place
    return done
