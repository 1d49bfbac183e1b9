"""Where things go when words leave it open: from wishes to boxes, with every choice drawn from one
generator.

Nouns: a `Wish` is one thing to come with what was said about it; a `Tie` is a relation between two things
(by index: those already there first, then the wishes). `compose` returns the things back to front. Feet
stand on the ground, things of the sky stay above the horizon, things of the water float on it; what was
there before keeps its exact value.
"""

from __future__ import annotations

import random
import statistics
from dataclasses import dataclass, replace

from studio.models.pocket.depth import TOUCHING, back_to_front
from studio.models.pocket.geometry import (
    CONTAINERS,
    EDGE,
    Tie,
    aspect_box,
    beside,
    center,
    holds,
    inside,
    inside_side,
    overlap,
    worn_side,
)
from studio.models.pocket.scene import LANDS, SIZE, Background, Box, Thing
from studio.models.pocket.things import THINGS

SIZES = {"tiny": 0.48, "small": 0.68, "big": 1.3, "huge": 1.7}
_SIDE = {1: 134, 2: 104, 3: 86, 4: 80, 5: 74, 6: 70}
_PLACES = {
    "left": (0.24, None),
    "right": (0.76, None),
    "top": (None, 0.25),
    "bottom": (None, 0.75),
    "middle": (0.5, None),
}


