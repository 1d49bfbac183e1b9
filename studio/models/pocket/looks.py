"""Where the looks of a scene come from: from memory, from a reference picture, or from the picture that is
being edited; made into a draft and a ground, which is all that the renderer is shown.

Nouns: a *sprite* is a thing cut out of a picture, RGBA; a `Laid` draft is one that is ready to be drawn from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torch import Tensor

from studio.models.pocket.blocks import LATENT_CHANNELS, PIXELS
from studio.models.pocket.codes import horizon_of
from studio.models.pocket.compositing import bounds, mark
from studio.models.pocket.continuing import continued
from studio.models.pocket.drafting import Light, draft
from studio.models.pocket.layout_map import BEHIND
from studio.models.pocket.memory import Memory, sprite_of
from studio.models.pocket.poses import around
from studio.models.pocket.scene import LANDS, Background, Box, Scene, Thing
from studio.models.pocket.tinting import Body, tint
from studio.models.pocket.views import COMPARED, View, fitting, leveled, misfit, toned

SAME_PLACE = 6.0  # levels that a background found in memory may differ on average where it is seen
UNLIKE = 28  # levels; what differs more from the background is a thing
THIN = 9  # pixels; what is thinner is an edge that lies a little elsewhere
LEAST = 6  # sixty-fourths square; what is smaller is nothing that anybody would name
Net = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Laid:
    """A draft as pixels [512, 512, 3], and as the renderer is shown it, [1, DRAFT, 32, 32]."""

    pixels: NDArray[np.uint8]
    shown: Tensor

    @property
    def covered(self) -> NDArray[np.float32]:
        """How much of each place things cover, [64, 64] of 0..1."""
        quarters = self.shown[:, LATENT_CHANNELS : LATENT_CHANNELS + 4]
        cover: NDArray[np.float32] = F.pixel_shuffle(quarters, 2)[0, 0].float().cpu().numpy()
        return cover


class Gallery:
    """Makes what the renderer is shown of scenes. `encode` and `decode` are the autoencoder's."""

    def __init__(self, memory: Memory, encode: Net, decode: Net) -> None:
        self.memory, self.encode, self.decode = memory, encode, decode
        self.remembered = lru_cache(maxsize=256)(self._remembered)
        # An edit needs the painting several times, and the next edit most likely the same one.
        self.painting = lru_cache(maxsize=16)(self._painting)

    def draft(
        self,
        scene: Scene,
        references: Sequence[Image.Image],
        own: Mapping[int, Image.Image],
        behind: Image.Image | None = None,
    ) -> Laid:
        """The draft of a scene on what lies `behind`, if that is known.

        `references` and `own` are sprites: of the given pictures, and by index of things that are to look as
        they do in the picture being edited, in the color that they are to have.
        """
        sprites = [
            own.get(i) or self._sprite(thing, scene, references) for i, thing in enumerate(scene.things)
        ]
        laid = draft(scene, sprites, behind)
        latents = self._encoded(laid.pixels)
        planes = torch.from_numpy(laid.planes).to(latents.device)[None]
        return Laid(laid.pixels, torch.cat([latents.float(), planes], 1))

    def _sprite(self, thing: Thing, scene: Scene, references: Sequence[Image.Image]) -> Image.Image:
        if thing.reference is None:
            sprite = self.remembered(thing.name, scene.style)
            body = self.memory.body(thing.name, scene.style)
            return painted(sprite, thing.color, body) if thing.color else sprite
        sprite = references[thing.reference]
        return painted(sprite, thing.color) if thing.color else sprite

    def ground(self, behind: Image.Image) -> Tensor:
        """What the renderer is told of a background that is known, [1, GROUND, 32, 32]."""
        latents = self._encoded(np.asarray(behind)).float()
        return torch.cat([latents, torch.full_like(latents[:, :1], BEHIND)], 1)

    def behind(self, scene: Scene, view: View) -> Image.Image:
        """A scene's background [512, 512]: that view of the remembered painting, its horizon where the scene
        has it.
        """
        painting = self._painting_of(scene)
        return view.of(painting, horizon_of(scene.background)) if has_views(scene) else painting

    def found_behind(
        self, scene: Scene, picture: Image.Image, hidden: NDArray[np.float32]
    ) -> Image.Image | None:
        """The background of a picture [512, 512] of a scene, also where it is hidden: the one that is
        remembered, or where it is none of these, what is seen of it carried on; None if nothing is seen.
        `hidden` [512, 512] is 1 where the picture does not count.
        """
        bare = self._bare(scene, hidden)
        seen, left = toned(self.behind(scene, self.view(scene, picture, hidden)), picture, bare)
        return seen if left < SAME_PLACE else continued(picture, _covered(scene, hidden))

    def view(self, scene: Scene, picture: Image.Image, hidden: NDArray[np.float32] | None = None) -> View:
        """The view that lies behind a picture of a scene; `hidden` as in `found_behind`."""
        if not has_views(scene):
            return View()
        painting, horizon = self._painting_of(scene), horizon_of(scene.background)
        return fitting(painting, picture, horizon, self._bare(scene, hidden))

    def located(self, scene: Scene, places: Sequence[Background], picture: Image.Image) -> Scene:
        """The scene of a picture in the one of some places whose remembered painting fits it best: an eye
        can take mountains behind a castle for a meadow.
        """
        if len(places) < 2 or any(place.kind not in LANDS for place in places):
            return scene
        bare = self._bare(scene, None)

        def off(place: Background) -> float:
            painting = self._painting_of(replace(scene, background=place))
            return misfit(painting, picture, horizon_of(place), bare)

        return replace(scene, background=min(places, key=off))

    def leveled(self, scene: Scene, picture: Image.Image) -> Scene:
        """The scene of a picture, its horizon where the remembered painting has it: an eye is less exact."""
        if scene.background.kind not in LANDS:
            return scene
        line = leveled(
            self._painting_of(scene), picture, horizon_of(scene.background), self._bare(scene, None)
        )
        return replace(scene, background=replace(scene.background, horizon=round(line)))

    def strange(self, scene: Scene, picture: Image.Image, found: Image.Image) -> Image.Image:
        """Where a picture differs from its background and no thing of the scene is: what nobody has seen is
        there all the same. A mask [512, 512].
        """
        apart = np.abs(np.asarray(picture, np.int16) - np.asarray(found, np.int16)).max(-1) > UNLIKE
        size = PIXELS // COMPARED
        bare = self._bare(scene, None).repeat(size, 0).repeat(size, 1)
        mask = Image.fromarray(((apart & bare) * 255).astype(np.uint8))
        return mask.filter(ImageFilter.MinFilter(THIN)).filter(ImageFilter.MaxFilter(THIN + 4))

    def unseen(self, scene: Scene, picture: Image.Image, found: Image.Image | None) -> Box | None:
        """The box of the largest thing in a picture that is none of the scene, if its background is known."""
        return next(iter(self.unknown(scene, picture, found)), None)

    def unknown(self, scene: Scene, picture: Image.Image, found: Image.Image | None) -> list[Box]:
        """The boxes of what stands out from a background that is known and is none of the scene, the largest
        first.
        """
        return parts(self.strange(scene, picture, found)) if found else []

    @staticmethod
    def _bare(scene: Scene, hidden: NDArray[np.float32] | None) -> NDArray[np.bool_]:
        """Where neither a thing nor its shadow nor something else hides the background, [64, 64]."""
        covered = _covered(scene, np.zeros((PIXELS, PIXELS), np.float32) if hidden is None else hidden)
        size = PIXELS // COMPARED
        bare: NDArray[np.bool_] = covered.reshape(COMPARED, size, COMPARED, size).max((1, 3)) == 0
        return bare

    def _painting_of(self, scene: Scene) -> Image.Image:
        return self.painting(replace(scene.background, horizon=None), scene.style)

    def _painting(self, background: Background, style: str) -> Image.Image:
        """A remembered background, its horizon in the usual place. It is shared: do not draw on it."""
        pixels = (
            self.decode(self.memory.ground(background, style))[0]
            .float()
            .clamp(-1, 1)
            .permute(1, 2, 0)
            .cpu()
            .numpy()
        )
        return Image.fromarray(((pixels + 1) * 127.5).round().astype(np.uint8))

    def _encoded(self, pixels: NDArray[np.uint8]) -> Tensor:
        return self.encode(torch.from_numpy(pixels / np.float32(127.5) - 1).permute(2, 0, 1)[None])

    def _remembered(self, name: str, style: str) -> Image.Image:
        """A drawing as it is remembered."""
        drawing, outline = self.memory.drawing(name, style)
        return sprite_of(name, self.decode(drawing)[0], outline)


