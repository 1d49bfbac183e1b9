"""Where things go when words leave it open: from wishes to boxes, with every choice drawn from one
generator.

Nouns: a `Wish` is one thing to come with what was said about it; a `Tie` is a relation between two things
(by index: those already there first, then the wishes). `compose` returns the things back to front. Feet
stand on the ground, things of the sky stay above the horizon, things of the water float on it; what was
there before keeps its exact value.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from studio.models.pocket.depth import TOUCHING, back_to_front
from studio.models.pocket.geometry import (
    EDGE,
    Tie,
    aspect_box,
    beside,
    center,
    floats,
    grounded,
    holds,
    inside,
    inside_side,
    overlap,
    room_beside,
    upright,
    worn_side,
)
from studio.models.pocket.lanes import ORDERING, one_lane, ordered, two_lanes
from studio.models.pocket.poses import FLOATING, STANDING, around, extent, side, tilt
from studio.models.pocket.poses import TOUCHING as LEANING
from studio.models.pocket.scene import LANDS, SIZE, Background, Box, Thing
from studio.models.pocket.sizing import side_of
from studio.models.pocket.things import THINGS

_PLACES = {
    "left": (0.24, None),
    "right": (0.76, None),
    "top": (None, 0.25),
    "bottom": (None, 0.75),
    "middle": (0.5, None),
}
_DRAFTS = 28


@dataclass(frozen=True)
class Wish:
    """One thing to come; None is left to chance. `side` is its longer side where that is given."""

    name: str
    color: str | None = None
    size: str | None = None
    place: str | None = None
    flip: bool | None = None
    side: float | None = None
    angle: float | None = None
    reference: int | None = None

    def thing(self, box: Box) -> Thing:
        return Thing(self.name, box, self.color, bool(self.flip), self.angle or 0.0, self.reference)


def compose(
    background: Background,
    present: tuple[Thing, ...],
    wishes: tuple[Wish, ...],
    ties: tuple[Tie, ...],
    rng: random.Random,
) -> tuple[Thing, ...]:
    """All things back to front: those present, untouched, and one for every wish. The best of some drafts."""
    if not wishes:
        return present
    wishes = _posed(background, len(present), wishes, ties, rng)
    best: _Draft | None = None
    for attempt in range(_DRAFTS):
        draft = _Draft(background, present, wishes, ties, rng, shrink=1 - 0.014 * attempt)
        if best is None or draft.cost < best.cost:
            best = draft
        if best.cost < 0.01:
            break
    assert best is not None
    return best.things()


def _posed(
    background: Background, first: int, wishes: tuple[Wish, ...], ties: tuple[Tie, ...], rng: random.Random
) -> tuple[Wish, ...]:
    """The wishes with a side to look to and a lean where words leave those open."""
    touched = {i for tie in ties if tie.kind in TOUCHING for i in (tie.one, tie.other)}
    posed: list[Wish] = []
    for at, wish in enumerate(wishes):
        floating = background.kind not in LANDS or floats(wish.name, background)
        most = LEANING if first + at in touched else FLOATING if floating else STANDING
        turned, lean = side(wish.name, rng), tilt(wish.name, most, rng)
        flip = turned if wish.flip is None else wish.flip
        posed.append(replace(wish, flip=flip, angle=lean if wish.angle is None else wish.angle))
    return tuple(posed)


_ATTACHED = ("above", "below", "under", "on", "in", "inside", "behind", "front", "wear", "hold")


class _Draft:
    """One try at a layout; `cost` says how bad it is."""

    def __init__(
        self,
        background: Background,
        present: tuple[Thing, ...],
        wishes: tuple[Wish, ...],
        ties: tuple[Tie, ...],
        rng: random.Random,
        shrink: float,
    ) -> None:
        self.background, self.present, self.wishes, self.rng = background, present, wishes, rng
        self.first = len(present)
        self.land = background.kind in LANDS
        names = [*(t.name for t in present), *(w.name for w in wishes)]
        ties = tuple(upright(tie, self.first) for tie in ties)
        self.ties = tuple(grounded(tie, names, self.first, background) for tie in ties)
        self.horizon = float(background.horizon or 150)
        self.boxes: dict[int, Box] = {i: thing.box for i, thing in enumerate(present)}
        self.attached = self._attachments()
        self.sides = {self.first + i: self._side(wish) * shrink for i, wish in enumerate(wishes)}
        self._shrink_stacks()
        self._place_roots()
        for index in self.sides:
            self._attach(index)
        self.cost = self._cost()

    # -- who depends on whom ---------------------------------------------------------------------------

    def _attachments(self) -> dict[int, Tie]:
        """For every wish that takes its place from another thing, the tie that says so; no circles."""
        found: dict[int, Tie] = {}
        for tie in self.ties:
            if tie.kind not in _ATTACHED or tie.one in found or tie.one < self.first:
                continue
            at: int | None = tie.other
            while at is not None and at != tie.one:
                at = found[at].other if at in found else None
            if at is None:
                found[tie.one] = tie
        return found

    def _root(self, index: int) -> int:
        """What a thing hangs on in the end: the rock, for the fox on the rock."""
        while index in self.attached:
            index = self.attached[index].other
        return index

    def _name(self, index: int) -> str:
        return self.present[index].name if index < self.first else self.wishes[index - self.first].name

    def _wish(self, index: int) -> Wish:
        return self.wishes[index - self.first]

    # -- sizes -----------------------------------------------------------------------------------------

    def _side(self, wish: Wish) -> float:
        if wish.side is not None:
            return wish.side
        total = len(self.present) + len(self.wishes)
        chosen = side_of(wish.name, wish.size, wish.place, total, self.background, self.present)
        chosen *= self.rng.uniform(0.9, 1.08)
        longest = self.horizon - 8 if self.land and floats(wish.name, self.background) else 216.0
        return min(max(chosen, 34.0), longest)

    def _shrink_stacks(self) -> None:
        """Things on top of each other must fit the canvas together."""
        for index, tie in self.attached.items():
            if tie.kind not in ("above", "below", "on", "in"):
                continue
            own = aspect_box(self._name(index), self.sides[index])[1]
            base = self._height(tie.other)
            room = 222.0 if not self.land else 204.0
            if own + base > room and tie.other in self.sides:
                scale = room / (own + base)
                self.sides[index] *= scale
                self.sides[tie.other] *= scale

    def _height(self, index: int) -> float:
        if index < self.first:
            return self.present[index].box[3]
        return aspect_box(self._name(index), self.sides[index])[1]

    def _size(self, index: int) -> tuple[float, float]:
        return aspect_box(self._name(index), self.sides[index])

    # -- places of their own ---------------------------------------------------------------------------

    def _place_roots(self) -> None:
        roots = [i for i in self.sides if i not in self.attached]
        if self.present:
            for index in roots:
                self._narrow(index)
                self._place_sampled(index)
            return
        tied = {i for tie in self.ties for i in (tie.one, tie.other)}
        sky = [i for i in roots if self._in_sky(i) and i not in tied]
        for row in (sky, [i for i in roots if i not in sky]):
            if row:
                self._place_row(row)

    def _in_sky(self, index: int) -> bool:
        wish = self._wish(index)
        return self.land and (floats(wish.name, self.background) or wish.place in ("sky", "air"))

    def _place_row(self, row: list[int]) -> None:
        """In one lane, or in two where that leaves them larger."""
        ties = [replace(t, one=self._root(t.one), other=self._root(t.other)) for t in self.ties]
        ties = [t for t in ties if t.one != t.other]
        order = ordered(row, {i: self._wish(i).place or "" for i in row}, ties, self.rng)
        strict = any(t.kind in ORDERING and t.one in row for t in ties)
        widths = [extent(self._size(i), self._wish(i).angle or 0.0)[0] for i in order]
        if len(row) > 3 or (len(row) == 3 and not strict and self.rng.random() < 0.5):
            if not strict:
                order = self._large_behind(order)
                widths = [extent(self._size(i), self._wish(i).angle or 0.0)[0] for i in order]
            slots = two_lanes(widths, self._first_lane(order, strict), self.rng)
        else:
            apart = any(t.kind == "far" and t.one in row for t in ties)
            slots = one_lane([width * 0.8 if apart else width for width in widths], apart, self.rng)
        for index, slot in zip(order, slots, strict=True):
            self.sides[index] *= slot.scale * (0.8 if any(t.kind == "far" for t in ties) else 1.0)
        split = len({slot.lane for slot in slots}) > 1
        for index, slot in zip(order, slots, strict=True):
            self.boxes[index] = self._stand(index, slot.x, ("back", "near")[slot.lane] if split else None)
            self._make_room_above(index)

    def _large_behind(self, order: list[int]) -> list[int]:
        """The larger half of the things in the places behind, both in the order they came in."""
        ranked = sorted(order, key=lambda i: -THINGS[self._name(i)].size)
        behind = set(ranked[: (len(order) + 1) // 2])
        back, near = [i for i in order if i in behind], [i for i in order if i not in behind]
        return [(back, near)[at % 2].pop(0) for at in range(len(order))]

    def _first_lane(self, order: list[int], strict: bool) -> int:
        """The lane of the first thing: that which leaves larger things behind."""
        if not strict:
            return 0
        sizes = [THINGS[self._name(i)].size for i in order]
        even, odd = sizes[::2], sizes[1::2]
        return 0 if sum(even) / len(even) >= sum(odd) / len(odd) else 1

    def _make_room_above(self, index: int) -> None:
        """Lower a thing as far as what is to be above it, or on it, needs."""
        x, y, w, h = self.boxes[index]
        above = [
            i for i, t in self.attached.items() if t.other == index and t.kind in ("above", "on", "inside")
        ]
        needed = max(
            (self._height(i) * (1.0 if self.attached[i].kind == "above" else 0.9) for i in above), default=0.0
        )
        if needed and y < needed + 2 * EDGE + 6:
            self.boxes[index] = inside((x, needed + 2 * EDGE + 6, w, h), self._wish(index).angle or 0.0)

    def _stand(self, index: int, cx: float, lane: str | None) -> Box:
        """The box of a thing around x = cx: its place in the picture if it has one, else where its kind
        belongs.
        """
        (w, h), wish, rng = self._size(index), self._wish(index), self.rng
        place = wish.place or ""
        cy = self._height_of(wish, h, lane)
        if self._alone() and not place:
            cx = SIZE / 2 + rng.uniform(-36, 36)
        for part in place.split():
            px, py = _PLACES.get(part, (None, None))
            cx = px * SIZE + rng.uniform(-8, 8) if px is not None else cx
            cy = py * SIZE + rng.uniform(-8, 8) if py is not None else cy
        if place == "middle" and self._alone():
            cy = SIZE / 2
        return inside((cx - w / 2, cy - h / 2, w, h), wish.angle or 0.0)

    def _alone(self) -> bool:
        return len(self.sides) - len(self.attached) + len(self.present) == 1

    def _height_of(self, wish: Wish, h: float, lane: str | None) -> float:
        """The y of the middle that suits this kind of thing on this background."""
        rng = self.rng
        if not self.land or wish.place == "air":
            return {"back": 72.0, "near": 184.0}.get(lane or "", 128.0) + rng.uniform(-10, 10)
        if floats(wish.name, self.background) or wish.place == "sky":
            return self._aloft(h, lane)
        if wish.place == "far":
            return self.horizon + rng.uniform(3, 9) - h / 2
        return self._foot(wish, h, lane) - h / 2

    def _aloft(self, h: float, lane: str | None) -> float:
        """The y of the middle of what flies, or swims under water."""
        top, low = EDGE + h / 2, self.horizon - 10 - h / 2
        if self.background.kind == "underwater":
            low = SIZE - 30 - h / 2
        low = max(top, low)
        if lane == "back":
            low = top + 0.25 * (low - top)
        elif lane == "near":
            top = top + 0.75 * (low - top)
        return self.rng.uniform(top, low)

    def _foot(self, wish: Wish, h: float, lane: str | None) -> float:
        """How low a standing or floating thing reaches: big things stand farther off, near the horizon."""
        rng, room = self.rng, SIZE - self.horizon
        if wish.place == "front" or lane == "near":
            return SIZE - rng.uniform(6, 14)
        if lane == "back":
            return self.horizon + rng.uniform(8, 20)
        low, high = (0.12, 0.4) if THINGS[wish.name].size >= 140 else (0.25, 0.7)
        foot = self.horizon + rng.uniform(low, high) * room
        return min(max(foot, h + 8), SIZE - 8)

    def _narrow(self, index: int) -> None:
        """Make a thing small enough for the side that it is to be on of another."""
        for tie in self.ties:
            if tie.one == index and tie.other < self.first:
                room = room_beside(tie.kind, self.present[tie.other])
                self.sides[index] *= min(1.0, room / self._size(index)[0])

    def _place_sampled(self, index: int) -> None:
        """Beside things that must not move: the freest of some places that keep the ties."""
        best: tuple[float, Box] | None = None
        others = list(self.boxes.items())
        ties = [tie for tie in self.ties if tie.one == index and tie.other in self.boxes]
        for _ in range(60):
            w, _h = self._size(index)
            box = self._stand(index, self.rng.uniform(EDGE + w / 2, SIZE - EDGE - w / 2), None)
            for tie in ties:
                box = self._drawn_to(tie, index, box)
            bad = sum(overlap(box, other) for _i, other in others) + 0.001 * self.rng.random()
            self.boxes[index] = box
            table = [self.boxes.get(i, box) for i in range(self.first + len(self.wishes))]
            bad += sum(1 for tie in ties if not holds(tie, table))
            if best is None or bad < best[0]:
                best = (bad, box)
        assert best is not None
        self.boxes[index] = best[1]

    def _drawn_to(self, tie: Tie, index: int, box: Box) -> Box:
        anchor = self._thing(tie.other)
        if tie.kind in ("left", "right", "beside", "with", "far"):
            near = beside(tie.kind, self._name(index), box[2:], anchor, self.rng)
            keep = tie.kind in ("left", "right") and self.rng.random() < 0.4
            return inside((near[0], box[1] if keep else near[1], box[2], box[3]))
        if tie.kind == "between" and tie.second in self.boxes:
            middle = (center(self.boxes[tie.other])[0] + center(self.boxes[tie.second])[0]) / 2
            return inside((middle - box[2] / 2, box[1], box[2], box[3]))
        return box

    def _thing(self, index: int) -> Thing:
        return self.present[index] if index < self.first else self._wish(index).thing(self.boxes[index])

    # -- places next to another thing ------------------------------------------------------------------

    def _attach(self, index: int) -> None:
        tie = self.attached.get(index)
        if tie is None or index in self.boxes:
            return
        self._attach(tie.other)
        anchor, name = self._thing(tie.other), self._name(index)
        if tie.kind in ("wear", "hold") and self._wish(index).size is None:
            self.sides[index] = worn_side(name, anchor)
        if tie.kind in ("in", "inside") and self._wish(index).size is None:
            self.sides[index] = min(self.sides[index], inside_side(name, anchor))
        if tie.kind == "behind" and anchor.box[3] > self._size(index)[1]:
            self.sides[index] *= 1.12
        siblings = [t for i, t in self.attached.items() if t.other == tie.other and t.kind == tie.kind]
        box = beside(tie.kind, name, self._size(index), anchor, self.rng)
        if len(siblings) > 1:
            nth = [t.one for t in siblings].index(index) - (len(siblings) - 1) / 2
            box = (box[0] + nth * box[2] * 1.02, *box[1:])
        self.boxes[index] = inside(box, self._wish(index).angle or 0.0)

    # -- judging ---------------------------------------------------------------------------------------

    def _cost(self) -> float:
        table = [self.boxes[i] for i in range(self.first + len(self.wishes))]
        near = {frozenset((tie.one, tie.other)) for tie in self.ties if tie.kind in TOUCHING}
        cost = sum(1.0 for tie in self.ties if not holds(tie, table))
        hulls = [around(self._thing(i).box, self._thing(i).angle) for i in range(len(table))]
        for i in self.sides:
            for j in range(len(table)):
                if j != i and not (j in self.sides and j < i) and frozenset((i, j)) not in near:
                    cost += max(0.0, overlap(hulls[i], hulls[j]) - 0.1)
        return cost

    def things(self) -> tuple[Thing, ...]:
        """The finished things, back to front."""
        sky = [i for i in self.sides if self._in_sky(i)]
        return tuple(self._rounded(i) for i in back_to_front(self.boxes, self.first, sky, self.ties))

    def _rounded(self, index: int) -> Thing:
        thing = self._thing(index)
        return thing if index < self.first else replace(thing, box=inside(thing.box, thing.angle))
