"""Seeing: a picture to a scene, and each thing in it to its outline.

The eye looks at the whole and finds things; the glance looks at each of them twice, the second time where the
first said that it really is.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from studio.models.pocket.blocks import PIXELS
from studio.models.pocket.codes import CODE_COLOR, KINDS, NAMES, TONES, background_of, setting_of
from studio.models.pocket.eye import Eye, Gaze, peaks
from studio.models.pocket.glance import VIEW, Glance, Look, Window, window_around
from studio.models.pocket.outlining import enlarged, sharpened
from studio.models.pocket.scene import (
    BACKDROP_COLORS,
    BACKDROPS,
    MAX_THINGS,
    SIZE,
    STYLES,
    TIMES,
    WEATHERS,
    Box,
    Scene,
    Thing,
)
from studio.models.pocket.sight import ALTERNATIVES, STRANGE, Sight, overlap, shared

Plane = NDArray[np.uint8]
BEYOND = (127, 127, 127)
LEVEL = 4.0  # degrees; less is no lean that anybody meant
POSSIBLE = 0.12  # from this likelihood on, a color may be the one
BAND = 1.5  # pixels of a glance's mask that may be wrong about an edge
MOVED = 0.85  # a box that overlaps its first guess less is looked at again


class _Seen(NamedTuple):
    """One thing as the glance tells it."""

    thing: Thing
    score: float
    names: tuple[str, ...]
    sure: float
    colors: tuple[str | None, ...]
    hidden: float


class Seer:
    """The eye and the glance together."""

    def __init__(self, eye: Eye, glance: Glance) -> None:
        self.eye, self.glance = eye, glance

    @torch.no_grad()
    def see(self, image: Image.Image) -> Sight:
        """What is in a picture of any size, of the things that are known."""
        picture = square(image)
        gaze = self._gaze(picture)
        confidence = float(gaze.familiar[0].sigmoid())
        setting, settled = self._setting(gaze)
        kind, tone, weather, style = setting
        background = background_of(KINDS[kind], TONES[tone], WEATHERS[weather], float(gaze.horizon[0]))
        found = peaks(gaze, 0)[: 2 * MAX_THINGS]
        seen = self._things(picture, found, setting, 0.35 if confidence >= STRANGE else 0.65)
        seen = arranged(seen)
        scene = Scene(background, tuple(one.thing for one in seen), STYLES[style])
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
        planes = [
            _outline(pixels, mask, window) for mask, window in zip(look.mask.sigmoid(), windows, strict=True)
        ]
        if len(planes) > 1:  # what two claim goes to the one who is surer
            best = torch.stack(planes).max(0).values
            planes = [torch.where((plane < best) & (plane < 0.5), plane * 0, plane) for plane in planes]
        return [(plane * 255).round().to(torch.uint8).numpy() for plane in planes]

    @torch.no_grad()
    def sky(self, image: Image.Image) -> Plane:
        """Where a picture's sky is, seen or hidden by things: a plane of its size."""
        pixels = torch.from_numpy(np.asarray(image.convert("RGB"), np.float32)).permute(2, 0, 1)
        height, width = pixels.shape[1:]
        guess = enlarged(self._gaze(square(image)).sky[0].sigmoid(), height, width)
        sharp = sharpened(pixels, guess, max(2, round(max(height, width) / 40)))
        return (sharp * 255).round().to(torch.uint8).numpy()

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
        setting: tuple[int, int, int, int],
        least: float,
    ) -> list[_Seen]:
        if not found:
            return []
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
        seen = [_told(look, i, window, found[i][0]) for i, window in enumerate(windows)]
        kept: list[_Seen] = []
        for one in sorted(seen, key=lambda one: -one.score):
            if one.score >= least and all(overlap(one.thing.box, other.thing.box) < 0.6 for other in kept):
                kept.append(one)
        return kept[:MAX_THINGS]

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


def _box(look: Look, row: int, window: Window) -> Box:
    """A thing's box in units, as the glance corrects it."""
    left, top, span = window
    dx, dy, wide, high = look.box[row].tolist()
    width, height = (span * math.exp(min(max(v, -3.0), 0.5)) for v in (wide, high))
    return left + (0.5 + dx) * span - width / 2, top + (0.5 + dy) * span - height / 2, width, height


def _told(look: Look, row: int, window: Window, heat: float) -> _Seen:
    """What the glance says of one window, in words; `heat` is what the eye said."""
    likely = look.name[row].softmax(0)
    names = likely.topk(ALTERNATIVES)
    colors = look.color[row].softmax(0)
    order = colors.argsort(descending=True).tolist()
    possible = tuple(CODE_COLOR[i] for i in order if i == order[0] or colors[i] >= POSSIBLE)
    angle = math.degrees(math.atan2(float(look.turn[row, 0]), float(look.turn[row, 1])))
    x, y, width, height = (float(round(v, 1)) for v in _box(look, row, window))
    thing = Thing(
        NAMES[int(names.indices[0])],
        (x, y, width, height),
        possible[0],
        bool(look.flip[row].argmax()),
        0.0 if abs(angle) < LEVEL else float(round(angle)),
    )
    score = float(look.present[row].sigmoid()) * math.sqrt(heat)
    called = tuple(NAMES[i] for i in names.indices.tolist())
    return _Seen(thing, score, called, float(names.values[0]), possible, float(look.hidden[row].sigmoid()))


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


def _outline(pixels: Tensor, mask: Tensor, window: Window) -> Tensor:
    """A glance's mask of a window as a plane of the whole picture [3, H, W], with exact edges."""
    height, width = pixels.shape[1:]
    plane = torch.zeros(height, width)
    left, top, span = window
    x0, x1 = (round(v * width / SIZE) for v in (left, left + span))
    y0, y1 = (round(v * height / SIZE) for v in (top, top + span))
    guess = enlarged(mask, max(1, y1 - y0), max(1, x1 - x0))
    columns, rows = slice(max(0, x0), min(width, x1)), slice(max(0, y0), min(height, y1))
    if rows.start < rows.stop and columns.start < columns.stop:
        guess = guess[rows.start - y0 : rows.stop - y0, columns.start - x0 : columns.stop - x0]
        radius = max(2, round(BAND * (x1 - x0 + y1 - y0) / 2 / VIEW))
        plane[rows, columns] = sharpened(pixels[:, rows, columns], guess, radius)
    return plane
