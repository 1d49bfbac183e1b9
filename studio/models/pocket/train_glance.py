"""Trains the glance: from windows around things to what they are, how they look and where they are."""

from __future__ import annotations

import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.models.pocket.train_batches import autocast, parts
from studio.models.pocket.train_pictures import GlancePictures, Glances, Ring, worn
from studio.models.pocket.train_run import Average, Budget, Progress, Run

from .glance import Glance, Look


def windows(pixels: Tensor, wear: bool = False) -> Tensor:
    """What the network takes, [B, 4, 96, 96], of windows as they are kept, uint8."""
    planes = pixels.permute(0, 3, 1, 2).float().div(127.5)
    colors, inside = planes[:, :3] - 1, planes[:, 3:] / 2
    colors = (worn(colors) if wear else colors) * inside
    return torch.cat([colors, inside], 1).contiguous(memory_format=torch.channels_last)


def glance_loss(look: Look, true: Glances) -> Tensor:
    """The losses of all that is said of a window; where there is no thing, only that."""
    there = true.present > 0
    count = max(1, int(there.sum()))
    loss = F.cross_entropy(look.name[there], true.codes[there, 0], label_smoothing=0.03)
    loss = loss + 0.5 * F.cross_entropy(look.color[there], true.codes[there, 1])
    loss = loss + 0.3 * F.cross_entropy(look.flip[there], true.codes[there, 2])
    turn = torch.stack([true.angle.sin(), true.angle.cos()], 1)
    loss = loss + 2 * F.smooth_l1_loss(look.turn[there], turn[there], beta=0.1, reduction="sum") / count
    loss = loss + 4 * F.smooth_l1_loss(look.box[there], true.box[there], beta=0.05, reduction="sum") / count
    hidden = F.binary_cross_entropy_with_logits(look.hidden[there], true.hidden[there], reduction="sum")
    loss = loss + 0.3 * hidden / count + 0.5 * F.binary_cross_entropy_with_logits(look.present, true.present)
    seen = true.mask.float() / 255
    mask = F.binary_cross_entropy_with_logits(look.mask, seen, reduction="none").mean((1, 2))
    return loss + 4 * (mask * true.present).sum() / count


def mirrored(true: Glances) -> Glances:
    """The same windows, half of them as in a mirror."""
    over = torch.rand(len(true.angle)) < 0.5
    codes, box = true.codes.clone(), true.box.clone()
    codes[over, 2] = 1 - codes[over, 2]
    box[over, 0] *= -1
    return true._replace(
        pixels=torch.where(over[:, None, None, None], true.pixels.flip(2), true.pixels),
        mask=torch.where(over[:, None, None], true.mask.flip(2), true.mask),
        codes=codes,
        box=box,
        angle=torch.where(over, -true.angle, true.angle),
    )


def doubted(settings: Tensor) -> Tensor:
    """The settings of pictures, some of them another picture's: the eye may be wrong about them."""
    other = settings[torch.randperm(len(settings))]
    return torch.where(torch.rand(settings.shape) < 0.08, other, settings)


def train_glance(run: Run, budget: Budget, batch: int = 96) -> None:
    """Reading windows, a little worn, as if the picture's own settings were known."""
    torch.manual_seed(run.seed + 1)
    net = Glance().to(memory_format=torch.channels_last)
    average = Average(net)
    adam = torch.optim.AdamW(net.parameters(), lr=2e-3, betas=(0.9, 0.98), weight_decay=0.03)
    progress = Progress(run, "glance", {"net": net, "average": average.net, "adam": adam})
    run.seeded(progress.step + 6)
    batch //= run.workers
    held = Glances(*next(iter(GlancePictures(run.assets, run.seed + 992, 400)))) if run.rank == 0 else None
    pictures = GlancePictures(run.assets, int(torch.randint(2**30, (1,))), max(1, batch // 4))
    loader = torch.utils.data.DataLoader(pictures, batch_size=None, num_workers=1, prefetch_factor=16)
    ring = Ring(loader, 36_000 // run.workers, first=4 * batch)
    started, before = time.monotonic(), progress.seconds
    losses: list[float] = []
    while True:
        progress.seconds = run.agree(before + time.monotonic() - started)
        share = budget.spent(progress.seconds, progress.images)
        if share >= 1:
            break
        for group in adam.param_groups:
            group["lr"] = 2e-3 * budget.rate(share, progress.step)
        true = mirrored(Glances(*ring.draw(batch)))
        with autocast():
            look: Look = net(windows(true.pixels, wear=True), doubted(true.setting))
        loss = glance_loss(look, true)
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
                f"glance {progress.images} {progress.seconds:.0f}s {np.mean(losses[-50:]):.4f}, "
                f"{ring.count} windows drawn",
                flush=True,
            )
        if progress.save(every=120) and held is not None:
            _report(average.net, held)
    progress.save()
    if held is not None:
        _report(average.net, held)


@torch.no_grad()
def _report(net: nn.Module, held: Glances) -> None:
    """How well windows are read that were not trained on."""
    with autocast():
        looks = [
            net(windows(pixels), setting)
            for pixels, setting in zip(parts(held.pixels, 64), parts(held.setting, 64), strict=True)
        ]
    look = Look(*(torch.cat(columns) for columns in zip(*looks, strict=True)))
    there = held.present > 0
    right = [
        float((logits[there].argmax(1) == held.codes[there, i]).float().mean())
        for i, logits in enumerate((look.name, look.color, look.flip))
    ]
    angle = torch.atan2(look.turn[:, 0], look.turn[:, 1]) - held.angle
    turned = torch.atan2(angle.sin(), angle.cos())[there].abs().rad2deg()
    ours, theirs = look.mask[there] > 0, held.mask[there] > 127
    masks = (ours & theirs).sum((1, 2)) / (ours | theirs).sum((1, 2)).clamp(min=1)
    box = (look.box - held.box)[there].abs().mean(0)
    present = float(((look.present > 0) == there).float().mean())
    print(
        f"  held-out: name {right[0]:.3f}, color {right[1]:.3f}, flip {right[2]:.3f}, "
        f"there or not {present:.3f}, mask IoU {float(masks.mean()):.3f}, "
        f"within 8 degrees {float((turned < 8).float().mean()):.3f}, "
        f"box off by {[round(float(v), 3) for v in box]}",
        flush=True,
    )
