"""Every pipeline is watched, stopped and held outside of a mask by one method."""

from __future__ import annotations

import inspect
from math import ceil, floor
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers")

from studio.errors import Stopped  # noqa: E402
from studio.models.base import Progress  # noqa: E402
from studio.models.controlling import Steered  # noqa: E402
from studio.models.latents import from_loop  # noqa: E402
from studio.models.stepping import Held, Moment, watched  # noqa: E402
from tests import tiny  # noqa: E402

FAMILIES = tuple(tiny.FAMILIES)
ABILITIES = tiny.abilities()
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")


def generator(seed: int = 3) -> Any:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("name", "op"), ABILITIES)
def test_every_step_is_reported_once_and_the_last_one_last(name: str, op: str) -> None:
    seen: list[Progress] = []
    tiny.model(name).run(tiny.asked(op, steps=4, report=seen.append))
    steps = seen[-1].steps
    assert [progress.step for progress in seen] == list(range(1, steps + 1))
    strength = tiny.tiny(name)[1].calls[op].fixed.get("strength", 1.0)
    assert steps in (floor(4 * strength), ceil(4 * strength))


@pytest.mark.parametrize(("name", "op"), ABILITIES)
def test_a_run_stops_within_one_step_and_the_next_is_as_if_nothing_was(name: str, op: str) -> None:
    model = tiny.model(name)
    expected = model.run(tiny.asked(op, steps=4))
    seen: list[int] = []

    def stop(progress: Progress) -> None:
        seen.append(progress.step)
        raise Stopped("Stopped.")

    with pytest.raises(Stopped):
        model.run(tiny.asked(op, steps=4, report=stop))
    assert seen == [1]
    assert model.run(tiny.asked(op, steps=4)).tobytes() == expected.tobytes()


@pytest.mark.parametrize("name", FAMILIES)
def test_watching_changes_no_byte_and_leaves_the_scheduler_as_it_was(name: str) -> None:
    pipe, _ = tiny.tiny(name)
    seen: list[Progress] = []
    own, state = pipe.scheduler, dict(vars(pipe.scheduler))
    model = tiny.model(name)
    alone, watching = (model.run(tiny.asked("edit", report=r)) for r in (tiny.ignore, seen.append))
    assert alone.tobytes() == watching.tobytes()
    assert pipe.scheduler is own and vars(own).keys() == state.keys()
    assert all(vars(own)[key] is value for key, value in state.items())


@pytest.mark.parametrize("name", FAMILIES)
def test_at_the_last_step_the_clean_latents_are_the_ones_that_are_decoded(name: str) -> None:
    """With little noise left the two agree: what is shown while it draws is what comes of it."""
    moments: list[Moment] = []
    decoded: list[Any] = []
    pipe, checkpoint = tiny.tiny(name)
    model = tiny.model(name)
    call = checkpoint.calls["edit"]
    sibling = model.sibling(call.pipeline)
    given = model._arguments(sibling, Steered(call), tiny.asked("edit", steps=6), (tiny.SIDE, tiny.SIDE))
    own = pipe.vae.decode
    pipe.vae.decode = lambda latents, *rest, **named: (decoded.append(latents), own(latents, *rest, **named))[
        1
    ]
    try:
        with watched(sibling, 6, moments.append) as more:
            sibling(**given, **more)
    finally:
        del pipe.vae.decode
    last = moments[-1].clean
    assert last is not None
    plain = from_loop(last, pipe.vae, (tiny.SIDE, tiny.SIDE))
    final = decoded[-1].reshape(plain.shape).float()
    assert (plain - final).abs().max() < 0.05 * final.abs().max()


SCHEDULERS = (
    "DDIMScheduler", "DDPMScheduler", "DEISMultistepScheduler", "DPMSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler", "EulerAncestralDiscreteScheduler", "EulerDiscreteScheduler",
    "HeunDiscreteScheduler", "LCMScheduler", "PNDMScheduler", "UniPCMultistepScheduler", "TCDScheduler",
)  # fmt: skip


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_any_scheduler_tells_the_clean_picture_and_counts_its_steps(name: str, kind: str) -> None:
    """A model that knows the answer: whatever it is shown, it predicts the noise over one certain picture."""
    cls = getattr(diffusers, name)
    usual = {"clip_sample": False, "skip_prk_steps": True}
    taken = {key: value for key, value in usual.items() if key in inspect.signature(cls).parameters}
    scheduler = cls(**tiny.BETAS, **taken, prediction_type=kind)
    truth = torch.randn(1, 4, 8, 8, generator=generator(1))
    pipe = Loop(scheduler, truth, kind)
    moments: list[Moment] = []
    with watched(pipe, 7, moments.append):
        pipe(7)
    assert [moment.step for moment in moments] == list(range(1, 8))
    assert {moment.steps for moment in moments} == {7}
    assert all(moment.clean is not None for moment in moments)
    assert (moments[0].clean - truth).abs().max() < 0.05
    assert (moments[-1].clean - truth).abs().max() < 0.05


@pytest.mark.parametrize("name", ["FlowMatchEulerDiscreteScheduler", "FlowMatchHeunDiscreteScheduler"])
def test_a_flow_of_one_or_two_calls_a_step_is_counted_right(name: str) -> None:
    truth = torch.randn(1, 4, 8, 8, generator=generator(1))
    pipe = Loop(getattr(diffusers, name)(), truth, "flow")
    moments: list[Moment] = []
    with watched(pipe, 5, moments.append):
        pipe(5)
    assert [(moment.step, moment.steps) for moment in moments] == [(n, 5) for n in range(1, 6)]
    assert all((moment.clean - truth).abs().max() < 1e-4 for moment in moments)


