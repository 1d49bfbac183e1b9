"""Seeing: a picture to a scene, and each thing in it to its outline.

The eye looks at the whole and says where things may be; `finding` makes sure of each; what is then known of
the whole and of the things is a `Sight`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torch import Tensor

from studio.models.pocket.blocks import PIXELS
from studio.models.pocket.codes import (
    KINDS,
    TONES,
    background_of,
    setting_of,
)
from studio.models.pocket.eye import Eye, Gaze, peaks
from studio.models.pocket.finding import CERTAIN, Finder, arranged
from studio.models.pocket.glance import VIEW, Glance, Look, Window, window_around
from studio.models.pocket.masking import Shape, masked
from studio.models.pocket.memory import Memory
from studio.models.pocket.outlining import enlarged, sharpened
from studio.models.pocket.scene import (
    BACKDROP_COLORS,
    BACKDROPS,
    MAX_THINGS,
    SIZE,
    TIMES,
    WEATHERS,
    Background,
    Scene,
    Thing,
)
from studio.models.pocket.scenery import light
from studio.models.pocket.sight import STRANGE, Sight

Plane = NDArray[np.uint8]
BEYOND = (127, 127, 127)
ROUGH = 14.0  # levels; drawings reach 7
FAINT = 0.06  # of the eye's heat; what is brighter is looked at
PLACE = 0.02  # a background is this likely, or it is none that there may be
FAINTEST = 0.05  # likely; less is not even faint
LIKELY, SURELY = 0.5, 0.8  # a thing is there, in a picture of this world and in a strange one


class Seer:
    """The eye, the glance and the memory together."""

    def __init__(self, eye: Eye, glance: Glance, memory: Memory) -> None:
        self.eye, self.glance, self.memory, self.finder = eye, glance, memory, Finder(memory)

    @torch.no_grad()
    def see(self, image: Image.Image) -> Sight:
        """What is in a picture of any size, of the things that are known."""
        picture = square(image)
        gaze = self._gaze(picture)
        confidence = float(gaze.familiar[0].sigmoid()) if _roughness(picture) < ROUGH else 0.0
        setting, settled = self._setting(gaze)
        places = _places(gaze, setting)
        background = places[0]
        found = peaks(gaze, 0, FAINT)[: 2 * MAX_THINGS]

        def glance(windows: Sequence[Window], turns: Sequence[float]) -> Look:
            return self._look(picture, windows, setting, turns)

        fitting = self.finder.things(picture, found, glance, gaze.style[0], light(background))
        least = LIKELY if confidence >= STRANGE else SURELY
        seen = arranged([one for one in fitting.seen if one.score > least][:MAX_THINGS])
        scene = Scene(background, tuple(one.thing for one in seen), fitting.style)
        settled = (*settled[:3], max(settled[3], fitting.sure))
        faint = [one.thing for one in fitting.seen if FAINTEST < one.score <= least]
        return Sight(
            scene,
            tuple(one.score for one in seen),
            confidence,
            tuple(one.names for one in seen),
            tuple(one.sure for one in seen),
            tuple(one.colors for one in seen),
            settled,
            tuple(faint[:MAX_THINGS]),
            places,
        )

    @torch.no_grad()
    def masks(self, image: Image.Image, sight: Sight) -> list[Plane]:
        """Where each thing of the sight is seen in its picture: planes of the picture's size, 255 on it."""
        return self._masks(image, sight.scene, sight.sure or (0.0,) * len(sight.scene.things))

    @torch.no_grad()
    def faint_masks(self, image: Image.Image, sight: Sight) -> list[Plane]:
        """The same of what is faint in it."""
        faint = replace(sight.scene, things=sight.faint)
        return self._masks(image, faint, (1.0,) * len(sight.faint))

    def _masks(self, image: Image.Image, scene: Scene, sure: Sequence[float]) -> list[Plane]:
        things = scene.things
        if not things:
            return []
        windows = [window_around(thing.box) for thing in things]
        look = self._look(square(image), windows, _codes(scene))
        pixels = torch.from_numpy(np.asarray(image.convert("RGB"), np.float32)).permute(2, 0, 1)
        shapes = [
            Shape(thing, window, mask, self._outline(thing, scene.style) if certain > CERTAIN else None)
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

    def _look(
        self,
        picture: Image.Image,
        windows: Sequence[Window],
        setting: tuple[int, int, int, int],
        turns: Sequence[float] | None = None,
    ) -> Look:
        """A glance at each window of a picture [512, 512], turned by so many degrees if need be."""
        turned = zip(windows, turns or [0.0] * len(windows), strict=True)
        views = torch.from_numpy(np.stack([turned_view(picture, *one) for one in turned]))
        planes = views.permute(0, 3, 1, 2).float().div(127.5)
        colors, inside = planes[:, :3] - 1, planes[:, 3:] / 2
        device = _device(self.glance)
        settings = torch.tensor([setting] * len(windows), device=device)
        with fast(self.glance):
            look: Look = self.glance(torch.cat([colors * inside, inside], 1).to(device), settings)
        return Look(*(part.cpu() for part in look))


def _places(gaze: Gaze, setting: tuple[int, int, int, int]) -> tuple[Background, ...]:
    """The backgrounds that there may be, the likeliest first, all at the same hour and in one weather."""
    _, tone, weather, _ = setting
    likely = gaze.kind[0].softmax(0)
    return tuple(
        background_of(KINDS[kind], TONES[tone], WEATHERS[weather], float(gaze.horizon[0]))
        for kind in likely.argsort(descending=True).tolist()
        if likely[kind] > PLACE and TONES[tone] in _tones(KINDS[kind])
    )


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


def turned_view(picture: Image.Image, window: Window, turn: float) -> Plane:
    """A window turned clockwise by so many degrees: what leans by as much stands upright in it."""
    if not turn:
        return view(picture, window)
    left, top, span = window
    around = round(VIEW / math.sqrt(2)) * 2  # even, as the view is: both have the same middle
    margin = span * (around / VIEW - 1) / 2
    larger = view(picture, (left - margin, top - margin, span + 2 * margin), around)
    sheet = Image.fromarray(larger, "RGBA").rotate(turn, Image.Resampling.BILINEAR)
    start = (around - VIEW) // 2
    return np.asarray(sheet.crop((start, start, start + VIEW, start + VIEW)))


def view(picture: Image.Image, window: Window, side: int = VIEW) -> Plane:
    """A window of a picture [512, 512]: colors and whether a pixel is of the picture, [side, side, 4]."""
    left, top, span = (round(v * PIXELS / SIZE) for v in window)
    sheet = Image.new("RGBA", (max(2, span), max(2, span)), (*BEYOND, 0))
    x, y = (min(max(0, v), PIXELS - 1) for v in (left, top))
    solid = picture.crop((x, y, max(x + 1, min(PIXELS, left + span)), max(y + 1, min(PIXELS, top + span))))
    sheet.paste(solid.convert("RGBA"), (x - left, y - top))
    colors = sheet.convert("RGB").resize((side, side), Image.Resampling.BILINEAR)
    inside = sheet.getchannel("A").resize((side, side), Image.Resampling.BILINEAR)
    return np.dstack([np.asarray(colors), np.asarray(inside)])


def _tones(kind: str) -> tuple[str, ...]:
    if kind in BACKDROPS:
        return BACKDROP_COLORS
    return ("",) if kind == "space" else TIMES


def _codes(scene: Scene) -> tuple[int, int, int, int]:
    kind, tone, weather, style = setting_of(scene).tolist()
    return kind, tone, weather, style


def _roughness(picture: Image.Image) -> float:
    """How far pixels are from their neighbors on average, in levels. About what is rougher than anything that
    is drawn the eye cannot be asked: it was never shown such a thing.
    """
    small = picture.reduce(PIXELS // SIZE)
    pixels, around = (
        np.asarray(image, np.float32) for image in (small, small.filter(ImageFilter.BoxBlur(1)))
    )
    return float(np.abs(pixels - around).mean())
