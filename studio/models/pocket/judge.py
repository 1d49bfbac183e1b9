"""A judge that shares nothing with the networks: does a picture show what it should?

`python -m studio.models.pocket.judge` prints a table with n and 95% intervals; `--grids FOLDER` saves
uncurated pictures; `--tiles FOLDER` makes the judge's own templates again from the drawings.

Nouns: a *tile* is a small drawing of one thing (`tiles.webp`, so that judging needs no downloads); a
*template* is a tile drawn where a thing should be, in some name and color; a thing counts as recognised
when of all names its own template is nearest to the picture there.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import art, synth
from .codes import BACKDROP_CODES, NAMES, background_of, horizon_of
from .scene import COLORS, SIZE, TIMES, Background, Box, Scene, Thing
from .things import THINGS

if TYPE_CHECKING:
    from .pipeline import PocketPipeline

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


# ---- counting


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


# ---- single things, from words

PLACES: dict[str, Callable[[float, float], bool]] = {
    "in the middle": lambda x, y: 80 < x < 176 and 70 < y < 186,
    "on the left": lambda x, y: x < 112,
    "on the right": lambda x, y: x > 144,
    "at the top": lambda x, y: y < 116,
    "at the bottom": lambda x, y: y > 140,
}


@dataclass(frozen=True)
class Order:
    """A picture of one thing, in words, and what it must show."""

    words: str
    name: str
    color: str | None
    place: str
    paper: str


def orders(count: int, seed: int) -> list[Order]:
    """Orders that go round all things; every other one in a color never trained on that thing."""
    rng = random.Random(seed)
    names = list(NAMES)
    rng.shuffle(names)
    made = []
    for i in range(count):
        name = names[i % len(names)]
        held = [color for color in COLORS if synth.held_out(name, color)]
        color = rng.choice(held) if held and (i + i // len(names)) % 2 else None
        place = rng.choice(tuple(PLACES))
        paper = rng.choice([p for p in ("white", "gray", "blue", "green", "pink", "yellow") if p != color])
        noun = f"{color} {name}" if color else name
        article = "an" if noun[0] in "aeiou" else "a"
        made.append(Order(f"{article} {noun} {place} on a {paper} background", name, color, place, paper))
    return made


def judge_singles(pipe: PocketPipeline, judge: Judge, count: int, seed: int) -> dict[str, Tally]:
    """Single things from words: the thing, its color, its place, its background."""
    tallies = {what: Tally() for what in ("thing", "thing, held-out color", "color", "place", "background")}
    for order, picture, scene in _drawn(pipe, orders(count, seed)):
        at = next((i for i, thing in enumerate(scene.things) if thing.name == order.name), None)
        verdict = None if at is None else judge.look(picture, scene, at)
        hit = verdict is not None and verdict.rank == 0
        tallies["thing, held-out color" if order.color else "thing"].add(hit)
        if order.color:
            tallies["color"].add(verdict is not None and verdict.color == order.color)
        centre = found_at(picture, Background("plain", color=order.paper))
        tallies["place"].add(centre is not None and PLACES[order.place](*centre))
        seen = judge.backdrop(picture, scene)
        tallies["background"].add((seen.kind, seen.color) == ("plain", order.paper))
    both = Tally(
        sum(tallies[what].hits for what in ("thing", "thing, held-out color")),
        sum(tallies[what].trials for what in ("thing", "thing, held-out color")),
    )
    return {"all single things": both, **tallies}


def _drawn(pipe: PocketPipeline, made: Sequence[Order]) -> Iterable[tuple[Order, Pixels, Scene]]:
    import torch

    for at in range(0, len(made), 8):
        part = made[at : at + 8]
        out = pipe([order.words for order in part], generator=torch.Generator().manual_seed(at))
        for order, image, scene in zip(part, out.images, out.scenes, strict=True):
            yield order, np.asarray(image), scene


# ---- edits, from words and pixels


@dataclass(frozen=True)
class Edit:
    """A source picture in words, an instruction, and the test that its result must pass."""

    kind: str
    source: str
    instruction: str
    passes: Callable[[Judge, Pixels, Scene, Scene], bool]  # judge, result, scene before, scene after


def _index(scene: Scene, name: str) -> int | None:
    return next((i for i, thing in enumerate(scene.things) if thing.name == name), None)


def _shows(judge: Judge, picture: Pixels, scene: Scene, name: str, color: str | None = None) -> bool:
    at = _index(scene, name)
    if at is None:
        return False
    verdict = judge.look(picture, scene, at)
    return verdict.rank == 0 and (color is None or verdict.color == color)


def _clean(picture: Pixels, scene: Scene, box: Box) -> bool:
    """Whether only background is left in a box (its inner part, so that neighbours do not count)."""
    x, y, width, height = (round(v) for v in box)
    part = np.s_[
        max(0, y + height // 6) : y + height - height // 6, max(0, x + width // 6) : x + width - width // 6
    ]
    exact = np.asarray(synth.backdrop(scene.background), np.float32)[part]
    return float(np.abs(picture[part].astype(np.float32) - exact).mean()) < 14


def _area(scene: Scene, name: str) -> float:
    at = _index(scene, name)
    return scene.things[at].box[2] * scene.things[at].box[3] if at is not None else 0.0


def edits(count: int, seed: int) -> list[Edit]:
    """`count` edits of every kind, on pictures of two things."""
    rng = random.Random(seed)
    solid = [name for name in NAMES if not THINGS[name].flies and THINGS[name].size <= 130]
    made: list[Edit] = []
    for _ in range(count):
        for kind in ("color", "place", "size", "add", "remove", "replace", "background", "time of day"):
            a, b, c = rng.sample(solid, 3)
            ground = rng.choice(
                ("on a white background", "on a blue background", "on a meadow", "on a beach")
            )
            if kind == "time of day":
                ground = rng.choice(("on a meadow", "on a beach", "in the desert"))
            source = f"{_a(a)} on the left and {_a(b)} on the right {ground}"
            made.append(_edit(kind, source, a, b, c, rng))
    return made


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _edit(kind: str, source: str, a: str, b: str, c: str, rng: random.Random) -> Edit:
    if kind == "color":
        color = rng.choice(COLORS)
        return Edit(kind, source, f"make the {a} {color}", lambda j, p, _, s: _shows(j, p, s, a, color))
    if kind == "place":

        def moved(judge: Judge, picture: Pixels, before: Scene, after: Scene) -> bool:
            at = _index(after, a)
            return at is not None and after.things[at].box[1] < 60 and _shows(judge, picture, after, a)

        return Edit(kind, source, f"move the {a} to the top", moved)
    if kind == "size":
        word, sign = rng.choice((("bigger", 1), ("smaller", -1)))

        def grown(judge: Judge, picture: Pixels, before: Scene, after: Scene) -> bool:
            old, new = _area(before, a), _area(after, a)
            return (new - old) * sign > 0.15 * old and _shows(judge, picture, after, a)

        return Edit(kind, source, f"make the {a} {word}", grown)
    if kind == "add":
        return Edit(kind, source, f"add {_a(c)} at the top", lambda j, p, _, s: _shows(j, p, s, c))
    if kind == "remove":

        def gone(judge: Judge, picture: Pixels, before: Scene, after: Scene) -> bool:
            at = _index(before, a)
            return at is not None and _clean(picture, before, before.things[at].box)

        return Edit(kind, source, f"remove the {a}", gone)
    if kind == "replace":
        return Edit(kind, source, f"replace the {a} with {_a(c)}", lambda j, p, _, s: _shows(j, p, s, c))
    if kind == "background":
        words, land = rng.choice(
            (("in the snow", "snow"), ("in the desert", "desert"), ("in space", "space"))
        )

        def elsewhere(judge: Judge, picture: Pixels, before: Scene, after: Scene) -> bool:
            return judge.backdrop(picture, after).kind == land and _shows(judge, picture, after, b)

        return Edit(kind, source, f"put it {words}", elsewhere)
    time = rng.choice([t for t in TIMES if t != "day"])

    def later(judge: Judge, picture: Pixels, before: Scene, after: Scene) -> bool:
        return judge.backdrop(picture, after).time == time and _shows(judge, picture, after, b)

    return Edit(kind, source, f"make it {time}", later)


def judge_edits(pipe: PocketPipeline, judge: Judge, count: int, seed: int) -> dict[str, Tally]:
    """Edits of every kind, from words and pixels alone: the scene before is forgotten and seen again."""
    tallies: dict[str, Tally] = {}
    for at, edit in enumerate(edits(count, seed)):
        before, picture, after = run_edit(pipe, edit, at)
        tally = tallies.setdefault(f"edit: {edit.kind}", Tally())
        tally.add(after is not None and edit.passes(judge, np.asarray(picture), before, after))
    return tallies


def run_edit(pipe: PocketPipeline, edit: Edit, seed: int) -> tuple[Scene, Image.Image, Scene | None]:
    """The scene before, the result and the scene after; the source and None if the words were not
    understood.
    """
    import torch

    from .reader import NotUnderstood

    first = pipe(edit.source, generator=torch.Generator().manual_seed(seed))
    try:
        second = pipe(
            edit.instruction, image=first.images[0], generator=torch.Generator().manual_seed(seed + 1)
        )
    except NotUnderstood:
        return first.scenes[0], first.images[0], None
    return first.scenes[0], second.images[0], second.scenes[0]


# ---- the eye, and the exact pictures (needs the drawings)


def judge_eye(pipe: PocketPipeline, assets: Path, count: int, seed: int) -> dict[str, Tally]:
    """What the eye reads off exact pictures of random scenes with held-out colors."""
    rng, studio = random.Random(seed), synth.Studio(assets)
    names = ("found", "not imagined", "name", "color", "flip", "background")
    tallies = {f"eye: {what}": Tally() for what in names}
    for _ in range(count):
        scene = synth.random_scene(rng, held=rng.random() < 0.3)
        seen = pipe.see(Image.fromarray(studio.draw(scene))).scene
        tallies["eye: background"].add(
            (seen.background.kind, seen.background.color, seen.background.time)
            == (scene.background.kind, scene.background.color, scene.background.time)
        )
        left = list(seen.things)
        for thing in scene.things:
            best = max(left, key=lambda other: _iou(thing.box, other.box), default=None)
            hit = best is not None and _iou(thing.box, best.box) >= 0.5
            tallies["eye: found"].add(hit)
            if hit and best is not None:
                left.remove(best)
                tallies["eye: name"].add(best.name == thing.name)
                tallies["eye: color"].add(best.color == thing.color)
                tallies["eye: flip"].add(best.flip == thing.flip)
        for i in range(len(seen.things)):
            tallies["eye: not imagined"].add(i >= len(left))
    return tallies


def _iou(a: Box, b: Box) -> float:
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(0.0, wide) * max(0.0, high)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


# ---- pictures to look at


def save_grids(pipe: PocketPipeline, folder: Path) -> None:
    """Uncurated: the first hundred random scenes of seed 2026, and two edits of every kind."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(2026)
    scenes = [synth.random_scene(rng) for _ in range(100)]
    images: list[Image.Image] = []
    for at in range(0, 100, 10):
        images += pipe(scene=scenes[at : at + 10], generator=torch.Generator().manual_seed(at)).images
    _sheet(images, 10, 128).save(folder / "scenes.webp", quality=82, method=6)
    pairs: list[Image.Image] = []
    for at, edit in enumerate(edits(3, 2026)):
        source = pipe(edit.source, generator=torch.Generator().manual_seed(at)).images[0]
        pairs += [source, run_edit(pipe, edit, at)[1]]
    _sheet(pairs, 8, 144).save(folder / "edits.webp", quality=82, method=6)


