"""What words say must be in a picture, as values that can be held against what is seen there.

Nouns: a `Want` is one clause: so many things of one kind, with their look. A `Bond` is a relation between
two wants. `Wanted` is all of it, with the background and the style where they were said; None was left open.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from studio.models.pocket.describing import Story
from studio.models.pocket.expressions import members, with_mood
from studio.models.pocket.grammar import parse
from studio.models.pocket.hearing import idle_words, unknown_words
from studio.models.pocket.items import Look, Noun, Setting
from studio.models.pocket.phrasing import NotUnderstood, listed
from studio.models.pocket.scene import MAX_THINGS
from studio.models.pocket.words import nearest


@dataclass(frozen=True)
class Want:
    """`count` things, or more if `more`, each with one of these `names`; what was not said is None."""

    names: tuple[str, ...]
    count: int = 1
    more: bool = False
    """Whether it said only that there are several: "dogs"."""
    color: str | None = None
    size: str | None = None
    place: str | None = None
    angle: float | None = None
    reference: int | None = None
    word: str = ""
    """What it was called."""


@dataclass(frozen=True)
class Bond:
    """Want number `one` stands in this relation (a `geometry.Tie` kind) to number `other` (and `second`)."""

    kind: str
    one: int
    other: int
    second: int | None = None


@dataclass(frozen=True)
class Wanted:
    """Everything that a description says."""

    things: tuple[Want, ...] = ()
    bonds: tuple[Bond, ...] = ()
    kind: str | None = None
    color: str | None = None
    time: str | None = None
    weather: str | None = None
    style: str | None = None


def wanted(text: str, references: int = 0) -> Wanted:
    """What a description says must be in its picture; empty where it says nothing that is understood."""
    try:
        story = _told(text, references)
    except NotUnderstood:
        return Wanted()
    group_of = {index: at for at, group in enumerate(story.groups) for index in group}
    wants = tuple(_want(story, group) for group in story.groups)
    bonds: dict[Bond, None] = {}
    for tie in story.ties:
        second = group_of[tie.second] if tie.second is not None else None
        bonds[Bond(tie.kind, group_of[tie.one], group_of[tie.other], second)] = None
    ground = story.backdrop
    return Wanted(wants, tuple(bonds), ground.kind, ground.color, ground.time, ground.weather, story.style)


def _told(text: str, references: int = 0) -> Story:
    story = Story(random.Random(0))
    items = parse(text, references)
    story.tell(items)
    if not story.wishes and not story.backdrop.said:
        story.tell([Setting("plain", item.color) for item in items if isinstance(item, Look)])
    return story


def _want(story: Story, group: list[int]) -> Want:
    wish, noun = story.wishes[group[0]], story.said[group[0]]
    colors = {story.wishes[i].color for i in group}
    return Want(
        _names(wish.name, noun),
        len(group) if noun.count is None else min(noun.count, MAX_THINGS),
        noun.plural and noun.count is None,
        wish.color if len(colors) == 1 else None,
        wish.size,
        wish.place,
        wish.angle,
        wish.reference,
        noun.word,
    )


def _names(name: str, noun: Noun) -> tuple[str, ...]:
    """All names that the words allow: any bird for "a bird", any mood of a woman for "a woman"."""
    if noun.mood and with_mood(noun.names, noun.mood) == name:
        return (name,)
    names = noun.names if name in noun.names else (name,)
    if noun.mood or name != noun.word:
        return names
    return tuple(dict.fromkeys((*names, *members(name))))


def notes(text: str, references: int = 0) -> tuple[str, ...]:
    """A sentence for every word of a description that did not come into the picture."""
    try:
        story = _told(text, references)
    except NotUnderstood:
        return ()
    said = [*unknown_notes(text, references)]
    said += [f"There is no {what} among my drawings, so I drew the usual one." for what in story.unshown]
    idle = [f"“{word}”" for word in idle_words(text)]
    if idle:
        said.append(f"{listed(idle)} {'do' if len(idle) > 1 else 'does'} not change how I draw.")
    asked = sum(noun.count or 1 for noun in story.nouns)
    if asked > len(story.wishes):
        said.append(f"A picture has room for {MAX_THINGS} things; {asked} were asked for.")
    return tuple(dict.fromkeys(said))


def unknown_notes(text: str, references: int = 0) -> tuple[str, ...]:
    """A sentence for every word, of a description or an instruction, that is not known."""
    return tuple(_unknown(word) for word in unknown_words(text, references))


def _unknown(word: str) -> str:
    near = nearest(word)
    offer = f" Close to that I know {listed(near)}." if near else ""
    return f"“{word[:40]}” is not a word I know, so I left it out.{offer}"
