"""LoRAs that a person has put into the studio folder: found, judged and described while nothing is loaded.

Nouns: a *LoRA* is a file of small weights, NAME.safetensors, that are added to those of a model; its *card*
is a file NAME.json beside it; its *family* are the models it was made for; a *pinned* name says what the file
held, "NAME@digest", so that a picture drawn with it is never said to come of another file of that name.

A card may hold any of these, and nothing else is read of it:
    title, licence, family   words; the family is one of FAMILIES
    prompt                   words that wake it, which are added to what the model is asked
    weight                   how strong it is unless asked otherwise
    steps, guidance          what it was made for, for a person who asks for nothing else

Names come from clients and are only ever looked up among the files that are there. The files come from
anywhere: they are safetensors, limited in size, and have nothing in them but what belongs to a LoRA.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from studio.errors import BadInput, CannotDo, NotFound, Unsafe
from studio.models import headers, vetting
from studio.models.family import FAMILIES

FOLDER = "loras"  # in the studio folder
SUFFIX = ".safetensors"
LARGEST = 4 << 30  # bytes of a file; those of the largest models and ranks have two
MOST = 8  # at once
STRONGEST = 4.0
DIGITS = 12  # of the digest that pins a name

NAME = re.compile(r"[^\W_][\w .+-]{0,79}")
PART = re.compile(
    r"[\w.-]{1,300}?[._](?:"
    r"lora_[AB](?:\.default)?\.(?:weight|bias)|lora_(?:up|down)\.weight|lora\.(?:up|down)\.weight|alpha)"
)

# What tells a family: the first row with a module of that name, and of that width where one is given.
# The widths are those of the words that a U-Net reads, and of what a transformer's block is wide.
MARKS: tuple[tuple[str, str, int | None], ...] = (
    ("sdxl", r"attn2[._]to_k$", 2048),
    ("sd15", r"attn2[._]to_k$", 768),
    ("flux2", r"to_qkv_mlp_proj$|(?:double|single)_stream_modulation", None),
    ("flux1", r"single_transformer_blocks[._][23]\d[._]proj_(?:mlp|out)$", None),
    ("fibo-2", r"layers[._]\d+[._](?:cross_|self_)?attention[._]", 3584),
    ("z-image", r"(?:^|[._])(?:context_refiner|noise_refiner|layers)[._]\d+[._]attention[._]", 3840),
    ("qwen-image-2.1", r"img_mlp[._](?:proj|gate_layer|out)$", None),
    ("qwen-image", r"transformer_blocks[._]\d+[._](?:(?:img|txt)_mlp[._]net|(?:img|txt)_mod)[._]", None),
    ("kandinsky-5", r"visual_transformer_blocks[._]", None),
    ("sd3", r"(?:transformer_blocks[._]\d+[._]attn[._]|joint_blocks[._])", 1536),
    ("sd3", r"(?:transformer_blocks[._]\d+[._]attn[._]|joint_blocks[._])", 2432),
)


@dataclass(frozen=True)
class LoRA:
    """A file in the library with what its card says. `family` is None where it cannot be told, and then it
    is tried. `wrong` says why it cannot be used.
    """

    name: str
    file: Path
    title: str
    prompt: str = ""
    weight: float = 1.0
    family: str | None = None
    licence: str = ""
    steps: int | None = None
    guidance: float | None = None
    wrong: str = ""

    @property
    def digest(self) -> str:
        """Of the file's bytes: read once, and again when the file has changed. Raises `NotFound`."""
        try:
            about = self.file.stat()
            return _digest(self.file, about.st_size, about.st_mtime_ns)
        except OSError as error:
            raise NotFound(f"The LoRA {self.name} is gone from the folder {FOLDER}.") from error

    @property
    def pinned(self) -> str:
        """Its name with the digest."""
        return f"{self.name}@{self.digest}"


# --- what there is


def library(folder: Path | None) -> tuple[LoRA, ...]:
    """The LoRAs in that folder by name, those that cannot be used too. Without a folder there are none."""
    if folder is None or not folder.is_dir():
        return ()
    root = folder.resolve()
    files = sorted(file for file in root.iterdir() if file.suffix.lower() in (SUFFIX, *vetting.PICKLED))
    return tuple(_described(file, root) for file in files if file.is_file())


def fitting(folder: Path | None, family: str | None) -> tuple[LoRA, ...]:
    """Those to offer for a model of that family: all that fit it, or may."""
    return tuple(one for one in library(folder) if not one.wrong and one.family in (None, family))


