"""The judge of backgrounds: what lies behind the things of a picture, by colors and gradients.

Nouns: a picture's *features* are means of colors and of differences between neighbours, by place, of what is
*free* of things; a small network is taught on features of painted pictures, and on nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.models.pocket import scenery, scenes
from studio.models.pocket.codes import KINDS, TONES, background_of, tone_of, weather_of
from studio.models.pocket.poses import around
from studio.models.pocket.scene import BACKDROPS, STYLES, WEATHERS, Background, Scene

from .pocket_measures import Pixels, Plane, Tally

EXAMPLES = 2400
HELD = 400
HEADS = (KINDS, TONES, WEATHERS, STYLES)
SIZE = 512
PLACES, BANDS = 8, 4


@dataclass(frozen=True)
class Ground:
    """What the judge says lies behind the things."""

    background: Background
    style: str


def free_of(scene: Scene, margin: float = 8.0) -> NDArray[np.bool_]:
    """Where no thing of a scene and no shadow of one can be, [512, 512]."""
    free = np.ones((SIZE, SIZE), bool)
    for thing in scene.things:
        x, y, width, height = around(thing.box, thing.angle)
        low = y + height + margin + 0.12 * width
        left, right = x - margin - 0.3 * width, x + 1.3 * width + margin
        free[_at(y - margin) : _at(low), _at(left) : _at(right)] = False
    return free


def _at(units: float) -> int:
    return min(SIZE, max(0, round(units * 2)))


def features(picture: Pixels, free: NDArray[np.bool_]) -> Plane:
    """Numbers that say how a background looks where it is free."""
    half = picture.reshape(SIZE // 2, 2, SIZE // 2, 2, 3).astype(np.float32).mean((1, 3)) / 255
    weight = free[::2, ::2].astype(np.float32) * free[1::2, 1::2]
    light = half.mean(-1)
    across, along = np.abs(np.diff(light, axis=1))[:-1], np.abs(np.diff(light, axis=0))[:, :-1]
    both = weight[:-1, :-1] * weight[1:, 1:]
    told = [_means(half, weight, PLACES, PLACES).ravel()]
    for plane in (across, along):
        parts = np.stack([plane, plane > 0.02, plane > 0.08], -1).astype(np.float32)
        padded = np.pad(parts, ((0, 1), (0, 1), (0, 0)))
        told.append(4 * _means(padded, np.pad(both, ((0, 1), (0, 1))), BANDS, BANDS).ravel())
    bins = [((half >= low) & (half < low + 0.125)) * weight[..., None] for low in np.arange(0, 1.001, 0.125)]
    told.append(np.concatenate([bin.mean((0, 1)) for bin in bins]) / max(weight.mean(), 1e-3))
    rows = (half * weight[..., None]).sum(1) / np.maximum(weight.sum(1), 1)[:, None]
    rough = np.abs(half - rows[:, None]) * weight[..., None]
    told.append(4 * _means(rough, weight, BANDS, 1).ravel())
    return np.concatenate(told).astype(np.float32)


def _means(planes: Plane, weight: Plane, high: int, wide: int) -> Plane:
    """Weighted means by place; places with nothing free take those of their row, or of the whole."""
    side = planes.shape[0]
    shape = (high, side // high, wide, side // wide, -1)
    total = (planes * weight[..., None]).reshape(shape).sum((1, 3))
    count = weight.reshape(shape).sum((1, 3))
    whole = total.sum((0, 1)) / np.maximum(count.sum((0, 1)), 1e-6)
    row = np.where(count.sum(1) > 40, total.sum(1) / np.maximum(count.sum(1), 1e-6), whole)
    out: Plane = np.where(count > 40, total / np.maximum(count, 1e-6), row[:, None])
    return out


class Grounds:
    """Names backgrounds. Learns when it is made; the painted examples are kept beside the drawings."""

    def __init__(self, assets: Path, examples: int = EXAMPLES) -> None:
        x, y = _examples(assets / f"judge-backdrops-{examples}.npz", examples)
        held = max(1, len(x) * HELD // EXAMPLES)
        self.mean, self.spread = x[held:].mean(0), x[held:].std(0) + 1e-3
        self.net = _taught((x[held:] - self.mean) / self.spread, y[held:])
        self.known = {head: Tally() for head in ("kind", "tone", "weather", "style")}
        told = self._heads(torch.from_numpy((x[:held] - self.mean) / self.spread))
        for part, label, tally in zip(told, y[:held].T, self.known.values(), strict=True):
            tally.hits, tally.trials = int((part.argmax(1).numpy() == label).sum()), held

    def see(self, picture: Pixels, scene: Scene) -> Ground:
        """What lies behind the things of a scene."""
        x = (features(picture, free_of(scene)) - self.mean) / self.spread
        kinds, tones, weathers, styles = (part[0] for part in self._heads(torch.from_numpy(x)[None]))
        kind = KINDS[int(kinds.argmax())]
        fitting = [tone for tone in TONES if (tone in scenes.BACKDROP_COLORS) == (kind in BACKDROPS) and tone]
        tone = max(fitting, key=lambda t: float(tones[TONES.index(t)]))
        weather = WEATHERS[int(weathers.argmax())]
        return Ground(background_of(kind, tone, weather, 148), STYLES[int(styles.argmax())])

    def _heads(self, x: Tensor) -> Sequence[Tensor]:
        with torch.no_grad():
            out: Tensor = self.net(x)
        return out.split([len(head) for head in HEADS], 1)


def _examples(path: Path, count: int) -> tuple[Plane, NDArray[np.int64]]:
    """Features and labels of painted pictures with holes in them."""
    if path.exists():
        kept = np.load(path)
        return kept["x"], kept["y"]
    rng, xs, ys = random.Random(20261), [], []
    while len(xs) < count:
        scene = scenes.random_scene(rng)
        back = scene.background
        picture = scenery.paint(back, scene.style, rng)
        label = (KINDS.index(back.kind), TONES.index(tone_of(back)), WEATHERS.index(weather_of(back)))
        for _ in range(2):
            xs.append(features(picture, free_of(scene)))
            ys.append((*label, STYLES.index(scene.style)))
            scene = scenes.random_scene(rng, behind=scene)
    x, y = np.stack(xs), np.array(ys, np.int64)
    np.savez_compressed(path, x=x, y=y)
    return x, y


def _taught(x: Plane, y: NDArray[np.int64], epochs: int = 60) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        wide = sum(len(head) for head in HEADS)
        hidden = nn.Sequential(nn.Dropout(0.1), nn.Linear(x.shape[1], 256), nn.SiLU(), nn.Dropout(0.3))
        net = nn.Sequential(hidden, nn.Linear(256, wide))
        adam = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.05)
        inputs, labels = torch.from_numpy(x.astype(np.float32)), torch.from_numpy(y)
        for epoch in range(epochs):
            for group in adam.param_groups:
                group["lr"] = 2e-3 * (1 - epoch / epochs)
            for rows in torch.randperm(len(inputs)).split(64):
                told = net(inputs[rows]).split([len(head) for head in HEADS], 1)
                loss = sum(nn.functional.cross_entropy(part, labels[rows, i]) for i, part in enumerate(told))
                adam.zero_grad()
                loss.backward()  # type: ignore[union-attr]
                adam.step()
        return net.eval()


def same_ground(told: Background, asked: Background) -> bool:
    """Whether two backgrounds are of the same kind, color and time."""
    return (told.kind, tone_of(told)) == (asked.kind, tone_of(asked))
