"""An instruction as a change to a scene: "make the apple green and add a tree, then make it night".

A text is split into clauses, and each is a function from `Board` to `Board`, found in a table by its verb.
Words that cannot be followed raise `NotUnderstood`; then nothing is changed at all.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from studio.models.pocket import edits
from studio.models.pocket.adding import add, become, check_room, give, ground, number
from studio.models.pocket.changing import Change
from studio.models.pocket.clauses import Clause, split
from studio.models.pocket.grammar import parse
from studio.models.pocket.hearing import unknown_words
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
    Styled,
    Turn,
    Unknown,
    Where,
)
from studio.models.pocket.layout import Wish
from studio.models.pocket.phrasing import NotUnderstood, listed, no_such_style, not_known, nothing_said, seen
from studio.models.pocket.phrasing import ground as ground_words
from studio.models.pocket.referring import Board, candidates, find, select
from studio.models.pocket.scene import LANDS, Scene
from studio.models.pocket.wearing import bring_along, worn

_IT = Noun("it", ref="it", definite=True)
_ALL = Noun("everything", ref="all", definite=True)


def instruct(scene: Scene, text: str, rng: random.Random, references: int = 0) -> Scene:
    """The scene after an instruction; with `references`, so many pictures were given to go by. Things that
    were not spoken of keep their exact values.
    """
    present = [thing.name for thing in scene.things]
    clauses = split(parse(text, references, present, telling=False))
    if not clauses:
        unknown = unknown_words(text, references)
        raise not_known(unknown) if unknown else nothing_said(scene)
    board = Board(scene)
    for clause in clauses:
        board = _HANDLERS.get(clause.verb, alter)(board, clause, rng)
    return board.scene


def keep(board: Board, clause: Clause, rng: random.Random) -> Board:
    """ "Leave the dog" changes nothing, but the dog must be there."""
    for noun in clause.nouns:
        find(board, noun, "keep")
    return board


def alter(board: Board, clause: Clause, rng: random.Random) -> Board:
    """What is said of a thing comes true of it, what is said of none is the ground; a new thing is added."""
    if _about_style(clause):
        raise no_such_style()
    styles = [item.style for item in clause.items if isinstance(item, Styled)]
    if styles:
        board = board.show(replace(board.scene, style=styles[-1]))
        clause = replace(clause, items=_without_style(clause.items))
        if not any(isinstance(item, _SAID) for item in clause.items):
            return board
    if _comes(board, clause):
        return add(board, clause, rng)
    if clause.unknown:
        first = isinstance(clause.items[0], Unknown)
        raise strangers(board.scene, clause, "change") if first else not_known(clause.unknown)
    if _numbers(board, clause):
        noun = clause.nouns[0]
        return number(board, noun, noun.count or 1, rng)
    change = Change(board, clause, rng)
    change.run()
    return change.board


_SAID = (Look, Mood, Size, Grow, Flip, Turn, Where, Shift, Setting, Sky, Noun, Unknown)


def _without_style(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The other items, without "it" and "the picture" where only those are left."""
    rest = tuple(
        i for i in items if not isinstance(i, Styled) and not (isinstance(i, Mark) and i.kind == "style")
    )
    spoken = [item for item in rest if isinstance(item, _SAID)]
    only_it = all(isinstance(item, Noun) and item.ref for item in spoken)
    return () if only_it else rest


def _about_style(clause: Clause) -> bool:
    """ "In the style of", "as a watercolor", "like a painting"."""
    if any(isinstance(item, Styled) for item in clause.items):
        return False
    drawn = clause.nouns and clause.nouns[0].word == "painting" and clause.verb == ""
    like = Mark("link", "to") in clause.items and Mark("canvas", "painting") in clause.items
    named = any(isinstance(item, Mark) and item.kind == "style" for item in clause.items)
    return bool(named or drawn or like)


def wish(board: Board, clause: Clause, rng: random.Random) -> Board:
    """ "I want a bigger tree", "I'd like the dog to be red": about what is there, else something to come."""
    first = clause.items[0] if clause.items else None
    said = any(isinstance(item, (Look, Mood, Grow, Size, Flip, Turn, Shift)) for item in clause.items[1:])
    there = isinstance(first, Noun) and bool(candidates(board, first))
    grows = len(clause.items) > 1 and isinstance(clause.items[1], Grow)
    if isinstance(first, Noun) and there and said and (first.definite or grows):
        return alter(board, replace(clause, verb="make"), rng)
    return add(board, clause, rng)


