"""Where the looks of a scene's things come from: from memory, from a reference picture, or from the picture
that is being edited.

Nouns: a *sprite* is a thing cut out of a picture, RGBA. A thing that leans or is given a color is turned and
painted as a sprite: exact, and less for the renderer to learn.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from studio.models.pocket.codes import (
    DEFAULT_HORIZON,
    HAND_OF_STYLE,
    HANDS,
    NAME_CODE,
    NAMES,
    horizon_of,
)
from studio.models.pocket.layout_map import BEHIND
from studio.models.pocket.memory import Looks, Memory, look_at
from studio.models.pocket.scene import LANDS, SIZE, Scene, Thing
from studio.models.pocket.things import THINGS
from studio.models.pocket.tinting import tint

LEAN = 2.0  # degrees
SPRITE = 320  # pixels a side of a remembered drawing when it is turned

Net = Callable[[Tensor], Tensor]


class Gallery:
    """Makes the looks of scenes. `encode` and `decode` are the autoencoder's."""

    def __init__(self, memory: Memory, encode: Net, decode: Net) -> None:
        self.memory, self.encode, self.decode = memory, encode, decode

    def hang(
        self, scene: Scene, references: Sequence[Image.Image], own: Mapping[int, Image.Image]
    ) -> tuple[Scene, Looks]:
        """The looks of the things of a scene, in their order, and the scene as it is to be drawn with them.

        `references` and `own` are sprites: of the given pictures, and by index of things that are to look as
        they do in the picture being edited, in the color that they are to have.
        """
        things, looks = [], [self.memory.recall(torch.zeros(0, dtype=torch.long))]
        for i, thing in enumerate(scene.things):
            sprite = own.get(i) if thing.reference is None else references[thing.reference]
            if sprite is None and (thing.color or abs(thing.angle) > LEAN):
                sprite = self.remembered(thing, scene.style)
            if sprite is not None and thing.color:
                sprite = sprite if i in own else painted(sprite, thing.color)
                thing = replace(thing, color=None)
            if sprite is not None and abs(thing.angle) > LEAN:
                thing, sprite = turned(thing, sprite)
            things.append(thing)
            row = torch.tensor([_row(thing, scene.style)])
            looks.append(self.memory.recall(row) if sprite is None else look_at([sprite], self.encode))
        joined = looks[0]
        for look in looks[1:]:
            joined = joined.join(look)
        return replace(scene, things=tuple(things)), joined

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

    def remembered(self, thing: Thing, style: str) -> Image.Image:
        """The drawing of a thing as it is remembered, as a sprite."""
        look = self.memory.recall(torch.tensor([_row(thing, style)]))
        pixels = self.decode(look.levels[0])[0].float().clamp(-1, 1).permute(1, 2, 0).cpu().numpy()
        alpha = Image.fromarray((look.planes[0, 0].numpy() * 255).round().astype(np.uint8))
        picture = Image.fromarray(((pixels + 1) * 127.5).round().astype(np.uint8))
        picture.putalpha(alpha.resize(picture.size, Image.Resampling.BICUBIC))
        aspect = THINGS[thing.name].aspect
        wide, high = (1.0, 1 / aspect) if aspect >= 1 else (aspect, 1.0)
        return picture.resize((round(SPRITE * wide), round(SPRITE * high)), Image.Resampling.BICUBIC)


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


def _row(thing: Thing, style: str) -> int:
    return HANDS.index(HAND_OF_STYLE[style]) * len(NAMES) + NAME_CODE[thing.name]


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


def turned(thing: Thing, sprite: Image.Image) -> tuple[Thing, Image.Image]:
    """A thing and its sprite, both turned already: the same place, upright in a larger box."""
    x, y, width, height = thing.box
    scale = max(sprite.size) / max(width, height)
    drawn = sprite.resize(
        (max(2, round(width * scale)), max(2, round(height * scale))), Image.Resampling.BICUBIC
    )
    if thing.flip:
        drawn = drawn.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    drawn = drawn.rotate(-thing.angle, Image.Resampling.BICUBIC, expand=True)
    drawn = drawn.crop(drawn.getchannel("A").point([255 if a > 20 else 0 for a in range(256)]).getbbox())
    wide, high = drawn.width / scale, drawn.height / scale
    box = (x + (width - wide) / 2, y + (height - high) / 2, wide, high)
    return replace(thing, box=box, flip=False, angle=0.0), drawn


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
