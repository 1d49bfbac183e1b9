"""Trains `pocket` from nothing: `python -m studio.models.pocket.train`.

Stages, each resumable: *art* (fetch the drawings), *autoencoder*, *renderer*, *eye*, *export* (fp16
weights). A *budget* is in minutes of this machine, or in images for runs that must not depend on its speed.
Everything but the weights stays in `--folder`. Scenes are drawn while training; a *pool* of encoded scenes
is replayed so that drawing and encoding cost a tenth of the time.
"""

from __future__ import annotations

import argparse
import copy
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, multiprocessing, nn

from . import art, codes, synth
from .nets import LATENT_CHANNELS, Autoencoder, Eye, Renderer, flow_target, render_latents
from .scene import SIZE, Box, Scene

CROP = 128
STAGES = ("art", "autoencoder", "renderer", "eye", "export")
MINUTES = {"autoencoder": 30.0, "renderer": 75.0, "eye": 20.0}
DECAY_FROM = {"autoencoder": 0.5, "renderer": 0.7, "eye": 0.5}
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
        if self.path.exists():
            state = torch.load(self.path, weights_only=True)
            for name, module in modules.items():
                if name in state:
                    module.load_state_dict(state[name])
            self.seconds, self.images, self.step = state["seconds"], state["images"], state["step"]
            print(f"resumed {stage} at {self.images} images, {self.seconds:.0f} s", flush=True)

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


def to_unit(pixels: Tensor) -> Tensor:
    """uint8 [B, H, W, 3] to float [B, 3, H, W] in -1..1."""
    return pixels.permute(0, 3, 1, 2).float().div(127.5).sub(1).contiguous(memory_format=torch.channels_last)


