"""Stable Diffusion 3.5 by Stability AI: draws from descriptions, with three text encoders that only encode.

The transformers are counted with the published configurations, their tables of positions too.
"""

from __future__ import annotations

from dataclasses import replace

from studio.models.family import CLIP_G, CLIP_L, KL_VAE, T5_XXL, Call, Checkpoint, Licence

COMMUNITY = Licence(
    "Stability AI Community",
    "https://stability.ai/community-license-agreement",
    free=False,
    terms="Free for those below one million dollars a year, who register for commercial use.",
)
ENCODERS = {"text_encoder": CLIP_L, "text_encoder_2": CLIP_G, "text_encoder_3": T5_XXL, "vae": KL_VAE}

LARGE = Checkpoint(
    name="sd3.5-large",
    title="Stable Diffusion 3.5 Large",
    repo="stabilityai/stable-diffusion-3.5-large",
    licence=COMMUNITY,
    calls={
        "generate": Call("StableDiffusion3Pipeline"),
        "edit": Call(
            "StableDiffusion3Img2ImgPipeline", canvas="image", fixed={"strength": 0.6}, describes=True
        ),
        "inpaint": Call(
            "StableDiffusion3InpaintPipeline", canvas="image", mask="mask_image", fixed={"strength": 1.0},
            describes=True,
        ),
    },
    parts={"transformer": 8.15, **ENCODERS},
    drawing="transformer",
    steps=28,
    guidance=3.5,
    guided_by="guidance_scale",
    working=1024,
    multiple=16,
)  # fmt: skip
TURBO = replace(
    LARGE,
    name="sd3.5-large-turbo",
    title="Stable Diffusion 3.5 Large Turbo",
    repo="stabilityai/stable-diffusion-3.5-large-turbo",
    steps=4,
    guidance=0.0,
)
MEDIUM = replace(
    LARGE,
    name="sd3.5-medium",
    title="Stable Diffusion 3.5 Medium",
    repo="stabilityai/stable-diffusion-3.5-medium",
    parts={"transformer": 2.47, **ENCODERS},
    steps=40,
    guidance=4.5,
    working=1440,
)

CHECKPOINTS = (LARGE, TURBO, MEDIUM)
