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
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from studio.models.pocket.codes import CODE_COLOR, COLOR_CODE, HAND_OF_STYLE, HANDS, NAME_CODE, NAMES
from studio.models.pocket.cutting import cuts, pose_of, posed
from studio.models.pocket.drafting import WHITE, Light
from studio.models.pocket.memory import MINI, Memory
from studio.models.pocket.registering import COARSE, FINE, Template, moved, registered
from studio.models.pocket.scene import SIZE, Thing
from studio.models.pocket.sight import ALTERNATIVES
from studio.models.pocket.things import THINGS
from studio.models.pocket.tinting import body_and_shade, in_paint

SHAPE = 0.1  # what a wrong outline counts beside a wrong color
WEIGHT = 200.0  # of unlikeness beside the logarithms of likelihoods
TRUST = 0.5  # in those of the glance
CONSIDERED = 64  # names are compared: the likeliest
POSSIBLE = -4.0  # logarithm of the likelihood from which on a color may be the one
STARTS = ((0.0, 0.0, 0.15, 0.15, 0.0), (0.0, 0.0, -0.15, -0.15, 0.0))  # from which poses are refined, too
REFINED = 8  # of the best claims are looked at closely
EXPLAINED = 0.02  # the square of a difference in color that is none
GLOWING = torch.tensor([THINGS[name].glows for name in NAMES])
# A pose may be a little off: right, down, wider, higher by a twentieth, clockwise by four degrees.
_LITTLE = torch.diag(torch.tensor([0.05, 0.05, 0.05, 0.05, math.radians(4)]))
_NUDGES = torch.cat([torch.zeros(1, 5), _LITTLE, -_LITTLE, _LITTLE[[2]] + _LITTLE[[3]],
                     -_LITTLE[[2]] - _LITTLE[[3]]])  # fmt: skip


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


