"""FLUX.2 by Black Forest Labs: klein draws in four steps, its base is undistilled, dev is large.

The transformers and the text encoders are counted with the published configurations (dev's encoder is a
Mistral Small 3.2).
"""

from __future__ import annotations

from dataclasses import replace

from studio.images import KINDS
from studio.models.family import APACHE, KL_VAE, QWEN3_4B, QWEN3_8B, Call, Checkpoint, Licence, Shown

BFL = Licence(
    "FLUX Non-Commercial",
    "https://bfl.ai/legal/non-commercial-license-terms",
    free=False,
    terms="The weights are for non-commercial use; what they draw may be used commercially.",
)

KLEIN = {
    "generate": Call("Flux2KleinPipeline", references="image"),
    "edit": Call("Flux2KleinPipeline", canvas="image", references="image"),
    "inpaint": Call(
        "Flux2KleinInpaintPipeline", canvas="image", mask="mask_image", references="image_reference",
        fixed={"strength": 1.0}, limit=1,
    ),
}  # fmt: skip

KLEIN_4B = Checkpoint(
    name="flux2-klein-4b",
    title="FLUX.2 klein 4B",
    repo="black-forest-labs/FLUX.2-klein-4B",
    licence=APACHE,
    calls=KLEIN,
    parts={"transformer": 3.88, "text_encoder": QWEN3_4B, "vae": KL_VAE},
    drawing="transformer",
    steps=4,
    guidance=1.0,  # ignored, for it is distilled; a higher one is warned of
    guided_by="guidance_scale",
    working=1024,
    multiple=16,
    references=3,
    talks="text_encoder",
    control=Shown(frozenset(KINDS)),
)
KLEIN_9B = replace(
    KLEIN_4B,
    name="flux2-klein-9b",
    title="FLUX.2 klein 9B",
    repo="black-forest-labs/FLUX.2-klein-9B",
    licence=BFL,
    parts={"transformer": 9.08, "text_encoder": QWEN3_8B, "vae": KL_VAE},
)
BASE_4B = replace(
    KLEIN_4B,
    name="flux2-klein-base-4b",
    title="FLUX.2 klein base 4B",
    repo="black-forest-labs/FLUX.2-klein-base-4B",
    steps=50,
    guidance=4.0,
)
DEV = replace(
    KLEIN_9B,
    name="flux2-dev",
    title="FLUX.2 dev",
    repo="black-forest-labs/FLUX.2-dev",
    calls={
        "generate": Call("Flux2Pipeline", references="image"),
        "edit": Call("Flux2Pipeline", canvas="image", references="image"),
        "inpaint": Call("Flux2Pipeline", canvas="image", references="image", blend=True),
    },
    parts={"transformer": 32.22, "text_encoder": 24.01, "vae": KL_VAE},
    steps=50,
    guidance=4.0,
    references=9,
    sees=True,
)

CHECKPOINTS = (KLEIN_4B, BASE_4B, KLEIN_9B, DEV)
