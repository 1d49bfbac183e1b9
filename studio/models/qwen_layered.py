"""Qwen-Image-Layered by Alibaba: takes a picture apart into layers, as many as are asked for.

It describes the picture to itself first, if nobody says what is on it. Its class draws layers of about
640 x 640 pixels, or 1024 x 1024 if it is told so.
"""

from __future__ import annotations

from dataclasses import replace

from studio.models import qwen
from studio.models.family import Call

LAYERED = replace(
    qwen.EDIT,
    name="qwen-image-layered",
    title="Qwen-Image-Layered",
    repo="Qwen/Qwen-Image-Layered",
    calls={
        "layers": Call(
            "QwenImageLayeredPipeline", canvas="image", sized=False, alpha=True,
            fixed={**qwen.BLANK, "layers": 4, "resolution": 640},
        )
    },
    working=640,
    notes=("It takes a picture apart into layers, side by side on a sheet, and draws nothing else.",),
)  # fmt: skip

CHECKPOINTS = (LAYERED,)
