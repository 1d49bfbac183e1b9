"""Boxes of things: how large a drawing is, and where it goes that stands in a relation to another.

Nouns: a `Tie` is a relation between two things, by their indexes. Positions are those of a picture book: a
hat sits on the head, what is behind peeks out at the side, what is under a tree stands at its foot.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from studio.models.pocket.poses import extent
from studio.models.pocket.scene import LANDS, SIZE, Background, Box, Thing
from studio.models.pocket.things import THINGS

EDGE = 4.0
_HATS = ("top hat", "sun hat", "cap", "crown")
WEARABLE = (*_HATS, "scarf", "glasses", "headphones", "ring", "backpack")
# How deep, in parts of its height, something sits in what it is put on.
_SEATS = {
    "chair": 0.42,
    "couch": 0.5,
    "bed": 0.5,
    "bucket": 0.25,
    "horse": 0.25,
    "canoe": 0.4,
    "sailboat": 0.3,
    "speedboat": 0.35,
    "island": 0.4,
    "bicycle": 0.3,
    "motorcycle": 0.35,
    "tree": 0.2,
    "rock": 0.12,
    "log": 0.2,
    "skateboard": 0.2,
    "bathtub": 0.4,
    "cow": 0.25,
    "donkey": 0.25,
    "elephant": 0.2,
    "camel": 0.3,
    "scooter": 0.35,
}
# What is "in" one of these looks out behind its rim; in anything else, such as a tree, it is in front.
CONTAINERS = (
    "bucket",
    "backpack",
    "suitcase",
    "coffee",
    "canoe",
    "sailboat",
    "speedboat",
    "car",
    "gift",
    "popcorn",
    *("box", "basket", "bathtub", "bowl", "shopping cart", "truck", "trash can", "boot", "vase", "handbag"),
    *("money bag", "toilet", "mailbox", "cargo ship", "race car", "taxi", "bus", "train"),
)
# These are drawn from the side and look left, so that their head is not in the middle.
_SIDEWAYS = frozenset(
    (
        *(
            "dog",
            "cat",
            "pig",
            "rabbit",
            "sheep",
            "kangaroo",
            "tiger",
            "horse",
            "cow",
            "zebra",
            "deer",
            "camel",
        ),
        *("giraffe", "elephant", "mouse", "turtle", "snail", "duck", "swan", "rooster", "flamingo"),
        *("crocodile", "dinosaur"),
    )
)


@dataclass(frozen=True)
class Tie:
    """`one` stands in this relation to `other` (and, for "between", to `second` as well)."""

    kind: str
    one: int
    other: int
    second: int | None = None


def aspect_box(name: str, side: float) -> tuple[float, float]:
    """Width and height of a thing whose longer side is `side`."""
    aspect = THINGS[name].aspect
    return (side, side / aspect) if aspect >= 1 else (side * aspect, side)


def inside(box: Box, angle: float = 0.0) -> Box:
    """The box moved, and if need be shrunk, so that it lies on the canvas when turned by so many degrees."""
    x, y, w, h = box
    wide, high = extent((w, h), angle)
    scale = min(1.0, (SIZE - 2 * EDGE) / max(wide, high, 1.0))
    cx, cy = x + w * scale / 2, y + h * scale / 2
    w, h, wide, high = w * scale, h * scale, wide * scale, high * scale
    cx = min(max(cx, EDGE + wide / 2), SIZE - EDGE - wide / 2)
    cy = min(max(cy, EDGE + high / 2), SIZE - EDGE - high / 2)
    return (round(cx - w / 2, 1), round(cy - h / 2, 1), round(w, 1), round(h, 1))


def floats(name: str, background: Background) -> bool:
    """Whether a thing needs no ground there: what flies, and what swims under water."""
    kind = THINGS[name]
    return kind.flies or (background.kind == "underwater" and kind.home == "water")


def stands(name: str, background: Background) -> bool:
    """Whether a thing has its feet on the ground there."""
    return background.kind in LANDS and not floats(name, background)


def upright(tie: Tie, first: int) -> Tie:
    """ "A below B" is "B above A", unless B is there already and must not move."""
    if tie.kind == "below" and tie.other >= first:
        return Tie("above", tie.other, tie.one)
    if tie.kind == "front" and tie.other >= first and tie.one < first:
        return Tie("behind", tie.other, tie.one)
    return tie


def grounded(tie: Tie, names: Sequence[str], first: int, background: Background) -> Tie:
    """What flies comes down to what stands, not the other way round: "a mouse behind a bee"."""
    if tie.kind == "in" and names[tie.other] in CONTAINERS:
        return Tie("inside", tie.one, tie.other)
    turned = {"behind": "front", "front": "behind"}.get(tie.kind)
    if not turned or background.kind not in LANDS or tie.other < first or tie.one < first:
        return tie
    if floats(names[tie.other], background) and not floats(names[tie.one], background):
        return Tie(turned, tie.other, tie.one)
    return tie


def overlap(a: Box, b: Box) -> float:
    """How much of the smaller of two boxes the other one covers, 0 to 1."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / max(min(a[2] * a[3], b[2] * b[3]), 1.0)


