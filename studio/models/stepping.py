"""Watching a pipeline while it draws, whatever its class: every step goes through its scheduler.

Only some pipelines have a callback, and few can be interrupted, but all of them call `scheduler.step`. For
one run the scheduler is a copy of the pipeline's own with that method wrapped: pipelines share schedulers,
and these have a state. A watcher stops the run by raising.

Nouns: *loop latents* are latents as the pipeline's loop holds them (packed, scaled); *clean* ones are what
the model thinks the picture is, with all of the noise taken away at once; a *level* is how much of the
latents is noise; *held* latents are those of a picture that comes back wherever it is not *free*.
"""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

# What a pipeline with a loop of its own, and no scheduler, calls the clean latents.
CLEAN = "pred_original_sample"


@dataclass(frozen=True)
class Moment:
    """Step `step` of `steps` is done; 0 while something is done before the first. `clean` is None where
    there is no way to tell.
    """

    step: int
    steps: int
    clean: Tensor | None


@dataclass(frozen=True)
class Held:
    """Clean loop latents that stay, and where they do not: both as the loop holds them."""

    clean: Tensor
    free: Tensor


Watcher = Callable[[Moment], None]
Holder = Callable[[Tensor], Held]  # is handed the first noisy latents, for their shape


@contextmanager
def watched(
    pipe: Any, steps: int, watcher: Watcher, holder: Holder | None = None
) -> Iterator[Mapping[str, Any]]:
    """Watch what is drawn inside the `with`; what comes out are arguments that the call must have.

    `steps` is what was asked for. Whatever the watcher raises goes through the pipeline; then the devices it
    had taken are freed and its caches emptied, which it does by itself only when it comes to its end.
    """
    if getattr(pipe, "scheduler", None) is None:
        yield _callback(steps, watcher)
        return
    own, finished = pipe.scheduler, False
    beats = hasattr(pipe, "beat")  # it does something long before its first step
    if beats:
        pipe.beat = lambda: watcher(Moment(0, steps, None))
    pipe.scheduler = _Wrapped(copy.deepcopy(own), watcher, holder).scheduler
    try:
        yield {}
        finished = True
    finally:
        pipe.scheduler = own
        if beats:
            del pipe.beat
        if not finished:
            pipe.maybe_free_model_hooks()


def _callback(steps: int, watcher: Watcher) -> Mapping[str, Any]:
    """For a pipeline without a scheduler. A callback must return a mapping, though nothing is changed."""

    def after_step(pipe: Any, step: int, timestep: Any, tensors: Mapping[str, Any]) -> Mapping[str, Any]:
        watcher(Moment(step + 1, steps, tensors[CLEAN]))
        return {}

    return {"callback_on_step_end": after_step, "callback_on_step_end_tensor_inputs": ["latents", CLEAN]}


