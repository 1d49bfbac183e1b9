"""All checkpoints of all families, without loading anything: the table that a choice is made from.

A family is a module with `CHECKPOINTS`. A repository on disk that is in no family is described by `unknown`.
"""

from __future__ import annotations

from collections.abc import Mapping
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
def families() -> Mapping[str, tuple[Checkpoint, ...]]:
    """What a family is called, to its checkpoints."""
    modules = {title: import_module(f"studio.models.{module}") for title, module in FAMILIES.items()}
    return {title: cast(tuple[Checkpoint, ...], family.CHECKPOINTS) for title, family in modules.items()}


@cache
def checkpoints() -> tuple[Checkpoint, ...]:
    """Every checkpoint there is, family by family."""
    return tuple(one for family in families().values() for one in family)


def listed(name: str) -> Checkpoint | None:
    """The checkpoint of that name or repository, if a family has it."""
    return next((one for one in checkpoints() if name in (one.name, one.repo)), None)
