"""The judge of backgrounds: what lies behind the things of a picture, read off what is free of them.

Nouns: a *view* is a picture at a quarter of its size, its colors and how much they differ within each four by
four pixels; what is not *free* of things is blanked. A network is taught on views of painted backgrounds,
seen through the gaps that things leave in scenes and in the pictures of prompts, and on nothing else: that
takes a quarter of an hour of one core, once.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from studio.models.pocket import scenery, scenes
from studio.models.pocket.codes import KINDS, TONES, background_of, tone_of, weather_of
from studio.models.pocket.poses import around
from studio.models.pocket.reader import read
from studio.models.pocket.scene import BACKDROPS, STYLES, TIMES, WEATHERS, Background, Scene

from .pocket_measures import Pixels, Tally
from .pocket_orders import several

EXAMPLES = 24000
GROUP = 4000  # examples that are painted with dice of their own
HARD = ("mountains", "meadow", "beach", "desert")  # of these the last sixth is
BATCH = 48
COURSES = ((8, 2e-3), (5, 1e-3), (3, 1e-3))  # epochs and learning rate: see `taught`
ALIKE = 8  # examples that are cropped in the same way
NARROWEST = 0.72  # of a painting's width
HEADS = (KINDS, TONES, WEATHERS, STYLES)
WIDTHS = [len(head) for head in HEADS]
SIZE, VIEW = 512, 128
SHEETS = ("plain", "dots", "stripes")
EDGE = 5.0  # levels from one pixel of a view to the next; on plain paper there is none
PATTERN, ALONG = 0.02, 0.6  # the part of edges that makes a pattern, and how far in one direction for stripes


@dataclass(frozen=True)
class Ground:
    """What the judge says lies behind the things."""

    background: Background
    style: str


def free_of(scene: Scene, margin: float = 6.0) -> NDArray[np.bool_]:
    """Where no thing of a scene and no shadow of one can be, [128, 128]."""
    free = np.ones((VIEW, VIEW), bool)
    for thing in scene.things:
        x, y, width, height = around(thing.box, thing.angle)
        free[_at(y - margin) : _at(y + height + margin), _at(x - margin) : _at(x + width + margin)] = False
        foot, shade = y + 0.82 * height, 0.27 * width  # of its shadow
        rows = slice(_at(foot), _at(y + height + 0.13 * width + 4))
        free[rows, _at(x - shade) : _at(x + width + shade)] = False
    return free


def _at(units: float) -> int:
    return min(VIEW, max(0, round(units / 2)))


def view_of(picture: Pixels) -> Pixels:
    """A picture's view, [4, 128, 128]."""
    image, step = Image.fromarray(picture), SIZE // VIEW
    light = np.asarray(image.convert("L")).reshape(VIEW, step, VIEW, step)
    spread = light.max(1).max(2).astype(np.int16) - light.min(1).min(2)
    rough = np.minimum(3 * spread, 255).astype(np.uint8)
    return np.concatenate([np.asarray(image.reduce(step)).transpose(2, 0, 1), rough[None]])


def blanked(views: Tensor, free: Tensor) -> Tensor:
    """Views as the network sees them: [B, 5, 128, 128], nothing where things are."""
    mask = free[:, None].float()
    return torch.cat([(views.float() / 127.5 - 1) * mask, mask], 1)


