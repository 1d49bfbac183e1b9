"""Drawing on a ZeroGPU Space, whose card is lent for seconds to a copy of the program.

Weights are put "on" the card while the program starts, and get there when a function under `spaces.GPU` is
called. That runs in a forked process: what it changes in memory does not come back. So nothing goes in but
the request as plain data, and nothing comes out but steps, sentences and a picture, one after another.

What that means for a person: previews come as everywhere. A stop takes hold when the step that is running,
and at most one more, is done. Words are encoded anew for every picture. Latents that were kept are those on
the disk. Where memory runs out, no lower plan is loaded.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from PIL import Image

from studio.errors import BadInput, CannotDo, Stopped, StudioError
from studio.models.base import Card, Progress, Request

if TYPE_CHECKING:
    from studio.models.diffused import DiffusersModel

Pictures = dict[str, Image.Image]
Told = tuple[str, Any, Any, Any]  # what kind, and what there is of it
GPU = Callable[..., Callable[[Any], Any]]  # `spaces.GPU`

# Seconds that are asked for: to get there, and a step for every billion parameters and megapixel. Guessed, as
# nothing was measured there; too few would end a run, too many cost a visitor's quota.
ARRIVING, STEPPING, LEAST, MOST = 15.0, 0.15, 20, 120


def here() -> bool:
    """Whether this program runs on such a Space."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def lent() -> GPU:
    """What lends the card. `spaces` is on every Space, and has to be imported before torch is used."""
    gpu: GPU = import_module("spaces").GPU
    return gpu


class Borrowing:
    """A loaded model that draws where the card is lent."""

    def __init__(self, model: DiffusersModel, gpu: GPU) -> None:
        self._model = model
        self.card: Card = model.card
        self._lent = gpu(duration=self._seconds)(self._told)

    def run(self, request: Request) -> Image.Image:
        """The picture. Raises `CannotDo` or `BadInput` as the model does, `CannotDo` if no card is lent, or
        what `request.report` raises.
        """
        told = self._lent(request.op, request.prompt, dict(request.pictures), dict(request.params))
        try:
            for kind, *what in _refused(told):
                if kind == "step":
                    request.report(Progress(*what))
                elif kind == "note":
                    request.note(what[0])
                elif kind == "picture":
                    drawn: Image.Image = what[0]
                else:
                    raise (BadInput if kind == "bad input" else CannotDo)(what[0])
        finally:
            told.close()  # where it was broken off: the card is given back
        return drawn

    # --- over there --------------------------------------------------------------------------------------

    def _told(self, op: str, prompt: str, pictures: Pictures, params: dict[str, Any]) -> Iterator[Told]:
        """What the model does, as it happens. Closing it stops the run at its next step."""
        said: SimpleQueue[Told | None] = SimpleQueue()
        halted = threading.Event()

        def report(now: Progress) -> None:
            if halted.is_set():
                raise Stopped("Stopped.")
            said.put(("step", now.step, now.steps, now.preview))

        def note(sentence: str) -> None:
            said.put(("note", sentence, None, None))

        def work() -> None:
            request = Request(op, prompt, pictures, params, report, note)
            try:
                said.put(("picture", self._model.run(request), None, None))
            except StudioError as refusal:
                kind = "bad input" if isinstance(refusal, BadInput) else "refusal"
                said.put((kind, str(refusal), None, None))
            finally:
                said.put(None)

        with ThreadPoolExecutor(1) as lane:
            drawing = lane.submit(work)
            try:
                while (one := said.get()) is not None:
                    yield one
            finally:
                halted.set()
            drawing.result()

    def _seconds(self, op: str, prompt: str, pictures: Pictures, params: Mapping[str, Any]) -> int:
        """How long the card is asked for: by the steps, and by all that is looked at in each of them."""
        known = self._model.checkpoint
        steps = int(params.get("steps") or self.card.steps)
        passes = 2 if known.guided_by and (known.guidance or 0) > 1 else 1
        side = self.card.working
        drawn = int(params.get("width") or side) * int(params.get("height") or side) / 1e6
        seen = drawn + sum(one.width * one.height / 1e6 for role, one in pictures.items() if role != "mask")
        billions = known.parts.get(known.drawing, 1.0)
        return round(min(MOST, max(LEAST, ARRIVING + steps * passes * billions * seen * STEPPING)))


def _refused(told: Iterator[Told]) -> Iterator[Told]:
    """What is told. Where no card is lent, such as at the end of a visitor's quota, and where a run is broken
    off over there, `spaces` says so by an error of gradio's, which is a sentence for a person here; where a
    visitor went away while a card was waited for, by one of Python's own.
    """
    refusal: type[Exception] = import_module("gradio.exceptions").Error
    try:
        yield from told
    except (refusal, RuntimeError) as error:
        said = getattr(error, "message", error)
        raise CannotDo(f"The Space lent no card for this, or took it away: {said}") from error
