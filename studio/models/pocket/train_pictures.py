"""What the eye and the glance are trained on: small exact pictures, drawn at the scale they are looked at.

Nouns: an `Album` is a library of small sprites; a *shot* is a square window of a scene, drawn with so many
pixels a side, with who is seen where; a `Ring` holds the latest examples for replaying.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torch import Tensor

from . import art, shadows, synth
from .blocks import PIXELS
from .codes import COLOR_CODE, NAME_CODE, setting_of, to_arrays
from .drafting import casts_shadow
from .eye import CELLS
from .glance import VIEW, Window, window_around
from .scene import SIZE, Box, Scene, Thing
from .scenes import random_scene
from .sight import overlap, shared
from .things import THINGS
from .tinting import tint

Pixels = NDArray[np.uint8]
SPRITE_SIDE = 176  # pixels; larger ones would only be made smaller again
BEYOND = (127, 127, 127)  # what a window shows outside of its picture
BACKDROPS_KEPT = 100
FRESH = 0.6  # of the backgrounds are new: of too few, the eye learns their paintings by heart
TURNED = 0.12  # of the pictures have a thing any way round, beside those that scenes have
_SOLID = [255 if a > 127 else 0 for a in range(256)]


class Album(art.Library):
    """Sprites as large as a small picture needs them, kept beside the drawings, which take longer to read."""

    def _sprite(self, name: str, color: str | None = None, hand: str = "round") -> Image.Image:
        if color is not None:
            return Image.fromarray(tint(np.asarray(self.sprite(name, None, hand)), color))
        path = self.assets / "small" / f"{hand}-{THINGS[name].hexcode}.png"
        if not path.exists():
            sprite = super()._sprite(name, None, hand)
            scale = min(1.0, SPRITE_SIDE / max(sprite.size))
            size = (max(1, round(sprite.width * scale)), max(1, round(sprite.height * scale)))
            path.parent.mkdir(exist_ok=True)
            temporary = path.with_suffix(f".{os.getpid()}")
            sprite.resize(size, Image.Resampling.BOX).save(temporary, "PNG")
            temporary.replace(path)
        return Image.open(path).convert("RGBA")


@dataclass(frozen=True)
class Shot:
    """Part of a scene: `pixels` [n, n, 3]; `owner` [n, n] holds i + 1 where thing i is seen; `shapes` are all
    pixels of each thing, hidden or not; `inside` [n, n] is 255 within the picture.
    """

    pixels: Image.Image
    owner: Image.Image
    shapes: tuple[Pixels, ...]
    inside: Image.Image


class Painter:
    """Draws shots of random scenes; a background costs as much as all the rest, so some are used again."""

    def __init__(self, assets: Path, seed: int) -> None:
        self.rng = random.Random(seed)
        self.studio = synth.Studio(assets)
        self.studio.library = Album(assets)
        self.behind: list[tuple[Scene, int]] = []

    def scene(self, count: int | None = None) -> tuple[Scene, int]:
        """A random scene, and the seed of its background."""
        rng = self.rng
        if len(self.behind) < BACKDROPS_KEPT and (len(self.behind) < 4 or rng.random() < 0.4):
            self.behind.append((random_scene(rng, count=0), rng.getrandbits(30)))
        elif rng.random() < FRESH:
            self.behind[rng.randrange(len(self.behind))] = random_scene(rng, count=0), rng.getrandbits(30)
        behind, seed = rng.choice(self.behind)
        scene = random_scene(rng, count=count, behind=behind)
        if len(scene.things) > 1 and rng.random() < 0.3:
            scene = replace(scene, things=self._crowded(scene.things))
        if scene.things and rng.random() < TURNED:
            turned = replace(scene.things[0], angle=float(round(rng.uniform(-180, 180))))
            scene = replace(scene, things=(turned, *scene.things[1:]))
        return scene, seed

    def _crowded(self, things: tuple[Thing, ...]) -> tuple[Thing, ...]:
        """The last thing partly in front of another, as in "a cat in front of a tree"."""
        rng, (x, y, width, height) = self.rng, things[0].box
        front = things[-1]
        cx, cy = x + width * rng.uniform(-0.05, 1.05), y + height * rng.uniform(-0.05, 1.05)
        box = (round(cx - front.box[2] / 2), round(cy - front.box[3] / 2), *front.box[2:])
        if overlap(things[0].box, box) > 0.45:
            return things
        return (*things[:-1], replace(front, box=box))

    def shot(self, scene: Scene, seed: int, window: Window, side: int) -> Shot:
        """A window of a scene, `side` pixels a side."""
        left, top, span = window
        scale, double = side / span, PIXELS / SIZE
        backdrop = Image.fromarray(synth.backdrop_of(scene.background, scene.style, seed)[0])
        corners = (left * double, top * double, (left + span) * double, (top + span) * double)
        picture = backdrop.crop(tuple(round(v) for v in corners)).resize(  # type: ignore[arg-type]
            (side, side), Image.Resampling.BILINEAR, reducing_gap=2.0
        )
        owner, shapes = Image.new("L", (side, side)), []
        for i, thing in enumerate(scene.things):
            x, y, width, height = thing.box
            part = scale / double
            box = ((x - left) * part, (y - top) * part, width * part, height * part)
            small = replace(thing, box=box)
            place, sprite = self.studio.cut_out(small, scene)
            if casts_shadow(scene, thing):
                shadows.draw_shadow(picture, small, scene.style)
            if scene.style == "paper":
                _draw_edge(picture, place, sprite, scale / double)
            picture.paste(sprite, place, sprite)
            solid = sprite.getchannel("A").point(_SOLID)
            owner.paste(i + 1, place, solid)
            shape = Image.new("L", (side, side))
            shape.paste(solid, place)
            shapes.append(np.asarray(shape))
        inside = Image.new("L", (side, side))
        inside.paste(255, tuple(round(v) for v in _picture_in(window, scale)))  # type: ignore[arg-type]
        if left < 0 or top < 0 or left + span > SIZE or top + span > SIZE:
            picture = Image.composite(picture, Image.new("RGB", (side, side), BEYOND), inside)
        return Shot(picture, owner, tuple(shapes), inside)


def _picture_in(window: Window, scale: float) -> tuple[float, float, float, float]:
    """The picture's corners in a window, in pixels."""
    left, top, span = window
    edges = (
        max(left, 0) - left,
        max(top, 0) - top,
        min(left + span, SIZE) - left,
        min(top + span, SIZE) - top,
    )
    return tuple(max(0.0, edge) * scale for edge in edges)  # type: ignore[return-value]


