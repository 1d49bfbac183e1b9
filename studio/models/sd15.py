"""Stable Diffusion 1.5: old and small, with a LoRA that makes it draw in four steps on any machine.

The U-Net and the safety checker, which blackens what it takes offence at, are counted with their classes' own
configurations (the checker's vision tower being a CLIP-L).
"""

from __future__ import annotations

from dataclasses import replace

from studio.models.family import CLIP_L, KL_VAE, OPEN_RAIL, Call, Checkpoint, Distillation
from studio.models.nets import SD15

PLAIN = Checkpoint(
    name="sd15",
    title="Stable Diffusion 1.5",
    repo="stable-diffusion-v1-5/stable-diffusion-v1-5",
    variant="fp16",
    licence=OPEN_RAIL,
    calls={
        "generate": Call("StableDiffusionPipeline"),
        "edit": Call(  # its height and width follow the canvas
            "StableDiffusionImg2ImgPipeline", canvas="image", sized=False, fixed={"strength": 0.6},
            describes=True,
        ),
        "inpaint": Call(
            "StableDiffusionInpaintPipeline", canvas="image", mask="mask_image", fixed={"strength": 1.0},
            describes=True,
        ),
    },
    parts={"unet": 0.86, "text_encoder": CLIP_L, "vae": KL_VAE, "safety_checker": 0.3},
    drawing="unet",
    steps=50,
    guidance=7.5,
    guided_by="guidance_scale",
    working=512,
    multiple=8,
    control=SD15,
)  # fmt: skip
LCM = replace(
    PLAIN,
    name="sd15-lcm",
    title="Stable Diffusion 1.5 in four steps",
    steps=4,
    guidance=1.0,
    distilled=Distillation(
        "latent-consistency/lcm-lora-sdv1-5", "pytorch_lora_weights.safetensors", scheduler="LCMScheduler"
    ),
)

CHECKPOINTS = (PLAIN, LCM)
