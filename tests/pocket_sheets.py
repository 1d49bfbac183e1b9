"""Sheets of pictures for the model card and for the eye: uncurated samples, and edits before and after."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from .pocket_edits import KINDS, edits
from .pocket_models import Model, seeded
from .pocket_orders import uncurated
from .pocket_rows import Bench, make

SEED = 2026


def sheet(images: Sequence[Image.Image], columns: int, side: int) -> Image.Image:
    """Pictures side by side."""
    made = Image.new("RGB", (columns * side, math.ceil(len(images) / columns) * side), "white")
    for i, image in enumerate(images):
        small = image.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
        made.paste(small, (i % columns * side, i // columns * side))
    return made


def samples(model: Model, count: int, first: int = 0) -> list[Image.Image]:
    """Pictures of the first prompts of the generator, one seed each, none left out."""
    prompts = uncurated(SEED)
    orders = [next(prompts) for _ in range(first + count)][first:]
    return [model(o.words, generator=seeded(SEED + first + i)).images[0] for i, o in enumerate(orders)]


def save_grid(model: Model, path: Path) -> None:
    """A hundred samples, ten by ten."""
    sheet(samples(model, 100), 10, 160).save(path, quality=82, method=6)


def save_edits(bench: Bench, model: Model, path: Path) -> None:
    """Two edits of every kind, before and after."""
    pairs: list[Image.Image] = []
    for kind in KINDS:
        for i, edit in enumerate(edits(kind, 2, SEED)):
            made = make(bench, model, edit, SEED + i)
            after = made.source if made.trial is None else Image.fromarray(made.trial.after)
            pairs += [made.source, after]
    sheet(pairs, 8, 192).save(path, quality=82, method=6)


def save_contacts(model: Model, path: Path) -> None:
    """Two hundred samples on two sheets, large enough to count the broken ones."""
    for half in range(2):
        sheet(samples(model, 100, 100 * half), 10, 224).save(
            path.with_stem(f"{path.stem}-{half + 1}"), quality=85, method=4
        )
