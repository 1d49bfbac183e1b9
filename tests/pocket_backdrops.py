"""The judge of backgrounds: what lies behind the things of a picture, read off what is free of them.

Nouns: a *view* is a picture at a quarter of its size, its colors and how much they differ within each four by
four pixels; what is not *free* of things is blanked. A small network is taught on views of painted
backgrounds, and on nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.models.pocket import scenery, scenes
from studio.models.pocket.codes import KINDS, TONES, background_of, tone_of, weather_of
from studio.models.pocket.poses import around
from studio.models.pocket.scene import BACKDROPS, STYLES, TIMES, WEATHERS, Background, Scene

from .pocket_measures import Pixels, Tally

EXAMPLES = 6000
HEADS = (KINDS, TONES, WEATHERS, STYLES)
WIDTHS = [len(head) for head in HEADS]
SIZE, VIEW = 512, 128


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
    blocks = picture.reshape(VIEW, 4, VIEW, 4, 3)
    light = picture.astype(np.float32).mean(-1).reshape(VIEW, 4, VIEW, 4)
    rough = np.minimum(3 * (light.max((1, 3)) - light.min((1, 3))), 255)
    return np.concatenate([blocks.mean((1, 3)).transpose(2, 0, 1), rough[None]]).astype(np.uint8)


def blanked(views: Tensor, free: Tensor) -> Tensor:
    """Views as the network sees them: [B, 5, 128, 128], nothing where things are."""
    mask = free[:, None].float()
    return torch.cat([(views.float() / 127.5 - 1) * mask, mask], 1)


class Grounds:
    """Names backgrounds. What it learnt is kept beside the drawings."""

    def __init__(self, assets: Path, examples: int = EXAMPLES) -> None:
        self.net = _net()
        path = assets / f"judge-backdrops-{examples}.pt"
        if not path.exists():
            torch.save(
                _taught(self.net, *_examples(assets / f"judge-backdrops-{examples}.npz", examples)), path
            )
        state = torch.load(path, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.net.eval()
        self.known = {head: Tally(*hits) for head, hits in state["known"].items()}

    def see(self, picture: Pixels, scene: Scene) -> Ground:
        """What lies behind the things of a scene."""
        views, free = torch.from_numpy(view_of(picture))[None], torch.from_numpy(free_of(scene))[None]
        with torch.no_grad():
            told = self.net(blanked(views, free)) + self.net(blanked(views, free).flip(3))
        kinds, tones, weathers, styles = (part[0] for part in told.split(WIDTHS, 1))
        kind = KINDS[int(kinds.argmax())]
        fitting = scenes.BACKDROP_COLORS if kind in BACKDROPS else TIMES
        tone = max(fitting, key=lambda t: float(tones[TONES.index(t)]))
        weather = WEATHERS[int(weathers.argmax())]
        return Ground(background_of(kind, tone, weather, 148), STYLES[int(styles.argmax())])


def _net() -> nn.Module:
    def block(given: int, made: int, stride: int = 2) -> Sequence[nn.Module]:
        return nn.Conv2d(given, made, 3, stride, 1, bias=False), nn.BatchNorm2d(made), nn.SiLU()

    near = (nn.PixelUnshuffle(2), *block(20, 48), *block(48, 96), *block(96, 128, 1))
    far = (*block(128, 160), *block(160, 160), nn.Flatten(), nn.Dropout(0.3))
    return nn.Sequential(*near, *far, nn.Linear(160 * 16, sum(WIDTHS)))


def _examples(path: Path, count: int) -> tuple[Tensor, Tensor]:
    """Views of painted backgrounds and what is painted."""
    if not path.exists():
        rng, views, labels = random.Random(20261), [], []
        for _ in range(count):
            back, style = scenes.random_background(rng), rng.choice(STYLES)
            views.append(view_of(scenery.paint(back, style, rng)))
            told = (KINDS.index(back.kind), TONES.index(tone_of(back)), WEATHERS.index(weather_of(back)))
            labels.append((*told, STYLES.index(style)))
        np.savez_compressed(path, views=np.stack(views), labels=np.array(labels, np.int64))
    kept = np.load(path)
    return torch.from_numpy(kept["views"]), torch.from_numpy(kept["labels"])


def _taught(net: nn.Module, views: Tensor, labels: Tensor, epochs: int = 16) -> dict[str, object]:
    """The network's weights, and for each head how often it was right on views that it did not learn."""
    rng, held = random.Random(5), len(views) // 8
    masks = torch.from_numpy(np.stack([free_of(scenes.random_scene(rng)) for _ in range(600)]))
    with torch.random.fork_rng():
        torch.manual_seed(1)
        for module in net.modules():
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()
        adam = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.05)
        for epoch in range(epochs):
            for group in adam.param_groups:
                group["lr"] = 2e-3 * min(1.0, 2 * (1 - epoch / epochs))
            for rows in (torch.randperm(len(views) - held) + held).split(32):
                shown = blanked(views[rows], masks[torch.randint(len(masks), (len(rows),))])
                told = net(shown.flip(3) if torch.rand(()) < 0.5 else shown).split(WIDTHS, 1)
                pairs = zip(told, labels[rows].unbind(1), strict=True)
                loss = torch.stack(
                    [nn.functional.cross_entropy(*pair, label_smoothing=0.03) for pair in pairs]
                )
                adam.zero_grad()
                loss.sum().backward()
                adam.step()
    net.eval()
    with torch.no_grad():
        told = net(blanked(views[:held], masks[torch.arange(held) % len(masks)])).split(WIDTHS, 1)
    known = {
        head: (int((part.argmax(1) == labels[:held, i]).sum()), held)
        for i, (head, part) in enumerate(zip(("kind", "tone", "weather", "style"), told, strict=True))
    }
    return {"net": net.state_dict(), "known": known}
