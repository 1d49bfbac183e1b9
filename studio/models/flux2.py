"""FLUX.2 by Black Forest Labs: klein, which draws in four steps, and dev, which is large."""

from __future__ import annotations

from studio.models.family import APACHE, Call, Checkpoint, Licence

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
        fixed={"strength": 1.0},
    ),
}  # fmt: skip

CHECKPOINTS = (
    Checkpoint(
        name="flux2-klein-4b",
        title="FLUX.2 klein 4B",
        repo="black-forest-labs/FLUX.2-klein-4B",
        licence=APACHE,
        calls=KLEIN,
        parts={"transformer": 3.88, "text_encoder": 4.02, "vae": 0.08},
        drawing="transformer",
        steps=4,
        guidance=1.0,
        guided_by="guidance_scale",
        working=1024,
        multiple=16,
        references=3,
        talks="text_encoder",
    ),
)
