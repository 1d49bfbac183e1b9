"""Trains the autoencoder: crops of pictures to latents and back."""

from __future__ import annotations

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

from . import synth
from .nets import Autoencoder
from .scene import SIZE, Box

CROP = 128


class Crops(torch.utils.data.IterableDataset[Tensor]):
    """Endless 128 x 128 crops of random scenes, mostly around things."""

    def __init__(self, assets: Path) -> None:
        self.assets = assets

    def __iter__(self) -> Iterator[Tensor]:
        rng = random.Random(torch.initial_seed())
        studio = synth.Studio(self.assets)
        while True:
            scene = synth.random_scene(rng)
            picture = studio.draw(scene)
            corners = [self._near(rng, thing.box) for thing in scene.things[:3]] or [(0.0, 0.0)]
            if rng.random() < 0.3:
                corners[0] = (rng.uniform(0, 128), rng.uniform(0, 128))
            for x, y in corners:
                left, top = (int(min(max(v, 0), SIZE - CROP)) for v in (x, y))
                yield torch.from_numpy(picture[top : top + CROP, left : left + CROP].copy())

    @staticmethod
    def _near(rng: random.Random, box: Box) -> tuple[float, float]:
        x, y, width, height = box
        return (
            x + width / 2 - 64 + rng.uniform(-1, 1) * max(24, width / 2),
            y + height / 2 - 64 + rng.uniform(-1, 1) * max(24, height / 2),
        )


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
    optimizer = torch.optim.AdamW(net.parameters(), lr=1.5e-3, betas=(0.9, 0.99), weight_decay=1e-4)
    progress = Progress(run, "autoencoder", {"net": net, "optimizer": optimizer})
    _, pictures = validation_pictures(run, 32, run.seed + 77)
    held = to_unit(pictures)
    run.seeded(progress.step)
    loader = torch.utils.data.DataLoader(
        Crops(run.assets), batch_size=16 // run.workers, num_workers=1, prefetch_factor=6
    )
    started, before = time.monotonic(), progress.seconds
    losses: list[float] = []

    def measure(pixels: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        with autocast():
            latents = net.encoder(pixels).float()
            restored = net.decoder(latents + noise).float()
        spread = (latents.var((0, 2, 3)) - 1).square().mean() + latents.mean((0, 2, 3)).square().mean()
        return laplacian_error(restored, pixels) + 2 * (restored - pixels).square().mean(), spread

    loss = run.compiled(measure)
    for batch in loader:
        progress.seconds = run.agree(before + time.monotonic() - started)
        share = budget.spent(progress.seconds, progress.images)
        if share >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = 1.5e-3 * budget.rate(share, progress.step)
        noise = torch.randn(len(batch), 32, CROP // 16, CROP // 16) * 0.12 * torch.rand(len(batch), 1, 1, 1)
        error, spread = loss(to_unit(batch), noise)
        (error + 0.02 * spread).backward()  # type: ignore[no-untyped-call]
        run.average_gradients(net)
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(float(error.detach()))
        progress.step += 1
        progress.images += len(batch) * run.workers
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
