"""Masks: taking them in, writing them as run lengths, softening them inward."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from studio.errors import BadMask

Box = tuple[int, int, int, int]
Bytes = NDArray[np.uint8]

MAX_PIXELS = 64_000_000
PAINTED = [0] + [255] * 255  # a lookup table: locked stays 0, anything painted becomes 255
LOCKED = [255] + [0] * 255


def mask_from_runs(runs: Mapping[str, object]) -> Image.Image:
    """The mask a page painted, from its run lengths; checked as what it is, data from a stranger.

    `runs` is {"width": int, "height": int, "runs": str}: base64 of run lengths as LEB128 numbers (7 bits a
    byte, least first, the high bit set on all but the last), row by row, taking turns between locked and
    painted and beginning with locked (so possibly with 0). Raises BadMask if anything is of another type,
    too large, or does not add up to width x height.
    """
    width, height = _side(runs, "width"), _side(runs, "height")
    if width * height > MAX_PIXELS:
        raise BadMask(f"The mask is said to be {width} x {height}; at most {MAX_PIXELS:,} pixels are taken.")
    lengths = _run_lengths(runs.get("runs"), width * height)
    total = int(lengths.sum(dtype=np.uint64))
    if total != width * height:
        raise BadMask(
            f"The mask's runs cover {total:,} pixels, but {width} x {height} has {width * height:,}. "
            "Paint it again."
        )
    painted = np.repeat((np.arange(lengths.size) % 2 * 255).astype(np.uint8), lengths)
    return Image.fromarray(painted.reshape(height, width))


def _side(runs: Mapping[str, object], name: str) -> int:
    side = runs.get(name)
    if isinstance(side, bool) or not isinstance(side, int) or not 1 <= side <= MAX_PIXELS:
        raise BadMask(f"The mask's {name} must be a whole number of pixels from 1 up. Paint it again.")
    return side


def _run_lengths(code: object, pixels: int) -> NDArray[np.uint32]:
    """Decode base64 into run lengths. More runs than pixels can only be an attack: they are not decoded."""
    if not isinstance(code, str):
        raise BadMask("The mask's runs must be text in base64. Paint it again.")
    if len(code) > 2 * (pixels + 8):
        raise BadMask(f"The mask has more runs than its {pixels:,} pixels can hold. Paint it again.")
    try:
        raw = base64.b64decode(code.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise BadMask("The mask's runs are not base64. Paint it again.") from error
    return _numbers(np.frombuffer(raw, np.uint8))


def _numbers(code: Bytes) -> NDArray[np.uint32]:
    """The numbers that a LEB128 code stands for, none of them above MAX_PIXELS."""
    if not code.size:
        return np.zeros(0, np.uint32)
    ends = np.flatnonzero(code < 128)
    if ends[-1:].tolist() != [code.size - 1]:
        raise BadMask("The mask's runs end in the middle of a number. Paint it again.")
    starts = np.concatenate([[0], ends[:-1] + 1])
    if (ends - starts).max() > 3:  # four bytes hold 2**28, more than any canvas has
        raise BadMask("The mask has a run that is longer than any canvas. Paint it again.")
    place = np.arange(code.size) - np.repeat(starts, ends - starts + 1)
    parts = (code & 127).astype(np.uint32) << (7 * place).astype(np.uint32)
    return np.add.reduceat(parts, starts).astype(np.uint32)


def _code(numbers: NDArray[np.int64]) -> bytes:
    """Numbers below 2**28 as LEB128."""
    parts = numbers[:, None] >> np.array([0, 7, 14, 21])
    needed = np.maximum((parts > 0).sum(1), 1)[:, None]
    place = np.arange(4)[None]
    coded = (parts & 127) | np.where(place < needed - 1, 128, 0)
    return bytes(coded[place < needed].astype(np.uint8))


def runs_from_mask(mask: Image.Image) -> dict[str, object]:
    """The inverse of `mask_from_runs`: anything above 0 counts as painted, as it does for every edit."""
    painted = np.asarray(gray(mask)).reshape(-1) > 0
    edges = np.flatnonzero(painted[1:] != painted[:-1]) + 1
    lead = [0] if painted[0] else []
    lengths = np.diff(np.concatenate([np.array([*lead, 0], np.int64), edges, [painted.size]]))
    code = base64.b64encode(_code(lengths)).decode("ascii")
    return {"width": mask.width, "height": mask.height, "runs": code}


def as_mask(mask: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The mask as mode "L" for a canvas of `size`: white may change. Transparent counts as not painted.

    Raises BadMask, naming both sizes, if it is of another size, and if nothing is painted.
    """
    if mask.size != size:
        raise BadMask(
            f"The mask is {mask.width} x {mask.height} but the picture is {size[0]} x {size[1]}. "
            "Paint the mask on this picture, or send one of its size."
        )
    plain = gray(mask)
    if plain.getbbox() is None:
        raise BadMask(
            "Nothing is painted in the mask. Paint what may change, or send the words without a mask."
        )
    return plain


