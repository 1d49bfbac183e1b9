"""Selecting: words or a click to a mask of what is meant, exact to the pixel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from studio.models.pocket import reader
from studio.models.pocket.outlining import blur, halved
from studio.models.pocket.phrasing import seen
from studio.models.pocket.picking import BACKGROUND, GROUND, SEA, SKY
from studio.models.pocket.planning import as_told
from studio.models.pocket.scene import LANDS, OUTDOORS, SIZE, Scene
from studio.models.pocket.seeing import Seer
from studio.models.pocket.sight import Sight

Plane = NDArray[np.uint8]
LARGEST = 2048  # pixels; outlines of larger pictures are found at this size
_FLOORS = ("room", "underwater", "city", "forest", "mountains")  # where something stands behind the ground


def select(
    seer: Seer, image: Image.Image, words: str | None = None, point: tuple[int, int] | None = None
) -> Image.Image:
    """A mask ("L", the size of the picture, white = selected) of what words mean, or of what lies at a point
    in pixels. Raises `NotUnderstood`, saying what is seen, if the words mean nothing there.
    """
    if (words is None) == (point is None):
        raise ValueError("say what to select: either words or a point")
    scale = min(1.0, LARGEST / max(image.size))
    width, height = (max(1, round(side * scale)) for side in image.size)
    picture = image.convert("RGB")
    if scale < 1:
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    sight = seer.see(picture)
    if point is not None:
        x, y = (
            min(max(round(v * scale), 0), side - 1) for v, side in zip(point, (width, height), strict=True)
        )
        plane = _at(seer, picture, sight, x, y)
    else:
        plane = _called(seer, picture, sight, words or "")
    mask = Image.fromarray(plane)
    return mask if scale == 1 else mask.resize(image.size, Image.Resampling.BICUBIC)


def _called(seer: Seer, picture: Image.Image, sight: Sight, words: str) -> Plane:
    try:
        meant = reader.pick(sight.scene, words)
    except reader.NotUnderstood as error:
        if chosen := _faint(sight, words):
            return _union(seer.faint_masks(picture, sight), chosen, picture)
        told = as_told(sight, words)
        if told == sight.scene:
            raise error
        meant = reader.pick(told, words)
    masks = seer.masks(picture, sight)
    things = _union(masks, range(len(masks)), picture)
    if not isinstance(meant, str):
        return _union(masks, meant, picture)
    if meant == BACKGROUND:
        return 255 - things
    plane = _part(seer, picture, sight.scene, meant)
    if plane is None or plane.max() < 128:
        raise reader.NotUnderstood(f"{seen(sight.scene)}; there is no {meant} that I could select.")
    return np.minimum(plane, 255 - things)


def _faint(sight: Sight, words: str) -> list[int]:
    """What words pick of the things that are too faint to be told of: the likeliest one, where it is one."""
    try:
        picked = reader.pick(replace(sight.scene, things=sight.faint), words)
    except reader.NotUnderstood:
        return []
    return [] if isinstance(picked, str) else picked[:1]


def _at(seer: Seer, picture: Image.Image, sight: Sight, x: int, y: int) -> Plane:
    """The frontmost thing at a pixel, else the likeliest of what is faint there, else the part of the
    background.
    """
    masks = seer.masks(picture, sight)
    hit = next((mask for mask in reversed(masks) if mask[y, x] >= 128), None)
    if hit is None:  # only then: another glance costs as much as the first
        hit = next((mask for mask in seer.faint_masks(picture, sight) if mask[y, x] >= 128), None)
    if hit is not None:
        return hit
    free = 255 - _union(masks, range(len(masks)), picture)
    for part in (SKY, GROUND, SEA):
        plane = _part(seer, picture, sight.scene, part)
        if plane is not None and plane[y, x] >= 128:
            return np.minimum(plane, free)
    return free


def _union(masks: list[Plane], chosen: list[int] | range, picture: Image.Image) -> Plane:
    union = np.zeros((picture.height, picture.width), np.uint8)
    for i in chosen:
        union = np.maximum(union, masks[i])
    return union


def _part(seer: Seer, picture: Image.Image, scene: Scene, part: str) -> Plane | None:
    """The sky, the ground or the sea of a landscape; None where it has none."""
    kind = scene.background.kind
    if kind == "space" and part == SKY:
        return np.full((picture.height, picture.width), 255, np.uint8)
    if kind not in LANDS or (part == SKY and kind not in OUTDOORS):
        return None
    sky = seer.sky(picture) if kind in OUTDOORS else np.zeros((picture.height, picture.width), np.uint8)
    if part == SKY:
        return sky
    line = round((scene.background.horizon or SIZE / 2) * picture.height / SIZE)
    rows = np.arange(picture.height)[:, None]
    low = np.where(rows >= line, 255, 0).astype(np.uint8)
    below = np.minimum(255 - sky, low if kind in _FLOORS else 255)
    if kind == "beach":
        shore = _shore(picture, below, line)
        return shore if part == GROUND else np.minimum(below, 255 - shore)
    if kind == "underwater" and part == SEA:
        return 255 - below
    return below if (part == SEA) == (kind == "sea") else None


def _shore(picture: Image.Image, below: Plane, line: int) -> Plane:
    """The sand of a beach: what looks like its lower part rather than like the water at the horizon."""
    pixels = torch.from_numpy(np.asarray(picture, np.float32)).permute(2, 0, 1)
    rows = torch.arange(picture.height)[:, None].expand(picture.height, picture.width)
    depth = (rows - line) / max(1, picture.height - line)
    inside = torch.from_numpy(below).float() / 255
    sand = halved(pixels, inside, (depth > 0.5).float(), ((depth > 0.02) & (depth < 0.2)).float())
    sand = torch.where(depth < 0.15, 0.0, torch.where(depth > 0.5, inside, sand))
    return (blur(sand[None], 1)[0] * 255).round().to(torch.uint8).numpy()
