"""Whether a folder of weights may be loaded: only tensors and text, nothing that runs, nothing from outside.

Nouns: a *component* is a subfolder that the folder's index names with its library and class. Nothing here
imports a library of models: a folder is judged before anything that could be misled by it is started.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from studio.errors import NotFound, Unsafe

INDEX = "model_index.json"
SHAPE = "config.json"  # of a single component
TEXT = (".json", ".txt", ".model", ".jinja")  # .model: the words of a tokenizer, read by its library
WEIGHTS = ".safetensors"

# What unpickles, or is code: these are not opened by anything here, but have no business beside weights.
PICKLED = (".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".h5", ".msgpack")
HARMFUL = frozenset((*PICKLED, ".py", ".pyc", ".pyd", ".so", ".dll", ".dylib", ".sh"))
LARGEST_TEXT = 16 << 20  # bytes of an index or a configuration; those of tokenizers have a few millions

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_WEIGHTS = re.compile(
    r"(?:model|diffusion_pytorch_model)(?:\.(?P<before>[a-z0-9_]+))?(?:-\d{5}-of-\d{5})?"
    r"(?:\.(?P<after>[a-z0-9_]+))?\.safetensors"
)


def folder(path: Path) -> Path:
    """The folder of a pipeline, judged. Raises `Unsafe` or `NotFound` with a sentence."""
    root = files(path)
    contents(root)
    return root


def files(path: Path) -> Path:
    """The folder, with nothing in it that could run. Raises `Unsafe` or `NotFound` with a sentence."""
    root = path.resolve()
    if not root.is_dir():
        raise NotFound(f"There is no folder {path.name}.")
    for file in root.rglob("*"):
        if not file.resolve().is_relative_to(root):
            raise Unsafe(
                f"{file.relative_to(root)} in {root.name} leads out of the folder; put the file itself there."
            )
        if file.suffix.lower() in HARMFUL and not file.is_dir():
            raise Unsafe(
                f"{file.relative_to(root)} in {root.name} could run code. Weights are taken as {WEIGHTS} "
                "only: remove that file if the folder has them, or have it converted."
            )
    return root


def contents(root: Path) -> Mapping[str, tuple[str, str]]:
    """The components of a folder: their library and class by name. Raises `Unsafe` or `NotFound`.

    The index and every component's configuration are read, and refused where they ask for code.
    """
    found = components(index(root), root.name)
    for name in found:
        for file in (root / name).glob("*config.json"):
            if "auto_map" in table(file):
                raise Unsafe(
                    f"{name}/{file.name} asks for code that came with the weights; that is never run."
                )
    return found


def index(root: Path) -> Mapping[str, Any]:
    """What the folder says that it holds. Raises `NotFound` where it says nothing."""
    if not (root / INDEX).is_file():
        raise NotFound(f"The folder {root.name} is no pipeline of diffusers: it has no {INDEX}.")
    return table(root / INDEX)


def components(index: Mapping[str, Any], where: str) -> Mapping[str, tuple[str, str]]:
    """The components that an index names. Raises `Unsafe` for one that names code of its own."""
    if not isinstance(index.get("_class_name"), str) or not _NAME.fullmatch(index["_class_name"]):
        raise Unsafe(f"The index of {where} asks for a pipeline of its own ({index.get('_class_name')!r}).")
    found: dict[str, tuple[str, str]] = {}
    for name, value in index.items():
        if name.startswith("_") or not isinstance(value, list) or len(value) != 2:
            continue
        if not any(isinstance(word, str) for word in value):
            continue  # a setting, or a component that the pipeline can do without, and this one does
        if not all(isinstance(word, str) and _NAME.fullmatch(word) for word in (name, *value)):
            raise Unsafe(f"The index of {where} names {name!r} as {value!r}, which is no class of a library.")
        found[name] = (value[0], value[1])
    return found


def wanted(names: Iterable[str], named: Iterable[str], variant: str | None) -> tuple[str, ...]:
    """Of the files in a repository, those that its named components need, and no others.

    Repositories often hold the same weights several times: once for another program, once in another
    precision. Of a component in several, the `variant` is taken, or the plain files, or the only ones.
    """
    names, taken = list(names), []
    for component in named:
        inside = [name for name in names if name.startswith(f"{component}/") and name.count("/") == 1]
        variants = {name: _variant(name) for name in inside if name.endswith(WEIGHTS)}
        meant = next((v for v in (variant, None, *sorted(filter(None, variants.values())))
                      if v in variants.values()), None)  # fmt: skip
        taken += [name for name, its in variants.items() if its == meant]
        taken += [name for name in inside if name.endswith(TEXT)]
    return tuple(sorted({*taken, *(name for name in names if name == INDEX)}))


def _variant(name: str) -> str | None:
    """ "fp16" for model.fp16.safetensors, None for model.safetensors; "" for what is neither."""
    found = _WEIGHTS.fullmatch(name.split("/")[-1])
    return (found["before"] or found["after"]) if found else ""


def table(file: Path) -> Mapping[str, Any]:
    """A JSON file that is a table of names. Raises `Unsafe` if it is none."""
    if file.stat().st_size > LARGEST_TEXT:
        raise Unsafe(f"{file.name} is far too long for what it is.")
    try:
        read = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise Unsafe(f"{file.parent.name}/{file.name} cannot be read: {error}") from error
    if not isinstance(read, dict):
        raise Unsafe(f"{file.parent.name}/{file.name} is not a table of names.")
    return read
