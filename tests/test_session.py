"""A session does what the words ask, keeps every state, and applies a rewritten past again."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio import Session, Studio, images
from studio.errors import BadInput, CannotDo, NotFound, Stopped
from studio.models import Progress
from studio.models.swatch import Swatch
from studio.replay import Watch
from studio.timeline import Ask, Plan, Step, Turn, Version
from tests.conftest import painted

CANVAS = (64, 48)


def draw(id: str, text: str, seed: int = 1) -> Turn:
    size = {"width": CANVAS[0], "height": CANVAS[1]}
    return Turn(id, Ask(text), Plan(steps=(Step("generate", text, {"seed": seed, **size}),)))


def edit(id: str, text: str, mask: str | None = None, canvas: str = "canvas") -> Turn:
    inputs = {"canvas": canvas} | ({"mask": f"blob:{mask}"} if mask else {})
    return Turn(id, Ask(text, mask=mask), Plan(steps=(Step("edit", text, {"seed": 1}, inputs),)))


def drawn(version: Version | None) -> Version:
    assert version is not None
    return version


def test_saying_on_an_empty_canvas_draws_and_saying_again_edits(session: Session) -> None:
    first = drawn(session.say("a red boat on a calm sea", seed=7))
    second = drawn(session.say("make it night", seed=7))
    assert second.parent == first.id
    assert [step.op for step in first.turn.plan.steps] == ["generate"]
    assert [step.op for step in second.turn.plan.steps] == ["edit"]
    assert session.receipt(second.id)["target"] == first.id


def test_a_picture_without_words_becomes_the_canvas(session: Session) -> None:
    photo = Image.effect_noise((80, 60), 40).convert("RGB")
    opened = drawn(session.say("", images=[photo]))
    assert np.array_equal(np.asarray(session.image(opened.id)), np.asarray(photo))


def test_a_masked_edit_leaves_every_byte_outside_its_mask(session: Session) -> None:
    session.rewrite([draw("t1", "a boat")])
    before = np.asarray(session.picture)
    mask = painted(CANVAS, (10, 10, 40, 30))
    version = drawn(session.say("a tree", mask=mask))
    after = np.asarray(session.picture)
    outside = np.asarray(mask) == 0
    assert np.array_equal(before[outside], after[outside])
    assert not np.array_equal(before, after)
    assert session.receipt(version.id)["outside"] == 0


def test_a_watched_region_is_identical_after_ten_masked_edits_elsewhere(session: Session) -> None:
    noise = Image.effect_noise((200, 200), 60).convert("RGB")
    session.say("", images=[noise])
    for n in range(10):
        session.say(f"a tree number {n}", mask=painted((200, 200), (20 + 8 * n, 100, 60 + 8 * n, 160)))
    watched = (0, 0, 200, 90)
    assert np.array_equal(np.asarray(noise.crop(watched)), np.asarray(drawn_picture(session).crop(watched)))


def drawn_picture(session: Session) -> Image.Image:
    assert session.picture is not None
    return session.picture


def test_changing_turn_2_of_10_applies_turns_3_to_10_again(session: Session, swatch: Swatch) -> None:
    session.rewrite([draw("t1", "a boat"), *(edit(f"t{n}", f"edit {n}") for n in range(2, 11))])
    old = session.path
    swatch.runs = 0
    session.revise("t2", text="make it something else")
    assert swatch.runs == 9
    assert session.path[0] == old[0]
    assert [v.turn.id for v in session.path] == [v.turn.id for v in old]
    assert not {v.id for v in session.path[1:]} & {v.id for v in old[1:]}


def test_only_edits_that_read_a_changed_picture_run_again(session: Session, swatch: Swatch) -> None:
    turns = [
        draw("t1", "a boat"),
        edit("t2", "hat"),
        edit("t3", "scarf", canvas="turn:t1"),
        edit("t4", "moon"),
    ]
    session.rewrite(turns)
    swatch.runs = 0
    session.rewrite([turns[0], edit("t2", "crown"), *turns[2:]])
    assert swatch.runs == 1, "t3 reads t1 and t4 reads t3: neither changed"
    assert session.path[2].image is not None


def test_a_reworded_turn_that_comes_to_the_same_pixels_runs_nothing_after_it(
    session: Session, swatch: Swatch
) -> None:
    turn = draw("t1", "a boat")
    session.rewrite([turn, edit("t2", "hat"), edit("t3", "scarf")])
    swatch.runs = 0
    reworded = Turn("t1", Ask("a boat, please"), turn.plan)
    session.rewrite([reworded, edit("t2", "hat"), edit("t3", "scarf")])
    assert swatch.runs == 0
    assert session.turns[0].ask.text == "a boat, please"


def test_going_back_to_old_words_costs_nothing(session: Session, swatch: Swatch) -> None:
    session.rewrite([draw("t1", "a boat"), edit("t2", "hat")])
    before = session.head
    session.rewrite([draw("t1", "a house"), edit("t2", "hat")])
    swatch.runs = 0
    session.rewrite([draw("t1", "a boat"), edit("t2", "hat")])
    assert (swatch.runs, session.head) == (0, before)


def test_saying_on_an_earlier_version_starts_a_branch(session: Session) -> None:
    first = drawn(session.say("a red boat on a calm sea"))
    second = drawn(session.say("make it night"))
    session.go(first.id)
    third = drawn(session.say("make it winter"))
    assert third.parent == first.id
    assert session.branch != "main"
    assert session.branches["main"] == second.id
    session.go("main")
    assert session.head == second


def test_the_branch_keeps_its_tip_while_somebody_looks_back(session: Session) -> None:
    session.rewrite([draw("t1", "a boat"), edit("t2", "hat")])
    session.go(session.path[0].id)
    assert [turn.id for turn in session.turns] == ["t1", "t2"]
    session.revise("t1", text="a big house in the snow")
    assert [v.turn.id for v in session.path] == ["t1", "t2"]


def test_a_removed_turn_is_applied_no_more_and_still_there_to_undo(session: Session) -> None:
    session.rewrite([draw("t1", "a boat"), edit("t2", "hat"), edit("t3", "scarf")])
    before = session.head
    session.remove("t2")
    assert [turn.id for turn in session.turns] == ["t1", "t3"]
    session.undo()
    assert session.head == before
    session.redo()
    assert [turn.id for turn in session.turns] == ["t1", "t3"]


def test_removing_what_a_later_turn_reads_is_refused_and_changes_nothing(session: Session) -> None:
    session.rewrite([draw("t1", "a boat"), edit("t2", "hat"), edit("t3", "x", canvas="turn:t2")])
    before = session.timeline
    with pytest.raises(NotFound, match="t3"):
        session.remove("t2")
    assert session.timeline == before


def test_moving_a_turn_applies_the_rest_in_the_new_order(session: Session) -> None:
    session.rewrite([draw("t1", "a boat"), edit("t2", "hat"), edit("t3", "scarf")])
    session.move("t3", after="t1")
    assert [turn.id for turn in session.turns] == ["t1", "t3", "t2"]


def test_takes_are_drawn_once_and_choosing_another_costs_nothing(session: Session, swatch: Swatch) -> None:
    one = draw("t1", "a boat")
    turn = Turn("t1", one.ask, Plan(steps=one.plan.steps, takes=(1, 2, 3)))
    session.rewrite([turn])
    first = drawn(session.head)
    assert len(set(session.receipt(first.id)["takes"])) == 3
    swatch.runs = 0
    second = drawn(session.revise("t1", take=2))
    assert swatch.runs == 0
    assert second.image == session.receipt(first.id)["takes"][2]
    with pytest.raises(NotFound, match="3 takes"):
        session.revise("t1", take=3)


def test_another_seed_gives_another_picture_and_changing_words_keeps_the_seed(session: Session) -> None:
    first = drawn(session.say("a red boat on a calm sea", seed=7))
    assert drawn(session.reroll("t1")).image != first.image
    kept = drawn(session.path[0]).turn.plan.steps[0].params["seed"]
    changed = drawn(session.revise("t1", text="a green boat on a calm sea"))
    assert changed.turn.plan.steps[0].params["seed"] == kept


def test_trying_again_changes_the_seed_even_if_the_words_name_one(session: Session) -> None:
    first = drawn(session.say("a red boat on a calm sea, seed 42"))
    assert first.turn.plan.steps[0].params["seed"] == 42
    assert drawn(session.reroll("t1")).image != first.image
    session.say("rotate left")
    with pytest.raises(BadInput, match="no chance"):
        session.reroll("t2")


def test_what_fails_leaves_the_session_as_it_was(session: Session) -> None:
    session.say("a red boat on a calm sea")
    before = session.timeline
    with pytest.raises(CannotDo, match="impossible"):
        session.say("make it impossible")
    assert session.timeline == before


def test_a_stopped_replay_resumes_where_it_was(session: Session, swatch: Swatch) -> None:
    turns = [draw("t1", "a boat"), edit("t2", "hat"), edit("t3", "scarf")]

    def stop_in_the_third(position: int, count: int, turn: Turn) -> None:
        if position == 2:
            raise Stopped("enough")

    with pytest.raises(Stopped):
        session.rewrite(turns, watch=Watch(turn=stop_in_the_third))
    assert session.turns == ()
    swatch.runs = 0
    session.rewrite(turns)
    assert swatch.runs == 1


def test_stopping_stops_within_one_step(session: Session) -> None:
    seen: list[int] = []

    def stop(progress: Progress) -> None:
        seen.append(progress.step)
        raise Stopped("enough")

    with pytest.raises(Stopped):
        session.say("a red boat on a calm sea", watch=Watch(progress=stop))
    assert seen == [1]


def test_looking_around_while_a_picture_is_made_does_not_lose_it(session: Session) -> None:
    first = drawn(session.say("a red boat on a calm sea"))
    session.say("make it night")
    began, looked = threading.Event(), threading.Event()

    def wait(progress: Progress) -> None:
        began.set()
        assert looked.wait(10)

    worker = threading.Thread(target=session.say, args=("make it winter",), kwargs={"watch": Watch(wait)})
    worker.start()
    assert began.wait(10)
    session.go(first.id)
    looked.set()
    worker.join(10)
    assert session.head == first, "whoever looked elsewhere is left there"
    assert session.turns[-1].ask.text == "make it winter"


def test_a_session_opened_again_is_the_same(studio: Studio, tmp_path: Path) -> None:
    session = studio.open("harbour")
    session.say("a red boat on a calm sea")
    session.say("make it night")
    session.undo()
    studio.close()
    again = Studio(tmp_path / "studio", model="swatch").open("harbour")
    assert again.timeline == session.timeline
    assert again.key == session.key


def test_check_runs_the_branch_again_and_finds_the_same_digests(session: Session) -> None:
    session.rewrite([draw("t1", "a boat"), edit("t2", "hat")])
    assert session.check() == ()


def test_a_branch_needs_a_new_name(session: Session) -> None:
    first = drawn(session.say("a red boat on a calm sea"))
    session.fork(first.id, "daylight")
    assert session.branch == "daylight"
    for name in ("daylight", "", "x" * 61):
        with pytest.raises(BadInput):
            session.fork(first.id, name)


def test_a_handed_in_picture_and_a_mask_belong_to_the_session_and_others_do_not(
    studio: Studio, session: Session
) -> None:
    session.rewrite([draw("t1", "a boat")])
    session.say("a tree", mask=painted(CANVAS, (1, 1, 20, 20)))
    mask = session.turns[-1].ask.mask
    assert mask is not None
    assert session.knows(mask)
    stranger = studio.open("other")
    assert not stranger.knows(mask)
    with pytest.raises(NotFound):
        studio.image(stranger.key, mask)


def test_an_exported_script_comes_to_the_same_pictures(studio: Studio, tmp_path: Path) -> None:
    session = studio.open('har"bour')
    session.rewrite([draw("t1", "a 'boat' \\ \"ship\"")])
    session.say("a tree", mask=painted(CANVAS, (1, 1, 20, 20)))
    name, content = studio.export(session.key, "script")
    (tmp_path / name).write_bytes(content)
    command = [sys.executable, str(tmp_path / name), str(tmp_path / "elsewhere")]
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=here)
    assert done.stdout.count("as it was") == 2
    assert "DIFFERS" not in done.stdout


def test_a_contact_sheet_shows_every_picture_of_the_path(studio: Studio, session: Session) -> None:
    session.rewrite([draw("t1", "a boat"), edit("t2", "hat")])
    name, content = studio.export(session.key, "sheet")
    assert name == "harbour.sheet.png"
    assert images.from_png(content).width > 0