def _described(file: Path, root: Path) -> LoRA:
    """The file and its card, or why it cannot be used."""
    name = file.stem
    try:
        if file.suffix.lower() != SUFFIX:
            raise Unsafe(f"{file.name} could run code. LoRAs are taken as {SUFFIX} only: have it converted.")
        if not NAME.fullmatch(name):
            raise BadInput(f"{name!r} is no name for a LoRA: use letters, digits, spaces, dots and dashes.")
        if not file.resolve().is_relative_to(root):
            raise Unsafe(f"{file.name} leads out of the folder {FOLDER}; put the file itself there.")
        said = _card(file.with_suffix(".json"), root)
        about = file.stat()
        told = _told(file, about.st_size, about.st_mtime_ns)
        if None not in (told, said.get("family")) and told != said["family"]:
            raise BadInput(f"The card of {name} says {said['family']}, and its weights are for {told}.")
        return LoRA(name, file, **{"title": name, "family": told, **said})
    except (Unsafe, BadInput) as error:
        return LoRA(name, file, name, wrong=str(error))
    except OSError:
        return LoRA(name, file, name, wrong=f"{file.name} cannot be read.")


def _card(file: Path, root: Path) -> dict[str, Any]:
    """What the card says, checked. Raises `Unsafe` or `BadInput`."""
    if not file.is_file():
        return {}
    if not file.resolve().is_relative_to(root):
        raise Unsafe(f"{file.name} leads out of the folder {FOLDER}; put the file itself there.")
    found = vetting.table(file)
    said: dict[str, Any] = {}
    for field, takes in _FIELDS.items():
        if field in found:
            value = found[field]
            if not takes(value):
                raise BadInput(f"The card {file.name} says {field}: {str(value)[:40]!r}, which cannot be.")
            said[field] = " ".join(value.split()) if isinstance(value, str) else value
    return said


