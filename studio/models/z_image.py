"""Z-Image by Alibaba's Tongyi: a fast generator with a free licence. It follows no instructions.

The transformer is counted with the class's own configuration. The text encoder is a Qwen3 without the layer
that puts out words, so that it does not talk.
"""

from __future__ import annotations

from dataclasses import replace

from studio.models.family import APACHE, KL_VAE, QWEN3_4B, Call, Checkpoint
from studio.models.nets import Z_IMAGE_TURBO

TURBO = Checkpoint(
    name="z-image-turbo",
    title="Z-Image Turbo",
    repo="Tongyi-MAI/Z-Image-Turbo",
    licence=APACHE,
    calls={
        "generate": Call("ZImagePipeline"),
        "edit": Call("ZImageImg2ImgPipeline", canvas="image", fixed={"strength": 0.6}, describes=True),
        "inpaint": Call(
            "ZImageInpaintPipeline",
            canvas="image",
            mask="mask_image",
            fixed={"strength": 1.0},
            describes=True,
        ),
    },
    parts={"transformer": 6.15, "text_encoder": QWEN3_4B, "vae": KL_VAE},
    drawing="transformer",
    steps=9,  # eight of which move the picture
    guidance=0.0,  # anything above switches a second pass on, which a distilled model was not trained for
    guided_by="guidance_scale",
    working=1024,
    multiple=16,
    control=Z_IMAGE_TURBO,
)
BASE = replace(
    TURBO, name="z-image", title="Z-Image", repo="Tongyi-MAI/Z-Image", steps=50, guidance=5.0, control=None
)  # fmt: skip

CHECKPOINTS = (TURBO, BASE)
