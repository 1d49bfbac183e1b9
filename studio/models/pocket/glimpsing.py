"""Glimpses: the places of a picture where things may be, looked at closely, and from other sides if need be.

Nouns: a *glimpse* is one such place and what the glance says of it; a `Guess` is what it says the thing is. A
*side* is how else a place can be looked at: turned, from nearer, from farther, or a little beside. The glance
learned from windows that are about right; where the eye was not, another window often is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from studio.models.pocket.blocks import PIXELS
from studio.models.pocket.codes import NAMES
from studio.models.pocket.cutting import pyramid
from studio.models.pocket.glance import Look, Window, window_around
from studio.models.pocket.likeness import Guess
from studio.models.pocket.masking import spread
from studio.models.pocket.scene import Box, Thing
from studio.models.pocket.sight import overlap

MOVED = 0.85  # a box that overlaps its first guess less is looked at again
SAME = 0.6  # overlap of boxes from which on two are one thing

Glance = Callable[[Sequence[Window], Sequence[float]], Look]  # at windows, each turned by so many degrees


class _Side(NamedTuple):
    """Degrees, how much larger the window is, and how far its middle is right and down, in its sides."""

    turn: float = 0.0
    size: float = 1.0
    right: float = 0.0
    down: float = 0.0


TURNED = tuple(_Side(turn=turn) for turn in (45.0, 90.0, 135.0, 180.0, 225.0, 270.0, 315.0))
BESIDE = (
    *(_Side(size=0.7), _Side(size=1.4)),
    *(_Side(right=0.25), _Side(right=-0.25), _Side(down=0.25), _Side(down=-0.25)),
)
TURNS = 3  # of the turned ones count: those from which the glance is surest


@dataclass(frozen=True)
class Glimpse:
    """A place: how bright it is to the eye; what the glance says of it, whether there is anything, and the
    share that others hide; and the picture, its mask and what is free of others, as a `pyramid`.
    """

    heat: float
    present: float
    hidden: float
    guess: Guess
    levels: list[Tensor]


def glimpses(picture: Image.Image, found: list[tuple[float, Box]], glance: Glance) -> list[Glimpse]:
    """A glance at each place, each thing once."""
    windows, look = _looked(found, glance)
    present, hidden = look.present.sigmoid().tolist(), look.hidden.sigmoid().tolist()
    boxes = [_box(look, i, window) for i, window in enumerate(windows)]
    kept: list[int] = []
    for i in sorted(range(len(found)), key=lambda i: -present[i] * found[i][0] ** 0.5):
        if all(overlap(boxes[i], boxes[other]) < SAME for other in kept):
            kept.append(i)
    masks = [spread(look.mask[i].sigmoid(), windows[i], (PIXELS, PIXELS)) for i in kept]
    return [
        Glimpse(found[i][0], present[i], hidden[i], _guess(look, i, windows[i]), levels)
        for i, levels in zip(kept, _planes(picture, masks), strict=True)
    ]


def _looked(found: list[tuple[float, Box]], glance: Glance) -> tuple[list[Window], Look]:
    """Windows around what was found, and a look at each; two, if the first says it is elsewhere."""
    windows = [window_around(box) for _, box in found]
    look = glance(windows, [0.0] * len(windows))
    boxes = [_box(look, i, window) for i, window in enumerate(windows)]
    again = [i for i, (_, box) in enumerate(found) if overlap(box, boxes[i]) < MOVED]
    if again:
        for i in again:
            windows[i] = window_around(boxes[i])
        closer = glance([windows[i] for i in again], [0.0] * len(again))
        for mine, new in zip(look, closer, strict=True):
            mine[again] = new
    return windows, look


def _box(look: Look, row: int, window: Window) -> Box:
    """A thing's box in units, as the glance corrects it."""
    left, top, span = window
    dx, dy, wide, high = look.box[row].tolist()
    width, height = (span * math.exp(min(max(v, -3.0), 0.5)) for v in (wide, high))
    return left + (0.5 + dx) * span - width / 2, top + (0.5 + dy) * span - height / 2, width, height


def _guess(look: Look, row: int, window: Window) -> Guess:
    """What the glance says of one window."""
    angle = math.degrees(math.atan2(float(look.turn[row, 0]), float(look.turn[row, 1])))
    names, colors, flips = (part[row].log_softmax(0) for part in (look.name, look.color, look.flip))
    thing = Thing(NAMES[int(names.argmax())], _box(look, row, window), angle=angle)
    return Guess(thing, names, colors, flips)


def _planes(picture: Image.Image, masks: list[Tensor]) -> list[list[Tensor]]:
    """What a likeness is judged by, of each thing of a picture whose outlines are given [512, 512]."""
    pixels = torch.from_numpy(np.asarray(picture, np.float32) / 255).permute(2, 0, 1)
    planes = []
    for at, mask in enumerate(masks):
        others = torch.stack([*masks[:at], *masks[at + 1 :], torch.zeros_like(mask)])
        hidden = torch.where(others > mask, others, 0.0).amax(0)
        planes.append(pyramid(torch.cat([pixels, mask[None], 1 - hidden[None]])))
    return planes


def from_other_sides(guess: Guess, glance: Glance) -> list[Guess]:
    """What is guessed of a place when it is looked at from other sides."""
    sides = (*TURNED, *BESIDE)
    windows = [_seen_from(side, window_around(guess.thing.box)) for side in sides]
    look = glance(windows, [side.turn for side in sides])
    sure = look.name.log_softmax(1).amax(1)[: len(TURNED)]
    rows = [*sure.topk(TURNS).indices.tolist(), *range(len(TURNED), len(sides))]
    return [_turned_back(_guess(look, row, windows[row]), windows[row], sides[row].turn) for row in rows]


def _seen_from(side: _Side, window: Window) -> Window:
    x, y, span = window
    margin = span * (1 - side.size) / 2
    return x + margin + side.right * span, y + margin + side.down * span, span * side.size


def _turned_back(guess: Guess, window: Window, turn: float) -> Guess:
    """A guess about a turned window, as one about the picture."""
    x, y, width, height = guess.thing.box
    middle_x, middle_y = window[0] + window[2] / 2, window[1] + window[2] / 2
    right, down = x + width / 2 - middle_x, y + height / 2 - middle_y
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    x, y = middle_x + right * cos - down * sin, middle_y + right * sin + down * cos
    box = (x - width / 2, y - height / 2, width, height)
    return replace(guess, thing=replace(guess.thing, box=box, angle=guess.thing.angle + turn))
