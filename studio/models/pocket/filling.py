"""Words with a marked box: what to put there, or what to do with what is there."""

from __future__ import annotations

import random
from dataclasses import replace

from studio.models.pocket import edits
from studio.models.pocket.describing import Story
from studio.models.pocket.geometry import aspect_box, center
from studio.models.pocket.grammar import parse
from studio.models.pocket.instructing import instruct
from studio.models.pocket.items import (
    Flip,
    Grow,
    Item,
    Look,
    Mark,
    Mood,
    Noun,
    Relation,
    Setting,
    Shift,
    Size,
    Sky,
    Turn,
    Unknown,
)
from studio.models.pocket.layout import Wish
from studio.models.pocket.phrasing import NotUnderstood, not_known, nothing_said, seen
from studio.models.pocket.scene import LANDS, MAX_THINGS, SIZE, Box, Scene, Thing
from studio.models.pocket.things import THINGS

_ALTERS = (
    "make",
    "color",
    "turn",
    "replace",
    "substitute",
    "flip",
    "grow",
    "shrink",
    "give",
    "raise",
    "move",
    "rotate",
    "straighten",
)


def fill(scene: Scene, box: Box, text: str, rng: random.Random, references: int = 0) -> Scene:
    """The named things inside the box; no words, or "remove it", clear it; other instructions act on what
    is there.
    """
    box = _clipped(box)
    items = parse(text, references, [thing.name for thing in scene.things], telling=False)
    marked = _marked(scene, box)
    if _clears(items):
        return _clear(scene, marked, items, text, rng)
    if _acts(items):
        return (
            _within(scene, marked, text, rng, references) if marked else _clear(scene, [], items, text, rng)
        )
    story = Story(rng)
    story.tell(items)
    if not story.wishes:
        unknown = tuple(item.text for item in items if isinstance(item, Unknown))
        raise not_known(unknown) if unknown else nothing_said(scene)
    return _placed(scene, box, story.wishes)


def _clipped(box: Box) -> Box:
    """The part of the box on the canvas, at least a few pixels wide."""
    x, y = min(max(box[0], 0.0), SIZE - 8.0), min(max(box[1], 0.0), SIZE - 8.0)
    right, low = min(max(box[0] + box[2], x + 8), float(SIZE)), min(max(box[1] + box[3], y + 8), float(SIZE))
    return (x, y, right - x, low - y)


def _marked(scene: Scene, box: Box) -> list[int]:
    """What has its middle in the box; if nothing has, the nearest thing that fills at least half of the
    box.
    """
    held = [i for i, thing in enumerate(scene.things) if _holds(box, thing.box)]
    filling = [i for i, thing in enumerate(scene.things) if _share(thing.box, box) >= 0.5]
    return held or filling[-1:]


def _holds(box: Box, other: Box) -> bool:
    x, y = center(other)
    return box[0] <= x <= box[0] + box[2] and box[1] <= y <= box[1] + box[3]


def _clears(items: tuple[Item, ...]) -> bool:
    """Whether nothing is to be there: no words, "background", "just grass", "remove it"."""
    verbs = [item.value for item in items if isinstance(item, Mark) and item.kind == "verb"]
    nouns = [item for item in items if isinstance(item, Noun) and item.names]
    if any(isinstance(item, Unknown) for item in items) or nouns:
        return False
    if "remove" in verbs:
        return True
    said = any(isinstance(item, (Look, Mood, Size, Grow, Flip, Turn, Shift, Noun)) for item in items)
    return not said and not any(verb in _ALTERS for verb in verbs)


def _clear(scene: Scene, marked: list[int], items: tuple[Item, ...], text: str, rng: random.Random) -> Scene:
    if marked:
        return edits.remove(scene, marked)
    if any(isinstance(item, Sky) or (isinstance(item, Setting) and item.kind != "ground") for item in items):
        return instruct(scene, text, rng)
    raise NotUnderstood(
        f"{seen(scene)}, but nothing of it in the marked place; mark a thing to change or remove it."
    )


def _acts(items: tuple[Item, ...]) -> bool:
    """Whether the words ask for a change of what is there, and not for something to come."""
    kinds = (Mark, Noun, Look, Mood, Size, Grow, Flip, Turn, Shift)
    telling = [item for item in items if isinstance(item, kinds) and getattr(item, "kind", "verb") == "verb"]
    if not telling:
        return False
    first, second = telling[0], telling[1] if len(telling) > 1 else None
    if isinstance(first, Mark):
        comes = isinstance(second, Noun) and second.names and not second.definite
        if first.value in ("make", "move") and comes:
            return any(isinstance(item, Relation) for item in items)
        return first.value in (*_ALTERS, "remove")
    if isinstance(first, Noun):
        return not first.names or (first.definite and len(items) > 1)
    return True


def _within(scene: Scene, marked: list[int], text: str, rng: random.Random, references: int) -> Scene:
    """The instruction, given to the marked things alone."""
    part = replace(scene, things=tuple(scene.things[i] for i in marked))
    done = instruct(part, text, rng, references)
    kept = list(scene.things)
    if len(done.things) == len(marked):
        for index, thing in zip(marked, done.things, strict=True):
            kept[index] = thing
        return replace(done, things=tuple(kept))
    others = [thing for i, thing in enumerate(kept) if i not in marked]
    return replace(done, things=(*others, *done.things)[:MAX_THINGS])


def _placed(scene: Scene, box: Box, wishes: list[Wish]) -> Scene:
    """The wishes side by side in the box, instead of what is mostly inside it."""
    covered = [
        i for i, thing in enumerate(scene.things) if _holds(box, thing.box) and _share(box, thing.box) >= 0.6
    ]
    scene = edits.remove(scene, covered)
    if len(scene.things) + len(wishes) > MAX_THINGS:
        raise NotUnderstood(f"There is room for {MAX_THINGS} things in a picture; {seen(scene)[2:]} already.")
    things = tuple(_fitted(scene, wish, _cell(box, at, len(wishes))) for at, wish in enumerate(wishes))
    return replace(scene, things=(*scene.things, *things))


def _share(box: Box, other: Box) -> float:
    """The part of the other box that lies inside."""
    width = min(box[0] + box[2], other[0] + other[2]) - max(box[0], other[0])
    height = min(box[1] + box[3], other[1] + other[3]) - max(box[1], other[1])
    return max(width, 0.0) * max(height, 0.0) / max(other[2] * other[3], 1.0)


def _cell(box: Box, at: int, count: int) -> Box:
    columns = count if box[2] >= box[3] or count < 3 else (count + 1) // 2
    rows = -(-count // columns)
    width, height = box[2] / columns, box[3] / rows
    return (box[0] + at % columns * width, box[1] + at // columns * height, width, height)


def _fitted(scene: Scene, wish: Wish, cell: Box) -> Thing:
    """As large as fits the cell; on the ground it stands on the cell's lower edge."""
    w, h = aspect_box(wish.name, 100.0)
    scale = min(cell[2] / w, cell[3] / h)
    w, h = w * scale, h * scale
    stands = scene.background.kind in LANDS and not THINGS[wish.name].flies
    top = cell[1] + cell[3] - h if stands else cell[1] + (cell[3] - h) / 2
    box = (round(cell[0] + (cell[2] - w) / 2, 1), round(top, 1), round(w, 1), round(h, 1))
    return wish.thing(box)
