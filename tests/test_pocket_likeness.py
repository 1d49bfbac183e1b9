"""A thing is known by its likeness to what is remembered, wherever and however it lies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from studio.models.pocket.codes import COLOR_CODE, NAMES
from studio.models.pocket.cutting import pyramid
from studio.models.pocket.drafting import WHITE, Light, placed
from studio.models.pocket.likeness import Guess, Likeness
from studio.models.pocket.memory import MINI, Memory, outline_of, row_of
from studio.models.pocket.scene import Thing
from studio.models.pocket.sight import overlap
from studio.models.pocket.tinting import body_of, tint

TRUE = Thing("castle", (60, 90, 100, 80))


def sprite(name: str) -> Image.Image:
    """A blot of its own for every name."""
    rng = np.random.default_rng(NAMES.index(name))
    coarse = rng.integers(0, 255, (6, 6, 4), np.uint8)
    coarse[..., 3] = 255 * (rng.random((6, 6)) < 0.7)
    coarse[2:4, 2:4, 3] = 255
    return Image.fromarray(coarse).resize((MINI * 8, MINI * 8), Image.Resampling.NEAREST)


@pytest.fixture(scope="module")
def likeness() -> Likeness:
    memory = Memory()
    for name in NAMES:
        row = row_of(name, "flat")
        memory.keep_miniature(row, sprite(name))
        memory.keep_body(row, body_of(np.asarray(sprite(name))))
        outline = torch.from_numpy(outline_of(sprite(name)))[None]
        memory.keep_drawings(
            slice(row, row + 1), torch.zeros(1, *memory.drawing(name, "flat")[0].shape[1:]), outline
        )
    return Likeness(memory)


def shown(thing: Thing, light: Light = WHITE) -> list[torch.Tensor]:
    """A picture of one thing on gray, with its outline."""
    drawing = sprite(thing.name)
    if thing.color:
        drawing = Image.fromarray(tint(np.asarray(drawing), thing.color))
    place, drawing = placed(drawing, thing, light)
    picture, mask = Image.new("RGB", (512, 512), "gray"), Image.new("L", (512, 512))
    picture.paste(drawing, place, drawing)
    mask.paste(drawing.getchannel("A"), place)
    rgb = torch.from_numpy(np.asarray(picture, np.float32) / 255).permute(2, 0, 1)
    plane = torch.from_numpy(np.asarray(mask, np.float32) / 255)[None]
    return pyramid(torch.cat([rgb, plane, torch.ones(1, 512, 512)]))


def guess(thing: Thing) -> Guess:
    """Somebody who does not know what it is, and is a little wrong about where."""
    x, y, width, height = thing.box
    wrong = replace(thing, name="dog", color=None, flip=False, angle=thing.angle + 3)
    wrong = replace(wrong, box=(x + 0.04 * width, y - 0.03 * height, 0.95 * width, 1.04 * height))
    names, colors, flips = (torch.full((count,), -float(np.log(count))) for count in (len(NAMES), 12, 2))
    names[NAMES.index(thing.name) - 20 :][:40] += 0.5  # it may be one of forty
    return Guess(wrong, names, colors, flips)


@pytest.mark.parametrize(
    "thing",
    [TRUE, replace(TRUE, flip=True), replace(TRUE, angle=-70.0), replace(TRUE, color="blue")],
    ids=["as it is", "mirrored", "turned", "painted"],
)
def test_a_thing_is_known_however_it_lies(likeness: Likeness, thing: Thing) -> None:
    claim = likeness.claim(shown(thing), guess(thing), "flat", WHITE)
    assert claim.thing.name == claim.names[0] == thing.name
    assert claim.thing.flip == thing.flip
    assert claim.sure > 0.9
    assert overlap(claim.thing.box, thing.box) > max(0.93, overlap(guess(thing).thing.box, thing.box))
    if thing.color:
        assert claim.thing.color == thing.color


def test_the_light_of_the_hour_is_no_other_color(likeness: Likeness) -> None:
    evening: Light = (0.9, 0.6, 0.5)
    claim = likeness.claim(shown(TRUE, evening), guess(TRUE), "flat", evening)
    assert (claim.thing.name, claim.thing.color) == (TRUE.name, None)


def test_what_hides_a_thing_has_no_say(likeness: Likeness) -> None:
    full = shown(TRUE)[0]
    full[:4, 180:260, 120:260] = torch.tensor([1.0, 0.0, 0.0, 0.0])[:, None, None]
    full[4, 180:260, 120:260] = 0
    assert likeness.claim(pyramid(full), guess(TRUE), "flat", WHITE).thing.name == TRUE.name


def test_what_the_glance_holds_impossible_needs_good_evidence(likeness: Likeness) -> None:
    biased = guess(TRUE)
    colors = torch.full((12,), -9.0)
    colors[COLOR_CODE["red"]] = 0.0
    claim = likeness.claim(shown(TRUE), replace(biased, colors=colors), "flat", WHITE)
    assert claim.thing.color == "red"
