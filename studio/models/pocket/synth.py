"""Exact pictures of scenes, drawn from the sprites (training and judging only).

Nouns: `Studio` draws; a `Drawn` is a picture with what is known of every pixel; a *cut-out* is a sprite as it
is pasted: sized, lit, flipped and turned.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from . import art, scenery
from .codes import HAND_OF_STYLE
from .drafting import SCALE, Draft, casts_shadow, draft, light_on, placed
from .scene import Background, Scene, Thing
from .tinting import tint

Pixels = NDArray[np.uint8]
EDGE = 4.0  # pixels of paper left around what is cut out
PAPER_EDGE = (250, 248, 242)
SHADE = (22, 24, 44)


@dataclass(frozen=True)
class Drawn:
    """A picture [512, 512, 3]; `owner` [512, 512] holds 0 for the background and i + 1 for thing i where it
    is seen; `sky` [512, 512] is 255 where the sky is seen or hidden behind things.
    """

    pixels: Pixels
    owner: Pixels
    sky: Pixels


class Studio:
    """Draws scenes exactly, from the sprites in `assets`."""

    def __init__(self, assets: Path) -> None:
        self.library = art.Library(assets)

    def draw(self, scene: Scene, seed: int = 0, references: Sequence[Image.Image] = ()) -> Pixels:
        """The picture of a scene, [512, 512, 3]; the seed decides what the scene leaves open."""
        return self.draw_all(scene, seed, references).pixels

    def draw_all(self, scene: Scene, seed: int = 0, references: Sequence[Image.Image] = ()) -> Drawn:
        """The picture of a scene with its owners and its sky. `references` are RGBA."""
        backdrop, sky = backdrop_of(scene.background, scene.style, seed)
        picture = Image.fromarray(backdrop)
        owner = Image.new("L", picture.size)
        for i, thing in enumerate(scene.things):
            place, sprite = self.cut_out(thing, scene, references)
            if casts_shadow(scene, thing):
                draw_shadow(picture, thing, scene.style)
            if scene.style == "paper":
                draw_edge(picture, place, sprite)
            picture.paste(sprite, place, sprite)
            owner.paste(
                i + 1, place, sprite.getchannel("A").point([255 if a > 127 else 0 for a in range(256)])
            )
        return Drawn(np.asarray(picture), np.asarray(owner), sky)

    def cut_out(
        self, thing: Thing, scene: Scene, references: Sequence[Image.Image] = ()
    ) -> tuple[tuple[int, int], Image.Image]:
        """A thing's sprite as it is pasted, and where."""
        return placed(self.sprite(thing, scene.style, references), thing, light_on(scene.background, thing))

    def draft(self, scene: Scene, ground: Image.Image | None = None) -> Draft:
        """What the renderer is shown of a scene."""
        return draft(scene, [self.sprite(thing, scene.style) for thing in scene.things], ground)

    def sprite(self, thing: Thing, style: str, references: Sequence[Image.Image] = ()) -> Image.Image:
        """A thing's sprite in its color."""
        if thing.reference is None:
            return self.library.sprite(thing.name, thing.color, HAND_OF_STYLE[style])
        sprite = references[thing.reference]
        return Image.fromarray(tint(np.asarray(sprite), thing.color)) if thing.color else sprite


@lru_cache(maxsize=128)
def backdrop_of(background: Background, style: str, seed: int) -> tuple[Pixels, Pixels]:
    """A background's picture and its sky. Do not draw on them: they are shared."""
    return scenery.paint_with_sky(background, style, random.Random(seed))


@lru_cache(maxsize=2)
def _penumbra(soft: float) -> Image.Image:
    """A blurred ellipse, as darkness 0..255, with a third of its size as margin."""
    ellipse = Image.new("L", (160, 80))
    ImageDraw.Draw(ellipse).ellipse((27, 14, 133, 66), fill=255)
    return ellipse.filter(ImageFilter.GaussianBlur(soft))


def draw_shadow(picture: Image.Image, thing: Thing, style: str) -> None:
    """Where a standing thing touches the ground."""
    x, y, width, height = (v * SCALE for v in thing.box)
    rx, ry = 0.75 * width, max(8.0, 0.13 * width)
    soft, dark = (12.0, 0.5) if style == "3d" else (2.0, 0.22)
    mask = _penumbra(soft).resize((max(2, round(2 * rx)), max(2, round(2 * ry))), Image.Resampling.BILINEAR)
    mask = mask.point([round(a * dark) for a in range(256)])
    picture.paste(SHADE, (round(x + width / 2 - rx), round(y + height * 0.975 - ry)), mask)


def draw_edge(picture: Image.Image, place: tuple[int, int], sprite: Image.Image) -> None:
    """The rim of paper around a cut-out, and the shadow it throws on what lies under it."""
    margin = 18
    shape = Image.new("L", (sprite.width + 2 * margin, sprite.height + 2 * margin))
    shape.paste(sprite.getchannel("A"), (margin, margin))
    rim = shape.filter(ImageFilter.GaussianBlur(EDGE)).point(
        [min(255, max(0, (a - 10) * 7)) for a in range(256)]
    )
    shade = rim.filter(ImageFilter.GaussianBlur(5)).point([round(a * 0.42) for a in range(256)])
    left, top = place[0] - margin, place[1] - margin
    picture.paste(SHADE, (left + 3, top + 7), shade)
    picture.paste(PAPER_EDGE, (left, top), rim)