def _numbers(board: Board, clause: Clause) -> bool:
    """ "Make two dogs", where there are some."""
    if clause.verb != "make" or clause.subjects or len(clause.items) != 1 or not clause.nouns:
        return False
    noun = clause.nouns[0]
    return bool(noun.names and noun.count and candidates(board, replace(noun, count=None)))


def _comes(board: Board, clause: Clause) -> bool:
    """Whether the clause names a thing that is to come: "put a hat on the dog", or only "a tree"."""
    if clause.subjects or not clause.items or clause.verb not in ("make", "move", ""):
        return False
    first = clause.items[0]
    if isinstance(first, Where):
        return clause.verb == "" and any(noun.names and not noun.definite for noun in clause.nouns)
    if not isinstance(first, Noun):
        return False
    if first.more or any(
        isinstance(item, Relation) and item.kind in ("wear", "hold", "with") for item in clause.items
    ):
        return True
    return bool(first.names) and not first.definite and _is_new(board, clause, first)


def _is_new(board: Board, clause: Clause, noun: Noun) -> bool:
    """Whether a thing named without "the" is another one than those there."""
    if any(isinstance(item, Mark) and item.value in ("instead", "to") for item in clause.items):
        return False
    there = bool(candidates(board, noun))
    if clause.verb == "move":
        return not (noun.bare and there)
    said = any(
        isinstance(item, (Look, Mood, Grow, Size, Flip, Turn, Shift, Noun)) for item in clause.items[1:]
    )
    return not there or not (said or (clause.verb == "make" and noun.count))


def strangers(scene: Scene, clause: Clause, purpose: str) -> NotUnderstood:
    """The error for words that are not known where a thing in the picture was meant."""
    quoted = listed([f"“{word[:40]}”" for word in clause.unknown[:3]], "or")
    return NotUnderstood(
        f"{seen(scene)}; I do not know {quoted}, so there is nothing of that name to {purpose}."
    )


def remove(board: Board, clause: Clause, rng: random.Random) -> Board:
    """Things taken away; "everything except the dog" keeps the dog."""
    targets = _targets(clause)
    kept = [noun for noun, role in targets if role == "kept"]
    subjects = [noun for noun, role in targets if role == "subject"]
    settings = [item for item in clause.items if isinstance(item, Setting)]
    if clause.unknown and not subjects:
        raise strangers(board.scene, clause, "remove")
    if settings and not subjects:
        return _cleared(board, settings[-1], rng)
    gone: set[int] = set()
    whole = Mark("canvas", "canvas") in clause.items or Mark("canvas", "picture") in clause.items
    for noun in subjects or [_ALL if whole else _IT]:
        gone.update(select(board, noun, clause.items, "remove"))
    for noun in kept:
        gone.difference_update(find(board, noun, "keep"))
    clothes = [t for index in gone for t in worn(board.scene, index)]
    gone.update(i for i, t in enumerate(board.things) if not kept and any(t is one for one in clothes))
    return Board(edits.remove(board.scene, gone))


def copy(board: Board, clause: Clause, rng: random.Random) -> Board:
    """The same things once more, as large and as they look."""
    if clause.unknown:
        raise not_known(clause.unknown)
    nouns = clause.nouns or (_IT,)
    found = [board.things[i] for noun in nouns for i in find(board, noun, "copy")]
    check_room(board, len(found))
    wishes = tuple(
        Wish(t.name, t.color, flip=t.flip, side=max(t.box[2:]), angle=t.angle, reference=t.reference)
        for t in found
    )
    scene = edits.more(board.scene, wishes, (), rng)
    return Board(
        scene, tuple(i for i, t in enumerate(scene.things) if not any(t is old for old in board.things))
    )


def only(board: Board, clause: Clause, rng: random.Random) -> Board:
    """ "Only the dog", "keep only the dog": everything else goes."""
    if clause.unknown or not clause.nouns:
        raise not_known(clause.unknown) if clause.unknown else nothing_said(board.scene)
    kept = {i for noun in clause.nouns for i in select(board, noun, clause.items, "keep")}
    return Board(edits.remove(board.scene, set(range(len(board.things))) - kept))