class Grounds:
    """Names backgrounds. What it learnt is kept beside the drawings."""

    def __init__(self, assets: Path, examples: int = EXAMPLES) -> None:
        self.net = _net()
        path = assets / f"judge-grounds-{examples}.pt"
        if not path.exists():
            print(f"painting {examples} backgrounds and learning them, once", flush=True)
            torch.save(taught(self.net, *painted(examples)), path)
        state = torch.load(path, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.net.eval()
        self.known = {head: Tally(*hits) for head, hits in state["known"].items()}

    def see(self, picture: Pixels, scene: Scene) -> Ground:
        """What lies behind the things of a scene."""
        views, free = torch.from_numpy(view_of(picture))[None], torch.from_numpy(free_of(scene))[None]
        return told(self.net, views, free)[0]


@torch.no_grad()
def told(net: nn.Module, views: Tensor, free: Tensor) -> list[Ground]:
    """What a network says of views, seen both ways round."""
    shown = blanked(views, free)
    parts = (net(shown) + net(shown.flip(3))).split(WIDTHS, 1)
    grounds = []
    for view, gap, kinds, tones, weathers, styles in zip(views, free, *parts, strict=True):
        kind = KINDS[int(kinds.argmax())]
        kind = sheet(view, gap) if kind in SHEETS else kind
        fitting = scenes.BACKDROP_COLORS if kind in BACKDROPS else TIMES
        tone = max(fitting, key=lambda t: float(tones[TONES.index(t)]))
        weather = WEATHERS[int(weathers.argmax())]
        grounds.append(Ground(background_of(kind, tone, weather, 148), STYLES[int(styles.argmax())]))
    return grounds


def sheet(view: Tensor, free: Tensor) -> str:
    """Which of SHEETS a view [4, 128, 128] shows: stripes have edges in one direction (the coherence of their
    structure tensor), dots in all.
    """
    gap = 1 - F.max_pool2d(1 - free[None].float(), 3, 1, 1)[0, 1:-1, 1:-1] > 0
    colors = view[:3].float()
    across = ((colors[:, 1:-1, 2:] - colors[:, 1:-1, :-2]) / 2)[:, gap]
    down = ((colors[:, 2:, 1:-1] - colors[:, :-2, 1:-1]) / 2)[:, gap]
    edges = (across.square() + down.square()).sum(0).sqrt() > EDGE
    if not len(edges) or edges.float().mean() < PATTERN:
        return "plain"
    xx, yy, xy = (float((a * b).sum()) for a, b in ((across, across), (down, down), (across, down)))
    return "stripes" if np.hypot(xx - yy, 2 * xy) > ALONG * (xx + yy) else "dots"


# ---- learning


class _Again(nn.Module):
    """A block whose input is added to what it makes."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(*_block(width, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.inner(x)


def _block(given: int, made: int, stride: int = 2) -> Sequence[nn.Module]:
    return nn.Conv2d(given, made, 3, stride, 1, bias=False), nn.BatchNorm2d(made), nn.SiLU()


def _net() -> nn.Module:
    near = (nn.PixelUnshuffle(4), *_block(80, 96), *_block(96, 160), _Again(160))
    far = (*_block(160, 192), nn.Flatten(), nn.Dropout(0.3), nn.Linear(192 * 16, sum(WIDTHS)))
    return nn.Sequential(*near, *far).to(memory_format=torch.channels_last)


def painted(count: int) -> tuple[Tensor, Tensor]:
    """Views of painted backgrounds [N, 4, 128, 128] and what is painted [N, 4]."""
    hard = count // 6
    sizes = [min(GROUP, count - hard - at) for at in range(0, count - hard, GROUP)]
    groups = [_group(number, size) for number, size in enumerate(sizes)]
    groups.append(_group(len(sizes), hard, HARD))
    views, labels = (torch.from_numpy(np.concatenate(parts)) for parts in zip(*groups, strict=True))
    return views, labels


def _group(
    number: int, count: int, kinds: Sequence[str] = KINDS
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    rng, views, labels = random.Random(90000 + number), np.zeros((count, 4, VIEW, VIEW), np.uint8), []
    for i in range(count):
        back, style = scenes.random_background(rng), rng.choice(STYLES)
        while back.kind not in kinds:
            back = scenes.random_background(rng)
        views[i] = view_of(scenery.paint(back, style, rng))
        codes = KINDS.index(back.kind), TONES.index(tone_of(back)), WEATHERS.index(weather_of(back))
        labels.append((*codes, STYLES.index(style)))
    return views, np.array(labels, np.int64).reshape(-1, 4)


def gaps(count: int, seed: int, asked: bool) -> Tensor:
    """What things leave free, [N, 128, 128]: in the pictures of prompts, or also in random scenes."""
    rng = random.Random(seed)
    made = [
        read(several(rng, 1 + i % 3).words, rng) if asked or i % 2 else scenes.random_scene(rng)
        for i in range(count)
    ]
    return torch.from_numpy(np.stack([free_of(scene) for scene in made]))


def varied(views: Tensor, free: Tensor, rng: random.Random) -> Tensor:
    """Views as the network sees them, and as they may also be: mirrored, nearer, a little darker or paler."""
    shown = torch.empty(len(views), 5, VIEW, VIEW, dtype=torch.bfloat16)
    for at in range(0, len(views), ALIKE):
        part = views[at : at + ALIKE].to(torch.bfloat16)
        if rng.random() < 0.5:
            wide = round(VIEW * rng.uniform(NARROWEST, 1))
            x, y = rng.randint(0, VIEW - wide), rng.randint(0, VIEW - wide)
            rows = slice(y, y + wide) if rng.random() < 0.5 else slice(VIEW)
            part = F.interpolate(part[:, :, rows, x : x + wide], (VIEW, VIEW), mode="bilinear")
        gain = (1 + 0.03 * torch.randn(len(part), 1, 1, 1)) / 127.5
        gain = gain.repeat(1, 4, 1, 1)
        gain[:, 3] *= rng.uniform(0.75, 1.1)  # what was drawn by a network is not as rough
        shift = 0.015 * torch.randn(len(part), 4, 1, 1) - 1
        part = part * gain.to(torch.bfloat16) + shift.to(torch.bfloat16)
        shown[at : at + ALIKE, :4] = part.flip(3) if rng.random() < 0.5 else part
    shown[:, 4] = free
    shown[:, :4] *= shown[:, 4:]
    return shown.contiguous(memory_format=torch.channels_last)


def taught(net: nn.Module, views: Tensor, labels: Tensor) -> dict[str, object]:
    """The network's weights, and for each head how often it was right on views that it did not learn.

    Three courses: all that comes up at random, then mostly places, then that and what is hard.
    """
    rng, held, easy = random.Random(5), len(views) // 12, len(views) - len(views) // 6
    free = gaps(1200, 7, asked=False)
    papers = torch.isin(labels[:, 0], torch.tensor([KINDS.index(kind) for kind in SHEETS]))
    number = torch.arange(len(views))
    learnt = number >= held
    places = learnt & (number < easy) & (~papers | (number % 4 == 0))
    with torch.random.fork_rng():
        torch.manual_seed(1)
        for module in net.modules():
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()
        for rows, (epochs, rate) in zip((learnt & (number < easy), places, learnt), COURSES, strict=True):
            course(net, views, labels, free, rows.nonzero()[:, 0], epochs, rate, rng)
    net.eval()
    return {"net": net.state_dict(), "known": known(net, views[:held], labels[:held])}


def course(
    net: nn.Module,
    views: Tensor,
    labels: Tensor,
    free: Tensor,
    rows: Tensor,
    epochs: int,
    rate: float,
    rng: random.Random,
) -> None:
    """Teach a network some rows for so many epochs, at a rate that falls to nothing."""
    adam = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=0.05)
    net.train()
    for epoch in range(epochs):
        batches = [part for part in rows[torch.randperm(len(rows))].split(BATCH) if len(part) > 1]
        for at, batch in enumerate(batches):
            done = (epoch + at / len(batches)) / epochs
            for group in adam.param_groups:
                group["lr"] = rate * min(1.0, 20 * epochs * done + 0.05, 1.6 * (1 - done))
            shown = varied(views[batch], free[torch.randint(len(free), (len(batch),))], rng)
            adam.zero_grad()
            _loss(net, shown, labels[batch]).backward()
            adam.step()


def _loss(net: nn.Module, shown: Tensor, labels: Tensor) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        out = net(shown)
    pairs = zip(out.float().split(WIDTHS, 1), labels.unbind(1), strict=True)
    return torch.stack([F.cross_entropy(*pair, label_smoothing=0.02) for pair in pairs]).sum()


def known(net: nn.Module, views: Tensor, labels: Tensor) -> dict[str, tuple[int, int]]:
    """For each head, and for kind and tone together, how often a network is right, and of how many."""
    free = gaps(400, 8, asked=True)
    hits = np.zeros((len(views), 4), bool)
    for rows in torch.arange(len(views)).split(100):
        for row, ground in zip(rows.tolist(), told(net, views[rows], free[rows % len(free)]), strict=True):
            back = ground.background
            codes = KINDS.index(back.kind), TONES.index(tone_of(back)), WEATHERS.index(weather_of(back))
            hits[row] = np.array((*codes, STYLES.index(ground.style))) == labels[row].numpy()
    right = dict(zip(("kind", "tone", "weather", "style"), hits.T, strict=True))
    right["kind and tone"] = hits[:, 0] & hits[:, 1]
    return {head: (int(hit.sum()), len(hit)) for head, hit in right.items()}
