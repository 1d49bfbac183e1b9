"""FLUX.1 by Black Forest Labs: dev draws, Kontext edits with instructions, Fill paints what a mask shows.

The transformers are counted with the published configurations. The text encoders only encode: no talking.
"""

from __future__ import annotations

from dataclasses import replace

from studio.models.family import CLIP_L, FLUX1_DEV, KL_VAE, T5_XXL, Call, Checkpoint
from studio.models.nets import FLUX1

KONTEXT = Checkpoint(
    name="flux1-kontext",
    title="FLUX.1 Kontext",
    repo="black-forest-labs/FLUX.1-Kontext-dev",
    licence=FLUX1_DEV,
    calls={
        "generate": Call("FluxKontextPipeline"),
        "edit": Call("FluxKontextPipeline", canvas="image", limit=0),
        "inpaint": Call(
            "FluxKontextInpaintPipeline", canvas="image", mask="mask_image", references="image_reference",
            fixed={"strength": 1.0}, limit=1,
        ),
    },
    parts={"transformer": 11.9, "text_encoder": CLIP_L, "text_encoder_2": T5_XXL, "vae": KL_VAE},
    drawing="transformer",
    steps=28,
    guidance=3.5,
    guided_by="guidance_scale",
    working=1024,
    multiple=16,
    references=1,
)  # fmt: skip
FILL = replace(
    KONTEXT,
    name="flux1-fill",
    title="FLUX.1 Fill",
    repo="black-forest-labs/FLUX.1-Fill-dev",
    calls={"inpaint": Call("FluxFillPipeline", canvas="image", mask="mask_image", describes=True)},
    steps=50,
    guidance=30.0,
    references=0,
)

DEV = replace(
    KONTEXT,
    name="flux1-dev",
    title="FLUX.1 dev",
    repo="black-forest-labs/FLUX.1-dev",
    calls={
        "generate": Call("FluxPipeline"),
        "edit": Call("FluxImg2ImgPipeline", canvas="image", fixed={"strength": 0.6}, describes=True),
        "inpaint": Call(
            "FluxInpaintPipeline", canvas="image", mask="mask_image", fixed={"strength": 1.0}, describes=True
        ),
    },
    references=0,
    control=FLUX1,
)

CHECKPOINTS = (KONTEXT, FILL, DEV)
