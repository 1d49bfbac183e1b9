"""What a background becomes when words leave it open: the sea for a whale, a calm wall for an apple.

Nouns: a `Backdrop` gathers what was said about the background and paints what was not.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from studio.models.pocket.items import Setting
from studio.models.pocket.phrasing import NIGHTLY
from studio.models.pocket.scene import BACKDROPS, LANDS, OUTDOORS, Background
from studio.models.pocket.things import THINGS

_HOMES = {
    "space": ("rocket", "ufo", "alien", "astronaut", "planet", "earth", "satellite"),
    "room": ("couch", "bed", "bathtub", "toilet", "television", "computer", "printer"),
    "city": (
        "traffic light",
        "bus stop",
        "office building",
        "hospital",
        "hotel",
        "shop",
        "statue of liberty",
    ),
    "desert": ("camel", "cactus", "scorpion"),
    "snow": ("penguin", "snowman", "santa", "christmas tree", "polar bear", "skier", "snowboarder", "skis"),
    "beach": ("crab", "seal", "palm tree", "seashell", "surfer"),
    "sea": ("mermaid", "swimmer"),
}
_DEEP = ("fish", "tropical fish", "shark", "octopus", "jellyfish", "squid", "shrimp", "lobster", "blue whale")
_HOME = {name: kind for kind, names in _HOMES.items() for name in names}
INDOORS = tuple(kind for kind in LANDS if kind not in OUTDOORS)
_WILD = ("animal", "plant", "vehicle", "building", "sky")
_CALM = ("white", "gray", "blue", "pink", "yellow")
_YELLOW = (
    "lemon",
    "banana",
    "cheese",
    "corn",
    "smiley",
    "trumpet",
    "bell",
    "trophy",
    "fries",
    "key",
    "coin",
    "crown",
)
_PALE = ("egg", "ghost", "skull", "dice", "coffee", "soccer ball", "sheep", "books")
_SKIES = {"black": "night", "blue": "day", "white": "day"}


def fair(kind: str, weather: str | None) -> str | None:
    """The weather as a background has it: none indoors, and none worth saying under a clear sky."""
    return weather if kind in OUTDOORS and weather != "clear" else None


def under_sky(color: str) -> Setting:
    """The time of day, or the weather, whose sky has that color."""
    if color == "gray":
        return Setting(weather="cloudy")
    return Setting(time=_SKIES.get(color, "sunset"))


class Backdrop:
    """What was said about the background so far; what is said first stands."""

    def __init__(self) -> None:
        self.kind: str | None = None
        self.color: str | None = None
        self.time: str | None = None
        self.weather: str | None = None

    def hear(self, setting: Setting) -> None:
        kind = setting.kind
        lands = kind in (*LANDS, "space") and self.kind in (None, *BACKDROPS)
        if lands or (kind in BACKDROPS and self.kind is None):
            self.kind = kind
        self.color = self.color or setting.color
        self.time = self.time or setting.time
        self.weather = self.weather or setting.weather

    @property
    def setting(self) -> Setting:
        """What was said, as one setting."""
        return Setting(self.kind, self.color, self.time, weather=self.weather)

    @property
    def said(self) -> bool:
        return any((self.kind, self.color, self.time, self.weather))

    def paint(self, names: Sequence[str], colors: Sequence[str | None], rng: random.Random) -> Background:
        """The background as said; what was not said suits the things."""
        kind = self.kind or ("plain" if self.color else self._fitting(names, rng))
        if kind in (*BACKDROPS, "space", *INDOORS) and self.weather not in (None, "clear"):
            kind = kind if kind in INDOORS else "meadow"
        if kind == "space":
            return Background("space")
        if kind in LANDS:
            time = self.time or ("night" if any(name in NIGHTLY for name in names) else "day")
            return Background(
                kind, time=time, horizon=rng.randint(126, 178), weather=fair(kind, self.weather)
            )
        return Background(kind, color=self.color or _calm(names, colors, rng))

    def _fitting(self, names: Sequence[str], rng: random.Random) -> str:
        kind = fitting(names)
        outdoors = self.time or self.weather
        if kind == "space" and outdoors:
            return "meadow"
        if kind is None:
            return "meadow" if outdoors else rng.choice(("plain", "gradient"))
        return kind


def fitting(names: Sequence[str]) -> str | None:
    """The land (or space) where these things belong; None for things that stand anywhere."""
    for name in names:
        if name in _HOME:
            return _HOME[name]
        if THINGS[name].home == "water":
            return "underwater" if all(other in _DEEP for other in names) else "sea"
    if any(THINGS[name].group in _WILD for name in names):
        return "meadow"
    return None


def _calm(names: Sequence[str], colors: Sequence[str | None], rng: random.Random) -> str:
    bad = set(colors)
    if any(name in _YELLOW for name in names):
        bad.add("yellow")
    if any(name in _PALE for name in names):
        bad.add("white")
    return rng.choice([color for color in _CALM if color not in bad])