def _sheet(images: Sequence[Image.Image], columns: int, side: int) -> Image.Image:
    sheet = Image.new("RGB", (columns * side, math.ceil(len(images) / columns) * side), "white")
    for i, image in enumerate(images):
        small = image.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
        sheet.paste(small, (i % columns * side, i // columns * side))
    return sheet


def main() -> None:
    """Parse the command line, judge, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, help="a pipeline folder other than the one in the package")
    parser.add_argument("--singles", type=int, default=440)
    parser.add_argument("--edits", type=int, default=12, help="of every kind")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--grids", type=Path, help="save uncurated pictures here, too")
    parser.add_argument(
        "--tiles", type=Path, metavar="FOLDER", help="make the templates again; drawings go to FOLDER"
    )
    parser.add_argument(
        "--eye", type=Path, metavar="FOLDER", help="judge the eye, too; drawings go to FOLDER"
    )
    options = parser.parse_args()
    if options.tiles:
        make_tiles(art.download(options.tiles))
        return
    from .pipeline import WEIGHTS, PocketPipeline

    pipe, judge = PocketPipeline.load(options.weights or WEIGHTS), Judge()
    tallies = judge_singles(pipe, judge, options.singles, options.seed)
    tallies |= judge_edits(pipe, judge, options.edits, options.seed)
    if options.eye:
        tallies |= judge_eye(pipe, art.download(options.eye), 200, options.seed)
    sys.stdout.write(table(tallies) + "\n")
    if options.grids:
        save_grids(pipe, options.grids)


if __name__ == "__main__":
    main()
