"""What is set beside the words: checked where it comes in; in the plan, the key, the receipt, the script."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from studio import Session, Studio
from studio.errors import BadInput
from studio.models.swatch import Swatch
from studio.settings import SETTINGS, checked
from studio.timeline import Json, Version

EDGES = Image.effect_noise((48, 32), 60)


def drawn(version: Version | None) -> Version:
    assert version is not None
    return version


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"steps": 0}, "steps is a whole number from 1"),
        ({"steps": 2.5}, "whole number"),
        ({"steps": True}, "whole number"),
        ({"steps": "many"}, "not 'many'"),
        ({"guidance": float("nan")}, "Guidance is a number"),
        ({"width": 10**9}, "from 64 to 4096"),
        ({"loras": ["ink"]}, "with a weight each"),
        ({"loras": {"ink": "much"}}, "The weight of ink"),
        ({"loras": {f"lora {n}": 1 for n in range(9)}}, "8 LoRAs are the most"),
        ({"sampler": "euler"}, "There is no setting 'sampler'"),
        ({"speed": 3}, "exact, fast, off"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_in_a_sentence(settings: dict[str, Json], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        checked(settings)


def test_what_is_empty_is_not_set() -> None:
    assert not checked({"steps": None, "guidance": "", "loras": {}})
    assert checked({"steps": "20", "guidance": 4}) == {"steps": 20, "guidance": 4.0}


WORDS = st.text("0123456789.-+eEinfabx_ é", max_size=20)
JSON: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*SETTINGS, "other"]), JSON, max_size=4))
def test_whatever_comes_is_refused_or_kept_as_plain_json_that_is_kept_the_same_again(given: Json) -> None:
    try:
        kept = checked(given)
    except BadInput:
        return
    assert checked(json.loads(json.dumps(dict(kept), allow_nan=False))) == kept


def test_steps_reach_the_model_the_receipt_and_the_next_revision(session: Session, swatch: Swatch) -> None:
    first = drawn(session.say("a boat", seed=1, settings={"steps": 2, "width": 128, "height": 64}))
    assert session.picture is not None and session.picture.size == (128, 64)
    assert session.receipt(first.id)["settings"] == {"steps": 2, "width": 128, "height": 64}
    reworded = drawn(session.revise("t1", text="a ship"))
    assert reworded.turn.ask.settings == first.turn.ask.settings
    again = drawn(session.revise("t1", settings={"steps": 3}))
    assert session.receipt(again.id)["settings"] == {"steps": 3}
    assert again.turn.ask.text == "a ship"
    assert session.revise("t1", settings={}) and not session.turns[0].ask.settings


def test_a_setting_is_part_of_what_is_drawn_and_one_that_is_left_out_is_not(
    session: Session, swatch: Swatch
) -> None:
    session.say("a boat", seed=1)
    session.undo()
    session.say("a boat", seed=1, settings={"steps": None})
    assert swatch.runs == 1
    session.undo()
    session.say("a boat", seed=1, settings={"steps": 2})
    assert swatch.runs == 2


def test_a_control_is_kept_with_the_turn_and_handed_to_the_model(session: Session, swatch: Swatch) -> None:
    session.say("a boat", seed=1)
    plain = drawn(session.say("add a dog", seed=1))
    session.undo()
    guided = drawn(session.say("add a dog", seed=1, controls={"edges": EDGES}))
    assert guided.image != plain.image, "swatch paints from every picture that it is handed"
    digest = guided.turn.ask.controls["edges"]
    assert guided.turn.plan.steps[0].inputs["control:edges"] == f"blob:{digest}"
    assert session.knows(digest)
    assert session.receipt(guided.id)["controls"] == ["edges"]
    with pytest.raises(BadInput, match="There is no control 'smell'"):
        session.say("add a cat", controls={"smell": EDGES})


def test_the_store_and_a_restart_know_them(tmp_path: Path, studio: Studio, session: Session) -> None:
    version = drawn(session.say("a boat", seed=1, settings={"steps": 2}, controls={"palette": EDGES}))
    assert studio.store.verify() == ()
    assert studio.store.load(session.key).version(version.id).turn == version.turn
    (studio.store.folder / "blobs" / f"{version.turn.ask.controls['palette']}.png").unlink()
    assert "is missing" in str(studio.store.verify())


def test_the_script_carries_them(tmp_path: Path, studio: Studio, session: Session) -> None:
    session.say("a boat", seed=1, settings={"steps": 2, "width": 96, "height": 64})
    session.say("add a dog", seed=1, controls={"edges": EDGES})
    program = tmp_path / "again.py"
    program.write_bytes(studio.export(session.key, "script")[1])
    command = [sys.executable, str(program), str(tmp_path / "elsewhere")]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True,
                          env={"PYTHONPATH": str(Path(__file__).parents[1]), "PATH": ""})  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("as it was") == 2 and "DIFFERS" not in done.stdout


def test_the_studio_refuses_at_once_what_makes_no_sense(studio: Studio) -> None:
    key = studio.create()
    refused: list[Callable[[], object]] = [
        lambda: studio.say(key, "a boat", settings={"steps": -1}),
        lambda: studio.revise(key, "t1", settings={"steps": -1}),
    ]
    for ask in refused:
        with pytest.raises(BadInput, match="steps"):
            ask()
    assert studio.job(key) is None
