"""All checkpoints of all families, without loading anything: the table that a choice is made from.

A family is a module with `CHECKPOINTS`. A repository on disk that is in no family is described by `unknown`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import cast

from studio.models.family import Checkpoint

FAMILIES = {
    "FLUX.2": "flux2",
    "Qwen-Image": "qwen",
    "Qwen-Image Lightning": "qwen_lightning",
    "Qwen-Image-Layered": "qwen_layered",
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


@cache
def checkpoints() -> tuple[Checkpoint, ...]:
    """Every checkpoint there is, family by family."""
    families = (import_module(f"studio.models.{module}") for module in FAMILIES.values())
    return tuple(one for family in families for one in cast(tuple[Checkpoint, ...], family.CHECKPOINTS))


def listed(name: str) -> Checkpoint | None:
    """The checkpoint of that name or repository, if a family has it."""
    return next((one for one in checkpoints() if name in (one.name, one.repo)), None)
