"""Qwen-Image-2.1 by Alibaba: draws, edits with many references, and knows transparency.

The transformer and the VAE are counted with their classes' own configurations.
"""

from __future__ import annotations

from studio.images import KINDS
from studio.models.family import QWEN3_VL_8B, Call, Checkpoint, Licence, Shown

RESEARCH = Licence(
    "Qwen Research",
    "https://huggingface.co/Qwen/Qwen-Image-2.1/blob/main/LICENSE",
    free=False,
    terms="The weights are for research and other non-commercial use; commercial use needs a contract.",
)

CHECKPOINTS = (
    Checkpoint(
        name="qwen-image-2.1",
        title="Qwen-Image-2.1",
        repo="Qwen/Qwen-Image-2.1",
        licence=RESEARCH,
        calls={
            "generate": Call("QwenImage21Pipeline", references="image", alpha=True),
            "edit": Call("QwenImage21Pipeline", canvas="image", references="image", alpha=True),
            "inpaint": Call(
                "QwenImage21Pipeline", canvas="image", references="image", alpha=True, blend=True
            ),
        },
        parts={"transformer": 7.12, "text_encoder": QWEN3_VL_8B, "vae": 0.34},
        drawing="transformer",
        steps=40,
        guidance=None,
        guided_by=None,
        working=1024,
        multiple=32,
        references=9,
        talks="text_encoder",
        sees=True,
        control=Shown(frozenset(KINDS)),
    ),
)
