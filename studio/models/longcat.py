"""LongCat-Image by Meituan: small, free, and its own text encoder sees and talks.

The transformer is counted with 10 double and 20 single blocks. There is no step callback in either class; the
editor draws about one megapixel in the canvas's shape, whatever its size.
"""

from __future__ import annotations

from dataclasses import replace

from studio.models.family import APACHE, KL_VAE, QWEN25_VL_7B, Call, Checkpoint

DRAW = Checkpoint(
    name="longcat-image",
    title="LongCat-Image",
    repo="meituan-longcat/LongCat-Image",
    licence=APACHE,
    # It would have its text encoder reword what is asked, in words that no seed decides.
    calls={"generate": Call("LongCatImagePipeline", fixed={"enable_prompt_rewrite": False})},
    parts={"transformer": 6.27, "text_encoder": QWEN25_VL_7B, "vae": KL_VAE},
    drawing="transformer",
    steps=50,
    guidance=4.5,
    guided_by="guidance_scale",
    working=1024,
    multiple=16,
    talks="text_encoder",
    sees=True,
    notes=("Words that are to be written in the picture belong in quotation marks.",),
)
EDIT = replace(
    DRAW,
    name="longcat-image-edit",
    title="LongCat-Image-Edit",
    repo="meituan-longcat/LongCat-Image-Edit",
    calls={
        "edit": Call("LongCatImageEditPipeline", canvas="image", sized=False),
        "inpaint": Call("LongCatImageEditPipeline", canvas="image", sized=False, blend=True),
    },
)
TURBO = replace(
    EDIT,
    name="longcat-image-edit-turbo",
    title="LongCat-Image-Edit Turbo",
    repo="meituan-longcat/LongCat-Image-Edit-Turbo",
    steps=8,
    guidance=1.0,
)

CHECKPOINTS = (DRAW, EDIT, TURBO)
