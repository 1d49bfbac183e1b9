"""What makes drawing faster: on, off, and gone afterwards, on every family that bears it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from studio.errors import BadInput, Stopped
from studio.models import hastening, speed
from studio.models.base import Progress
from studio.models.catalog import checkpoints
from studio.models.diffused import DiffusersModel
from studio.models.family import family_of
from studio.models.fit import explained, plan
from studio.models.hardware import Machine
from studio.models.kept import Kept
from tests import tiny

STEPS = 14
CARD = Machine("cuda", "a card", "cuda", 24, 24, 64)
FAMILIES = {"kontext": "flux1", "klein": "flux2", "qwen_edit": "qwen-image", "qwen21": "qwen-image-2.1"}
CACHED = [
    (name, aid) for name, family in FAMILIES.items() for aid in speed.BORNE[family] if speed.AIDS[aid].cache
]
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")


def model(name: str) -> DiffusersModel:
    """The tiny model, which takes enough steps for a cache to be of use."""
    pipe, checkpoint = tiny.tiny(name)
    known = replace(checkpoint, steps=STEPS)
    return DiffusersModel(pipe, known, kept=Kept(name), preview=tiny.glimpses(name))


def drawn(model: DiffusersModel, notes: list[str] | None = None, **more: Any) -> bytes:
    said = [] if notes is None else notes
    return model.run(replace(tiny.asked("edit", **more), note=said.append)).tobytes()


@contextmanager
def counted(model: DiffusersModel) -> Iterator[list[int]]:
    """How often attention is computed."""
    calls: list[int] = []
    attention = [part for name, part in model.pipe.transformer.named_modules() if name.endswith(".to_out.0")
                 or name.endswith("attn.to_out")]  # fmt: skip
    hooks = [part.register_forward_hook(lambda *_: calls.append(1)) for part in attention]
    try:
        yield calls
    finally:
        for hook in hooks:
            hook.remove()


@pytest.mark.parametrize(("name", "aid"), CACHED)
def test_a_cache_is_on_when_asked_said_so_and_gone_afterwards(name: str, aid: str) -> None:
    one, notes = model(name), list[str]()
    bare = drawn(one)
    first = drawn(one, notes, speed=[aid])
    assert notes == [f"Drawn with {aid}, which {speed.AIDS[aid].does}; without it details may differ."]
    assert not one.pipe.transformer.is_cache_enabled
    assert drawn(one) == bare, "off again"
    assert drawn(one, speed=[aid]) == first, "and it comes to the same every time"


@pytest.mark.parametrize("name", FAMILIES)
def test_less_is_computed_with_one(name: str) -> None:
    one = model(name)
    with counted(one) as all_of_it:
        drawn(one)
    with counted(one) as less:
        drawn(one, speed=["taylor"])
    assert 0 < len(less) < 0.7 * len(all_of_it)


@pytest.mark.parametrize(("name", "aid"), CACHED)
def test_a_run_that_is_stopped_in_the_middle_leaves_the_next_one_unharmed(name: str, aid: str) -> None:
    one = model(name)
    bare, fast = drawn(one), drawn(one, speed=[aid])

    def stop(progress: Progress) -> None:
        if progress.step == 6:
            raise Stopped("Stopped.")

    with pytest.raises(Stopped):
        drawn(one, prompt="a house", speed=[aid], report=stop)
    assert not one.pipe.transformer.is_cache_enabled
    assert drawn(one) == bare and drawn(one, speed=[aid]) == fast


def test_one_that_breaks_is_switched_off_and_the_picture_drawn_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A real one: the first-block cache cannot be had on FLUX.2, which it says at the first step."""
    monkeypatch.setitem(hastening.CACHES, "taylor", hastening.CACHES["first-block"])
    one, notes = model("klein"), list[str]()
    bare = drawn(one)
    assert drawn(one, notes, speed=["taylor"]) == bare
    assert notes == ["taylor does not work here, so this was drawn without."]
    assert not one.pipe.transformer.is_cache_enabled
    assert drawn(one) == bare


def test_what_breaks_without_an_aid_too_stays_loud(monkeypatch: pytest.MonkeyPatch) -> None:
    one = model("klein")
    broken = replace(one.checkpoint.calls["edit"], fixed={"no_such": 1})
    one.checkpoint = replace(one.checkpoint, calls={"edit": broken})
    with pytest.raises(TypeError, match="no_such"):
        drawn(one, speed="fast")


