"""What weights on disk are, read from the headers of their safetensors files: no tensor is loaded.

Nouns: a *header* is the JSON at the start of such a file that names its tensors; a *shard* is one of several
files that hold a part together; a *variant* is one of several precisions that a folder has a part in.

The files come from anywhere, so that nothing in them is believed: headers are limited in size and checked.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, TypeGuard

from studio.errors import BadInput

LARGEST = 32 << 20  # bytes of a header; those of the largest models have a few
DEEPEST = 16  # dimensions of a tensor
FEWER_BITS = frozenset({"I8", "U8", "F8_E4M3", "F8_E5M2"})

# The shard's number stands before the variant in old repositories and after it in new ones.
WEIGHTS = re.compile(
    r"(?:diffusion_pytorch_model|pytorch_model|model)"
    r"(?:-(\d{5})-of-(\d{5}))?(?:\.([A-Za-z][\w]*))?(?:-(\d{5})-of-(\d{5}))?\.safetensors"
)


@dataclass(frozen=True)
class Tensor:
    """One of a file's: the format's name for its type of number ("F32", "BF16"), and its shape."""

    kind: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Header:
    """What a file says that it holds: its tensors by name, and words about them that nobody has checked."""

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class Weights:
    """Those of one part: how many parameters in billions, of which variant, and whether in fewer bits."""

    billions: float
    variant: str | None
    shrunk: bool


def weights_in(folder: Path) -> Weights | None:
    """The weights of the part in that folder; None if it has none. Raises `BadInput` with a sentence."""
    variants: dict[str | None, dict[int, Path]] = defaultdict(dict)
    counts: dict[str | None, set[int]] = defaultdict(set)
    for file in sorted(filter(Path.is_file, folder.iterdir())):
        if found := WEIGHTS.fullmatch(file.name):
            number, of, variant, later_number, later_of = found.groups()
            variants[variant][int(number or later_number or 1)] = file
            counts[variant].add(int(of or later_of or 1))
    if not variants:
        if any(file.suffix in (".bin", ".pt", ".ckpt", ".pth") for file in folder.iterdir()):
            raise BadInput(
                f"{folder.name} has its weights in a format that can run code. Look for safetensors of them."
            )
        return None
    variant = None if None in variants else min(name for name in variants if name)
    files, wanted = variants[variant], counts[variant]
    if len(wanted) != 1 or files.keys() != set(range(1, wanted.pop() + 1)):
        raise BadInput(f"Some of the files with the weights of {folder.name} are missing. Fetch it again.")
    tensors = [tensor for file in files.values() for tensor in read(file).tensors.values()]
    billions = sum(prod(tensor.shape) for tensor in tensors) / 1e9
    return Weights(billions, variant, any(tensor.kind in FEWER_BITS for tensor in tensors))


def read(file: Path) -> Header:
    """The header of a safetensors file. Raises `BadInput` with a sentence for what is none."""
    wrong = BadInput(f"{file.parent.name}/{file.name} is not a safetensors file, or a part of it is missing.")
    size = file.stat().st_size
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        if not 2 <= length <= min(LARGEST, size - 8):
            raise wrong
        raw = opened.read(length)
    try:
        header = json.loads(raw)
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(header, dict):
        raise wrong
    entries = [entry for name, entry in header.items() if name != "__metadata__"]
    room = size - 8 - length
    if not all(_is_tensor(entry, room) for entry in entries):
        raise wrong
    if sum(end - start for start, end in (entry["data_offsets"] for entry in entries)) > room:
        raise wrong
    tensors = {
        name: Tensor(entry["dtype"], tuple(entry["shape"]))
        for name, entry in header.items()
        if name != "__metadata__"
    }
    return Header(tensors, _words(header.get("__metadata__")))


def _words(found: Any) -> Mapping[str, str]:
    """What a file says of itself: names to words, and nothing else."""
    words = found.items() if isinstance(found, dict) else ()
    return {name: said for name, said in words if isinstance(said, str)}


def _is_tensor(entry: Any, room: int) -> bool:
    """Whether a header's entry has a type, a shape, and a place in the bytes that follow it that holds it."""
    if not isinstance(entry, dict) or not isinstance(entry.get("dtype"), str):
        return False
    shape, place = entry.get("shape"), entry.get("data_offsets")
    if not _are_counts(shape) or not _are_counts(place) or len(shape) > DEEPEST or len(place) != 2:
        return False
    # Numbers of four bits are the smallest: a claim of more of them than there are bytes for is none.
    start, end = place
    return bool(start <= end <= room and prod(shape) <= 2 * (end - start))


def _are_counts(values: Any) -> TypeGuard[list[int]]:
    return isinstance(values, list) and all(type(n) is int and 0 <= n < 1 << 48 for n in values)
