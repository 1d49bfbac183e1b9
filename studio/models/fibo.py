"""FIBO 2.0 by Bria: one class draws, edits several pictures together, and redoes what a mask shows.

The transformer is counted with the class's own configuration; with the rest that makes the 25.4 GB published.
"""

from __future__ import annotations

from studio.models.family import KL_VAE, NON_COMMERCIAL, QWEN3_VL_4B, Call, Checkpoint, Shown

CHECKPOINTS = (
    Checkpoint(
        name="fibo-2",
        title="FIBO 2.0",
        repo="briaai/Fibo-2.0-dev",
        licence=NON_COMMERCIAL,
        calls={
            "generate": Call("BriaFibo2Pipeline", describes=True),
            "edit": Call("BriaFibo2Pipeline", canvas="image", references="image"),
            # A mask is taken for a single picture only.
            "inpaint": Call("BriaFibo2Pipeline", canvas="image", mask="mask", limit=0),
        },
        parts={"transformer": 8.13, "text_encoder": QWEN3_VL_4B, "vae": KL_VAE},
        drawing="transformer",
        steps=30,
        guidance=5.0,
        guided_by="guidance_scale",
        working=1024,
        multiple=16,
        references=4,
        talks="text_encoder",
        sees=True,
        control=Shown(frozenset({"edges", "sketch", "depth", "pose", "palette"}), called="<image_{}>"),
        notes=(
            "It draws best from a structured caption in JSON; edits may be said in plain words.",
            "Several pictures are called <image_1>, <image_2> and so on, the canvas first.",
        ),
    ),
)