def test_what_is_broken_or_of_no_use_is_not_offered() -> None:
    assert "first-block" not in model("klein").card.speeds
    assert "first-block" not in model("qwen21").card.speeds
    for name in ("sd15", "sdxl", "z_image", "dreamlite"):
        assert not any(speed.AIDS[aid].cache for aid in model(name).card.speeds)
    few = DiffusersModel(*tiny.tiny("kontext"))
    assert few.checkpoint.steps < 12 and few.card.speeds == ()
    for known in checkpoints():
        family = family_of(next(iter(known.calls.values())).pipeline)
        for aid in speed.offered(family, known.steps, "cuda"):
            assert known.steps >= speed.AIDS[aid].least
    assert "compile" not in speed.offered("flux1", 50, "cpu")
    assert "compile" in speed.offered("flux1", 50, "cuda")


def test_with_few_steps_or_another_model_it_is_left_out_and_said() -> None:
    one, notes = model("klein"), list[str]()
    assert drawn(one, notes, steps=3, speed=["taylor"]) == drawn(one, steps=3)
    assert drawn(one, notes, steps=3, speed=["first-block"]) == drawn(one, steps=3)
    assert notes == [
        "Drawn without taylor, which saves nothing below 12 steps.",
        "Drawn without first-block, which is not for klein.",
    ]
    notes.clear()
    assert drawn(model("sd15"), notes, speed=["taylor"]) == drawn(model("sd15"))
    assert notes == ["Drawn without taylor, which is not for sd15."]


def test_what_is_always_on_can_be_switched_off() -> None:
    one, given = model("qwen21"), list[Any]()
    own = type(one.pipe).__call__

    def watched(self: Any, *rest: Any, **named: Any) -> Any:
        given.append(named.get("use_kv_cache"))
        return own(self, *rest, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(one.pipe), "__call__", watched)
        drawn(one)
        drawn(one, speed="off")
    assert given == [True, False]
    assert drawn(one) == drawn(one, speed="exact")


def test_compiled_blocks_draw_the_same_and_are_as_they_were_afterwards() -> None:
    """Without the part that makes machine code, which needs a compiler: what is traced is what is run."""
    one, kept = model("klein"), dict[Any, Any]()
    bare, part = drawn(one, steps=2), one.pipe.transformer
    blocks = [block for block in part.modules() if type(block).__name__ in part._repeated_blocks]
    for _ in range(2):
        with hastening.compiled_blocks(part, kept, backend="eager"):
            assert all(block._compiled_call_impl is kept[block] for block in blocks)
            assert drawn(one, steps=2) == bare
        assert all(block._compiled_call_impl is None for block in blocks)
    assert set(kept) == set(blocks)
    assert drawn(one, steps=2) == bare


# --- a step's parameters


@pytest.mark.parametrize(
    ("asked", "on_offer", "found"),
    [
        (None, ("taylor", "compile"), None),
        ("exact", ("taylor", "compile"), None),
        ("off", ("taylor", "compile"), None),
        ("fast", ("first-block", "taylor", "compile"), ["first-block"]),
        ("fast", ("reuse-kv", "taylor"), ["reuse-kv", "taylor"]),
        ("fast", (), None),
        ("exact", ("reuse-kv", "taylor"), None),
        ("off", ("reuse-kv", "taylor"), []),
        (["compile", "taylor"], ("taylor", "compile"), ["compile", "taylor"]),
    ],
)
def test_frozen_parameters_name_the_aids(asked: Any, on_offer: tuple[str, ...], found: Any) -> None:
    given = {"seed": 1} if asked is None else {"seed": 1, "speed": asked}
    params = speed.frozen(given, on_offer)
    assert params == ({"seed": 1} if found is None else {"seed": 1, "speed": found})
    assert speed.frozen(params, on_offer) == params


@pytest.mark.parametrize(
    "asked", ["quick", ["warp"], 3, {"taylor": 1}, [["taylor"]], ["first-block", "taylor"]]
)
def test_what_there_is_not_is_refused_in_a_sentence(asked: Any) -> None:
    with pytest.raises(BadInput, match=r"Speed is exact, fast, off|One cache at a time"):
        speed.frozen({"speed": asked}, ("taylor",))


def test_a_plan_says_what_can_be_had() -> None:
    said = {one.name: explained(plan(one, CARD)) for one in checkpoints()}
    assert "Can draw faster with first-block or taylor or compile" in said["qwen-image"]
    assert "Can draw faster with taylor or compile" in said["flux2-klein-base-4b"]
    assert "Can draw faster" not in said["flux2-klein-4b"]
