"""A training run: its budget, its state on disk, and what its workers share.

Nouns: a `Budget` says how long a stage may train, a `Progress` is a stage's state on disk, a `Run` is a
folder with a seed and workers, an `Average` is the slow copy of the weights that is kept.
"""

from __future__ import annotations

import copy
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import nn
from tqdm import tqdm

from . import art

BAR = "{desc} {percentage:3.0f}% {bar} {elapsed}<{remaining} {postfix}"
F1 = TypeVar("F1", bound=Callable[..., object])


@dataclass
class Budget:
    """How long a stage may train, and where its learning rate starts to fall (a share of the budget)."""

    minutes: float = 0.0
    images: int = 0
    decay_from: float = 0.5

    def spent(self, seconds: float, images: int) -> float:
        """The share of the budget used, 0..1."""
        return images / self.images if self.images else seconds / (60 * self.minutes)

    def rate(self, share: float, step: int) -> float:
        """A learning rate multiplier: short warm-up, constant, then linear to almost nothing."""
        fall = 1.0 if share <= self.decay_from else (1 - share) / (1 - self.decay_from)
        return min(1.0, (step + 1) / 100) * max(0.01, fall)


class Progress:
    """A stage's state on disk: networks, optimisers, seconds and images so far. Saving is atomic."""

    def __init__(self, run: Run, stage: str, modules: dict[str, nn.Module | torch.optim.Optimizer]) -> None:
        self.path, self.modules, self.first = run.folder / f"{stage}.pt", modules, run.rank == 0
        self.seconds, self.images, self.step = 0.0, 0, 0
        self._saved = time.monotonic()
        self._bar = tqdm(total=1.0, desc=stage, disable=not self.first, bar_format=BAR)
        if self.path.exists():
            state = torch.load(self.path, weights_only=True)
            for name, module in modules.items():
                if name in state:
                    module.load_state_dict(state[name])
            self.seconds, self.images, self.step = state["seconds"], state["images"], state["step"]
            print(f"resumed {stage} at {self.images} images, {self.seconds:.0f} s", flush=True)

    def advance(self, images: int, share: float) -> None:
        """One step is done; `share` of the budget is used."""
        self.step += 1
        self.images += images
        self._bar.n = round(share, 4)
        self._bar.set_postfix_str(f"{self.images} images", refresh=False)
        self._bar.update(0)

    def save(self, every: float = 0.0) -> bool:
        """Write, if the last time is `every` seconds ago and this is the first worker."""
        if not self.first or time.monotonic() - self._saved < every:
            return False
        self._saved = time.monotonic()
        state = {name: module.state_dict() for name, module in self.modules.items()}
        temporary = self.path.with_suffix(".part")
        torch.save({**state, "seconds": self.seconds, "images": self.images, "step": self.step}, temporary)
        temporary.replace(self.path)
        return True


@dataclass
class Run:
    """What all stages share."""

    folder: Path
    seed: int
    compile: bool = True
    rank: int = 0
    workers: int = 1

    def seeded(self, step: int) -> None:
        """Give this worker random numbers of its own, other ones for every leg."""
        torch.manual_seed(self.seed + step * self.workers + self.rank)

    def agree(self, value: float) -> float:
        """The first worker's value, for all."""
        if self.workers == 1:
            return value
        shared = torch.tensor([value if self.rank == 0 else 0.0], dtype=torch.float64)
        dist.all_reduce(shared)
        return float(shared)

    def average_gradients(self, net: nn.Module) -> None:
        """Mean gradients over the workers."""
        if self.workers == 1:
            return
        gradients = [p.grad for p in net.parameters() if p.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(flat)
        flat /= self.workers
        for gradient, part in zip(gradients, torch.split(flat, [g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))

    def compiled(self, function: F1) -> F1:
        """The function, fused by torch.compile if there is a C++ compiler to do it with (a third faster)."""
        if not (self.compile and shutil.which("g++")):
            return function
        fused: F1 = torch.compile(function)  # type: ignore[assignment]
        return fused

    @property
    def assets(self) -> Path:
        return art.download(self.folder / "art")


class Average:
    """An exponential moving average of a network's weights, which is what is exported."""

    def __init__(self, net: nn.Module) -> None:
        self.net = copy.deepcopy(net).eval().requires_grad_(False)
        self.pairs = list(zip(self.net.parameters(), net.parameters(), strict=True))

    def update(self, step: int, every: int = 4) -> None:
        """Move towards the network, every few steps."""
        if step % every == 0:
            weight = 1 - min(0.995**every, (1 + step) / (20 + step))
            torch._foreach_lerp_([a for a, _ in self.pairs], [b.detach() for _, b in self.pairs], weight)
