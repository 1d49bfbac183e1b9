"""Tiny LoRAs for the tiny pipelines: made with peft, saved by diffusers as trainers save them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import peft
import torch

from tests.tiny import tiny

# For each family, the ends of the names of the modules that are trained.
TARGETS = {
    "sd15": ("to_q", "to_v"),
    "sdxl": ("to_q", "to_v"),
    "kontext": ("attn.to_q", "attn.add_k_proj", "proj_mlp"),
    "klein": ("attn.to_k", "to_qkv_mlp_proj"),
    "qwen_edit": ("attn.to_q", "attn.add_k_proj", "img_mlp.net.2"),
    "qwen21": ("to_q", "to_k"),
    "z_image": ("attention.to_q", "feed_forward.w1"),
    "dreamlite": ("to_q", "to_v"),
    "flux3": ("attn.to_q", "attn.to_v"),
    "flux3_base": ("attn.to_q", "attn.to_v"),
}
READING = ("q_proj", "v_proj")  # of a CLIP


def lora(
    family: str,
    file: Path,
    seed: int = 1,
    *,
    parts: Sequence[str] = (),
    rank: int = 2,
    alpha: float = 8,
    size: float = 0.3,
    **config: Any,
) -> Path:
    """A LoRA for that family's tiny pipeline in that file. `parts` are the ones trained, unless only the one
    that draws is; random numbers of that size are in it, so that it is seen.
    """
    pipe, known = tiny(family)
    names = parts or (known.drawing,)
    trained = {name: _trained(getattr(pipe, name), name, family, seed, rank, alpha, size, config)
               for name in names}  # fmt: skip
    file.parent.mkdir(parents=True, exist_ok=True)
    if not hasattr(pipe, "save_lora_weights"):
        part, _, _ = trained[known.drawing]
        part.save_lora_adapter(file.parent, weight_name=file.name)
        return file
    given: dict[str, Any] = {}
    for name, (_, layers, about) in trained.items():
        given |= {f"{name}_lora_layers": layers, f"{name}_lora_adapter_metadata": about}
    type(pipe).save_lora_weights(file.parent, weight_name=file.name, **given)
    return file


def _trained(
    part: Any, name: str, family: str, seed: int, rank: int, alpha: float, size: float, config: Any
) -> tuple[Any, Any, Any]:
    """A copy of the part with an adapter of random numbers, its layers, and its configuration."""
    part = copy.deepcopy(part)
    targets = READING if name.startswith("text_encoder") else TARGETS[family]
    about = peft.LoraConfig(r=rank, lora_alpha=alpha, target_modules=list(targets), **config)
    part = peft.inject_adapter_in_model(about, part)
    part._hf_peft_config_loaded = True
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for key, weight in part.named_parameters():
            if "lora_" in key:
                weight.copy_(torch.randn(weight.shape, generator=generator) * size)
    return part, peft.get_peft_model_state_dict(part), part.peft_config["default"].to_dict()
