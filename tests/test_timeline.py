"""The notebook as a value: ids, prefixes, undo and redo."""

from __future__ import annotations

import json
from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio import timeline
from studio.errors import NotFound
from studio.session import first_operation
from studio.timeline import Ask, Plan, Step, Timeline, Turn, View, advance, common, grown, redo, undo


def turn(id: str, text: str = "a boat", seed: int = 1) -> Turn:
    step = Step("edit", text, {"seed": seed}, {"canvas": "canvas"})
    return Turn(id, Ask(text, seed=seed), Plan("Drawing.", (step,)))


def grow(old: Timeline, text: str) -> Timeline:
    version = grown(old.view.head, turn(f"t{len(old.versions) + 1}", text), text)
    view = View(MappingProxyType({"main": version.id}), "main", version.id)
    return advance(old, view, verb="say", note=text, when=1.0, added=[version])


def test_a_version_s_id_is_the_hash_of_parent_turn_and_image() -> None:
    base = grown(None, turn("t1"), "p")
    assert base.id == grown(None, turn("t1"), "p").id
    others = [grown("x", turn("t1"), "p"), grown(None, turn("t2"), "p"), grown(None, turn("t1"), "q")]
    assert base.id not in [other.id for other in others]


def test_a_turn_survives_json_whole() -> None:
    steps = (Step("adjust", "", {"kind": "crop", "box": [0, 0, 1, 1]}, {"canvas": "step:0"}),)
    plan = Plan("Cropping.", steps, takes=(1, 2), take=1, go=None, target="abc")
    settings = {"steps": 20, "guidance": 4.5, "loras": {"ink": 0.8}}
    for ask in (Ask("crop it ✂", "m", ("i",), 4), Ask("a cat", settings=settings, controls={"edges": "e"})):
        full = Turn("t3", ask, plan)
        assert timeline.turn_from_json(json.loads(json.dumps(timeline.to_json(full)))) == full


def test_a_turn_that_was_stored_before_there_were_settings_is_read_and_has_its_old_id() -> None:
    stored = (
        '{"ask": {"images": ["i"], "mask": "m", "seed": 4, "text": "crop it ✂"}, "id": "t3", "plan": {"go":'
        ' null, "reply": "Cropping.", "steps": [{"inputs": {"canvas": "step:0"}, "op": "adjust", "params":'
        ' {"box": [0, 0, 1, 1], "kind": "crop"}, "prompt": ""}], "take": 1, "takes": [1, 2],'
        ' "target": "abc"}}'
    )
    old = timeline.turn_from_json(json.loads(stored))
    assert grown("p", old, "d").id == "c70052fe57c349f0e8cb355e56763b3f"
    assert timeline.to_json(old) == json.loads(stored)
    assert (
        grown("p", replace(old, ask=replace(old.ask, settings={"steps": 3})), "d").id
        != grown("p", old, "d").id
    )


def test_an_operation_survives_json_whole() -> None:
    last = grow(grow(first_operation(0.0), "a"), "b").operations[-1]
    assert timeline.operation_from_json(json.loads(json.dumps(timeline.to_json(last)))) == last


def test_common_keeps_the_longest_prefix_of_equal_turns() -> None:
    path = [grown(None, turn("t1"), "a"), grown("x", turn("t2"), "b"), grown("y", turn("t3"), "c")]
    assert common(path, [turn("t1"), turn("t2", "other"), turn("t3")]) == (path[0],)
    assert common(path, [version.turn for version in path]) == tuple(path)
    assert common(path, []) == ()


def test_undo_at_the_start_says_so() -> None:
    with pytest.raises(NotFound, match="earlier"):
        undo(first_operation(0.0), 1.0)


def test_redo_after_something_new_has_nothing_to_redo() -> None:
    line = undo(grow(grow(first_operation(0.0), "a"), "b"), 1.0)
    with pytest.raises(NotFound, match="redo"):
        redo(grow(line, "c"), 1.0)


@given(st.lists(st.sampled_from(["say", "undo", "redo"]), max_size=40))
def test_undo_and_redo_walk_the_past_like_an_editor_s_and_delete_nothing(verbs: list[str]) -> None:
    line = first_operation(0.0)
    past, future = [line.view], list[View]()
    for n, verb in enumerate(verbs):
        if verb == "say":
            line = grow(line, f"words {n}")
            past, future = [*past, line.view], []
        elif verb == "undo" and len(past) > 1:
            before = line
            line = undo(line, 1.0)
            future.append(past.pop())
            assert line.versions == before.versions
        elif verb == "redo" and future:
            line = redo(line, 1.0)
            past.append(future.pop())
        assert line.view == past[-1]
        assert [operation.at <= i for i, operation in enumerate(line.operations)].count(False) == 0


def test_a_version_that_is_not_there_is_named() -> None:
    with pytest.raises(NotFound, match="nope"):
        first_operation(0.0).version("nope")


def test_values_cannot_be_changed_in_place() -> None:
    step = Step("edit", "x", {"seed": 1})
    with pytest.raises(TypeError):
        step.params["seed"] = 2  # type: ignore[index]
    assert replace(step, prompt="y").params == {"seed": 1}
