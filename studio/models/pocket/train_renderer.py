"""Trains the renderer: flow matching from noise to the latents of a scene's picture."""

from __future__ import annotations

import random
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from studio.models.pocket.train_batches import (
    EXACTLY,
    PAPER,
    Batch,
    Drawn,
    Lesson,
    Pool,
    Remembered,
    autocast,
    decode,
    drawn,
    encode,
    load_autoencoder,
    remembered_file,
    save_grid,
)
from studio.models.pocket.train_run import Average, Budget, Progress, Run

from . import art, codes, scenes, synth
from .autoencoder import Autoencoder
from .blocks import CELL, GRID, PIXELS
from .layout_map import AROUND, BEHIND, GROUND
from .memory import Memory, on_paper, outline_of, row_of, sprite_of
from .renderer import Renderer, flow_target, render_latents
from .scene import SIZE, STYLES
from .tinting import body_of

ADAM_RATE, MUON_RATE = 1e-3, 2e-3
FRESH, REPLAYED = 2, 12  # scenes drawn at a time, and how often each is learned from before the next


def make_memory(run: Run) -> None:
    """Encode every thing by every hand and every background in every style. Decoded again, the things are
    left in the folder to learn from, because the renderer will be shown what is remembered.
    """
    autoencoder, library, memory = load_autoencoder(run), art.Library(run.assets), Memory()
    for hand in codes.HANDS:
        for at in range(0, len(codes.NAMES), 16):
            names = codes.NAMES[at : at + 16]
            sprites = [library.sprite(name, None, hand) for name in names]
            latents = encode(
                autoencoder, torch.from_numpy(np.stack([on_paper(sprite) for sprite in sprites]))
            )
            outlines = torch.from_numpy(np.stack([outline_of(sprite) for sprite in sprites]))
            first = row_of(names[0], hand)
            memory.keep_drawings(slice(first, first + len(names)), latents, outlines)
            for name in names:
                sprite = leave_remembered(run, autoencoder, memory, name, hand)
                memory.keep_miniature(row_of(name, hand), sprite)
            for name, drawn_sprite in zip(names, sprites, strict=True):
                memory.keep_body(row_of(name, hand), body_of(np.asarray(drawn_sprite)))
    for at, (kind, tone, weather) in enumerate(codes.GROUNDS):
        background = codes.background_of(kind, tone, weather, codes.DEFAULT_HORIZON)
        # The same seed for all hours and weathers: the same place.
        painted = [synth.backdrop_of(background, style, 7)[0] for style in STYLES]
        rows = slice(at * len(STYLES), (at + 1) * len(STYLES))
        memory.keep_grounds(rows, encode(autoencoder, torch.from_numpy(np.stack(painted))))
    torch.save(memory.state_dict(), run.folder / "memory.pt")
    print(f"memory of {len(codes.HANDS) * len(codes.NAMES)} drawings", flush=True)


def leave_remembered(run: Run, autoencoder: Autoencoder, memory: Memory, name: str, hand: str) -> Image.Image:
    """A thing's sprite as it is remembered, left in the folder to learn from."""
    style = next(style for style, of in codes.HAND_OF_STYLE.items() if of == hand)
    drawing, outline = memory.drawing(name, style)
    with torch.no_grad(), autocast():
        pixels = autoencoder.decode(drawing)[0]
    sprite, file = sprite_of(name, pixels, outline), remembered_file(run.folder, name, hand)
    file.parent.mkdir(parents=True, exist_ok=True)
    sprite.save(file)
    return sprite


def load_memory(run: Run) -> Memory:
    """The encoded drawings."""
    memory = Memory()
    memory.load_state_dict(torch.load(run.folder / "memory.pt", weights_only=True))
    return memory


