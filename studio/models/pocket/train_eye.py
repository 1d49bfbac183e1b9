"""Trains the eye: from small pictures back to where things are and what lies behind them, with strange
pictures that it must not know.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.models.pocket.train_batches import autocast, parts, to_unit
from studio.models.pocket.train_glance import train_glance
from studio.models.pocket.train_pictures import EyePictures, Ring, Sights, worn
from studio.models.pocket.train_run import Average, Budget, Progress, Run

from .eye import CELLS, UNITS, USUAL, Eye, Gaze, peaks
from .scene import SIZE
from .sight import overlap

__all__ = ["train_eye", "train_glance"]


class Targets(NamedTuple):
    """What the eye should say: heat [B, 32, 32] and, for each thing, its picture, its cell and its box."""

    heat: Tensor
    row: Tensor
    y: Tensor
    x: Tensor
    box: Tensor


def targets(sights: Sights) -> Targets:
    """A soft dot in the middle of every thing; boxes relative to the cell of that middle."""
    valid = sights.valid > 0
    row = torch.arange(len(valid))[:, None].expand_as(valid)[valid]
    boxes = sights.boxes[valid]
    cx, cy = (boxes[:, :2] + boxes[:, 2:] / 2).div(UNITS).unbind(1)
    x, y = (v.long().clamp(0, CELLS - 1) for v in (cx, cy))
    middles = torch.arange(CELLS) + 0.5
    aside, below = middles - cx[:, None], middles - cy[:, None]
    away = aside[:, None, :] ** 2 + below[:, :, None] ** 2
    heat = torch.zeros(len(valid), CELLS * CELLS)
    dots = torch.exp(-away / 2).flatten(1)
    heat.scatter_reduce_(0, row[:, None].expand_as(dots), dots, "amax")
    heat = heat.view(-1, CELLS, CELLS)
    heat[row, y, x] = 1
    sizes = (boxes[:, 2:] / USUAL).log()
    return Targets(heat, row, y, x, torch.stack([cx - x - 0.5, cy - y - 0.5, *sizes.unbind(1)], 1))


def eye_loss(gaze: Gaze, sights: Sights) -> Tensor:
    """Focal loss on the heat, plus the losses of boxes at the true middles, of the sky and of the whole."""
    goal = targets(sights)
    heat = gaze.heat.sigmoid().clamp(1e-5, 1 - 1e-5)
    peak = goal.heat == 1
    hit = -((1 - heat) ** 2) * heat.log() * peak
    miss = -((1 - goal.heat) ** 4) * heat**2 * (1 - heat).log() * ~peak
    loss = (hit + miss).sum() / peak.sum().clamp(min=1)
    at = gaze.boxes[goal.row, :, goal.y, goal.x]
    loss = loss + 4 * F.smooth_l1_loss(at, goal.box, beta=0.1, reduction="sum") / max(1, at.numel())
    known = sights.familiar > 0
    sky = F.binary_cross_entropy_with_logits(gaze.sky, sights.sky.float() / 255, reduction="none")
    loss = loss + (sky.mean((1, 2)) * sights.familiar).sum() / known.sum().clamp(min=1)
    for i, logits in enumerate((gaze.kind, gaze.tone, gaze.weather, gaze.style)):
        loss = loss + 0.5 * F.cross_entropy(logits[known], sights.setting[known, i])
    land = known & (sights.horizon > 0)
    high, true = gaze.horizon[land] / 25, sights.horizon[land] / 25
    loss = loss + F.smooth_l1_loss(high, true, beta=0.1, reduction="sum") / max(1, len(high))
    return loss + 0.5 * F.binary_cross_entropy_with_logits(gaze.familiar, sights.familiar)


def mirrored(sights: Sights) -> Sights:
    """The same pictures, half of them as in a mirror."""
    turned = torch.rand(len(sights.valid)) < 0.5
    boxes = sights.boxes.clone()
    boxes[turned, :, 0] = SIZE - boxes[turned, :, 0] - boxes[turned, :, 2]
    over = turned[:, None, None]
    pixels = torch.where(over[..., None], sights.pixels.flip(2), sights.pixels)
    return sights._replace(pixels=pixels, sky=torch.where(over, sights.sky.flip(2), sights.sky), boxes=boxes)


def train_eye(run: Run, budget: Budget, batch: int = 32) -> None:
    """Reading small pictures, a little worn."""
    torch.manual_seed(run.seed)
    net = Eye().to(memory_format=torch.channels_last)
    average = Average(net)
    adam = torch.optim.AdamW(net.parameters(), lr=2e-3, betas=(0.9, 0.98), weight_decay=0.02)
    progress = Progress(run, "eye", {"net": net, "average": average.net, "adam": adam})
    run.seeded(progress.step + 5)
    batch //= run.workers
    held = Sights(*next(iter(EyePictures(run.assets, run.seed + 991, 160)))) if run.rank == 0 else None
    pictures = EyePictures(run.assets, int(torch.randint(2**30, (1,))), max(1, batch // 4))
    loader = torch.utils.data.DataLoader(pictures, batch_size=None, num_workers=1, prefetch_factor=16)
    ring = Ring(loader, 6000 // run.workers, first=4 * batch)
    started, before = time.monotonic(), progress.seconds
    losses: list[float] = []
    while True:
        progress.seconds = run.agree(before + time.monotonic() - started)
        share = budget.spent(progress.seconds, progress.images)
        if share >= 1:
            break
        for group in adam.param_groups:
            group["lr"] = 2e-3 * budget.rate(share, progress.step)
        sights = mirrored(Sights(*ring.draw(batch)))
        with autocast():
            gaze: Gaze = net(worn(to_unit(sights.pixels)))
        loss = eye_loss(gaze, sights)
        loss.backward()  # type: ignore[no-untyped-call]
        run.average_gradients(net)
        if torch.isfinite(nn.utils.clip_grad_norm_(net.parameters(), 2.0)):
            adam.step()
        adam.zero_grad(set_to_none=True)
        losses.append(float(loss.detach()))
        progress.advance(batch * run.workers, share)
        average.update(progress.step)
        if run.rank == 0 and progress.step % 50 == 0:
            print(
                f"eye {progress.images} {progress.seconds:.0f}s {np.mean(losses[-50:]):.4f}, "
                f"{ring.count} pictures drawn",
                flush=True,
            )
        if progress.save(every=120) and held is not None:
            _report(average.net, held)
    progress.save()
    if held is not None:
        _report(average.net, held)


@torch.no_grad()
def _report(net: nn.Module, held: Sights) -> None:
    """How well pictures are read that were not trained on."""
    with autocast():
        gazes = [net(to_unit(part)) for part in parts(held.pixels, 32)]
    gaze = Gaze(*(torch.cat(columns) for columns in zip(*gazes, strict=True)))
    known = held.familiar > 0
    found = true = right = 0
    overlaps: list[float] = []
    for i in known.nonzero()[:, 0].tolist():
        boxes = [box for _, box in peaks(gaze, i)]
        found += len(boxes)
        for box in held.boxes[i][held.valid[i] > 0].tolist():
            true += 1
            best = max(boxes, key=lambda other: overlap(box, other), default=None)
            if best is not None and overlap(box, best) >= 0.5:
                right += 1
                overlaps.append(overlap(box, best))
                boxes.remove(best)
    whole = [
        float((logits[known].argmax(1) == held.setting[known, i]).float().mean())
        for i, logits in enumerate((gaze.kind, gaze.tone, gaze.weather, gaze.style))
    ]
    land = known & (held.horizon > 0)
    away = float((gaze.horizon[land] - held.horizon[land]).abs().mean())
    sky = (gaze.sky[known] > 0) & (held.sky[known] > 127), (gaze.sky[known] > 0) | (held.sky[known] > 127)
    strange = float(((gaze.familiar > 0) == known).float().mean())
    print(
        f"  held-out: recall {right / max(1, true):.3f}, precision {right / max(1, found):.3f}, "
        f"IoU {np.mean(overlaps or [0]):.3f}; kind {whole[0]:.3f}, tone {whole[1]:.3f}, "
        f"weather {whole[2]:.3f}, style {whole[3]:.3f}, horizon {away:.1f} units, "
        f"sky IoU {float(sky[0].sum() / sky[1].sum()):.3f}, strange or not {strange:.3f}",
        flush=True,
    )
