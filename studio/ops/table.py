"""The table of edits, and the decorator that puts a function into it.

An `Op` is a function with what it needs: which pictures, which of the model's abilities, whether a mask
means anything to it, and, if the canvas grows, where the old pixels lie afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image

from studio.images import Box
from studio.models.base import ImageModel, Request

Function = Callable[[ImageModel, Request], Image.Image]
Kept = Callable[[tuple[int, int], Mapping[str, Any]], Box]


@dataclass(frozen=True)
class Op:
    """One edit. `needs` are abilities of a model (none: no model), `inputs` the pictures it must have."""

    name: str
    function: Function
    needs: frozenset[str]
    inputs: frozenset[str]
    masked: bool
    kept: Kept | None


OPS: dict[str, Op] = {}


def op(
    *,
    needs: Iterable[str] = (),
    inputs: Iterable[str] = ("canvas",),
    masked: bool = True,
    kept: Kept | None = None,
) -> Callable[[Function], Function]:
    """Put the decorated function into the table under its own name."""

    def enter(function: Function) -> Function:
        OPS[function.__name__] = Op(
            function.__name__, function, frozenset(needs), frozenset(inputs), masked, kept
        )
        return function

    return enter
