"""Naming by likeness: a thing that is seen is held against all that is remembered, in small.

Nouns: a *miniature* is a remembered drawing, MINI x MINI; a *pose* says where a thing lies and how, as
numbers; a *cut* is what lies there, upright and not mirrored, as large as a miniature; the *unlikeness* of
the two is what is left to explain of the cut, about 0 to 1. A `Guess` is what a glance says of a thing, a
`Claim` what is believed after comparing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from studio.models.pocket.codes import CODE_COLOR, HAND_OF_STYLE, HANDS, NAMES
from studio.models.pocket.drafting import WHITE, Light
from studio.models.pocket.memory import MINI, Memory
from studio.models.pocket.scene import SIZE, Thing
from studio.models.pocket.sight import ALTERNATIVES
from studio.models.pocket.things import THINGS
from studio.models.pocket.tinting import body_and_shade, in_paint

SHAPE = 0.25  # what a wrong outline counts beside a wrong color
WEIGHT = 150.0  # of unlikeness beside the logarithms of likelihoods
TRUST = 0.5  # in those of the glance
CONSIDERED = 64  # names are compared: the likeliest
POSSIBLE = -4.0  # logarithm of the likelihood from which on a color may be the one
LEVELS = 5  # of the pyramid that cuts are taken from
REFINED = 4  # of the best claims are looked at closely
CLOSER = (0.05, 0.025, 0.0125)
_GLOWING = torch.tensor([THINGS[name].glows for name in NAMES])
# Right, down, wider, higher (as shares of the thing), clockwise (in turns of 80 degrees).
_NUDGES = torch.cat([torch.zeros(1, 5), torch.eye(5), -torch.eye(5), torch.tensor([[0, 0, 1.0, 1.0, 0]]),
                     torch.tensor([[0, 0, -1.0, -1.0, 0]])])  # fmt: skip


@dataclass(frozen=True)
class Guess:
    """A thing, and the logarithms of the likelihoods of its names [names], its colors [12] and of its being
    mirrored [2].
    """

    thing: Thing
    names: Tensor
    colors: Tensor
    flips: Tensor


@dataclass(frozen=True)
class Claim:
    """A thing, its likeliest names, how sure the first is, how likely each color is [12], and a score by
    which claims about one thing can be compared: a logarithm of a likelihood.
    """

    thing: Thing
    names: tuple[str, ...]
    sure: float
    colors: Tensor
    score: float


class Likeness:
    """Compares with the miniatures of a memory."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.miniatures = lru_cache(maxsize=len(HANDS))(self._miniatures)

    def claim(self, levels: Sequence[Tensor], guess: Guess, style: str, light: Light) -> Claim:
        """What a thing most likely is; `levels` is the `pyramid` of color, mask, and whether it is free."""
        hand = HAND_OF_STYLE[style]
        colors = [c for c in range(len(guess.colors)) if guess.colors[c] > POSSIBLE]
        rows = guess.names.topk(CONSIDERED).indices
        belief = TRUST * (
            guess.colors[colors][:, None, None] + guess.flips[None, :, None] + guess.names[rows]
        )
        poses = [_nudged(_pose(guess.thing, flip), CLOSER[0]) for flip in (False, True)]
        seen = cuts(levels, torch.cat(poses))
        left = torch.stack([self.unlike(seen, hand, c, light, rows) for c in colors])
        least = left.reshape(len(colors), 2, len(_NUDGES), -1).amin(2)
        scores = belief - WEIGHT * least
        best = []
        for at in scores.flatten().topk(REFINED).indices.tolist():
            color, flip, at = (int(v) for v in np.unravel_index(at, scores.shape))
            start = _pose(guess.thing, bool(flip))
            pose, end = self._closely(levels, start, hand, colors[color], light, rows[[at]])
            scores[color, flip, at] = belief[color, flip, at] - WEIGHT * end
            best.append((float(scores[color, flip, at]), color, at, pose))
        score, color, at, pose = max(best, key=lambda one: one[0])
        likely = scores.amax((0, 1)).softmax(0)
        order = [at, *(other for other in likely.topk(ALTERNATIVES).indices.tolist() if other != at)]
        painted = torch.zeros(len(guess.colors))
        painted[colors] = scores[:, :, at].amax(1).softmax(0)
        names = tuple(NAMES[int(rows[other])] for other in order)
        return Claim(
            _thing(names[0], CODE_COLOR[colors[color]], pose),
            names[:ALTERNATIVES],
            float(likely[at]),
            painted,
            score,
        )

    def _closely(
        self, levels: Sequence[Tensor], pose: Tensor, hand: str, color: int, light: Light, row: Tensor
    ) -> tuple[Tensor, float]:
        """The pose nearby in which a thing is least unlike, and how unlike it is."""
        least = math.inf
        for size in CLOSER:
            poses = _nudged(pose, size)
            left = self.unlike(cuts(levels, poses), hand, color, light, row)[:, 0]
            pose, least = poses[int(left.argmin())], float(left.min())
        return pose, least

    def unlike(self, cut: Tensor, hand: str, color: int, light: Light, rows: Tensor) -> Tensor:
        """How unlike cuts [K, 5, MINI, MINI] are to some of the drawings, in a color, [K, rows]."""
        alpha, paint, power = self._in_color(hand, color, rows)
        rgb, mask, free = cut[:, :3].flatten(2), cut[:, 3].flatten(1), cut[:, 4].flatten(1)
        square = (free[:, None] * rgb.square()).sum(1) @ alpha.T
        cross = torch.stack([(free * rgb[:, c]) @ paint[c].T for c in range(3)])
        painted = torch.stack([free @ power[c].T for c in range(3)])
        left = []
        for gains in (light, WHITE):
            gain = torch.tensor(gains)[:, None, None]
            left.append(square + (gain.square() * painted - 2 * gain * cross).sum(0))
        color_off = torch.where(_GLOWING[rows], left[1], left[0])
        shape_off = (free * mask.square()).sum(1, keepdim=True) + free @ alpha.square().T
        shape_off = shape_off - 2 * (free * mask) @ alpha.T
        return (color_off / 3 + SHAPE * shape_off) / free.sum(1, keepdim=True).clamp(min=1)

    def _miniatures(self, hand: str) -> tuple[Tensor, Tensor, Tensor]:
        """Colors [N, P, 3], alpha [N, P], and how much each pixel is body and how light [N, P, 2], 0..1."""
        first = HANDS.index(hand) * len(NAMES)
        minis = self.memory.get_buffer("miniatures")[first : first + len(NAMES)]
        sprites = minis.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        parts = np.stack([np.stack(body_and_shade(sprite), -1) for sprite in sprites])
        rgba = torch.from_numpy(sprites).float().flatten(1, 2) / 255
        return rgba[..., :3], rgba[..., 3].contiguous(), torch.from_numpy(parts).flatten(1, 2)

    def _in_color(self, hand: str, color: int, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Miniatures in a color: alpha [N, P], alpha x color and alpha x color squared [3, N, P]."""
        rgb, alpha, parts = (part[rows] for part in self.miniatures(hand))
        called = CODE_COLOR[color]
        if called is not None:
            rgb = torch.lerp(
                rgb, torch.from_numpy(in_paint(parts[..., 1].numpy(), called)) / 255, parts[..., :1]
            )
        paint = (alpha[..., None] * rgb).permute(2, 0, 1).contiguous()
        return alpha, paint, (paint * rgb.permute(2, 0, 1)).contiguous()


def pyramid(planes: Tensor) -> list[Tensor]:
    """Planes [C, H, W], and halved again and again."""
    levels = [planes]
    while len(levels) < LEVELS:
        levels.append(F.avg_pool2d(levels[-1], 2))
    return levels


def cuts(levels: Sequence[Tensor], poses: Tensor) -> Tensor:
    """What lies in poses [K, 6] of one thing, [K, C, MINI, MINI]; nothing lies beyond the picture's edge."""
    side = levels[0].shape[-1]
    steps = (torch.arange(MINI) + 0.5) / MINI - 0.5
    x, y, width, height, turn, flip = (part[:, None, None] for part in poses.unbind(1))
    u, v = width * flip * steps[None, None], height * steps[None, :, None]
    xs, ys = x + u * turn.cos() - v * turn.sin(), y + u * turn.sin() + v * turn.cos()
    pixels = float((poses[0, 2] * poses[0, 3]).sqrt()) / SIZE * side / MINI
    level = levels[min(LEVELS - 1, max(0, round(math.log2(max(pixels, 1)))))]
    grid = torch.stack([xs, ys], -1) * (2 / SIZE) - 1
    return F.grid_sample(level[None].expand(len(poses), -1, -1, -1), grid, align_corners=False)


def _pose(thing: Thing, flip: bool) -> Tensor:
    """Middle, width and height in units, angle in radians, and 1 or -1 if mirrored."""
    x, y, width, height = thing.box
    turn = math.radians(thing.angle)
    return torch.tensor([x + width / 2, y + height / 2, width, height, turn, -1.0 if flip else 1.0])


def _nudged(pose: Tensor, size: float) -> Tensor:
    """A pose and others a little off, [13, 6]."""
    x, y, width, height, turn, flip = pose.unbind()
    dx, dy, wider, higher, clockwise = (_NUDGES * size).unbind(1)
    return torch.stack([
        x + dx * width, y + dy * height, width * (1 + wider), height * (1 + higher),
        turn + math.radians(80) * clockwise, flip.expand(len(dx)),
    ], 1)  # fmt: skip


def _thing(name: str, color: str | None, pose: Tensor) -> Thing:
    x, y, width, height, turn, flip = pose.tolist()
    box = (x - width / 2, y - height / 2, width, height)
    return Thing(name, box, color, flip < 0, math.degrees(turn))
