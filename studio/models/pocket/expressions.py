"""Moods of faces and people: which thing a "sad woman" is, and what she becomes when she is to smile."""

from __future__ import annotations

from collections.abc import Sequence

from studio.models.pocket.things import EXPRESSIONS, MOODS, THINGS

_OF: dict[str, str] = {name: family for family, moods in EXPRESSIONS.items() for name in moods.values()}
# Where a family has no such mood, the nearest that it has.
_LIKE = {
    "happy": ("pleased", "laughing"),
    "laughing": ("happy", "pleased"),
    "pleased": ("happy",),
    "crying": ("sad",),
    "sad": ("crying", "sorry", "worried"),
    "worried": ("scared", "confused", "sad"),
    "scared": ("worried", "surprised", "crying"),
    "surprised": ("scared", "confused"),
    "loving": ("kissing", "happy"),
    "kissing": ("loving",),
    "winking": ("silly", "happy"),
    "silly": ("laughing", "happy"),
    "cool": ("determined", "pleased", "happy"),
    "thinking": ("confused", "neutral"),
    "confused": ("thinking",),
    "determined": ("angry",),
    "sorry": ("pleading", "sad", "crying"),
    "pleading": ("sorry", "crying", "sad"),
    "disgusted": ("sick", "angry"),
    "sick": ("disgusted",),
    "sleepy": ("neutral",),
    "embarrassed": ("sorry",),
}
WOMEN = tuple(
    name for name in THINGS if any(word in name.split() for word in ("woman", "girl", "princess", "mermaid"))
)
MEN = tuple(
    name for name in THINGS if any(word in name.split() for word in ("man", "boy", "prince", "king", "santa"))
)


def family(name: str) -> str | None:
    """The family of a thing with expressions, or that of its face: "cat face" for a cat."""
    if name in _OF:
        return _OF[name]
    face = f"{name} face"
    return face if face in EXPRESSIONS else None


def with_mood(names: Sequence[str], mood: str) -> str | None:
    """The first of these things that there is with that mood, or with one close to it; None if none is."""
    for name in names:
        moods = EXPRESSIONS.get(family(name) or "", {})
        near = next((like for like in (mood, *_LIKE.get(mood, ())) if like in moods), None)
        if near is not None:
            return moods[near]
        alike = f"{mood} {name}"
        if alike in THINGS:
            return alike
    return None


def moods_of(name: str) -> tuple[str, ...]:
    """The moods that there are of a thing."""
    return tuple(mood for mood in MOODS if mood in EXPRESSIONS.get(family(name) or "", {}))


def members(name: str) -> tuple[str, ...]:
    """All things that a bare name may mean: "the woman" finds the sad woman, too."""
    family = tuple(EXPRESSIONS.get(_OF.get(name, ""), {}).values())
    return family if name in family[:1] else ()
