"""Changes to things that are there: colored, moved, resized, turned, made into something else.

Nouns: a `Change` walks through the items of one clause; nouns in front are its subjects, and every
predicate after them ("green", "twice as big", "to the left", "behind the house", "into a pear") is applied
to those. What is said of the background or the sky changes the ground.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from studio.models.pocket import edits
from studio.models.pocket.adding import become, number, tell
from studio.models.pocket.expressions import moods_of, with_mood
from studio.models.pocket.geometry import center
from studio.models.pocket.items import (
    Count,
    Flip,
    Grow,
    Item,
    Look,
    Mark,
    Mood,
    Noun,
    Relation,
    Shift,
    Size,
    Turn,
    Where,
)
from studio.models.pocket.phrasing import NotUnderstood, listed, no_such_mood, nothing_said
from studio.models.pocket.referring import Board, candidates, find, index_of
from studio.models.pocket.scene import COLORS, Scene
from studio.models.pocket.subjects import IT, Subjects
from studio.models.pocket.wearing import bring_along, worn

_TILTS = {"little": 10.0, "": 25.0, "much": 60.0}
_BARE = {"grow": 1.35, "shrink": 0.72}


class Change(Subjects):
    """One clause being applied to what it is about."""

    def run(self) -> None:
        whole = any(isinstance(item, Mark) and item.kind == "canvas" for item in self.items)
        while self.items and self._leads(self.items[0]):
            self.items.pop(0)
        first = self.items[0] if self.items else None
        if isinstance(first, Noun) and not self._instead():
            self.subjects.append(first)
            self.items.pop(0)
        self._ground()
        self._drop_links()
        if self.done and not self.items:
            self._check_subjects()
            return
        if whole and self.clause.verb == "flip" and not self.subjects:
            self.board = self.board.show(edits.mirror(self.board.scene))
            return
        self._choose()
        self._apply()
        if not self.done:
            self._bare()

    # -- what becomes of it ----------------------------------------------------------------------------

    def _apply(self) -> None:
        amount = next((i.value for i in self.items if isinstance(i, Mark) and i.kind == "amount"), "")
        items = [i for i in self.items if not (isinstance(i, Mark) and i.kind == "amount")]
        at = 0
        while at < len(items):
            at += self._one(items, at, amount)

    def _one(self, items: list[Item], at: int, amount: str) -> int:
        """Apply the item at hand; how many items that took."""
        item, following = items[at], items[at + 1] if at + 1 < len(items) else None
        match item:
            case Look(color=color):
                self._each(lambda scene, i: edits.recolor(scene, i, color))
            case Size(name=name):
                self._each(lambda scene, i: edits.resize_to(scene, i, name))
            case Grow(factor=factor):
                power = {"little": 0.45, "much": 1.9}.get(amount, 1.0)
                self._each(lambda scene, i: edits.resize(scene, i, factor**power))
                if isinstance(following, Mark) and following.value == "than":
                    return self._measure(items, at + 2, 1.2)
            case Mood(name=mood):
                self._feel(mood)
            case Turn(degrees=degrees, to=to):
                self._each(lambda scene, i: edits.turn(scene, i, degrees, by=not to))
            case Flip(way="toward"):
                return self._face(items, at)
            case Flip(way=way):
                self._each(lambda scene, i: edits.flip(scene, i, way))
            case Count(number=count):
                self._count(IT, count)
            case Shift(way="closer" | "away" as way) if self._target(items, at) is not None:
                return self._approach(way, self._target(items, at))
            case Where(place="left" | "right" as way) | Shift(way="left" | "right" as way) if self._turning:
                self._toward(way, amount)
            case Where() | Shift():
                self._go(item, amount)
            case Mark(kind="link", value="to") if isinstance(following, Noun) and self._is_goal(following):
                return self._relation("beside", following, items, at)
            case Noun():
                self._noun(item)
            case Relation() if isinstance(following, Noun):
                return self._relation(item.kind, following, items, at)
            case Mark(kind="link", value="match"):
                return self._measure(items, at + 1, 1.0) - 1
        return 1

    def _target(self, items: list[Item], at: int) -> Noun | None:
        """The noun after a preposition or right here: "(closer) to the tree"."""
        after = [item for item in items[at + 1 : at + 3] if not isinstance(item, Mark)]
        return after[0] if after and isinstance(after[0], Noun) else None

    def _is_goal(self, noun: Noun) -> bool:
        return self.clause.verb == "move" and noun.definite and bool(candidates(self.board, noun))

    @property
    def _turning(self) -> bool:
        return self.clause.verb in ("rotate", "turn")

    def _toward(self, way: str, amount: str) -> None:
        """ "Tilt it to the left" is a turn; "turn it to the left" has it look there."""
        if self.clause.verb == "turn":
            self._each(lambda scene, i: edits.flip(scene, i, way))
            return
        degrees = _TILTS[amount] * (-1 if way == "left" else 1)
        self._each(lambda scene, i: edits.turn(scene, i, degrees, by=True))

    def _feel(self, mood: str) -> None:
        """Another expression: the same face, person or cat with that mood."""
        for index in self.indexes:
            name = self.board.things[index].name
            shown = with_mood((name,), mood)
            if shown is None:
                raise no_such_mood(name, mood, moods_of(name))

            def express(scene: Scene, at: int, name: str = shown) -> Scene:
                return edits.express(scene, at, name)

            self._each_of((index,), express)
        self.done = True

    def _face(self, items: list[Item], at: int) -> int:
        """Looking toward another thing."""
        noun = self._target(items, at)
        if noun is None:
            raise nothing_said(self.board.scene)
        goal = center(self.board.things[find(self.board, noun, "go by")[0]].box)[0]
        for index in self.indexes:
            way = "right" if goal > center(self.board.things[index].box)[0] else "left"
            self.board = self.board.show(edits.flip(self.board.scene, index, way))
        self.done = True
        return 3

    def _approach(self, way: str, noun: Noun | None) -> int:
        """Half the way toward another thing, or as far again away from it."""
        goal = center(self.board.things[find(self.board, noun or IT, "go by")[0]].box)[0]
        scene = self.board.scene

        def step(scene: Scene, index: int) -> Scene:
            x = center(scene.things[index].box)[0]
            toward = "right" if goal > x else "left"
            other = "left" if goal > x else "right"
            return edits.shift(scene, index, toward if way == "closer" else other, "")

        self._each(step)
        if scene == self.board.scene:
            raise nothing_said(scene)
        return 3

    def _measure(self, items: list[Item], at: int, more: float) -> int:
        """As big as another thing, or a little beyond it in the direction already taken."""
        noun = items[at] if at < len(items) else None
        if not isinstance(noun, Noun):
            return 2
        other = max(self.board.things[find(self.board, noun, "go by")[0]].box[2:])
        grows = not any(isinstance(item, Grow) and item.factor < 1 for item in items)
        wanted = other * (more if grows else 1 / more)
        for index in self.indexes:
            side = max(max(self.board.things[index].box[2:]), 1.0)
            if more == 1.0 or (side < wanted) == grows:
                self.board = self.board.show(edits.resize(self.board.scene, index, wanted / side))
        self.done = True
        return 3

    def _each(self, edit: Callable[[Scene, int], Scene]) -> None:
        self._each_of(self.indexes, edit)

    def _each_of(self, indexes: tuple[int, ...], edit: Callable[[Scene, int], Scene]) -> None:
        scene = self.board.scene
        spoken = [scene.things[i] for i in self.indexes]
        for index in indexes:
            before = scene.things[index]
            carried = [t for t in worn(scene, index) if not any(t is one for one in spoken)]
            scene = edit(scene, index)
            scene = bring_along(scene, carried, before, scene.things[index])
        self.board, self.done = self.board.show(scene), True

    def _go(self, item: Where | Shift, amount: str) -> None:
        """To a place, or a step that way: "to the left" is a place, "a bit to the left" a step, as it is
        for many.
        """
        ways = {"top": "up", "bottom": "down", "left": "left", "right": "right"}
        stepping = bool(amount) or len(self.indexes) > 1
        if isinstance(item, Where) and not (stepping and item.place in ways):
            self._each(lambda scene, i: edits.put(scene, i, item.place, self.rng))
            return
        way = item.way if isinstance(item, Shift) else ways[item.place]
        self._each(lambda scene, i: edits.shift(scene, i, way, amount))

    def _noun(self, noun: Noun) -> None:
        """ "Make it a pear", "three apples"."""
        if not noun.names:
            raise nothing_said(self.board.scene)
        there = candidates(self.board, replace(noun, count=None, color=None))
        if (
            noun.count
            and there
            and (not self.subjects or self.subjects[0].ref or set(there) & set(self.indexes))
        ):
            self._count(noun, noun.count)
            return
        if not self.indexes:
            self.indexes = find(self.board, IT)
        self.board, self.done = become(self.board, self.indexes, noun, self.rng), True

    def _count(self, noun: Noun, count: int) -> None:
        if not noun.names:
            noun = replace(noun, names=(self.board.things[find(self.board, noun)[0]].name,))
        self.board, self.done = number(self.board, noun, count, self.rng), True

    def _relation(self, kind: str, noun: Noun, items: list[Item], at: int) -> int:
        """Into something else, or to a place beside another thing; the number of items that took."""
        if kind == "in" and self.clause.verb in ("turn", "make", "color") and not noun.definite:
            self._noun(noun)
            return 2
        if not noun.definite and not candidates(self.board, noun):
            self._bring(noun)
        others = find(self.board, noun, "go by")
        second, width = (others[1] if len(others) > 1 else None), 2
        last = items[at + 2] if at + 2 < len(items) else None
        if kind == "between" and second is None and isinstance(last, Noun):
            second, width = find(self.board, last, "go by")[0], 3
        other = next((i for i in others if i not in self.indexes), None)
        if other is None:
            raise nothing_said(self.board.scene)
        self._relate("beside" if kind in ("with", "to") else kind, other, second)
        return width

    def _bring(self, noun: Noun) -> None:
        """ "Put the dog in a car", where there is no car yet."""
        subjects = [self.board.things[i] for i in self.indexes]
        self.board = tell(self.board, [noun], self.rng)
        things = self.board.things
        self.indexes = tuple(i for i, t in enumerate(things) if any(t is one for one in subjects))

    def _relate(self, kind: str, other: int, second: int | None) -> None:
        """The order of depth may change with each move, so things are followed by identity."""
        anchor = self.board.things[other]
        last = self.board.things[second] if second is not None else None
        for thing in [self.board.things[i] for i in self.indexes]:
            things = self.board.things
            index, base = index_of(things, thing), index_of(things, anchor)
            end = index_of(things, last) if last is not None else None
            if index == base:
                continue
            carried = worn(self.board.scene, index)
            scene = edits.relate(self.board.scene, index, kind, base, end, self.rng)
            moved = tuple(i for i, t in enumerate(scene.things) if not any(t is old for old in things))
            scene = bring_along(scene, carried, thing, scene.things[moved[0]]) if moved else scene
            self.board = Board(scene, moved)
        self.done = True

    def _bare(self) -> None:
        """A verb that says it all, or nothing at all."""
        match self.clause.verb:
            case "flip":
                self._each(lambda scene, i: edits.flip(scene, i, "other"))
            case "grow" | "shrink" as verb:
                self._each(lambda scene, i: edits.resize(scene, i, _BARE[verb]))
            case "raise":
                self._each(lambda scene, i: edits.shift(scene, i, "up", ""))
            case "rotate":
                amount = next((i.value for i in self.items if isinstance(i, Mark) and i.kind == "amount"), "")
                self._toward("right", amount)
            case "straighten":
                self._each(lambda scene, i: edits.turn(scene, i, 0.0, by=False))
            case "color":
                raise NotUnderstood(f"In which color? I have {listed(COLORS)}.")
            case _:
                raise nothing_said(self.board.scene)
