"""Trains the renderer: flow matching from noise to the latents of a scene's picture."""

from __future__ import annotations

import random
import time
from pathlib import Path

import numpy as np
import torch
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
from .autoencoder import Autoencoder
from .blocks import CELL, GRID, PIXELS
from .layout_map import AROUND, BEHIND, GROUND
from .memory import FIRST_ROW, Looks, Memory, look_at
from .renderer import Renderer, flow_target, render_latents
from .scene import SIZE, STYLES, Scene


def _on_things(scenes: Batch) -> Tensor:
    """Which cells lie on things, [B, 32, 32]."""
    centers = (torch.arange(GRID) + 0.5) * CELL
    left, top, width, height = (
        part[..., None, None] * (PIXELS / SIZE) for part in scenes.boxes[..., :4].unbind(2)
    )
    wide = (centers[None, None, None, :] - left - width / 2).abs() < width / 2 + 6
    high = (centers[None, None, :, None] - top - height / 2).abs() < height / 2 + 6
    return (wide & high & (scenes.slots[..., 3] > 0)[..., None, None]).any(1)


def make_memory(run: Run) -> None:
    """Encode every thing by every hand."""
    autoencoder, library, memory = load_autoencoder(run), art.Library(run.assets), Memory()
    row = 0
    for hand in codes.HANDS:
        for at in range(0, len(codes.NAMES), 16):
            names = codes.NAMES[at : at + 16]
            sprites = [library.sprite(name, None, hand) for name in names]
            with torch.no_grad(), autocast():
                looks = look_at(sprites, autoencoder.encode)
            memory.store(slice(row, row + len(names)), looks)
            row += len(names)
    for at, (kind, tone, weather) in enumerate(codes.GROUNDS):
        background = codes.background_of(kind, tone, weather, codes.DEFAULT_HORIZON)
        # The same seed for all hours and weathers: the same place.
        painted = [synth.backdrop_of(background, style, 7)[0] for style in STYLES]
        latents = encode(autoencoder, torch.from_numpy(np.stack(painted)))
        for i, one in enumerate(latents):
            memory.store_ground(at * len(STYLES) + i, one)
    torch.save(memory.state_dict(), run.folder / "memory.pt")
    print(f"memory of {row} drawings, {len(codes.GROUNDS) * len(STYLES)} backgrounds", flush=True)


def load_memory(run: Run) -> Memory:
    """The encoded drawings."""
    memory = Memory()
    memory.load_state_dict(torch.load(run.folder / "memory.pt", weights_only=True))
    return memory


def looks_of(memory: Memory, scenes: Batch) -> Looks:
    """The looks of all things of a batch, in the order of the layout map."""
    batch, slot = (scenes.slots[..., 3] > 0).nonzero(as_tuple=True)
    return memory.recall(FIRST_ROW[scenes.setting[batch, 3]] + scenes.slots[batch, slot, 0])


def known_grounds(clean: Tensor, grounds: Tensor, scenes: Batch) -> Tensor:
    """What the renderer is told of each picture: nothing, its background, or all but some boxes of it."""
    told = torch.zeros(len(clean), GROUND, GRID, GRID)
    for i, u in enumerate(torch.rand(len(clean)).tolist()):
        if u < 0.45:
            told[i, :-1], told[i, -1] = grounds[i], BEHIND
        elif u < 0.8:
            kept = torch.ones(GRID, GRID)
            for left, top, width, height in _holes(scenes, i):
                kept[max(0, top) : max(0, top + height), max(0, left) : max(0, left + width)] = 0
            told[i, :-1], told[i, -1] = clean[i] * kept, AROUND * kept
    return told


def _holes(scenes: Batch, i: int) -> list[tuple[int, int, int, int]]:
    """Boxes in cells: around most of a picture's things, and one anywhere."""
    share = PIXELS / SIZE / CELL
    holes = []
    for valid, box in zip(
        scenes.slots[i, :, 3].tolist(), (scenes.boxes[i, :, :4] * share).tolist(), strict=True
    ):
        if valid and random.random() < 0.6:
            left, top, width, height = box
            holes.append((int(left) - 1, int(top) - 1, int(width) + 3, int(height) + 4))
    if not holes or random.random() < 0.4:
        width, height = random.randint(4, 20), random.randint(4, 20)
        holes.append((random.randint(-2, GRID - 4), random.randint(-2, GRID - 4), width, height))
    return holes


def renderer_optimizers(net: Renderer) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
    """AdamW, four times as fast for tables that few scenes touch; Muon for the attention blocks' matrices."""
    matrices, tables, rest = [], [], []
    for name, parameter in net.named_parameters():
        if name.startswith("blocks.") and parameter.ndim == 2 and "modulation" not in name:
            matrices.append(parameter)
        elif name.startswith(("layout.color", "layout.settings", "layout.place")):
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
    memory = load_memory(run)
    average = Average(net)
    adam, muon = renderer_optimizers(net)
    progress = Progress(run, "renderer", {"net": net, "average": average.net, "adam": adam, "muon": muon})
    run.seeded(progress.step)
    random.seed(torch.initial_seed())
    batch //= run.workers
    pool = Pool(run, fresh=max(2, batch // 10))
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
        clean, grounds, scenes = pool.draw(batch)
        t = torch.sigmoid(torch.randn(batch) * 1.2 + 0.8)
        noise = torch.randn_like(clean)
        mixed = clean + (noise - clean) * t[:, None, None, None]
        looks, told = looks_of(memory, scenes), known_grounds(clean, grounds, scenes)
        with autocast():
            output = forward(mixed, t, net.layout(*scenes, looks, told))
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
        progress.advance(batch * run.workers, share)
        average.update(progress.step)
        if run.rank == 0 and progress.step % 50 == 0:
            print(
                f"renderer {progress.images} {progress.seconds:.0f}s {np.mean(losses[-50:]):.4f}", flush=True
            )
        if progress.save(every=240):
            _report_renderer(average.net, memory, pool.autoencoder, held, run.folder)
        if progress.step % 400 == 0:
            pool.save()
    progress.save()
    pool.save()
    if run.rank == 0:
        _report_renderer(average.net, memory, pool.autoencoder, held, run.folder)


@torch.no_grad()
def _report_renderer(
    net: nn.Module, memory: Memory, autoencoder: Autoencoder, held: tuple[list[Scene], Tensor], folder: Path
) -> None:
    scenes, pictures = held
    clean, batch = encode(autoencoder, pictures), to_batch(scenes)
    bare = [synth.backdrop_of(scene.background, scene.style, i)[0] for i, scene in enumerate(scenes)]
    grounds = encode(autoencoder, torch.from_numpy(np.stack(bare)))
    told = torch.cat([grounds, torch.full_like(grounds[:, :1], BEHIND)], 1)
    told[:12] = 0  # and some from nothing
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(9))
    on = _on_things(batch)
    with autocast():
        latents = render_latents(net, net.layout(*batch, looks_of(memory, batch), told), noise, 8)  # type: ignore[arg-type,operator]
    error = (latents - clean).square().mean(1)
    drawn, best = decode(autoencoder, latents), decode(autoencoder, clean)
    print(f"  held-out latent error: things {error[on].mean():.4f}, rest {error[~on].mean():.4f}", flush=True)
    rows = [part[at : at + 6] for at in (0, 6, 12) for part in (pictures.numpy(), best, drawn)]
    save_grid(rows, folder / "renderer.png")
