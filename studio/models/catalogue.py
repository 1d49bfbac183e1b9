"""Every checkpoint there is, by name. A family is one file of `CHECKPOINTS`, and a name in `FAMILIES`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from studio.models.family import Checkpoint

FAMILIES = ("flux2",)


@cache
def checkpoints() -> Mapping[str, Checkpoint]:
    """All of them, in the order of their families. Imports no torch."""
    found: dict[str, Checkpoint] = {}
    for family in FAMILIES:
        for checkpoint in import_module(f"studio.models.{family}").CHECKPOINTS:
            assert checkpoint.name not in found, f"two checkpoints are called {checkpoint.name}"
            found[checkpoint.name] = checkpoint
    return MappingProxyType(found)
