"""The models there are, and the one door they all enter by: `load(name)`.

`MODELS` are those that come with the program. Every other name is one of a checkpoint of `catalog`, a
repository, a folder or "auto", and goes through `opening`. A family is imported when it is asked for and not
before, so that the page is up before a model is.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import cast

from studio.errors import NotFound
from studio.models import opening
from studio.models.base import Card, ImageModel, Progress, Report, Request
from studio.models.catalog import checkpoints, listed
from studio.models.fitted import log
from studio.models.opening import Here

__all__ = ["MODELS", "Card", "ImageModel", "Progress", "Report", "Request", "check", "known", "load", "ready"]

MODELS = {
    "pocket": "studio.models.pocket:load",
    "swatch": "studio.models.swatch:load",
}


def known(name: str) -> bool:
    """Whether that is the name of a model that the studio itself knows."""
    return name in MODELS or name == "auto" or listed(name) is not None


def check(name: str) -> None:
    """Raises `NotFound` with the names there are if `load` cannot know that one. Loads nothing."""
    if name not in MODELS and not opening.is_name(name):
        known = sorted([*MODELS, *(one.name for one in checkpoints())])
        raise NotFound(
            f"There is no model {name!r}; there are auto, {', '.join(known)}, and every owner/name of the "
            "hub and folder with a pipeline of diffusers."
        )


def load(name: str, say: Callable[[str], None] = log, loras: Path | None = None) -> ImageModel:
    """The model of that name, ready to run. May take seconds, or a download, and says how far it is. `loras`
    is the folder of LoRAs that it may be asked to draw with. Raises a `StudioError`.
    """
    return ready(name, lambda: Here.usual(loras), say)()


def ready(name: str, here: Callable[[], Here], say: Callable[[str], None] = log) -> Callable[[], ImageModel]:
    """All that can be done for a model while another draws, such as fetching it. What comes back loads it.

    `here` is asked before and after, since what is free changes in between. Raises a `StudioError`.
    """
    check(name)
    if name not in MODELS:
        placed = opening.ready(name, here(), say)
        return lambda: placed(here().machine)
    module, function = MODELS[name].split(":")
    return cast(Callable[[], ImageModel], getattr(import_module(module), function))
