"""A pipeline of the studio's own that also sees, such as pocket's, through the adapter that all share.

It differs from those of diffusers in what it can do and not in how it is run: it has no scheduler, as its
loop is its own, takes pictures as they are, and changes no pixel that it was not asked to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PIL import Image
from torch import Tensor

from studio.models.base import Card, Sighting
from studio.models.diffused import DiffusersModel
from studio.models.family import Call, Checkpoint, Licence

LAYOUT = 256  # the side of the square in whose units a pipeline that sees says where things are


class PipelineModel(DiffusersModel):
    """A loaded pipeline with its card.

    `preview` decodes the predicted clean latents; `refusals` are the exceptions by which the pipeline says,
    in a sentence, that it cannot draw something.
    """

    def __init__(
        self,
        pipe: Any,
        card: Card,
        *,
        preview: Callable[[Tensor], Image.Image] | None = None,
        refusals: tuple[type[Exception], ...] = (),
    ) -> None:
        glimpse = None if preview is None else lambda clean, size: preview(clean)
        super().__init__(pipe, _known(pipe, card), card=card, preview=glimpse, refusals=refusals)

    def _taken(self, picture: Image.Image, call: Call) -> Image.Image:
        """As it is: what can be seen through is understood."""
        return picture

    def _followed(self, picture: Image.Image, call: Call) -> Image.Image:
        """As it is: a cut-out keeps its outline."""
        return picture

    def _settled(self, canvas: Image.Image, picture: Image.Image) -> Image.Image:
        """As it is: what was not changed has the canvas's own bytes."""
        return picture

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


def _known(pipe: Any, card: Card) -> Checkpoint:
    """How it is asked: all three abilities of one class."""
    name = type(pipe).__name__
    edit = Call(name, canvas="image", references="references", sized=False)
    calls = {
        "generate": Call(name, references="references", sized=not card.square),
        "edit": edit,
        "inpaint": Call(name, canvas="image", mask="mask_image", references="references", sized=False),
    }
    return Checkpoint(
        name=card.name,
        title=card.name,
        repo=card.name,
        licence=Licence(card.licence, "", free=True),
        calls={op: call for op, call in calls.items() if op in card.ops},
        parts={},
        drawing="",
        steps=card.steps,
        guidance=None,
        guided_by=None,
        working=card.working,
        multiple=card.multiple,
        references=card.references,
    )


def _shares(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """A layout's box (x, y, width, height, perhaps over the edge) as shares left, top, right, bottom."""
    x, y, width, height = box
    left, top, right, bottom = (
        round(min(1.0, max(0.0, side / LAYOUT)), 4) for side in (x, y, x + width, y + height)
    )
    return left, top, right, bottom
