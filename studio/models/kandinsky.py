"""Kandinsky: version 5, whose encoder sees and talks, and version 3, which draws from descriptions.

Version 5's transformer is counted with 50 blocks of width 2560, version 3's U-Net with its class's own
configuration and its text encoder as that of a Flan-UL2; 0.27 is what its makers say of the MoVQ.
"""

from __future__ import annotations

from dataclasses import replace

from studio.models.family import APACHE, CLIP_L, KL_VAE, MIT, QWEN25_VL_7B, Call, Checkpoint

FIVE_I2I = Call("Kandinsky5I2IPipeline", canvas="image", output="image")

FIVE = Checkpoint(
    name="kandinsky-5",
    title="Kandinsky 5 Image Lite",
    repo="kandinskylab/Kandinsky-5.0-T2I-Lite-sft-Diffusers",
    licence=MIT,
    calls={"generate": Call("Kandinsky5T2IPipeline", output="image")},
    parts={"transformer": 6.02, "text_encoder": QWEN25_VL_7B, "text_encoder_2": CLIP_L, "vae": KL_VAE},
    drawing="transformer",
    steps=50,
    guidance=3.5,
    guided_by="guidance_scale",
    working=1408,
    multiple=128,
    sizes=((1024, 1024), (640, 1408), (1408, 640), (768, 1280), (1280, 768), (896, 1152), (1152, 896)),
    talks="text_encoder",
    sees=True,
)
FIVE_EDIT = replace(
    FIVE,
    name="kandinsky-5-edit",
    title="Kandinsky 5 Image Lite, editing",
    repo="kandinskylab/Kandinsky-5.0-I2I-Lite-sft-Diffusers",
    calls={"edit": FIVE_I2I, "inpaint": replace(FIVE_I2I, blend=True)},
)
THREE = Checkpoint(
    name="kandinsky-3",
    title="Kandinsky 3",
    repo="kandinsky-community/kandinsky-3",
    variant="fp16",
    licence=APACHE,
    calls={
        "generate": Call("Kandinsky3Pipeline"),
        "edit": Call(
            "Kandinsky3Img2ImgPipeline", canvas="image", sized=False, fixed={"strength": 0.6}, describes=True
        ),
    },
    parts={"unet": 3.06, "text_encoder": 8.72, "movq": 0.27},
    drawing="unet",
    steps=25,
    guidance=3.0,
    guided_by="guidance_scale",
    working=1024,
    multiple=64,
)

CHECKPOINTS = (FIVE, FIVE_EDIT, THREE)