def apart(a: Box, b: Box) -> float:
    """How far two boxes are from touching."""
    dx = max(a[0] - b[0] - b[2], b[0] - a[0] - a[2], 0.0)
    dy = max(a[1] - b[1] - b[3], b[1] - a[1] - a[3], 0.0)
    return float(max(dx, dy))


def center(box: Box) -> tuple[float, float]:
    """The middle of a box."""
    return box[0] + box[2] / 2, box[1] + box[3] / 2


def head(thing: Thing) -> tuple[float, float]:
    """Where a hat goes on a thing: x of the head, and y of its top."""
    x, y, w, h = thing.box
    part = 0.3 if thing.name in _SIDEWAYS else 0.5
    return x + w * (1 - part if thing.flip else part), y + 0.06 * h


def room_beside(kind: str, anchor: Thing) -> float:
    """How wide a thing may be that is to stand left or right of another and still be seen to; at least 34."""
    x, _, w, _ = anchor.box
    free = {"left": x - EDGE, "right": SIZE - EDGE - x - w}.get(kind, float(SIZE))
    return max(free + 0.25 * w, 34.0)


def beside(kind: str, name: str, size: tuple[float, float], anchor: Thing, rng: random.Random) -> Box:
    """A box of that size in relation `kind` to another thing. It may hang over the edge."""
    w, h = size
    x, y, aw, ah = anchor.box
    cx, foot, gap = x + aw / 2, y + ah, rng.uniform(3, 12)
    if kind in ("left", "right", "beside", "with"):
        right = kind == "right" or (kind != "left" and SIZE - (x + aw) > x)
        low = foot - h if not THINGS[anchor.name].flies else y + ah / 2 - h / 2
        return (x + aw + gap if right else x - w - gap, low, w, h)
    if kind == "far":
        return (EDGE if cx > SIZE / 2 else SIZE - EDGE - w, foot - h, w, h)
    if kind == "above":
        return (cx - w / 2, y - h - gap, w, h)
    if kind == "below":
        return (cx - w / 2, foot + gap, w, h)
    if kind == "under":
        tall = ah > 1.25 * h
        return (cx - w / 2 + rng.uniform(-0.12, 0.12) * aw, foot - h * 0.9 if tall else foot + gap, w, h)
    if kind == "on":
        return (cx - w / 2, y - h + _SEATS.get(anchor.name, 0.12) * ah, w, h)
    if kind == "in":
        return (cx - w / 2, y + ah * 0.45 - h * 0.6, w, h)
    if kind == "inside":
        return (cx - w / 2, y + ah * 0.14 - h * 0.68, w, h)
    if kind == "behind":
        side = rng.choice((-1, 1)) if w > 0.6 * aw else (-1 if cx > SIZE / 2 else 1)
        return (cx - w / 2 + side * 0.42 * aw, foot - h - 0.12 * ah, w, h)
    if kind == "front":
        return (cx - w / 2 + rng.uniform(-0.3, 0.3) * aw, foot - h + 0.1 * ah + 4, w, h)
    return _worn(kind, name, size, anchor)


def _worn(kind: str, name: str, size: tuple[float, float], anchor: Thing) -> Box:
    (w, h), (x, y, aw, ah) = size, anchor.box
    hx, hy = head(anchor)
    if kind == "hold":
        return (x + aw - 0.25 * w, y + 0.3 * ah - h * 0.6, w, h)
    if name in _HATS:
        return (hx - w / 2, hy - h * 0.72, w, h)
    if name == "glasses":
        return (hx - w / 2, hy + 0.24 * ah, w, h)
    if name == "headphones":
        return (hx - w / 2, hy - 0.1 * ah, w, h)
    return (hx - w / 2, hy + 0.42 * ah, w, h)


def inside_side(name: str, anchor: Thing) -> float:
    """The longer side of something that fits into another thing."""
    width = anchor.box[2] * 0.74
    aspect = THINGS[name].aspect
    return max(width, width / aspect)


def worn_side(name: str, anchor: Thing) -> float:
    """The longer side of something worn by, or held by, another thing."""
    width = anchor.box[2] * (0.7 if head(anchor)[0] == center(anchor.box)[0] else 0.45)
    if name == "balloon":
        return max(anchor.box[2:]) * 0.7
    aspect = THINGS[name].aspect
    return max(width, width / aspect) * (0.8 if name in _HATS else 0.9)


def holds(tie: Tie, boxes: Sequence[Box]) -> bool:
    """Whether the boxes stand in that relation."""
    one, other = center(boxes[tie.one]), center(boxes[tie.other])
    match tie.kind:
        case "left":
            return one[0] < other[0] - 8
        case "right":
            return one[0] > other[0] + 8
        case "above" | "on":
            return one[1] < other[1] - 8
        case "below" | "under":
            return one[1] > other[1] + 2
        case "between" if tie.second is not None:
            last = center(boxes[tie.second])
            return min(other[0], last[0]) < one[0] < max(other[0], last[0])
        case "beside":
            return apart(boxes[tie.one], boxes[tie.other]) < 0.3 * SIZE
        case "far":
            return apart(boxes[tie.one], boxes[tie.other]) > 0.12 * SIZE
    return True