class Loop:
    """The least a pipeline is: a loop over a scheduler, here with a model that knows the picture."""

    def __init__(self, scheduler: Any, truth: Any, kind: str) -> None:
        self.scheduler, self.truth, self.kind = scheduler, truth, kind
        self.shown: list[tuple[Any, tuple[float, float]]] = []  # each with its share of picture and of noise

    def maybe_free_model_hooks(self) -> None:
        """There are none."""

    def __call__(self, steps: int, start: int = 0) -> Any:
        scheduler = self.scheduler
        scheduler.set_timesteps(steps)
        noise = torch.randn(self.truth.shape, generator=generator(2))
        latents = noise * getattr(scheduler, "init_noise_sigma", 1.0)
        for timestep in scheduler.timesteps[start:]:
            shown = latents
            if hasattr(scheduler, "scale_model_input"):
                shown = scheduler.scale_model_input(latents, timestep)
            latents = scheduler.step(self.answer(shown, timestep), timestep, latents, return_dict=False)[0]
        return latents

    def answer(self, shown: Any, timestep: Any) -> Any:
        if self.kind == "flow":
            level = float(timestep) / self.scheduler.config.num_train_timesteps
            self.shown.append((shown, (1 - level, level)))
            return (shown - self.truth) / level
        # `shown` is sqrt(share) of the picture and sqrt(1 - share) of noise, for every scheduler.
        share = _share(self.scheduler, float(timestep))
        self.shown.append((shown, (share**0.5, (1 - share) ** 0.5)))
        noise = (shown - share**0.5 * self.truth) / (1 - share) ** 0.5
        return noise if self.kind == "epsilon" else share**0.5 * noise - (1 - share) ** 0.5 * self.truth


def _share(scheduler: Any, timestep: float) -> float:
    kept = scheduler.alphas_cumprod.double().numpy()
    low = int(timestep)
    level = ((1 - kept) / kept) ** 0.5
    sigma = (
        np.interp(timestep, np.arange(len(kept)), np.log(level)) if timestep != low else np.log(level[low])
    )
    return float(1 / (np.exp(sigma) ** 2 + 1))


HOLDS = (
    "DDIMScheduler", "EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler", "LCMScheduler",
    "DPMSolverMultistepScheduler", "UniPCMultistepScheduler", "FlowMatchEulerDiscreteScheduler",
    "FlowMatchHeunDiscreteScheduler",
)  # fmt: skip


def usual(name: str) -> tuple[Any, str]:
    """The scheduler as pipelines have it, and what their models predict."""
    if name.startswith("Flow"):
        return getattr(diffusers, name)(), "flow"
    unclipped = {"clip_sample": False} if name == "DDIMScheduler" else {}
    return getattr(diffusers, name)(**tiny.BETAS, **unclipped), "epsilon"


@pytest.mark.parametrize("name", HOLDS)
def test_what_is_held_comes_out_exactly_and_what_is_free_as_the_model_has_it(name: str) -> None:
    """The model knows another picture than the one that is held: each has its part of what comes out."""
    scheduler, kind = usual(name)
    drawn, canvas = (torch.randn(1, 4, 8, 8, generator=generator(seed)) for seed in (1, 5))
    free = torch.zeros(1, 4, 8, 8, dtype=torch.bool)
    free[..., 4:] = True
    pipe = Loop(scheduler, drawn, kind)
    with watched(pipe, 8, lambda moment: None, lambda first: Held(canvas, free)):
        after = pipe(8)
    assert torch.equal(after[~free], canvas[~free])
    assert (after[free] - drawn[free]).abs().max() < 0.1


@pytest.mark.parametrize("name", HOLDS)
def test_held_latents_have_the_noise_that_every_step_expects(name: str) -> None:
    """Were it too little or too much, the model would take it for part of the picture: here it would move on
    from a point that is not on the way between its picture and the noise.
    """
    scheduler, kind = usual(name)
    truth = torch.randn(1, 4, 8, 8, generator=generator(1))
    pipe = Loop(scheduler, truth, kind)
    held = Held(truth, torch.zeros(1, 4, 8, 8, dtype=torch.bool))
    noise = torch.randn(truth.shape, generator=generator(2))
    with watched(pipe, 6, lambda moment: None, lambda first: held):
        pipe(6)
    # What is left of a sample when the picture is taken out of it is the noise that it began with. The first
    # is the pipeline's own, which is all noise.
    for shown, share in pipe.shown[1:]:
        left = (shown - share[0] * truth) / share[1]
        assert (left - noise).abs().max() < 0.02


def test_a_loop_that_begins_later_counts_and_holds_from_there() -> None:
    """Image to image below full strength: half of the schedule is left out."""
    truth = torch.randn(1, 4, 8, 8, generator=generator(1))
    for name in ("FlowMatchEulerDiscreteScheduler", "DDIMScheduler"):
        scheduler, kind = usual(name)
        pipe = Loop(scheduler, truth, kind)
        seen: list[Moment] = []
        held = Held(truth + 1, torch.zeros(1, 4, 8, 8, dtype=torch.bool))
        with watched(pipe, 8, seen.append, lambda first, held=held: held):
            after = pipe(8, start=4)
        assert [(moment.step, moment.steps) for moment in seen] == [(n, 4) for n in range(1, 5)]
        assert torch.equal(after, truth + 1)
