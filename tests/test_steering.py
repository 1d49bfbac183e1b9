"""Control pictures through the one adapter: they move what is drawn, and nothing else."""

from __future__ import annotations

import inspect
import warnings
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from PIL import Image, ImageDraw

from studio import ops
from studio.errors import BadInput, CannotDo
from studio.images import KINDS
from studio.models.base import Request
from studio.models.catalog import checkpoints, listed
from studio.models.controlling import steered
from studio.models.diffused import DiffusersModel
from studio.models.family import Checkpoint, Nets, Shown
from tests import tiny
from tests.test_families import arguments, billions, components, multiples

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import diffusers
    import torch

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")

# Every way of keeping to a control picture: the tiny family, and the abilities that do.
WAYS = [
    *((name, op) for name in ("sd15", "sdxl") for op in ("generate", "edit", "inpaint")),
    ("z_image", "generate"),
    ("qwen_edit", "generate"),
    *(("klein", op) for op in ("generate", "edit", "inpaint")),
    *(("qwen21", op) for op in ("generate", "edit", "inpaint")),
]


def control(seed: int = 0, size: tuple[int, int] = (tiny.SIDE, tiny.SIDE)) -> Image.Image:
    """A few white lines on black."""
    picture = Image.new("RGB", size)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((8 + seed, 8, size[0] - 12, size[1] - 20 - seed), outline="white", width=3)
    return picture


@pytest.mark.parametrize(("name", "op"), WAYS)
def test_a_control_picture_moves_what_is_drawn_and_without_one_all_is_as_before(name: str, op: str) -> None:
    model = tiny.steered_model(name)
    one, other = (tiny.asked(op, control_edges=control(seed)) for seed in (0, 9))
    first = model.run(one)
    assert first.size == (tiny.SIDE, tiny.SIDE)
    assert first.tobytes() == tiny.steered_model(name).run(one).tobytes() != model.run(other).tobytes()
    if op in model.checkpoint.calls and name != "qwen_edit":
        bare = model.run(tiny.asked(op)).tobytes()
        assert bare == tiny.model(name).run(tiny.asked(op)).tobytes() != first.tobytes()
    assert model.run(one).tobytes() == first.tobytes()
