"""What a model's eye does for a session: it selects, and it says what is missing in a picture it drew.

Looking changes nothing and makes no turn. A *verdict* is a tuple of sentences, empty if all that was asked
for is there; it is part of the receipt and never of an id. It takes time of its own, so it is passed when the
version is on disk already, and kept by picture, words and model, so that no picture is looked at twice.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from PIL import Image

from studio import images
from studio.errors import BadInput, CannotDo, StoreError
from studio.models.base import ImageModel, eye
from studio.store import Result, Store
from studio.timeline import Json, Step, Version, hashed

Point = tuple[int, int]

JUDGED = frozenset({"generate", "edit"})


@dataclass(frozen=True)
class Selected:
    """A mask that words put on a version. It is shown and not kept; the id tells it from the one before."""

    version: str
    words: str
    mask: Image.Image
    id: str = field(default_factory=lambda: secrets.token_urlsafe(6))


def select(model: ImageModel, picture: Image.Image, words: str | None, point: Point | None) -> Image.Image:
    """The mask ("L", white) of what the words name, or of the thing at a pixel: one of the two.

    Raises `CannotDo` if nothing is found, or if the model does not see.
    """
    wide, high = picture.size
    if (words is None) == (point is None):
        raise BadInput("To select, say what, or point at one pixel.")
    if point is not None and not (0 <= point[0] < wide and 0 <= point[1] < high):
        raise BadInput(f"The point {point} is not on the picture of {wide} x {high} pixels.")
    mask = eye(model).select(picture, words, point)
    if images.bounds(mask) is None:
        what = f"I do not see “{words}” in the picture" if words else "I see nothing to select there"
        raise CannotDo(f"{what}; paint the mask by hand, or say it in other words.")
    return mask


def judge(version: Version, receipt: Mapping[str, Json], model: ImageModel, store: Store) -> None:
    """Look at the version's picture, unless the model does not see, or drew nothing, or has looked before."""
    step = _asked(version)
    if step is None or version.image is None or not model.card.sees or receipt["model"] != model.card.key:
        return
    key = _key(version.image, step, model.card.key)
    if store.result(key) is not None:
        return
    missed: tuple[str, ...] = ()
    with suppress(CannotDo):  # words that it draws but cannot check
        missed = eye(model).compare(store.get(version.image), step.prompt)
    with suppress(StoreError):  # the picture is safe; only the remark on it is lost
        store.record(key, Result(version.image, {"missed": list(missed)}))


def verdict(version: Version, receipt: Mapping[str, Json], store: Store) -> tuple[str, ...] | None:
    """What `judge` found, None if it did not look."""
    step, model = _asked(version), receipt.get("model")
    if step is None or version.image is None or model is None:
        return None
    known = store.result(_key(version.image, step, model))
    return None if known is None else tuple(known.facts["missed"])


def _asked(version: Version) -> Step | None:
    """The step whose words the picture shall show: the last one, if a model drew it from words alone."""
    step = next(iter(version.turn.plan.steps[-1:]), None)
    drawn = step is not None and step.op in JUDGED and step.prompt and "reference" not in step.inputs
    return step if drawn else None


def _key(image: str, step: Step, model: str) -> str:
    return hashed("compare", image, step.prompt, model)
