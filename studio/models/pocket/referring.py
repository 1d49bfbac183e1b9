"""Which things of a scene a noun speaks of: "the left apple", "it", "both trees", "everything".

Nouns: a `Board` is a scene with its `focus`, the things last spoken of in the same text, which "it" means.
A noun that fits nothing there is `missing`: the message says what is seen instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from studio.models.pocket.expressions import MEN, WOMEN, members, with_mood
from studio.models.pocket.geometry import Tie, center, holds
from studio.models.pocket.items import Item, Noun, Relation, Where
from studio.models.pocket.nouns import WHOLE_KINDS
from studio.models.pocket.phrasing import NotUnderstood, seen
from studio.models.pocket.scene import Scene, Thing
from studio.models.pocket.things import EXPRESSIONS, THINGS

_SEXES = {**dict.fromkeys(("her", "she"), WOMEN), **dict.fromkeys(("him", "he", "his"), MEN)}


@dataclass(frozen=True)
class Board:
    """A scene on the table, and the indexes of the things last spoken of."""

    scene: Scene
    focus: tuple[int, ...] = ()

    @property
    def things(self) -> tuple[Thing, ...]:
        return self.scene.things

    def show(self, scene: Scene) -> Board:
        """The board with a scene of as many things, in the same order."""
        return replace(self, scene=scene)

    def follow(self, scene: Scene) -> Board:
        """The board with a scene whose things may be fewer or in another order: the focus follows its
        things.
        """
        held = [self.things[i] for i in self.focus]
        return Board(scene, tuple(i for i, t in enumerate(scene.things) if any(t is one for one in held)))


def find(board: Board, noun: Noun, purpose: str = "change") -> tuple[int, ...]:
    """The indexes of the things a noun speaks of, at least one, or an error that names what is there."""
    found = candidates(board, noun)
    if not found:
        raise missing(board.scene, noun, purpose)
    return _chosen(board, noun, found)


def candidates(board: Board, noun: Noun) -> list[int]:
    """All things that fit the name and the color of a noun; none when it speaks of nothing here."""
    things = board.things
    if noun.ref in ("it", "them", "all", "others"):
        return _pronoun(board, noun)
    if noun.reference is not None:
        return [i for i, t in enumerate(things) if t.reference == noun.reference]
    fits = [i for i, t in enumerate(things) if not noun.names or t.name in _exact(noun)]
    if not fits and noun.names and not noun.mood:
        wide = _wide(noun)
        fits = [i for i, t in enumerate(things) if t.name in wide]
        fits = fits or [i for i, t in enumerate(things) if _kin(t.name, noun.names)]
    if noun.color:
        exact = [i for i in fits if things[i].color == noun.color]
        fits = exact or ([i for i in fits if things[i].color is None] if noun.names else [])
    return fits


def _exact(noun: Noun) -> tuple[str, ...]:
    """The names that a noun says, with its mood if one was said."""
    if noun.mood is None:
        return noun.names
    shown = with_mood(noun.names, noun.mood)
    return (shown,) if shown else noun.names


def _wide(noun: Noun) -> set[str]:
    """What else a noun may mean in a picture: "the woman" a sad woman, "the person" a doctor."""
    names = set(WHOLE_KINDS.get(noun.kind, ()))
    for name in noun.names:
        names.update(members(name), EXPRESSIONS.get(f"{name} face", {}).values())
    return names


def salient(board: Board) -> tuple[int, ...]:
    """What "it" means: the things last spoken of, else the largest."""
    if board.focus:
        return board.focus
    sizes = [(t.box[2] * t.box[3], i) for i, t in enumerate(board.things)]
    return (max(sizes)[1],) if sizes else ()


def _pronoun(board: Board, noun: Noun) -> list[int]:
    everything, ref = list(range(len(board.things))), noun.ref
    sex = _SEXES.get(noun.text.split(" ")[0])
    if sex and not any(board.things[i].name in sex for i in board.focus):
        return _somebody(board, sex) or list(salient(board))
    if ref == "all":
        return everything
    if ref == "others":
        return [i for i in everything if i not in salient(board)]
    if ref == "them" and len(board.focus) < 2:
        names = {board.things[i].name for i in board.focus}
        alike = [i for i in everything if board.things[i].name in names]
        return alike if len(alike) > 1 else everything
    return list(salient(board))


def _somebody(board: Board, sex: Sequence[str]) -> list[int]:
    """Whom "her" or "him" means: the largest of that sex, else a person, else an animal."""
    kinds = [thing.name for thing in board.things]
    groups = (
        [i for i, name in enumerate(kinds) if name in sex],
        [i for i, name in enumerate(kinds) if THINGS[name].group in ("person", "face")],
        [i for i, name in enumerate(kinds) if THINGS[name].group == "animal"],
    )
    fits = next(filter(None, groups), [])
    return sorted(fits, key=lambda i: -board.things[i].box[2] * board.things[i].box[3])[:1]


def _kin(name: str, names: Iterable[str]) -> bool:
    """ "The tree" finds a palm tree, where there is no plain tree."""
    return any(name.rpartition(" ")[2] == other.rpartition(" ")[2] for other in names)


def _chosen(board: Board, noun: Noun, found: list[int]) -> tuple[int, ...]:
    if noun.ref in ("it", "them", "all", "others"):
        return tuple(found)
    if noun.which:
        return (_utmost(board.things, found, noun.which),)
    largest = sorted(found, key=lambda i: -board.things[i].box[2] * board.things[i].box[3])
    if noun.size and not noun.plural:
        return (largest[0] if noun.size in ("big", "huge") else largest[-1],)
    if noun.count and not noun.every:
        return tuple(sorted(largest[: max(noun.count, 1)]))
    if noun.plural or noun.every:
        return tuple(found)
    return tuple(i for i in largest if i in board.focus)[:1] or (largest[0],)


def select(board: Board, noun: Noun, items: Sequence[Item], purpose: str) -> tuple[int, ...]:
    """Like `find`, with what else tells which one is meant: "the apple on the left", "the dog next to the
    tree".
    """
    chosen = find(board, noun, purpose)
    at = next((i for i, item in enumerate(items) if item is noun), len(items))
    after = items[at + 1 : at + 3]
    if after and isinstance(after[0], Where) and not noun.which:
        return (
            (_utmost(board.things, candidates(board, noun), after[0].place),) if not noun.plural else chosen
        )
    if len(after) == 2 and isinstance(after[0], Relation) and isinstance(after[1], Noun):
        others = candidates(board, after[1])
        if others:
            return _related(board, noun, after[0].kind, others[0]) or chosen
    return chosen


def _related(board: Board, noun: Noun, kind: str, other: int) -> tuple[int, ...]:
    boxes = [thing.box for thing in board.things]
    fits = [i for i in candidates(board, noun) if i != other and holds(Tie(kind, i, other), boxes)]
    if not fits:
        return ()
    near = center(boxes[other])
    return (min(fits, key=lambda i: abs(center(boxes[i])[0] - near[0]) + abs(center(boxes[i])[1] - near[1])),)


def _utmost(things: Sequence[Thing], found: list[int], side: str) -> int:
    def x(i: int) -> float:
        return center(things[i].box)[0]

    def y(i: int) -> float:
        return center(things[i].box)[1]

    ends = {"left": (min, x), "right": (max, x), "top": (min, y), "bottom": (max, y)}
    for part in side.split():
        if part in ends:
            pick, key = ends[part]
            return pick(found, key=key)
    middle = sum(x(i) for i in found) / len(found)
    return min(found, key=lambda i: abs(x(i) - middle))


def missing(scene: Scene, noun: Noun, purpose: str) -> NotUnderstood:
    """The error for a noun that speaks of nothing in the scene."""
    if not scene.things:
        return NotUnderstood(
            f"There is nothing in the picture to {purpose} yet; say what to add, such as “add a dog”."
        )
    look = f"{noun.color} " if noun.color else ""
    name = noun.word if noun.names and noun.word else "thing"
    verb = "are" if noun.plural and noun.names else "is"
    last = "in the picture" if purpose == "go by" else f"to {purpose}"
    return NotUnderstood(f"{seen(scene)}; there {verb} no {look}{name} {last}.")


def index_of(things: tuple[Thing, ...], thing: Thing) -> int:
    """The place of that very thing: two apples may be equal."""
    return next(i for i, other in enumerate(things) if other is thing)
