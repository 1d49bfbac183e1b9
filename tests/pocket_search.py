"""Searching a picture for a thing by its drawing, without being told where it may be.

Nouns: a `Field` is a picture made ready to be searched with Fourier transforms; a *hint* is a place where a
drawing may lie, which is then looked at closely; a `Found` is what is left of the hints.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image

from studio.models.pocket import drafting, scenes
from studio.models.pocket.codes import HAND_OF_STYLE
from studio.models.pocket.scene import SIZE, Box, Thing

from .pocket_judge import Judge, Templates, claims, cut, templates_of
from .pocket_measures import Pixels, Plane, box_iou

SEARCHED = 128  # pixels a side of the picture that is searched
# Shares of what is not background that a thing must explain, before and after a closer look.
HINT, WORTH = 0.18, 0.5
HINT_OVERLAP = 0.4
_ONE = np.eye(5)  # right, down, wider, higher, clockwise
STEPS = (*_ONE, *-_ONE, np.array([0, 0, 1, 1, 0]), np.array([0, 0, -1, -1, 0]))
CLOSER = 40  # of the likeliest are looked at closely


@dataclass(frozen=True)
class Found:
    """A thing found: its box in units, the share of what is there that it explains, and how it is turned."""

    box: Box
    share: float
    flip: bool = False
    angle: float = 0.0

    @property
    def middle(self) -> tuple[float, float]:
        return self.box[0] + self.box[2] / 2, self.box[1] + self.box[3] / 2


def find(
    judge: Judge,
    picture: Pixels,
    name: str,
    style: str,
    color: str | None,
    light: drafting.Light,
) -> list[Found]:
    """All things of a name anywhere in a picture, the surest first."""
    hand = HAND_OF_STYLE[style]
    sprite = np.asarray(judge.studio.library.sprite(name, color, hand), np.float32)
    small = Image.fromarray(picture).resize((SEARCHED, SEARCHED), Image.Resampling.BOX)
    field = Field(np.asarray(small, np.float32))
    found = []
    for longer in (22 * 1.13**k for k in range(20)):
        wide, high = (max(4, round(v * SEARCHED / SIZE)) for v in scenes.fitted(name, longer))
        for flip in (False, True):
            image = Image.fromarray(sprite.astype(np.uint8)).resize((wide, high), Image.Resampling.BOX)
            array = np.asarray(image, np.float32)[:, :: -1 if flip else 1].copy()
            array[..., :3] *= np.array(light, np.float32)
            found += [replace(one, flip=flip) for one in field.search(array)]
    drawing, lights = templates_of([judge.small(name, color, hand)]), np.array([light], np.float32)
    kept: list[Found] = []
    for hint in without_doubles(found, HINT_OVERLAP, within=1.0)[:CLOSER]:
        if all(box_iou(hint.box, other.box) < HINT_OVERLAP for other in kept):
            one = closely(picture, hint, drawing, lights)
            kept += [one] * (one.share >= WORTH)
    return without_doubles(kept)


class Field:
    """A picture made ready to be searched with Fourier transforms."""

    def __init__(self, pixels: Plane) -> None:
        self.pad = 2 * SEARCHED
        mean = pixels.mean((0, 1))
        self.mean = mean
        square = np.square(pixels - mean).sum(-1)
        planes = [*(pixels - mean).transpose(2, 0, 1), square, np.ones_like(square)]
        self.spectrum = torch.fft.rfft2(torch.from_numpy(np.stack(planes)), s=(self.pad, self.pad))

    def search(self, sprite: Plane) -> list[Found]:
        """Where a sprite (RGBA, floats of 0..255) lies, wholly or to three quarters inside the picture."""
        alpha = sprite[..., 3] / 255
        high, wide = alpha.shape
        paint = (sprite[..., :3] - self.mean) * alpha[..., None]
        power = (np.square(sprite[..., :3] - self.mean).sum(-1)) * alpha
        kernels = [alpha, np.ones_like(alpha), *paint.transpose(2, 0, 1), power]
        turned = torch.fft.rfft2(torch.from_numpy(np.stack(kernels)), s=(self.pad, self.pad)).conj()
        of_alpha, of_box, of_paint, of_power = turned[0], turned[1], turned[2:5], turned[5]
        colors, square, there = self.spectrum[:3], self.spectrum[3], self.spectrum[4]
        spectra = [
            *(colors * of_alpha), *(colors * of_box), square * of_box, square * of_alpha,
            (colors * of_paint).sum(0), there * of_alpha, there * of_box, there * of_power,
        ]  # fmt: skip
        planes = torch.fft.irfft2(torch.stack(spectra), s=(self.pad, self.pad)).numpy()
        inner, box = planes[:3], planes[3:6]
        box_square, inner_square, cross, covered, area, painted = planes[6:]
        floor = 0.05 * wide * high
        empty = box_square - np.square(box).sum(0) / np.maximum(area, floor)
        rest = np.maximum(area - covered, floor)
        outside = box_square - inner_square - np.square(box - inner).sum(0) / rest
        thing = inner_square - 2 * cross + painted
        share = 1 - (outside + thing) / np.maximum(empty, 60.0 * area + 1)
        share[covered < 0.75 * alpha.sum()] = 0
        found = []
        while len(found) < 12:
            at = int(share.argmax())
            y, x = divmod(at, self.pad)
            if share[y, x] < HINT:
                break
            top, left = (p - self.pad if p >= SEARCHED else p for p in (y, x))
            units = SIZE / SEARCHED
            found.append(Found((left * units, top * units, wide * units, high * units), float(share[y, x])))
            rows = np.arange(y - high // 3 - 1, y + high // 3 + 2) % self.pad
            columns = np.arange(x - wide // 3 - 1, x + wide // 3 + 2) % self.pad
            share[np.ix_(rows, columns)] = 0
        return found


def closely(picture: Pixels, found: Found, drawing: Templates, lights: Plane) -> Found:
    """A thing found, moved, stretched and turned a little until it explains most."""
    nothing_hidden = np.zeros(picture.shape[:2], bool)

    def tried(box: Box, angle: float) -> Found:
        seen, weight, rows = cut(picture, nothing_hidden, Thing("dog", box, angle=angle))
        planes = (seen[:, ::-1], weight[:, ::-1], rows * 0) if found.flip else (seen, weight, rows * 0)
        costs, nothing = claims(*planes, drawing, lights)
        return Found(box, 1 - float(costs[0]) / max(nothing, 30.0), found.flip, angle)

    best = tried(found.box, found.angle)
    for step in (0.06, 0.06, 0.03):
        for dx, dy, wider, higher, turn in STEPS:
            x, y, w, h = best.box
            wide, high = w * (1 + wider * step), h * (1 + higher * step)
            box = (x + dx * step * w + (w - wide) / 2, y + dy * step * h + (h - high) / 2, wide, high)
            best = max(best, tried(box, best.angle + 80 * step * turn), key=lambda one: one.share)
    return best


def without_doubles(found: list[Found], most: float = 0.3, within: float = 0.6) -> list[Found]:
    """The surest of those that overlap, or lie within each other."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda f: -f.share):
        if all(box_iou(one.box, o.box) < most and _within(one.box, o.box) <= within for o in kept):
            kept.append(one)
    return kept


def _within(a: Box, b: Box) -> float:
    """How much of one box lies in the other."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(0.0, wide) * max(0.0, high) / min(a[2] * a[3], b[2] * b[3])
