"""Finding: from places where the eye thinks that things are to the things, by name, surely.

What a glimpse makes us claim is held against the picture. Where that leaves much unexplained, the place is
looked at from other sides and then searched, around what is known by then.

Nouns: `Seen` is what is told of a thing, `Styled` all of them with the style that they are drawn in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from studio.models.pocket.blocks import PIXELS
from studio.models.pocket.codes import CODE_COLOR, HAND_OF_STYLE
from studio.models.pocket.cutting import pyramid
from studio.models.pocket.drafting import Light
from studio.models.pocket.glimpsing import SAME, Glance, Glimpse, from_other_sides, glimpses
from studio.models.pocket.likeness import Claim, Likeness
from studio.models.pocket.masking import laid
from studio.models.pocket.memory import Memory
from studio.models.pocket.scene import STYLES, Box, Thing
from studio.models.pocket.searching import Search
from studio.models.pocket.sight import overlap, shared

BRIGHT = 0.3  # of the eye's heat from which on a place has a say about the style
DOUBTED = -5.0  # logarithm of the likelihood from which on a style is no longer thought of
POSSIBLE = 0.12  # from this likelihood on, a color may be the one
CERTAIN = 0.5  # a thing's name may be believed about what it shows, too
LARGER = 1.3  # than a thing is another that it may be a part of
LEVEL = 4.0  # degrees; less is no lean that anybody meant
KNOWN = 0.6  # likely enough to be taken as there while the rest is looked at again,
PLAIN = 0.005  # and if it leaves no more unexplained, not looked at again itself
REVIEWED, SEARCHED = 6, 4  # places of a picture are, at most, and
DIM, PRESENT = 0.12, 0.8  # only if the eye and the glance see more than this
UNEXPLAINED = 0.4  # of a place that known things do not cover: it is worth another look


class Seen(NamedTuple):
    """One thing as it is told: how likely it is there, its likeliest names and how sure the first is, the
    colors it may have, and the share of it that others hide.
    """

    thing: Thing
    score: float
    names: tuple[str, ...]
    sure: float
    colors: tuple[str | None, ...]
    hidden: float


class Styled(NamedTuple):
    """The things of a picture, the style that they are drawn in, and how sure they make it."""

    style: str
    sure: float
    seen: list[Seen]


@dataclass(frozen=True)
class Believed:
    """A claim about a place, what it leaves unexplained, and how likely it is so."""

    glimpse: Glimpse
    claim: Claim
    left: float
    score: float

    @property
    def plain(self) -> bool:
        """Whether it need not be looked at again."""
        return self.score >= KNOWN and self.left <= PLAIN


class Finder:
    """What the glance says and what is remembered, together."""

    def __init__(self, memory: Memory) -> None:
        self.memory, self.likeness = memory, Likeness(memory)
        self.search = Search(self.likeness)

    def things(
        self,
        picture: Image.Image,
        found: list[tuple[float, Box]],
        glance: Glance,
        styles: Tensor,
        light: Light,
    ) -> Styled:
        """What may be the things of a picture [512, 512], the likeliest first, and its style: whose hand drew
        them says more than the whole does. `styles` are the whole's logits.
        """
        likely = styles.log_softmax(0)
        order = [STYLES[i] for i in likely.argsort(descending=True).tolist()]
        if not found:
            return Styled(order[0], 0.0, [])
        places = glimpses(picture, found, glance)
        claims: dict[str, list[Claim]] = {}
        worth: dict[str, float] = {}
        for style in order:
            value = float(likely[STYLES.index(style)])
            if value > DOUBTED and HAND_OF_STYLE[style] not in {HAND_OF_STYLE[other] for other in claims}:
                claims[style] = [self.likeness.claim(one.levels, one.guess, style, light) for one in places]
                worth[style] = value + sum(
                    claim.score for claim, one in zip(claims[style], places, strict=True) if one.heat > BRIGHT
                )
        best = max(worth, key=lambda style: worth[style])
        sure = 1 / sum(math.exp(min(0.0, value - worth[best])) for value in worth.values())
        believed = self._explained(places, claims[best], best, light, glance)
        seen = [_told(one) for one in _once(believed)]
        return Styled(best, sure if len(worth) > 1 else 0.0, seen)

    def _explained(
        self, places: list[Glimpse], claims: list[Claim], style: str, light: Light, glance: Glance
    ) -> list[Believed]:
        """What is believed of each place: first what is plain, then what comes to light around that."""
        parts = self._shown(claims, places, style, light)
        first = [
            self._believed(place, claim, style, light, shown=part)
            for place, claim, part in zip(places, claims, parts, strict=True)
        ]
        done = [one for one in first if one.plain]
        rest = sorted((one for one in first if not one.plain), key=_bright)
        covered = torch.zeros(PIXELS, PIXELS)
        for one in done:
            covered = torch.maximum(covered, self._cover(one, style))
        reviewed = searched = 0
        for one in rest:
            again = _uncovered(one.glimpse, covered) if reviewed < REVIEWED else None
            if again is not None:
                reviewed += 1
                others = self._reviewed(again, style, light, glance)
                one = max(one, *others, key=lambda believed: believed.score)
                if one.score < KNOWN and searched < SEARCHED:
                    searched += 1
                    claim = self.search.claim(again.levels, again.guess, style, light)
                    other = self._believed(again, claim, style, light)
                    one = max(one, other, key=lambda believed: believed.score)
            if one.score >= KNOWN:
                covered = torch.maximum(covered, self._cover(one, style))
            done.append(one)
        return done

    def _reviewed(self, place: Glimpse, style: str, light: Light, glance: Glance) -> list[Believed]:
        """What may be believed of a place when it is looked at from other sides."""
        guesses = from_other_sides(place.guess, glance)
        claims = [self.likeness.claim(place.levels, guess, style, light) for guess in guesses]
        return [self._believed(place, claim, style, light) for claim in claims]

    def _believed(
        self,
        glimpse: Glimpse,
        claim: Claim,
        style: str,
        light: Light,
        shown: float = 0.0,
    ) -> Believed:
        left = self.likeness.left(glimpse.levels, claim, style, light)
        near = overlap(glimpse.guess.thing.box, claim.thing.box)
        score = likelihood(glimpse.heat, glimpse.present, claim.sure, shown, left, near)
        return Believed(glimpse, claim, left, score)

    def _cover(self, one: Believed, style: str) -> Tensor:
        """Where a thing that is known covers what else there may be, [512, 512] of 0..1."""
        thing = one.claim.thing
        return laid(thing, self.memory.outline(thing.name, style).cpu(), (PIXELS, PIXELS))

    def _shown(self, claims: list[Claim], glimpses: list[Glimpse], style: str, light: Light) -> list[float]:
        """How much of each thing a larger one, known for sure, shows already, as a car shows wheels."""
        areas = [claim.thing.box[2] * claim.thing.box[3] for claim in claims]
        return [
            max(
                (
                    self.likeness.shows(glimpse.levels, other, style, light)
                    for other, large in zip(claims, areas, strict=True)
                    if other.sure > CERTAIN and large > LARGER * area
                ),
                default=0.0,
            )
            for glimpse, area in zip(glimpses, areas, strict=True)
        ]


def likelihood(heat: float, present: float, sure: float, shown: float, left: float, near: float) -> float:
    """How likely there is a thing: from how brightly the eye and the glance see it, how surely it is known,
    how much of it is shown already by another, what its drawing leaves unexplained (a mean square), and how
    much its box overlaps the one that the glance saw first. A logistic regression on 3500 claims in 200
    random scenes; only the weight of what is shown is larger than it comes to, because pictures have more
    wheels than random scenes do.
    """
    odds = -16.1 + 0.51 * _log_odds(heat) + 0.37 * _log_odds(present) + 5.2 * sure - 6 * shown
    odds += -1.29 * math.log(left + 1e-4) + 6.05 * near
    return 1 / (1 + math.exp(-odds))


def _log_odds(share: float) -> float:
    return math.log((share + 1e-3) / (1 - share + 1e-3))


def _bright(one: Believed) -> float:
    return -one.glimpse.heat * one.glimpse.present


def _worth(glimpse: Glimpse) -> bool:
    """Whether a place is worth a search: of 160 searched in 140 random scenes, only such led to anything."""
    return glimpse.heat > DIM and glimpse.present > PRESENT


def _once(believed: list[Believed]) -> list[Believed]:
    """The likeliest of those that are in the same place."""
    kept: list[Believed] = []
    for one in sorted(believed, key=lambda one: -one.score):
        if all(overlap(one.claim.thing.box, other.claim.thing.box) < SAME for other in kept):
            kept.append(one)
    return kept


def _uncovered(glimpse: Glimpse, covered: Tensor) -> Glimpse | None:
    """A place as it is around what is known; None if that is what was seen there, or hardly anything."""
    rgb, mask = glimpse.levels[0][:3], glimpse.levels[0][3]
    free = 1 - covered
    if not _worth(glimpse) or float((mask * free).sum()) < UNEXPLAINED * float(mask.sum()):
        return None
    return replace(glimpse, levels=pyramid(torch.cat([rgb, (mask * free)[None], free[None]])))


# ---- telling


def _told(one: Believed) -> Seen:
    """What is believed of a thing, in round numbers."""
    claim = one.claim
    order = claim.colors.argsort(descending=True).tolist()
    possible = tuple(CODE_COLOR[i] for i in order if i == order[0] or claim.colors[i] >= POSSIBLE)
    x, y, width, height = (float(round(v, 1)) for v in claim.thing.box)
    angle = (claim.thing.angle + 180) % 360 - 180
    angle = 0.0 if abs(angle) < LEVEL else float(round(angle))
    thing = replace(claim.thing, box=(x, y, width, height), color=possible[0], angle=angle)
    return Seen(thing, one.score, claim.names, claim.sure, possible, one.glimpse.hidden)


def arranged(seen: list[Seen]) -> list[Seen]:
    """Back to front: of two that touch, the one that is partly hidden is behind; else what stands lower is
    nearer.
    """

    def bottom(one: Seen) -> float:
        return one.thing.box[1] + one.thing.box[3]

    def behind(one: Seen, other: Seen) -> bool:
        a, b = one.thing.box, other.thing.box
        touching = shared(a, b) > 0.04 * min(a[2] * a[3], b[2] * b[3])
        return touching and one.hidden > other.hidden + 0.06

    left, order = sorted(seen, key=bottom), []
    while left:
        free = (one for one in left if not any(behind(other, one) for other in left if other is not one))
        nearest = next(free, left[0])
        order.append(nearest)
        left.remove(nearest)
    return order
