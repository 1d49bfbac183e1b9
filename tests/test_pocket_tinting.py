"""What is painted of a drawing, and that a small copy of it is painted the same."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")

from studio.models.pocket.memory import Memory, miniature, row_of
from studio.models.pocket.tinting import EVERYTHING, TINTS, body_of, tint


def drawing(main: tuple[int, int, int], other: tuple[int, int, int], share: float) -> Image.Image:
    """A square of two colors, the first with some shading."""
    pixels = np.zeros((96, 96, 4), np.uint8)
    pixels[..., :3], pixels[..., 3] = other, 255
    rows = round(96 * share)
    pixels[:rows, :, :3] = (np.array(main) * np.linspace(0.7, 1, 96)[None, :, None]).astype(np.uint8)
    return Image.fromarray(pixels)


def test_the_most_common_hue_is_the_body_if_it_covers_enough() -> None:
    assert body_of(np.asarray(drawing((220, 30, 30), (240, 240, 240), 0.7))).hue < 20
    assert body_of(np.asarray(drawing((220, 30, 30), (240, 240, 240), 0.2))).hue == EVERYTHING


@pytest.mark.parametrize("color", sorted(TINTS))
def test_a_small_copy_is_painted_like_the_drawing_it_is_of(color: str) -> None:
    whole = drawing((230, 190, 40), (250, 250, 250), 0.42)  # so little that a copy may say otherwise
    body, small = body_of(np.asarray(whole)), miniature(whole)
    exact = miniature(Image.fromarray(tint(np.asarray(whole), color))).astype(float)
    copied = tint(small, color, body).astype(float)
    assert np.abs(exact - copied).mean() < 3


def test_a_memory_keeps_what_is_painted_of_each_drawing() -> None:
    memory, body = Memory(), body_of(np.asarray(drawing((20, 200, 60), (0, 0, 0), 0.6)))
    memory.keep_body(row_of("castle", "flat"), body)
    assert memory.body("castle", "flat") == pytest.approx(body)
