"""What is remembered of a thing finds its exact place, and gives its mask exact edges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from torch import Tensor

from studio.models.pocket.cutting import pose_of, posed, pyramid
from studio.models.pocket.drafting import WHITE, placed
from studio.models.pocket.glance import VIEW, window_around
from studio.models.pocket.masking import Shape, masked
from studio.models.pocket.memory import outline_of
from studio.models.pocket.registering import COARSE, FINE, Template, moved, registered
from studio.models.pocket.scene import Thing
from studio.models.pocket.sight import overlap

THING = Thing("castle", (70, 80, 100, 80))


def sprite() -> Image.Image:
    """A bird of two colors: nothing about it is the same on both sides."""
    image = Image.new("RGBA", (300, 240))
    pen = ImageDraw.Draw(image)
    pen.ellipse((0, 80, 220, 240), fill=(220, 60, 40, 255))
    pen.polygon([(160, 120), (300, 0), (240, 200)], fill=(40, 80, 200, 255))
    return image


def picture(*things: Thing) -> tuple[Tensor, list[Tensor]]:
    """The things on gray, back to front, [3, 512, 512], and where each is seen, [512, 512] of 0 and 1."""
    sheet, owner = Image.new("RGB", (512, 512), "gray"), Image.new("L", (512, 512))
    for i, thing in enumerate(things):
        place, drawing = placed(sprite(), thing, WHITE)
        sheet.paste(drawing, place, drawing)
        owner.paste(i + 1, place, drawing.getchannel("A").point([255 * (a > 127) for a in range(256)]))
    owners = torch.from_numpy(np.array(owner))
    pixels = torch.from_numpy(np.asarray(sheet, np.float32)).permute(2, 0, 1)
    return pixels, [(owners == i + 1).float() for i in range(len(things))]


def glimpse(plane: Tensor, thing: Thing) -> Tensor:
    """A plane as a glance tells it, [96, 96]: in its window, without detail."""
    left, top, span = (round(2 * v) for v in window_around(thing.box))
    window = F.pad(plane, (span, span, span, span))[
        top + span : top + 2 * span, left + span : left + 2 * span
    ]
    small = F.adaptive_avg_pool2d(window[None, None], 12)
    return F.interpolate(small, (VIEW, VIEW), mode="bilinear")[0, 0]


def same(a: Tensor, b: Tensor) -> float:
    """Intersection over union."""
    ours, theirs = a > 0.5, b > 0.5
    return float((ours & theirs).sum() / (ours | theirs).sum())


@given(
    st.tuples(*[st.floats(-0.08, 0.08)] * 4, st.floats(-0.15, 0.15)),
    st.booleans(),
    st.floats(-60, 60),
)
@settings(max_examples=15, deadline=None)
def test_a_pose_that_is_a_little_wrong_is_put_right(
    wrong: tuple[float, ...], flip: bool, angle: float
) -> None:
    thing = replace(THING, flip=flip, angle=angle)
    pixels, (seen,) = picture(thing)
    levels = pyramid(torch.cat([pixels / 255, seen[None], torch.ones(1, 512, 512)]))
    small = sprite().resize((24, 24))
    color = torch.from_numpy(np.asarray(small.convert("RGB"), np.float32) / 255).permute(2, 0, 1)
    template = Template(torch.from_numpy(outline_of(sprite()))[None], color[None])
    start = moved(pose_of(thing, flip)[None], torch.tensor(wrong))
    found = posed(thing.name, None, registered(levels, start, template, (*COARSE, *FINE))[0])
    assert overlap(found.box, thing.box) > 0.9
    assert abs(found.angle - angle) < 2
    assert found.flip == flip


def test_a_remembered_outline_is_more_exact_than_a_glance() -> None:
    pixels, (seen,) = picture(THING)
    window, look = window_around(THING.box), glimpse(seen, THING)
    outline = torch.from_numpy(outline_of(sprite()))
    (known,), (unknown,) = (masked(pixels, [Shape(THING, window, look, shape)]) for shape in (outline, None))
    assert same(known, seen) > 0.97
    assert same(known, seen) > same(unknown, seen)


def test_an_outline_of_something_else_is_not_believed() -> None:
    pixels, (seen,) = picture(THING)
    window, look = window_around(THING.box), glimpse(seen, THING)
    line = torch.zeros(64, 64)
    line[30:34] = 1
    (plane,) = masked(pixels, [Shape(THING, window, look, line)])
    (alone,) = masked(pixels, [Shape(THING, window, look, None)])
    assert torch.equal(plane, alone)


@pytest.mark.parametrize("front", [0, 1])
def test_what_two_things_cover_belongs_to_the_one_in_front(front: int) -> None:
    other = replace(THING, box=(130, 100, 90, 70), flip=True)
    things = [THING, other] if front else [other, THING]
    pixels, seen = picture(*things)
    outline = torch.from_numpy(outline_of(sprite()))
    shapes = [
        Shape(thing, window_around(thing.box), glimpse(plane, thing), outline)
        for thing, plane in zip(things, seen, strict=True)
    ]
    for plane, true in zip(masked(pixels, shapes), seen, strict=True):
        assert same(plane, true) > 0.93
