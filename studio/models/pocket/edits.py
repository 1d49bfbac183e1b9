"""The changes a scene can go through, each a pure function; whatever is not changed keeps its exact value.

The renderer draws again only what differs, so no function here touches a `Thing` it was not asked to.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable
from dataclasses import replace

from studio.models.pocket.backdrops import INDOORS, fair, fitting, under_sky
from studio.models.pocket.depth import TOUCHING
from studio.models.pocket.geometry import (
    CONTAINERS,
    EDGE,
    Tie,
    aspect_box,
    beside,
    center,
    inside,
    room_beside,
    stands,
)
from studio.models.pocket.items import Setting
from studio.models.pocket.layout import Wish, compose
from studio.models.pocket.phrasing import NotUnderstood
from studio.models.pocket.poses import around, normal
from studio.models.pocket.scene import BACKDROPS, LANDS, SIZE, Background, Box, Scene, Thing
from studio.models.pocket.things import THINGS

_INSIDE = {"room": "in a room", "underwater": "under water"}
LARGEST = SIZE - 2 * EDGE
SMALLEST = 20.0
_SIZES = {"tiny": (0.5, 44.0), "small": (0.7, 70.0), "big": (1.35, 130.0), "huge": (1.7, 190.0)}
_STEPS = {"little": 0.09, "": 0.2, "much": 0.42}
_WAYS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
_PARTS = {
    "left": (0.0, None),
    "right": (1.0, None),
    "top": (None, 0.0),
    "bottom": (None, 1.0),
    "middle": (0.5, 0.5),
}


def change(scene: Scene, index: int, thing: Thing) -> Scene:
    """The scene with one thing exchanged for another, in the same depth."""
    things = (*scene.things[:index], thing, *scene.things[index + 1 :])
    return replace(scene, things=things)


def remove(scene: Scene, indexes: Collection[int]) -> Scene:
    """The scene without these things."""
    return replace(scene, things=tuple(t for i, t in enumerate(scene.things) if i not in indexes))


def recolor(scene: Scene, index: int, color: str) -> Scene:
    """One thing in another color."""
    thing = scene.things[index]
    return change(scene, index, replace(thing, color=color))


def flip(scene: Scene, index: int, way: str) -> Scene:
    """One thing looking the other way; drawings look to the left unless flipped."""
    thing = scene.things[index]
    return change(scene, index, replace(thing, flip=not thing.flip if way == "other" else way == "right"))


def turn(scene: Scene, index: int, degrees: float, by: bool) -> Scene:
    """One thing turned about its middle, clockwise: `by` so many degrees, or to that angle."""
    thing = scene.things[index]
    angle = normal(thing.angle + degrees if by else degrees)
    box = inside(thing.box, angle) if _within(around(thing.box, thing.angle)) else thing.box
    return change(scene, index, replace(thing, angle=angle, box=box))


def express(scene: Scene, index: int, name: str) -> Scene:
    """One thing with another expression, which is another thing; its looks stay, its feet too."""
    old = scene.things[index]
    w, h = aspect_box(name, max(old.box[2:]))
    box = (center(old.box)[0] - w / 2, old.box[1] + old.box[3] - h, w, h)
    box = inside(box, old.angle) if _within(old.box) else box
    return change(scene, index, replace(old, name=name, box=box if name != old.name else old.box))


def mirror(scene: Scene) -> Scene:
    """The whole picture, left and right exchanged."""

    def other(t: Thing) -> Thing:
        box = (SIZE - t.box[0] - t.box[2], *t.box[1:])
        return replace(t, box=box, flip=not t.flip, angle=normal(-t.angle))

    return replace(scene, things=tuple(other(thing) for thing in scene.things))


def become(
    scene: Scene,
    index: int,
    name: str,
    color: str | None,
    size: str | None = None,
    reference: int | None = None,
) -> Scene:
    """Another thing in the place of one, as large and standing where it stood."""
    old = scene.things[index]
    w, h = aspect_box(name, max(old.box[2:]))
    x, foot = center(old.box)[0] - w / 2, old.box[1] + old.box[3]
    y = foot - h if stands(old.name, scene.background) else center(old.box)[1] - h / 2
    box = old.box if name == old.name else (x, y, w, h)
    box = box if name == old.name or not _within(old.box) else inside(box, old.angle)
    scene = change(scene, index, Thing(name, box, color, old.flip, old.angle, reference))
    return resize_to(scene, index, size) if size else scene


def resize(scene: Scene, index: int, factor: float) -> Scene:
    """One thing larger or smaller: its feet stay, or its middle where it does not stand."""
    thing = scene.things[index]
    x, y, w, h = thing.box
    longest = max(w, h, 1.0)
    factor = min(max(longest * factor, SMALLEST), LARGEST) / longest
    nw, nh = w * factor, h * factor
    top = y + h - nh if stands(thing.name, scene.background) else y + (h - nh) / 2
    box = (x + (w - nw) / 2, top, nw, nh)
    return change(scene, index, replace(thing, box=inside(box) if _within(thing.box) else box))


def resize_to(scene: Scene, index: int, size: str) -> Scene:
    """One thing "tiny", "small", "big" or "huge": at least that much changed, at least that far."""
    factor, side = _SIZES[size]
    longest = max(max(scene.things[index].box[2:]), 1.0)
    wanted = max(longest * factor, side) if factor > 1 else min(longest * factor, side)
    return resize(scene, index, wanted / longest)


def put(scene: Scene, index: int, place: str, rng: random.Random) -> Scene:
    """One thing in a place of the picture, such as "top right"."""
    thing = scene.things[index]
    x, y, w, h = thing.box
    room_x, room_y = SIZE - 2 * 10 - w, SIZE - 2 * 10 - h
    if place == "corner":
        place = _corner(thing.box)
    if place == "other":
        return _moved(scene, index, SIZE - x - w, y)
    if place in ("sky", "air"):
        return _moved(scene, index, x, rng.uniform(8, max(9.0, (scene.background.horizon or 150) - h - 8)))
    if place == "ground":
        low = scene.background.horizon or 150
        return _moved(scene, index, x, max(low + 0.4 * (SIZE - low) - h, y) if y + h < low + 20 else y)
    if place == "front":
        return _moved(resize(scene, index, 1.3), index, None, SIZE)
    if place == "far":
        smaller = resize(scene, index, 0.6)
        box = smaller.things[index].box
        return _moved(smaller, index, None, (scene.background.horizon or 140) + 6 - box[3])
    for part in place.split():
        px, py = _PARTS.get(part, (None, None))
        if place == "middle" and scene.background.kind in LANDS and stands(thing.name, scene.background):
            py = None
        x = 10 + px * room_x if px is not None else x
        y = 10 + py * room_y if py is not None else y
    return _moved(scene, index, x, y)


def _corner(box: Box) -> str:
    """The corner that a box is nearest to."""
    x, y = center(box)
    return f"{'top' if y < SIZE / 2 else 'bottom'} {'left' if x < SIZE / 2 else 'right'}"


def shift(scene: Scene, index: int, way: str, amount: str) -> Scene:
    """One thing a step in a direction; away is up and smaller, closer the other way round."""
    if way in ("closer", "away"):
        factor = {"little": 1.15, "": 1.35, "much": 1.8}[amount]
        return resize(scene, index, factor if way == "closer" else 1 / factor)
    dx, dy = _WAYS[way]
    x, y, _, _ = scene.things[index].box
    step = _STEPS[amount] * SIZE
    return _moved(scene, index, x + dx * step, y + dy * step)


def relate(scene: Scene, index: int, kind: str, other: int, second: int | None, rng: random.Random) -> Scene:
    """One thing moved into a relation with another one (or between two)."""
    thing, anchor = scene.things[index], scene.things[other]
    kind = "inside" if kind == "in" and anchor.name in CONTAINERS else kind
    fit = min(1.0, room_beside(kind, anchor) / max(thing.box[2], 1.0))
    thing = replace(thing, box=(*thing.box[:2], thing.box[2] * fit, thing.box[3] * fit))
    box = beside(kind, thing.name, thing.box[2:], anchor, rng)
    if kind == "between" and second is not None:
        last = scene.things[second]
        middle = (center(anchor.box)[0] + center(last.box)[0]) / 2
        box = (middle - thing.box[2] / 2, anchor.box[1] + anchor.box[3] - thing.box[3], *thing.box[2:])
    scene = change(scene, index, replace(thing, box=inside(box, thing.angle)))
    if kind not in TOUCHING:
        return scene
    order = list(scene.things)
    moved = order.pop(index)
    at = next(i for i, t in enumerate(order) if t is anchor)
    order.insert(len(order) if kind == "front" else at if kind in ("behind", "inside") else at + 1, moved)
    return replace(scene, things=tuple(order))


def exchange(scene: Scene, one: int, other: int) -> Scene:
    """Two things in each other's place; their feet, or middles, stand where the other's stood."""
    a, b = scene.things[one], scene.things[other]
    return change(change(scene, one, replace(a, box=_in_place(a, b))), other, replace(b, box=_in_place(b, a)))


def _in_place(thing: Thing, other: Thing) -> Box:
    w, h = thing.box[2:]
    return inside((center(other.box)[0] - w / 2, other.box[1] + other.box[3] - h, w, h))


def more(scene: Scene, wishes: tuple[Wish, ...], ties: tuple[Tie, ...], rng: random.Random) -> Scene:
    """The scene with more things in it; those there stay as they are."""
    return replace(scene, things=compose(scene.background, scene.things, wishes, ties, rng))


def repaint(scene: Scene, said: Setting, rng: random.Random) -> Scene:
    """The scene on another background, or at another time; what is not said stays."""
    old = scene.background
    kind = said.kind if said.kind not in (None, "ground") else None
    if kind == "plain" and old.kind in BACKDROPS and said.color:
        kind = old.kind
    if said.color and kind not in BACKDROPS:
        kind = old.kind if old.kind in BACKDROPS else "plain"
    if kind in BACKDROPS:
        color = said.color or old.color or "white"
        return replace(scene, background=Background(kind, color=color))
    if kind == "space":
        return replace(scene, background=Background("space"))
    return replace(scene, background=_landscape(scene, replace(said, kind=kind), rng))


def sky(scene: Scene, color: str, rng: random.Random) -> Scene:
    """The scene under a sky of that color, as near as a time of day or the weather comes to it."""
    return repaint(scene, under_sky(color), rng)


def _landscape(scene: Scene, said: Setting, rng: random.Random) -> Background:
    old, kind = scene.background, said.kind
    if kind is None:
        home = fitting([thing.name for thing in scene.things])
        kind = old.kind if old.kind in LANDS else home if home in LANDS else "meadow"
        if said.weather not in (None, "clear") and kind in INDOORS:
            raise NotUnderstood(
                f"There is no weather {_INSIDE[kind]}; say where else it is, “on a meadow in the rain”."
            )
    horizon = old.horizon if old.kind in LANDS and old.horizon else _horizon(scene.things, rng)
    weather = fair(kind, said.weather or old.weather)
    return Background(kind, time=said.time or old.time or "day", horizon=horizon, weather=weather)


def _horizon(things: Iterable[Thing], rng: random.Random) -> int:
    """A horizon a little above where the highest feet stand, so that things on a plain wall land on the
    ground.
    """
    feet = [t.box[1] + t.box[3] for t in things if not THINGS[t.name].flies]
    highest = min(feet, default=200.0) - rng.uniform(6, 24)
    return round(min(max(highest, 130.0), 175.0))


def _within(box: Box) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[0] + box[2] <= SIZE and box[1] + box[3] <= SIZE


def _moved(scene: Scene, index: int, x: float | None, y: float | None) -> Scene:
    thing = scene.things[index]
    box = thing.box
    moved = inside((box[0] if x is None else x, box[1] if y is None else y, box[2], box[3]))
    return change(scene, index, replace(thing, box=moved))
