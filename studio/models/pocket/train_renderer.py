"""Trains the renderer: flow matching from noise to the latents of a scene's picture."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from studio.models.pocket.train_batches import (
    Batch,
    Pool,
    autocast,
    decode,
    encode,
    load_autoencoder,
    save_grid,
    to_batch,
    validation_pictures,
)
from studio.models.pocket.train_run import Average, Budget, Progress, Run

from . import art, codes, synth
from .nets import Autoencoder
from .renderer import Renderer, flow_target, render_latents
from .scene import Scene


def _on_things(scenes: Batch) -> Tensor:
    """Which cells lie on things, [B, 16, 16]."""
    centers = (torch.arange(16) + 0.5) * 16
    left, top, width, height = (part[..., None, None] for part in scenes.boxes.unbind(2))
    wide = (centers[None, None, None, :] - left - width / 2).abs() < width / 2 + 4
    high = (centers[None, None, :, None] - top - height / 2).abs() < height / 2 + 4
    return (wide & high & (scenes.slots[..., 3] > 0)[..., None, None]).any(1)


@torch.no_grad()
def start_atlases(net: Renderer, autoencoder: Autoencoder, assets: Path) -> None:
    """Set the layout's atlases to the encoded drawings, each stretched over a square of gray paper."""
    library = art.Library(assets)
    for atlas in net.layout.atlases:
        side = atlas.shape[-1] * 16
        pictures = []
        for name in codes.NAMES:
            sheet = Image.new("RGB", (side, side), synth.PAPER["gray"])
            sprite = library.sprite(name, None).resize(
                (side, side), Image.Resampling.BILINEAR, reducing_gap=2.0
            )
            sheet.paste(sprite, (0, 0), sprite)
            pictures.append(np.asarray(sheet))
        atlas.copy_(encode(autoencoder, torch.from_numpy(np.stack(pictures))))


def renderer_optimizers(net: Renderer) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
    """AdamW, four times as fast for tables that few scenes touch; Muon for the attention blocks' matrices."""
    matrices, tables, rest = [], [], []
    for name, parameter in net.named_parameters():
        if name.startswith("blocks.") and parameter.ndim == 2 and "modulation" not in name:
            matrices.append(parameter)
        elif name.startswith("layout.") and not name.startswith(("layout.mix", "layout.atlases")):
            tables.append(parameter)
        else:
            rest.append(parameter)
    groups = [
        {"params": rest, "scale": 1.0, "weight_decay": 0.01},
        {"params": tables, "scale": 4.0, "weight_decay": 0.0},
    ]
    adam = torch.optim.AdamW(groups, lr=1.5e-3, betas=(0.9, 0.98))
    muon = torch.optim.Muon(
        matrices, lr=3e-3, momentum=0.95, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"
    )
    return adam, muon


def train_renderer(run: Run, budget: Budget, batch: int = 64) -> None:
    """Flow matching on pooled latents; cells on things count three times."""
    torch.manual_seed(run.seed)
    net = Renderer().to(memory_format=torch.channels_last)
    start_atlases(net, load_autoencoder(run), run.assets)
    average = Average(net)
    adam, muon = renderer_optimizers(net)
    progress = Progress(run, "renderer", {"net": net, "average": average.net, "adam": adam, "muon": muon})
    run.seeded(progress.step)
    batch //= run.workers
    pool = Pool(run, fresh=batch // 4)
    held = validation_pictures(run, 48, run.seed + 123)
    forward = run.compiled(net.forward)
    started, before = time.monotonic(), progress.seconds
    losses: list[float] = []
    while True:
        progress.seconds = run.agree(before + time.monotonic() - started)
        share = budget.spent(progress.seconds, progress.images)
        if share >= 1:
            break
        rate = budget.rate(share, progress.step)
        for group in adam.param_groups:
            group["lr"] = 1.5e-3 * rate * group["scale"]
        for group in muon.param_groups:
            group["lr"] = 3e-3 * rate
        clean, scenes = pool.draw(batch)
        t = torch.sigmoid(torch.randn(batch) * 1.2 + 0.8)
        noise = torch.randn_like(clean)
        mixed = clean + (noise - clean) * t[:, None, None, None]
        with autocast():
            output = forward(mixed, t, net.layout(*scenes))
        error = (output.float() - flow_target(clean, noise, t)).square().mean(1)
        weight = 1 + 2 * _on_things(scenes).float()
        loss = (error * weight).sum() / weight.sum()
        loss.backward()  # type: ignore[no-untyped-call]
        run.average_gradients(net)
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        for optimizer in (adam, muon):
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        losses.append(float(loss.detach()))
        progress.step += 1
        progress.images += batch * run.workers
        average.update(progress.step)
        if run.rank == 0 and progress.step % 50 == 0:
            print(
                f"renderer {progress.images} {progress.seconds:.0f}s {np.mean(losses[-50:]):.4f}", flush=True
            )
        if progress.save(every=240):
            _report_renderer(average.net, pool.autoencoder, held, run.folder)
        if progress.step % 400 == 0:
            pool.save()
    progress.save()
    pool.save()
    if run.rank == 0:
        _report_renderer(average.net, pool.autoencoder, held, run.folder)


@torch.no_grad()
def _report_renderer(
    net: nn.Module, autoencoder: Autoencoder, held: tuple[list[Scene], Tensor], folder: Path
) -> None:
    scenes, pictures = held
    clean, batch = encode(autoencoder, pictures), to_batch(scenes)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(9))
    on = _on_things(batch)
    with autocast():
        latents = render_latents(net, net.layout(*batch), noise, 8)  # type: ignore[arg-type,operator]
    error = (latents - clean).square().mean(1)
    drawn, best = decode(autoencoder, latents), decode(autoencoder, clean)
    print(f"  held-out latent error: things {error[on].mean():.4f}, rest {error[~on].mean():.4f}", flush=True)
    rows = [part[at : at + 10] for at in (0, 10, 20) for part in (pictures.numpy(), best, drawn)]
    save_grid(rows, folder / "renderer.png")