def known_grounds(lesson: Lesson) -> Tensor:
    """What the renderer is told of each picture: nothing, its background, or all but some boxes of it; in
    them, that the draft lies on about what is behind, or nothing.
    """
    clean, scenes = lesson.clean, lesson.scenes
    told = torch.zeros(len(clean), GROUND, GRID, GRID)
    for i, (u, how) in enumerate(zip(torch.rand(len(clean)).tolist(), lesson.lies_on.tolist(), strict=True)):
        if how == EXACTLY and u < 0.8:
            told[i, :-1], told[i, -1] = lesson.grounds[i], BEHIND
        elif how != PAPER or u < 0.7:
            kept = torch.ones(GRID, GRID)
            for left, top, width, height in _holes(scenes, i):
                kept[max(0, top) : max(0, top + height), max(0, left) : max(0, left + width)] = 0
            inside = 0.0 if how == PAPER else BEHIND
            told[i, :-1], told[i, -1] = clean[i] * kept, AROUND * kept + inside * (1 - kept)
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
        elif name.startswith(("layout.settings", "layout.place")):
            tables.append(parameter)
        else:
            rest.append(parameter)
    groups = [
        {"params": rest, "scale": 1.0, "weight_decay": 0.01},
        {"params": tables, "scale": 4.0, "weight_decay": 0.0},
    ]
    adam = torch.optim.AdamW(groups, lr=ADAM_RATE, betas=(0.9, 0.98))
    muon = torch.optim.Muon(
        matrices, lr=MUON_RATE, momentum=0.95, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"
    )
    return adam, muon


def held_scenes(run: Run, count: int) -> Drawn:
    """Scenes that are not trained on, with things of the kinds that never are, too."""
    rng = random.Random(run.seed + 123)
    remembering = synth.Studio(run.assets)
    remembering.library = Remembered(run.folder)
    found = [scenes.random_scene(rng) for _ in range(count)]
    return drawn(synth.Studio(run.assets), remembering, found, range(count), [EXACTLY] * count)


def train_renderer(run: Run, budget: Budget, batch: int = 16) -> None:
    """Flow matching on pooled latents; cells on things count three times."""
    torch.manual_seed(run.seed)
    net = Renderer().to(memory_format=torch.channels_last)
    average = Average(net)
    adam, muon = renderer_optimizers(net)
    progress = Progress(run, "renderer", {"net": net, "average": average.net, "adam": adam, "muon": muon})
    run.seeded(progress.step)
    random.seed(torch.initial_seed())
    batch //= run.workers
    pool = Pool(run, fresh=FRESH)
    every = max(1, round(FRESH * REPLAYED / batch))
    held = held_scenes(run, 48)
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
            group["lr"] = ADAM_RATE * rate * group["scale"]
        for group in muon.param_groups:
            group["lr"] = MUON_RATE * rate
        lesson = pool.draw(batch, fresh=progress.step % every == 0)
        clean, scenes = lesson.clean, lesson.scenes
        t = torch.sigmoid(torch.randn(batch) * 1.2 + 0.8)
        noise = torch.randn_like(clean)
        mixed = clean + (noise - clean) * t[:, None, None, None]
        drafts, told = torch.cat([lesson.drafts, lesson.planes], 1), known_grounds(lesson)
        with autocast():
            output = forward(mixed, t, net.layout(scenes.setting, scenes.horizon, drafts, told))
        error = (output.float() - flow_target(clean, noise, t)).square().mean(1)
        weight = 1 + 2 * on_things(lesson.planes).float()
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
            _report_renderer(average.net, pool.autoencoder, held, run.folder)
        if progress.step % 1500 == 0:
            pool.save()
    progress.save()
    pool.save()
    if run.rank == 0:
        _report_renderer(average.net, pool.autoencoder, held, run.folder)


def on_things(planes: Tensor) -> Tensor:
    """Which cells things lie on, or next to, [B, 32, 32]."""
    return F.max_pool2d(planes[:, :4].amax(1, keepdim=True), 3, 1, 1)[:, 0] > 0


@torch.no_grad()
def _report_renderer(net: nn.Module, autoencoder: Autoencoder, held: Drawn, folder: Path) -> None:
    clean, drafts = encode(autoencoder, held.pictures), encode(autoencoder, held.drafts)
    planes = held.planes.float() / 255
    grounds = encode(autoencoder, held.grounds)
    told = torch.cat([grounds, torch.full_like(grounds[:, :1], BEHIND)], 1)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(9))
    on = on_things(planes)
    shown = torch.cat([drafts, planes], 1)
    with autocast():
        layout = net.layout(held.scenes.setting, held.scenes.horizon, shown, told)  # type: ignore[operator]
        latents = render_latents(net, layout, noise, 8)  # type: ignore[arg-type]
    error = (latents - clean).square().mean(1)
    pictures, best = decode(autoencoder, latents), decode(autoencoder, clean)
    print(f"  held-out latent error: things {error[on].mean():.4f}, rest {error[~on].mean():.4f}", flush=True)
    rows = [part[at : at + 6] for at in (0, 6) for part in (held.drafts.numpy(), best, pictures)]
    save_grid(rows, folder / "renderer.png")
