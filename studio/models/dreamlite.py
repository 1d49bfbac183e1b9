"""DreamLite: the smallest that draws and edits with one set of weights, for machines without a graphics card.

The U-Net is counted with the class's own configuration, and the VAE with that of a tiny autoencoder; with the
text encoder that makes the 5.1 GB that are published. There is no step callback and no LoRA loader.
"""

from __future__ import annotations

from dataclasses import replace

from studio.models.family import NON_COMMERCIAL, QWEN3_VL_2B, Call, Checkpoint

EDIT = Call("DreamLitePipeline", canvas="image", fixed={"image_guidance_scale": 1.5})
MOBILE_EDIT = Call("DreamLiteMobilePipeline", canvas="image")

BASE = Checkpoint(
    name="dreamlite",
    title="DreamLite",
    repo="carlofkl/DreamLite-base",
    revision="diffusers",  # the branch that has the files as diffusers reads them
    licence=NON_COMMERCIAL,
    calls={"generate": Call("DreamLitePipeline"), "edit": EDIT, "inpaint": replace(EDIT, blend=True)},
    parts={"unet": 0.43, "text_encoder": QWEN3_VL_2B, "vae": 0.0024},
    drawing="unet",
    steps=30,
    guidance=3.5,
    guided_by="guidance_scale",
    working=1024,
    multiple=32,  # 8 pixels a latent, halved twice in the U-Net
    talks="text_encoder",
    sees=True,
    notes=("Small faces and writing come out weak.",),
)
MOBILE = replace(
    BASE,
    name="dreamlite-mobile",
    title="DreamLite mobile",
    repo="carlofkl/DreamLite-mobile",
    calls={
        "generate": Call("DreamLiteMobilePipeline"),
        "edit": MOBILE_EDIT,
        "inpaint": replace(MOBILE_EDIT, blend=True),
    },
    steps=4,
    guidance=None,
    guided_by=None,
)

CHECKPOINTS = (BASE, MOBILE)
