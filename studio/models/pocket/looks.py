"""Where the looks of a scene come from: from memory, from a reference picture, or from the picture that is
being edited; made into a draft and a ground, which is all that the renderer is shown.

Nouns: a *sprite* is a thing cut out of a picture, RGBA.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from studio.models.pocket.codes import DEFAULT_HORIZON, horizon_of
from studio.models.pocket.drafting import draft
from studio.models.pocket.layout_map import BEHIND
from studio.models.pocket.memory import Memory, sprite_of
from studio.models.pocket.scene import LANDS, SIZE, Scene, Thing
from studio.models.pocket.tinting import tint

Net = Callable[[Tensor], Tensor]


class Gallery:
    """Makes what the renderer is shown of scenes. `encode` and `decode` are the autoencoder's."""

    def __init__(self, memory: Memory, encode: Net, decode: Net) -> None:
        self.memory, self.encode, self.decode = memory, encode, decode
        self.remembered = lru_cache(maxsize=256)(self._remembered)

    def draft(
        self, scene: Scene, references: Sequence[Image.Image], own: Mapping[int, Image.Image]
    ) -> Tensor:
        """The draft of a scene, [1, DRAFT, 32, 32].

        `references` and `own` are sprites: of the given pictures, and by index of things that are to look as
        they do in the picture being edited, in the color that they are to have.
        """
        sprites = [
            own.get(i) or self._sprite(thing, scene, references) for i, thing in enumerate(scene.things)
        ]
        laid = draft(scene, sprites)
        latents = self.encode(torch.from_numpy(laid.pixels / np.float32(127.5) - 1).permute(2, 0, 1)[None])
        return torch.cat([latents.float(), torch.from_numpy(laid.planes).to(latents.device)[None]], 1)

    def _sprite(self, thing: Thing, scene: Scene, references: Sequence[Image.Image]) -> Image.Image:
        if thing.reference is None:
            sprite = self.remembered(thing.name, scene.style)
        else:
            sprite = references[thing.reference]
        return painted(sprite, thing.color) if thing.color else sprite

    def ground(self, scene: Scene, rng: random.Random) -> Tensor:
        """What the renderer is told of a scene's background, [1, GROUND, 32, 32]: the remembered painting,
        mirrored or not, closer or farther, its horizon where the scene has it.
        """
        latents = self.memory.ground(scene)
        if scene.background.kind in LANDS or scene.background.kind == "space":
            pixels = self.decode(latents)[0].float().clamp(-1, 1).permute(1, 2, 0).cpu().numpy()
            painted = Image.fromarray(((pixels + 1) * 127.5).round().astype(np.uint8))
            moved = np.asarray(_elsewhere(painted, horizon_of(scene.background), rng), np.float32)
            latents = self.encode(torch.from_numpy(moved / 127.5 - 1).permute(2, 0, 1)[None])
        return torch.cat([latents.float(), torch.full_like(latents[:, :1], BEHIND, dtype=torch.float32)], 1)

    def _remembered(self, name: str, style: str) -> Image.Image:
        """A drawing as it is remembered."""
        drawing, outline = self.memory.drawing(name, style)
        return sprite_of(name, self.decode(drawing)[0], outline)


def _elsewhere(painted: Image.Image, horizon: float, rng: random.Random) -> Image.Image:
    """A background seen from elsewhere: another part of it, perhaps mirrored, with its horizon moved."""
    side = painted.width
    if rng.random() < 0.5:
        painted = painted.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    wide = side * rng.uniform(0.72, 1.0)
    left = rng.uniform(0, side - wide)
    old, new = round(DEFAULT_HORIZON / SIZE * side), round(horizon / SIZE * side)
    if not new:
        return painted.resize((side, side), Image.Resampling.BICUBIC, (left, side - wide, left + wide, side))
    sky = painted.resize((side, new), Image.Resampling.BICUBIC, (left, max(0, old - new), left + wide, old))
    ground = painted.resize((side, side - new), Image.Resampling.BICUBIC, (left, old, left + wide, side))
    out = Image.new("RGB", (side, side))
    out.paste(sky)
    out.paste(ground, (0, new))
    return out


def shaped(scene: Scene, references: Sequence[Image.Image]) -> Scene:
    """The scene, its things from references in the shape of their pictures: as large, on the same foot."""
    things = []
    for thing in scene.things:
        if thing.reference is not None:
            x, y, width, height = thing.box
            sprite = references[thing.reference]
            aspect = min(4.0, max(0.25, sprite.width / sprite.height))
            wide = (width * height * aspect) ** 0.5
            high = wide / aspect
            thing = replace(thing, box=(x + (width - wide) / 2, y + height - high, wide, high))
        things.append(thing)
    return replace(scene, things=tuple(things))


def painted(sprite: Image.Image, color: str) -> Image.Image:
    """A sprite whose body has a color."""
    return Image.fromarray(tint(np.asarray(sprite), color))


def cut_out(image: Image.Image) -> Image.Image:
    """The thing in a reference picture, as a sprite: by its transparency, or by what differs from the rim."""
    rgba = image.convert("RGBA")
    rgba.thumbnail((640, 640), Image.Resampling.LANCZOS)
    if np.asarray(rgba.getchannel("A")).min() > 250:
        rgba.putalpha(_unlike_rim(rgba.convert("RGB")))
    visible = rgba.getchannel("A").point([255 if a > 20 else 0 for a in range(256)]).getbbox()
    return rgba.crop(visible) if visible else image.convert("RGBA")


def _unlike_rim(picture: Image.Image) -> Image.Image:
    """255 on what does not look like the picture's rim; everything, if that rim is no plain background."""
    pixels = np.asarray(picture.filter(ImageFilter.GaussianBlur(1)), np.float32)
    rim = np.concatenate([pixels[:4].reshape(-1, 3), pixels[-4:].reshape(-1, 3), pixels[:, 0], pixels[:, -1]])
    middle = np.median(rim, 0)
    spread = float(np.percentile(np.abs(rim - middle).max(1), 90))
    if spread > 40:
        return Image.new("L", picture.size, 255)
    away = np.abs(pixels - middle).max(2)
    alpha = np.clip((away - spread - 8) / 16, 0, 1) * 255
    return Image.fromarray(alpha.astype(np.uint8)).filter(ImageFilter.MedianFilter(5))
