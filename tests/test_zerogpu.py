"""Drawing in a process that is forked for it, as on a ZeroGPU Space: what comes back, and what does not."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import app
from studio.errors import BadInput, CannotDo, Stopped
from studio.models.base import Progress, Request
from studio.models.diffused import card_of
from studio.models.fetching import Hub
from studio.models.fit import plan
from studio.models.hardware import Machine
from studio.models.opening import Here, opened
from studio.models.records import Records
from studio.models.zerogpu import LEAST, MOST, Borrowing
from tests import tiny
from tests.lending import Spaces

pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]


@pytest.fixture
def spaces(monkeypatch: pytest.MonkeyPatch) -> Spaces:
    """A Space with a card to lend."""
    module = Spaces()
    monkeypatch.setitem(sys.modules, "spaces", module)
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    return module


class Counting:
    """A model that remembers how often it drew, writes down its steps, and says where it is."""

    def __init__(self, steps: Path | None = None) -> None:
        self.checkpoint = tiny.tiny("klein")[1]
        self.card = card_of(self.checkpoint, "fp32")
        self.times, self.steps = 0, steps

    def run(self, request: Request) -> Image.Image:
        self.times += 1
        request.note(f"drawing {self.times} in {os.getpid()}")
        if request.prompt == "refuse":
            raise CannotDo("It cannot.")
        if request.prompt == "wrong":
            raise BadInput("That is no number.")
        if request.prompt == "break":
            raise ZeroDivisionError
        for step in range(1, 21):
            if self.steps is not None:
                self.steps.write_text(str(step))
            request.report(Progress(step, 20))
        return Image.new("RGB", (8, 8), (self.times, 0, 0))


@pytest.mark.parametrize("op", ["generate", "edit", "inpaint"])
def test_what_is_drawn_over_there_is_what_is_drawn_here(spaces: Spaces, op: str) -> None:
    seen: list[Progress] = []
    borrowing = Borrowing(tiny.model("klein"), spaces.GPU)
    drawn = borrowing.run(tiny.asked(op, report=seen.append))
    here = tiny.model("klein").run(tiny.asked(op))
    # The fork has other threads, and adds up in another order.
    assert np.abs(np.asarray(drawn, np.int16) - np.asarray(here, np.int16)).max() <= 1
    assert [(one.step, one.steps) for one in seen] == [(1, 3), (2, 3), (3, 3)]
    assert all(one.preview is not None and one.preview.size == (8, 8) for one in seen)
    assert borrowing.card == tiny.model("klein").card


def test_what_is_changed_over_there_does_not_come_back(spaces: Spaces) -> None:
    model = Counting()
    notes: list[str] = []
    request = replace(tiny.asked("generate"), note=notes.append)
    borrowing = Borrowing(model, spaces.GPU)  # type: ignore[arg-type]
    first, second = borrowing.run(request), borrowing.run(request)
    assert model.times == 0
    assert first.tobytes() == second.tobytes(), "so that the second time is a first time again"
    places = [note.rsplit(" ", 1) for note in notes]
    assert [said for said, _ in places] == ["drawing 1 in"] * 2
    assert str(os.getpid()) not in {where for _, where in places}


def test_a_stop_is_heard_over_there_and_the_card_is_given_back(spaces: Spaces, tmp_path: Path) -> None:
    told: list[int] = []

    def stop(now: Progress) -> None:
        told.append(now.step)
        raise Stopped("Stopped.")

    model = tiny.model("klein")
    borrowing = Borrowing(model, spaces.GPU)
    expected = borrowing.run(tiny.asked("generate")).tobytes()
    with pytest.raises(Stopped):
        borrowing.run(tiny.asked("generate", "a house", steps=200, report=stop))
    assert told == [1]
    assert borrowing.run(tiny.asked("generate")).tobytes() == expected


@pytest.mark.parametrize(
    ("words", "kind", "said"),
    [
        ("refuse", CannotDo, "It cannot."),
        ("wrong", BadInput, "no number"),
        ("break", CannotDo, "ZeroDivision"),
    ],
)
def test_what_goes_wrong_over_there_is_a_sentence_here(
    spaces: Spaces, words: str, kind: type[Exception], said: str
) -> None:
    borrowing = Borrowing(Counting(), spaces.GPU)  # type: ignore[arg-type]
    with pytest.raises(kind, match=said):
        borrowing.run(tiny.asked("generate", words))


def test_a_visitor_without_quota_is_told() -> None:
    borrowing = Borrowing(Counting(), Spaces(quota=0).GPU)  # type: ignore[arg-type]
    with pytest.raises(CannotDo, match="exceeded your GPU quota"):
        borrowing.run(tiny.asked("generate"))


def test_the_card_is_asked_for_as_long_as_the_steps_need(spaces: Spaces) -> None:
    pipe, known = tiny.tiny("klein")
    large = replace(known, parts={"transformer": 8.0}, working=1024, steps=10)
    model = tiny.DiffusersModel(pipe, large)
    borrowing = Borrowing(model, spaces.GPU)
    canvas = {"canvas": Image.new("RGB", (1024, 1024))}

    def seconds(pictures: dict[str, Any], **params: Any) -> int:
        return borrowing._seconds("edit", "", pictures, params)

    few, more, followed = seconds({}, steps=4), seconds({}, steps=40), seconds(canvas, steps=40)
    assert LEAST <= few < more < followed <= MOST
    assert seconds({}, steps=40, width=512, height=512) < more
    assert seconds({}, steps=10_000) == MOST
    assert seconds({}) == seconds({}, steps=10)
    borrowing.run(tiny.asked("generate"))
    assert spaces.asked == [seconds({}, width=tiny.SIDE, height=tiny.SIDE)]


def test_a_model_is_opened_to_be_lent_a_card(spaces: Spaces, tmp_path: Path) -> None:
    saved = tmp_path / "z_image"
    tiny.tiny("z_image")[0].save_pretrained(saved)
    # A card that is the processor: where weights are is not what is tested.
    machine = replace(Machine.here(), device="cpu")
    assert machine.kind == "zerogpu"
    here = Here(machine, Records(tmp_path / "records"), Hub("http://127.0.0.1:9", tmp_path / "cache"))
    model = opened(str(saved), here)
    assert isinstance(model, Borrowing)
    first = model.run(tiny.asked("generate"))
    assert model.run(tiny.asked("edit", canvas=first)).size == first.size
    assert len(spaces.asked) == 2
    assert len(list((tmp_path / "records" / "latents").iterdir())) == 2, "latents come back by the disk"


def test_nothing_waits_off_a_card_that_is_lent_and_nothing_is_shrunk() -> None:
    from studio.models.catalog import checkpoints

    for one in checkpoints():
        planned = plan(one, Machine.lent())
        assert planned.offload == "none"
        assert not planned.runs or not planned.shrunk
    names = {one.name for one in checkpoints() if plan(one, Machine.lent()).runs}
    assert {"flux2-klein-4b", "qwen-image-2.1", "flux3-klein", "longcat-image-edit-turbo"} <= names
    assert not {"flux2-dev", "qwen-image"} & names


def test_a_space_with_a_card_to_lend_begins_with_a_model_for_it(
    spaces: Spaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["app.py"])
    assert app.arguments().model == "flux2-klein-4b"
    monkeypatch.delenv("SPACES_ZERO_GPU")
    assert app.arguments().model == "pocket"
