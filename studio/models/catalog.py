"""All checkpoints of all families, without loading anything: the table that a choice is made from.

    python -m studio.models.catalog        prints it as Markdown

A family is a module with `CHECKPOINTS`. A repository on disk that is in no family is described by `unknown`.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from typing import cast

from studio.errors import NotFound
from studio.models.family import Checkpoint

FAMILIES = {
    "FLUX.2": "flux2",
    "Qwen-Image": "qwen",
    "Qwen-Image Lightning": "qwen_lightning",
    "Qwen-Image-2.1": "qwen21",
    "LongCat-Image": "longcat",
    "Z-Image": "z_image",
    "DreamLite": "dreamlite",
    "FIBO 2": "fibo",
    "FLUX.3": "flux3",
    "FLUX.1": "flux1",
    "Kandinsky": "kandinsky",
    "Stable Diffusion 3.5": "sd3",
    "Stable Diffusion XL": "sdxl",
    "Stable Diffusion 1.5": "sd15",
}

HEADINGS = ("name", "model", "does", "licence", "GB bf16", "GB 4 bit", "steps", "references", "encoder")
BF16 = 2.0  # bytes a parameter
NF4 = 0.56  # bytes a parameter with its scales; embeddings, which stay as they are, come on top


def checkpoints() -> tuple[Checkpoint, ...]:
    """Every checkpoint there is, family by family."""
    return tuple(_by_name().values())


def checkpoint(name: str) -> Checkpoint:
    """The checkpoint of that name. Raises `NotFound` with the names there are."""
    if name not in _by_name():
        raise NotFound(f"There is no model {name!r}; there are {', '.join(sorted(_by_name()))}.")
    return _by_name()[name]


@cache
def _by_name() -> dict[str, Checkpoint]:
    found: dict[str, Checkpoint] = {}
    for module in FAMILIES.values():
        family = import_module(f"studio.models.{module}")
        found |= {one.name: one for one in cast(tuple[Checkpoint, ...], family.CHECKPOINTS)}
    return found


def table() -> str:
    """The checkpoints as a Markdown table for a person."""
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(_row(one) for one in checkpoints())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(one: Checkpoint) -> tuple[str, ...]:
    mind = "sees and talks" if one.sees else "talks" if one.talks else "encodes only"
    return (
        f"`{one.name}`",
        one.title,
        ", ".join(sorted(one.ops)),
        f"[{one.licence.name}]({one.licence.url})" + ("" if one.licence.free else ", not free"),
        f"{one.billions * BF16:.1f}",
        f"{one.billions * NF4:.1f}",
        str(one.steps),
        str(one.references),
        mind,
    )


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
