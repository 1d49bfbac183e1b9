"""What a model's eye does for a session: it selects, and it says what is missing in a picture it drew.

Looking changes nothing and makes no turn. A *verdict* is a tuple of sentences, empty if all that was asked
for is there; it is part of the receipt and never of an id. It takes time of its own, so it is passed when the
version is on disk already, and kept by picture, words and model, so that no picture is looked at twice.
"""

from __future__ import annotations

import re
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

# Edits that describe what comes into the picture and lean on nothing that is there. Others name things that
# may go, or one of many, so that they say nothing about the whole.
ADDS = re.compile(
    r"(?:add|insert|include|draw|make it|let it|an?|some|one|two|three|four|five|six)\b"
    r"(?!.*\b(?:the|all|every|each|both|more|another|this|that|it|him|her|his|its|them|their|and|then)\b)",
    re.I | re.S,
)


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


def judge(
    version: Version, before: str | None, receipt: Mapping[str, Json], model: ImageModel, store: Store
) -> None:
    """Look at the version's picture, unless the model does not see, or drew nothing, or has looked before.

    `before` is the digest of the parent's picture.
    """
    step = _asked(version, before)
    if step is None or version.image is None or not model.card.sees or receipt["model"] != model.card.key:
        return
    key = _key(version.image, before, step, model.card.key)
    if store.result(key) is not None:
        return
    missed: tuple[str, ...] = ()
    with suppress(CannotDo):  # words that it draws but cannot check
        missed = eye(model).compare(store.get(version.image), step.prompt)
        if missed and step.op == "edit" and before is not None:
            # What an edit's words do not speak of is no fault: only what it was to mend and did not.
            was = eye(model).compare(store.get(before), step.prompt)
            missed = tuple(sentence for sentence in missed if sentence in was)
    with suppress(StoreError):  # the picture is safe; only the remark on it is lost
        store.record(key, Result(version.image, {"missed": list(missed)}))


def verdict(
    version: Version, before: str | None, receipt: Mapping[str, Json], store: Store
) -> tuple[str, ...] | None:
    """What `judge` found, None if it did not look."""
    step, model = _asked(version, before), receipt.get("model")
    if step is None or version.image is None or model is None:
        return None
    known = store.result(_key(version.image, before, step, model))
    return None if known is None else tuple(known.facts["missed"])


def _asked(version: Version, before: str | None) -> Step | None:
    """The step whose words the picture shall show: a whole picture's, or what an only step adds to it."""
    steps = version.turn.plan.steps
    if not steps or not steps[-1].prompt or "reference" in steps[-1].inputs:
        return None
    last = steps[-1]
    if last.op == "generate":
        return last
    adds = last.op == "edit" and last.inputs.get("canvas") == "canvas" and ADDS.match(last.prompt)
    return last if adds and before is not None else None


def _key(image: str, before: str | None, step: Step, model: str) -> str:
    return hashed("compare", image, before if step.op == "edit" else None, step.prompt, model)