def _draw_edge(picture: Image.Image, place: tuple[int, int], sprite: Image.Image, scale: float) -> None:
    """`shadows.draw_edge`, for pictures of another scale than 1."""
    margin = round(18 * scale) + 2
    shape = Image.new("L", (sprite.width + 2 * margin, sprite.height + 2 * margin))
    shape.paste(sprite.getchannel("A"), (margin, margin))
    rim = shape.filter(ImageFilter.GaussianBlur(shadows.EDGE * scale))
    rim = rim.point([min(255, max(0, (a - 10) * 7)) for a in range(256)])
    shade = rim.filter(ImageFilter.GaussianBlur(5 * scale)).point([round(a * 0.42) for a in range(256)])
    left, top = place[0] - margin, place[1] - margin
    picture.paste(shadows.SHADE, (left + round(3 * scale), top + round(7 * scale)), shade)
    picture.paste(shadows.PAPER_EDGE, (left, top), rim)


# ---- what the eye learns from


class Sights(NamedTuple):
    """A batch for the eye: pictures [B, 256, 256, 3] uint8, their sky [B, 32, 32] in 0..255, boxes and valid
    of things [B, 8, 4] and [B, 8], setting [B, 4], horizon [B] and whether they are familiar [B].
    """

    pixels: Tensor
    sky: Tensor
    boxes: Tensor
    valid: Tensor
    setting: Tensor
    horizon: Tensor
    familiar: Tensor


