"""Which things of a seen scene words mean: what selecting by words asks for."""

from __future__ import annotations

from studio.models.pocket.geometry import Tie, holds
from studio.models.pocket.grammar import parse
from studio.models.pocket.items import Item, Look, Mark, Noun, Relation, Setting, Size, Sky, Where
from studio.models.pocket.phrasing import NotUnderstood, not_known, nothing_said
from studio.models.pocket.referring import Board, candidates, find, select
from studio.models.pocket.scene import LANDS, Scene
from studio.models.pocket.words import tokenize

BACKGROUND, SKY, GROUND, SEA = "background", "sky", "ground", "sea"
_WORDS = {
    GROUND: (
        "ground",
        "floor",
        "grass",
        "sand",
        "snow",
        "soil",
        "earth floor",
        "lawn",
        "meadow",
        "field",
        "road",
    ),
    SEA: ("sea", "ocean", "water", "lake", "waves"),
    BACKGROUND: ("background", "backdrop", "wall", "surroundings", "scenery", "landscape"),
}


def pick(scene: Scene, words: str) -> list[int] | str:
    """The indexes of the things that are meant, at least one; or the part of the background that is meant:
    "sky", "ground", "sea" or "background". Raises `NotUnderstood` if nothing there is meant.
    """
    items = parse(words, present=[thing.name for thing in scene.things], telling=False)
    board = Board(scene)
    nouns = _nouns(items)
    chosen: dict[int, None] = {}
    for noun in nouns:
        chosen |= dict.fromkeys(_meant(board, noun, items))
    if chosen:
        kept = {i for noun in _excepted(items) for i in find(board, noun, "leave out")}
        return sorted(i for i in chosen if i not in kept)
    part = _part(items, words)
    if part is not None:
        return part
    return _by_look(board, items, words)


def _meant(board: Board, noun: Noun, items: tuple[Item, ...]) -> tuple[int, ...]:
    """The things of a noun; "the dogs left of the house" are all of them that are."""
    at = next(i for i, item in enumerate(items) if item is noun)
    after = [i for i in items[at + 1 : at + 4] if not (isinstance(i, Mark) and i.kind == "copula")]
    if noun.plural and len(after) > 1 and isinstance(after[0], Relation) and isinstance(after[1], Noun):
        others = candidates(board, after[1])
        boxes = [thing.box for thing in board.things]
        fits = [
            i for i in candidates(board, noun) if others and holds(Tie(after[0].kind, i, others[0]), boxes)
        ]
        if fits:
            return tuple(fits)
    return select(board, noun, [noun, *after], "select")


def _nouns(items: tuple[Item, ...]) -> list[Noun]:
    """The nouns that are meant themselves, not those that only tell which: "the dog next to the tree"."""
    found: list[Noun] = []
    which = False
    for item in items:
        match item:
            case Noun():
                if not which:
                    found.append(item)
                which = False
            case Relation() | Mark(kind="link", value="except" | "to"):
                which = bool(found)
            case Mark(kind="pause"):
                which = False
    return found


def _excepted(items: tuple[Item, ...]) -> list[Noun]:
    at = next((i for i, item in enumerate(items) if item == Mark("link", "except")), len(items))
    return [item for item in items[at:] if isinstance(item, Noun)]


def _part(items: tuple[Item, ...], words: str) -> str | None:
    """The part of the background that is spoken of."""
    if any(isinstance(item, Sky) for item in items):
        return SKY
    said = set(tokenize(words))
    found = next((part for part, known in _WORDS.items() if said.intersection(known)), None)
    if found is None and any(isinstance(item, Setting) for item in items):
        kinds = {item.kind for item in items if isinstance(item, Setting)}
        found = SEA if "sea" in kinds else GROUND if kinds & set(LANDS) else BACKGROUND
    return found


def _by_look(board: Board, items: tuple[Item, ...], words: str) -> list[int]:
    """ "Red", "the left", "the biggest" without a noun."""
    look = next((item.color for item in items if isinstance(item, Look)), None)
    place = next((item.place for item in items if isinstance(item, Where)), None)
    size = next((item.name for item in items if isinstance(item, Size)), None)
    if look or place or size:
        noun = Noun(words, color=look, which=place, size=size, definite=True, ref="one")
        return list(find(board, noun, "select"))
    unknown = tuple(item.text for item in items if not isinstance(item, Mark) and hasattr(item, "text"))
    raise not_known(unknown) if unknown else nothing_said(board.scene)


__all__ = ["BACKGROUND", "GROUND", "SEA", "SKY", "NotUnderstood", "pick"]
