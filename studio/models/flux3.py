"""FLUX.3 klein by Black Forest Labs: draws, edits with many references, and puts things where boxes say.

The transformers and the upsampler are counted with their classes' own configurations. diffusers has blocks
for it and no pipeline, so that `modular` runs it. There is no class for masks, so latents are blended.
"""

from __future__ import annotations

from dataclasses import replace

from studio.models.family import KL_VAE, QWEN3_VL_4B, Beside, Call, Checkpoint, Licence

KOMMUNITY = Licence(
    "FLUX Kommunity",
    "https://huggingface.co/black-forest-labs/flux-3-image-klein/blob/main/LICENSE.md",
    free=False,
    terms="The weights are for non-commercial use; what they draw may be sold by those who earn less than "
    "five million dollars a year, and whoever offers them to others has to filter what the licence forbids.",
)
UPSAMPLER = Beside(
    "black-forest-labs/flux-3-image-klein-pup",
    {
        "prompt_upsampler": "Qwen3_5ForConditionalGeneration",
        "prompt_upsampler_processor": "AutoProcessor",
    },
)


def calls(pipeline: str) -> dict[str, Call]:
    """How that pipeline of blocks is asked."""
    edit = Call(pipeline, canvas="image", references="image", boxes="boxes")
    return {
        "generate": Call(pipeline, references="image", boxes="boxes"),
        "edit": edit,
        # A masked edit sees a part of the canvas, of which boxes on all of it say nothing.
        "inpaint": replace(edit, blend=True, boxes=None),
    }


KLEIN = Checkpoint(
    name="flux3-klein",
    title="FLUX.3 klein",
    repo="black-forest-labs/flux-3-image-klein",
    licence=KOMMUNITY,
    calls=calls("Flux3DistilledModularPipeline"),
    parts={"transformer": 5.55, "text_encoder": QWEN3_VL_4B, "vae": KL_VAE, "prompt_upsampler": 9.41},
    drawing="transformer",
    steps=16,
    guidance=None,
    guided_by=None,
    working=1024,
    multiple=16,
    references=9,
    talks="text_encoder",
    sees=True,
    beside=(UPSAMPLER,),
    notes=("A second language model writes a long caption of what is asked first, once for the same words.",),
)
BASE = replace(
    KLEIN,
    name="flux3-klein-base",
    title="FLUX.3 klein base",
    repo="black-forest-labs/flux-3-image-klein-base",
    calls=calls("Flux3ModularPipeline"),
    parts={**KLEIN.parts, "transformer": 5.54},
    steps=50,
    guidance=4.0,
    guided_by="guidance_scale",
)

CHECKPOINTS = (KLEIN, BASE)