def _targets(clause: Clause) -> list[tuple[Noun, str]]:
    """The nouns of a clause with their part in it: what it is about, what to keep, what only says which
    one.
    """
    role = "subject"
    found: list[tuple[Noun, str]] = []
    for item in clause.items:
        match item:
            case Mark(kind="link", value="except"):
                role = "kept"
            case Mark(kind="link", value="of" | "to") | Relation() if found:
                role = "which"
            case Noun():
                found.append((item, role))
                role = "kept" if role == "kept" else "subject"
    return found


def _cleared(board: Board, setting: Setting, rng: random.Random) -> Board:
    """A background taken away: a wall of calm white, a meadow where there was snow."""
    old = board.scene.background
    if old.weather and old.weather in (setting.weather, setting.kind) and setting.kind != old.kind:
        return board.show(edits.repaint(board.scene, Setting(weather="clear"), rng))
    if setting.kind == "ground" or old.kind not in LANDS:
        return board.show(edits.repaint(board.scene, Setting("plain", "white"), rng))
    if setting.kind == old.kind and old.kind != "meadow":
        return board.show(edits.repaint(board.scene, Setting("meadow"), rng))
    if setting.kind == old.kind:
        return board.show(edits.repaint(board.scene, Setting("plain", "white"), rng))
    if setting.time and setting.time == old.time:
        return board.show(edits.repaint(board.scene, Setting(time="day"), rng))
    if setting.weather == "clear":
        return board.show(edits.repaint(board.scene, setting, rng))
    raise NotUnderstood(f"{seen(board.scene)} {ground_words(old)}; there is no {setting.text} to remove.")


def swap(board: Board, clause: Clause, rng: random.Random) -> Board:
    """One thing for another: "replace the cat with a dog", "swap the cat and the dog"."""
    old, new = _sides(clause)
    if clause.unknown:
        raise not_known(clause.unknown)
    grounds = [item for item in new if isinstance(item, (Setting, Sky))]
    if grounds:
        return board.show(ground(board.scene, replace(clause, items=tuple(grounds)), rng))
    nouns = [item for item in new if isinstance(item, Noun)]
    subjects = [*clause.subjects, *(item for item in old if isinstance(item, Noun))]
    if not nouns and not subjects and len(board.things) == 2 and Mark("aspect", "places") in clause.items:
        return Board(_exchanged(board.scene, 0, 1), (0, 1))
    if not nouns and len(subjects) == 2:
        one, other = (find(board, noun, "swap")[0] for noun in subjects)
        return Board(_exchanged(board.scene, one, other), (one, other))
    if not nouns or not nouns[0].names:
        nouns = [Noun("orange", ("orange",)) for item in new if item == Look("orange")]
    if not nouns:
        return add(board, clause, rng) if clause.joined and subjects else _puzzled(board)
    indexes = sorted({i for noun in subjects or [_IT] for i in select(board, noun, old, "replace")})
    return become(board, tuple(indexes), nouns[0], rng)


def _exchanged(scene: Scene, one: int, other: int) -> Scene:
    """Two things in each other's place, with what they wear."""
    a, b = scene.things[one], scene.things[other]
    hats = [[t for t in worn(scene, i) if t is not a and t is not b] for i in (one, other)]
    done = edits.exchange(scene, one, other)
    done = bring_along(done, hats[0], a, done.things[one])
    return bring_along(done, hats[1], b, done.things[other])


def _sides(clause: Clause) -> tuple[list[Item], list[Item]]:
    """What goes and what comes; with "substitute a dog for the cat" they are said the other way round."""
    before: list[Item] = []
    after: list[Item] = []
    side = before
    for item in clause.items:
        link = isinstance(item, Mark) and item.kind == "link" and item.value in ("to", "for")
        if link or (isinstance(item, Relation) and item.kind in ("with", "in", "beside") and side is before):
            side = after
        else:
            side.append(item)
    turned = clause.verb == "substitute" and any(
        isinstance(i, Mark) and i.value == "for" for i in clause.items
    )
    return (after, before) if turned else (before, after)


def _puzzled(board: Board) -> Board:
    raise nothing_said(board.scene)


_HANDLERS: dict[str, Callable[[Board, Clause, random.Random], Board]] = {
    "add": wish,
    "give": give,
    "remove": remove,
    "replace": swap,
    "substitute": swap,
    "keep": keep,
    "only": only,
    "copy": copy,
}