def _is_words(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 400 and all(c.isprintable() or c.isspace() for c in value)


def _is_number(value: Any, least: float, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


_FIELDS: Mapping[str, Callable[[Any], bool]] = {
    "title": lambda value: _is_words(value) and bool(value.strip()),
    "prompt": _is_words,
    "licence": _is_words,
    "family": lambda value: value in FAMILIES,
    "weight": lambda value: _is_number(value, -STRONGEST, STRONGEST),
    "steps": lambda value: type(value) is int and 1 <= value <= 200,
    "guidance": lambda value: _is_number(value, 0, 50),
}


@lru_cache(maxsize=256)
def _told(file: Path, size: int, changed: int) -> str | None:
    """The family that its tensors tell of. Raises `BadInput` for what is no LoRA."""
    if size > LARGEST:
        raise BadInput(f"{file.name} has more than {LARGEST >> 30} GB, which no LoRA needs.")
    tensors = headers.read(file).tensors
    strange = next((name for name in tensors if not PART.fullmatch(name)), None)
    if strange is not None or not tensors:
        what = f"{strange[:80]!r} is no part of one" if strange else "it is empty"
        raise BadInput(f"{file.name} is no LoRA that can be used here: {what}.")
    widths = {module_of(name): one.shape[-1] for name, one in tensors.items() if is_down(name) and one.shape}
    for family, pattern, width in MARKS:
        if any(re.search(pattern, module) and width in (None, widths[module]) for module in widths):
            return family
    return None


def module_of(key: str) -> str:
    """The module that a tensor of a LoRA belongs to."""
    return re.split(r"[._](?:processor[._])?lora[._]|\.alpha$", key)[0]


def is_down(key: str) -> bool:
    """Whether the tensor is the first of the two that are multiplied: [rank, width]."""
    return bool(re.search(r"lora_A|lora[._]down", key)) and key.endswith(".weight")


@lru_cache(maxsize=256)
def _digest(file: Path, size: int, changed: int) -> str:
    with file.open("rb") as opened:
        return digest_of(iter(lambda: opened.read(1 << 20), b""))


def digest_of(pieces: Iterator[bytes]) -> str:
    """The digest that pins a file, of its bytes piece by piece."""
    seen = hashlib.blake2b(digest_size=16)
    for piece in pieces:
        seen.update(piece)
    return seen.hexdigest()[:DIGITS]


# --- what a step is asked to draw with


def frozen(params: Mapping[str, Any], folder: Path | None) -> dict[str, Any]:
    """A step's parameters with all that LoRAs decide written into them, once and for good.

    `params["loras"]` maps names to weights, None for a LoRA's own; here they are pinned. A weight of 0 is as
    if it were not there. The words that wake them go into "hints", and the steps and guidance they were made
    for are taken where nothing else is asked. Raises `NotFound`, `BadInput` or `CannotDo`.
    """
    asked = params.get("loras") or {}
    if not isinstance(asked, Mapping) or len(asked) > MOST:
        raise BadInput(f"LoRAs are asked for as names with weights, {MOST} at the most.")
    there = _by_name(folder) if asked else {}
    found = [(_named(str(name), there), weight) for name, weight in sorted(asked.items())]
    used = [(one, _weight(one, weight)) for one, weight in found]
    used = [(one, weight) for one, weight in used if weight]
    rest = {name: value for name, value in params.items() if name not in ("loras", "hints")}
    if not used:
        return rest
    for field in ("steps", "guidance"):
        usual = next((getattr(one, field) for one, _ in used if getattr(one, field) is not None), None)
        if rest.get(field) is None and usual is not None:
            rest[field] = usual
    hints = list(dict.fromkeys(one.prompt for one, _ in used if one.prompt))
    return {
        **rest,
        "loras": {one.pinned: weight for one, weight in used},
        **({"hints": hints} if hints else {}),
    }


def asked_for(params: Mapping[str, Any], folder: Path | None) -> tuple[tuple[LoRA, float], ...]:
    """The LoRAs of frozen parameters with their weights, always in the same order.

    Raises `NotFound` for one that is not there, and `CannotDo` for one that is another than it was.
    """
    pins: Mapping[str, float] = params.get("loras") or {}
    there = _by_name(folder) if pins else {}
    found = []
    for pin, weight in sorted(pins.items()):
        one = _named(pin, there)
        if one.pinned != pin:
            raise BadInput(f"The step asks for the LoRA {pin} without saying which file: plan it again.")
        found.append((one, _weight(one, weight)))
    return tuple(found)


def prompted(prompt: str, hints: Sequence[str]) -> str:
    """The words with those that wake the LoRAs, where they are not among them already."""
    missing = [hint for hint in hints if hint.casefold() not in prompt.casefold()]
    return ", ".join(filter(None, [prompt.rstrip(" ,"), *missing]))


def require_family(wanted: Sequence[tuple[LoRA, float]], family: str | None, model: str) -> None:
    """Raises `CannotDo` for a LoRA that was made for another family than the model's. Both may be unknown."""
    for one, _ in wanted:
        if None not in (one.family, family) and one.family != family:
            raise CannotDo(
                f"The LoRA {one.title} is for {one.family}, and {model} takes those for {family}. "
                "Choose another."
            )


def said(used: Sequence[tuple[LoRA, float]], params: Mapping[str, Any]) -> tuple[str, ...]:
    """What a person is told about a picture that was drawn with LoRAs."""
    if not used:
        return ()
    names = [f"{one.title} at {weight:g}{f' ({one.licence})' if one.licence else ''}" for one, weight in used]
    drawn = f"Drawn with the LoRA{'s' if len(names) > 1 else ''} {', '.join(names)}."
    hints = "; ".join(params.get("hints") or ())
    return (drawn, f"For that the words had this added: {hints}.") if hints else (drawn,)


def _by_name(folder: Path | None) -> Mapping[str, LoRA]:
    return {one.name: one for one in library(folder)}


def _named(asked: str, there: Mapping[str, LoRA]) -> LoRA:
    """The LoRA of that name, pinned or not."""
    name, _, digest = asked.partition("@")
    if name not in there:
        names = ", ".join(one.name for one in there.values() if not one.wrong)
        has = f"It has {names}." if names else "It is empty."
        raise NotFound(f"There is no LoRA {name[:80]!r} in the folder {FOLDER} of the studio. {has}")
    one = there[name]
    if one.wrong:
        raise CannotDo(one.wrong)
    if digest and digest != one.digest:
        raise CannotDo(
            f"The file of the LoRA {name} is another than the one this was drawn with. Put that one back, or "
            "choose the LoRA again."
        )
    return one


def _weight(one: LoRA, weight: Any) -> float:
    if weight is None:
        return float(one.weight)
    if not _is_number(weight, -STRONGEST, STRONGEST) or not math.isfinite(weight):
        raise BadInput(f"A LoRA's weight is a number from -{STRONGEST:g} to {STRONGEST:g}, not {weight!r}.")
    return float(weight)
