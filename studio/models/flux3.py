"""FLUX.3 klein by Black Forest Labs: up to ten references, and a layout of boxes. Built of blocks only.

The transformer is counted with the class's own configuration, distilled. The upsampler, a Qwen3.5-9B of 19 GB
as published, writes the captions that the model was trained on, and reads `boxes`. The base's guidance is a
component of its own (`guider`) and no argument.
"""

from __future__ import annotations

from dataclasses import replace

from studio.models.family import KL_VAE, QWEN3_VL_4B, Call, Checkpoint, Licence

KOMMUNITY = Licence(
    "FLUX Kommunity",
    "https://huggingface.co/black-forest-labs/flux-3-image-klein/blob/main/LICENSE.md",
    free=False,
    terms="For non-commercial use, and for those below $5 million a year, who have to filter what is drawn.",
)


def calls(pipeline: str) -> dict[str, Call]:
    """What either pipeline is asked for: they take the same arguments."""
    edit = Call(pipeline, canvas="image", references="image")
    return {
        "generate": Call(pipeline, references="image"),
        "edit": edit,
        "inpaint": replace(edit, blend=True),
    }


KLEIN = Checkpoint(
    name="flux3-klein",
    title="FLUX.3 klein",
    repo="black-forest-labs/flux-3-image-klein",
    licence=KOMMUNITY,
    calls=calls("Flux3DistilledModularPipeline"),
    parts={"transformer": 5.55, "text_encoder": QWEN3_VL_4B, "vae": KL_VAE, "prompt_upsampler": 9.5},
    drawing="transformer",
    steps=16,
    guidance=None,
    guided_by=None,
    working=1024,
    multiple=16,
    references=9,
    talks="text_encoder",
    processor="tokenizer",  # the processor of a Qwen3-VL, by that name
    sees=True,
    notes=("It should not be used without its upsampler, which rewrites what is asked.",),
)
BASE = replace(
    KLEIN,
    name="flux3-klein-base",
    title="FLUX.3 klein base",
    repo="black-forest-labs/flux-3-image-klein-base",
    calls=calls("Flux3ModularPipeline"),
    steps=50,
)

CHECKPOINTS = (KLEIN, BASE)
