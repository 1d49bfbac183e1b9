"""Another hour or weather finds the same hills in the same place."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from PIL import Image

from studio.models.pocket.pipeline import PocketPipeline
from studio.models.pocket.scene import SIZE, STYLES, Background, Scene, Thing
from studio.models.pocket.scenery import paint
from studio.models.pocket.views import COMPARED, View, fitting, toned

HORIZON = 150.0


def painting(kind: str, style: str = "3d", time: str = "day") -> Image.Image:
    return Image.fromarray(paint(Background(kind, time=time), style, random.Random(7)))


def alike(one: View, other: View) -> bool:
    off = max(abs(one.wide - other.wide), abs(one.left - other.left))
    return one.mirrored == other.mirrored and off < 0.03


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("kind", ["mountains", "beach", "city", "room"])
def test_the_view_of_a_picture_is_found_again(kind: str, style: str) -> None:
    view = View.drawn(random.Random(f"{kind} {style}"))
    assert alike(fitting(painting(kind, style), view.of(painting(kind, style), HORIZON), HORIZON), view)


def test_things_in_front_of_a_view_do_not_hide_it() -> None:
    view = View(True, 0.8, 0.1)
    picture = view.of(painting("mountains"), HORIZON)
    picture.paste((255, 0, 0), (100, 200, 400, 500))
    bare = np.ones((COMPARED, COMPARED), bool)
    bare[25:, 12:50] = False
    assert alike(fitting(painting("mountains"), picture, HORIZON, bare), view)


def test_a_view_moves_the_horizon() -> None:
    board = Image.new("RGB", (512, 512), "white")
    board.paste("black", (0, 296, 512, 512))  # the usual horizon lies at 148 units
    seen = np.asarray(View().of(board, 120.0).convert("L"))
    dark = np.nonzero(seen[:, 256] < 128)[0]
    assert abs(dark[0] / 512 * SIZE - 120) < 2


@pytest.mark.parametrize("kind", ["mountains", "city", "forest"])
def test_the_land_lies_the_same_at_every_hour(kind: str) -> None:
    day, night = (np.asarray(painting(kind, time=time).convert("L"), np.float32) for time in ("day", "night"))
    other = np.asarray(painting(kind).transpose(Image.Transpose.FLIP_LEFT_RIGHT).convert("L"), np.float32)

    def alike_below(one: np.ndarray, two: np.ndarray) -> float:
        edges = [np.abs(np.diff(a[200:300], axis=1)) > 4 for a in (one, two)]
        return float((edges[0] & edges[1]).sum() / edges[0].sum())

    assert alike_below(day, night) > 2 * alike_below(day, other)


def test_a_background_takes_on_the_tone_of_the_picture_also_where_it_is_hidden() -> None:
    slope = np.linspace(-12, 12, 512)[None, :, None]
    ground = painting("meadow")
    shown = Image.fromarray((np.asarray(ground) * 0.9 + 10 + slope).clip(0, 255).astype(np.uint8))
    picture, bare = shown.copy(), np.ones((COMPARED, COMPARED), bool)
    picture.paste((255, 0, 0), (200, 200, 320, 360))
    bare[25:45, 25:40] = False
    found, left = toned(ground, picture, bare)
    assert left < 4
    hole = np.s_[210:350, 210:310]
    before, after = (
        np.abs(np.asarray(p, np.float32) - np.asarray(shown, np.float32))[hole].mean()
        for p in (ground, found)
    )
    assert after < before / 2


def test_another_place_stays_another_place() -> None:
    bare = np.ones((COMPARED, COMPARED), bool)
    assert toned(painting("city"), painting("mountains"), bare)[1] > 8


@pytest.mark.parametrize("kind", ["mountains", "meadow"])
def test_a_place_is_told_by_what_is_seen_of_it_between_things(kind: str) -> None:
    pipe = PocketPipeline.load()
    things = (Thing("fox", (11.0, 100.0, 100.0, 104.0)), Thing("castle", (128.0, 70.0, 122.0, 134.0)))
    places = tuple(Background(one, time="sunset", horizon=172) for one in ("meadow", "mountains"))
    true = next(place for place in places if place.kind == kind)
    picture = pipe(scene=Scene(true, things, "3d"), generator=torch.Generator().manual_seed(9)).images[0]
    seen = Scene(places[0], things, "3d")
    assert pipe.gallery.located(seen, places, picture).background == true
    assert pipe.gallery.located(seen, places[:1], picture) == seen
