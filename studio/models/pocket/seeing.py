"""Seeing: a picture to a scene, and each thing in it to its outline.

The eye looks at the whole and finds things; the glance looks at each of them twice, the second time where the
first said that it really is; what it then is, is told by its likeness to what is remembered.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torch import Tensor

from studio.models.pocket.blocks import PIXELS
from studio.models.pocket.codes import (
    CODE_COLOR,
    HAND_OF_STYLE,
    KINDS,
    NAMES,
    TONES,
    background_of,
    setting_of,
)
from studio.models.pocket.cutting import pyramid
from studio.models.pocket.drafting import Light
from studio.models.pocket.eye import Eye, Gaze, peaks
from studio.models.pocket.glance import VIEW, Glance, Look, Window, window_around
from studio.models.pocket.likeness import Claim, Guess, Likeness
from studio.models.pocket.masking import Shape, masked, spread
from studio.models.pocket.memory import Memory
from studio.models.pocket.outlining import enlarged, sharpened
from studio.models.pocket.scene import (
    BACKDROP_COLORS,
    BACKDROPS,
    MAX_THINGS,
    SIZE,
    STYLES,
    TIMES,
    WEATHERS,
    Background,
    Box,
    Scene,
    Thing,
)
from studio.models.pocket.scenery import light
from studio.models.pocket.sight import STRANGE, Sight, overlap, shared

Plane = NDArray[np.uint8]
BEYOND = (127, 127, 127)
LEVEL = 4.0  # degrees; less is no lean that anybody meant
ROUGH = 14.0  # levels; drawings reach 7
FAINT, BRIGHT = 0.06, 0.3  # of the eye's heat: what is looked at, and what has a say about the style
LIKELY, SURELY = 0.4, 0.75  # a thing is there, in a picture of this world and in a strange one
DOUBTED = -5.0  # logarithm of the likelihood from which on a style is no longer thought of
POSSIBLE = 0.12  # from this likelihood on, a color may be the one
CERTAIN = 0.5  # a thing's name may be believed about its outline, too
LARGER = 1.3  # than a thing is another that it may be a part of
MOVED = 0.85  # a box that overlaps its first guess less is looked at again


class _Seen(NamedTuple):
    """One thing as the glance tells it."""

    thing: Thing
    score: float
    names: tuple[str, ...]
    sure: float
    colors: tuple[str | None, ...]
    hidden: float


class _Styled(NamedTuple):
    """The things of a picture, the style that they are drawn in, and how sure they make it."""

    style: str
    sure: float
    seen: list[_Seen]


class Seer:
    """The eye, the glance and the memory together."""

    def __init__(self, eye: Eye, glance: Glance, memory: Memory) -> None:
        self.eye, self.glance, self.memory, self.likeness = eye, glance, memory, Likeness(memory)

    @torch.no_grad()
    def see(self, image: Image.Image) -> Sight:
        """What is in a picture of any size, of the things that are known."""
        picture = square(image)
        gaze = self._gaze(picture)
        confidence = float(gaze.familiar[0].sigmoid()) if _roughness(picture) < ROUGH else 0.0
        setting, settled = self._setting(gaze)
        kind, tone, weather, style = setting
        background = background_of(KINDS[kind], TONES[tone], WEATHERS[weather], float(gaze.horizon[0]))
        found = peaks(gaze, 0, FAINT)[: 2 * MAX_THINGS]
        fitting = self._things(picture, found, background, (kind, tone, weather, style), gaze.style[0])
        least = LIKELY if confidence >= STRANGE else SURELY
        seen = arranged([one for one in fitting.seen if one.score > least][:MAX_THINGS])
        scene = Scene(background, tuple(one.thing for one in seen), fitting.style)
        settled = (*settled[:3], max(settled[3], fitting.sure))
        return Sight(
            scene,
            tuple(one.score for one in seen),
            confidence,
            tuple(one.names for one in seen),
            tuple(one.sure for one in seen),
            tuple(one.colors for one in seen),
            settled,
        )

    @torch.no_grad()
    def masks(self, image: Image.Image, sight: Sight) -> list[Plane]:
        """Where each thing of the sight is seen in its picture: planes of the picture's size, 255 on it."""
        things = sight.scene.things
        if not things:
            return []
        windows = [window_around(thing.box) for thing in things]
        look = self._look(square(image), windows, _codes(sight.scene))
        pixels = torch.from_numpy(np.asarray(image.convert("RGB"), np.float32)).permute(2, 0, 1)
        sure = sight.sure or (0.0,) * len(things)
        shapes = [
            Shape(thing, window, mask, self._outline(thing, sight.scene.style) if certain > CERTAIN else None)
            for thing, window, mask, certain in zip(things, windows, look.mask.sigmoid(), sure, strict=True)
        ]
        return [(plane * 255).round().to(torch.uint8).numpy() for plane in masked(pixels, shapes)]

    @torch.no_grad()
    def sky(self, image: Image.Image) -> Plane:
        """Where a picture's sky is, seen or hidden by things: a plane of its size."""
        pixels = torch.from_numpy(np.asarray(image.convert("RGB"), np.float32)).permute(2, 0, 1)
        height, width = pixels.shape[1:]
        guess = enlarged(self._gaze(square(image)).sky[0].sigmoid(), height, width)
        sharp = sharpened(pixels, guess, max(2, round(max(height, width) / 40)))
        return (sharp * 255).round().to(torch.uint8).numpy()

    def _outline(self, thing: Thing, style: str) -> Tensor:
        return self.memory.outline(thing.name, style).cpu()

    def _gaze(self, picture: Image.Image) -> Gaze:
        pixels = np.asarray(picture.reduce(PIXELS // SIZE), np.float32) / 127.5 - 1
        with fast(self.eye):
            gaze: Gaze = self.eye(torch.from_numpy(pixels).permute(2, 0, 1)[None].to(_device(self.eye)))
        return Gaze(*(part.cpu() for part in gaze))

    def _setting(self, gaze: Gaze) -> tuple[tuple[int, int, int, int], tuple[float, float, float, float]]:
        """The codes of kind, tone, weather and style, and how sure they are."""
        kind = int(gaze.kind[0].argmax())
        fitting = torch.tensor([tone in _tones(KINDS[kind]) for tone in TONES])
        tones = torch.where(fitting, gaze.tone[0], torch.tensor(-torch.inf))
        best = [logits.softmax(0).max(0) for logits in (gaze.kind[0], tones, gaze.weather[0], gaze.style[0])]
        codes, likely = [int(code) for _, code in best], [float(value) for value, _ in best]
        return (codes[0], codes[1], codes[2], codes[3]), (likely[0], likely[1], likely[2], likely[3])

    def _things(
        self,
        picture: Image.Image,
        found: list[tuple[float, Box]],
        background: Background,
        setting: tuple[int, int, int, int],
        styles: Tensor,
    ) -> _Styled:
        """What may be the things of a picture, the likeliest first, and its style: whose hand drew them says
        more than the whole does.
        """
        likely = styles.log_softmax(0)
        order = [STYLES[i] for i in likely.argsort(descending=True).tolist()]
        if not found:
            return _Styled(order[0], 0.0, [])
        windows, look = self._looked(picture, found, setting)
        present = look.present.sigmoid().tolist()
        boxes = [_box(look, i, window) for i, window in enumerate(windows)]
        kept: list[int] = []
        for i in sorted(range(len(found)), key=lambda i: -present[i] * found[i][0] ** 0.5):
            if all(overlap(boxes[i], boxes[other]) < 0.6 for other in kept):
                kept.append(i)
        guesses = [_guess(look, i, windows[i]) for i in kept]
        planes = _planes(
            picture, [spread(look.mask[i].sigmoid(), windows[i], (PIXELS, PIXELS)) for i in kept]
        )
        claims: dict[str, list[Claim]] = {}
        worth: dict[str, float] = {}
        for style in order:
            value = float(likely[STYLES.index(style)])
            if value > DOUBTED and HAND_OF_STYLE[style] not in {HAND_OF_STYLE[other] for other in claims}:
                claims[style] = [
                    self.likeness.claim(levels, guess, style, light(background))
                    for levels, guess in zip(planes, guesses, strict=True)
                ]
                worth[style] = value + sum(
                    claim.score for claim, i in zip(claims[style], kept, strict=True) if found[i][0] > BRIGHT
                )
        best = max(worth, key=lambda style: worth[style])
        sure = 1 / sum(math.exp(min(0.0, value - worth[best])) for value in worth.values())
        shown = self._shown(claims[best], planes, best, light(background))
        scores = [
            _likelihood(found[i][0], present[i], claim.sure, part)
            for claim, i, part in zip(claims[best], kept, shown, strict=True)
        ]
        seen = [
            _told(claim, score, float(look.hidden[i].sigmoid()))
            for claim, score, i in zip(claims[best], scores, kept, strict=True)
        ]
        seen.sort(key=lambda one: -one.score)
        return _Styled(best, sure if seen and len(worth) > 1 else 0.0, seen)

    def _shown(
        self, claims: list[Claim], planes: list[list[Tensor]], style: str, light: Light
    ) -> list[float]:
        """How much of each thing a larger one, known for sure, shows already, as a car shows wheels."""
        areas = [claim.thing.box[2] * claim.thing.box[3] for claim in claims]
        return [
            max(
                (
                    self.likeness.shows(levels, other, style, light)
                    for other, large in zip(claims, areas, strict=True)
                    if other.sure > CERTAIN and large > LARGER * area
                ),
                default=0.0,
            )
            for levels, area in zip(planes, areas, strict=True)
        ]

    def _looked(
        self, picture: Image.Image, found: list[tuple[float, Box]], setting: tuple[int, int, int, int]
    ) -> tuple[list[Window], Look]:
        """Windows around what was found, and a look at each; two, if the first says it is elsewhere."""
        windows = [window_around(box) for _, box in found]
        look = self._look(picture, windows, setting)
        boxes = [_box(look, i, window) for i, window in enumerate(windows)]
        again = [i for i, (_, box) in enumerate(found) if overlap(box, boxes[i]) < MOVED]
        if again:
            for i in again:
                windows[i] = window_around(boxes[i])
            closer = self._look(picture, [windows[i] for i in again], setting)
            for mine, new in zip(look, closer, strict=True):
                mine[again] = new
        return windows, look

    def _look(self, picture: Image.Image, windows: list[Window], setting: tuple[int, int, int, int]) -> Look:
        """A glance at each window of a picture [512, 512]."""
        views = torch.from_numpy(np.stack([view(picture, window) for window in windows]))
        planes = views.permute(0, 3, 1, 2).float().div(127.5)
        colors, inside = planes[:, :3] - 1, planes[:, 3:] / 2
        device = _device(self.glance)
        settings = torch.tensor([setting] * len(windows), device=device)
        with fast(self.glance):
            look: Look = self.glance(torch.cat([colors * inside, inside], 1).to(device), settings)
        return Look(*(part.cpu() for part in look))


def square(image: Image.Image) -> Image.Image:
    """A picture as the networks see it: 512 x 512, whatever its shape."""
    rgb = image.convert("RGB")
    return rgb if rgb.size == (PIXELS, PIXELS) else rgb.resize((PIXELS, PIXELS), Image.Resampling.LANCZOS)


def fast(net: Eye | Glance) -> torch.autocast:
    """bf16 where the processor multiplies it fast; float32 elsewhere."""
    kind = _device(net).type
    return torch.autocast(
        kind, torch.bfloat16, enabled=kind != "cpu" or torch.cpu._is_avx512_bf16_supported()
    )


def _device(net: Eye | Glance) -> torch.device:
    return next(net.parameters()).device


def view(picture: Image.Image, window: Window) -> Plane:
    """A window of a picture [512, 512]: colors and whether a pixel is of the picture, [96, 96, 4]."""
    left, top, span = (round(v * PIXELS / SIZE) for v in window)
    sheet = Image.new("RGBA", (max(2, span), max(2, span)), (*BEYOND, 0))
    x, y = (min(max(0, v), PIXELS - 1) for v in (left, top))
    solid = picture.crop((x, y, max(x + 1, min(PIXELS, left + span)), max(y + 1, min(PIXELS, top + span))))
    sheet.paste(solid.convert("RGBA"), (x - left, y - top))
    colors = sheet.convert("RGB").resize((VIEW, VIEW), Image.Resampling.BILINEAR)
    inside = sheet.getchannel("A").resize((VIEW, VIEW), Image.Resampling.BILINEAR)
    return np.dstack([np.asarray(colors), np.asarray(inside)])


def _tones(kind: str) -> tuple[str, ...]:
    if kind in BACKDROPS:
        return BACKDROP_COLORS
    return ("",) if kind == "space" else TIMES


def _codes(scene: Scene) -> tuple[int, int, int, int]:
    kind, tone, weather, style = setting_of(scene).tolist()
    return kind, tone, weather, style


def _likelihood(heat: float, present: float, sure: float, shown: float) -> float:
    """How likely there is a thing: from how brightly the eye and the glance see it, how surely it is known,
    and how much of it is shown already by another. A logistic regression on 864 claims in 160 random scenes;
    only the last weight is larger than it comes to, because pictures have more wheels than random scenes do.
    """
    odds = -3.4 + 0.98 * _log_odds(heat) + 0.22 * _log_odds(present) + 4.93 * sure - 8 * shown
    return 1 / (1 + math.exp(-odds))


def _log_odds(share: float) -> float:
    return math.log((share + 1e-3) / (1 - share + 1e-3))


def _box(look: Look, row: int, window: Window) -> Box:
    """A thing's box in units, as the glance corrects it."""
    left, top, span = window
    dx, dy, wide, high = look.box[row].tolist()
    width, height = (span * math.exp(min(max(v, -3.0), 0.5)) for v in (wide, high))
    return left + (0.5 + dx) * span - width / 2, top + (0.5 + dy) * span - height / 2, width, height


def _guess(look: Look, row: int, window: Window) -> Guess:
    """What the glance says of one window."""
    angle = math.degrees(math.atan2(float(look.turn[row, 0]), float(look.turn[row, 1])))
    names, colors, flips = (part[row].log_softmax(0) for part in (look.name, look.color, look.flip))
    thing = Thing(NAMES[int(names.argmax())], _box(look, row, window), angle=angle)
    return Guess(thing, names, colors, flips)


def _told(claim: Claim, score: float, hidden: float) -> _Seen:
    """What is believed of a thing, in round numbers."""
    order = claim.colors.argsort(descending=True).tolist()
    possible = tuple(CODE_COLOR[i] for i in order if i == order[0] or claim.colors[i] >= POSSIBLE)
    x, y, width, height = (float(round(v, 1)) for v in claim.thing.box)
    angle = 0.0 if abs(claim.thing.angle) < LEVEL else float(round(claim.thing.angle))
    thing = replace(claim.thing, box=(x, y, width, height), color=possible[0], angle=angle)
    return _Seen(thing, score, claim.names, claim.sure, possible, hidden)


def _roughness(picture: Image.Image) -> float:
    """How far pixels are from their neighbors on average, in levels. About what is rougher than anything that
    is drawn the eye cannot be asked: it was never shown such a thing.
    """
    small = picture.reduce(PIXELS // SIZE)
    pixels, around = (
        np.asarray(image, np.float32) for image in (small, small.filter(ImageFilter.BoxBlur(1)))
    )
    return float(np.abs(pixels - around).mean())


def _planes(picture: Image.Image, masks: list[Tensor]) -> list[list[Tensor]]:
    """What a likeness is judged by, of each thing of a picture whose outlines are given [512, 512]."""
    pixels = torch.from_numpy(np.asarray(picture, np.float32) / 255).permute(2, 0, 1)
    planes = []
    for at, mask in enumerate(masks):
        others = torch.stack([*masks[:at], *masks[at + 1 :], torch.zeros_like(mask)])
        hidden = torch.where(others > mask, others, 0.0).amax(0)
        planes.append(pyramid(torch.cat([pixels, mask[None], 1 - hidden[None]])))
    return planes


def arranged(seen: list[_Seen]) -> list[_Seen]:
    """Back to front: of two that touch, the one that is partly hidden is behind; else what stands lower is
    nearer.
    """

    def bottom(one: _Seen) -> float:
        return one.thing.box[1] + one.thing.box[3]

    def behind(one: _Seen, other: _Seen) -> bool:
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
