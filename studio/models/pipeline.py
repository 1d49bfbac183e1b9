"""Any diffusers pipeline as an `ImageModel`: one method for seeds, steps, previews and stopping.

A pipeline runs on one device, one picture at a time; `PipelineModel` holds the lock. Stopping is by raising
in the step callback, which every pipeline lets through, so that the next run is unharmed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from PIL import Image

from studio.errors import CannotDo
from studio.models.base import Card, Progress, Request, Sighting

# What a pipeline calls the pictures of each ability.
ROLES = {
    "generate": {},
    "edit": {"canvas": "image"},
    "inpaint": {"canvas": "image", "mask": "mask_image"},
}

CLEAN = "pred_original_sample"  # what the step callback calls the predicted clean latents
LAYOUT = 256  # the side of the square in whose units a pipeline that sees says where things are


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
        pictures: dict[str, Any] = {name: request.pictures[role] for role, name in ROLES[request.op].items()}
        if request.references:
            pictures["references"] = list(request.references)
        with self._working():
            done = self._pipe(
                prompt=request.prompt,
                **pictures,
                **_size(request, self.card),
                num_inference_steps=steps,
                generator=torch.Generator().manual_seed(int(request.params["seed"])),
                callback_on_step_end=self._callback(request, steps),
                callback_on_step_end_tensor_inputs=["latents", CLEAN],
            )
        for sentence in getattr(done, "notes", ()):
            request.note(sentence)
        picture: Image.Image = done.images[0]
        return picture.convert("RGB")

    # --- looking, for a card that sees -------------------------------------------------------------------

    def see(self, image: Image.Image) -> tuple[Sighting, ...]:
        """The things the pipeline sees, the surest first."""
        with self._working():
            sight = self._pipe.see(image.convert("RGB"))
        seen = [
            Sighting(thing.name, _shares(thing.box), thing.color, round(float(score), 3))
            for thing, score in zip(sight.scene.things, sight.scores, strict=True)
        ]
        return tuple(sorted(seen, key=lambda one: -one.sure))

    def select(
        self, image: Image.Image, words: str | None = None, point: tuple[int, int] | None = None
    ) -> Image.Image:
        """The mask of what the words name, or of the thing at a pixel."""
        with self._working():
            mask: Image.Image = self._pipe.select(image.convert("RGB"), words=words, point=point)
        return mask

    def compare(self, image: Image.Image, words: str) -> tuple[str, ...]:
        """What the words ask for and the picture lacks, in sentences."""
        with self._working():
            return tuple(self._pipe.compare(image.convert("RGB"), words))

    @contextmanager
    def _working(self) -> Iterator[None]:
        """The device, for one piece of work; what the pipeline refuses is what the model cannot do."""
        with self._device:
            try:
                yield
            except self._refusals as refusal:
                raise CannotDo(str(refusal)) from refusal

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


def _shares(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """A layout's box (x, y, width, height, perhaps over the edge) as shares left, top, right, bottom."""
    x, y, width, height = box
    left, top, right, bottom = (
        round(min(1.0, max(0.0, side / LAYOUT)), 4) for side in (x, y, x + width, y + height)
    )
    return left, top, right, bottom
