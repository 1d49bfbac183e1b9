"""The director by rules: what is said goes to the right op and the right picture, or is asked about."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from studio.director import DRAWING, Desk
from studio.director.rules import RulesDirector
from studio.errors import BadInput, BadMessage, NotFound
from studio.timeline import Ask, Plan
from tests.director_messages import BOATS, DESK, EMPTY, FIRST, MESSAGES, TONED, Case

DIRECTOR = RulesDirector()


def ask_of(case: Case) -> Ask:
    images = tuple(f"photo-{n}" for n in range(1, case.images + 1))
    return Ask(case.text, "mask" if case.mask else None, images)


def number_of(version: str | None, desk: Desk) -> int | None:
    return next((shown.number for shown in desk.shown if shown.version == version), None)


def named(case: Case) -> str:
    marks = ("+mask" if case.mask else "") + ("+picture" if case.images else "")
    return f"{case.text[:60]}{marks}"


PLANS = [case for case in MESSAGES if case.kind == "plan"]
SILENT = [case for case in MESSAGES if case.kind in ("asks", "talks")]
MISSING = [case for case in MESSAGES if case.kind == "missing"]


def test_there_are_enough_messages() -> None:
    assert len(MESSAGES) >= 170
    assert len({(case.text, case.mask, case.images, id(case.desk)) for case in MESSAGES}) == len(MESSAGES)


@pytest.mark.parametrize("case", PLANS, ids=named)
def test_a_message_comes_to_its_plan(case: Case) -> None:
    plan = DIRECTOR.plan(ask_of(case), case.desk)
    steps = [(s.op, s.prompt, {k: v for k, v in s.params.items() if k != "seed"}) for s in plan.steps]
    assert steps == [(d.op, d.prompt, d.params) for d in case.does], plan.reply
    assert number_of(plan.target, case.desk) == case.to
    assert plan.go == (f"version-{case.go}" if isinstance(case.go, int) else case.go)
    assert plan.takes == (case.seeds if len(case.seeds) > 1 else ())
    assert all(s.params["seed"] == case.seeds[0] for s in plan.steps if s.op in DRAWING)
    assert case.says in plan.reply


@pytest.mark.parametrize("case", [case for case in PLANS if case.does], ids=named)
def test_every_step_has_its_pictures(case: Case) -> None:
    plan = DIRECTOR.plan(ask_of(case), case.desk)
    first = dict(plan.steps[0].inputs)
    if case.inputs is not None:
        assert first == case.inputs
    elif case.to is None:
        assert first == {}
    else:
        here = plan.target == case.desk.head
        assert first.pop("canvas") == ("canvas" if here else f"turn:t{case.to}")
        assert first == ({"mask": "blob:mask"} if case.mask else {})
    for place, step in enumerate(plan.steps[1:]):
        assert step.inputs["canvas"] == f"step:{place}"


@pytest.mark.parametrize("case", SILENT, ids=named)
def test_asking_and_talking_change_nothing(case: Case) -> None:
    plan = DIRECTOR.plan(ask_of(case), case.desk)
    assert (plan.steps, plan.takes, plan.go, plan.target) == ((), (), None, None), plan.reply
    assert case.says in plan.reply
    assert case.kind == "talks" or "?" in plan.reply


def test_what_is_set_beside_the_words_is_in_every_step_that_a_model_draws() -> None:
    ask = Ask("add a dog, then make it brighter", settings={"steps": 20}, controls={"edges": "e"})
    drawn, exact = DIRECTOR.plan(ask, DESK).steps
    assert drawn.params["steps"] == 20
    assert drawn.inputs["control:edges"] == "blob:e"
    assert "steps" not in exact.params and "control:edges" not in exact.inputs


def test_what_words_ask_for_goes_before_what_is_set() -> None:
    settings = {"steps": 20, "width": 640, "height": 480}
    plan = DIRECTOR.plan(Ask("a boat 512x256 with 7 steps", settings=settings), EMPTY)
    assert {**plan.steps[0].params, "seed": 0} == {"steps": 7, "width": 512, "height": 256, "seed": 0}
    assert DIRECTOR.plan(Ask("a boat", settings=settings), EMPTY).steps[0].params["width"] == 640
    assert "width" not in DIRECTOR.plan(Ask("add a dog", settings=settings), DESK).steps[0].params


def test_again_with_other_settings_draws_with_these() -> None:
    again = DIRECTOR.plan(Ask("again", settings={"steps": 20}), FIRST)
    assert again.steps[0].params["steps"] == 20
    assert (
        DIRECTOR.plan(Ask("again, in 3 steps", settings={"steps": 20}), FIRST).steps[0].params["steps"] == 3
    )


@pytest.mark.parametrize("case", MISSING, ids=named)
def test_what_is_not_there_is_refused_by_name(case: Case) -> None:
    with pytest.raises(NotFound) as refusal:
        DIRECTOR.plan(ask_of(case), case.desk)
    assert case.says in str(refusal.value)


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\x00\x07\u200b", "\ue000"])
def test_an_empty_message_is_refused(text: str) -> None:
    with pytest.raises(BadMessage, match="nothing to read"):
        DIRECTOR.plan(Ask(text), DESK)


@pytest.mark.parametrize("length", [4001, 100_000])
def test_a_long_message_is_refused_with_the_limit(length: int) -> None:
    with pytest.raises(BadMessage, match="at most 4,000"):
        DIRECTOR.plan(Ask("a" * length), EMPTY)


def test_a_message_at_the_limit_is_read() -> None:
    assert DIRECTOR.plan(Ask("boat " * 800), EMPTY).steps


def test_the_asks_seed_is_used_unless_the_words_name_one() -> None:
    assert DIRECTOR.plan(Ask("a boat", seed=3), EMPTY).steps[0].params["seed"] == 3
    assert DIRECTOR.plan(Ask("a boat, seed 4", seed=3), EMPTY).steps[0].params["seed"] == 4


def test_a_new_take_never_repeats_the_seed() -> None:
    again = DIRECTOR.plan(Ask("again"), FIRST)
    assert again.steps[0].params["seed"] != FIRST.last[0].params["seed"]


def test_a_model_that_cannot_edit_is_not_asked_to() -> None:
    desk = Desk(DESK.head, DESK.size, DESK.shown, ops=frozenset({"generate"}))
    plan = DIRECTOR.plan(Ask("make it night"), desk)
    assert plan.steps == ()
    assert "cannot change a picture by words" in plan.reply
    assert DIRECTOR.plan(Ask("brighter"), desk).steps, "exact adjustments need no model"


def test_after_mere_talk_the_last_picture_is_still_meant() -> None:
    desk = replace(DESK, head="a talk without a number")
    plan = DIRECTOR.plan(Ask("make it night"), desk)
    assert (plan.steps[0].inputs["canvas"], number_of(plan.target, desk)) == ("canvas", 5)
    assert "version 5" in plan.reply
    assert DIRECTOR.plan(Ask("in version 5 add a dog"), desk).steps[0].inputs["canvas"] == "canvas"
    assert DIRECTOR.plan(Ask("back to the last picture"), desk).go == "version-3"


def test_a_mask_does_not_outlive_a_change_of_shape() -> None:
    plan = DIRECTOR.plan(Ask("crop to a square and add a tree", mask="m"), DESK)
    assert [dict(step.inputs) for step in plan.steps] == [{"canvas": "canvas"}, {"canvas": "step:0"}]
    assert "mask" in plan.reply


def test_replies_repeat_markup_as_text_and_stay_short() -> None:
    plan = DIRECTOR.plan(Ask("add <script>alert(1)</script> " + "and more " * 300), DESK)
    assert "<script>" in plan.steps[0].prompt
    assert len(plan.reply) < 300


WORDS = [
    *(
        "make",
        "add",
        "remove",
        "it",
        "the",
        "a",
        "boat",
        "sky",
        "version",
        "2",
        "9",
        "#3",
        "first",
        "one",
        "last",
    ),
    *("picture", "before", "hat", "go", "back", "to", "undo", "redo", "and", "then", ",", ".", "?", "!", ":"),
    *(
        "brighter",
        "darker",
        "crop",
        "square",
        "rotate",
        "left",
        "extend",
        "right",
        "wider",
        "seed",
        "42",
        "four",
    ),
    *(
        "variations",
        "again",
        "new",
        "in",
        "like",
        "this",
        "on",
        "put",
        "select",
        "please",
        "16:9",
        "50%",
        "-1",
        "zoom",
        "out",
    ),
    *(
        "of",
        "with",
        "night",
        "straighten",
        "degrees",
        "400",
        "resize",
        '"',
        "'",
        "“",
        "”",
        "<b>",
        "\n",
        "\x00",
    ),
]
TEXTS = st.one_of(
    st.text(max_size=80),
    st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join),
    st.text(alphabet=st.characters(), max_size=40).map(lambda text: f"go back to {text} and make {text}"),
)
ASKS = st.builds(
    Ask,
    TEXTS,
    st.sampled_from([None, "mask"]),
    st.sampled_from([(), ("photo-1",), ("photo-1", "photo-2")]),
    st.sampled_from([None, 0, 7]),
)
DESKS = st.sampled_from(
    [EMPTY, DESK, FIRST, BOATS, TONED, Desk("unnumbered", (300, 700)), Desk(None, None, DESK.shown)]
)


def outcome(ask: Ask, desk: Desk) -> Plan | str:
    try:
        return DIRECTOR.plan(ask, desk)
    except BadInput as refusal:
        return f"{type(refusal).__name__}: {refusal}"


@settings(max_examples=300, deadline=None)
@given(ASKS, DESKS)
@example(Ask("v2 of v3 from v1"), DESK)
@example(Ask("rotate 00"), DESK)
@example(Ask("seed 99999999999999999999"), DESK)
@example(Ask("9" * 4000), DESK)
@example(Ask("a " * 2000), DESK)
@example(Ask("and " * 1000), DESK)
@example(Ask("make it, " * 440), DESK)
def test_any_text_gives_a_plan_or_a_sentence(ask: Ask, desk: Desk) -> None:
    result = outcome(ask, desk)
    assert result == outcome(ask, desk), "the same words on the same desk give the same plan"
    if isinstance(result, str):
        assert result.endswith(".")
        return
    assert result.reply.strip()
    result.reply.encode()
    pointing = (result.go or "").startswith("select:")
    assert pointing or result.go in {None, "undo", "redo", *(shown.version for shown in desk.shown)}
    assert result.target in {None, desk.head, *(shown.version for shown in desk.shown)}
    check_references(result, ask, desk)


def check_references(plan: Plan, ask: Ask, desk: Desk) -> None:
    """Every input is the canvas, an earlier step, a turn on the path, or a picture that is known."""
    turns = {f"turn:{shown.turn}" for shown in desk.shown if shown.here}
    blobs = {
        f"blob:{digest}"
        for digest in (ask.mask, *ask.images, *(shown.image for shown in desk.shown))
        if digest
    }
    canvas = {"canvas"} if desk.head else set()
    for place, step in enumerate(plan.steps):
        known = turns | blobs | canvas | {f"step:{earlier}" for earlier in range(place)}
        assert set(step.inputs.values()) <= known
        assert ("seed" in step.params) == (step.op in DRAWING)
        step.prompt.encode()
