"""A description as a scene: "two cats to the left of a big house at sunset".

Nouns: a `Story` gathers, item by item, what was said: groups of equal things as `Wish`es, the `Tie`s between
them, and the background. What words leave open is drawn from the generator.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from studio.models.pocket.backdrops import Backdrop, under_sky
from studio.models.pocket.expressions import with_mood
from studio.models.pocket.geometry import WEARABLE, Tie
from studio.models.pocket.items import (
    Flip,
    Item,
    Look,
    Mark,
    Mood,
    Noun,
    Relation,
    Setting,
    Size,
    Sky,
    Styled,
    Turn,
    Where,
)
from studio.models.pocket.layout import Wish
from studio.models.pocket.references import NEUTRAL
from studio.models.pocket.scene import MAX_THINGS, Thing
from studio.models.pocket.things import THINGS

HELD = (
    *("balloon", "umbrella", "kite", "lollipop", "ice cream", "sword", "candle", "lantern", "axe", "hammer"),
    *("broom", "bouquet", "flashlight", "microphone", "magnifying glass", "white flag", "tennis racket"),
)


_LIKENESSES = ("snowman", "teddy bear", "pumpkin", NEUTRAL)  # a given picture may be of anybody


def animate(name: str) -> bool:
    """Whether it can wear a hat."""
    return THINGS[name].group in ("animal", "person", "face") or name in _LIKENESSES


class Story:
    """What a description has said so far. `present` things can be spoken of as well; they come first in
    ties.
    """

    def __init__(self, rng: random.Random, present: Sequence[Thing] = (), it: Sequence[int] = ()) -> None:
        self.rng = rng
        self.present = present
        self.first = len(present)
        self.it = list(it)
        self.groups: list[list[int]] = [[i] for i in range(len(present))]
        self.names = [thing.name for thing in present]
        self.wishes: list[Wish] = []
        self.said: list[Noun] = []
        """The noun of each wish."""
        self.nouns: list[Noun] = []
        self.unshown: list[str] = []
        """What was said of a thing and cannot be shown of it."""
        self.style: str | None = None
        self.ties: list[Tie] = []
        self.backdrop = Backdrop()
        self.current: list[int] = []
        self._head: list[int] = []
        self._joined: list[int] = []
        """What was named side by side: "a dog and a cat" that both are on a couch."""
        self._nearest: list[int] = []
        self._relation: str | None = None
        self._subject: list[int] = []
        self._inverse: tuple[str, list[int]] | None = None
        self._place: str | None = None
        self._between: list[int] = []
        self._wearer: list[int] = []
        self._absent = False
        self._prepared: str | None = None
        self.budget: dict[int, int] = {}

    def tell(self, items: Sequence[Item]) -> None:
        self.budget = _budget(items, MAX_THINGS - len(self.names))
        for at, item in enumerate(items):
            self._hear(items, at, item)

    def _hear(self, items: Sequence[Item], at: int, item: Item) -> None:
        match item:
            case Noun():
                self._noun(item, items, at)
            case Setting():
                self.backdrop.hear(item)
                self._relation = None
            case Sky(color=color):
                if color:
                    self.backdrop.hear(under_sky(color))
            case Relation(kind=kind):
                self._open(kind, self._opens(items, at))
            case Where(place=place):
                self._where("bottom right" if place == "corner" else place, items, at)
            case Look() | Size() | Flip() | Turn() | Mood():
                self._predicate(item)
            case Styled(style=style):
                self.style = style
            case Mark(kind="verb", value="remove"):
                self._absent = True
            case Mark(kind="pause", value=value):
                self._pause(value)

    # -- nouns -----------------------------------------------------------------------------------------

    def _noun(self, noun: Noun, items: Sequence[Item], at: int) -> None:
        if self._absent:
            self._absent = False
            return
        known = self._known(noun)
        group = known if known is not None else self._new(noun, self.budget.get(at, 1))
        if not group:
            return
        if not self._relation:
            before = items[at - 1] if at else None
            joins = isinstance(before, Mark) and before.kind == "pause" and before.value in ("and", ",")
            fresh = known is None and self.current == self._joined[-len(self.current) :]
            self._joined = [*self._joined, *group] if joins and fresh and not self._inverse else list(group)
            self._head = group
        if self._relation:
            self._joined = []
            self._relate(group, items, at)
        elif self._wearer and self._goes_on(group, items[at - 1] if at else None):
            self._tie("with", self._wearer, group)
        elif self._inverse:
            kind, other = self._inverse
            self._tie(kind, group, other)
            self._inverse = None
        self.current = group

    def _goes_on(self, group: list[int], before: Item | None) -> bool:
        """Whether this is one more thing to wear or to hold: "a dog with a scarf and a hat"."""
        joined = isinstance(before, Mark) and before.kind == "pause" and before.value in ("and", ",")
        return joined and self.names[group[0]] in (*WEARABLE, *HELD)

    def _known(self, noun: Noun) -> list[int] | None:
        """The group a definite noun or a pronoun speaks of, if it was mentioned."""
        if noun.ref in ("it", "them", "all"):
            if self._prepared and not self.it and self._subject:
                return self._subject  # "and behind it a house"
            others = [g for g in self.groups if not self._relation or g != self._nearest]
            return self.it or (self.current if not self._relation else []) or (others[-1] if others else [])
        if not noun.definite or noun.more or not noun.names:
            return None
        fits = [g for g in self.groups if self.names[g[0]] in noun.names]
        if noun.color:
            fits = [g for g in fits if self._color(g[0]) == noun.color]
        return fits[-1] if fits else None

    def _color(self, index: int) -> str | None:
        return self.wishes[index - self.first].color if index >= self.first else self.present[index].color

    def _new(self, noun: Noun, most: int) -> list[int]:
        """A new group of things of a kind, as far as there is room in the picture."""
        if noun.ref == "one" and noun.color and self._color_one(noun.color):
            return []
        names = noun.names or tuple(self.names[-1:])
        room = MAX_THINGS - len(self.names)
        if not names or room <= 0:
            return []
        self.nouns.append(noun)
        first = self._name(names, noun)
        count = noun.count if noun.count is not None else self._some(noun)
        group = list(range(len(self.names), len(self.names) + min(count, room, most)))
        wish = Wish(first, noun.color, noun.size, self._place or _side(noun), angle=noun.angle)
        others = [name for name in names if name != first] if first in names else []
        # "Three animals" are any three, as different as there are kinds.
        kinds = [first, *self.rng.sample(others, len(others))] if len(group) > 1 else [first]
        for i in range(len(group)):
            name = kinds[i % len(kinds)]
            self.names.append(name)
            self.wishes.append(replace(wish, name=name, reference=noun.reference))
            self.said.append(noun)
        self._place = None
        if group:
            self.groups.append(group)
        return group

    def _name(self, names: Sequence[str], noun: Noun) -> str:
        """One of the names it may be; with a mood, one that there is with that expression."""
        if noun.mood:
            shown = with_mood(names, noun.mood)
            if shown is not None:
                return shown
            self.unshown.append(f"{noun.mood} {noun.word}")
        return self.rng.choice(names) if len(names) > 1 else names[0]

    def _color_one(self, color: str) -> bool:
        """ "Two dogs, one brown and one black": the next of the last group that has no color yet."""
        group = self.groups[-1] if self.groups else []
        plain = [i for i in group if len(group) > 1 and i >= self.first and not self._color(i)]
        if plain:
            self._change(plain[0], color=color)
        return bool(plain)

    def _some(self, noun: Noun) -> int:
        """How many an uncounted noun means: "dogs" are a few."""
        if not noun.plural:
            return 1
        return self.rng.choice((2, 3)) if not self.wishes else 2

    # -- relations and places --------------------------------------------------------------------------

    def _opens(self, items: Sequence[Item], at: int) -> bool:
        """Whether a clause begins here: "behind it a house"."""
        before = items[at - 1] if at else None
        return before is None or (isinstance(before, Mark) and before.kind == "pause")

    def _open(self, kind: str, opens: bool) -> None:
        if not self.current and kind in ("with", "in", "on"):
            return
        both = kind not in ("wear", "hold", "with") and self._joined[-len(self.current) :] == self.current
        subject = self._head if opens and self._head else self._joined if both else self.current
        self._nearest = self.current
        self._relation, self._subject, self._between = kind, subject, []
        self._prepared = kind if opens else None

    def _relate(self, group: list[int], items: Sequence[Item], at: int) -> None:
        kind, subject = self._relation or "", self._subject
        following = next(
            (i for i in items[at + 1 : at + 4] if not (isinstance(i, Mark) and i.kind == "copula")), None
        )
        if kind == "between":
            self._between += group
            if len(self._between) < 2:
                return
            group = self._between
        self._relation = None
        if not subject or (self._prepared and isinstance(following, Noun)):
            self._prepared = None
            self._inverse = (kind, group)
        else:
            self._tie(kind, subject, group)

    def _tie(self, kind: str, subject: list[int], other: list[int]) -> None:
        subject = [index for index in subject if index not in other]
        if not subject:
            return
        kind, turned = self._worn(kind, subject, other)
        self._wearer = subject if turned else []
        if turned:
            subject, other = other, subject
        if kind == "between" and len(other) > 1:
            self.ties += [Tie("between", one, other[0], other[1]) for one in subject]
        elif kind in ("left", "right", "above", "below", "far"):
            self.ties += [Tie(kind, one, two) for one in subject for two in other]
        elif kind and kind != "between":
            self.ties += [Tie(kind, one, other[i % len(other)]) for i, one in enumerate(subject)]

    def _worn(self, kind: str, subject: list[int], other: list[int]) -> tuple[str, bool]:
        """ "A dog with a hat" puts the hat on the dog, and so does "a hat on a dog"; else "with" is only
        "and".
        """
        if (
            kind in ("on", "to", "in")
            and self.names[subject[0]] in WEARABLE
            and animate(self.names[other[0]])
        ):
            return "wear", False
        if kind == "in" and self.names[subject[0]] in HELD and animate(self.names[other[0]]):
            return "hold", False
        if kind == "to":
            return (
                "hold" if self.names[subject[0]] in HELD and animate(self.names[other[0]]) else "on"
            ), False
        if kind not in ("with", "wear", "hold"):
            return kind, False
        name = self.names[other[0]]
        if name in WEARABLE:
            return "wear", True
        if kind == "hold" or name in HELD:
            return "hold", True
        return "", False

    def _where(self, place: str, items: Sequence[Item], at: int) -> None:
        following = next(
            (i for i in items[at + 1 : at + 4] if not (isinstance(i, Mark) and i.kind == "copula")), None
        )
        ahead = self._opens(items, at) and (isinstance(following, Noun) or not self.current)
        if ahead:
            self._place = place
            return
        for index in self.current:
            self._change(index, place=place)

    def _predicate(self, item: Look | Size | Flip | Turn | Mood) -> None:
        for index in self.current:
            match item:
                case Look(color=color) if not self._color(index):
                    self._change(index, color=color)
                case Turn(degrees=degrees):
                    self._change(index, angle=degrees)
                case Mood(name=mood):
                    self._feel(index, mood)
                case Size(name=name):
                    self._change(index, size=name)
                case Flip(way=way):
                    self._change(index, flip=way == "right")

    def _feel(self, index: int, mood: str) -> None:
        """ "A cat that is angry": as if it had been an angry cat from the start."""
        shown = with_mood(self.names[index : index + 1], mood)
        if shown is None:
            self.unshown.append(f"{mood} {self.names[index]}")
        elif index >= self.first:
            self.names[index] = shown
            self._change(index, name=shown)

    def _change(self, index: int, **said: Any) -> None:
        if index >= self.first:
            self.wishes[index - self.first] = replace(self.wishes[index - self.first], **said)

    def _pause(self, value: str) -> None:
        self._absent = False
        if value == "." or (value in ("then", ",") and self._relation != "between"):
            self._relation = None
        if value == ".":
            self._inverse, self._wearer = None, []


def _budget(items: Sequence[Item], room: int) -> dict[int, int]:
    """How many of each noun fit: where there is no room for all, the largest groups give way."""
    wanted = {at: noun.count or 3 for at, noun in enumerate(items) if isinstance(noun, Noun) and noun.plural}
    singles = sum(
        1 for noun in items if isinstance(noun, Noun) and noun.names and not noun.plural and not noun.definite
    )
    for at in list(wanted)[room:]:
        del wanted[at]
    wanted = {at: min(count, MAX_THINGS) for at, count in wanted.items()}
    while sum(wanted.values()) + singles > room and any(count > 1 for count in wanted.values()):
        largest = max(wanted, key=lambda at: wanted[at])
        wanted[largest] -= 1
    return wanted


def _side(noun: Noun) -> str | None:
    return noun.which if noun.which in ("left", "right", "top", "bottom", "middle") else None
