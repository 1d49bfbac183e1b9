"""A drift of the whole picture is measured and undone; what was meant, or cannot be told, is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from studio.images.shifting import STILL, Movement, moved, undone

SIZES = [(256, 256), (512, 384), (1024, 768)]


def scene(size: tuple[int, int], seed: int = 0) -> Image.Image:
    """A picture with something to see everywhere: shapes of all sizes over a soft ground."""
    rng = np.random.default_rng(seed)
    ground = Image.fromarray(rng.integers(60, 200, (5, 6, 3), dtype=np.uint8))
    picture = ground.resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for _ in range(260):
        x, y = rng.integers(0, size[0]), rng.integers(0, size[1])
        side = int(rng.integers(4, max(8, size[0] // 12)))
        color = tuple(int(level) for level in rng.integers(0, 255, 3))
        (draw.ellipse if rng.random() < 0.5 else draw.rectangle)((x, y, x + side, y + side), fill=color)
    return picture.filter(ImageFilter.GaussianBlur(0.8))


def drifted(picture: Image.Image, movement: Movement) -> Image.Image:
    """The picture as a model might give it back: moved, and its edge carried outward."""
    width, height = picture.size
    wide = Image.fromarray(np.pad(np.asarray(picture), ((64, 64), (64, 64), (0, 0)), mode="edge"))
    back = 1 / movement.zoom
    left = width / 2 - back * (width / 2 + movement.right) + 64
    top = height / 2 - back * (height / 2 + movement.down) + 64
    matrix = (back, 0, left, 0, back, top)
    return wide.transform((width, height), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)


def difference(one: Image.Image, other: Image.Image, inset: int = 0) -> float:
    levels = [np.asarray(picture.convert("RGB"), np.float32) for picture in (one, other)]
    inner = np.s_[inset : levels[0].shape[0] - inset, inset : levels[0].shape[1] - inset]
    return float(np.abs(levels[0][inner] - levels[1][inner]).mean())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("way", [(3.0, 0.0), (-2.5, 4.0), (0.0, -1.2)])
def test_a_shift_is_measured_to_a_fraction_of_a_pixel(
    size: tuple[int, int], way: tuple[float, float]
) -> None:
    picture = scene(size)
    found = moved(picture, drifted(picture, Movement(*way)))
    assert found.right == pytest.approx(way[0], abs=0.35)
    assert found.down == pytest.approx(way[1], abs=0.35)
    assert found.zoom == pytest.approx(1, abs=0.002)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("zoom", [1.015, 0.985])
def test_a_zoom_is_told_from_a_shift(size: tuple[int, int], zoom: float) -> None:
    picture = scene(size)
    found = moved(picture, drifted(picture, Movement(2.0, -1.0, zoom)))
    assert found.zoom == pytest.approx(zoom, abs=0.002)
    assert found.right == pytest.approx(2.0, abs=0.6)


@pytest.mark.parametrize(
    "movement", [Movement(4.0, -3.0), Movement(0.0, 0.0, 1.02), Movement(-2.0, 1.0, 0.985)]
)
def test_a_drift_is_undone(movement: Movement) -> None:
    picture = scene((512, 384))
    there = drifted(picture, movement)
    back = undone(picture, there)
    assert back.size == picture.size
    assert moved(picture, back).farthest(picture.size) < 0.4
    assert difference(picture, back, 16) < 0.4 * difference(picture, there, 16)
    assert difference(picture, back) < 0.4 * difference(picture, there), "the edge is not left black"


def test_a_drift_is_undone_though_part_of_the_picture_was_edited() -> None:
    picture = scene((512, 512))
    there = drifted(picture, Movement(3.0, 2.0, 1.01))
    there.paste(scene((220, 200), 5), (150, 120))
    found = moved(picture, there)
    assert found.zoom == pytest.approx(1.01, abs=0.002)
    assert found.right == pytest.approx(3.0, abs=0.5) and found.down == pytest.approx(2.0, abs=0.5)


def test_a_picture_that_did_not_drift_is_the_very_same() -> None:
    picture = scene((512, 384))
    edited = picture.copy()
    edited.paste(scene((180, 120), 3), (40, 200))
    darker = picture.point(lambda level: level * 0.6)
    for after in (picture, edited, darker):
        assert undone(picture, after) is after


def test_a_movement_that_was_meant_is_left_alone() -> None:
    picture = scene((512, 384))
    for movement in (Movement(60.0, 0.0), Movement(0.0, 0.0, 1.3)):
        there = drifted(picture, movement)
        assert undone(picture, there) is there


def test_pictures_that_have_nothing_in_common_or_show_nothing_do_not_move() -> None:
    blank = Image.new("RGB", (512, 384), "gray")
    tiny = scene((40, 40))
    assert moved(scene((512, 384), 1), scene((512, 384), 2)) == STILL
    assert moved(blank, blank) == STILL
    assert moved(blank, scene((512, 384))) == STILL
    assert moved(tiny, drifted(tiny, Movement(2.0, 0.0))) == STILL
    assert moved(tiny, tiny.resize((60, 60))) == STILL


def test_what_can_be_seen_through_stays_so() -> None:
    picture = scene((256, 256)).convert("RGBA")
    there = drifted(picture.convert("RGB"), Movement(4.0, 0.0))
    back = undone(picture, there)
    assert back.mode == "RGBA" and moved(picture, back).farthest(picture.size) < 0.4
