"""Instructions for `pocket_bench`, of every kind, each with the test that its result must pass.

Nouns: a `Trial` is one edit that was made: the picture before and what is really in it, the picture after and
what the pipeline says is in it. A *check* says whether the trial did what was said. The things are `a`, which
is changed, `b`, which is not, and `c`, which is new.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from studio.models.pocket.codes import NAMES, tone_of, weather_of
from studio.models.pocket.scene import COLORS, OUTDOORS, SIZE, Background, Box, Scene
from studio.models.pocket.things import EXPRESSIONS, THINGS
from studio.models.pocket.words import plurals

from .pocket_judge import Judge
from .pocket_measures import Pixels
from .pocket_orders import LAND_WORDS, STYLE_WORDS, article


@dataclass(frozen=True)
class Trial:
    """One edit that was made."""

    before: Pixels
    source: Scene
    after: Pixels
    result: Scene
    judge: Judge

    def shows(self, name: str, color: str | None = None) -> bool:
        """Whether a thing is in the picture after, where the pipeline says, and in that color."""
        at = index(self.result, name)
        if at is None or not self.judge.there(self.after, self.result, at):
            return False
        return color is None or self.judge.color(self.after, self.result, at) == color

    @property
    def truth(self) -> Scene:
        """What is really in the picture after an edit that moves nothing: the eye may have misnamed it."""
        return replace(self.source, background=self.result.background, style=self.result.style)

    def stays(self, name: str, touched: tuple[str, ...] = ()) -> bool:
        """Whether a thing that nobody spoke of is still where it was, whatever the pipeline takes it for.
        What was `touched` may hide it.
        """
        at = index(self.source, name)
        if at is None:
            return False
        before = tuple(thing for thing in self.source.things[:at] if thing.name not in touched)
        after = tuple(thing for thing in self.source.things[at + 1 :] if thing.name not in touched)
        new = tuple(thing for thing in self.result.things if thing.name in touched)
        scene = replace(self.truth, things=(*before, self.source.things[at], *after, *new))
        return self.judge.there(self.after, scene, len(before))

    def keeps(self, name: str, touched: tuple[str, ...] = ()) -> bool:
        """Whether a thing is still there: where the pipeline says, or where it was."""
        return self.shows(name) or self.stays(name, touched)

    def gone(self, name: str) -> bool:
        """Whether a thing is no longer where it was, and what is there is as smooth as ground."""
        at = index(self.source, name)
        return at is not None and self.judge.wiped(self.before, self.after, self.source, at)

    def was(self, name: str) -> Box:
        """The box of a thing before."""
        at = index(self.source, name)
        return self.source.things[at].box if at is not None else (0, 0, 1, 1)

    def now(self, name: str) -> Box:
        """The box of a thing after."""
        at = index(self.result, name)
        return self.result.things[at].box if at is not None else (0, 0, 1, 1)


Check = Callable[[Trial], bool]


@dataclass(frozen=True)
class Edit:
    """A source in words, an instruction, its check, and the names it may touch; None for the whole."""

    source: str
    instruction: str
    check: Check
    touches: tuple[str, ...] | None


@dataclass(frozen=True)
class Cast:
    """What an edit is about: three names and where they are."""

    a: str
    b: str
    c: str
    where: str
    rng: random.Random

    @property
    def source(self) -> str:
        return f"{_a(self.a)} on the left and {_a(self.b)} on the right {self.where}"

    def local(self, instruction: str, check: Check, *touches: str) -> Edit:
        """An edit that leaves b as it is."""
        named = touches or (self.a,)
        return Edit(self.source, instruction, lambda t: check(t) and t.stays(self.b, named), named)

    def whole(self, instruction: str, check: Check, source: str | None = None) -> Edit:
        """An edit of the whole picture, in which both things stay."""

        def both(t: Trial) -> bool:
            return check(t) and t.keeps(self.a) and t.keeps(self.b)

        return Edit(source or self.source, instruction, both, None)


def index(scene: Scene, name: str) -> int | None:
    """The first thing of a name."""
    return next((i for i, thing in enumerate(scene.things) if thing.name == name), None)


def _a(noun: str) -> str:
    return f"{article(noun)} {noun}"


def _recolor(cast: Cast) -> Edit:
    color = cast.rng.choice(COLORS)
    return cast.local(f"make the {cast.a} {color}", lambda t: t.shows(cast.a, color))


def _add(cast: Cast) -> Edit:
    words, c = cast.rng.choice(("add {}", "add {} in the middle", "put {} at the top")), cast.c
    return cast.local(words.format(_a(c)), lambda t: t.shows(c) and t.keeps(cast.a, (c,)), c)


def _remove(cast: Cast) -> Edit:
    words = cast.rng.choice(("remove the {}", "take away the {}", "delete the {}"))
    return cast.local(words.format(cast.a), lambda t: index(t.result, cast.a) is None and t.gone(cast.a))


def _replace(cast: Cast) -> Edit:
    words = f"replace the {cast.a} with {_a(cast.c)}"
    return cast.local(words, lambda t: t.shows(cast.c) and index(t.result, cast.a) is None, cast.a, cast.c)


def _move(cast: Cast) -> Edit:
    way = cast.rng.choice(("to the top", "to the bottom", "to the middle", "up", "down"))

    def moved(t: Trial) -> bool:
        (_, y0, _, h0), (x, y, w, h) = t.was(cast.a), t.now(cast.a)
        rise = (y0 + h0 / 2) - (y + h / 2)
        middle = abs(x + w / 2 - SIZE / 2) < 30
        right = {"to the top": y < 60, "to the bottom": y + h > 200, "to the middle": middle}
        return right.get(way, rise > 8 if way == "up" else rise < -8) and t.shows(cast.a)

    return cast.local(f"move the {cast.a} {way}", moved)


def _resize(cast: Cast) -> Edit:
    word, sign = cast.rng.choice((("bigger", 1), ("smaller", -1)))

    def grown(t: Trial) -> bool:
        (_, _, w0, h0), (_, _, w, h) = t.was(cast.a), t.now(cast.a)
        return sign * np.log(w * h / (w0 * h0)) > 0.12 and t.shows(cast.a)

    return cast.local(f"make the {cast.a} {word}", grown)


def _rotate(cast: Cast) -> Edit:
    words, degrees = cast.rng.choice((
        ("rotate the {} by 30 degrees", 30), ("rotate the {} by 60 degrees", 60),
        ("turn the {} upside down", 180),
    ))  # fmt: skip

    def turned(t: Trial) -> bool:
        old, new = index(t.source, cast.a), index(t.result, cast.a)
        if old is None or new is None:
            return False
        start = 0.0 if degrees == 180 else t.source.things[old].angle
        off = (t.result.things[new].angle - start - degrees + 180) % 360 - 180
        return abs(off) < 12 and t.shows(cast.a)

    return cast.local(words.format(cast.a), turned)


def _flip(cast: Cast) -> Edit:
    def flipped(t: Trial) -> bool:
        at = index(t.source, cast.a)
        if at is None:
            return False
        thing = t.source.things[at]
        looks = replace(thing, flip=not thing.flip)
        scene = replace(t.truth, things=(*t.source.things[:at], looks, *t.source.things[at + 1 :]))
        return t.judge.there(t.after, scene, at) and not t.judge.mirrored(t.after, scene, at)

    return cast.local(f"flip the {cast.a}", flipped)


def _count(cast: Cast) -> Edit:
    number = cast.rng.choice((2, 3))
    many = (plurals(cast.a) or (cast.a,))[0]
    words, wanted = (f"add one more {cast.a}", 2) if number == 2 else (f"make it three {many}", 3)

    def enough(t: Trial) -> bool:
        found = [i for i, thing in enumerate(t.result.things) if thing.name == cast.a]
        return len(found) == wanted and all(t.judge.there(t.after, t.result, i) for i in found)

    return cast.local(words, enough)


def _express(cast: Cast) -> Edit:
    family = cast.rng.choice(tuple(EXPRESSIONS))
    moods = EXPRESSIONS[family]
    (_, first), *others = moods.items()
    mood, name = cast.rng.choice(others)
    noun = {"woman": "her", "man": "him"}.get(family, f"the {family}")
    cast = replace(cast, a=first)
    words = cast.rng.choice((f"make {noun} look {mood}", f"make the {family} {mood}"))
    return cast.local(words, lambda t: t.shows(name), first, name)


def _style(cast: Cast) -> Edit:
    start, style = cast.rng.sample(tuple(_STYLES), 2)
    source = f"{cast.source}, {STYLE_WORDS[start]}"

    def drawn(t: Trial) -> bool:
        named = all(index(t.result, thing.name) is not None for thing in t.source.things)
        return t.judge.style(t.after, t.result if named else t.truth) == style

    return cast.whole(_STYLES[style], drawn, source)


_STYLES = {"3d": "make it 3d", "flat": "make it a flat illustration", "cartoon": "turn it into a cartoon",
           "paper": "make it a paper cut-out"}  # fmt: skip


def _background(cast: Cast) -> Edit:
    kind = cast.rng.choice([kind for kind in LAND_WORDS if kind not in ("meadow", "beach")])
    return cast.whole(f"put it {LAND_WORDS[kind]}", lambda t: _sees(t).kind == kind)


def _weather(cast: Cast) -> Edit:
    weather, words = cast.rng.choice((
        ("rain", "make it rain"), ("snow", "let it snow"), ("fog", "make it foggy"),
        ("cloudy", "make it cloudy"),
    ))  # fmt: skip
    where = LAND_WORDS[cast.rng.choice(OUTDOORS)]
    return replace(cast, where=where).whole(words, lambda t: weather_of(_sees(t)) == weather)


def _time(cast: Cast) -> Edit:
    time, words = cast.rng.choice((("night", "make it night"), ("sunset", "make it sunset")))
    where = LAND_WORDS[cast.rng.choice(tuple(LAND_WORDS))]
    return replace(cast, where=where).whole(words, lambda t: tone_of(_sees(t)) == time)


def _two(cast: Cast) -> Edit:
    first = cast.rng.choice((_recolor, _resize))(cast)
    second = cast.rng.choice((_add, _time))(cast)
    touches = None if second.touches is None else (*(first.touches or ()), *second.touches)
    words = f"{first.instruction} and {second.instruction}"
    return Edit(second.source, words, lambda t: first.check(t) and second.check(t), touches)


def _sees(trial: Trial) -> Background:
    return trial.judge.grounds.see(trial.after, trial.truth).background


KINDS: dict[str, Callable[[Cast], Edit]] = {
    "recolour": _recolor, "add": _add, "remove": _remove, "replace": _replace, "move": _move,
    "resize": _resize, "rotate": _rotate, "flip": _flip, "count": _count, "expression": _express,
    "style": _style, "background": _background, "weather": _weather, "time of day": _time, "two in one": _two,
}  # fmt: skip


def edits(kind: str, count: int, seed: int) -> list[Edit]:
    """So many edits of a kind."""
    rng = random.Random(f"{kind} {seed}")
    faces = {name for family in EXPRESSIONS.values() for name in family.values()}
    solid = [n for n in NAMES if not THINGS[n].flies and THINGS[n].size <= 130 and n not in faces]
    made = []
    while len(made) < count:
        a, b, c = rng.sample(solid, 3)
        words = [word for name in (a, b, c) for word in name.split()]
        # "The picture" is the whole of it, in most mouths.
        if len(set(words)) == len(words) and "picture" not in words:
            where = rng.choice(("on a white background", "on a blue gradient", "on a meadow", "on a beach"))
            made.append(KINDS[kind](Cast(a, b, c, where, rng)))
    return made
