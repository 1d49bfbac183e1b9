"""What is seen in a picture, as a value.

Nouns: a `Sight` is a scene as it was read off pixels, with how sure each part of it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from studio.models.pocket.scene import Background, Box, Scene, Thing

ALTERNATIVES = 6  # names held possible for a thing
STRANGE = 0.5  # below this a picture is not of this world


@dataclass(frozen=True)
class Sight:
    """What is seen: a scene, and how sure it is that the picture is of this world at all, 0..1.

    For each thing of the scene there is a score that it is there, its likeliest names, the first of which it
    has, how sure it is of that one, and the colors that it may have, the first of which it has. `settled`
    says how sure it is of the background's kind, its tone, its weather and the style. `faint` are things that
    are too unlikely to be told of, unless somebody speaks of them or points at them; the likeliest first.
    `places` are the backgrounds that there may be, the likeliest first.
    """

    scene: Scene
    scores: tuple[float, ...]
    confidence: float
    names: tuple[tuple[str, ...], ...] = ()
    sure: tuple[float, ...] = ()
    colors: tuple[tuple[str | None, ...], ...] = ()
    settled: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    faint: tuple[Thing, ...] = ()
    places: tuple[Background, ...] = ()


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    both = shared(a, b)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def shared(a: Box, b: Box) -> float:
    """The area that two boxes share."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(0.0, wide) * max(0.0, high)
