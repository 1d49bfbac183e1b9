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
from PIL import Image

from . import art, scenery
from .codes import HAND_OF_STYLE
from .drafting import Draft, draft, lay, light_on, placed
from .scene import Background, Scene, Thing
from .tinting import tint

Pixels = NDArray[np.uint8]


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
            lay(picture, scene, thing, place, sprite)
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
