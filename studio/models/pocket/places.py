"""The part of the grammar that reads places: "in the top left corner", "to the left of", "on the right side".

Nouns: a place is where in the picture; with "of" and a thing after it, it is a relation to that thing.
"""

from __future__ import annotations

from studio.models.pocket.items import Item, Relation, Shift, Where
from studio.models.pocket.words import Lexeme

SIDES = ("left", "right", "top", "bottom", "middle")
END = Lexeme("end", "", "")


class Places:
    """Lexemes with the items read so far. A reader takes a position and returns the next, or 0."""

    def __init__(self, lexemes: list[Lexeme]) -> None:
        self.lexemes = lexemes
        self.items: list[Item] = []

    def peek(self, at: int) -> Lexeme:
        return self.lexemes[at] if at < len(self.lexemes) else END

    def place(self, at: int) -> int:
        """[on|in|at|to] [the] left [side] [of ...]: a place, or with "of" a relation."""
        here, opened = at, False
        if self.peek(here).value in ("on", "in", "at", "to") and self.peek(here).kind in ("relation", "link"):
            here, opened = here + 1, True
        if self.peek(here).kind == "det":
            here += 1
        while self.peek(here).kind in ("stop", "amount"):
            here += 1
        head = self.peek(here)
        if head.kind == "sky" and opened:
            return self._put(Where("sky"), self._over_canvas(here + 1))
        if head.kind not in ("place", "shift") or (head.kind == "shift" and head.value not in SIDES):
            return 0
        after = here + 1
        while self.peek(after).kind == "side":
            after += 1
        if after == here + 1 and self._starts_noun(after) and not (opened and self.peek(after).plural):
            return 0
        return self._place_end(head, at, after, opened)

    def _place_end(self, head: Lexeme, at: int, after: int, opened: bool) -> int:
        of = self.peek(after)
        if of.kind == "link" and of.value == "of" and head.value in SIDES:
            past = self._over_canvas(after)
            if past > after:
                return self._put(Where(head.value), past)
            if head.value == "middle":
                return self._put(Where("middle"), after + 1)
            kind = {"top": "on", "bottom": "below"}.get(head.value, head.value)
            return self._put(Relation(kind), after + 1)
        if head.kind == "shift" or (not opened and after == at + 1 and head.value in ("left", "right")):
            return self._put(Shift(head.value), after)
        return self._put(Where(head.value), self._over_canvas(after))

    def _over_canvas(self, at: int) -> int:
        """Past "of the picture", if that is what follows."""
        here = at
        if self.peek(here).kind == "link" or self.peek(here).value == "in":
            here += 1
            if self.peek(here).kind == "det":
                here += 1
            if self.peek(here).kind == "canvas":
                return here + 1
        return at

    def _starts_noun(self, at: int) -> bool:
        """Whether a noun follows, with no more than its adjectives before it."""
        for ahead in range(at, at + 4):
            word = self.peek(ahead)
            if word.kind == "thing" or word.text in ("one", "ones"):
                return True
            if word.kind not in ("size", "color", "stop", "count"):
                return False
        return False

    def _put(self, item: Item, at: int) -> int:
        self.items.append(item)
        return at
