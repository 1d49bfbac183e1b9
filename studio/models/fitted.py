"""A model fitted to this machine: it knows its plan, and is loaded again with less when memory runs out."""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from studio.errors import CannotDo
from studio.models.base import Card, Request, SeeingModel, Sighting, eye
from studio.models.family import Checkpoint, Net, Nets
from studio.models.fit import Plan

if TYPE_CHECKING:
    from studio.models.diffused import DiffusersModel

Say = Callable[[str], None]  # takes a sentence on how far it is; raising stops


def log(sentence: str) -> None:
    """Say it to whoever reads the log."""
    logging.getLogger(__name__).info(sentence)


class Fitted:
    """A loaded checkpoint that gives way when memory runs out. The latents of what it draws are kept in the
    folder `latents`, so that what is drawn on it comes out the same after a restart; without one, in memory.
    `library` is the folder of LoRAs; `obtain` gives the folder of control weights when a request first needs
    them.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        fitted: Plan,
        folder: Path,
        lora: Path | None = None,
        say: Say = log,
        latents: Path | None = None,
        *,
        beside: Sequence[Path] = (),
        library: Path | None = None,
        obtain: Callable[[Net], Path] | None = None,
    ) -> None:
        self._checkpoint, self._folder, self._lora, self._say = checkpoint, folder, lora, say
        self._latents, self._beside, self._library, self._obtain = latents, beside, library, obtain
        self._lock = threading.Lock()
        self._closed = False
        self.plan = fitted
        self._model = self._loaded()

    @property
    def model(self) -> DiffusersModel:
        """What it wraps, as it is loaded now."""
        return self._model

    @property
    def card(self) -> Card:
        """What it can do as it is loaded now."""
        return self._model.card

    def run(self, request: Request) -> Image.Image:
        """The picture. Where memory runs out, the next lower plan is loaded: if that draws the same pixels,
        the request goes on, else it is to be asked again, since its result would not be what its key says.
        """
        from studio.models.devices import OutOfMemory

        with self._lock:
            if self._closed:
                raise CannotDo(f"{self._checkpoint.title} is not loaded any more: ask once more.")
            self._make_room(request)
            while True:
                try:
                    return self._model.run(request)
                except OutOfMemory as error:
                    short = error
                finally:
                    # A sibling, or a run that was stopped, leaves parts on the card that have to wait off it.
                    self._model.pipe.maybe_free_model_hooks()
                lower = self.plan.lower()
                if lower is None:
                    raise short
                self._lower(lower)

    def _make_room(self, request: Request) -> None:
        """The first lower plan with room for the control weights that the request needs, if it needs any."""
        control = self._checkpoint.control
        nets = control.needed(request.controls) if isinstance(control, Nets) else ()
        if not nets:
            return
        wanted: Plan | None = replace(self.plan, beside=sum(net.billions for net in nets))
        while wanted is not None and self.plan.fits and not wanted.fits:
            wanted = wanted.lower()
        if wanted is None:
            raise CannotDo(
                f"{self._checkpoint.title} has no room here for what follows control pictures "
                f"({sum(net.billions for net in nets):.1f} billion parameters). Leave them out."
            )
        if replace(wanted, beside=0.0) == replace(self.plan, beside=0.0):
            self.plan = wanted
        else:
            self._lower(wanted)

    def _net(self, net: Net) -> Any:
        """Control weights, loaded. What they are is known from now on, and named on the card."""
        from studio.models.loading import load_net

        if self._obtain is None:
            raise CannotDo(f"{net.repo}, which follows control pictures, cannot be fetched here.")
        folder = self._obtain(net)
        self._say(f"Loading {net.repo}.")
        loaded = load_net(net, self.plan, folder)
        assert isinstance(self._checkpoint.control, Nets)
        control = self._checkpoint.control.pinned({net.repo: revision_of(folder)})
        self._checkpoint = replace(self._checkpoint, control=control)
        self._model.card = replace(self._model.card, controls=self._checkpoint.controls)
        return loaded

    def close(self) -> None:
        """Let go of the weights, once what is being drawn is done."""
        from studio.models.loading import unload

        with self._lock:
            if not self._closed:
                self._closed = True
                unload(*self._model.pipes)

    # --- looking, where what it wraps sees ---------------------------------------------------------------

    def see(self, image: Image.Image) -> tuple[Sighting, ...]:
        """The things it sees. Raises `CannotDo` if it does not, as the others do."""
        with self._looking() as model:
            return model.see(image)

    def select(
        self, image: Image.Image, words: str | None = None, point: tuple[int, int] | None = None
    ) -> Image.Image:
        """The mask of what the words name, or of the thing at a pixel."""
        with self._looking() as model:
            return model.select(image, words, point)

    def compare(self, image: Image.Image, words: str) -> tuple[str, ...]:
        """What the words ask for and the picture lacks, in sentences."""
        with self._looking() as model:
            return model.compare(image, words)

    @contextmanager
    def _looking(self) -> Iterator[SeeingModel]:
        with self._lock:
            yield eye(self._model)

    def _lower(self, lower: Plan) -> None:
        """Load again as the lower plan says. Raises `CannotDo` if what was asked would now look otherwise."""
        from studio.models.loading import unload

        before = self._model.card
        unload(*self._model.pipes)
        del self._model
        self.plan = lower
        self._model = self._loaded()
        if self._model.card != before:
            raise CannotDo(
                f"There was not enough memory for {self._checkpoint.title}. It has been loaded again "
                f"to need less ({_differently(lower)}): ask once more."
            )

    def _loaded(self) -> DiffusersModel:
        from studio.models.diffused import DiffusersModel, card_of
        from studio.models.kept import Kept
        from studio.models.loading import load
        from studio.models.shelf import Shelf

        title = self._checkpoint.title

        def report(part: str, number: int, parts: int) -> None:
            self._say(f"Loading {title}: {part} ({number + 1} of {parts}).")

        pipe = load(self._checkpoint, self.plan, self._folder, report, self._lora, self._beside)
        known = replace(self._checkpoint, working=self.plan.working)
        kept = Kept(card_of(known, self.plan.key).key, Shelf(folder=self._latents))
        return DiffusersModel(pipe, known, self.plan.key, kept=kept, library=self._library, net=self._net)


def revision_of(folder: Path) -> str:
    """What tells these weights from others: the commit, or for a folder its files' names, sizes and times."""
    if re.fullmatch(r"[0-9a-f]{40}", folder.name):
        return folder.name
    seen = hashlib.blake2b(digest_size=10)
    for file in sorted(folder.rglob("*")):
        about = file.stat()
        seen.update(f"{file.relative_to(folder)} {about.st_size} {about.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def _differently(lower: Plan) -> str:
    stored = " and ".join(f"{part} in {shrink.bits} bits" for part, shrink in lower.shrunk)
    return ", ".join(
        filter(None, [f"up to {lower.working} pixels", "in tiles" if lower.tiled else "", stored])
    )
