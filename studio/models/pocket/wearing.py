"""What is worn goes with who wears it: a dog that moves keeps its hat on.

A scene does not say who wears what, so it is told from the boxes: something to wear where it would sit. The
order of depth is no help, since a scene that was seen and not written has it only by guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from studio.models.pocket.describing import animate
from studio.models.pocket.geometry import WEARABLE, center
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
    if not old or (before.box == after.box and before.flip == after.flip):
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
    box = (round(nx, 1), round(ny, 1), round(w * scale, 1), round(h * scale, 1))
    return replace(thing, box=box, flip=thing.flip != turned)
