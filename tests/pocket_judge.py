"""The judge of `pocket_bench`: it names things by holding the drawings themselves against a picture, and
shares nothing with the networks.

Nouns: a *template* is a drawing made SIDE x SIDE; a *claim* is a name, and what it costs to explain a part of
a picture by its template with a smooth background around it: the least cost wins. What other things hide has
no weight.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from studio.models.pocket import drafting, shadows, synth
from studio.models.pocket.codes import HAND_OF_STYLE, HANDS, NAME_CODE, NAMES, horizon_of
from studio.models.pocket.scene import COLORS, Scene, Thing
from studio.models.pocket.tinting import tint

from .pocket_backdrops import EXAMPLES, Grounds
from .pocket_measures import Pixels, Plane

SIDE = 40
SHIFTS = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
RIDGE = 1e-3
SHADE = 1.5  # levels by which it is darker around what is cut out of paper


@dataclass(frozen=True)
class Templates:
    """N templates: `alpha` [N, P], and for each of three colors `paint` (alpha x color) and `power`
    (alpha x color squared summed) [3, N, P] and [3, N].
    """

    alpha: Plane
    paint: Plane
    power: Plane


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
        glows = [drafting.light_on(scene.background, Thing(name, thing.box)) for name in NAMES]
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
        light = np.array([drafting.light_on(scene.background, thing)] * len(COLORS), np.float32)
        return COLORS[int(self._costs(picture, scene, index, templates, light)[0].argmin())]

    def hand(self, picture: Pixels, scene: Scene, index: int) -> str:
        """By which hand a thing is drawn."""
        thing = scene.things[index]
        templates = templates_of([self.small(thing.name, thing.color, hand) for hand in HANDS])
        light = np.array([drafting.light_on(scene.background, thing)] * len(HANDS), np.float32)
        return HANDS[int(self._costs(picture, scene, index, templates, light)[0].argmin())]

    def style(self, picture: Pixels, scene: Scene) -> str:
        """In which style the things of a scene are drawn; that of its ground, if they do not say. The same
        hand draws what is flat and what is cut out of paper, but paper has a rim.
        """
        every = range(len(scene.things))
        hands = Counter(self.hand(picture, scene, i) for i in every)
        hand = hands.most_common(1)[0][0] if hands else HAND_OF_STYLE[scene.style]
        fitting = [style for style, by in HAND_OF_STYLE.items() if by == hand]
        if len(fitting) == 1:
            return fitting[0]
        rims = [self._rim(picture, scene, i) for i in every]
        near, far = (np.mean([rim[k] for rim in rims] or [0.0]) for k in range(2))
        if far > 0.5:  # on white the rim does not show, but the shadow that paper throws all around does
            return "paper" if np.mean([self._shade(picture, scene, i) for i in every]) > SHADE else "flat"
        return "paper" if near - far > 0.3 else "flat"

    def _rim(self, picture: Pixels, scene: Scene, index: int) -> tuple[float, float]:
        """How much of what lies right around a thing, and a little farther off, is white as paper."""
        on, near, off, far = self._around(scene, index, (3, 9, 27, 35))
        white = np.abs(picture.astype(np.int16) - np.array(shadows.PAPER_EDGE, np.int16)).max(-1) < 40
        clear = ~self.hidden(scene, index)
        rings = (near & ~on & clear, far & ~off & clear)
        return tuple(float(white[ring].mean()) if ring.any() else 0.0 for ring in rings)

    def _shade(self, picture: Pixels, scene: Scene, index: int) -> float:
        """By how many levels it is darker around the upper half of a thing than farther off."""
        _, near, far, off = self._around(scene, index, (3, 11, 27, 45))
        _, y, _, height = (v * drafting.SCALE for v in scene.things[index].box)
        upper = np.arange(drafting.PIXELS)[:, None] < y + 0.5 * height
        clear = upper & ~self.hidden(scene, index)
        light = picture.astype(np.float32).mean(-1)
        rings = (far & ~near & clear, off & ~far & clear)
        return float(light[rings[1]].mean() - light[rings[0]].mean()) if all(r.any() for r in rings) else 0.0

    def _around(self, scene: Scene, index: int, sizes: Sequence[int]) -> list[NDArray[np.bool_]]:
        """A thing's shape, grown by half of each of some sizes in pixels."""
        (left, top), sprite = self.studio.cut_out(scene.things[index], scene)
        plane = Image.new("L", (drafting.PIXELS, drafting.PIXELS))
        plane.paste(sprite.getchannel("A").point([255 * (a > 127) for a in range(256)]), (left, top))
        return [np.asarray(plane.filter(ImageFilter.MaxFilter(size))) > 0 for size in sizes]

    def mirrored(self, picture: Pixels, scene: Scene, index: int) -> bool:
        """Whether a thing rather looks the other way than its scene says."""
        thing = scene.things[index]
        drawing = self.small(thing.name, thing.color, HAND_OF_STYLE[scene.style])
        templates = templates_of([drawing, drawing[:, ::-1]])
        light = np.array([drafting.light_on(scene.background, thing)] * 2, np.float32)
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
        covered = np.zeros((drafting.PIXELS, drafting.PIXELS), bool)
        for thing in scene.things[index + 1 :]:
            if thing.reference is not None:
                continue
            (left, top), sprite = self.studio.cut_out(thing, scene)
            plane = Image.new("L", (drafting.PIXELS, drafting.PIXELS))
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
    x, y, width, height = (v * drafting.SCALE for v in thing.box)
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
    return pixels, share, mean(ys.astype(np.float32))[..., 0] / drafting.SCALE


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
