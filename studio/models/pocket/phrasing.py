"""Scenes back into plain words, and the one way of saying that words were not understood.

`describe` is what a reply or a label says about a scene; `NotUnderstood` carries a sentence for the person
at the page: what was not understood, and what is possible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from studio.models.pocket.scene import STYLES, Background, Scene, Thing
from studio.models.pocket.words import nearest, plural

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
_GROUNDS = {
    "meadow": "on a meadow",
    "beach": "on a beach",
    "snow": "in the snow",
    "sea": "on the sea",
    "desert": "in the desert",
    "forest": "in the forest",
    "mountains": "in the mountains",
    "city": "in the city",
    "room": "in a room",
    "underwater": "underwater",
    "space": "in space",
}
_WEATHERS = {
    "cloudy": " under a cloudy sky",
    "rain": " in the rain",
    "snow": " with falling snow",
    "fog": " in the fog",
}
NIGHTLY = ("moon", "full moon", "star")  # these make it night where nothing else is said
_TIMES = {"night": " at night", "sunset": " at sunset"}
_PATTERNS = {"plain": "background", "gradient": "gradient background", "dots": "dotted background"}
_ALWAYS_PLURAL = {"cherries", "fries", "grapes", "pancakes", "headphones", "scissors", "glasses", "books"}
_MASS = {"broccoli", "popcorn", "fire", "lightning", "bubble tea"}
_CALLED = {
    "coffee": "cup of coffee",
    "wine": "glass of wine",
    "bread": "loaf of bread",
    "cheese": "piece of cheese",
    "corn": "ear of corn",
    "picture": "framed picture",
    "ufo": "flying saucer",
}
_NAMED = {"earth": "the earth", "santa": "santa", "sun": "the sun"}


STYLE_NAMES = {"3d": "3d", "flat": "flat vector", "cartoon": "outlined cartoon", "paper": "paper cut-out"}


class NotUnderstood(ValueError):
    """Words that cannot be read; the message is a sentence for the person who said them."""


def describe(scene: Scene) -> str:
    """One plain sentence of what is in a scene: "a red apple and two trees on a meadow at night"."""
    things = named(scene.things)
    if scene.background.time == "day" and any(thing.name in NIGHTLY for thing in scene.things):
        return f"{things} {ground(scene.background)} by day"
    return f"{things} {ground(scene.background)}" if things else f"an empty scene {ground(scene.background)}"


def named(things: Sequence[Thing]) -> str:
    """The things as a list in words, the nearest first, equal ones counted; empty when there are none."""
    groups = Counter((thing.name, thing.color) for thing in reversed(things))
    return listed([_counted(name, color, count) for (name, color), count in groups.items()])


def listed(parts: Sequence[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def ground(background: Background) -> str:
    """The background in words: "on a beach at sunset"."""
    if background.kind in _GROUNDS:
        weather = _WEATHERS.get(background.weather or "", "")
        return _GROUNDS[background.kind] + _TIMES.get(background.time or "", "") + weather
    pattern = _PATTERNS.get(background.kind, "striped background")
    look = f"{background.color} {pattern}" if background.color else pattern
    return f"on {article(look)}"


def article(words: str) -> str:
    """The words with "a" or "an"."""
    hour = words.startswith("hourglass")
    an = (words[:1] in "aeio" or hour or words.startswith(("umbrella", "unknown"))) and not words.startswith(
        "one"
    )
    return f"{'an' if an else 'a'} {words}"


def _counted(name: str, color: str | None, count: int) -> str:
    look = f"{color} " if color else ""
    name = _CALLED.get(name, name)
    if count > 1:
        return f"{_NUMBERS[min(count, len(_NUMBERS) - 1)]} {look}{plural(name)}"
    if name in _NAMED:
        return _NAMED[name] if not color else f"a {look}{name}"
    if name in _ALWAYS_PLURAL or name in _MASS:
        return look + name
    return article(look + name)


def seen(scene: Scene) -> str:
    """ "I see a red apple and a tree", as the start of a reply."""
    things = named(scene.things)
    return f"I see {things}" if things else "I see no things in the picture"


def not_known(words: Iterable[str]) -> NotUnderstood:
    """The error for words that nothing here knows, with the nearest that are known."""
    unknown = list(dict.fromkeys(words))[:3]
    quoted = listed([f"“{word[:40]}”" for word in unknown], "or")
    offers = list(dict.fromkeys(name for word in unknown for name in nearest(word)))[:4]
    if offers:
        return NotUnderstood(f"I cannot draw {quoted}. Close to that I know {listed(offers)}.")
    return NotUnderstood(
        f"I do not know {quoted}. I draw more than four hundred everyday things, such as a dog, a car, a "
        "tree or an apple, and I can color, move, resize, add, remove or replace them."
    )


def nothing_said(scene: Scene | None = None) -> NotUnderstood:
    """The error for words with nothing in them to draw or to do."""
    if scene is None:
        return NotUnderstood("Say what to draw: a thing and where it is, such as “a red apple on a meadow”.")
    return NotUnderstood(
        f"I do not see what to change. {seen(scene)}; say for example “make it green”, “move it to the "
        "left”, “add a tree” or “make it night”."
    )


def no_such_style() -> NotUnderstood:
    """The error for a wish for a style of drawing that there is not."""
    return NotUnderstood(
        f"I draw in {len(STYLES)} styles: {listed([STYLE_NAMES[style] for style in STYLES])}. I can also "
        "change the things in the picture, their colors, places and sizes, the background, the weather and "
        "the time of day."
    )


def no_such_mood(name: str, mood: str, moods: Sequence[str]) -> NotUnderstood:
    """The error for an expression that a thing cannot have."""
    if moods:
        return NotUnderstood(f"I have no {mood} {name}, but {listed(tuple(moods))}.")
    return NotUnderstood(
        f"I can change the expression of a face, a man, a woman or a cat; a {name} has only the one."
    )