class Drawing(NamedTuple):
    """A name's and a color's number, and whether it is mirrored."""

    name: int
    color: int
    flip: bool


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
        poses = [pose_of(guess.thing, flip).expand(len(_NUDGES), -1) for flip in (False, True)]
        around = [moved(pose, _NUDGES) for pose in poses]
        seen = cuts(levels, torch.cat(around), MINI)
        left = torch.stack([self.unlike(seen, hand, c, light, rows) for c in colors])
        least = left.reshape(len(colors), 2, len(_NUDGES), -1).amin(2)
        scores = belief - WEIGHT * least
        picked = [np.unravel_index(i, scores.shape) for i in scores.flatten().topk(REFINED).indices.tolist()]
        looks = [Drawing(int(rows[int(n)]), colors[int(c)], bool(f)) for c, f, n in picked]
        begin = torch.stack([pose_of(guess.thing, look.flip) for look in looks])
        starts = torch.stack([begin, *(moved(begin, torch.tensor(start)) for start in STARTS)], 1)
        again = [look for look in looks for _ in range(starts.shape[1])]
        ends = self.closely(levels, starts.flatten(0, 1), again, hand, light, COARSE).view_as(starts)
        best = []
        for (c, f, n), drawing, near in zip(picked, looks, ends, strict=True):
            row = torch.tensor([drawing.name])
            left = self.unlike(cuts(levels, near, MINI), hand, drawing.color, light, row)[:, 0]
            scores[c, f, n] = belief[c, f, n] - WEIGHT * float(left.min())
            best.append((float(scores[c, f, n]), int(c), int(n), near[int(left.argmin())], drawing))
        score, color, at, pose, drawing = max(best, key=lambda one: one[0])
        pose = self.closely(levels, pose[None], [drawing], hand, light, FINE)[0]
        likely = scores.amax((0, 1)).softmax(0)
        order = [at, *(other for other in likely.topk(ALTERNATIVES).indices.tolist() if other != at)]
        painted = torch.zeros(len(guess.colors))
        painted[colors] = scores[:, :, at].amax(1).softmax(0)
        names = tuple(NAMES[int(rows[other])] for other in order)
        return Claim(
            posed(names[0], CODE_COLOR[colors[color]], pose),
            names[:ALTERNATIVES],
            float(likely[at]),
            painted,
            score,
        )

    def closely(
        self,
        levels: Sequence[Tensor],
        starts: Tensor,
        looks: Sequence[Drawing],
        hand: str,
        light: Light,
        sides: Sequence[int],
    ) -> Tensor:
        """The poses near those given [K, 6] in which what lies there is least unlike the drawings."""
        return registered(levels, starts, self.lit(looks, hand, light), sides)

    def lit(self, looks: Sequence[Drawing], hand: str, light: Light) -> Template:
        """Drawings as they look in a light."""
        rows = torch.tensor([look.name for look in looks])
        distinct = {look: self._colored(hand, look.color, torch.tensor([look.name]))[0] for look in looks}
        gains = torch.tensor([WHITE if GLOWING[look.name] else light for look in looks])
        shades = torch.stack([distinct[look] for look in looks]) * gains[:, None]
        colors = shades.transpose(1, 2).reshape(-1, 3, MINI, MINI)
        outlines = self.memory.get_buffer("outlines")[HANDS.index(hand) * len(NAMES) + rows].cpu() / 255
        return Template(outlines, colors)

    def left(self, levels: Sequence[Tensor], claim: Claim, style: str, light: Light) -> float:
        """The mean square of what a claim leaves unexplained inside its outline, where that is free."""
        thing, hand = claim.thing, HAND_OF_STYLE[style]
        look = Drawing(NAME_CODE[thing.name], COLOR_CODE[thing.color], thing.flip)
        drawing = self.lit([look], hand, light)
        alpha = self.miniatures(hand)[1][look.name].view(MINI, MINI)
        cut = cuts(levels, pose_of(thing, thing.flip)[None], MINI)[0]
        weight = cut[4] * alpha.square()
        apart = (cut[:3] - drawing.color[0]).square().mean(0)
        return float((weight * apart).sum() / weight.sum().clamp(min=1))

    def unlike(self, cut: Tensor, hand: str, color: int, light: Light, rows: Tensor) -> Tensor:
        """How unlike cuts [K, 5, MINI, MINI] are to some of the drawings, in a color, [K, rows]."""
        alpha = self.miniatures(hand)[1][rows]
        solid, paint, power = self.in_color(hand, color, rows)
        rgb, mask, free = cut[:, :3].flatten(2), cut[:, 3].flatten(1), cut[:, 4].flatten(1)
        square = (free[:, None] * rgb.square()).sum(1) @ solid.T
        cross = torch.stack([(free * rgb[:, c]) @ paint[c].T for c in range(3)])
        painted = torch.stack([free @ power[c].T for c in range(3)])
        left = []
        for gains in (light, WHITE):
            gain = torch.tensor(gains)[:, None, None]
            left.append(square + (gain.square() * painted - 2 * gain * cross).sum(0))
        color_off = torch.where(GLOWING[rows], left[1], left[0])
        shape_off = (free * mask.square()).sum(1, keepdim=True) + free @ alpha.square().T
        shape_off = shape_off - 2 * (free * mask) @ alpha.T
        return (color_off / 3 + SHAPE * shape_off) / free.sum(1, keepdim=True).clamp(min=1)

    def shows(self, levels: Sequence[Tensor], claim: Claim, style: str, light: Light) -> float:
        """How much of another thing a claimed one's drawing shows already, 0..1, as a car's shows wheels;
        `levels` are the other thing's.
        """
        hand, name = HAND_OF_STYLE[style], NAME_CODE[claim.thing.name]
        color, row = COLOR_CODE[claim.thing.color], torch.tensor([name])
        gain = torch.tensor(WHITE if GLOWING[name] else light)
        alpha = self.miniatures(hand)[1][row][0]
        pose = pose_of(claim.thing, claim.thing.flip)
        cut = cuts(levels, pose[None], MINI)[0].flatten(1)
        away = (cut[:3].T - self._colored(hand, color, row)[0] * gain).square().mean(1)
        known = (cut[3] * (away < EXPLAINED) * (alpha > 0.5)).sum() * pose[2] * pose[3] / MINI**2
        return float(known / (levels[0][3].mean() * SIZE**2).clamp(min=1))

    def _miniatures(self, hand: str) -> tuple[Tensor, Tensor, Tensor]:
        """Colors [N, P, 3], alpha [N, P], and how much each pixel is body and how light [N, P, 2], 0..1."""
        first = HANDS.index(hand) * len(NAMES)
        minis = self.memory.get_buffer("miniatures")[first : first + len(NAMES)]
        sprites = minis.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        bodies = [self.memory.body_in(first + i) for i in range(len(sprites))]
        parts = np.stack([np.stack(body_and_shade(*pair), -1) for pair in zip(sprites, bodies, strict=True)])
        rgba = torch.from_numpy(sprites).float().flatten(1, 2) / 255
        return rgba[..., :3], rgba[..., 3].contiguous(), torch.from_numpy(parts).flatten(1, 2)

    def _colored(self, hand: str, color: int, rows: Tensor) -> Tensor:
        """Colors of miniatures in a color, [N, P, 3]."""
        rgb, _, parts = (part[rows] for part in self.miniatures(hand))
        called = CODE_COLOR[color]
        if called is None:
            return rgb
        return torch.lerp(
            rgb, torch.from_numpy(in_paint(parts[..., 1].numpy(), called)) / 255, parts[..., :1]
        )

    def in_color(self, hand: str, color: int, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Miniatures in a color: how much each pixel says, [N, P], and that x color and x color squared
        [3, N, P]. Where a thing covers half a pixel, half of what is seen there is what lies behind it: such
        a pixel says less by the square.
        """
        rgb, solid = self._colored(hand, color, rows), self.miniatures(hand)[1][rows].square()
        paint = (solid[..., None] * rgb).permute(2, 0, 1).contiguous()
        return solid, paint, (paint * rgb.permute(2, 0, 1)).contiguous()