@dataclass(frozen=True)
class Wish:
    """One thing to come; `side` is its longer side where that is given and not to be chosen."""

    name: str
    color: str | None = None
    size: str | None = None
    place: str | None = None
    flip: bool = False
    side: float | None = None


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
    best: _Draft | None = None
    for attempt in range(24):
        draft = _Draft(background, present, wishes, ties, rng, shrink=1 - 0.012 * attempt)
        if best is None or draft.cost < best.cost:
            best = draft
        if best.cost < 0.01:
            break
    assert best is not None
    return best.things()


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
        self.ties = tuple(self._grounded(_upright(tie, self.first)) for tie in ties)
        self.horizon = float(background.horizon or 150)
        self.boxes: dict[int, Box] = {i: thing.box for i, thing in enumerate(present)}
        self.attached = self._attachments()
        self.sides = {self.first + i: self._side(wish) * shrink for i, wish in enumerate(wishes)}
        self._shrink_stacks()
        self._place_roots()
        self._place_attached()
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

    def _grounded(self, tie: Tie) -> Tie:
        """What flies comes down to what stands, not the other way round: "a mouse behind a bee"."""
        if tie.kind == "in" and self._name(tie.other) in CONTAINERS:
            return Tie("inside", tie.one, tie.other)
        turned = {"behind": "front", "front": "behind"}.get(tie.kind)
        if not turned or not self.land or tie.other < self.first or tie.one < self.first:
            return tie
        if THINGS[self._name(tie.other)].flies and not THINGS[self._name(tie.one)].flies:
            return Tie(turned, tie.other, tie.one)
        return tie

    def _name(self, index: int) -> str:
        return self.present[index].name if index < self.first else self.wishes[index - self.first].name

    def _wish(self, index: int) -> Wish:
        return self.wishes[index - self.first]

    # -- sizes -----------------------------------------------------------------------------------------

    def _side(self, wish: Wish) -> float:
        if wish.side is not None:
            return wish.side
        kind, factor = THINGS[wish.name], SIZES.get(wish.size or "", 1.0)
        total = min(len(self.present) + len(self.wishes), 6)
        side: float = _SIDE[total] * (kind.size / 100) ** (0.55 if self.land else 0.35)
        if self.present:
            scale = statistics.median(max(t.box[2:]) / THINGS[t.name].size for t in self.present)
            side = (side + kind.size * min(max(scale, 0.5), 1.4)) / 2
        if total == 1 and factor == 1.0:
            side = min(max(side, 112.0), 168.0)
        if wish.place == "far":
            factor *= 0.6
        side *= factor * self.rng.uniform(0.94, 1.06)
        longest = self.horizon - 8 if self.land and kind.flies else 230.0
        return min(max(side, 30.0), longest)

    def _shrink_stacks(self) -> None:
        """Things on top of each other must fit the canvas together."""
        for index, tie in self.attached.items():
            if tie.kind not in ("above", "below", "on", "in"):
                continue
            own = aspect_box(self._name(index), self.sides[index])[1]
            base = self._height(tie.other)
            room = 214.0 if not self.land else 196.0
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
                self._place_sampled(index)
            return
        tied = {i for tie in self.ties for i in (tie.one, tie.other)}
        sky = [i for i in roots if self._in_sky(i) and i not in tied]
        rest = [i for i in roots if i not in sky]
        for row in (sky, rest):
            self._place_rows(row, split=len(row) > 3 and not self._ordered(row))

    def _in_sky(self, index: int) -> bool:
        wish = self._wish(index)
        return self.land and (THINGS[wish.name].flies or wish.place in ("sky", "air"))

    def _ordered(self, row: list[int]) -> bool:
        return any(tie.kind in ("left", "right", "between") and tie.one in row for tie in self.ties)

    def _place_rows(self, row: list[int], split: bool) -> None:
        if not split:
            self._place_row(row, None)
            return
        shuffled = sorted(row, key=lambda i: (-THINGS[self._name(i)].size, self.rng.random()))
        half = (len(row) + 1) // 2
        back, near = shuffled[:half], shuffled[half:]
        self._place_row(back, "back")
        self._place_row(near, "near")

    def _place_row(self, row: list[int], depth: str | None) -> None:
        """Side by side: as wide as they fit, in an order that keeps the ties, the rest of the room shared
        out.
        """
        if not row:
            return
        order = self._order(row)
        widths = [self._size(i)[0] for i in order]
        room = SIZE - 2 * EDGE - 4 * (len(order) + 1)
        if sum(widths) > room:
            scale = room / sum(widths)
            for index in order:
                self.sides[index] *= scale
            widths = [w * scale for w in widths]
        shares = [self.rng.uniform(0.6, 1.4) for _ in range(len(order) + 1)]
        spare = (SIZE - 2 * EDGE - sum(widths)) / sum(shares)
        x = EDGE
        for index, width, share in zip(order, widths, shares, strict=False):
            x += spare * share
            self.boxes[index] = self._stand(index, x + width / 2, depth)
            x += width
            self._make_room_above(index)

    def _make_room_above(self, index: int) -> None:
        """Lower a thing as far as what is to be above it, or on it, needs."""
        x, y, w, h = self.boxes[index]
        above = [
            i
            for i, tie in self.attached.items()
            if tie.other == index and tie.kind in ("above", "on", "inside")
        ]
        needed = max(
            (self._height(i) * (1.0 if self.attached[i].kind == "above" else 0.9) for i in above), default=0.0
        )
        if needed and y < needed + 2 * EDGE + 6:
            self.boxes[index] = inside((x, needed + 2 * EDGE + 6, w, h))

    def _order(self, row: list[int]) -> list[int]:
        column = {
            "left": -1.0,
            "top left": -1.0,
            "bottom left": -1.0,
            "right": 1.0,
            "top right": 1.0,
            "bottom right": 1.0,
        }
        key = {i: column.get(self._wish(i).place or "", 0.0) + self.rng.random() * 0.5 for i in row}
        for _ in range(len(row) + 1):
            for tie in self.ties:
                if tie.one not in key or tie.other not in key:
                    continue
                one, other = key[tie.one], key[tie.other]
                if (tie.kind == "left" and one >= other) or (tie.kind == "right" and one <= other):
                    key[tie.one], key[tie.other] = other, one
                elif tie.kind in ("beside", "with", "under"):
                    key[tie.one] = other + 1e-4 * (1 if one > other else -1)
                elif tie.kind == "between" and tie.second in key:
                    key[tie.one] = (other + key[tie.second]) / 2
        return sorted(row, key=lambda i: key[i])

    def _stand(self, index: int, cx: float, depth: str | None) -> Box:
        """The box of a thing around x = cx: its place in the picture if it has one, else where its kind
        belongs.
        """
        (w, h), wish, rng = self._size(index), self._wish(index), self.rng
        place = wish.place or ""
        cy = self._height_of(wish, w, h, depth)
        if self._alone() and not place:
            cx = SIZE / 2 + rng.uniform(-14, 14)
        for part in place.split():
            px, py = _PLACES.get(part, (None, None))
            cx = px * SIZE + rng.uniform(-8, 8) if px is not None else cx
            cy = py * SIZE + rng.uniform(-8, 8) if py is not None else cy
        if place == "middle" and self._alone():
            cy = SIZE / 2
        return inside((cx - w / 2, cy - h / 2, w, h))

    def _alone(self) -> bool:
        return len(self.sides) - len(self.attached) + len(self.present) == 1

    def _height_of(self, wish: Wish, w: float, h: float, depth: str | None) -> float:
        """The y of the middle that suits this kind of thing on this background."""
        rng, kind = self.rng, THINGS[wish.name]
        if not self.land or wish.place == "air":
            return {"back": 74.0, "near": 182.0}.get(depth or "", 128.0) + rng.uniform(-10, 10)
        if kind.flies or wish.place == "sky":
            return rng.uniform(EDGE + h / 2, max(EDGE + h / 2, self.horizon - 10 - h / 2))
        if wish.place == "far":
            return self.horizon + rng.uniform(3, 9) - h / 2
        return self._foot(wish, h, depth) - h / 2

    def _foot(self, wish: Wish, h: float, depth: str | None) -> float:
        """How low a standing or floating thing reaches: big things stand farther off, near the horizon."""
        rng, room = self.rng, SIZE - self.horizon
        if wish.place == "front" or depth == "near":
            return SIZE - rng.uniform(6, 14)
        if depth == "back":
            return self.horizon + rng.uniform(8, 20)
        far = THINGS[wish.name].size >= 140
        low, high = (0.12, 0.4) if far else (0.25, 0.7)
        foot = self.horizon + rng.uniform(low, high) * room
        return min(max(foot, h + 8), SIZE - 8)

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
        if tie.kind in ("left", "right", "beside", "with"):
            near = beside(tie.kind, self._name(index), box[2:], anchor, self.rng)
            keep = tie.kind in ("left", "right") and self.rng.random() < 0.4
            return inside((near[0], box[1] if keep else near[1], box[2], box[3]))
        if tie.kind == "between" and tie.second in self.boxes:
            middle = (center(self.boxes[tie.other])[0] + center(self.boxes[tie.second])[0]) / 2
            return inside((middle - box[2] / 2, box[1], box[2], box[3]))
        return box

    def _thing(self, index: int) -> Thing:
        if index < self.first:
            return self.present[index]
        wish = self._wish(index)
        return Thing(wish.name, self.boxes[index], wish.color, wish.flip)

    # -- places next to another thing ------------------------------------------------------------------

    def _place_attached(self) -> None:
        for index in self.sides:
            self._attach(index)

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
        self.boxes[index] = inside(box)

    # -- judging ---------------------------------------------------------------------------------------

    def _cost(self) -> float:
        table = [self.boxes[i] for i in range(self.first + len(self.wishes))]
        near = {frozenset((tie.one, tie.other)) for tie in self.ties if tie.kind in TOUCHING}
        cost = sum(1.0 for tie in self.ties if not holds(tie, table))
        for i in self.sides:
            for j in range(len(table)):
                if j != i and not (j in self.sides and j < i) and frozenset((i, j)) not in near:
                    cost += max(0.0, overlap(table[i], table[j]) - 0.1)
        return cost

    def things(self) -> tuple[Thing, ...]:
        """The finished things, back to front."""
        sky = [i for i in self.sides if self._in_sky(i)]
        return tuple(self._rounded(i) for i in back_to_front(self.boxes, self.first, sky, self.ties))

    def _rounded(self, index: int) -> Thing:
        thing = self._thing(index)
        return thing if index < self.first else replace(thing, box=inside(thing.box))


def _upright(tie: Tie, first: int) -> Tie:
    """ "A below B" is "B above A", unless B is there already and must not move."""
    if tie.kind == "below" and tie.other >= first:
        return Tie("above", tie.other, tie.one)
    if tie.kind == "front" and tie.other >= first and tie.one < first:
        return Tie("behind", tie.other, tie.one)
    return tie
