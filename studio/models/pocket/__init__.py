"""The embedded model: small weights in the package, drawn on any processor, nothing downloaded.

Words become a *scene*, a scene becomes a picture, and an eye reads pictures back into scenes; an instruction
changes the scene, and only what changed is drawn again. README.md beside this file says how it was trained.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from studio.models.base import Card

if TYPE_CHECKING:
    from studio.models.pipeline import PipelineModel


def load() -> PipelineModel:
    """The model with the weights that came with it. Takes about a second, most of it the import of torch."""
    from studio.models.pipeline import PipelineModel
    from studio.models.pocket.blocks import PIXELS
    from studio.models.pocket.pipeline import WEIGHTS, PocketPipeline
    from studio.models.pocket.planning import REFERENCES
    from studio.models.pocket.reader import NotUnderstood

    pipe = PocketPipeline.load()
    # Rounding differs between the two, so a picture of one is not taken for a picture of the other.
    precision = "bf16" if pipe._autocast()._enabled else "fp32"
    card = Card(
        name="pocket",
        key=f"pocket-{_revision(WEIGHTS)}-{precision}",
        ops=frozenset({"generate", "edit", "inpaint"}),
        working=PIXELS,
        multiple=PIXELS,
        square=True,
        steps=8,
        licence="Apache-2.0",
        sees=True,
        references=REFERENCES,
    )
    return PipelineModel(pipe, card, preview=pipe.decode_preview, refusals=(NotUnderstood,))


def _revision(weights: Path) -> str:
    """A short hash of the weights, so that pictures of other weights are never taken for these."""
    seen = hashlib.blake2b(digest_size=6)
    for file in sorted(weights.rglob("*.safetensors")):
        seen.update(file.read_bytes())
    return seen.hexdigest()
