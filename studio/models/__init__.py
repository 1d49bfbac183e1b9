"""The models there are: one line each in `MODELS`, and the door they all enter by.

A family is one file (or folder) with a function that loads it and returns an `ImageModel`. It is imported
when it is asked for and not before, so that the page is up before a model is.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from studio.errors import NotFound
from studio.models.base import Card, ImageModel, Progress, Report, Request

__all__ = ["MODELS", "Card", "ImageModel", "Progress", "Report", "Request", "load"]

MODELS = {
    "pocket": "studio.models.pocket:load",
    "swatch": "studio.models.swatch:load",
}


def load(name: str) -> ImageModel:
    """The model of that name, ready to run. May take seconds. Raises `NotFound` with the names there are."""
    if name not in MODELS:
        raise NotFound(f"There is no model {name!r}; there are {', '.join(sorted(MODELS))}.")
    module, function = MODELS[name].split(":")
    loader = cast(Callable[[], ImageModel], getattr(import_module(module), function))
    return loader()
