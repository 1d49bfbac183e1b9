"""One lane: jobs run one after another, outlive their watchers, and stop within a step."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest

from studio import Studio
from studio.errors import BadInput, NotFound
from studio.jobs import LONGEST_QUEUE, Job, Lane
from studio.models.base import Progress
from studio.replay import Watch


class Gate:
    """Work that waits to be let go, and reports steps."""

    def __init__(self) -> None:
        self.began, self.go = threading.Event(), threading.Event()

    def __call__(self, watch: Watch) -> None:
        self.began.set()
        assert self.go.wait(20)
        for step in range(1, 100):
            watch.progress(Progress(step, 99))


@pytest.fixture
def lane() -> Lane:
    return Lane()


def kinds(job: Job) -> list[str]:
    return [event.kind for event in job.events]


def test_jobs_run_in_order_and_know_their_place(lane: Lane) -> None:
    gate = Gate()
    first = lane.submit("a", "say", "one", gate)
    second = lane.submit("b", "say", "two", lambda watch: None)
    third = lane.submit("c", "say", "three", lambda watch: None)
    assert gate.began.wait(10)
    assert (first.position, second.position, third.position) == (0, 1, 2)
    gate.go.set()
    assert third.wait(10)
    assert [job.state for job in (first, second, third)] == ["done"] * 3
    assert kinds(third) == ["queued", "started", "done"]


def test_a_running_job_stops_at_its_next_step(lane: Lane) -> None:
    gate = Gate()
    job = lane.submit("a", "say", "one", gate)
    assert gate.began.wait(10)
    job.stop()
    gate.go.set()
    assert job.wait(10)
    assert job.state == "stopped"
    assert "progress" not in kinds(job)


def test_a_waiting_job_that_is_stopped_never_starts(lane: Lane) -> None:
    gate = Gate()
    lane.submit("a", "say", "one", gate)
    waiting = lane.submit("b", "say", "two", gate)
    lane.stop("b")
    assert waiting.wait(10)
    assert kinds(waiting) == ["queued", "stopped"]
    gate.go.set()


def test_stopping_one_session_leaves_the_other_s_work_alone(lane: Lane) -> None:
    gate = Gate()
    mine = lane.submit("a", "say", "one", gate)
    yours = lane.submit("b", "say", "two", lambda watch: None)
    lane.stop("a")
    gate.go.set()
    assert yours.wait(10)
    assert (mine.state, yours.state) == ("stopped", "done")


def test_a_refusal_is_a_sentence_and_the_lane_goes_on(lane: Lane) -> None:
    def refuse(watch: Watch) -> None:
        raise NotFound("There is no version 9.")

    failed = lane.submit("a", "say", "one", refuse)
    after = lane.submit("a", "say", "two", lambda watch: None)
    assert after.wait(10)
    assert (failed.state, failed.error) == ("failed", "There is no version 9.")


def test_a_bug_is_loud_in_the_log_and_plain_to_the_person(
    lane: Lane, caplog: pytest.LogCaptureFixture
) -> None:
    job = lane.submit("a", "say", "one", lambda watch: {}["missing"])
    assert job.wait(10)
    assert job.error is not None
    assert "KeyError" in job.error
    assert "missing" in caplog.text


def test_a_full_queue_says_so(lane: Lane) -> None:
    gate = Gate()
    for n in range(LONGEST_QUEUE):
        lane.submit(f"s{n}", "say", "x", gate if n == 0 else lambda watch: None)
    with pytest.raises(BadInput, match="waiting"):
        lane.submit("late", "say", "x", gate)
    gate.go.set()


def test_a_watcher_that_comes_late_reads_everything(lane: Lane) -> None:
    gate = Gate()
    job = lane.submit("a", "say", "one", gate)
    gate.go.set()
    assert job.wait(10)

    async def follow() -> int:
        seen = 0
        while not job.finished or seen < len(job.events):
            await job.changed(seen, timeout=5)
            seen = len(job.events)
        return seen

    assert asyncio.run(follow()) == len(job.events) == 102


def test_watchers_wake_when_something_happens_and_not_before(lane: Lane) -> None:
    gate = Gate()
    job = lane.submit("a", "say", "one", gate)
    assert gate.began.wait(10)

    async def follow() -> tuple[int, int]:
        seen = len(job.events)
        await job.changed(seen, timeout=0.05)
        quiet = len(job.events) - seen
        asyncio.get_running_loop().call_later(0.05, gate.go.set)
        await job.changed(seen, timeout=10)
        return quiet, len(job.events) - seen

    quiet, woken = asyncio.run(follow())
    assert quiet == 0
    assert woken > 0
    assert job.wait(10)


def test_a_studio_s_jobs_follow_the_session_they_are_for(studio: Studio) -> None:
    key = studio.create("harbour")
    job = studio.say(key, "a red boat on a calm sea")
    assert job.wait(10)
    assert job.state == "done", job.error
    assert studio.job(key) is job
    assert studio.session(key).head is not None
    assert next(event.text for event in job.events if event.kind == "turn")


def test_a_job_knows_whose_request_it_is(lane: Lane) -> None:
    whose: contextvars.ContextVar[str] = contextvars.ContextVar("whose", default="nobody")
    found: list[str] = []
    whose.set("a visitor")
    job = lane.submit("a", "say", "one", lambda watch: found.append(whose.get()))
    whose.set("another")
    assert job.wait(10) and found == ["a visitor"]
