"""The judge of `pocket_bench`: it names things by holding the drawings themselves against a picture, and
shares nothing with the networks.

Nouns: a *template* is a drawing made SIDE x SIDE; a *claim* is a name, and what it costs to explain a part of
a picture by its template with a smooth background around it: the least cost wins. What other things hide has
no weight. A `Found` is a thing that was found by searching the whole picture, without being told where.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from studio.models.pocket import scenes, synth
from studio.models.pocket.codes import HAND_OF_STYLE, HANDS, NAME_CODE, NAMES, horizon_of
from studio.models.pocket.scene import COLORS, SIZE, Box, Scene, Thing
from studio.models.pocket.tinting import tint

from .pocket_backdrops import EXAMPLES, Grounds
from .pocket_measures import Pixels, Plane, box_iou

SIDE = 40
SHIFTS = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
RIDGE = 1e-3
SEARCHED = 128  # pixels a side of the picture that is searched
# Shares of what is not background that a thing must explain, before and after a closer look.
HINT, WORTH = 0.18, 0.5
HINT_OVERLAP = 0.5
_ONE = np.eye(5)  # right, down, wider, higher, clockwise
STEPS = (*_ONE, *-_ONE, np.array([0, 0, 1, 1, 0]), np.array([0, 0, -1, -1, 0]))
CLOSER = 16  # of the likeliest are looked at closely


@dataclass(frozen=True)
class Templates:
    """N templates: `alpha` [N, P], and for each of three colors `paint` (alpha x color) and `power`
    (alpha x color squared summed) [3, N, P] and [3, N].
    """

    alpha: Plane
    paint: Plane
    power: Plane


@dataclass(frozen=True)
class Found:
    """A thing found: its box in units, the share of what is there that it explains, and how it is turned."""

    box: Box
    share: float
    flip: bool = False
    angle: float = 0.0

    @property
    def middle(self) -> tuple[float, float]:
        return self.box[0] + self.box[2] / 2, self.box[1] + self.box[3] / 2


class Judge:
    """Knows all drawings, in all colors, and nothing else."""

    def __init__(self, assets: Path, examples: int = EXAMPLES) -> None:
        self.studio, self.examples = synth.Studio(assets), examples
        self.reduced = lru_cache(maxsize=3)(self._reduced)
        self.small = lru_cache(maxsize=2000)(self._small)
        self.names = lru_cache(maxsize=40)(self._names)

    @cached_property
    def grounds(self) -> Grounds:
        """The judge of backgrounds, which must be taught first."""
        return Grounds(self.studio.library.assets, self.examples)

    # ---- told where to look

    def name(self, picture: Pixels, scene: Scene, index: int) -> str:
        """What is in the box of a thing, of all names in the color it should have; "" if nothing is."""
        thing = scene.things[index]
        templates = templates_of(self.names(HAND_OF_STYLE[scene.style], thing.color))
        glows = [synth.light_on(scene.background, Thing(name, thing.box)) for name in NAMES]
        costs, nothing = self._costs(picture, scene, index, templates, np.array(glows, np.float32))
        best = int(costs.argmin())
        return NAMES[best] if costs[best] < nothing else ""

    def there(self, picture: Pixels, scene: Scene, index: int) -> bool:
        """Whether a thing of a scene is in its box, and no other."""
        return self.name(picture, scene, index) == scene.things[index].name

    def color(self, picture: Pixels, scene: Scene, index: int) -> str:
        """Which of the colors that a thing could be given it has."""
        thing = scene.things[index]
        hand = HAND_OF_STYLE[scene.style]
        templates = templates_of([self.small(thing.name, color, hand) for color in COLORS])
        light = np.array([synth.light_on(scene.background, thing)] * len(COLORS), np.float32)
        return COLORS[int(self._costs(picture, scene, index, templates, light)[0].argmin())]

    def hand(self, picture: Pixels, scene: Scene, index: int) -> str:
        """By which hand a thing is drawn."""
        thing = scene.things[index]
        templates = templates_of([self.small(thing.name, thing.color, hand) for hand in HANDS])
        light = np.array([synth.light_on(scene.background, thing)] * len(HANDS), np.float32)
        return HANDS[int(self._costs(picture, scene, index, templates, light)[0].argmin())]

    def mirrored(self, picture: Pixels, scene: Scene, index: int) -> bool:
        """Whether a thing rather looks the other way than its scene says."""
        thing = scene.things[index]
        drawing = self.small(thing.name, thing.color, HAND_OF_STYLE[scene.style])
        templates = templates_of([drawing, drawing[:, ::-1]])
        light = np.array([synth.light_on(scene.background, thing)] * 2, np.float32)
        costs = self._costs(picture, scene, index, templates, light)[0]
        return bool(costs[1] < costs[0])

    def unevenness(self, picture: Pixels, scene: Scene, index: int) -> float:
        """How much of what is in the box of a thing is no smooth background."""
        clear = np.zeros(picture.shape[:2], bool)
        seen, weight, rows = cut(picture, clear, scene.things[index])
        line = (rows > horizon_of(scene.background)).astype(np.float32)
        none = templates_of(np.zeros((0, SIDE, SIDE, 4), np.uint8))
        return claims(seen, weight, line, none, np.zeros((0, 3), np.float32))[1]

    def wiped(self, before: Pixels, after: Pixels, scene: Scene, index: int) -> bool:
        """Whether a thing of a scene is gone and what is in its box is as smooth as such a background is."""
        if self.name(after, scene, index) == scene.things[index].name:
            return False
        others = (*scene.things[:index], *scene.things[index + 1 :])
        bare = self.studio.draw(replace(scene, things=others))
        usual, old, new = (self.unevenness(picture, scene, index) for picture in (bare, before, after))
        return new < max(0.5 * old, 2 * usual)

    def _costs(
        self, picture: Pixels, scene: Scene, index: int, templates: Templates, lights: Plane
    ) -> tuple[Plane, float]:
        """What each claim costs, and what it costs to claim that there is nothing."""
        thing = scene.things[index]
        hidden = self.hidden(scene, index)
        best, none = np.full(len(lights), np.inf, np.float32), np.inf
        for dx, dy in SHIFTS:
            seen, weight, rows = cut(picture, hidden, thing, dx / SIDE, dy / SIDE)
            line = (rows > horizon_of(scene.background)).astype(np.float32)
            if thing.flip:
                seen, weight, line = (plane[:, ::-1] for plane in (seen, weight, line))
            costs, nothing = claims(seen, weight, line, templates, lights)
            best, none = np.minimum(best, costs), min(none, nothing)
        return best, none

    def hidden(self, scene: Scene, index: int) -> NDArray[np.bool_]:
        """Where things in front of one cover it."""
        covered = np.zeros((synth.PIXELS, synth.PIXELS), bool)
        for thing in scene.things[index + 1 :]:
            if thing.reference is not None:
                continue
            (left, top), sprite = self.studio.cut_out(thing, scene)
            plane = Image.new("L", (synth.PIXELS, synth.PIXELS))
            plane.paste(sprite.getchannel("A"), (left, top))
            covered |= np.asarray(plane) > 20
        return covered

    def _small(self, name: str, color: str | None, hand: str) -> Pixels:
        reduced = self.reduced(hand)[NAME_CODE[name]]
        if color is not None:
            reduced = tint(reduced, color)
        return np.asarray(Image.fromarray(reduced).resize((SIDE, SIDE), Image.Resampling.BOX))

    def _reduced(self, hand: str) -> Pixels:
        """All drawings by one hand at twice the size of a template; kept beside them, because drawing them
        takes longer than judging.
        """
        path = self.studio.library.assets / f"judge-{hand}.npy"
        if path.exists() and len(kept := np.load(path)) == len(NAMES):
            return kept
        size = (2 * SIDE, 2 * SIDE)
        made = np.stack(
            [
                np.asarray(self.studio.library.sprite(name, None, hand).resize(size, Image.Resampling.BOX))
                for name in NAMES
            ]
        )
        np.save(path, made)
        return made

    def _names(self, hand: str, color: str | None) -> Pixels:
        return np.stack([self._small(name, color, hand) for name in NAMES])

    # ---- searching

    def find(
        self, picture: Pixels, name: str, style: str, color: str | None = None, light: synth.Light = (1, 1, 1)
    ) -> list[Found]:
        """All things of a name anywhere in a picture, the surest first."""
        hand = HAND_OF_STYLE[style]
        sprite = np.asarray(self.studio.library.sprite(name, color, hand), np.float32)
        small = Image.fromarray(picture).resize((SEARCHED, SEARCHED), Image.Resampling.BOX)
        field = Field(np.asarray(small, np.float32))
        found = []
        for longer in (22 * 1.13**k for k in range(20)):
            wide, high = (max(4, round(v * SEARCHED / SIZE)) for v in scenes.fitted(name, longer))
            for flip in (False, True):
                image = Image.fromarray(sprite.astype(np.uint8)).resize((wide, high), Image.Resampling.BOX)
                array = np.asarray(image, np.float32)[:, :: -1 if flip else 1].copy()
                array[..., :3] *= np.array(light, np.float32)
                found += [replace(one, flip=flip) for one in field.search(array)]
        drawing, lights = templates_of([self.small(name, color, hand)]), np.array([light], np.float32)
        closer = [
            closely(picture, one, drawing, lights) for one in without_doubles(found, HINT_OVERLAP)[:CLOSER]
        ]
        return without_doubles([one for one in closer if one.share >= WORTH])


def templates_of(sprites: Sequence[Pixels] | Pixels) -> Templates:
    """Drawings of one size as templates."""
    stack = np.asarray(sprites, np.float32)
    flat = (len(stack), stack.shape[1] * stack.shape[2])
    alpha = stack[..., 3].reshape(flat) / 255
    color = stack[..., :3].reshape(*flat, 3).transpose(2, 0, 1)
    paint = alpha[None] * color
    return Templates(alpha, paint, paint * color)


def cut(
    picture: Pixels, hidden: NDArray[np.bool_], thing: Thing, dx: float = 0.0, dy: float = 0.0
) -> tuple[Plane, Plane, Plane]:
    """A thing's box as it would be upright, SIDE x SIDE: its pixels, the weight of each (0 beyond the
    picture's edge or hidden), and how far down in the picture each lies, in units.
    """
    x, y, width, height = (v * synth.SCALE for v in thing.box)
    x, y = x + dx * width, y + dy * height
    angle = np.deg2rad(thing.angle)
    fine = SIDE * max(1, round(max(width, height) / SIDE / 1.5))
    v, u = (np.mgrid[0:fine, 0:fine].astype(np.float32) + 0.5) / fine - 0.5
    across, along = u * width, v * height
    xs = np.floor(x + width / 2 + across * np.cos(angle) - along * np.sin(angle)).astype(int)
    ys = np.floor(y + height / 2 + across * np.sin(angle) + along * np.cos(angle)).astype(int)
    limit = picture.shape[0]
    inside = (xs >= 0) & (xs < limit) & (ys >= 0) & (ys < limit)
    xs, ys = xs.clip(0, limit - 1), ys.clip(0, limit - 1)
    weight = (inside & ~hidden[ys, xs]).astype(np.float32)
    times = fine // SIDE

    def mean(plane: Plane) -> Plane:
        out: Plane = plane.reshape(SIDE, times, SIDE, times, -1).mean((1, 3))
        return out

    share = mean(weight)[..., 0]
    pixels = mean(picture[ys, xs].astype(np.float32) * weight[..., None]) / np.maximum(share, 1e-6)[..., None]
    return pixels, share, mean(ys.astype(np.float32))[..., 0] / synth.SCALE


def claims(
    seen: Plane, weight: Plane, line: Plane, templates: Templates, lights: Plane
) -> tuple[Plane, float]:
    """The mean square that each template leaves unexplained, with what lies outside it a plane (or two, one
    on each side of the horizon); and what such planes alone leave.
    """
    v, u = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE - 0.5
    basis = np.stack([np.ones_like(u), u, v, line], -1).reshape(-1, 4)
    flat, w = seen.reshape(-1, 3), weight.reshape(-1)
    outside = 1 - np.concatenate([templates.alpha, np.zeros((1, len(w)), np.float32)])
    square = (w[:, None] * basis)[:, :, None] * basis[:, None, :]
    normal = (outside @ square.reshape(-1, 16)).reshape(-1, 4, 4) + RIDGE * np.eye(4, dtype=np.float32)
    mixed = (w[:, None] * basis)[:, :, None] * flat[:, None, :]
    right = (outside @ mixed.reshape(-1, 12)).reshape(-1, 4, 3)
    fit = np.linalg.solve(normal, right)
    energy = outside @ (w * np.square(flat).sum(-1))
    left = energy - (fit * right).sum((1, 2))
    inside = templates.alpha @ (w * np.square(flat).sum(-1))
    for c in range(3):
        gain = lights[:, c]
        inside += gain**2 * (templates.power[c] @ w) - 2 * gain * (templates.paint[c] @ (w * flat[:, c]))
    total = max(float(w.sum()), 1e-6)
    return ((left[:-1] + inside) / total).astype(np.float32), float(left[-1]) / total


class Field:
    """A picture made ready to be searched with Fourier transforms."""

    def __init__(self, pixels: Plane) -> None:
        self.pad = 2 * SEARCHED
        mean = pixels.mean((0, 1))
        self.mean = mean
        square = np.square(pixels - mean).sum(-1)
        planes = [*(pixels - mean).transpose(2, 0, 1), square, np.ones_like(square)]
        self.spectrum = torch.fft.rfft2(torch.from_numpy(np.stack(planes)), s=(self.pad, self.pad))

    def search(self, sprite: Plane) -> list[Found]:
        """Where a sprite (RGBA, floats of 0..255) lies, wholly or to three quarters inside the picture."""
        alpha = sprite[..., 3] / 255
        high, wide = alpha.shape
        paint = (sprite[..., :3] - self.mean) * alpha[..., None]
        power = (np.square(sprite[..., :3] - self.mean).sum(-1)) * alpha
        kernels = [alpha, np.ones_like(alpha), *paint.transpose(2, 0, 1), power]
        turned = torch.fft.rfft2(torch.from_numpy(np.stack(kernels)), s=(self.pad, self.pad)).conj()
        of_alpha, of_box, of_paint, of_power = turned[0], turned[1], turned[2:5], turned[5]
        colors, square, there = self.spectrum[:3], self.spectrum[3], self.spectrum[4]
        spectra = [
            *(colors * of_alpha), *(colors * of_box), square * of_box, square * of_alpha,
            (colors * of_paint).sum(0), there * of_alpha, there * of_box, there * of_power,
        ]  # fmt: skip
        planes = torch.fft.irfft2(torch.stack(spectra), s=(self.pad, self.pad)).numpy()
        inner, box = planes[:3], planes[3:6]
        box_square, inner_square, cross, covered, area, painted = planes[6:]
        floor = 0.05 * wide * high
        empty = box_square - np.square(box).sum(0) / np.maximum(area, floor)
        rest = np.maximum(area - covered, floor)
        outside = box_square - inner_square - np.square(box - inner).sum(0) / rest
        thing = inner_square - 2 * cross + painted
        share = 1 - (outside + thing) / np.maximum(empty, 60.0 * area + 1)
        share[covered < 0.75 * alpha.sum()] = 0
        found = []
        while len(found) < 12:
            at = int(share.argmax())
            y, x = divmod(at, self.pad)
            if share[y, x] < HINT:
                break
            top, left = (p - self.pad if p >= SEARCHED else p for p in (y, x))
            units = SIZE / SEARCHED
            found.append(Found((left * units, top * units, wide * units, high * units), float(share[y, x])))
            rows = np.arange(y - high // 3 - 1, y + high // 3 + 2) % self.pad
            columns = np.arange(x - wide // 3 - 1, x + wide // 3 + 2) % self.pad
            share[np.ix_(rows, columns)] = 0
        return found


def closely(picture: Pixels, found: Found, drawing: Templates, lights: Plane) -> Found:
    """A thing found, moved, stretched and turned a little until it explains most."""
    nothing_hidden = np.zeros(picture.shape[:2], bool)

    def tried(box: Box, angle: float) -> Found:
        seen, weight, rows = cut(picture, nothing_hidden, Thing("dog", box, angle=angle))
        planes = (seen[:, ::-1], weight[:, ::-1], rows * 0) if found.flip else (seen, weight, rows * 0)
        costs, nothing = claims(*planes, drawing, lights)
        return Found(box, 1 - float(costs[0]) / max(nothing, 30.0), found.flip, angle)

    best = tried(found.box, found.angle)
    for step in (0.06, 0.06, 0.03):
        for dx, dy, wider, higher, turn in STEPS:
            x, y, w, h = best.box
            wide, high = w * (1 + wider * step), h * (1 + higher * step)
            box = (x + dx * step * w + (w - wide) / 2, y + dy * step * h + (h - high) / 2, wide, high)
            best = max(best, tried(box, best.angle + 80 * step * turn), key=lambda one: one.share)
    return best


def without_doubles(found: list[Found], most: float = 0.3) -> list[Found]:
    """The surest of those that overlap."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda f: -f.share):
        if all(box_iou(one.box, other.box) < most and not _within(one.box, other.box) for other in kept):
            kept.append(one)
    return kept


def _within(a: Box, b: Box) -> bool:
    """Whether most of one box lies in the other."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(0.0, wide) * max(0.0, high) > 0.6 * min(a[2] * a[3], b[2] * b[3])
