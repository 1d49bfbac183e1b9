"""A repository on disk that is in no family: what can be told of it without running anything in it.

Its `model_index.json` names a pipeline class and the components, which is all that is taken from it: the
class has to be one of diffusers', the components of diffusers or transformers. Where a family uses the class,
its checkpoints say how it is asked; otherwise AutoPipeline's tables and the signatures of the calls do
(`signatures`). How large the parts are is read from the weights' headers (`headers`).

Nouns: the *index* is that file.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from studio.errors import BadInput, CannotDo, NotFound
from studio.models.catalog import checkpoints
from studio.models.family import Checkpoint, Licence
from studio.models.headers import Weights, weights_in
from studio.models.signatures import from_signatures

INDEX = "model_index.json"
LARGEST = 1 << 16  # bytes of an index; real ones have about one thousand
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
DRAWING = ("transformer", "unet")


@dataclass(frozen=True)
class Index:
    """What an index says: the class, and the class of every component by its name."""

    pipeline: str
    components: Mapping[str, str]


def checkpoint_of(folder: Path) -> Checkpoint:
    """The checkpoint in a folder. Raises `NotFound`, `BadInput` or `CannotDo`, each with a sentence."""
    index = read_index(folder)
    cls = _pipeline_class(index.pipeline)
    weights = {name: found for name in index.components if (found := _weights(folder / name))}
    parts = {name: found.billions for name, found in weights.items() if found.billions}
    drawing = next((name for name in DRAWING if name in parts), None)
    if drawing is None:
        raise CannotDo(f"{folder.name} has no weights of a part that draws, neither transformer nor unet.")
    known = _relative(index.pipeline, parts, drawing) or from_signatures(
        cls, index.components, parts, drawing, _is_plain(folder / drawing)
    )
    return replace(
        known,
        name=re.sub(r"[^\w.-]+", "-", folder.resolve().name),
        title=folder.resolve().name,
        repo=str(folder),
        licence=Licence(
            "unknown",
            folder.resolve().as_uri(),
            free=False,
            terms="Its terms are in what came with it, if anywhere.",
        ),
        parts=parts,
        revision=None,
        variant=_variant(weights),
        distilled=None,
        notes=_notes(weights),
    )


def read_index(folder: Path) -> Index:
    """The folder's index, checked. Raises `NotFound` or `BadInput`."""
    file = folder / INDEX
    if not file.is_file():
        raise NotFound(f"{folder} is no pipeline of diffusers: it has no {INDEX}.")
    if file.stat().st_size > LARGEST:
        raise BadInput(f"The {INDEX} in {folder.name} is far too large to be one.")
    try:
        content = json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        raise BadInput(f"The {INDEX} in {folder.name} is not readable as JSON.") from None
    pipeline = content.get("_class_name") if isinstance(content, dict) else None
    if not isinstance(pipeline, str) or not NAME.fullmatch(pipeline):
        raise BadInput(f"The {INDEX} in {folder.name} names no pipeline class of diffusers.")
    components: dict[str, str] = {}
    for name, entry in content.items():
        if name.startswith("_") or not isinstance(entry, list) or len(entry) != 2 or entry == [None, None]:
            continue  # a setting of the pipeline, or a component that it goes without
        library, kind = entry
        if not (NAME.fullmatch(name) and isinstance(kind, str) and NAME.fullmatch(kind)):
            raise BadInput(f"The {INDEX} in {folder.name} has a component that is no class.")
        if not _is_trusted(library, kind):
            raise BadInput(f"The {INDEX} in {folder.name} asks for {kind} of a library that is not known.")
        components[name] = kind
    return Index(pipeline, components)


def _is_trusted(library: Any, kind: str) -> bool:
    """Whether the class comes with diffusers or transformers, so that no code of the repository is run."""
    import diffusers
    import transformers

    if not isinstance(library, str):
        return False
    # Classes that only one pipeline has, such as a safety checker, are named by its module in diffusers.
    whole = {"diffusers": diffusers, "transformers": transformers}
    module = whole.get(library) or getattr(diffusers.pipelines, library, None)
    found = getattr(module, kind, None) if inspect.ismodule(module) else None
    return inspect.isclass(found) and hasattr(found, "from_pretrained")


def _pipeline_class(name: str) -> type:
    import diffusers

    cls = getattr(diffusers, name, None)
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
    if not file.is_file() or file.stat().st_size > LARGEST:
        return True
    try:
        content = json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        raise BadInput(f"The config.json of {folder.name} is not readable as JSON.") from None
    return not isinstance(content, dict) or folder.name != "unet" or content.get("in_channels") not in (8, 9)


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
