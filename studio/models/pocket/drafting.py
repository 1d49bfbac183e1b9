"""Drafts: the things of a scene, cut out and laid where they are to be, on what lies behind them or, where
that is not known, on gray paper.

A draft is what the renderer starts from. Looks come in by it and by nothing else, so that a thing in a
reference picture is drawn like one that is remembered; what a memory has lost, how a thing meets what is
under it, and what lies behind where nobody knows it, are the renderer's work.

Nouns: a *sprite* is a thing cut out of a picture, RGBA; a `Draft` is the picture of a draft with *planes*
that tell, for every quarter of a latent cell, how much of it things cover, whether they stand there, whether
they glow, and which of them is on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from . import scenery
from .blocks import GRID, PIXELS
from .codes import horizon_of
from .scene import LANDS, MAX_THINGS, Background, Scene, Thing
from .shadows import SCALE as SCALE
from .shadows import draw_edge, draw_shadow
from .things import THINGS

PAPER = (174, 177, 184)
UPRIGHT = 20.0  # degrees; what leans further lies, and has no foot to cast a shadow from
PLANES = 4
Light = tuple[float, float, float]
WHITE: Light = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Draft:
    """`pixels` [512, 512, 3] and `planes` [4 * PLANES, 32, 32] of 0..1, a cell's four quarters together."""

    pixels: NDArray[np.uint8]
    planes: NDArray[np.float32]


def draft(scene: Scene, sprites: Sequence[Image.Image], ground: Image.Image | None = None) -> Draft:
    """The draft of a scene, with a sprite for each of its things, painted already in the color it has, on its
    background [512, 512], if that is known.
    """
    picture = ground.copy() if ground is not None else Image.new("RGB", (PIXELS, PIXELS), PAPER)
    planes = [Image.new("L", picture.size) for _ in range(PLANES)]
    for i, (thing, sprite) in enumerate(zip(scene.things, sprites, strict=True)):
        place, laid = placed(sprite, thing, light_on(scene.background, thing))
        lay(picture, scene, thing, place, laid)
        shape = laid.getchannel("A")
        values = (255, 255 * casts_shadow(scene, thing), 255 * glows(thing), 255 * (i + 1) // MAX_THINGS)
        for plane, value in zip(planes, values, strict=True):
            plane.paste(value, place, shape)
    fine = np.stack(
        [np.asarray(plane.resize((2 * GRID, 2 * GRID), Image.Resampling.BOX)) for plane in planes]
    )
    quarters = fine.reshape(PLANES, GRID, 2, GRID, 2).transpose(0, 2, 4, 1, 3).reshape(-1, GRID, GRID)
    return Draft(np.asarray(picture), (quarters / np.float32(255)).astype(np.float32))


def lay(
    picture: Image.Image, scene: Scene, thing: Thing, place: tuple[int, int], sprite: Image.Image
) -> None:
    """Paste a placed sprite on a picture of its scene, with its shadow, and on paper with its rim."""
    if casts_shadow(scene, thing):
        draw_shadow(picture, thing, scene.style)
    if scene.style == "paper":
        draw_edge(picture, place, sprite)
    picture.paste(sprite, place, sprite)


def placed(sprite: Image.Image, thing: Thing, light: Light = WHITE) -> tuple[tuple[int, int], Image.Image]:
    """A sprite sized, flipped, lit and turned, and its upper left corner in pixels."""
    x, y, width, height = (v * SCALE for v in thing.box)
    sprite = sprite.resize(
        (max(2, round(width)), max(2, round(height))), Image.Resampling.BICUBIC, reducing_gap=2.0
    )
    if thing.flip:
        sprite = sprite.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if light != WHITE:
        sprite = sprite.point([*(round(v * gain) for gain in light for v in range(256)), *range(256)])
    if thing.angle:
        # What reaches the edge of its square would be cut off in steps.
        sprite = ImageOps.expand(sprite, 2, (0, 0, 0, 0))
        sprite = sprite.rotate(-thing.angle, Image.Resampling.BICUBIC, expand=True)
    return (round(x + (width - sprite.width) / 2), round(y + (height - sprite.height) / 2)), sprite


def casts_shadow(scene: Scene, thing: Thing) -> bool:
    """Things that stand on something darken it a little where they touch it; paper has shadows of its own."""
    if scene.style == "paper" or abs(thing.angle) > UPRIGHT or THINGS[thing.name].flies:
        return False
    if scene.background.kind not in (*LANDS, "plain", "gradient"):
        return False
    return thing.box[1] + thing.box[3] > horizon_of(scene.background) + 4


def light_on(background: Background, thing: Thing) -> Light:
    """The color of the light on a thing: that of the hour and the weather, and none on what glows itself."""
    return WHITE if glows(thing) else scenery.light(background)


def glows(thing: Thing) -> bool:
    """Whether a thing keeps its brightness at night."""
    return thing.reference is None and THINGS[thing.name].glows
