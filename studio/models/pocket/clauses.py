"""An instruction's items split into clauses: one verb each, with what it is about and what is to become of
it.

Nouns: a `Clause` has a `verb` ("" when there is none), the `items` that belong to it, and `subjects`, nouns
named before in the same breath ("make the apple and the pear green").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
    Setting,
    Shift,
    Size,
    Sky,
    Styled,
    Turn,
    Unknown,
    Where,
)
from studio.models.pocket.phrasing import NotUnderstood

LONGEST = 20
_PREDICATES = (Look, Mood, Size, Grow, Flip, Turn, Where, Shift, Count, Setting, Sky, Styled, Relation)
_OWN = ("grow", "shrink", "flip", "raise", "rotate", "straighten")


@dataclass(frozen=True)
class Clause:
    """One verb with its items; `joined` says that it came by "and" without a verb of its own."""

    verb: str
    items: tuple[Item, ...]
    subjects: tuple[Noun, ...] = ()
    joined: bool = False

    @property
    def unknown(self) -> tuple[str, ...]:
        """The words in it that nothing here knows."""
        return tuple(item.text for item in self.items if isinstance(item, Unknown))

    @property
    def nouns(self) -> tuple[Noun, ...]:
        return tuple(item for item in self.items if isinstance(item, Noun))


def split(items: Sequence[Item]) -> tuple[Clause, ...]:
    """The clauses of an instruction, those joined by "and" with the verb they share."""
    splitter = _Splitter(items)
    splitter.run()
    return tuple(_carry(splitter.clauses))


class _Splitter:
    def __init__(self, items: Sequence[Item]) -> None:
        self.source = items
        self.clauses: list[Clause] = []
        self.items: list[Item] = []
        self.verb, self.joined = "", False

    def run(self) -> None:
        for at, item in enumerate(self.source):
            match item:
                case Mark(kind="pause", value=value):
                    self._pause(value)
                case Mark(kind="verb", value=verb):
                    self._verb(verb, at)
                case Relation(kind="with") if self._adds(at):
                    self.flush("add")
                case Mark(kind="copula"):
                    pass
                case _:
                    self.items.append(item)
        self.flush("")

    def flush(self, verb: str, joined: bool = False) -> None:
        """Close the clause at hand and open the next."""
        if any(
            not isinstance(item, Mark) or item.kind in ("link", "canvas") for item in self.items
        ) or self.verb in (*_OWN, "replace"):
            self.clauses.append(Clause(self.verb, tuple(self.items), joined=self.joined))
        if len(self.clauses) > LONGEST:
            raise NotUnderstood("That is more than I can follow at once; please say it in a few steps.")
        self.items, self.verb, self.joined = [], verb, joined

    def _pause(self, value: str) -> None:
        if value in ("then", "."):
            self.flush("")
        elif value == "but" and self.items and isinstance(self.items[-1], Noun) and self.items[-1].plural:
            self.items.append(Mark("link", "except"))
        elif self._waits():
            return
        elif self.items:
            self.flush(self.verb, joined=True)

    def _waits(self) -> bool:
        """ "Between a tree" waits for "and a castle"."""
        for at in range(len(self.items) - 1, max(-1, len(self.items) - 4), -1):
            item = self.items[at]
            if isinstance(item, Relation) and item.kind == "between":
                after = [i for i in self.items[at + 1 :] if isinstance(i, Noun)]
                return len(after) == 1 and not after[0].plural
        return False

    def _verb(self, verb: str, at: int) -> None:
        if verb in _OWN and self.verb in ("make", "turn") and all(isinstance(i, Noun) for i in self.items):
            self.verb = verb
        elif self.items and self.items[0] == Mark("link", "instead") and verb in ("add", "make"):
            self.verb = "replace"  # "instead of a tree I want a house"
            self.items.append(Mark("link", "for"))
        elif self.items:
            self.flush(verb)
        else:
            self.verb, self.joined = verb, False

    def _adds(self, at: int) -> bool:
        """Whether "with" begins an addition of its own: "make it night with a moon", or "with a hat"."""
        following = self.source[at + 1] if at + 1 < len(self.source) else None
        if not isinstance(following, Noun) or self.verb in (
            "replace",
            "substitute",
            "give",
            "add",
            "remove",
            "move",
        ):
            return False
        said = any(
            isinstance(item, (Setting, Sky, Look, Mood, Grow, Size, Styled, Turn)) for item in self.items
        )
        return said or not any(isinstance(item, Noun) and item.names for item in self.items)


def _carry(clauses: Sequence[Clause]) -> list[Clause]:
    """A clause that only names things, before one without a verb of its own, hands its nouns on."""
    carried: list[Clause] = []
    subjects: tuple[Noun, ...] = ()
    for at, clause in enumerate(clauses):
        clause = replace(clause, subjects=subjects)
        follows = at + 1 < len(clauses) and clauses[at + 1].joined
        if follows and _only_names(clause) and clause.verb not in ("add", "remove", "give", *_OWN):
            subjects = (*subjects, *clause.nouns)
            continue
        subjects = ()
        carried.append(clause)
    return carried


def _only_names(clause: Clause) -> bool:
    definite = [noun for noun in clause.nouns if noun.definite or clause.verb == "replace"]
    return (
        bool(definite)
        and len(clause.nouns) == 1
        and not any(isinstance(i, _PREDICATES) for i in clause.items)
    )
