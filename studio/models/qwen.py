"""Qwen-Image by Alibaba: drawing, and editing with instructions.

All share a transformer of 20.43 billion parameters (counted with the class's own configuration) and the text
encoder. Their guidance is off unless there is a negative prompt: a single space switches it on.
"""

from __future__ import annotations

from dataclasses import replace

from studio.models.family import APACHE, QWEN25_VL_7B, QWEN_VAE, Call, Checkpoint, Shown
from studio.models.nets import QWEN_IMAGE

BLANK = {"negative_prompt": " "}
PLUS = Call("QwenImageEditPlusPipeline", canvas="image", references="image", fixed=BLANK)

# Versions 2509 and 2511 were trained to follow edges, depth and poses.
SHOWN = Shown(frozenset({"edges", "sketch", "depth", "pose"}), called="Picture {}")

DRAW = Checkpoint(
    name="qwen-image",
    title="Qwen-Image",
    repo="Qwen/Qwen-Image",
    licence=APACHE,
    calls={
        "generate": Call("QwenImagePipeline", fixed=BLANK),
        "edit": Call(
            "QwenImageImg2ImgPipeline", canvas="image", fixed={**BLANK, "strength": 0.6}, describes=True
        ),
        "inpaint": Call(
            "QwenImageInpaintPipeline", canvas="image", mask="mask_image", fixed={**BLANK, "strength": 1.0},
            describes=True,
        ),
    },
    parts={"transformer": 20.43, "text_encoder": QWEN25_VL_7B, "vae": QWEN_VAE},
    drawing="transformer",
    steps=50,
    guidance=4.0,
    guided_by="true_cfg_scale",
    working=1664,
    multiple=16,
    talks="text_encoder",
    control=QWEN_IMAGE,
)  # fmt: skip
EDIT = replace(
    DRAW,
    name="qwen-image-edit",
    title="Qwen-Image-Edit",
    repo="Qwen/Qwen-Image-Edit",
    calls={
        "edit": Call("QwenImageEditPipeline", canvas="image", fixed=BLANK),
        "inpaint": Call(
            "QwenImageEditInpaintPipeline", canvas="image", mask="mask_image", sized=False,
            fixed={**BLANK, "strength": 1.0},
        ),
    },
    working=1024,
    sees=True,
    control=None,
)  # fmt: skip
EDIT_2511 = replace(
    EDIT,
    name="qwen-image-edit-2511",
    title="Qwen-Image-Edit 2511",
    repo="Qwen/Qwen-Image-Edit-2511",
    # The class that inpaints words its questions for the first Edit's weights, so latents are blended here.
    calls={"edit": PLUS, "inpaint": replace(PLUS, blend=True)},
    references=2,
    control=SHOWN,
)
EDIT_2509 = replace(
    EDIT_2511, name="qwen-image-edit-2509", title="Qwen-Image-Edit 2509", repo="Qwen/Qwen-Image-Edit-2509"
)

CHECKPOINTS = (DRAW, EDIT, EDIT_2509, EDIT_2511)
