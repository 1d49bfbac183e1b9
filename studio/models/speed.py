"""What makes drawing faster, and which families bear it: a table, and what a step is asked to use.

Nouns: an *aid* is one way to draw faster; it is *exact* if it is part of how the model draws anyway. A step
asks for aids by `params["speed"]`: "exact" (as if nothing were said), "fast", "off" or a list of names.
What was tried and breaks is not in the table: the first-block cache on FLUX.2 and Qwen-Image-2.1, any cache
on Z-Image and on U-Nets, a cache of the words' keys and values, which only one other family has a use for,
and fetched attention kernels, which are code. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.errors import BadInput

CARDS = ("cuda", "rocm")


@dataclass(frozen=True)
class Aid:
    """`does` says what, after its name; with fewer than `least` steps it saves nothing; `kinds` are the kinds
    of machine it is for, () for all; of those that are a `cache` there is one at a time.
    """

    name: str
    does: str
    least: int = 1
    exact: bool = False
    cache: bool = False
    kinds: tuple[str, ...] = ()


AIDS: Mapping[str, Aid] = {
    aid.name: aid
    for aid in (
        Aid("first-block", "skips the blocks of a step where the first one changed little", 12, cache=True),
        Aid("taylor", "foretells what attention comes to from the steps before", 12, cache=True),
        Aid("reuse-kv", "reads words and references once for all steps", 2, exact=True),
        Aid("compile", "compiles the blocks, for which the first picture waits minutes", 8, kinds=CARDS),
    )
}

# By family. The first cache is what "fast" uses; what only this or that machine has is asked for by name.
BORNE: Mapping[str, tuple[str, ...]] = {
    "qwen-image": ("first-block", "taylor", "compile"),
    "qwen-image-2.1": ("reuse-kv", "taylor", "compile"),
    "flux1": ("first-block", "taylor", "compile"),
    "flux2": ("taylor", "compile"),
    "z-image": ("compile",),
    "sdxl": ("compile",),
    "sd15": ("compile",),
}

# Families whose pipelines do not tell a cache which of their passes runs: there is only one, and it is told.
SINGLE_PASS = frozenset({"flux1"})


def offered(family: str | None, steps: int, kind: str) -> tuple[str, ...]:
    """The aids that are of use for a model of that family, which takes so many steps, on that machine."""
    names = BORNE.get(family or "", ())
    return tuple(
        name for name in names if steps >= AIDS[name].least and kind in (AIDS[name].kinds or (kind,))
    )


def usual(names: Iterable[str]) -> list[str]:
    """Of those on offer, the ones that are on unless something else is asked."""
    return [name for name in names if AIDS[name].exact]


def frozen(params: Mapping[str, Any], on_offer: Sequence[str]) -> dict[str, Any]:
    """A step's parameters with the names of the aids written out, or without any where it is the usual ones.

    `on_offer` are the card's. Raises `BadInput`.
    """
    rest = {name: value for name, value in params.items() if name != "speed"}
    names = sorted(_meant(params.get("speed"), on_offer))
    return rest if names == sorted(usual(on_offer)) else {**rest, "speed": names}


@dataclass(frozen=True)
class Chosen:
    """The aids of one run, and a sentence on each that was asked for and is left out."""

    names: tuple[str, ...]
    without: tuple[str, ...] = ()

    @property
    def said(self) -> tuple[str, ...]:
        """What a person is told of a picture that was drawn with them, but for what is always on."""
        return tuple(
            f"Drawn with {name}, which {AIDS[name].does}; without it details may differ."
            for name in self.names
            if not AIDS[name].exact
        )


def chosen(params: Mapping[str, Any], on_offer: Sequence[str], steps: int, model: str) -> Chosen:
    """The aids for a run of so many steps; those the model does not bear, or that are of no use, left out."""
    names: list[str] = []
    without: list[str] = []
    for name in _meant(params.get("speed"), on_offer):
        if name not in on_offer:
            without.append(f"Drawn without {name}, which is not for {model}.")
        elif steps < AIDS[name].least:
            without.append(f"Drawn without {name}, which saves nothing below {AIDS[name].least} steps.")
        else:
            names.append(name)
    return Chosen(tuple(names), tuple(without))


def _meant(asked: Any, on_offer: Sequence[str]) -> list[str]:
    """The names that are asked for. Raises `BadInput` with a sentence."""
    if asked is None or asked == "exact":
        return usual(on_offer)
    if asked == "off":
        return []
    if asked == "fast":
        caches = [name for name in on_offer if AIDS[name].cache]
        return [*usual(on_offer), *caches[:1]]
    if not isinstance(asked, list | tuple) or not all(
        isinstance(name, str) and name in AIDS for name in asked
    ):
        raise BadInput(f"Speed is exact, fast, off, or some of {', '.join(AIDS)}; not {str(asked)[:60]!r}.")
    if sum(AIDS[name].cache for name in asked) > 1:
        raise BadInput("One cache at a time: first-block or taylor, not both.")
    return list(dict.fromkeys(asked))
