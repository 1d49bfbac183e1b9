"""`Studio`: sessions by name or key, one model, one lane. The page, HTTP and scripts call these verbs.

A *key* is the unguessable handle of a session, and whoever has it may use the session; a *name* is what the
owner calls it. Verbs that draw are queued and return a `Job` at once; the others act at once. Every refusal
is a `StudioError` whose message is a sentence, and leaves the session as it was.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from PIL import Image

from studio import exports, models
from studio.director import Director
from studio.director.rules import RulesDirector
from studio.errors import BadInput, NotFound
from studio.jobs import Job, Lane
from studio.models import opening
from studio.models.base import ImageModel, Sighting
from studio.models.choosing import Choice, begun_with, choices
from studio.models.loras import FOLDER, LoRA, library
from studio.models.opening import Here
from studio.ops.controls import control_picture
from studio.replay import Watch
from studio.seat import Seat, shown
from studio.session import Session, first_operation
from studio.settings import NONE, checked
from studio.store import Entry, Store
from studio.timeline import Json, Version

LONGEST_NAME = 80


class Studio:
    """A studio folder with a model to draw with. The model loads when first needed, or by `warm`."""

    def __init__(
        self,
        folder: str | os.PathLike[str],
        model: str | ImageModel = "pocket",
        director: Director | None = None,
        here: Callable[[], Here] = Here.usual,
    ) -> None:
        if isinstance(model, str):
            models.check(model)
        self.store = Store(folder)
        self._director = director or RulesDirector()
        self._lane = Lane()
        name, given = (model, None) if isinstance(model, str) else (model.card.name, model)
        self._seat = Seat(name, given, self._lane, lambda: replace(here(), loras=self.store.folder / FOLDER))
        self._open: dict[str, Session] = {}
        self._last: dict[str, Job] = {}
        self._lock = threading.Lock()

    # --- sessions ----------------------------------------------------------------------------------------

    def open(self, name: str) -> Session:
        """The session of that name, made if it is not there."""
        key = self.store.key(_named(name))
        return self.session(key if key is not None else self.create(name))

    def create(self, title: str = "") -> str:
        """A new session; its key."""
        return self.store.create(_named(title or "Untitled"), first_operation(time.time()))

    def session(self, key: str) -> Session:
        """The session of that key. Raises `NotFound`."""
        with self._lock:
            if key not in self._open:
                self._open[key] = Session(key, self.store, self._director, self.model)
            return self._open[key]

    def list(self) -> tuple[Entry, ...]:
        """Every session of the folder, the one that changed last first: for the owner only."""
        return self.store.sessions()

    def rename(self, key: str, name: str) -> None:
        """Give a session another name."""
        self.store.rename(key, _named(name))

    def image(self, key: str, digest: str) -> Image.Image:
        """A picture of that session. Raises `NotFound` for any other, so that a key opens only its own."""
        if not self.session(key).knows(digest):
            raise NotFound("This session has no such picture.")
        return self.store.get(digest)

    def export(self, key: str, format: str) -> tuple[str, bytes]:
        """A file's name and content; `format` is a key of `exports.EXPORTS`."""
        return exports.exported(self.session(key), self.store, format)

    # --- verbs that draw ---------------------------------------------------------------------------------

    def say(
        self,
        key: str,
        text: str,
        *,
        mask: Image.Image | None = None,
        images: Sequence[Image.Image] = (),
        seed: int | None = None,
        settings: Mapping[str, Json] = NONE,
        controls: Mapping[str, Image.Image] = MappingProxyType({}),
        at: str | None = None,
    ) -> Job:
        """Do what the words ask. `at` is the version they were said on, if that is not the head.

        `settings` and `controls` are as `Session.say` has them. Raises `BadInput` at once for settings that
        make no sense.
        """
        session = self.session(key)
        elsewhere = None if at == session.view.head else at
        settings = checked(settings)

        def work(watch: Watch) -> Version | None:
            return session.say(
                text, mask=mask, images=images, seed=seed, settings=settings, controls=controls,
                at=elsewhere, watch=watch,
            )  # fmt: skip

        return self._queue(key, "say", text, work)

    def revise(
        self,
        key: str,
        turn: str,
        *,
        text: str | None = None,
        mask: Image.Image | None = None,
        seed: int | None = None,
        take: int | None = None,
        settings: Mapping[str, Json] | None = None,
        controls: Mapping[str, Image.Image] | None = None,
    ) -> Job:
        """Change a turn's words, mask, seed, take, settings or controls, and apply the later turns again."""
        session = self.session(key)
        settings = None if settings is None else checked(settings)

        def work(watch: Watch) -> Version | None:
            return session.revise(
                turn, text=text, mask=mask, seed=seed, take=take, settings=settings, controls=controls,
                watch=watch,
            )  # fmt: skip

        return self._queue(key, "revise", text or f"Changing {turn}", work)

    def reroll(self, key: str, turn: str) -> Job:
        """The same turn with another seed, the later turns applied again."""
        session = self.session(key)
        return self._queue(key, "reroll", f"Trying {turn} again", lambda w: session.reroll(turn, watch=w))

    def remove(self, key: str, turn: str) -> Job:
        """Take a turn out of its branch."""
        session = self.session(key)
        return self._queue(key, "remove", f"Removing {turn}", lambda w: session.remove(turn, watch=w))

    def move(self, key: str, turn: str, after: str | None) -> Job:
        """Put a turn right after another (first, if None)."""
        session = self.session(key)
        return self._queue(key, "move", f"Moving {turn}", lambda w: session.move(turn, after, watch=w))

    def _queue(self, key: str, verb: str, words: str, work: Callable[[Watch], object]) -> Job:
        job = self._lane.submit(key, verb, words, work)
        self._last[key] = job
        return job

    def job(self, key: str) -> Job | None:
        """The session's latest job, over or not."""
        return self._last.get(key)

    def stop(self, key: str) -> None:
        """Stop what runs or waits for that session. What was finished is kept."""
        self._lane.stop(key)

    # --- verbs that only look ----------------------------------------------------------------------------

    def go(self, key: str, where: str) -> Version | None:
        """Look at a branch or version."""
        return self.session(key).go(where)

    def fork(self, key: str, version: str, name: str) -> Version | None:
        """A new branch of that name at that version."""
        return self.session(key).fork(version, name)

    def undo(self, key: str) -> Version | None:
        """Show what was shown before the last thing that happened."""
        return self.session(key).undo()

    def redo(self, key: str) -> Version | None:
        """Show again what undo stepped back over."""
        return self.session(key).redo()

    def see(self, key: str) -> tuple[Sighting, ...]:
        """The things the model sees in the picture on the canvas. Raises `CannotDo` if it does not see."""
        return self.session(key).see()

    def select(
        self,
        key: str,
        words: str | None = None,
        *,
        point: tuple[int, int] | None = None,
        at: str | None = None,
    ) -> Image.Image:
        """The mask of what the words name, or of the thing at a pixel, on the head or version `at`.

        Nothing is drawn or kept. Raises `CannotDo` if nothing is found, or if the model does not see.
        """
        return self.session(key).select(words, point=point, at=at)

    def control(self, key: str, kind: str, picture: Image.Image | None = None) -> str:
        """The control picture of that kind ("edges", "palette") in a picture, or in the one on the canvas.

        It is the digest under which the session knows it. Raises `BadInput` for a kind that there is not, and
        `CannotDo` where none can be found.
        """
        session = self.session(key)
        base = session.picture if picture is None else picture
        if base is None:
            raise BadInput("There is no picture on the canvas yet; draw one first, or drop one here.")
        return session.hold(control_picture(self.model(), kind, base, dropped=picture is not None))

    # --- the model ---------------------------------------------------------------------------------------

    def warm(self) -> None:
        """Begin to load the model, in a thread of its own."""
        self._seat.warm()

    def model(self) -> ImageModel:
        """The model, loaded. May take seconds the first time."""
        return self._seat.model()

    def use(self, name: str) -> Future[ImageModel]:
        """Begin to draw with another model: a name of `models`, owner/name of the hub, or a folder.

        It is fetched while the old one draws on; then the old one is let go of. `.result()` waits until the
        new one draws, or raises a `StudioError` with a sentence; then the old one draws again. To choose
        another meanwhile is to change one's mind. Raises `NotFound` at once for what can be no model.
        """
        path = self.folders().get(name)
        name = str(path) if path else name
        models.check(name)
        return self._seat.use(name)

    def models(self) -> tuple[Choice, ...]:
        """Every model that can be chosen, with how it would run on this machine, the best first."""
        listed = choices(self._seat.here(), self.folders())
        there = {one.name for one in listed}
        begun = (shown(name) for name in self._seat.names)
        return (*(begun_with(name) for name in begun if name not in there), *listed)

    def folders(self) -> Mapping[str, Path]:
        """The pipelines of diffusers in the folder `models` of the studio's folder, and those that drew so
        far, by name.
        """
        found = [file.parent for file in sorted((self.store.folder / "models").glob("*/model_index.json"))]
        used = [Path(name) for name in self._seat.names if os.path.isdir(name)]
        return {shown(str(one)): one for one in (*used, *found) if not models.known(one.name)}

    def loras(self) -> tuple[LoRA, ...]:
        """The LoRAs in the folder `loras` of the studio's folder, those that cannot be used too."""
        return library(self.store.folder / FOLDER)

    def accept(self, name: str) -> str:
        """Accept the terms of that model's weights, once; a sentence that says so. Raises `NotFound`."""
        return opening.accept(name, self._seat.here().records)

    def halt(self) -> None:
        """Stop fetching or loading another model. What was fetched is kept, and the old model draws on."""
        self._seat.halt()

    def state(self) -> Mapping[str, Json]:
        """What to tell a person about the model: its name, whether it is ready, what it is changing to and
        how far that is, or why not.
        """
        return {**self._seat.state(), "damage": self.store.damage}

    def close(self) -> None:
        """Stop the work and let go of the folder."""
        self._seat.halt()
        self._lane.close()
        self._seat.close()
        self.store.close()


def _named(name: str) -> str:
    """The name on one line. Raises `BadInput` if nothing is left of it or it is far too long."""
    name = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    if not name or len(name) > LONGEST_NAME:
        raise BadInput(f"A session's name has 1 to {LONGEST_NAME} letters, not {len(name)}.")
    return name