def gray(mask: Image.Image) -> Image.Image:
    if mask.mode == "L":
        return mask
    if mask.mode[0] in "IF":  # 16- and 32-bit pictures: `convert` would clip nearly all of them to white
        return eight_bit(mask)
    if not mask.has_transparency_data:
        return mask.convert("L")
    layers = mask.convert("RGBA")
    return ImageChops.multiply(layers.convert("L"), layers.getchannel("A"))


def eight_bit(picture: Image.Image) -> Image.Image:
    """A picture of whole or floating numbers ("I;16", "I", "F", ...) as "L", scaled and not clipped.

    White is the smallest usual white that holds the greatest number there is: 1 (floats only), 255, 65 535 or
    4 294 967 295; for a 16-bit picture always 65 535. What is not a number is black.
    """
    numbers = np.nan_to_num(np.asarray(picture).astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    greatest = float(numbers.max())
    whites = (1.0, 255.0, 65_535.0, 4_294_967_295.0)
    start = {"F": 0, "I": 1}.get(picture.mode, 2)
    white = next((white for white in whites[start:] if greatest <= white), greatest)
    return Image.fromarray((np.clip(numbers / white, 0, 1) * 255 + 0.5).astype(np.uint8))


def bounds(mask: Image.Image) -> Box | None:
    """The smallest box that holds all painted pixels; None if nothing is painted."""
    return gray(mask).getbbox()


def feathered(mask: Image.Image, radius: int) -> Image.Image:
    """Soften the mask over about `radius` pixels (0 to 254; 0 leaves it hard), inward only.

    The result is 0 wherever the mask is 0. A pixel's strength follows its depth inside the painted area,
    relative to the greatest depth within reach, so a line thinner than the radius still has full strength
    along its middle. The canvas's own edge is not an edge of the mask. A soft mask stays soft: its values are
    multiplied in.
    """
    mask = gray(mask)
    box = bounds(mask)
    if box is None or radius <= 0 or mask.getextrema()[0]:  # nothing painted, a hard edge, or no edge at all
        return mask
    box = grown(box, 1, mask.size)
    part = mask.crop(box)
    inside = np.asarray(part.point(PAINTED)) > 0
    steps = min(radius, 254) + 1
    depth = depths(inside, steps)
    ratio = depth.astype(np.float32) / np.maximum(_reach(depth, inside, steps), 1)
    strength = _evened(
        Image.fromarray((ratio * ratio * (3 - 2 * ratio) * 255 + 0.5).astype(np.uint8)), radius
    )
    result = Image.new("L", mask.size)
    result.paste(ImageChops.multiply(part, strength), box)
    return result


def _evened(strength: Image.Image, radius: int) -> Image.Image:
    """Blur away the rays that steps along pixels draw around a curve; full strength stays."""
    full = strength.point([0] * 255 + [255])
    return Image.composite(strength, strength.filter(ImageFilter.BoxBlur(radius / 6)), full)


def depths(inside: NDArray[np.bool_], limit: int) -> Bytes:
    """Steps from the nearest pixel outside, 1 to `limit`; 0 outside. Beyond the array counts as inside."""
    layer = inside.astype(np.uint8)
    depth = layer.copy()
    for step in range(1, limit):
        layer = spread(layer, np.minimum, corners=step % 2 == 0)
        if not layer.any():
            break
        depth += layer
    return depth


def _reach(depth: Bytes, inside: NDArray[np.bool_], limit: int) -> Bytes:
    """The greatest depth that can be walked to within `limit` steps without leaving the painted area."""
    reach, walls = depth, inside.astype(np.uint8)
    for step in range(1, min(limit, int(depth.max()))):
        reach = spread(reach, np.maximum, corners=step % 2 == 0)
        reach *= walls
    return reach


def spread(layer: Bytes, pick: Callable[..., Any], corners: bool) -> Bytes:
    """Each pixel joined with its 4 neighbours, or 8 with `corners`; in turns, distances are nearly round."""
    result = layer.copy()
    pick(result[1:], layer[:-1], out=result[1:])
    pick(result[:-1], layer[1:], out=result[:-1])
    beside = result.copy() if corners else layer
    pick(result[:, 1:], beside[:, :-1], out=result[:, 1:])
    pick(result[:, :-1], beside[:, 1:], out=result[:, :-1])
    return result


def grown(box: Box, by: int, size: tuple[int, int]) -> Box:
    return max(0, box[0] - by), max(0, box[1] - by), min(size[0], box[2] + by), min(size[1], box[3] + by)
