"""The one lane to the device: a queue of jobs, and a log of events that any number of watchers replay.

A `Job` outlives whoever asked for it. It is *queued*, then *running*, *looking* when its pictures are there
and the model says whether they are what was asked for, then *done*, *failed* or *stopped*; what happens on
the way is an `Event` in its log, and a watcher that comes late reads the log from the start.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from studio import images
from studio.errors import BadInput, Stopped, StudioError
from studio.models.base import Progress
from studio.replay import Watch
from studio.timeline import Turn

LONGEST_QUEUE = 32
PREVIEW = 512  # longest side of a preview, in pixels

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """What happened in a job. `kind` is queued, started, turn, progress, drawn, done, failed or stopped."""

    kind: str
    text: str = ""
    step: int = 0
    steps: int = 0
    turn: int = 0
    turns: int = 0
    preview: bytes | None = None


class Job:
    """One piece of work for a session. Read by any thread; written by the lane."""

    def __init__(self, lane: Lane, session: str, verb: str, words: str) -> None:
        self.id = secrets.token_urlsafe(12)
        self.session, self.verb, self.words = session, verb, words
        self.state = "queued"
        self.events: tuple[Event, ...] = ()
        self._lane = lane
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._listeners: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    @property
    def finished(self) -> bool:
        return self.state in ("done", "failed", "stopped")

    @property
    def drawing(self) -> bool:
        """Whether there is a picture to come."""
        return self.state in ("queued", "running")

    @property
    def error(self) -> str | None:
        """The sentence it failed with."""
        return self.events[-1].text if self.state == "failed" else None

    @property
    def position(self) -> int:
        """How many jobs run before this one; 0 when it is running or over."""
        return self._lane.before(self)

    def stop(self) -> None:
        """Stop at the next step, or never start. What was finished is kept."""
        self._stop.set()
        self._lane.drop(self)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is over; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self.finished, timeout)

    async def changed(self, since: int, timeout: float) -> None:
        """Return when the log is longer than `since`, the job is over, or after `timeout` seconds."""
        event = asyncio.Event()
        listener = asyncio.get_running_loop(), event
        with self._changed:
            if len(self.events) > since or self.finished:
                return
            self._listeners.append(listener)
        try:
            await asyncio.wait_for(event.wait(), timeout)
        except TimeoutError:
            pass
        finally:
            with self._changed:
                if listener in self._listeners:
                    self._listeners.remove(listener)

    def tell(self, event: Event, state: str | None = None) -> None:
        """Add to the log and wake whoever watches."""
        with self._changed:
            self.events += (event,)
            self.state = state or self.state
            self._changed.notify_all()
            for loop, waiting in self._listeners:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(waiting.set)
            self._listeners.clear()

    def watch(self) -> Watch:
        """What the work reports to. Raises `Stopped` there once `stop` was called."""
        place = [0, 1]

        def turn(position: int, count: int, turn: Turn) -> None:
            self._halt()
            place[:] = [position + 1, count]
            self.tell(Event("turn", turn.plan.reply, turn=position + 1, turns=count))

        def progress(now: Progress) -> None:
            self._halt()
            preview = images.to_webp(now.preview, PREVIEW) if now.preview else None
            self.tell(Event("progress", "", now.step, now.steps, place[0], place[1], preview))

        return Watch(progress, turn, lambda: self.tell(Event("drawn"), "looking"))

    def _halt(self) -> None:
        if self._stop.is_set():
            raise Stopped("Stopped. Nothing was lost; say it again to go on.")


class Lane:
    """One thread that does one job after another."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lane")
        self._lock = threading.Lock()
        self._jobs: list[tuple[Job, Future[None]]] = []

    def submit(self, session: str, verb: str, words: str, work: Callable[[Watch], object]) -> Job:
        """Queue the work; its job at once. Raises `BadInput` if the queue is full."""
        job = Job(self, session, verb, words)

        def run() -> None:
            job.tell(Event("started"), "running")
            work(job.watch())

        with self._lock:
            if len(self._jobs) >= LONGEST_QUEUE:
                raise BadInput(f"{LONGEST_QUEUE} pictures are waiting already; try again in a moment.")
            job.tell(Event("queued"))
            # Whose request it is goes along: a Space that lends a card asks.
            future = self._thread.submit(contextvars.copy_context().run, run)
            self._jobs.append((job, future))
        future.add_done_callback(lambda over: self._over(job, over))
        return job

    @contextmanager
    def held(self) -> Iterator[None]:
        """The lane to oneself, once all that was queued before is done. Raises `Stopped` if it was closed."""
        mine, over = threading.Event(), threading.Event()

        def hold(watch: Watch) -> None:
            mine.set()
            over.wait()

        job = self.submit("", "hold", "", hold)
        while not mine.wait(0.5):
            if job.finished:
                raise Stopped("The studio was closed.")
        try:
            yield
        finally:
            over.set()

    def before(self, job: Job) -> int:
        """How many jobs are ahead of this one."""
        with self._lock:
            ahead = [other for other, _ in self._jobs]
        return ahead.index(job) if job in ahead else 0

    def stop(self, session: str) -> None:
        """Stop every job of that session."""
        with self._lock:
            found = [job for job, _ in self._jobs if job.session == session]
        for job in found:
            job.stop()

    def drop(self, job: Job) -> None:
        """Take a job that has not started out of the queue."""
        with self._lock:
            found = [future for other, future in self._jobs if other is job]
        for future in found:
            future.cancel()

    def close(self) -> None:
        """Stop what runs and what waits, and let the thread end."""
        with self._lock:
            waiting = list(self._jobs)
        for job, _ in waiting:
            job.stop()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _over(self, job: Job, future: Future[None]) -> None:
        with self._lock:
            self._jobs = [(other, its) for other, its in self._jobs if other is not job]
        fault = None if future.cancelled() else future.exception()
        if future.cancelled() or isinstance(fault, Stopped):
            job.tell(Event("stopped", "Stopped. Nothing was lost."), "stopped")
        elif isinstance(fault, StudioError):
            job.tell(Event("failed", str(fault)), "failed")
        elif fault is not None:
            # A bug: loud in the log, and a plain word for the person, whose work is as it was.
            log.error("%s failed at %s", job.verb, time.strftime("%H:%M:%S"), exc_info=fault)
            name = type(fault).__name__
            job.tell(Event("failed", f"The studio made a mistake ({name}). Nothing was lost."), "failed")
        else:
            job.tell(Event("done"), "done")
