"""Looking for a thing all around: many poses, all names, where a glance was wrong about how something lies.

Nouns: a *gain* is what a drawing in a pose explains of what is seen there, less what it gets wrong, in square
units; a *start* is a name in a color and a pose of some gain, to be registered from there. Names differ in
how wide they are for their height, and are tried in *shapes*: groups of about the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from studio.models.pocket.codes import CODE_COLOR, HAND_OF_STYLE, NAMES
from studio.models.pocket.cutting import cuts, posed
from studio.models.pocket.drafting import WHITE, Light
from studio.models.pocket.likeness import GLOWING, Claim, Drawing, Guess, Likeness
from studio.models.pocket.memory import MINI
from studio.models.pocket.registering import COARSE, FINE
from studio.models.pocket.scene import SIZE
from studio.models.pocket.sight import ALTERNATIVES
from studio.models.pocket.things import THINGS

SMALL = 12  # pixels a side of what drawings are compared at while their poses are rough
ROUGHLY, CLOSELY = 0.04, 0.012  # the square of a difference in color up to which a pixel is explained
OUTSIDE = 0.3  # what explaining a pixel is worth where no thing was thought to be
STEP, STEPS = 0.12, 3  # of middles, in sides, and how many either way
GROWTH, SIZES = 1.17, 4  # of sizes, and how many either way
TURNS = 36  # directions that an outline is measured in
SHAPE = 0.16  # logarithm of width by height between shapes
STARTS, FINALISTS = 200, 40  # are registered roughly, and those of them that then explain most, better
ROUGH = (12, 12)  # pixels a side of the template, pass by pass
COLORS = 4  # are tried: the likeliest
SHARP = 30.0  # how sure a gain that is larger by the whole thing's area makes


class _Small(NamedTuple):
    """Drawings in a color: alpha [N, P], alpha x color and alpha x color squared [3, N, P]."""

    alpha: Tensor
    paint: Tensor
    power: Tensor

    def of(self, names: Tensor) -> _Small:
        return _Small(self.alpha[names], self.paint[:, names], self.power[:, names])


class _Starts(NamedTuple):
    """Gains [K], numbers of names [K] and colors [K], and poses [K, 6]."""

    gain: Tensor
    name: Tensor
    color: Tensor
    pose: Tensor


class Search:
    """Searches with the drawings that a likeness knows."""

    def __init__(self, likeness: Likeness) -> None:
        self.likeness = likeness
        self.small = lru_cache(maxsize=12)(self._small)

    def claim(self, levels: Sequence[Tensor], guess: Guess, style: str, light: Light) -> Claim:
        """What a thing most likely is that lies anywhere near a guess; `levels` as in `Likeness.claim`."""
        hand, likeness = HAND_OF_STYLE[style], self.likeness
        drawn = {color: self.small(hand, color) for color in guess.colors.topk(COLORS).indices.tolist()}
        every = [
            best
            for names, poses in _tried(levels, guess)
            for best in _best(levels, names, poses, drawn, light)
        ]
        starts = _Starts(*(torch.cat(parts) for parts in zip(*every, strict=True)))
        chosen = _distinct(starts)
        looks = [
            Drawing(int(starts.name[i]), int(starts.color[i]), bool(starts.pose[i, 5] < 0)) for i in chosen
        ]
        poses = likeness.closely(levels, starts.pose[chosen], looks, hand, light, ROUGH)
        likely = self._gains(levels, poses, looks, hand, light).argsort(descending=True)[:FINALISTS]
        looks = [looks[i] for i in likely.tolist()]
        ends = likeness.closely(levels, poses[likely], looks, hand, light, COARSE)
        gains = self._gains(levels, ends, looks, hand, light)
        return _claimed(likeness, levels, gains, ends, looks, hand, light)

    def _gains(
        self, levels: Sequence[Tensor], poses: Tensor, looks: Sequence[Drawing], hand: str, light: Light
    ) -> Tensor:
        """The gains of drawings in poses [K, 6], seen closely, [K]."""
        cut = torch.cat([cuts(levels, pose[None], MINI) for pose in poses])
        colors = self.likeness.lit(looks, hand, light).color
        names = torch.tensor([look.name for look in looks])
        alpha = self.likeness.miniatures(hand)[1][names].view(-1, MINI, MINI)
        apart = (cut[:, :3] - colors).square().mean(1).clamp(max=3 * CLOSELY)
        gains = (cut[:, 4] * alpha.square() * (_worth(cut[:, 3], CLOSELY) - apart)).sum((1, 2))
        return gains * poses[:, 2] * poses[:, 3] / MINI**2

    def _small(self, hand: str, color: int) -> _Small:
        """All drawings by a hand in a color, at the size of rough poses."""

        def reduced(plane: Tensor) -> Tensor:
            return F.avg_pool2d(plane.view(-1, 1, MINI, MINI), MINI // SMALL).flatten(1)

        alpha, paint, power = self.likeness.in_color(hand, color, torch.arange(len(NAMES)))
        return _Small(
            reduced(alpha),
            torch.stack([reduced(part) for part in paint]),
            torch.stack([reduced(part) for part in power]),
        )


def _claimed(
    likeness: Likeness,
    levels: Sequence[Tensor],
    gains: Tensor,
    poses: Tensor,
    looks: Sequence[Drawing],
    hand: str,
    light: Light,
) -> Claim:
    """The claim that the largest gain makes, its pose registered once more."""
    best = int(gains.argmax())
    pose = likeness.closely(levels, poses[[best]], [looks[best]], hand, light, FINE)[0]
    scores = gains * (SHARP / float(CLOSELY * pose[2] * pose[3]))
    by_name: dict[int, float] = {}
    painted = torch.full((len(CODE_COLOR),), -torch.inf)
    for score, look in zip(scores.tolist(), looks, strict=True):
        by_name[look.name] = max(score, by_name.get(look.name, -math.inf))
        if look.name == looks[best].name:
            painted[look.color] = max(score, float(painted[look.color]))
    order = sorted(by_name, key=lambda name: -by_name[name])[:ALTERNATIVES]
    sure = torch.tensor(list(by_name.values())).softmax(0).max()
    color = CODE_COLOR[looks[best].color]
    names = tuple(NAMES[name] for name in order)
    return Claim(posed(names[0], color, pose), names, float(sure), painted.softmax(0), float(scores[best]))


def _tried(levels: Sequence[Tensor], guess: Guess) -> Iterator[tuple[Tensor, Tensor]]:
    """Names of one shape [N] and poses to try them in [K, 6], unmirrored."""
    around, seen = _around(guess), _measured(levels)
    for shape, names in _shapes().items():
        aspect = math.exp(SHAPE * shape)
        wide, high = (1.0, 1 / aspect) if aspect >= 1 else (aspect, 1.0)
        for size in range(-SIZES, SIZES + 1):
            longer = max(guess.thing.box[2:]) * GROWTH**size
            poses = around.clone()
            poses[:, 2], poses[:, 3] = longer * wide, longer * high
            yield names, poses
        alike = ((seen[:, 2] / seen[:, 3]).log() / SHAPE - shape).abs() < 2
        if alike.any():
            yield names, seen[alike]


def _around(guess: Guess) -> Tensor:
    """Poses of no size yet, upright and as the guess leans, on a grid around its middle."""
    x, y, width, height = guess.thing.box
    steps = torch.arange(-STEPS, STEPS + 1) * STEP * math.sqrt(width * height)
    leaning = torch.tensor([math.radians(angle) for angle in {0.0, float(round(guess.thing.angle))}])
    grid = torch.cartesian_prod(x + width / 2 + steps, y + height / 2 + steps, leaning)
    poses = torch.ones(len(grid), 6)
    poses[:, 0], poses[:, 1], poses[:, 4] = grid.unbind(1)
    return poses


def _measured(levels: Sequence[Tensor]) -> Tensor:
    """Poses [K, 6] that just hold what is thought to be the thing, any way round, and a little larger."""
    mask = levels[2][3]
    y, x = ((at + 0.5) * SIZE / mask.shape[-1] for at in (mask > 0.5).nonzero(as_tuple=True))
    if len(x) < 12:
        return torch.ones(0, 6)
    turns = torch.arange(TURNS) * (2 * math.pi / TURNS)
    cos, sin = turns.cos(), turns.sin()
    ends = torch.tensor([0.005, 0.995])
    u = torch.quantile(x * cos[:, None] + y * sin[:, None], ends, 1)
    v = torch.quantile(y * cos[:, None] - x * sin[:, None], ends, 1)
    middle_u, middle_v = u.mean(0), v.mean(0)
    poses = torch.stack(
        [
            middle_u * cos - middle_v * sin,
            middle_u * sin + middle_v * cos,
            u[1] - u[0] + 2,
            v[1] - v[0] + 2,
            turns,
            torch.ones(TURNS),
        ],
        1,
    )
    larger = poses.clone()
    larger[:, 2:4] *= 1.18
    return torch.cat([poses, larger])


def _best(
    levels: Sequence[Tensor], names: Tensor, poses: Tensor, drawn: Mapping[int, _Small], light: Light
) -> Iterator[_Starts]:
    """Of each name the two best of the poses, in every color, mirrored and not."""
    seen = cuts(levels, poses, SMALL)
    area = (poses[:, 2] * poses[:, 3]) / SMALL**2
    for flip, cut in ((1.0, seen), (-1.0, seen.flip(3))):
        for color, small in drawn.items():
            gains = _gains(cut, small.of(names), names, light) * area[:, None]
            most, which = gains.topk(min(2, len(poses)), 0)
            mirrored = poses[which.flatten()].clone()
            mirrored[:, 5] = flip
            yield _Starts(
                most.flatten(), names.repeat(len(most)), torch.full((most.numel(),), color), mirrored
            )


def _gains(seen: Tensor, small: _Small, names: Tensor, light: Light) -> Tensor:
    """Gains of drawings in cuts [K, 5, SMALL, SMALL], [K, names], in pixels."""
    rgb, mask, free = seen[:, :3].flatten(2), seen[:, 3].flatten(1), seen[:, 4].flatten(1)
    worth = (free * _worth(mask, ROUGHLY)) @ small.alpha.T
    square = (free[:, None] * rgb.square()).sum(1) @ small.alpha.T
    cross = torch.stack([(free * rgb[:, c]) @ small.paint[c].T for c in range(3)])
    power = torch.stack([free @ small.power[c].T for c in range(3)])
    costs = []
    for gains in (light, WHITE):
        gain = torch.tensor(gains)[:, None, None]
        costs.append(square + (gain.square() * power - 2 * gain * cross).sum(0))
    return worth - torch.where(GLOWING[names], costs[1], costs[0]) / 3


def _worth(mask: Tensor, explained: float) -> Tensor:
    """What explaining a pixel is worth: more where a thing is thought to be."""
    return explained * (OUTSIDE + (1 - OUTSIDE) * mask)


def _distinct(starts: _Starts) -> list[int]:
    """The starts with the largest gains, at most two of a name."""
    chosen: list[int] = []
    count = torch.zeros(len(NAMES), dtype=torch.long)
    for i in starts.gain.argsort(descending=True).tolist():
        name = starts.name[i]
        if count[name] < 2:
            count[name] += 1
            chosen.append(i)
        if len(chosen) == STARTS:
            break
    return chosen


@lru_cache(maxsize=1)
def _shapes() -> dict[int, Tensor]:
    """The numbers of names by their shape."""
    aspects = torch.tensor([THINGS[name].aspect for name in NAMES])
    shapes = (aspects.log() / SHAPE).round().long()
    return {shape: (shapes == shape).nonzero()[:, 0] for shape in sorted(set(shapes.tolist()))}
