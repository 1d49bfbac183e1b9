"""What is worn goes with who wears it: a dog that moves keeps its hat on.

A scene does not say who wears what, so it is told from the boxes: something to wear where it would sit. The
order of depth is no help, since a scene that was seen and not written has it only by guess.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from studio.models.pocket.describing import animate
from studio.models.pocket.geometry import WEARABLE, center
from studio.models.pocket.poses import normal
from studio.models.pocket.scene import Box, Scene, Thing


def worn(scene: Scene, index: int) -> tuple[Thing, ...]:
    """The things that the thing at `index` wears."""
    wearer = scene.things[index]
    if not animate(wearer.name):
        return ()
    return tuple(t for t in scene.things if t.name in WEARABLE and _sits(t.box, wearer.box))


def _sits(box: Box, on: Box) -> bool:
    x, y = center(box)
    small = box[2] * box[3] < 0.6 * on[2] * on[3]
    return small and on[0] <= x <= on[0] + on[2] and on[1] - 0.3 * on[3] <= y <= on[1] + on[3]


def bring_along(scene: Scene, carried: Iterable[Thing], before: Thing, after: Thing) -> Scene:
    """The scene with what is carried where it was in relation to its wearer, which has changed."""
    old = list(carried)
    same = (before.box, before.flip, before.angle) == (after.box, after.flip, after.angle)
    if not old or same:
        return scene
    things: list[Thing] = []
    for thing in scene.things:
        if not any(thing is one for one in old):
            things.append(thing)
        if thing is after:  # in front of its wearer, wherever that has come to be
            things += [_moved(one, before, after) for one in old]
    return replace(scene, things=tuple(things))


def _moved(thing: Thing, before: Thing, after: Thing) -> Thing:
    (x, y, w, h), (bx, by, bw, bh), (ax, ay, aw, ah) = thing.box, before.box, after.box
    turned = before.flip != after.flip
    left = bw - (x - bx) - w if turned else x - bx
    scale = max(aw / bw, ah / bh) if before.name == after.name else aw / bw
    nx, ny = ax + left * aw / bw, ay + (y - by) * ah / bh
    w, h, by = w * scale, h * scale, after.angle - before.angle
    cx, cy = _around(center(after.box), (nx + w / 2, ny + h / 2), by)
    box = (round(cx - w / 2, 1), round(cy - h / 2, 1), round(w, 1), round(h, 1))
    return replace(thing, box=box, flip=thing.flip != turned, angle=normal(thing.angle + by))


def _around(pivot: tuple[float, float], point: tuple[float, float], degrees: float) -> tuple[float, float]:
    """A point carried clockwise around another."""
    turn = math.radians(degrees)
    dx, dy = point[0] - pivot[0], point[1] - pivot[1]
    return (
        pivot[0] + dx * math.cos(turn) - dy * math.sin(turn),
        pivot[1] + dx * math.sin(turn) + dy * math.cos(turn),
    )
