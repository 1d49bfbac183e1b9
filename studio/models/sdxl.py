"""Stable Diffusion XL by Stability AI, and its Turbo, which draws in a few steps. From descriptions only.

The U-Net is counted with the published configuration; both have the same.
"""

from __future__ import annotations

from dataclasses import replace

from studio.models.family import CLIP_G, CLIP_L, KL_VAE, Call, Checkpoint, Licence
from studio.models.nets import SDXL

OPEN_RAIL = Licence(
    "CreativeML Open RAIL++-M",
    "https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/LICENSE.md",
    free=False,
    terms="For any use, commercial too, but for the harmful ones that the licence lists.",
)
RESEARCH = Licence(
    "Stability AI Non-Commercial Research Community",
    "https://huggingface.co/stabilityai/sdxl-turbo/blob/main/LICENSE.md",
    free=False,
    terms="The weights are for research and other non-commercial use; commercial use needs a contract.",
)

BASE = Checkpoint(
    name="sdxl",
    title="Stable Diffusion XL",
    repo="stabilityai/stable-diffusion-xl-base-1.0",
    variant="fp16",
    licence=OPEN_RAIL,
    calls={
        "generate": Call("StableDiffusionXLPipeline"),
        "edit": Call(  # its height and width follow the canvas
            "StableDiffusionXLImg2ImgPipeline", canvas="image", sized=False, fixed={"strength": 0.6},
            describes=True,
        ),
        "inpaint": Call(
            "StableDiffusionXLInpaintPipeline", canvas="image", mask="mask_image", fixed={"strength": 0.9999},
            describes=True,
        ),
    },
    parts={"unet": 2.57, "text_encoder": CLIP_L, "text_encoder_2": CLIP_G, "vae": KL_VAE},
    drawing="unet",
    steps=50,
    guidance=5.0,
    guided_by="guidance_scale",
    working=1024,
    multiple=8,
    control=SDXL,
)  # fmt: skip
TURBO = replace(
    BASE,
    name="sdxl-turbo",
    title="SDXL Turbo",
    repo="stabilityai/sdxl-turbo",
    licence=RESEARCH,
    steps=4,
    guidance=0.0,
    working=512,
    control=None,  # its nets are made for more steps and a larger picture
)

CHECKPOINTS = (BASE, TURBO)
