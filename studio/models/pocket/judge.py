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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from . import art, synth
from .codes import NAMES
from .scene import COLORS, Background, Scene

if TYPE_CHECKING:
    from .pipeline import PocketPipeline
from studio.models.pocket.judge_edits import _iou, edits, judge_edits, run_edit
from studio.models.pocket.verdicts import Judge, Pixels, Tally, found_at, make_tiles, table

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
