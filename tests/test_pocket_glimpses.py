"""A place is looked at from other sides, and what is seen from there is told of the picture as it is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from studio.models.pocket.codes import NAMES  # noqa: E402
from studio.models.pocket.glance import Look, Window  # noqa: E402
from studio.models.pocket.glimpsing import BESIDE, TURNS, from_other_sides  # noqa: E402
from studio.models.pocket.likeness import Guess  # noqa: E402
from studio.models.pocket.pipeline import PocketPipeline  # noqa: E402
from studio.models.pocket.scene import Background, Scene, Thing  # noqa: E402
from studio.models.pocket.seeing import turned_view  # noqa: E402

WIDTH, HEIGHT = 60.0, 40.0


def glance_at(x: float, y: float, angle: float, windows: Sequence[Window], turns: Sequence[float]) -> Look:
    """What somebody who is never wrong sees of one thing, in windows that are turned."""
    rows = []
    for (left, top, span), turn in zip(windows, turns, strict=True):
        right, down = x - left - span / 2, y - top - span / 2
        cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        middle = ((right * cos + down * sin) / span, (down * cos - right * sin) / span)
        lean = math.radians(angle - turn)
        sizes = (math.log(WIDTH / span), math.log(HEIGHT / span))
        rows.append((*middle, *sizes, math.sin(lean), math.cos(lean)))
    seen, none = torch.tensor(rows), torch.zeros(len(rows))
    names, colors, flips = (torch.zeros(len(rows), count) for count in (len(NAMES), 12, 2))
    return Look(names, colors, flips, seen[:, 4:], seen[:, :4], none, none, torch.zeros(len(rows), 96, 96))


@given(st.floats(80, 176), st.floats(80, 176), st.floats(-180, 180), st.floats(-20, 20))
def test_from_whatever_side_a_thing_is_seen_it_is_where_it_is(
    x: float, y: float, angle: float, wrong: float
) -> None:
    first = Thing("dog", (x + wrong - WIDTH / 2, y - wrong - WIDTH / 2, WIDTH, WIDTH))
    unsure = Guess(first, torch.zeros(len(NAMES)), torch.zeros(12), torch.zeros(2))
    guesses = from_other_sides(unsure, lambda windows, turns: glance_at(x, y, angle, windows, turns))
    assert len(guesses) == TURNS + len(BESIDE)
    for guess in guesses:
        assert guess.thing.box == pytest.approx((x - WIDTH / 2, y - HEIGHT / 2, WIDTH, HEIGHT), abs=0.1)
        assert math.cos(math.radians(guess.thing.angle - angle)) > 0.9999


def test_what_leans_stands_upright_in_a_window_turned_as_much() -> None:
    picture = Image.new("RGB", (512, 512), "white")
    upright = Image.new("L", (512, 512))
    ImageDraw.Draw(upright).rectangle((246, 180, 266, 330), fill=255)
    picture.paste("black", (0, 0), upright.rotate(-30))  # thirty degrees clockwise
    window = (78.0, 78.0, 100.0)
    dark = turned_view(picture, window, 30.0)[..., :3].mean(-1) < 128
    columns = np.flatnonzero(dark.any(0))
    assert columns.max() - columns.min() < 14, "a narrow column, no slope"
    assert 60 < np.flatnonzero(dark.any(1)).size < 80


def test_a_thing_that_lies_on_its_head_is_seen_as_what_it_is() -> None:
    thing = Thing("baby bottle", (40.0, 110.0, 110.0, 110.0), color="yellow", angle=141.0)
    scene = Scene(Background("forest", time="sunset", horizon=140), (thing,), "paper")
    pipe = PocketPipeline.load()
    picture = pipe(scene=scene, generator=torch.Generator().manual_seed(1)).images[0]
    seen = pipe.see(picture).scene.things
    assert [(one.name, one.color) for one in seen] == [("baby bottle", "yellow")]
    assert abs(seen[0].angle - 141) < 10
