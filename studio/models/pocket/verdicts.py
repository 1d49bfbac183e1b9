"""The judge itself: it names what is in a box by comparing it with small templates, and shares nothing with
the networks.

Nouns: a `Verdict` is what the judge says of one box, a `Tally` counts rights and wrongs with their interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import art, synth
from .codes import BACKDROP_CODES, NAMES, background_of, horizon_of
from .scene import COLORS, SIZE, Background, Box, Scene, Thing

if TYPE_CHECKING:
    pass


TILES = Path(__file__).parent / "tiles.webp"
TILE = 48
COLUMNS = 20
LOOK = 32  # pixels a side at which pictures and templates are compared
RIM = 3  # pixels around a box that are compared, too
Pixels = NDArray[np.uint8]


Look = NDArray[np.float32]


class TileLibrary(art.Library):
    """Sprites from the sheet of tiles instead of the full drawings."""

    def __init__(self, sheet: Path = TILES) -> None:
        super().__init__(sheet.parent)
        self.sheet = Image.open(sheet).convert("RGBA")

    def _sprite(self, name: str, color: str | None) -> Image.Image:
        if color is not None:
            return Image.fromarray(art.tint(np.asarray(self.sprite(name, None)), color))
        row, column = divmod(NAMES.index(name), COLUMNS)
        box = (column * TILE, row * TILE, (column + 1) * TILE, (row + 1) * TILE)
        return self.sheet.crop(box)


def make_tiles(assets: Path, path: Path = TILES) -> None:
    """The sheet of tiles from the drawings, each stretched over its square."""
    library = art.Library(assets)
    sheet = Image.new("RGBA", (COLUMNS * TILE, math.ceil(len(NAMES) / COLUMNS) * TILE))
    for i, name in enumerate(NAMES):
        row, column = divmod(i, COLUMNS)
        tile = library.sprite(name, None).resize((TILE, TILE), Image.Resampling.LANCZOS)
        sheet.paste(tile, (column * TILE, row * TILE))
    sheet.save(path, quality=85, method=6)


@dataclass(frozen=True)
class Verdict:
    """What the judge found where a thing should be."""

    name: str
    color: str | None
    rank: int  # of the true name, 0 = nearest


class Judge:
    """Template retrieval over all things."""

    def __init__(self) -> None:
        self.studio = synth.Studio(TILES.parent)
        self.studio.library = TileLibrary()
        self.small = lru_cache(maxsize=20_000)(self._small)

    def look(self, picture: Pixels, scene: Scene, index: int) -> Verdict:
        """What is seen in the box of one thing of a scene, the others taken as given."""
        truth = scene.things[index]
        others = replace(scene, things=scene.things[:index] + scene.things[index + 1 :])
        ground = Image.fromarray(self.studio.draw(others))
        if synth.casts_shadow(scene.background, truth):
            synth.draw_shadow(ground, truth.box)
        empty, seen = _crop(np.asarray(ground), truth.box), _crop(picture, truth.box)
        light = synth.light_on(scene.background, truth)
        distances = [self._distance(seen, empty, replace(truth, name=name), light) for name in NAMES]
        order = np.argsort(distances)
        rank = int(np.flatnonzero(order == NAMES.index(truth.name))[0])
        colors = [self._distance(seen, empty, replace(truth, color=color), light) for color in COLORS]
        return Verdict(NAMES[int(order[0])], COLORS[int(np.argmin(colors))], rank)

    def _distance(self, seen: Look, empty: Look, thing: Thing, light: synth.Light) -> float:
        """How far a thing in its box is from what is seen, the nearer of the two ways round."""
        _, _, width, height = thing.box
        size = (round(LOOK * width / (width + 2 * RIM)), round(LOOK * height / (height + 2 * RIM)))
        inside = _crop(np.full((SIZE, SIZE, 3), 1, np.uint8), thing.box)  # 0 beyond the picture's edge
        best = math.inf
        for flip in (False, True):
            template = Image.fromarray(empty.astype(np.uint8))
            sprite = self.small(thing.name, thing.color, flip, size, light)
            template.paste(sprite, ((LOOK - size[0]) // 2, (LOOK - size[1]) // 2), sprite)
            difference = (np.asarray(template, np.float32) - seen) * inside
            best = min(best, float(np.square(difference).mean()))
        return best

    def _small(
        self, name: str, color: str | None, flip: bool, size: tuple[int, int], light: synth.Light
    ) -> Image.Image:
        return synth.lit_sprite(self.studio.library.sprite(name, color), size, flip, light)

    def backdrop(self, picture: Pixels, scene: Scene) -> Background:
        """Which of all backgrounds is nearest, outside the things."""
        free = np.ones((SIZE, SIZE), bool)
        for thing in scene.things:
            x, y, width, height = (round(v) for v in thing.box)
            free[max(0, y - 6) : y + height + 16, max(0, x - 6) : x + width + 6] = False
        horizon = horizon_of(scene.background) or 148
        codes = range(len(BACKDROP_CODES))
        return min((background_of(code, horizon) for code in codes), key=lambda b: _apart(picture, b, free))


def _apart(picture: Pixels, background: Background, free: NDArray[np.bool_]) -> float:
    difference = np.abs(picture.astype(np.float32) - np.asarray(synth.backdrop(background), np.float32))
    return float(difference[free].mean()) if free.any() else 0.0


def _crop(picture: Pixels, box: Box) -> Look:
    x, y, width, height = box
    part = (round(x - RIM), round(y - RIM), round(x + width + RIM), round(y + height + RIM))
    image = Image.fromarray(picture).crop(part)
    return np.asarray(image.resize((LOOK, LOOK), Image.Resampling.BOX), np.float32)


def found_at(picture: Pixels, background: Background) -> tuple[float, float] | None:
    """The centre of what differs from the background, which must be of paper."""
    away = np.abs(picture.astype(np.int16) - np.asarray(synth.backdrop(background), np.int16)).max(-1) > 36
    if away.sum() < 60:
        return None
    ys, xs = np.nonzero(away)
    return float(np.percentile(xs, [1, 99]).mean()), float(np.percentile(ys, [1, 99]).mean())


@dataclass
class Tally:
    """Successes out of trials."""

    hits: int = 0
    trials: int = 0

    def add(self, hit: bool) -> None:
        self.hits += hit
        self.trials += 1

    def row(self, what: str) -> str:
        """A line of the table: share, n, and Wilson's 95% interval."""
        n, z = max(1, self.trials), 1.96
        share = self.hits / n
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return f"| {what} | {share:.3f} | {self.trials} | {middle - half:.3f}–{middle + half:.3f} |"


def table(tallies: dict[str, Tally]) -> str:
    """All tallies as a Markdown table."""
    lines = ["| what | share | n | 95% interval |", "|---|---|---|---|"]
    return "\n".join([*lines, *(tally.row(what) for what, tally in tallies.items())])