class EyePictures(torch.utils.data.IterableDataset[Sights]):
    """Endless groups of pictures for the eye, one in ten of them strange."""

    def __init__(self, assets: Path, seed: int, count: int) -> None:
        self.assets, self.seed, self.count = assets, seed, count

    def __iter__(self) -> Iterator[Sights]:
        torch.set_num_threads(1)
        painter = Painter(self.assets, self.seed)
        noise = np.random.default_rng(self.seed)
        while True:
            rows = [self._row(painter, noise) for _ in range(self.count)]
            yield Sights(*(torch.from_numpy(np.stack(part)) for part in zip(*rows, strict=True)))

    def _row(self, painter: Painter, noise: np.random.Generator) -> tuple[NDArray[np.generic], ...]:
        scene, seed = painter.scene()
        shot = painter.shot(scene, seed, (0.0, 0.0, float(SIZE)), SIZE)
        pixels, familiar = np.asarray(shot.pixels), 1.0
        arrays = to_arrays(scene)
        valid = arrays.slots[:, 3].astype(np.float32)
        if noise.random() < 0.1:
            pixels, familiar, valid = strange(noise, pixels), 0.0, valid * 0
        _, sky = synth.backdrop_of(scene.background, scene.style, seed)
        cells = np.asarray(Image.fromarray(sky).reduce(PIXELS // CELLS))
        numbers = (np.asarray(v, np.float32) for v in (arrays.horizon, familiar))
        return pixels, cells, arrays.boxes[:, :4], valid, arrays.setting, *numbers


def strange(rng: np.random.Generator, picture: Pixels) -> Pixels:
    """A picture that is not of this world: a cut-up one, or fields of noise, rough, or smooth like a
    photograph out of focus.
    """
    side = len(picture)
    if rng.random() < 0.15:
        return rng.integers(0, 256, picture.shape, np.uint8)
    if rng.random() < 0.25:
        tile = int(rng.choice([16, 32, 64]))
        count = side // tile
        tiles = picture.reshape(count, tile, count, tile, 3).swapaxes(1, 2).reshape(-1, tile, tile, 3)
        tiles = tiles[rng.permutation(len(tiles))].reshape(count, count, tile, tile, 3)
        return np.ascontiguousarray(tiles.swapaxes(1, 2).reshape(side, side, 3))
    field = np.zeros((side, side, 3), np.float32)
    slope, finest = rng.uniform(0.4, 1.8), int(rng.choice([32, 64, 256]))
    for scale in (4, 8, 16, 32, 64, 128, 256):
        if scale > finest:
            break
        noise = rng.normal(size=(scale, scale, 1)) + 0.6 * rng.normal(size=(scale, scale, 3))
        layers = [
            Image.fromarray(noise[..., c].astype(np.float32)).resize((side, side), Image.Resampling.BICUBIC)
            for c in range(3)
        ]
        field += np.stack([np.asarray(layer) for layer in layers], -1) * (4.0 / scale) ** slope
    field = (field - field.mean()) / (field.std() + 1e-6) * rng.uniform(20, 70)
    odd: Pixels = np.clip(field + rng.uniform(0.2, 1.0, 3) * rng.uniform(80, 200), 0, 255).astype(np.uint8)
    return odd


# ---- what the glance learns from


class Glances(NamedTuple):
    """A batch for the glance: windows [B, 96, 96, 4] uint8, where the thing is seen [B, 96, 96] in 0..255,
    codes [B, 3] (name, color, flip), angle in radians [B], box [B, 4] as in `glance.Look`, setting [B, 4],
    present [B], and the hidden share of it [B].
    """

    pixels: Tensor
    mask: Tensor
    codes: Tensor
    angle: Tensor
    box: Tensor
    setting: Tensor
    present: Tensor
    hidden: Tensor


class GlancePictures(torch.utils.data.IterableDataset[Glances]):
    """Endless groups of windows for the glance, of boxes about as wrong as the eye's."""

    def __init__(self, assets: Path, seed: int, count: int) -> None:
        self.assets, self.seed, self.count = assets, seed, count

    def __iter__(self) -> Iterator[Glances]:
        torch.set_num_threads(1)
        painter = Painter(self.assets, self.seed)
        while True:
            rows: list[tuple[NDArray[np.generic], ...]] = []
            while len(rows) < self.count:
                rows += self._rows(painter)
            yield Glances(
                *(torch.from_numpy(np.stack(part)) for part in zip(*rows[: self.count], strict=True))
            )

    def _rows(self, painter: Painter) -> Iterator[tuple[NDArray[np.generic], ...]]:
        scene, seed = painter.scene(painter.rng.choices((1, 2, 3, 4, 5), (3, 4, 4, 2, 1))[0])
        for i in range(len(scene.things)):
            window = window_around(jittered(painter.rng, scene.things[i].box))
            yield window_row(painter, scene, seed, window, i)
        if painter.rng.random() < 0.25:
            box = elsewhere(painter.rng, scene.things)
            if box is not None:
                yield window_row(painter, scene, seed, window_around(box), None)


def jittered(rng: random.Random, box: Box) -> Box:
    """A box as the eye would find it: mostly a little wrong, sometimes more."""
    wrong = rng.choices((0.3, 1.0, 2.2), (3, 5, 2))[0]
    x, y, width, height = box
    cx, cy = (at + size * (0.5 + rng.gauss(0, 0.04) * wrong) for at, size in ((x, width), (y, height)))
    width, height = (size * math.exp(rng.gauss(0, 0.07) * wrong) for size in (width, height))
    return cx - width / 2, cy - height / 2, width, height


def elsewhere(rng: random.Random, things: Sequence[Thing]) -> Box | None:
    """A box with no thing in it, or only part of one."""
    for _ in range(8):
        width, height = (rng.uniform(30, 140) for _ in range(2))
        box = (rng.uniform(0, SIZE) - width / 2, rng.uniform(0, SIZE) - height / 2, width, height)
        if all(overlap(box, thing.box) < 0.2 for thing in things):
            return box
    return None


def window_row(
    painter: Painter, scene: Scene, seed: int, window: Window, index: int | None
) -> tuple[NDArray[np.generic], ...]:
    """One row of `Glances`: the window, with the thing of that index in it."""
    left, top, span = window
    reach = (left - span / 4, top - span / 4, 1.5 * span, 1.5 * span)
    near = [i for i, thing in enumerate(scene.things) if i == index or shared(thing.box, reach)]
    part = replace(scene, things=tuple(scene.things[i] for i in near))
    shot = painter.shot(part, seed, window, 2 * VIEW)
    pixels = np.dstack([np.asarray(shot.pixels.reduce(2)), np.asarray(shot.inside.reduce(2))])
    mask = np.zeros((VIEW, VIEW), np.uint8)
    codes, box = np.zeros(3, np.int64), np.zeros(4, np.float32)
    angle = hidden = 0.0
    if index is not None:
        thing, at = scene.things[index], near.index(index)
        seen = shot.owner.point([255 if v == at + 1 else 0 for v in range(256)])
        seen = Image.composite(seen, Image.new("L", seen.size), shot.inside)
        mask = np.asarray(seen.reduce(2))
        whole = shot.shapes[at].astype(np.float32) * (np.asarray(shot.inside) > 0)
        hidden = 1 - float(np.asarray(seen, np.float32).sum() / max(1.0, whole.sum()))
        codes = np.array([NAME_CODE[thing.name], COLOR_CODE[thing.color], int(thing.flip)])
        x, y, width, height = thing.box
        cx, cy = (x + width / 2 - left) / span - 0.5, (y + height / 2 - top) / span - 0.5
        box = np.array([cx, cy, math.log(width / span), math.log(height / span)], np.float32)
        angle = math.radians(thing.angle)
    numbers = (np.asarray(v, np.float32) for v in (index is not None, min(max(hidden, 0), 1)))
    return pixels, mask, codes, np.asarray(angle, np.float32), box, setting_of(scene), *numbers


# ---- replaying


class Ring:
    """The latest examples that a source gave, to be drawn from many times."""

    def __init__(self, source: Iterable[Sequence[Tensor]], size: int, first: int) -> None:
        self.source, self.size, self.count = iter(source), size, 0
        self.parts: list[Tensor] = []
        while self.count < first:
            self.add()

    def add(self) -> Tensor:
        """Take one group from the source; its rows."""
        group = next(self.source)
        if not self.parts:
            self.parts = [torch.zeros(self.size, *part.shape[1:], dtype=part.dtype) for part in group]
        rows = (torch.arange(len(group[0])) + self.count) % self.size
        for mine, new in zip(self.parts, group, strict=True):
            mine[rows] = new
        self.count += len(rows)
        return rows

    def draw(self, batch: int, groups: int = 1) -> list[Tensor]:
        """A batch: so many new groups, the rest replayed."""
        new = torch.cat([self.add() for _ in range(groups)]) if groups else torch.zeros(0, dtype=torch.long)
        old = torch.randint(0, min(self.count, self.size), (batch - len(new),))
        rows = torch.cat([new, old])
        return [part[rows] for part in self.parts]


def worn(pixels: Tensor) -> Tensor:
    """Pictures in -1..1 as they come back from other hands, or from the autoencoder: a little blurred, some
    without their finest detail, noisy, darker or lighter.
    """
    count = len(pixels)
    blurred = F.avg_pool2d(pixels, 3, 1, 1, count_include_pad=False)
    coarse = F.interpolate(F.avg_pool2d(pixels, 2), scale_factor=2.0, mode="bilinear")
    blurred = torch.where(torch.rand(count, 1, 1, 1) < 0.25, coarse, blurred)
    pixels = torch.lerp(pixels, blurred, (torch.rand(count, 1, 1, 1) * 1.4 - 0.6).clamp(min=0))
    pixels = pixels * (1 + 0.06 * torch.randn(count, 1, 1, 1)) + 0.04 * torch.randn(count, 3, 1, 1)
    some = torch.rand(count, 1, 1, 1)
    return pixels + torch.randn_like(pixels) * (0.05 * some * (some > 0.4))
