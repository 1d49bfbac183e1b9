"""A repository on disk that is in no family: what can be told of it without running anything in it.

Its index names a pipeline class and the components, which is all that is taken from it (`vetting` reads it):
the class has to be one of diffusers', the components of diffusers or transformers. Where a family uses the
class, its checkpoints say how it is asked; otherwise AutoPipeline's tables and the signatures of the calls do
(`signatures`). How large the parts are is read from the weights' headers (`headers`).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from studio.errors import BadInput, CannotDo
from studio.models import vetting
from studio.models.catalog import checkpoints
from studio.models.family import Checkpoint, Licence
from studio.models.headers import Weights, weights_in
from studio.models.signatures import from_signatures

DRAWING = ("transformer", "unet")


def checkpoint_of(folder: Path) -> Checkpoint:
    """The checkpoint in a folder. Raises `NotFound`, `Unsafe`, `BadInput` or `CannotDo`, with a sentence."""
    from studio.models.loading import component_class

    index = vetting.index(folder)
    asked = vetting.components(index, folder.name)
    for library, kind in asked.values():
        component_class(library, kind)
    components = {name: kind for name, (_, kind) in asked.items()}
    pipeline = str(index["_class_name"])
    cls = _pipeline_class(pipeline)
    weights = {name: found for name in components if (found := _weights(folder / name))}
    parts = {name: found.billions for name, found in weights.items() if found.billions}
    drawing = next((name for name in DRAWING if name in parts), None)
    if drawing is None:
        raise CannotDo(f"{folder.name} has no weights of a part that draws, neither transformer nor unet.")
    known = _relative(pipeline, parts, drawing) or from_signatures(
        cls, components, parts, drawing, _is_plain(folder / drawing)
    )
    return replace(
        known,
        name=re.sub(r"[^\w.-]+", "-", folder.resolve().name),
        title=folder.resolve().name,
        repo=str(folder),
        licence=Licence(
            "unknown",
            "",
            free=False,
            terms="Its terms are in what came with it, if anywhere.",
        ),
        parts=parts,
        revision=None,
        variant=_variant(weights),
        distilled=None,
        beside=(),
        notes=_notes(weights),
    )


def _pipeline_class(name: str) -> type:
    import diffusers

    from studio.models.modular import pipeline_class

    cls = pipeline_class(name)
    if not inspect.isclass(cls) or not issubclass(cls, diffusers.DiffusionPipeline):
        raise CannotDo(f"The installed diffusers has no pipeline {name}. A newer one may have it.")
    return cls


# --- by its relatives


def _relative(pipeline: str, parts: Mapping[str, float], drawing: str) -> Checkpoint | None:
    """The checkpoint of the same class that is nearest in size, if a family has one with the same parts."""
    relatives = [
        one
        for one in checkpoints()
        if next(iter(one.calls.values())).pipeline == pipeline
        and one.drawing == drawing
        and not one.distilled
        and (one.talks is None or one.talks in parts)
    ]
    return min(relatives, key=lambda one: abs(one.parts[drawing] - parts[drawing]), default=None)


# --- its weights


def _is_plain(folder: Path) -> bool:
    """Whether the part that draws is handed nothing but noise and words: not so for U-Nets that were made for
    masks (9 channels) or instructions (8).
    """
    file = folder / "config.json"
    made_for = vetting.table(file).get("in_channels") if file.is_file() else None
    return folder.name != "unet" or made_for not in (8, 9)


def _weights(folder: Path) -> Weights | None:
    return weights_in(folder) if folder.is_dir() else None


def _variant(weights: Mapping[str, Weights]) -> str | None:
    """The one variant that is to be asked for: of the parts that have no other files."""
    found = {one.variant for one in weights.values() if one.variant}
    if len(found) > 1:
        raise BadInput(f"The parts are of different variants, {', '.join(sorted(found))}: fetch all of one.")
    return next(iter(found), None)


def _notes(weights: Mapping[str, Weights]) -> tuple[str, ...]:
    notes = ["It is in no family that the studio knows, so that its defaults are guesses."]
    if any(one.shrunk for one in weights.values()):
        notes.append("Its weights are stored in few bits already, so that its parameters are counted wrong.")
    return tuple(notes)
