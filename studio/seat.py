"""The one place for a model: one device, one set of weights, and how they are changed while the page is up.

A *change* is the way from one model to another. What can be done beside the old one is done first (its terms
are looked at, it is fetched); then it gets the lane to itself, the old one is let go of, and the new one is
loaded. If that fails, the old one is loaded again. Of several changes the one that was begun last counts, and
the others end at their next report.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

from studio import models
from studio.errors import Stopped, StudioError
from studio.jobs import Lane
from studio.models.base import Card, ImageModel
from studio.models.fitted import log
from studio.models.opening import Here, release, room
from studio.models.speed import AIDS
from studio.timeline import Json

AT_ONCE = 8  # changes that may still be on their way out


@dataclass
class Change:
    """The way to the model of that name, which may be a folder."""

    name: str
    halted: threading.Event = field(default_factory=threading.Event)
    said: str = ""
    share: float | None = None  # of what is fetched, 0 to 1
    model: Future[ImageModel] = field(default_factory=Future)

    def say(self, sentence: str) -> None:
        """How far it is: for the page, and for the log. Raises `Stopped` once it was halted."""
        self.check()
        self.said = sentence
        log(sentence)

    def fetched(self, done: int, total: int) -> None:
        """So many bytes are here. Raises `Stopped` once it was halted."""
        self.check()
        self.share = done / total if 0 < done < total else None

    def check(self) -> None:
        """Raises `Stopped` once it was halted."""
        if self.halted.is_set():
            raise Stopped(f"Stopped before {shown(self.name)} was loaded. What was fetched of it is kept.")


class Seat:
    """Who draws. `given` is a model that was made elsewhere and stays with whoever made it."""

    def __init__(
        self, name: str, given: ImageModel | None, lane: Lane, here: Callable[[], Here] = Here.usual
    ) -> None:
        self.name = name  # of the model that draws, or drew, or was to draw first
        self.names: tuple[str, ...] = (name,)  # of all that drew, and of the first
        self._given = {} if given is None else {name: given}
        self._lane, self._here = lane, here
        self._lock, self._placing = threading.RLock(), threading.Lock()
        self._settled = threading.Condition(self._lock)
        self._threads = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="loader")
        self._model: ImageModel | None = None
        self._change: Change | None = None
        self._usable, self._closed = True, False  # whether the model of that name is worth another try

    # --- asking ------------------------------------------------------------------------------------------

    def warm(self) -> None:
        """Begin to load the first model, in a thread of its own."""
        with self._lock:
            if self._change is None:
                self._begin(self.name)

    def model(self) -> ImageModel:
        """The model that draws, loaded. Waits for the first one; raises what kept it away."""
        self.warm()
        with self._settled:
            self._settled.wait_for(lambda: self._model is not None or not self._changing)
            model, change = self._model, self._change
        assert change is not None
        return model if model is not None else change.model.result()

    def use(self, name: str) -> Future[ImageModel]:
        """Begin to change to the model of that name; done when it draws, or when it is known why not."""
        with self._lock:
            if self._model is not None and self.name == name and not self._changing:
                done: Future[ImageModel] = Future()
                done.set_result(self._model)
                return done
            change = self._change
            if self._changing and change is not None and change.name == name and not change.halted.is_set():
                return change.model
            self._halt()
            return self._begin(name).model

    def halt(self) -> None:
        """Stop the change that is on its way. The model that drew before draws on."""
        with self._lock:
            self._halt()

    def state(self) -> Mapping[str, Json]:
        """Who draws, under which name it is chosen, and whether it can; to what it is `changing`, and how far
        that is; `fault` is why there is none that can draw, `refused` why the last change came to nothing.
        """
        with self._lock:
            model, change, changing = self._model, self._change, self._changing
        fault = _fault(change)
        return {
            "model": model.card.name if model else shown(change.name if change else self.name),
            "name": shown(self.name),
            "ready": model is not None,
            "card": _told(model.card) if model else None,
            "changing": shown(change.name) if change and changing else None,
            "saying": change.said if change else "",
            "share": change.share if change and changing else None,
            "fault": _sentence(fault) if fault and model is None else None,
            "refused": _sentence(fault) if fault and model and not isinstance(fault, Stopped) else None,
        }

    def here(self) -> Here:
        """This machine as it is once the model that draws is let go of."""
        here = self._here()
        with self._lock:
            model = self._model
        return replace(here, machine=room(here.machine, model))

    def close(self) -> None:
        """Let nothing more be loaded, and wait for what is on its way to end."""
        self._closed = True
        self.halt()
        self._threads.shutdown(wait=True, cancel_futures=True)

    # --- changing ----------------------------------------------------------------------------------------

    @property
    def _changing(self) -> bool:
        return self._change is not None and not self._change.model.done()

    def _halt(self) -> None:
        if self._change is not None and self._changing:
            self._change.halted.set()

    def _begin(self, name: str) -> Change:
        self._change = Change(name)
        self._change.model = self._threads.submit(self._work, self._change)
        self._change.model.add_done_callback(self._wake)
        return self._change

    def _wake(self, over: Future[ImageModel]) -> None:
        """Those who wait for a model look again."""
        with self._settled:
            self._settled.notify_all()

    def _work(self, change: Change) -> ImageModel:
        try:
            ready = self._ready(change)
            with self._placing, self._turn():
                change.check()
                return self._place(change, ready)
        finally:
            self._fall_back(change)

    def _ready(self, change: Change) -> Callable[[], ImageModel]:
        """All that can be done while the old model draws on; what comes back loads the new one."""
        given = self._given.get(change.name)
        if given is not None:
            return lambda: given
        return models.ready(change.name, lambda: self._room(change), change.say)

    def _room(self, change: Change) -> Here:
        """This machine, with what is fetched told to the change."""
        here = self.here()
        return replace(here, hub=replace(here.hub, watch=change.fetched))

    def _turn(self) -> AbstractContextManager[None]:
        """The lane, once what it draws is done; but while there is no model, what it has waits for one."""
        with self._lock:
            drawing = self._model is not None
        return self._lane.held() if drawing else nullcontext()

    def _place(self, change: Change, placed: Callable[[], ImageModel]) -> ImageModel:
        with self._lock:
            old, self._model = self._model, None
        if old is not None and self.name not in self._given:
            release(old)
        del old  # nothing may hold its weights while the new ones come
        model = placed()
        with self._lock:
            latest = self._change is change and not change.halted.is_set()
            if latest:
                self._model, self.name, self._usable = model, change.name, True
                self.names = tuple(dict.fromkeys((*self.names, change.name)))
        if not latest:
            if change.name not in self._given:
                release(model)
            change.check()
        return model

    def _fall_back(self, change: Change) -> None:
        """The model that drew before draws again, if nothing came of the change and no other was begun."""
        with self._placing:
            with self._lock:
                alone = self._model is None and self._change is change and not self._closed
                self._usable = self._usable and not (alone and self.name == change.name)
            if alone and self._usable:
                log(f"Loading {shown(self.name)} again.")
                again = self._given.get(self.name) or models.ready(self.name, self._here, log)()
                with self._lock:
                    self._model = again


def shown(name: str) -> str:
    """What a model of that name is called on the page: never where on this machine it is."""
    return os.path.basename(os.path.abspath(name)) if os.path.isdir(name) else name


def _told(card: Card) -> Json:
    """What can be set for a model, and what it draws with otherwise."""
    return {
        "steps": card.steps,
        "guidance": card.guidance,
        "size": None if card.square else card.working,
        "loras": card.loras,
        "controls": dict(card.controls),
        "faster": any(not AIDS[name].exact for name in card.speeds),
    }


def _fault(change: Change | None) -> BaseException | None:
    """Why a change that is over came to nothing."""
    return change.model.exception() if change is not None and change.model.done() else None


def _sentence(fault: BaseException) -> str:
    return str(fault) if isinstance(fault, StudioError) else type(fault).__name__
