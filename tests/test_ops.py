"""Every edit obeys its mask, and the exact photo operations are exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from studio import ops
from studio.errors import BadInput, BadMask, CannotDo, NotFound
from studio.models.base import Card, Request
from studio.models.swatch import Swatch
from tests.conftest import painted

NOISE = Image.merge("RGB", [Image.effect_noise((97, 71), 80) for _ in range(3)])

TONES: list[dict[str, Any]] = [
    {"kind": "brightness", "amount": 0.3},
    {"kind": "contrast", "amount": -0.4},
    {"kind": "saturation", "amount": -1},
    {"kind": "temperature", "amount": 0.7},
    {"kind": "exposure", "stops": 1},
    {"kind": "sharpen", "amount": 2},
    {"kind": "blur", "radius": 0.05},
    {"kind": "flip", "axis": "horizontal"},
]


def adjust(picture: Image.Image, mask: Image.Image | None = None, **params: Any) -> Image.Image:
    pictures = {"canvas": picture} | ({"mask": mask} if mask else {})
    return ops.perform(Swatch(), Request("adjust", params=params, pictures=pictures))


def same(one: Image.Image, other: Image.Image) -> bool:
    return one.mode == other.mode and np.array_equal(np.asarray(one), np.asarray(other))


@pytest.mark.parametrize("params", TONES, ids=lambda p: str(p["kind"]))
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_tone_changes_inside_the_mask_only(params: dict[str, Any], mode: str) -> None:
    picture, mask = NOISE.convert(mode), painted(NOISE.size, (20, 10, 60, 50))
    after = np.asarray(adjust(picture, mask, **params))
    outside = np.asarray(mask) == 0
    assert np.array_equal(after[outside], np.asarray(picture)[outside])
    assert not np.array_equal(after, np.asarray(picture))


def test_an_amount_of_zero_changes_nothing() -> None:
    for kind in ("brightness", "contrast", "saturation", "temperature"):
        assert same(adjust(NOISE, kind=kind, amount=0), NOISE), kind
    assert same(adjust(NOISE, kind="exposure", stops=0), NOISE)


def test_one_stop_doubles_linear_light() -> None:
    gray = Image.new("RGB", (2, 2), (92, 92, 92))
    value = adjust(gray, kind="exposure", stops=1).getpixel((0, 0))
    assert isinstance(value, tuple)
    linear = [((v / 255 + 0.055) / 1.055) ** 2.4 for v in (92, value[0])]
    assert linear[1] / linear[0] == pytest.approx(2, rel=0.02)


def test_four_quarter_turns_and_two_flips_come_back_exactly() -> None:
    turned = NOISE
    for _ in range(4):
        turned = adjust(turned, kind="rotate", degrees=90)
    assert same(turned, NOISE)
    for axis in ("horizontal", "vertical"):
        assert same(adjust(adjust(NOISE, kind="flip", axis=axis), kind="flip", axis=axis), NOISE)


def test_rotating_is_counter_clockwise() -> None:
    picture = Image.new("RGB", (4, 2))
    picture.putpixel((3, 0), (255, 0, 0))
    assert adjust(picture, kind="rotate", degrees=90).getpixel((0, 0)) == (255, 0, 0)


def test_cropping_keeps_pixels_as_they_are() -> None:
    square = adjust(NOISE, kind="crop", aspect="1:1")
    assert square.size == (71, 71)
    assert same(square, NOISE.crop((13, 0, 84, 71)))
    part = adjust(NOISE, kind="crop", box=[0, 0, 0.5, 0.5])
    assert same(part, NOISE.crop((0, 0, *part.size)))


@given(st.floats(-45, 45))
def test_straightening_leaves_no_empty_corner(degrees: float) -> None:
    white = Image.new("RGB", (120, 80), "white")
    after = adjust(white, kind="straighten", degrees=degrees)
    assert np.asarray(after)[2:-2, 2:-2].min() > 250


def test_resizing_keeps_the_aspect_unless_told() -> None:
    assert adjust(NOISE, kind="resize", width=194).size == (194, 142)
    assert adjust(NOISE, kind="resize", width=50, height=50).size == (50, 50)
    assert adjust(NOISE, kind="resize", scale=0.5).size == (48, 36)


@pytest.mark.parametrize(
    "params",
    [
        {"kind": "sparkle"},
        {"kind": "brightness"},
        {"kind": "brightness", "amount": 7},
        {"kind": "brightness", "amount": float("nan")},
        {"kind": "brightness", "amount": True},
        {"kind": "crop"},
        {"kind": "crop", "aspect": "wide"},
        {"kind": "crop", "box": [0.5, 0, 0.2, 1]},
        {"kind": "rotate", "degrees": 45},
        {"kind": "flip", "axis": "diagonal"},
        {"kind": "resize"},
        {"kind": "resize", "width": 10**6, "height": 10**6},
    ],
    ids=str,
)
def test_senseless_numbers_are_refused_with_a_sentence(params: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        adjust(NOISE, **params)


def test_a_mask_that_means_nothing_is_refused() -> None:
    with pytest.raises(BadInput, match="mask"):
        adjust(NOISE, painted(NOISE.size, (0, 0, 9, 9)), kind="rotate", degrees=90)
    with pytest.raises(BadMask):
        adjust(NOISE, Image.new("L", NOISE.size), kind="brightness", amount=0.5)
    with pytest.raises(BadMask):
        adjust(NOISE, painted((5, 5), (0, 0, 5, 5)), kind="brightness", amount=0.5)


def test_outpainting_locks_the_old_pixels_and_grows_the_named_sides() -> None:
    request = Request("outpaint", "", {"canvas": NOISE}, {"seed": 1, "right": 0.5, "top": 0.25})
    after = ops.perform(Swatch(), request)
    assert after.size == (97 + 49, 71 + 18)
    assert same(after.crop((0, 18, 97, 89)), NOISE)
    assert ops.measure(request, after).outside == 0


def test_a_placed_picture_stays_in_its_box_and_keeps_its_alpha() -> None:
    sticker = Image.new("RGBA", (10, 10), (255, 0, 0, 255))
    sticker.putpixel((0, 0), (0, 0, 0, 0))
    pictures = {"canvas": NOISE, "reference": sticker}
    after = ops.perform(Swatch(), Request("place", "", pictures, {"box": [0, 0, 0.5, 1]}))
    assert same(after.crop((60, 0, 97, 71)), NOISE.crop((60, 0, 97, 71)))
    assert after.getpixel((24, 35)) == (255, 0, 0)


def test_a_small_mask_on_a_large_picture_is_drawn_at_the_mask_s_size() -> None:
    seen: list[tuple[int, int]] = []

    class Small(Swatch):
        card = Card("small", "small", frozenset({"edit", "inpaint"}), 256, 16, True, 4, "none")

        def run(self, request: Request) -> Image.Image:
            seen.append(request.pictures["canvas"].size)
            return super().run(request)

    large = Image.effect_noise((2000, 1500), 50).convert("RGB")
    mask = painted(large.size, (900, 700, 1050, 820))
    ops.perform(Small(), Request("edit", "a tree", {"canvas": large, "mask": mask}, {"seed": 1}))
    assert seen == [(256, 256)]


def test_what_a_model_left_alone_at_its_own_size_keeps_the_canvas_s_pixels() -> None:
    class Dot(Swatch):
        card = Card("dot", "dot", frozenset({"edit"}), 64, 1, False, 1, "none")

        def run(self, request: Request) -> Image.Image:
            after = request.pictures["canvas"].copy()
            after.paste((255, 0, 0), (10, 10, 14, 14))
            return after

    large = Image.effect_noise((640, 480), 50).convert("RGB")
    after = np.asarray(ops.perform(Dot(), Request("edit", "x", {"canvas": large}, {"seed": 1})))
    changed = (after != np.asarray(large)).any(axis=2)
    xs = np.nonzero(changed)[1]
    assert xs.min() >= 80
    assert xs.max() < 160
    assert changed.mean() < 0.02


def test_an_edit_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(NotFound, match="generate"):
        ops.perform(Swatch(), Request("sparkle"))


def test_a_model_that_cannot_is_named() -> None:
    class Mute(Swatch):
        card = Card("mute", "mute", frozenset(), 64, 1, False, 1, "none")

    with pytest.raises(CannotDo, match="mute cannot edit"):
        ops.perform(Mute(), Request("edit", "x", {"canvas": NOISE}))
    with pytest.raises(CannotDo, match="canvas"):
        ops.perform(Swatch(), Request("edit", "x"))


def test_every_edit_says_what_it_does() -> None:
    assert all(op.function.__doc__ for op in ops.OPS.values())
    assert all(kind.__doc__ for kind in ops.adjust.KINDS.values())