class _Wrapped:
    """A scheduler whose step is watched, for one run."""

    def __init__(self, scheduler: Any, watcher: Watcher, holder: Holder | None) -> None:
        self.scheduler, self._watcher, self._holder = scheduler, watcher, holder
        self._step = scheduler.step
        self._calls = self._done = 0
        self._first = 0  # the place in the schedule where the loop begins: later than 0 below full strength
        self._held: Held | None = None
        self._noise: Tensor | None = None

        # Pipelines ask the signature whether the step takes a generator: `wraps` keeps it.
        @functools.wraps(self._step)
        def step(*given: Any, **named: Any) -> Any:
            return self.step(inspect.signature(self._step).bind(*given, **named))

        scheduler.step = step

    def step(self, bound: inspect.BoundArguments) -> Any:
        """One call of the scheduler. A step of some is two calls (Heun); guidance needs no more than one."""
        model_output, timestep, sample = (
            bound.arguments[name] for name in ("model_output", "timestep", "sample")
        )
        as_mapping = bound.arguments.get("return_dict", True)
        bound.arguments["return_dict"] = True
        if not self._calls:
            self._first = self._begin(timestep)
        output = self._step(*bound.args, **bound.kwargs)
        self._calls += 1
        clean = clean_latents(self.scheduler, output, model_output, timestep, sample)
        if self._holder is not None:
            output.prev_sample = self._blended(self._holder, output.prev_sample, sample)
        self._tell(clean)
        return output if as_mapping else output.to_tuple()

    def _begin(self, timestep: Any) -> int:
        """Where in the schedule the first call is."""
        begin = getattr(self.scheduler, "begin_index", None)
        if begin is not None:
            return int(begin)
        schedule = torch.as_tensor(self.scheduler.timesteps).float().cpu()
        return int((schedule - float(timestep)).abs().argmin())

    def _tell(self, clean: Tensor | None) -> None:
        """Report when another step is done."""
        schedule = torch.as_tensor(self.scheduler.timesteps)[self._first :]
        calls, order = len(schedule), int(getattr(self.scheduler, "order", 1))
        steps = min(len(torch.unique(schedule)), -(-calls // order))
        done = min(steps, self._calls * steps // max(1, calls))
        if done > self._done:
            self._done = done
            self._watcher(Moment(done, steps, clean))

    def _blended(self, holder: Holder, after: Tensor, before: Tensor) -> Tensor:
        """Latents after a step, the held ones put back at the level of noise that the next step expects."""
        if self._held is None:
            self._held = holder(before)
            self._noise = _noise(self.scheduler, before, self._held.clean)
        held, noise = self._held, self._noise
        assert noise is not None
        back = _noised(self.scheduler, held.clean.float(), noise, self._first + self._calls)
        return torch.where(held.free, after, back.to(after.dtype))


def is_flow(scheduler: Any) -> bool:
    """Whether its model predicts the way from the picture to the noise, along which latents are mixed."""
    kind = scheduler.config.get("prediction_type")
    return kind == "flow_prediction" or (kind is None and type(scheduler).__name__.startswith("FlowM"))


def clean_latents(
    scheduler: Any, output: Any, model_output: Tensor, timestep: Any, sample: Tensor
) -> Tensor | None:
    """What the model takes the clean latents to be, seen from `sample`, just after the scheduler's step."""
    for name in (CLEAN, "denoised"):
        told = getattr(output, name, None)
        if told is not None:
            return torch.as_tensor(told)
    sample, guess = sample.float(), model_output.float()
    if is_flow(scheduler):
        level = float(scheduler.sigmas[scheduler.step_index - 1])
        return sample - level * guess
    kind, kept = scheduler.config.get("prediction_type"), getattr(scheduler, "alphas_cumprod", None)
    if kept is None or kind not in ("epsilon", "v_prediction", "sample"):
        return None
    # The sample is sqrt(share) of the picture and sqrt(1 - share) of noise.
    share = float(kept[int(timestep)])
    if kind == "sample":
        return guess
    if kind == "v_prediction":
        seen: Tensor = share**0.5 * sample - (1 - share) ** 0.5 * guess
    else:
        seen = (sample - (1 - share) ** 0.5 * guess) / share**0.5
    return seen


def _noise(scheduler: Any, first: Tensor, clean: Tensor) -> Tensor:
    """The noise that the pipeline began with: outside of the mask it stays the same from step to step."""
    if not is_flow(scheduler):
        return first.float() / float(scheduler.init_noise_sigma)
    level = float(scheduler.sigmas[scheduler.step_index - 1])
    return (first.float() - (1 - level) * clean.float()) / level


def _noised(scheduler: Any, clean: Tensor, noise: Tensor, place: int) -> Tensor:
    """Clean latents with as much noise as the call at that place of the schedule expects."""
    if place >= len(scheduler.timesteps):
        return clean
    if is_flow(scheduler):
        level = float(scheduler.sigmas[place])
        return (1 - level) * clean + level * noise
    when = torch.as_tensor(scheduler.timesteps)[place : place + 1].to(clean.device)
    mixed: Tensor = scheduler.add_noise(clean, noise, when)
    return mixed
