"""Things that come into a scene: "add a tree on the right", "put a hat on the dog", "one more".

An addition is read as a description whose other things are there already, so that all relations work in
both.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace

from studio.models.pocket import edits
from studio.models.pocket.backdrops import Backdrop
from studio.models.pocket.clauses import Clause
from studio.models.pocket.describing import Story
from studio.models.pocket.expressions import with_mood
from studio.models.pocket.items import Item, Mark, Noun, Relation, Setting, Sky
from studio.models.pocket.layout import Wish
from studio.models.pocket.phrasing import NotUnderstood, no_such_style, not_known, nothing_said, seen
from studio.models.pocket.referring import Board, candidates, find, missing, salient
from studio.models.pocket.scene import MAX_THINGS, Scene
from studio.models.pocket.wearing import bring_along, worn


def add(board: Board, clause: Clause, rng: random.Random) -> Board:
    """New things, where they are said to be or where there is room."""
    if clause.unknown:
        raise not_known(clause.unknown)
    items = [_familiar(board, item, at, clause.items) for at, item in enumerate(clause.items)]
    _check_targets(board, items)
    nouns = [item for item in items if isinstance(item, Noun)]
    if not nouns:
        return Board(ground(board.scene, clause, rng), board.focus)
    return tell(board, _to_relation(board, items), rng)


def tell(board: Board, items: Sequence[Item], rng: random.Random) -> Board:
    """What a description says, as an addition to what is there."""
    story = Story(rng, board.things, salient(board))
    story.tell(items)
    check_room(board, max((noun.count or 1 for noun in items if isinstance(noun, Noun)), default=1))
    if not story.wishes:
        raise nothing_said(board.scene)
    scene = replace(board.scene, style=story.style) if story.style else board.scene
    if story.backdrop.said:
        scene = edits.repaint(scene, story.backdrop.setting, rng)
    scene = edits.more(scene, tuple(story.wishes), tuple(story.ties), rng)
    new = tuple(i for i, t in enumerate(scene.things) if not any(t is old for old in board.things))
    return Board(scene, new)


def check_room(board: Board, count: int) -> None:
    """A number that does not fit is said, and not cut short."""
    room = MAX_THINGS - len(board.things)
    if count > room:
        left = f"only {room} more" if room > 0 else "no more"
        raise NotUnderstood(
            f"A picture has room for {MAX_THINGS} things. {seen(board.scene)}, so {left} can come."
        )


def _familiar(board: Board, item: Item, at: int, items: Sequence[Item]) -> Item:
    """ "One more" and "another apple" in terms of what is there; a bare noun after a preposition is one
    there.
    """
    if not isinstance(item, Noun):
        return item
    before = items[at - 1] if at else None
    after = items[at + 1] if at + 1 < len(items) else None
    worn = before is None and isinstance(after, Relation) and after.kind in ("wear", "hold", "with")
    if (worn or isinstance(before, Relation)) and item.bare and candidates(board, item):
        return replace(item, definite=True)
    if item.ref == "more" or (item.more and item.names and not item.color):
        fits = candidates(board, replace(item, ref="", more=False)) if item.names else list(salient(board))
        if fits:
            like = board.things[fits[0]]
            return replace(item, ref="", names=(like.name,), color=like.color)
    return item


def _check_targets(board: Board, items: Sequence[Item]) -> None:
    """ "On the house" needs a house that is there."""
    for before, item in itertools.pairwise(items):
        opens = isinstance(before, Relation) or (isinstance(before, Mark) and before.value in ("to", "of"))
        if opens and isinstance(item, Noun) and item.definite and not candidates(board, item):
            raise missing(board.scene, item, "go by")


def _to_relation(board: Board, items: Sequence[Item]) -> list[Item]:
    """ "A hat to the dog" reads as "a hat on the dog"."""
    told: list[Item] = []
    for at, item in enumerate(items):
        following = items[at + 1] if at + 1 < len(items) else None
        link = isinstance(item, Mark) and item.kind == "link" and item.value in ("to", "for")
        told.append(Relation("to") if link and isinstance(following, Noun) and following.definite else item)
    return told


def give(board: Board, clause: Clause, rng: random.Random) -> Board:
    """Something to wear or to hold: "give the cat a balloon"."""
    nouns = clause.nouns
    if clause.unknown or len(nouns) < 2:
        raise not_known(clause.unknown) if clause.unknown else nothing_said(board.scene)
    receivers = [n for n in nouns if n.definite] or nouns[:1]
    gifts = [n for n in nouns if n is not receivers[0]]
    found = find(board, receivers[0], "give something to")
    if len(found) > 1:
        gifts = [replace(gift, count=len(found), plural=True) for gift in gifts]
    story = Story(rng, board.things, found)
    for gift in gifts:
        story.current = list(found)
        story.tell((Relation("hold"), gift))
    if not story.wishes:
        return tell(board, gifts, rng)
    scene = edits.more(board.scene, tuple(story.wishes), tuple(story.ties), rng)
    return board.follow(scene)


def ground(scene: Scene, clause: Clause, rng: random.Random) -> Scene:
    """The scene with the background that a clause speaks of; an error if it speaks of none."""
    said = [item for item in clause.items if isinstance(item, Setting) and not item.bare]
    colors = [item.color for item in clause.items if isinstance(item, Sky) and item.color]
    if clause.unknown or not (said or colors):
        raise not_known(clause.unknown) if clause.unknown else nothing_said(scene)
    for color in colors:
        scene = edits.sky(scene, color, rng)
    if said:
        whole = Backdrop()
        for setting in reversed(said):
            whole.hear(setting)
        scene = edits.repaint(scene, whole.setting, rng)
    return scene


def become(board: Board, indexes: tuple[int, ...], noun: Noun, rng: random.Random) -> Board:
    """Things turned into others of the named kind; with a number, as many as were asked for."""
    scene = board.scene
    if noun.word == "painting":
        raise no_such_style()
    name = rng.choice(noun.names) if len(noun.names) > 1 else noun.names[0]
    name = (with_mood(noun.names, noun.mood) if noun.mood else None) or name
    for index in indexes:
        color = noun.color or (scene.things[index].color if scene.things[index].name == name else None)
        before, carried = scene.things[index], worn(scene, index)
        scene = edits.become(scene, index, name, color, noun.size, noun.reference)
        scene = edits.turn(scene, index, noun.angle, by=False) if noun.angle is not None else scene
        scene = bring_along(scene, carried, before, scene.things[index])
    board = Board(scene, indexes)
    return (
        number(board, replace(noun, names=(name,)), noun.count, rng)
        if noun.count and noun.count > 1
        else board
    )


def number(board: Board, noun: Noun, count: int, rng: random.Random) -> Board:
    """As many of a kind as asked for: more are added, the smallest and last are taken away."""
    fits = candidates(board, replace(noun, count=None, ref="" if noun.names else noun.ref))
    if len(fits) > count:
        ranked = sorted(fits, key=lambda i: -board.things[i].box[2] * board.things[i].box[3])
        return Board(edits.remove(board.scene, ranked[count:]))
    check_room(board, count - len(fits))
    like = board.things[fits[0]]
    wish = Wish(like.name, like.color, noun.size, reference=like.reference)
    scene = edits.more(board.scene, (wish,) * (count - len(fits)), (), rng)
    return Board(scene, tuple(i for i, t in enumerate(scene.things) if t.name == like.name))
