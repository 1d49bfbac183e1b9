"""Trains the autoencoder: crops of pictures to latents and back."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.models.pocket.train_batches import (
    autocast,
    parts,
    psnr,
    save_grid,
    to_bytes,
    to_unit,
    validation_pictures,
)
from studio.models.pocket.train_run import Budget, Progress, Run

from . import scenes, synth
from .autoencoder import Autoencoder
from .blocks import CELL, LATENT_CHANNELS, PIXELS
from .drafting import SCALE
from .scene import Box

CROP = 256


class Crops(torch.utils.data.IterableDataset[Tensor]):
    """Endless 256 x 256 crops of random scenes, mostly around things."""

    def __init__(self, assets: Path) -> None:
        self.assets = assets

    def __iter__(self) -> Iterator[Tensor]:
        rng = random.Random(torch.initial_seed())
        studio = synth.Studio(self.assets)
        for turn in itertools.count():
            if turn % 4 == 0:  # painting a background costs most, so each is used four times
                scene, seed = scenes.random_scene(rng), rng.getrandbits(30)
            else:
                scene = scenes.random_scene(rng, behind=scene)
            picture = studio.draw(scene, seed)
            corners = [self._near(rng, thing.box) for thing in scene.things[:4]] or [(0.0, 0.0)]
            if rng.random() < 0.3:
                corners[0] = (rng.uniform(0, PIXELS), rng.uniform(0, PIXELS))
            for x, y in corners:
                left, top = (int(min(max(v, 0), PIXELS - CROP)) for v in (x, y))
                yield torch.from_numpy(picture[top : top + CROP, left : left + CROP].copy())

    @staticmethod
    def _near(rng: random.Random, box: Box) -> tuple[float, float]:
        x, y, width, height = (v * SCALE for v in box)
        return (
            x + width / 2 - CROP / 2 + rng.uniform(-1, 1) * max(48, width / 2),
            y + height / 2 - CROP / 2 + rng.uniform(-1, 1) * max(48, height / 2),
        )


class Replay:
    """Crops to learn from again: a ring that new ones keep overwriting, so that drawing costs little."""

    def __init__(self, source: Iterator[Tensor], size: int = 3000) -> None:
        self.source, self.size = source, size
        self.crops = torch.zeros(size, CROP, CROP, 3, dtype=torch.uint8)
        self.count = 0

    def draw(self, batch: int) -> Tensor:
        """A batch of which a quarter is new."""
        new = next(self.source)
        self.crops[(torch.arange(len(new)) + self.count) % self.size] = new
        self.count += len(new)
        old = torch.randint(0, min(self.count, self.size), (batch - len(new),))
        return torch.cat([new, self.crops[old]])


def laplacian_error(a: Tensor, b: Tensor, levels: int = 3) -> Tensor:
    """Mean absolute difference, by scale, so that edges count as much as areas."""
    error = torch.zeros(())
    difference = a - b
    for _ in range(levels):
        smaller = F.avg_pool2d(difference, 2)
        error = error + (difference - F.interpolate(smaller, scale_factor=2.0)).abs().mean()
        difference = smaller
    return error + difference.abs().mean()


def train_autoencoder(run: Run, budget: Budget) -> None:
    """Latents that decode to the same picture, even with some noise on them."""
    torch.manual_seed(run.seed)
    net = Autoencoder().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, betas=(0.9, 0.99), weight_decay=1e-4)
    progress = Progress(run, "autoencoder", {"net": net, "optimizer": optimizer})
    _, pictures = validation_pictures(run, 32, run.seed + 77)
    held = to_unit(pictures)
    run.seeded(progress.step)
    size = 16 // run.workers
    loader = torch.utils.data.DataLoader(
        Crops(run.assets), batch_size=size // 4, num_workers=1, prefetch_factor=24
    )
    replay = Replay(iter(loader))
    started, before = time.monotonic(), progress.seconds
    losses: list[float] = []

    def measure(pixels: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        with autocast():
            latents = net.encoder(pixels).float()
            restored = net.decoder(latents + noise).float()
        spread = (latents.var((0, 2, 3)) - 1).square().mean() + latents.mean((0, 2, 3)).square().mean()
        return laplacian_error(restored, pixels) + 2 * (restored - pixels).square().mean(), spread

    loss = run.compiled(measure)
    while True:
        batch = replay.draw(size)
        progress.seconds = run.agree(before + time.monotonic() - started)
        share = budget.spent(progress.seconds, progress.images)
        if share >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * budget.rate(share, progress.step)
        noise = torch.randn(len(batch), LATENT_CHANNELS, CROP // CELL, CROP // CELL)
        noise = noise * 0.12 * torch.rand(len(batch), 1, 1, 1)
        error, spread = loss(to_unit(batch), noise)
        (error + 0.02 * spread).backward()  # type: ignore[no-untyped-call]
        run.average_gradients(net)
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(float(error.detach()))
        progress.advance(len(batch) * run.workers, share)
        if run.rank == 0 and progress.step % 200 == 0:
            print(
                f"autoencoder {progress.images} {progress.seconds:.0f}s {np.mean(losses[-200:]):.4f}",
                flush=True,
            )
        if progress.save(every=120):
            _report_autoencoder(net, held, run.folder)
    _measure_latents(net, held)
    progress.save()
    if run.rank == 0:
        _report_autoencoder(net, held, run.folder)


@torch.no_grad()
def _measure_latents(net: Autoencoder, held: Tensor) -> None:
    with autocast():
        raw = torch.cat([net.encoder(part).float() for part in parts(held, 8)])
    net.mean.copy_(raw.mean((0, 2, 3), keepdim=True))
    net.std.copy_(raw.std((0, 2, 3), keepdim=True))


@torch.no_grad()
def _report_autoencoder(net: Autoencoder, held: Tensor, folder: Path) -> None:
    with autocast():
        restored = torch.cat([net.decode(net.encode(part)).float() for part in parts(held, 8)])
    print(f"  held-out {psnr(restored.clamp(-1, 1), held):.2f} dB", flush=True)
    save_grid([to_bytes(held[:6]), to_bytes(restored[:6])], folder / "autoencoder.png")
