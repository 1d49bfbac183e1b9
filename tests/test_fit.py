"""How models are made to fit: by arithmetic that anyone can check, and that keeps its promises everywhere.

python -m tests.test_fit        rewrites tests/golden/plans.txt, which is compared exactly
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from studio.models import fit, weighing
from studio.models.catalog import checkpoints, listed
from studio.models.family import APACHE, NON_COMMERCIAL, Call, Checkpoint
from studio.models.fit import Plan, choose, explained, plan, plans
from studio.models.hardware import LIBRARIES, Machine

GOLDEN = Path(__file__).parent / "golden" / "plans.txt"
CARDS = (6, 8, 12, 16, 24, 48, 80)
KLEIN = listed("flux2-klein-4b")
LIBRARY_SETS = st.frozensets(st.sampled_from(LIBRARIES))


def golden() -> str:
    """A line for every checkpoint on every card, and what `auto` takes with and without other licences."""
    every = frozenset(one.licence.name for one in checkpoints())
    lines = []
    for memory in CARDS:
        machine = Machine.pretended(memory)
        free, any_licence = choose(checkpoints(), machine), choose(checkpoints(), machine, every)
        lines += [
            f"{machine.name}: {machine.free:.1f} GB free, {machine.ram:.0f} GB of main memory",
            f"  auto: {free.name if free else 'pocket'}; "
            f"with every licence accepted: {any_licence.name if any_licence else 'pocket'}",
            *(f"  {one.name:32}{line(plan(one, machine))}".rstrip() for one in checkpoints()),
        ]
    return "\n".join(lines) + "\n"


def line(one: Plan) -> str:
    """A plan in one line of columns."""
    shrunk = " ".join(f"{part}:{shrink.name}" for part, shrink in one.shrunk) or "-"
    tiled = "tiled" if one.tiled else "whole"
    verdict = "" if one.fits else "DOES NOT FIT"
    needs = f"{one.need:5.1f} + {one.ram:5.1f}"
    return f"{one.offload:11}{one.working:5} {tiled} {needs}  {one.precision} {shrunk} {verdict}"


def test_the_plans_are_the_ones_that_were_looked_at() -> None:
    assert golden() == GOLDEN.read_text(), "if this is meant: python -m tests.test_fit"


# --- what holds for every model on every machine


@st.composite
def models(draw: st.DrawFn) -> Checkpoint:
    """A checkpoint of any size, with any encoders."""
    sizes = st.floats(0.05, 60.0)
    drawing = draw(st.sampled_from(["transformer", "unet"]))
    encoders = draw(st.lists(sizes, max_size=3))
    parts = {drawing: draw(sizes), "vae": draw(st.sampled_from([0.08, 0.13, 0.34]))}
    parts |= {f"text_encoder_{n}": size for n, size in enumerate(encoders)}
    call = Call("SomePipeline", canvas="image", describes=draw(st.booleans()))
    return Checkpoint(
        name="some",
        title="Some",
        repo="some/one",
        licence=draw(st.sampled_from([APACHE, NON_COMMERCIAL])),
        calls={"generate": Call("SomePipeline"), "edit": call, "inpaint": call},
        parts=parts,
        drawing=drawing,
        steps=draw(st.integers(1, 50)),
        guidance=4.0,
        guided_by=draw(st.sampled_from([None, "guidance_scale"])),
        working=draw(st.sampled_from([512, 768, 1024, 1408])),
        multiple=draw(st.sampled_from([8, 16, 32])),
        references=draw(st.integers(0, 9)),
    )


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    """A machine of any kind and size, with any libraries."""
    kind = draw(st.sampled_from(["cuda", "rocm", "mps", "cpu"]))
    free = draw(st.floats(0.0, 200.0))
    ram = free if kind in ("mps", "cpu") else draw(st.floats(0.0, 400.0))
    return Machine(kind, "some machine", kind, free, free, ram, bf16=draw(st.booleans()),
                   libraries=draw(LIBRARY_SETS))  # fmt: skip


@given(models(), machines())
def test_a_plan_never_needs_more_than_there_is_or_says_so(model: Checkpoint, machine: Machine) -> None:
    one = plan(model, machine)
    enough = one.need <= machine.free and (machine.shared or one.ram <= machine.ram)
    assert one.fits is enough
    assert ("does not fit" in explained(one)) is (not enough)
    assert one.machine == machine


@given(models(), machines())
def test_a_plan_that_fits_is_found_if_there_is_one(model: Checkpoint, machine: Machine) -> None:
    one = plan(model, machine)
    there = any(other.fits for other in plans(model, machine))
    assert one.runs is there
    assert not there or not one.missing


@given(models(), machines(), st.floats(0.0, 100.0), st.floats(0.0, 100.0))
def test_more_memory_never_gives_a_worse_plan(
    model: Checkpoint, machine: Machine, more: float, ram: float
) -> None:
    larger = replace(machine, free=machine.free + more, ram=machine.ram + (more if machine.shared else ram))
    before, after = plan(model, machine), plan(model, larger)
    if before.runs:
        assert after.runs
        assert after.working >= before.working
        order = [replace(one, machine=machine) for one in plans(model, machine)]
        assert order.index(replace(after, machine=machine)) <= order.index(before)


@given(models(), machines())
def test_every_step_down_needs_strictly_less_and_the_ladder_ends(model: Checkpoint, machine: Machine) -> None:
    one: Plan | None = plan(model, machine)
    rungs = 0
    while one is not None:
        lower = one.lower()
        assert lower is None or lower.need < one.need
        assert lower is None or not one.fits or lower.fits
        assert lower is None or lower.missing == () or lower.missing == one.missing
        one, rungs = lower, rungs + 1
        assert rungs < 40


@given(models(), machines())
def test_only_what_works_on_a_machine_is_planned_there(model: Checkpoint, machine: Machine) -> None:
    for one in plans(model, machine):
        used = {shrink.library for _, shrink in one.shrunk}
        assert used <= machine.libraries | {"diffusers"}
        assert "bitsandbytes" not in used or machine.kind == "cuda"
        assert one.offload == "none" or not machine.shared
        assert not one.shrunk or one.offload in ("none", "model")
        assert one.shrink("vae") is None


@given(models(), machines(), st.frozensets(st.sampled_from([NON_COMMERCIAL.name])))
def test_auto_takes_nothing_whose_licence_nobody_accepted(
    model: Checkpoint, machine: Machine, accepted: frozenset[str]
) -> None:
    chosen = choose([model], machine, accepted)
    assert chosen is None or chosen.licence.free or chosen.licence.name in accepted
    assert chosen is None or (plan(chosen, machine).runs and machine.kind != "cpu")


# --- what is planned, by example


def test_reading_goes_to_eight_bits_before_drawing_and_to_four_after_it() -> None:
    levels = fit._levels(KLEIN, Machine.pretended(12))
    names: list[Mapping[str, str]] = [{part: shrink.name for part, shrink in level} for level in levels]
    assert names == [
        {},
        {"text_encoder": "int8"},
        {"transformer": "int8", "text_encoder": "int8"},
        {"transformer": "nf4", "text_encoder": "int8"},
        {"transformer": "nf4", "text_encoder": "nf4"},
    ]


def test_the_first_step_down_loads_nothing_again() -> None:
    top = plan(KLEIN, Machine.pretended(24))
    ladder = [top]
    while (lower := ladder[-1].lower()) is not None:
        ladder.append(lower)
    assert (top.offload, top.tiled, top.working, top.shrunk) == ("none", False, 1024, ())
    assert (ladder[1].offload, ladder[1].shrunk) == ("model", ())
    sizes = [one.working for one in ladder]
    assert sizes == sorted(sizes, reverse=True)
    first_shrunk = next(n for n, one in enumerate(ladder) if one.shrunk)
    assert ladder[first_shrunk].working == 512 and ladder[first_shrunk].tiled
    assert ladder[-1].offload == "sequential"


def test_without_any_library_the_part_that_draws_is_still_halved_on_a_card() -> None:
    bare = replace(Machine.pretended(6), libraries=frozenset())
    levels = fit._levels(KLEIN, bare)
    assert levels == ((),)  # its encoder cannot be: so nothing is, rather than half of what was meant
    alone = replace(KLEIN, parts={"transformer": 3.88, "text_encoder": 0.5, "vae": 0.08})
    assert [dict(level) for level in fit._levels(alone, bare)] == [{}, {"transformer": weighing.CAST}]


def test_a_library_that_would_help_is_named() -> None:
    bare = replace(Machine.pretended(8), libraries=frozenset(), ram=12.0)
    one = plan(KLEIN, bare)
    assert one.missing == ("bitsandbytes",) and one.fits and not one.runs
    assert "once you have installed bitsandbytes" in explained(one)


@pytest.mark.parametrize("memory", CARDS)
def test_auto_draws_with_the_free_one_that_does_everything(memory: int) -> None:
    chosen = choose(checkpoints(), Machine.pretended(memory))
    assert chosen is not None
    assert chosen.licence.free and chosen.ops >= {"generate", "edit", "inpaint"}


def test_auto_draws_with_the_embedded_model_where_there_is_no_card() -> None:
    assert choose(checkpoints(), Machine.pretended(0)) is None


def test_weights_are_parameters_times_bytes() -> None:
    assert weighing.weights(KLEIN, "transformer", "bf16", None) == pytest.approx(3.88e9 * 2 / 2**30)
    nf4 = next(shrink for shrink in weighing.SHRINKS if shrink.name == "nf4")
    # 5 % as they are, the others half a byte and a scale of four bytes for every 64.
    assert weighing.weights(KLEIN, "transformer", "bf16", nf4) == pytest.approx(
        3.88e9 * (0.05 * 2 + 0.95 * (0.5 + 4 / 64)) / 2**30
    )


def test_the_machine_at_hand_is_seen() -> None:
    machine = Machine.here()
    assert 0 < machine.free <= machine.total
    assert machine.kind in ("cuda", "rocm", "mps", "cpu")
    assert plan(KLEIN, machine).machine == machine


@settings(max_examples=20)
@given(st.floats(0.5, 400))
def test_a_pretended_card_has_less_free_than_in_all(memory: float) -> None:
    machine = Machine.pretended(memory)
    assume(machine.free > 0)
    assert machine.free < machine.total <= machine.ram


if __name__ == "__main__":
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(golden())
