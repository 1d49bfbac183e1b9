"""Trains the eye: from latents back to the scene, with strange pictures it must not know."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from studio.models.pocket.train_batches import Batch, Pool, autocast, encode, validation_pictures
from studio.models.pocket.train_run import Average, Budget, Progress, Run

from .nets import Autoencoder, Eye
from .scene import SIZE


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
        with autocast():
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
