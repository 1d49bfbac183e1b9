"""Which thing is in front of which: the sky last, then by how low they reach, unless a tie says otherwise."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from studio.models.pocket.geometry import Tie
from studio.models.pocket.scene import Box

TOUCHING = ("under", "on", "in", "inside", "behind", "front", "wear", "hold")


def back_to_front(
    boxes: Mapping[int, Box], first: int, sky: Collection[int], ties: Iterable[Tie]
) -> list[int]:
    """The indexes of all boxes, back to front; those below `first` keep the order they have."""
    order = list(range(first))
    added = [i for i in boxes if i >= first]
    for index in sorted(added, key=lambda i: (i not in sky, _low(boxes[i]))):
        order.insert(0 if index in sky else _behind_lower(index, order, boxes), index)
    for tie in ties:
        _reorder(tie, order, first)
    return order


def _low(box: Box) -> float:
    return box[1] + box[3]


def _behind_lower(index: int, order: list[int], boxes: Mapping[int, Box]) -> int:
    """The place right behind the things that reach lower."""
    at = len(order)
    while at and _low(boxes[order[at - 1]]) > _low(boxes[index]) + 1:
        at -= 1
    return at


def _reorder(tie: Tie, order: list[int], first: int) -> None:
    """Bring two things that touch into the order their tie wants; rather the new one moves."""
    behind, front = (tie.one, tie.other) if tie.kind in ("behind", "inside") else (tie.other, tie.one)
    if tie.kind not in TOUCHING or order.index(behind) < order.index(front):
        return
    mover = tie.one if tie.one >= first else tie.other
    order.remove(mover)
    order.insert(order.index(front) if mover == behind else order.index(behind) + 1, mover)
