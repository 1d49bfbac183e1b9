"""Putting what was drawn into what was there: planes, feathers, and a rim that matches.

Nouns: a *plane* is [512, 512] float32, 1 where pixels may change.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image

from .blocks import PIXELS
from .scene import SIZE, Box

SCALE = PIXELS / SIZE  # pixels a unit
MARGIN = 8.0  # units around a changed box that are drawn with it
SHADOW = (0.27, 0.15)  # how far the shadow of a thing reaches beside and below it, in widths of it
FEATHER = 12  # pixels over which a changed region fades into the source, inwards
FOLLOWS = 16.0  # levels that a drawing may be away from its draft and still be taken to follow it
Plane = NDArray[np.float32]


def mark(plane: Plane, box: Box) -> None:
    """Set a box (in units), its margin and its shadow."""
    x, y, width, height = box
    beside, below = SHADOW[0] * width + MARGIN, SHADOW[1] * width + MARGIN
    sides = (x - beside, x + width + beside, y - MARGIN, y + height + below)
    left, right, top, bottom = (min(PIXELS, max(0, round(v * SCALE))) for v in sides)
    plane[top:bottom, left:right] = 1


def square(image: Image.Image) -> Image.Image:
    """The picture as the networks see it."""
    rgb = image.convert("RGB")
    return rgb if rgb.size == (PIXELS, PIXELS) else rgb.resize((PIXELS, PIXELS), Image.Resampling.LANCZOS)


def mask_plane(mask: Image.Image) -> Plane:
    small = mask.convert("L").resize((PIXELS, PIXELS), Image.Resampling.BOX)
    return (np.asarray(small, np.float32) > 0).astype(np.float32)


def bounds(plane: Plane) -> Box | None:
    """The box around a plane, in units; None if it is empty."""
    ys, xs = np.nonzero(plane)
    if not len(xs):
        return None
    left, top, right, bottom = (float(v) for v in (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1))
    return left / SCALE, top / SCALE, (right - left) / SCALE, (bottom - top) / SCALE


def to_image(pixels: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(pixels.round().astype(np.uint8))


def _blur(plane: Plane, radius: float) -> Plane:
    """Gaussian blur of [H, W] or [H, W, C], edges repeated; a wide one is taken of a smaller plane."""
    shrink = 4 if radius > 16 else 1
    x = torch.from_numpy(np.ascontiguousarray(plane, np.float32))
    x = x.reshape(*plane.shape[:2], -1).permute(2, 0, 1)[:, None]
    x = F.avg_pool2d(x, shrink) if shrink > 1 else x
    size = int(3 * radius / shrink)
    taps = torch.exp(-(torch.arange(-size, size + 1).float() ** 2) / (2 * (radius / shrink) ** 2))
    taps = taps / taps.sum()
    x = F.conv2d(F.pad(x, (size, size, 0, 0), mode="replicate"), taps.view(1, 1, 1, -1))
    x = F.conv2d(F.pad(x, (0, 0, size, size), mode="replicate"), taps.view(1, 1, -1, 1))
    if shrink > 1:
        x = F.interpolate(x, size=plane.shape[:2], mode="bilinear")
    out: Plane = x[:, 0].permute(1, 2, 0).reshape(plane.shape).numpy()
    return out


def _feathered(allowed: Plane, radius: int) -> Plane:
    """1 deep inside the region, falling to 0 at its edge; the picture's own edge does not count as one."""
    inner = 1 - np.clip(_blur(1 - allowed, radius / 2) * 2, 0, 1)
    return (inner * allowed).astype(np.float32)


def _rim_offset(difference: NDArray[np.float32], allowed: Plane) -> NDArray[np.float32]:
    """What to add inside a region so that it meets its surroundings: the difference along its rim, spread
    inwards.

    Neither the autoencoder nor the renderer is exact, and an error of a few levels shows as a box on a
    gradient.
    """
    rim = allowed * (_blur(1 - allowed, 5.0) > 0.06)
    # A rim pixel that differs much belongs to something drawn there; it says nothing about an offset.
    trust = rim * (np.abs(difference).max(-1) < 28)
    total = np.full(allowed.shape, 1e-6, np.float32)
    offset = np.zeros_like(difference)
    for radius, share in ((10.0, 1.0), (32.0, 0.02), (80.0, 0.0004)):
        total += share * _blur(trust, radius)
        offset += share * _blur(difference * trust[..., None], radius)
    spread: NDArray[np.float32] = np.clip(offset / total[..., None], -24, 24)
    return spread


def with_detail(
    drawn: NDArray[np.float32], laid: NDArray[np.uint8], restored: NDArray[np.float32]
) -> NDArray[np.float32]:
    """What was drawn, with the detail put back that the autoencoder loses of its draft `laid`, of which
    `restored` is what it gives back (all [512, 512, 3], 0..255): where the drawing follows the draft, what is
    missing from both is the same.
    """
    apart = _blur(np.abs(drawn - restored).max(-1), 3.0)
    follows = np.clip(1.5 - apart / FOLLOWS, 0, 1)[..., None]
    detailed: NDArray[np.float32] = np.clip(drawn + (laid - restored) * follows, 0, 255)
    return detailed


def on_ground(
    drawn: NDArray[np.float32], laid: NDArray[np.uint8], covered: NDArray[np.float32]
) -> NDArray[np.float32]:
    """What was drawn where things are; away from them the draft `laid` (both [512, 512, 3]), which on a
    background that is known is exact, with every shadow. `covered` [64, 64] is how much of a place things
    cover.
    """
    size = PIXELS // len(covered)
    near = (covered > 0).astype(np.float32).repeat(size, 0).repeat(size, 1)
    weight = np.clip(_blur(near, FEATHER / 2) * 2, 0, 1)[..., None]
    ground = laid.astype(np.float32)
    return (ground + (drawn - ground) * weight).astype(np.float32)


def composite(
    source: Image.Image, drawn: NDArray[np.float32], allowed: Plane, mask: Image.Image | None
) -> Image.Image:
    """The source with its allowed region drawn again; every pixel outside is the source's own."""
    original = source.convert("RGB")
    small = np.asarray(square(original), np.float32)
    drawn = np.clip(drawn + _rim_offset(small - drawn, allowed) * allowed[..., None], 0, 255)
    # Where the drawing says what the source says already, the source's own pixels are better.
    changed = np.clip((_blur(np.abs(drawn - small).max(-1), 4.0) - 1.5) / 5, 0, 1)
    alpha = _to_mask((_feathered(allowed, FEATHER) * changed).astype(np.float32), original.size)
    if mask is not None:
        given = mask.convert("L").resize(original.size, Image.Resampling.NEAREST)
        alpha = Image.fromarray(
            np.minimum(np.asarray(alpha), np.where(np.asarray(given) > 0, 255, 0).astype(np.uint8))
        )
    big = to_image(drawn)
    if big.size != original.size:
        big = big.resize(original.size, Image.Resampling.LANCZOS)
    return Image.composite(big, original, alpha)


def _to_mask(alpha: Plane, size: tuple[int, int]) -> Image.Image:
    image = Image.fromarray((alpha * 255).round().astype(np.uint8))
    return image if image.size == size else image.resize(size, Image.Resampling.BILINEAR)
