"""Locked pixels: what an edit was not asked to touch keeps its bytes, and no seam shows where it was."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from studio.images.encoding import alike, cells
from studio.images.masks import LOCKED, PAINTED, as_mask, bounds, depths, feathered, gray, grown

Floats = NDArray[np.floating[Any]]


def keep_outside(before: Image.Image, after: Image.Image, mask: Image.Image, feather: int = 0) -> Image.Image:
    """`after` where the mask is painted, `before` everywhere else: the one place where pixels are locked.

    Where the mask is 0 every byte, alpha too, is exactly that of `before`; the feather of `feather` pixels
    goes inward. The result is "RGBA" if either picture has alpha, else "RGB". An empty mask gives `before`.
    Raises ValueError if the pictures differ in size, BadMask if the mask does.
    """
    if before.size != after.size:
        raise ValueError(f"the edit gave {after.size} for a canvas of {before.size}")
    if mask.size != before.size:
        return keep_outside(before, after, as_mask(mask, before.size), feather)
    before, after = alike(before, after)
    box = bounds(mask)
    if box is None:
        return before
    soft = feathered(mask, feather).crop(box)
    result = before.copy()
    result.paste(_blended(before.crop(box), after.crop(box), soft), box)
    result.info = {}
    return result


def _blended(before: Image.Image, after: Image.Image, soft: Image.Image) -> Image.Image:
    """Mix two pictures of one mode; premultiplied if there is alpha, lest hidden colours make a fringe."""
    if before.mode == "RGB":
        return Image.composite(after, before, soft)
    mixed = Image.composite(after.convert("RGBa"), before.convert("RGBa"), soft).convert("RGBA")
    mixed.paste(after, mask=soft.point([0] * 255 + [255]))
    mixed.paste(before, mask=soft.point(LOCKED))  # premultiplying rounds, and locked bytes are exact
    return mixed


# What counts as a drift of colour, in levels; more counts less and less, and twice as much not at all.
_DRIFT = 48  # from the parent
_SPREAD = 24  # from what is usual on the ring, which is what new content is corrected by instead


def match_ring(before: Image.Image, after: Image.Image, mask: Image.Image, width: int) -> Image.Image:
    """Colour-match `after` to `before` inside the mask's edge, so that no seam shows on smooth ground.

    The difference of the two on a ring of `width` pixels inside the edge is smoothed along the ring, carried
    inward and faded out at four times the width. New content on the ring, which differs by more than 48
    levels or by 24 from what is usual there, is corrected by what is usual. Pixels outside the mask and alpha
    are those of `after`. The offset is worked out at about 96 pixels a side: it costs a few resizes.
    Source: the membrane of Perez, Gangnet, Blake, "Poisson Image Editing" (2003), with a normalised Gaussian
    in the place of the Poisson equation.
    """
    box = bounds(mask)
    if box is None or width <= 0 or gray(mask).getextrema()[0]:  # nothing painted, no ring, or no edge
        return after
    factor = max(1, math.ceil(max(box[2] - box[0], box[3] - box[1]) / 96))
    box = grown(box, factor, after.size)  # so that at least one cell outside is seen on every side
    inside, old, new = gray(mask).crop(box).point(PAINTED), before.crop(box), after.crop(box)
    gap, cover = _gap(old, new, inside, factor)
    offset = _carried(gap, cover, cells(inside, factor) > 0, max(1, min(48, round(width / factor))))
    if offset is None:
        return after
    result = after.copy()
    result.paste(_offset(new, offset, factor), box, inside)
    return result


def _gap(old: Image.Image, new: Image.Image, inside: Image.Image, factor: int) -> tuple[Floats, Floats]:
    """By cell of `factor` pixels: what `new` lacks of `old`, (rows, columns, 3), and its share that tells so.

    Only painted pixels tell, and only those which can be seen in both pictures.
    """
    for picture in (old, new):
        if picture.mode == "RGBA":
            inside = ImageChops.darker(inside, picture.getchannel("A").point(PAINTED))
    black = Image.new("RGB", old.size)
    old, new = (Image.composite(picture.convert("RGB"), black, inside) for picture in (old, new))
    cover = cells(inside, factor) / 255
    cover[cover < 0.2] = 0  # what is left of such a cell is all rounding
    return (cells(old, factor) - cells(new, factor)) / np.maximum(cover, 0.2)[..., None], cover


def _carried(gap: Floats, cover: Floats, inside: NDArray[np.bool_], ring: int) -> Floats | None:
    """The gap on a ring of `ring` cells: smoothed, carried inward, faded out; None if it tells nothing."""
    depth = depths(inside, 4 * ring + 1).astype(np.float32)
    size = np.abs(gap).max(axis=2)
    cover = np.where((depth > 0) & (depth <= ring) & (size < 2 * _DRIFT), cover, 0)
    if cover.sum() < 0.5:
        return None
    usual = np.median(gap[cover > 0], axis=0)
    usual = usual * np.clip(2 - np.abs(usual).max() / _DRIFT, 0, 1)
    strange = np.abs(gap - usual).max(axis=2)
    trust = np.clip(2 - np.maximum(strange / _SPREAD, size / _DRIFT), 0, 1)[..., None]
    gap = trust * gap + (1 - trust) * usual
    ramp = np.clip((4 * ring + 1 - depth) / (3 * ring), 0, 1)
    fade = _smoothed((ramp * ramp * (3 - 2 * ramp))[..., None], np.ones_like(ramp), 1)
    return _smoothed(gap, cover, ring) * fade


def _smoothed(field: Floats, weight: Floats, sigma: float) -> Floats:
    """A normalised Gaussian blur of (rows, columns, channels), where every value counts by its weight.

    Far from all weight there is the mean. Sides are so short that a product with a matrix is the fastest
    blur.
    """
    places = (np.arange(length, dtype=np.float32) for length in weight.shape)
    rows, columns = (np.exp(-(((place[:, None] - place) / sigma) ** 2) / 2) for place in places)
    field = field * weight[..., None]
    mean = field.sum(axis=(0, 1)) / weight.sum()
    sums = np.stack([rows @ channel @ columns for channel in np.moveaxis(field, 2, 0)], axis=2)
    blurred: Floats = (sums + 1e-4 * mean) / (rows @ weight @ columns + 1e-4)[..., None]
    return blurred


def _offset(picture: Image.Image, offset: Floats, factor: int) -> Image.Image:
    """Add an offset given by cell to the colours of a picture, saturating; alpha stays."""
    region = (0, 0, picture.width / factor, picture.height / factor)
    colours = picture.convert("RGB")
    for sign, change in ((1, ImageChops.add), (-1, ImageChops.subtract)):
        part = Image.fromarray((np.clip(sign * offset, 0, 255) + 0.5).astype(np.uint8))
        colours = change(colours, part.resize(picture.size, Image.Resampling.BILINEAR, box=region))
    if picture.mode == "RGBA":
        colours.putalpha(picture.getchannel("A"))
    return colours
