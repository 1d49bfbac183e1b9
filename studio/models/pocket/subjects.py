"""What a clause is about: the things it means, and what it says of the background.

Nouns: `Subjects` holds one clause while it is applied; `board` is where it has come to, `indexes` the things
meant, `items` what is still to be said of them.
"""

from __future__ import annotations

import random
from dataclasses import replace

from studio.models.pocket.adding import ground
from studio.models.pocket.clauses import Clause
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
    Where,
)
from studio.models.pocket.phrasing import NotUnderstood, nothing_said
from studio.models.pocket.referring import Board, candidates, find, select
from studio.models.pocket.scene import BACKDROPS

IT = Noun("it", ref="it", definite=True)


class Subjects:
    """One clause being applied."""

    def __init__(self, board: Board, clause: Clause, rng: random.Random) -> None:
        self.board, self.clause, self.rng = board, clause, rng
        self.items = list(clause.items)
        self.subjects = list(clause.subjects)
        self.indexes: tuple[int, ...] = ()
        self.done = False

    # -- what it is about ------------------------------------------------------------------------------

    def _leads(self, item: Item) -> bool:
        """Whether a preposition only leads to the subject: "of the car", "like the dog to be red"."""
        second = self.items[1] if len(self.items) > 1 else None
        rest = len(self.items) > 2 and isinstance(second, Noun) and second.definite
        return item == Mark("link", "of") or (isinstance(item, Mark) and item.kind == "link" and rest)

    def _instead(self) -> bool:
        """ "A pear instead (of the apple)": the first noun is what is to come, the last what is to go."""
        first, *rest = self.items
        at = next((i for i, item in enumerate(rest) if item == Mark("link", "instead")), None)
        if at is None or not isinstance(first, Noun) or first.definite or not first.names or self.subjects:
            return False
        self.subjects += [item for item in rest[at:] if isinstance(item, Noun)]
        if not self.subjects and candidates(self.board, replace(first, color=None)):
            self.subjects.append(replace(first, color=None, definite=True))
        self.items = [first]
        return True

    def _ground(self) -> None:
        """Take out what is said of the background, and change that."""
        said = [item for item in self.items if isinstance(item, (Setting, Sky))]
        if not said:
            return
        said = self._after_to(said)
        looks = [item for item in self.items if isinstance(item, Look)]
        if looks and not self.subjects:
            said = [self._colored(item, looks[0].color) for item in said]
            self.items = [item for item in self.items if item not in looks]
        bare = all(item == Sky() or (isinstance(item, Setting) and item.kind == "ground") for item in said)
        places = any(isinstance(item, (Where, Shift)) for item in self.items)
        if not bare:
            part = replace(self.clause, items=tuple(said))
            self.board = self.board.show(ground(self.board.scene, part, self.rng))
            self.done = True
        elif not places:
            raise nothing_said(self.board.scene)
        self.items = self._without_grounds()
        if self.done and not self.subjects:
            self.items = [item for item in self.items if item != Where("far")]

    def _after_to(self, said: list[Setting | Sky]) -> list[Setting | Sky]:
        """ "From the forest to a beach": only what comes after "to" is to be painted."""
        turns = [i for i, item in enumerate(self.items) if item in (Mark("link", "to"), Relation("in"))]
        if not turns or self.subjects or not isinstance(self.items[0], (Setting, Sky)):
            return said
        rest = self.items[turns[-1] + 1 :]
        if any(isinstance(item, Noun) for item in rest):
            raise nothing_said(self.board.scene)
        self.items = rest if any(isinstance(item, (Setting, Sky, Look)) for item in rest) else self.items
        after = [item for item in rest if isinstance(item, (Setting, Sky))]
        return after or said

    def _colored(self, item: Setting | Sky, color: str) -> Setting | Sky:
        if isinstance(item, Sky):
            return Sky(color)
        if item.kind == "ground":
            old = self.board.scene.background.kind
            return Setting(old if old in BACKDROPS else "plain", color, text=item.text)
        if item.kind in BACKDROPS:
            return replace(item, color=item.color or color)
        raise NotUnderstood(
            f"I cannot color the {item.text}; I can change the background to plain {color}, though."
        )

    def _without_grounds(self) -> list[Item]:
        """The other items, without the prepositions that led to the background."""
        kept: list[Item] = []
        for item in self.items:
            if isinstance(item, (Setting, Sky)):
                while kept and (
                    isinstance(kept[-1], Relation) or (isinstance(kept[-1], Mark) and kept[-1].kind == "link")
                ):
                    kept.pop()
            else:
                kept.append(item)
        return kept

    def _drop_links(self) -> None:
        while (
            self.items
            and isinstance(self.items[-1], Mark)
            and self.items[-1].kind in ("link", "canvas", "amount")
        ):
            if self.items[-1].kind == "amount" and len(self.items) > 1:
                return
            self.items.pop()
        self.items = [
            item
            for item in self.items
            if not (isinstance(item, Mark) and item.kind in ("canvas", "verb", "aspect"))
        ]

    def _check_subjects(self) -> None:
        for noun in self.subjects:
            if noun.names and (noun.names != ("picture",) or candidates(self.board, noun)):
                self.board = replace(self.board, focus=find(self.board, noun))

    def _choose(self) -> None:
        """The things it is about; a place right after them tells which, if something else is said of them."""
        if not self.subjects and self._counts():
            return
        selectors: list[Item] = []
        if self.subjects and not (self.clause.verb == "move" and len(self.items) < 3):
            selectors = self._selectors()
        subjects = self.subjects or [IT]
        chosen = [select(self.board, noun, [noun, *selectors], "change") for noun in subjects]
        self.indexes = tuple(dict.fromkeys(i for found in chosen for i in found))
        self.board = replace(self.board, focus=self.indexes)

    def _counts(self) -> bool:
        first = self.items[0] if self.items else None
        return (
            isinstance(first, Noun)
            and bool(first.count)
            and bool(candidates(self.board, replace(first, count=None)))
        )

    def _selectors(self) -> list[Item]:
        """The words right after the subject that only tell which one is meant."""
        width = 0
        if self.items and isinstance(self.items[0], Where):
            width = 1
        elif len(self.items) > 1 and isinstance(self.items[0], Relation) and isinstance(self.items[1], Noun):
            width = 2 if self.items[1].definite else 0
        rest = self.items[width:]
        later = any(
            isinstance(i, (Look, Mood, Size, Grow, Flip, Turn, Where, Shift, Relation))
            or i == Mark("link", "to")
            for i in rest
        )
        # "Rotate the dog to the left": with one dog there, that says which way.
        one = len(candidates(self.board, self.subjects[0])) < 2
        if one and width == 1 and self.clause.verb == "rotate" and not later:
            return []
        if not width or not (later or self.clause.verb in ("flip", "grow", "shrink", "rotate", "straighten")):
            return []
        selectors, self.items = self.items[:width], rest
        return selectors
