"""Random prompts for `pocket_bench`, each with what its picture must show.

Nouns: an `Ask` is one named group of things; an `Order` is a prompt with its asks, the relation between the
first two, and what must lie behind them. None was not said.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from studio.models.pocket import scenes
from studio.models.pocket.codes import NAMES
from studio.models.pocket.scene import COLORS, LANDS, OUTDOORS, Background
from studio.models.pocket.words import LEXICON, plurals, tokenize

STYLE_WORDS = {
    "3d": "in 3d", "flat": "as a flat illustration", "cartoon": "as a cartoon", "paper": "as a paper cut-out",
}  # fmt: skip
LAND_WORDS = {
    "meadow": "on a meadow", "beach": "on a beach", "snow": "in the snow", "sea": "on the sea",
    "desert": "in the desert", "forest": "in a forest", "mountains": "in the mountains", "city": "in a city",
    "room": "in a room", "underwater": "under water",
}  # fmt: skip
PAPER_WORDS = {
    "plain": "on a {} background", "gradient": "on a {} gradient background",
    "dots": "on a {} polka dot background", "stripes": "on a {} striped background",
}  # fmt: skip
TIME_WORDS = {"day": "by day", "night": "at night", "sunset": "at sunset"}
WEATHER_WORDS = {
    "cloudy": "under a cloudy sky", "rain": "in the rain", "snow": "while it is snowing", "fog": "in the fog",
}  # fmt: skip
RELATIONS = {
    "left": "to the left of", "right": "to the right of", "above": "above", "below": "below",
    "next": "next to", "on": "on top of",
}  # fmt: skip
NUMBERS = ("a", "two", "three", "four", "five", "six")


@dataclass(frozen=True)
class Ask:
    """`count` things of a name, and a color if one was said."""

    name: str
    color: str | None = None
    count: int = 1

    @property
    def words(self) -> str:
        plural = plurals(self.name)[0] if self.count > 1 and plurals(self.name) else self.name
        noun = f"{self.color} {plural}" if self.color else plural
        return f"{article(noun)} {noun}" if self.count == 1 else f"{NUMBERS[self.count - 1]} {noun}"


@dataclass(frozen=True)
class Order:
    """A prompt and what its picture must show."""

    words: str
    asks: tuple[Ask, ...]
    ground: Background | None = None
    style: str | None = None
    relation: str | None = None


def article(noun: str) -> str:
    """ "a" or "an"."""
    return "an" if noun[0] in "aeiou" and not noun.startswith(("uni", "ufo", "uku")) else "a"


def paper(rng: random.Random, but: tuple[str | None, ...] = ()) -> tuple[str, Background]:
    """Paper in words and as a value, in another color than things on it."""
    kind = rng.choice(("plain", "plain", "gradient", "dots", "stripes"))
    color = rng.choice([color for color in COLORS if color not in but])
    return PAPER_WORDS[kind].format(color), Background(kind, color=color)


def land(rng: random.Random, weather: bool = False) -> tuple[str, Background]:
    """A place in words and as a value, at a time of day and perhaps in some weather."""
    kind, time = rng.choice(LANDS), rng.choice(tuple(TIME_WORDS))
    words, here = f"{LAND_WORDS[kind]} {TIME_WORDS[time]}", None
    if weather:
        kind = rng.choice(OUTDOORS)
        here = rng.choice(tuple(WEATHER_WORDS))
        words = f"{LAND_WORDS[kind]} {TIME_WORDS[time]} {WEATHER_WORDS[here]}"
    return words, Background(kind, time=time, horizon=148, weather=here)


def ground(rng: random.Random, but: tuple[str | None, ...] = ()) -> tuple[str, Background]:
    """Any background: half paper, some space, the rest lands."""
    u = rng.random()
    if u < 0.5:
        return paper(rng, but)
    return ("in space", Background("space")) if u < 0.56 else land(rng, weather=u > 0.85)


Look = Callable[[random.Random, str], Ask]


def any_look(rng: random.Random, style: str) -> Ask:
    """Any thing the renderer may have learnt, every third in a color it may have learnt."""
    return Ask(*scenes.random_look(rng, style, unseen=False))


def colored(rng: random.Random, style: str) -> Ask:
    """A thing in a color that may have been learnt."""
    return Ask(*scenes.random_look(rng, style, colored=1.0, unseen=False))


def held_out(rng: random.Random, style: str) -> Ask:
    """A thing in a color and style that it was never shown in."""
    return Ask(*scenes.random_look(rng, style, held=True, unseen=False))


def never_drawn(rng: random.Random, style: str) -> Ask:
    """A thing that the renderer never learnt, whose drawing it is only shown."""
    return Ask(rng.choice([name for name in NAMES if scenes.never_drawn(name)]))


def several(rng: random.Random, count: int, look: Look = any_look) -> Order:
    """So many different things, anywhere, in a style."""
    style = rng.choice(tuple(STYLE_WORDS))
    asks = _different(rng, style, count, look)
    where, behind = ground(rng, tuple(ask.color for ask in asks))
    listed = ", ".join(ask.words for ask in asks[:-1]) + (" and " if count > 1 else "") + asks[-1].words
    return Order(f"{listed} {where}, {STYLE_WORDS[style]}", asks, behind, style)


def related(rng: random.Random) -> Order:
    """Two things in a relation."""
    asks = _different(rng, "3d", 2, any_look)
    relation = rng.choice(tuple(RELATIONS))
    where, behind = paper(rng, tuple(ask.color for ask in asks))
    words = f"{asks[0].words} {RELATIONS[relation]} {asks[1].words} {where}"
    return Order(words, asks, behind, None, relation)


def counted(rng: random.Random, count: int) -> Order:
    """So many things of one kind on plain paper."""
    ask = replace(_plain(rng, "3d", any_look), count=count)
    while not plurals(ask.name):
        ask = replace(_plain(rng, "3d", any_look), count=count)
    color = rng.choice([color for color in COLORS if color != ask.color])
    return Order(f"{ask.words} on a {color} background", (ask,), Background("plain", color=color))


def _plain(rng: random.Random, style: str, look: Look) -> Ask:
    """A look whose words mean nothing else: green tea is no tea that is green."""
    ask = look(rng, style)
    while tuple(tokenize(f"{ask.color} {ask.name}")) in LEXICON:
        ask = look(rng, style)
    return ask


def _different(rng: random.Random, style: str, count: int, look: Look) -> tuple[Ask, ...]:
    """Things with names that are no part of each other."""
    asks: list[Ask] = []
    while len(asks) < count:
        ask = _plain(rng, style, look)
        words = set(ask.name.split())
        if not any(words & set(other.name.split()) for other in asks):
            asks.append(ask)
    return tuple(asks)


def uncurated(seed: int) -> Iterator[Order]:
    """Prompts for pictures to be looked at: one to four things, every kind of background and style."""
    rng = random.Random(seed)
    while True:
        yield several(rng, rng.choices((1, 2, 3, 4), (4, 4, 2, 1))[0])
