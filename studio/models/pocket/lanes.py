"""Things side by side: in which order, in how many lanes, and how wide each may be.

Nouns: a *lane* is a row across the picture. Up to three things stand in one; more stand in two, every other
one behind, so that all keep a good size and their order from left to right still holds.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studio.models.pocket.geometry import EDGE, Tie
from studio.models.pocket.scene import SIZE

GAP = 5.0
_COLUMNS = {
    "left": -1.0,
    "top left": -1.0,
    "bottom left": -1.0,
    "right": 1.0,
    "top right": 1.0,
    "bottom right": 1.0,
}
ORDERING = ("left", "right", "between")


@dataclass(frozen=True)
class Slot:
    """A place in a lane: the x of its middle, how much of its width a thing may keep, 0 back or 1 near."""

    x: float
    scale: float
    lane: int


def ordered(
    row: Sequence[int], places: Mapping[int, str], ties: Sequence[Tie], rng: random.Random
) -> list[int]:
    """The things from left to right, as their places and ties want; the rest by chance."""
    key = {i: _COLUMNS.get(places[i], 0.0) + rng.random() * 0.5 for i in row}
    for _ in range(len(row) + 1):
        for tie in ties:
            if tie.one in key and tie.other in key:
                _obey(tie, key)
    return sorted(row, key=lambda i: key[i])


def _obey(tie: Tie, key: dict[int, float]) -> None:
    one, other = key[tie.one], key[tie.other]
    if (tie.kind == "left" and one >= other) or (tie.kind == "right" and one <= other):
        key[tie.one], key[tie.other] = other, one
    elif tie.kind in ("beside", "with", "under"):
        key[tie.one] = other + 1e-4 * (1 if one > other else -1)
    elif tie.kind == "far" and abs(one - other) < 2:
        key[tie.one] = other + (3.0 if one > other else -3.0)
    elif tie.kind == "between" and tie.second in key:
        key[tie.one] = (other + key[tie.second]) / 2


def one_lane(widths: Sequence[float], apart: bool, rng: random.Random) -> list[Slot]:
    """Side by side, as wide as they fit, the rest of the room shared out; if `apart`, between them."""
    room = SIZE - 2 * EDGE - GAP * (len(widths) + 1)
    scale = min(1.0, room / sum(widths))
    shares = [rng.uniform(0.6, 1.4) for _ in range(len(widths) + 1)]
    if apart:
        shares = [0.1 * shares[0], *shares[1:-1], 0.1 * shares[-1]]
    spare = (SIZE - 2 * EDGE - scale * sum(widths)) / sum(shares)
    slots, x = [], EDGE
    for width, share in zip(widths, shares, strict=False):
        x += spare * share
        slots.append(Slot(x + scale * width / 2, scale, 0))
        x += scale * width
    return slots


def two_lanes(widths: Sequence[float], first: int, rng: random.Random) -> list[Slot]:
    """Every other thing behind, the first one in lane `first`; as wide as leaves its neighbours free."""
    step = (SIZE - 2 * EDGE) / (len(widths) + 1)
    slots: list[Slot] = []
    for at, width in enumerate(widths):
        scale = min(1.0, (2 * step - GAP) / width)
        spare = max(0.0, 2 * step - GAP - scale * width)
        x = EDGE + step * (at + 1) + rng.uniform(-0.25, 0.25) * min(spare, step)
        slots.append(Slot(x, scale, (at + first) % 2))
    return slots
