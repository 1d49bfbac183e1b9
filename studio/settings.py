"""How a picture is to be drawn, as far as a person says: checked once, where it comes in.

A *setting* is a number or a few names beside the words, such as steps; what is not set is as the model has
it. A *control* is a picture that says where things are, by its kind. Both are part of an `Ask`, and so of
every step that needs a model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from types import MappingProxyType

from studio.errors import BadInput
from studio.images import KINDS
from studio.timeline import Json

MOST_LORAS = 8
LONGEST_NAME = 200

NONE: Mapping[str, Json] = MappingProxyType({})


def checked(settings: Mapping[str, Json]) -> Mapping[str, Json]:
    """The settings as they are kept: None and empty ones left out, numbers of their one kind.

    Raises `BadInput` with a sentence for one that is not there or makes no sense.
    """
    kept: dict[str, Json] = {}
    for name, value in settings.items():
        if name not in SETTINGS:
            raise BadInput(f"There is no setting {str(name)[:40]!r}; there are {', '.join(SETTINGS)}.")
        if value is not None and value != "" and value != {} and value != []:
            kept[name] = SETTINGS[name](value)
    return MappingProxyType(kept)


def kind(name: str) -> str:
    """The kind of a control. Raises `BadInput` if there is none of that name."""
    if name not in KINDS:
        raise BadInput(f"There is no control {str(name)[:40]!r}; there are {', '.join(KINDS)}.")
    return name


def _whole(name: str, least: int, most: int) -> Callable[[Json], Json]:
    def check(value: Json) -> int:
        number = _number(value)
        if number is None or number != int(number) or not least <= number <= most:
            raise BadInput(f"{name} is a whole number from {least} to {most}, not {_short(value)}.")
        return int(number)

    return check


def _real(name: str, least: float, most: float) -> Callable[[Json], Json]:
    def check(value: Json) -> float:
        number = _number(value)
        if number is None or not least <= number <= most:
            raise BadInput(f"{name} is a number from {least:g} to {most:g}, not {_short(value)}.")
        return number

    return check


def _number(value: Json) -> float | None:
    """A number, or one that is written out; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 40:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _loras(value: Json) -> Json:
    """Names to weights, in the order of the names, so that the order they were chosen in changes nothing."""
    if not isinstance(value, Mapping) or not all(isinstance(n, str) and 0 < len(n) <= LONGEST_NAME
                                                 for n in value):  # fmt: skip
        raise BadInput("LoRAs are given as their names with a weight each, such as {'ink': 0.8}.")
    if len(value) > MOST_LORAS:
        raise BadInput(f"{MOST_LORAS} LoRAs are the most at once, and there are {len(value)}.")
    return {name: _real(f"The weight of {name}", -4, 4)(value[name]) for name in sorted(value)}


def _speed(value: Json) -> Json:
    """What makes the model quicker: "exact", "fast", "off", or names; which there are is for the model."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(n, str) and 0 < len(n) <= 40 for n in names):
        raise BadInput(f"Speed is exact, fast, off, or a list of names, not {_short(value)}.")
    return value if isinstance(value, str) else list(value)


def _short(value: Json) -> str:
    return repr(value)[:40]


SETTINGS: Mapping[str, Callable[[Json], Json]] = {
    "steps": _whole("The number of steps", 1, 999),
    "guidance": _real("Guidance", 0, 100),
    "width": _whole("The width", 64, 4096),
    "height": _whole("The height", 64, 4096),
    "loras": _loras,
    "control_strength": _real("How closely control pictures are kept to", 0, 2),
    "speed": _speed,
}
"""What can be set, to what checks it. Which of them mean something is for the model to say."""
