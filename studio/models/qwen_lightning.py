"""Qwen-Image with LoRAs by LightX2V, which make it draw in eight or four steps and without guidance.

The schedule is the one they were trained with: shifted by three at every size, and not stretched to an end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import log

from studio.models import qwen
from studio.models.family import Call, Checkpoint, Distillation, Nets

SCHEDULE = {"base_shift": log(3), "max_shift": log(3), "shift_terminal": None, "use_dynamic_shifting": True}


def unguided(calls: Mapping[str, Call]) -> dict[str, Call]:
    """The calls without the negative prompt that would switch guidance on."""
    return {
        op: replace(call, fixed={k: v for k, v in call.fixed.items() if k not in qwen.BLANK})
        for op, call in calls.items()
    }


def lightning(known: Checkpoint, steps: int, repo: str, file: str) -> Checkpoint:
    """The checkpoint, drawing in so many steps with that LoRA."""
    control = known.control
    return replace(
        known,
        name=f"{known.name}-lightning",
        title=f"{known.title} Lightning",
        calls=unguided(known.calls),
        control=replace(control, calls=unguided(control.calls)) if isinstance(control, Nets) else control,
        steps=steps,
        guidance=1.0,
        distilled=Distillation(repo, file, "FlowMatchEulerDiscreteScheduler", SCHEDULE),
    )


CHECKPOINTS = (
    lightning(qwen.DRAW, 8, "lightx2v/Qwen-Image-Lightning", "Qwen-Image-Lightning-8steps-V2.0.safetensors"),
    lightning(
        qwen.EDIT_2509,
        8,
        "lightx2v/Qwen-Image-Lightning",
        "Qwen-Image-Edit-2509/Qwen-Image-Edit-2509-Lightning-8steps-V1.0-bf16.safetensors",
    ),
    lightning(
        qwen.EDIT_2511,
        4,
        "lightx2v/Qwen-Image-Edit-2511-Lightning",
        "Qwen-Image-Edit-2511-Lightning-4steps-V1.0-bf16.safetensors",
    ),
)