def to_bytes(pixels: Tensor) -> NDArray[np.uint8]:
    """The inverse of `to_unit`."""
    scaled = ((pixels.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return scaled.permute(0, 2, 3, 1).numpy()


def _parts(rows: Tensor, size: int) -> list[Tensor]:
    return [rows[at : at + size] for at in range(0, len(rows), size)]


def _autocast() -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16)


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


def save_grid(rows: list[NDArray[np.uint8]], path: Path) -> None:
    """Rows of pictures [N, H, W, 3] as one image."""
    Image.fromarray(np.concatenate([np.concatenate(list(row), 1) for row in rows], 0)).save(path)


def psnr(a: Tensor, b: Tensor) -> float:
    """Mean decibels of pictures in -1..1."""
    return float((-10 * ((a - b) / 2).square().mean((1, 2, 3)).log10()).mean())


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


def validation_pictures(run: Run, count: int, seed: int) -> tuple[list[Scene], Tensor]:
    """Scenes not seen in training (other seed) and their pictures, uint8 [N, 256, 256, 3]."""
    rng, studio = random.Random(seed), synth.Studio(run.assets)
    scenes = [synth.random_scene(rng) for _ in range(count)]
    return scenes, torch.from_numpy(np.stack([studio.draw(scene) for scene in scenes]))


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
        with _autocast():
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
        (error + 0.02 * spread).backward()
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
    with _autocast():
        raw = torch.cat([net.encoder(part).float() for part in _parts(held, 8)])
    net.mean.copy_(raw.mean((0, 2, 3), keepdim=True))
    net.std.copy_(raw.std((0, 2, 3), keepdim=True))


@torch.no_grad()
def _report_autoencoder(net: Autoencoder, held: Tensor, folder: Path) -> None:
    with _autocast():
        restored = torch.cat([net.decode(net.encode(part)).float() for part in _parts(held, 8)])
    print(f"  held-out {psnr(restored.clamp(-1, 1), held):.2f} dB", flush=True)
    save_grid([to_bytes(held[:6]), to_bytes(restored[:6])], folder / "autoencoder.png")


class Batch(NamedTuple):
    """Scenes as arrays, batched: see `codes.SceneArrays`."""

    slots: Tensor
    boxes: Tensor
    backdrop: Tensor
    horizon: Tensor


def to_batch(scenes: Sequence[Scene]) -> Batch:
    """Scenes as tensors."""
    arrays = [codes.to_arrays(scene) for scene in scenes]
    slots = torch.from_numpy(np.stack([a.slots for a in arrays]))
    boxes = torch.from_numpy(np.stack([a.boxes for a in arrays]))
    backdrop, horizon = torch.tensor([a.backdrop for a in arrays]), torch.tensor([a.horizon for a in arrays])
    return Batch(slots, boxes, backdrop, horizon)


class Scenes(torch.utils.data.IterableDataset[tuple[Tensor, Batch]]):
    """Endless groups of new random scenes: pictures uint8 [n, 256, 256, 3] and their arrays."""

    def __init__(self, assets: Path, count: int) -> None:
        self.assets, self.count = assets, count

    def __iter__(self) -> Iterator[tuple[Tensor, Batch]]:
        rng = random.Random(torch.initial_seed())
        studio = synth.Studio(self.assets)
        while True:
            scenes = [synth.random_scene(rng) for _ in range(self.count)]
            yield torch.from_numpy(np.stack([studio.draw(scene) for scene in scenes])), to_batch(scenes)


class Pool:
    """Encoded scenes to replay: a ring that new ones keep overwriting. Kept on disk between legs."""

    def __init__(self, run: Run, fresh: int, size: int = 24_000) -> None:
        self.path, self.size = run.folder / f"pool{run.rank}.pt", size
        self.latents = torch.zeros(size, LATENT_CHANNELS, 16, 16, dtype=torch.half)
        self.scenes = Batch(
            torch.zeros(size, 6, 4, dtype=torch.long),
            torch.ones(size, 6, 4),
            torch.zeros(size, dtype=torch.long),
            torch.zeros(size),
        )
        self.count = 0
        self.autoencoder = load_autoencoder(run)
        if self.path.exists():
            state = torch.load(self.path, weights_only=True, mmap=True)
            self.count = state["count"]
            for mine, saved in zip((self.latents, *self.scenes), state["tensors"], strict=True):
                mine.copy_(saved)
        loader = torch.utils.data.DataLoader(
            Scenes(run.assets, fresh), batch_size=None, num_workers=1, prefetch_factor=8
        )
        self.source = iter(loader)
        while self.count < 256:
            self.add()

    def add(self) -> Tensor:
        """Draw and encode a group; its rows."""
        pictures, scenes = next(self.source)
        rows = (torch.arange(len(pictures)) + self.count) % self.size
        self.latents[rows] = encode(self.autoencoder, pictures).half()
        for mine, new in zip(self.scenes, scenes, strict=True):
            mine[rows] = new
        self.count += len(pictures)
        return rows

    def draw(self, batch: int) -> tuple[Tensor, Batch]:
        """A batch: one new group, the rest replayed."""
        new = self.add()
        old = torch.randint(0, min(self.count, self.size), (batch - len(new),))
        rows = torch.cat([new, old])
        return self.latents[rows].float(), Batch(*(part[rows] for part in self.scenes))

    def save(self) -> None:
        """To disk, atomically."""
        temporary = self.path.with_suffix(".part")
        torch.save({"count": self.count, "tensors": [self.latents, *self.scenes]}, temporary)
        temporary.replace(self.path)


def load_autoencoder(run: Run) -> Autoencoder:
    """The trained autoencoder."""
    net = Autoencoder()
    net.eval().requires_grad_(False)
    net.load_state_dict(torch.load(run.folder / "autoencoder.pt", weights_only=True)["net"])
    net.to(memory_format=torch.channels_last)
    return net


@torch.no_grad()
def encode(autoencoder: Autoencoder, pictures: Tensor) -> Tensor:
    """Latents of uint8 pictures."""
    with _autocast():
        return torch.cat([autoencoder.encode(to_unit(part)) for part in _parts(pictures, 8)])


@torch.no_grad()
def decode(autoencoder: Autoencoder, latents: Tensor) -> NDArray[np.uint8]:
    """Pictures of latents."""
    with _autocast():
        return np.concatenate([to_bytes(autoencoder.decode(part)) for part in _parts(latents, 8)])


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
        with _autocast():
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
    with _autocast():
        latents = render_latents(net, net.layout(*batch), noise, 8)  # type: ignore[arg-type,operator]
    error = (latents - clean).square().mean(1)
    drawn, best = decode(autoencoder, latents), decode(autoencoder, clean)
    print(f"  held-out latent error: things {error[on].mean():.4f}, rest {error[~on].mean():.4f}", flush=True)
    rows = [part[at : at + 10] for at in (0, 10, 20) for part in (pictures.numpy(), best, drawn)]
    save_grid(rows, folder / "renderer.png")


class EyeTargets(NamedTuple):
    """What the eye should say for a batch: heat [B, 16, 16] and, per thing, its row, cell and box code."""

    heat: Tensor
    row: Tensor
    y: Tensor
    x: Tensor
    box: Tensor
    slots: Tensor


def eye_targets(scenes: Batch) -> EyeTargets:
    """A blurred dot at every thing's centre; boxes relative to the centre's cell."""
    valid = scenes.slots[..., 3] > 0
    row = torch.arange(len(valid))[:, None].expand_as(valid)[valid]
    boxes = scenes.boxes[valid]
    cx, cy = boxes[:, 0] + boxes[:, 2] / 2, boxes[:, 1] + boxes[:, 3] / 2
    x, y = ((v / 16).long().clamp(0, 15) for v in (cx, cy))
    rows, columns = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    away = (columns + 0.5 - (cx / 16)[:, None, None]) ** 2 + (rows + 0.5 - (cy / 16)[:, None, None]) ** 2
    heat = torch.zeros(len(valid), 16, 16).index_reduce_(0, row, torch.exp(-away / (2 * 0.8**2)), "amax")
    heat[row, y, x] = 1
    offset = [cx / 16 - x - 0.5, cy / 16 - y - 0.5, (boxes[:, 2] / 96).log(), (boxes[:, 3] / 96).log()]
    return EyeTargets(heat, row, y, x, torch.stack(offset, 1), scenes.slots[valid])


def eye_loss(outputs: tuple[Tensor, Tensor, Tensor], scenes: Batch, familiar: Tensor) -> Tensor:
    """Focal loss on the heat, plus the losses of what is read at the true centres and of the whole."""
    cells, names, whole = outputs
    goal = eye_targets(scenes)
    heat = cells[:, 0].sigmoid().clamp(1e-5, 1 - 1e-5)
    peak = goal.heat == 1
    hit = -((1 - heat) ** 2) * heat.log() * peak
    miss = -((1 - goal.heat) ** 4) * heat**2 * (1 - heat).log() * ~peak
    loss = (hit + miss).sum() / peak.sum().clamp(min=1)
    at = cells[goal.row, :, goal.y, goal.x]
    loss = loss + 2 * F.smooth_l1_loss(at[:, 1:5], goal.box, beta=0.1)
    loss = loss + 0.5 * F.cross_entropy(at[:, 5:7], goal.slots[:, 2])
    loss = loss + F.cross_entropy(at[:, 7:], goal.slots[:, 1])
    name = names[goal.row, :, goal.y, goal.x]
    loss = loss + F.cross_entropy(name, goal.slots[:, 0], label_smoothing=0.05)
    known = familiar > 0
    loss = loss + F.cross_entropy(whole[known, :-2], scenes.backdrop[known])
    land = known & (scenes.horizon > 0)
    loss = loss + F.smooth_l1_loss(whole[land, -2], (scenes.horizon[land] - 147) / 25, beta=0.1)
    return loss + 0.5 * F.binary_cross_entropy_with_logits(whole[:, -1], familiar)


def train_eye(run: Run, budget: Budget, batch: int = 64) -> None:
    """Reading scenes off latents, with a little noise on them; strange pictures teach it to say so."""
    torch.manual_seed(run.seed)
    net = Eye().to(memory_format=torch.channels_last)
    average = Average(net)
    adam = torch.optim.AdamW(net.parameters(), lr=2e-3, betas=(0.9, 0.98), weight_decay=0.02)
    progress = Progress(run, "eye", {"net": net, "average": average.net, "adam": adam})
    run.seeded(progress.step + 5)
    batch //= run.workers
    pool = Pool(run, fresh=batch // 8)
    strange = _strange_latents(run, pool.autoencoder, 480 // run.workers)
    started, before = time.monotonic(), progress.seconds
    losses: list[float] = []
    while True:
        progress.seconds = run.agree(before + time.monotonic() - started)
        share = budget.spent(progress.seconds, progress.images)
        if share >= 1:
            break
        for group in adam.param_groups:
            group["lr"] = 2e-3 * budget.rate(share, progress.step)
        latents, scenes = pool.draw(batch)
        familiar = torch.ones(batch)
        odd = batch // 10
        familiar[-odd:] = 0
        latents[-odd:] = strange[torch.randint(0, len(strange), (odd,))]
        scenes.slots[-odd:] = 0
        latents = latents + torch.randn_like(latents) * 0.2 * torch.rand(batch, 1, 1, 1)
        with _autocast():
            outputs = net(latents)  # not compiled: the fused backward gave NaN with torch 2.14
        loss = eye_loss(outputs, scenes, familiar)
        loss.backward()  # type: ignore[no-untyped-call]
        run.average_gradients(net)
        if torch.isfinite(nn.utils.clip_grad_norm_(net.parameters(), 2.0)):
            adam.step()
        adam.zero_grad(set_to_none=True)
        losses.append(float(loss.detach()))
        progress.step += 1
        progress.images += batch * run.workers
        average.update(progress.step)
        if run.rank == 0 and progress.step % 50 == 0:
            print(f"eye {progress.images} {progress.seconds:.0f}s {np.mean(losses[-50:]):.4f}", flush=True)
        progress.save(every=240)
    progress.save()


def _strange_latents(run: Run, autoencoder: Autoencoder, count: int) -> Tensor:
    """Latents of pictures that are not of this world: noise of all scales, and cut-up scenes."""
    rng = np.random.default_rng(run.seed + 31)
    _, pictures = validation_pictures(run, 64, run.seed + 991)
    parts = []
    for _ in range(count // 8):
        parts.append(
            encode(autoencoder, torch.from_numpy(np.stack([_strange(rng, pictures) for _ in range(8)])))
        )
    return torch.cat(parts)


def _strange(rng: np.random.Generator, pictures: Tensor) -> NDArray[np.uint8]:
    side = SIZE
    if rng.random() < 0.25:
        picture = pictures[int(rng.integers(len(pictures)))].numpy()
        tile = int(rng.choice([16, 32, 64]))
        tiles = (
            picture.reshape(side // tile, tile, side // tile, tile, 3)
            .swapaxes(1, 2)
            .reshape(-1, tile, tile, 3)
        )
        tiles = tiles[rng.permutation(len(tiles))].reshape(side // tile, side // tile, tile, tile, 3)
        return np.ascontiguousarray(tiles.swapaxes(1, 2).reshape(side, side, 3))
    field = np.zeros((side, side, 3), np.float32)
    tint = rng.uniform(0.2, 1.0, 3)
    slope = rng.uniform(0.4, 1.6)
    for scale in (4, 8, 16, 32, 64, 128, 256):
        noise = (rng.normal(size=(scale, scale, 1)) + 0.6 * rng.normal(size=(scale, scale, 3))).astype(
            np.float32
        )
        layers = [
            Image.fromarray(noise[..., c]).resize((side, side), Image.Resampling.BICUBIC) for c in range(3)
        ]
        field += np.stack([np.asarray(layer) for layer in layers], -1) * (4.0 / scale) ** slope
    field = (field - field.mean()) / (field.std() + 1e-6) * rng.uniform(20, 70) + tint * rng.uniform(80, 200)
    strange: NDArray[np.uint8] = np.clip(field, 0, 255).astype(np.uint8)
    return strange


def export(run: Run) -> None:
    """The averaged weights as fp16 safetensors beside this file, in the layout of a diffusers pipeline."""
    from .pipeline import WEIGHTS, PocketPipeline

    nets: dict[str, nn.Module] = {}
    for name, make in (("renderer", Renderer), ("eye", Eye)):
        nets[name] = make()
        state = torch.load(run.folder / f"{name}.pt", weights_only=True, mmap=True)
        nets[name].load_state_dict(state["average"])
    pipe = PocketPipeline(autoencoder=load_autoencoder(run), **nets)  # type: ignore[arg-type]
    pipe.to(torch.float16).save_pretrained(WEIGHTS, safe_serialization=True)
    size = sum(path.stat().st_size for path in WEIGHTS.rglob("*.safetensors"))
    print(f"exported {size / 1e6:.1f} MB to {WEIGHTS.name}/")


def run_stage(stage: str, run: Run, budget: Budget) -> None:
    """One stage by name."""
    if stage == "art":
        print(f"drawings in {run.assets}")
    elif stage == "export":
        export(run)
    else:
        {"autoencoder": train_autoencoder, "renderer": train_renderer, "eye": train_eye}[stage](run, budget)


def _budget(stage: str, options: argparse.Namespace) -> Budget:
    def given(text: str) -> dict[str, float]:
        return {
            name: float(value) for name, _, value in (part.partition("=") for part in text.split(",") if part)
        }

    minutes = given(options.minutes).get(stage, MINUTES.get(stage, 0.0))
    start = given(options.decay_from).get(stage, DECAY_FROM.get(stage, 0.5))
    return Budget(minutes, int(given(options.images).get(stage, 0)), start)


def main() -> None:
    """Parse the command line and run the stages in order."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("pocket-training"), help="checkpoints and drawings"
    )
    parser.add_argument("--stages", default=",".join(STAGES), help="comma-separated")
    parser.add_argument("--minutes", default="", help="per stage, name=minutes,...")
    parser.add_argument("--images", default="", help="per stage, name=images,...: instead of minutes")
    parser.add_argument(
        "--decay-from", default="", help="name=share of the budget where the rate starts to fall"
    )
    parser.add_argument("--no-compile", action="store_true", help="do not fuse with torch.compile")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="processes that share every batch")
    options = parser.parse_args()
    if options.workers == 1:
        work(0, options, os.cpu_count() or 1)
    else:
        # One thread each: on a busy machine they wait for each other once a step instead of at every
        # operation.
        multiprocessing.spawn(work, (options, 1), nprocs=options.workers)  # type: ignore[no-untyped-call]


def work(rank: int, options: argparse.Namespace, threads: int) -> None:
    """All stages, as one of the workers."""
    torch.set_num_threads(threads)
    options.folder.mkdir(parents=True, exist_ok=True)
    run = Run(options.folder, options.seed, not options.no_compile, rank, options.workers)
    if run.workers > 1:
        os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
        os.environ.setdefault("MASTER_PORT", "29517")
        dist.init_process_group("gloo", rank=rank, world_size=run.workers)
    for stage in options.stages.split(","):
        if rank == 0 or stage not in ("art", "export"):
            run_stage(stage, run, _budget(stage, options))
        run.agree(0.0)


if __name__ == "__main__":
    main()
