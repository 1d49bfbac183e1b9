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
from studio.models.latents import from_loop  # noqa: E402
from studio.models.stepping import Moment, watched  # noqa: E402
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
    given = model._arguments(call, tiny.asked("edit", steps=6), (tiny.SIDE, tiny.SIDE))
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
        self.freed = 0

    def maybe_free_model_hooks(self) -> None:
        self.freed += 1

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
            level = timestep / self.scheduler.config.num_train_timesteps
            return (shown - self.truth) / level
        # `shown` is sqrt(share) of the picture and sqrt(1 - share) of noise, for every scheduler.
        share = _share(self.scheduler, float(timestep))
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
