"""Comparing: what words ask for and a picture does not show, in sentences.

What the eye is not sure of counts in the picture's favor: a wrong complaint is worse than a missed one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from studio.models.pocket.geometry import Tie, holds
from studio.models.pocket.phrasing import STYLE_NAMES, article, ground
from studio.models.pocket.scene import BACKDROPS, OUTDOORS, SIZE, Background
from studio.models.pocket.sight import STRANGE, Sight
from studio.models.pocket.wanting import Bond, Want, Wanted
from studio.models.pocket.words import plural

SURE = 0.8  # from which on the eye is believed when it contradicts the words
THERE = 0.6  # the same for things that nobody asked for
SLACK = 16.0  # units that a thing may be over the middle and still be on the side asked for
_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight")
_RELATIONS = {
    "left": "to the left of",
    "right": "to the right of",
    "above": "above",
    "below": "below",
    "on": "on",
    "under": "under",
    "beside": "beside",
    "far": "far from",
    "between": "between",
}
_OPPOSITES = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}


def compare(sight: Sight, wanted: Wanted) -> tuple[str, ...]:
    """Sentences that say what is asked for and not there, or not as asked; none if all is there, or if the
    picture is none that can be read.
    """
    if sight.confidence < STRANGE:
        return ()
    shown = _matched(sight, wanted.things)
    said: list[str] = []
    for want, things in zip(wanted.things, shown, strict=True):
        said += _about(sight, want, things, wanted.things)
    said += [sentence for bond in wanted.bonds if (sentence := _apart(sight, wanted, shown, bond))]
    return tuple(dict.fromkeys([*said, *_around(sight, wanted)]))


def _matched(sight: Sight, wants: tuple[Want, ...]) -> list[list[int]]:
    """For each want the things that are it: first those that fit in name and color, last those that may."""
    shown: list[list[int]] = [[] for _ in wants]
    left = list(range(len(sight.scene.things)))
    for least in (3, 2, 1):
        for at, want in enumerate(wants):
            for i in [i for i in left if _fit(sight, i, want) >= least]:
                if len(shown[at]) < want.count:
                    shown[at].append(i)
                    left.remove(i)
    return shown


def _fit(sight: Sight, i: int, want: Want) -> int:
    """3 for the name and the color, 2 for the name, 1 for a name that is possible, 0 for another thing."""
    thing = sight.scene.things[i]
    if want.reference is not None:
        return 1
    if thing.name in want.names:
        return 3 if want.color is None or want.color in sight.colors[i] else 2
    return int(sight.sure[i] < SURE and not set(want.names).isdisjoint(sight.names[i]))


def _about(sight: Sight, want: Want, things: list[int], wants: tuple[Want, ...]) -> Iterator[str]:
    """What is wrong with the things of one want: their number first."""
    word = want.word or want.names[0]
    asked = f"{want.color} {word}" if want.color else word
    seen = len(things) + _unasked(sight, want, things, wants)
    if seen > want.count or seen < (min(want.count, 2) if want.more else want.count):
        number = article(asked) if want.count == 1 else f"{_count(want.count)} {plural(asked)}"
        yield f"I asked for {plural(asked) if want.more else number} and see {_count(seen)}."
    for i in things:
        yield from _looks(sight, i, want, word)


def _unasked(sight: Sight, want: Want, things: list[int], wants: tuple[Want, ...]) -> int:
    """How many more there surely are than were asked for."""
    alike = [other for other in wants if not set(other.names).isdisjoint(want.names)]
    if want.more or want.reference is not None or len(alike) > 1:
        return 0
    rest = set(range(len(sight.scene.things))).difference(things)
    return sum(
        sight.scene.things[i].name in want.names and min(sight.scores[i], sight.sure[i]) > THERE for i in rest
    )


def _looks(sight: Sight, i: int, want: Want, word: str) -> Iterator[str]:
    thing = sight.scene.things[i]
    if want.color and want.color not in sight.colors[i] and len(sight.colors[i]) == 1 and thing.color:
        yield f"The {word} looks {thing.color}, not {want.color}."
    x, y = thing.box[0] + thing.box[2] / 2, thing.box[1] + thing.box[3] / 2
    for side in (want.place or "").split():
        over = {"left": x, "right": SIZE - x, "top": y, "bottom": SIZE - y}.get(side, 0.0)
        if over > SIZE / 2 + SLACK:
            yield f"The {word} is {_place(_OPPOSITES[side])}, not {_place(side)}."


def _apart(sight: Sight, wanted: Wanted, shown: list[list[int]], bond: Bond) -> str | None:
    """The sentence for a relation that no choice of the things fulfils."""
    wants = (bond.one, bond.other) if bond.second is None else (bond.one, bond.other, bond.second)
    groups = [shown[at] for at in wants]
    if bond.kind not in _RELATIONS or not all(groups):
        return None
    boxes = [thing.box for thing in sight.scene.things]
    for chosen in product(*groups):
        second = chosen[2] if len(chosen) > 2 else None
        if holds(Tie(bond.kind, chosen[0], chosen[1], second), boxes):
            return None
    words = [wanted.things[at].word or wanted.things[at].names[0] for at in wants]
    others = " and ".join(f"the {word}" for word in words[1:])
    return f"The {words[0]} is not {_RELATIONS[bond.kind]} {others}."


def _around(sight: Sight, wanted: Wanted) -> Iterator[str]:
    """What is wrong with the background and the style."""
    kind, tone, weather, style = sight.settled
    back = sight.scene.background
    if wanted.kind and wanted.kind != back.kind and kind > SURE:
        color = wanted.color if wanted.kind in BACKDROPS else None
        yield f"The scene is {ground(_plain(back))}, not {ground(Background(wanted.kind, color=color))}."
    elif wanted.color and back.kind in BACKDROPS and wanted.color != back.color and tone > SURE:
        yield f"The background looks {back.color}, not {wanted.color}."
    if wanted.time and back.time and wanted.time != back.time and min(kind, tone) > SURE:
        yield f"The time is {back.time}, not {wanted.time}."
    here = back.weather or "clear"
    if wanted.weather and back.kind in OUTDOORS and wanted.weather != here and min(kind, weather) > SURE:
        yield f"The weather is {here}, not {wanted.weather}."
    if wanted.style and wanted.style != sight.scene.style and style > SURE:
        yield f"The style is {STYLE_NAMES[sight.scene.style]}, not {STYLE_NAMES[wanted.style]}."


def _plain(back: Background) -> Background:
    return Background(back.kind, color=back.color)


def _count(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def _place(side: str) -> str:
    return f"at the {side}" if side in ("top", "bottom") else f"on the {side}"
