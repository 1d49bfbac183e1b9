"""Any diffusers pipeline as an `ImageModel`: one method for seeds, steps, previews and stopping.

A pipeline runs on one device, one picture at a time; `PipelineModel` holds the lock. Stopping is by raising
in the step callback, which every pipeline lets through, so that the next run is unharmed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import torch
from PIL import Image

from studio.errors import CannotDo
from studio.models.base import Card, Progress, Request

# What a pipeline calls the pictures of each ability.
ROLES = {
    "generate": {},
    "edit": {"canvas": "image"},
    "inpaint": {"canvas": "image", "mask": "mask_image"},
}


CLEAN = "pred_original_sample"  # what the step callback calls the predicted clean latents


class PipelineModel:
    """A loaded pipeline with its card.

    `preview` decodes the predicted clean latents; `refusals` are the exceptions by which the pipeline says,
    in a sentence, that it cannot draw something.
    """

    def __init__(
        self,
        pipe: Any,
        card: Card,
        *,
        preview: Callable[[torch.Tensor], Image.Image] | None = None,
        refusals: tuple[type[Exception], ...] = (),
    ) -> None:
        self.card = card
        self._pipe, self._preview, self._refusals = pipe, preview, refusals
        self._device = threading.Lock()

    def run(self, request: Request) -> Image.Image:
        """The picture the pipeline draws, in RGB. Raises `CannotDo`, or what `request.report` raises."""
        steps = int(request.params.get("steps") or self.card.steps)
        pictures = {name: request.pictures[role] for role, name in ROLES[request.op].items()}
        with self._device:
            try:
                done = self._pipe(
                    prompt=request.prompt,
                    **pictures,
                    **_size(request, self.card),
                    num_inference_steps=steps,
                    generator=torch.Generator().manual_seed(int(request.params["seed"])),
                    callback_on_step_end=self._callback(request, steps),
                    callback_on_step_end_tensor_inputs=["latents", CLEAN],
                )
            except self._refusals as refusal:
                raise CannotDo(str(refusal)) from refusal
        for sentence in getattr(done, "notes", ()):
            request.note(sentence)
        picture: Image.Image = done.images[0]
        return picture.convert("RGB")

    def _callback(self, request: Request, steps: int) -> Callable[..., Mapping[str, Any]]:
        def after_step(pipe: Any, step: int, timestep: Any, tensors: Mapping[str, Any]) -> Mapping[str, Any]:
            seen = self._preview(tensors[CLEAN]) if self._preview else None
            request.report(Progress(step + 1, steps, seen))
            return {}

        return after_step


def _size(request: Request, card: Card) -> Mapping[str, int]:
    """The size to draw at, for pipelines that draw more than one."""
    if card.square or request.op != "generate":
        return {}
    return {"width": int(request.params["width"]), "height": int(request.params["height"])}
