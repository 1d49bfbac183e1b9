"""How a pipeline class of no family is asked for pictures, by AutoPipeline's tables and its signatures.

Nouns: a *kind* is the pipeline class for one of the abilities. A kind that needs more than words, a picture
and a mask is left out, for the studio has nothing else to give.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from studio.errors import CannotDo
from studio.models.family import Call, Checkpoint, Licence

# Without knowing better: what every size that is checked anywhere divides, and what most were trained at.
MULTIPLE, WORKING, STEPS = 64, 1024, 50
STRENGTHS = {"edit": 0.6, "inpaint": 1.0}
TALKERS = ("ForCausalLM", "ForConditionalGeneration")
MUTE = ("T5", "UMT5")  # they continue nothing that was said to them
NOBODY = Licence("unknown", "", free=False)


def from_signatures(
    cls: type, components: Mapping[str, str], parts: Mapping[str, float], drawing: str, plain: bool
) -> Checkpoint:
    """What the class and its siblings in AutoPipeline take. Raises `CannotDo` if they draw no pictures.

    `components` are their classes by name. Siblings do not fit a part that is not `plain`: what it is handed
    beside the noise is of its own class only. Name, repository and licence are left open.
    """
    kinds = {op: kind for op, kind in _kinds(cls).items() if plain or kind is cls}
    calls = {op: call for op, kind in kinds.items() if (call := _call(op, kind))}
    if not calls:
        raise CannotDo(
            f"A {cls.__name__} does not draw pictures from words alone or from a picture and words."
        )
    taken = [_defaults(kinds[op]) for op in calls]
    guided_by = _guided_by(taken[0])
    if guided_by and not all(guided_by in one for one in taken):
        guided_by = None
    steps = taken[0]["num_inference_steps"]
    if guided_by == "true_cfg_scale":
        blank = {"negative_prompt": " "}  # without one there is no guidance
        calls = {op: replace(call, fixed={**blank, **call.fixed}) for op, call in calls.items()}
    talks, sees = _mind(components, parts)
    return Checkpoint(
        name="",
        title="",
        repo="",
        licence=NOBODY,
        calls=calls,
        parts=parts,
        drawing=drawing,
        steps=steps if isinstance(steps, int) else STEPS,
        guidance=float(taken[0][guided_by]) if guided_by else None,
        guided_by=guided_by,
        working=WORKING,
        multiple=MULTIPLE,
        talks=talks,
        sees=sees,
    )


def _kinds(cls: type) -> dict[str, type]:
    """The class for every ability: those that AutoPipeline has beside this one, or else this one itself."""
    from diffusers.pipelines import auto_pipeline as auto

    tables = {
        "generate": auto.AUTO_TEXT2IMAGE_PIPELINES_MAPPING,
        "edit": auto.AUTO_IMAGE2IMAGE_PIPELINES_MAPPING,
        "inpaint": auto.AUTO_INPAINT_PIPELINES_MAPPING,
    }
    keys = [key for table in tables.values() for key, one in table.items() if one is cls]
    if keys:
        return {op: table[keys[0]] for op, table in tables.items() if keys[0] in table}
    taken = _defaults(cls)
    if "Inpaint" in cls.__name__:
        return {"inpaint": cls}
    kinds = {"generate": cls} if "image" not in taken else {"edit": cls, "inpaint": cls}
    return {op: kind for op, kind in kinds.items() if op != "inpaint" or _mask(taken)}


def _call(op: str, cls: type) -> Call | None:
    """How the class is asked for the ability; None if it wants more than words, a picture and a mask."""
    taken, parts = _defaults(cls), inspect.signature(cls).parameters
    mask = _mask(taken)
    if not {"prompt", "num_inference_steps", "generator"} <= taken.keys():
        return None
    if taken.get("output_type") != "pil":  # sounds and films come back as numbers
        return None
    # Pictures that steer, of which the studio has none to give, and films.
    if "controlnet" in parts or taken.keys() & {"num_frames", "control_image", "image_embeds"}:
        return None
    given = {"prompt"} | ({"image"} if op != "generate" else set()) | ({mask} if op == "inpaint" else set())
    required = {name for name, default in taken.items() if default is inspect.Parameter.empty}
    if None in given or not given <= taken.keys() or not required <= given:
        return None
    strength = {"strength": STRENGTHS[op]} if "strength" in taken and op in STRENGTHS else {}
    found = re.findall(r"Output\(\s*(\w+)=", inspect.getsource(cls.__call__))
    return Call(
        cls.__name__,
        canvas="image" if op != "generate" else None,
        mask=mask if op == "inpaint" else None,
        fixed=strength,
        sized={"width", "height"} <= taken.keys(),
        limit=0,
        describes=op == "inpaint" or "strength" in taken,
        output=found[0] if found else "images",
    )


def _mask(taken: Mapping[str, Any]) -> str | None:
    return next((name for name in ("mask_image", "mask") if name in taken), None)


def _defaults(cls: type) -> dict[str, Any]:
    """The arguments of the class's call, to their defaults."""
    given = inspect.signature(cls.__call__).parameters
    return {name: p.default for name, p in given.items() if name not in ("self", "args", "kwargs")}


def _guided_by(taken: Mapping[str, Any]) -> str | None:
    for name in ("guidance_scale", "true_cfg_scale"):
        default = taken.get(name)
        if isinstance(default, int | float) and (name == "guidance_scale" or default > 1):
            return name
    return None


def _mind(components: Mapping[str, str], parts: Mapping[str, float]) -> tuple[str | None, bool]:
    """The part that talks, and whether it sees: for that it needs a processor of pictures and words."""
    talking = (
        name
        for name, kind in components.items()
        if name in parts and kind.endswith(TALKERS) and not kind.startswith(MUTE)
    )
    talks = next(talking, None)
    both = any(k.endswith("Processor") and not k.endswith("ImageProcessor") for k in components.values())
    if talks is None or not (both or "tokenizer" in components):
        return None, False
    return talks, both and components[talks].endswith("ForConditionalGeneration")