def _covered(scene: Scene, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
    """`hidden`, and where things and their shadows are, [512, 512] of 0 and 1."""
    covered = hidden.copy()
    for thing in scene.things:
        mark(covered, around(thing.box, thing.angle))
    return covered


def has_views(scene: Scene) -> bool:
    """Whether the background is a place, not a sheet of paper."""
    return scene.background.kind in LANDS or scene.background.kind == "space"


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


def painted(sprite: Image.Image, color: str, body: Body | None = None) -> Image.Image:
    """A sprite whose body has a color; `body` is that of the drawing it is a copy of, if that is known."""
    return Image.fromarray(tint(np.asarray(sprite), color, body))


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


def parts(mask: Image.Image) -> list[Box]:
    """The boxes, in units, of the parts of a mask [512, 512] that are not tiny, the largest first."""
    size = PIXELS // COMPARED
    left, found = np.array(np.asarray(mask.reduce(size)) > 127), []
    while left.any():
        part = np.zeros_like(left)
        part[np.unravel_index(left.argmax(), left.shape)] = True
        while (grown := _grown(part) & left).sum() > part.sum():
            part = grown
        left &= ~part
        if part.sum() >= LEAST:
            found.append(part)
    near = [_grown(part).repeat(size, 0).repeat(size, 1) for part in sorted(found, key=lambda p: -p.sum())]
    boxes = [bounds((plane & (np.asarray(mask) > 127)).astype(np.float32)) for plane in near]
    return [box for box in boxes if box is not None]


def _grown(part: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A part of a plane with its neighbors above, below and beside it."""
    wide = np.pad(part, 1)
    return wide[1:-1, 1:-1] | wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]


def carried(
    ground: Image.Image, picture: Image.Image, mask: Image.Image, old: Light, new: Light
) -> Image.Image:
    """A background with what a mask shows of a picture on it, taken from one light into another."""
    gains = [b / a for a, b in zip(old, new, strict=True)]
    lit = picture.point([min(255, round(v * gain)) for gain in gains for v in range(256)])
    return Image.composite(lit, ground, mask.filter(ImageFilter.GaussianBlur(1.5)))
