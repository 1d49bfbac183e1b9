"""Control pictures: found in photos and sketches without weights, and layouts drawn as boxes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from studio import images
from studio.errors import BadInput
from studio.images import KINDS, control_picture, layout_picture, lines
from studio.images.controls import COLORS, LONGEST

FOUND = [name for name, kind in KINDS.items() if kind.found]


def soft(seed: int, size: tuple[int, int]) -> Image.Image:
    """A picture of soft colours with a few hard shapes on it."""
    rng = np.random.default_rng(seed)
    picture = Image.fromarray(rng.integers(0, 255, (3, 3, 3), dtype=np.uint8)).resize(size)
    pen = ImageDraw.Draw(picture)
    for _ in range(3):
        left, top = (int(rng.integers(0, side)) for side in size)
        pen.ellipse(
            (left, top, left + size[0] // 3, top + size[1] // 3), tuple(map(int, rng.integers(0, 255, 3)))
        )
    return picture


pictures = st.builds(soft, st.integers(0, 10_000), st.tuples(st.integers(1, 90), st.integers(1, 90)))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12, deadline=None)
@given(picture=pictures)
def test_the_same_picture_gives_the_same_control_and_is_left_alone(kind: str, picture: Image.Image) -> None:
    before = picture.tobytes()
    one, same = control_picture(kind, picture), control_picture(kind, picture.copy())
    assert one.mode == "RGB" and images.digest(one) == images.digest(same)
    assert picture.tobytes() == before
    if KINDS[kind].placed:
        assert one.size == picture.size


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12, deadline=None)
@given(picture=pictures)
def test_what_is_a_control_picture_already_stays_as_it_is(kind: str, picture: Image.Image) -> None:
    once = control_picture(kind, picture)
    if kind == "palette":
        assert _colors(control_picture(kind, once)) == _colors(once)
    elif kind not in ("edges", "sketch") or (np.asarray(once) == np.asarray(once)[0, 0]).mean() > 0.75:
        assert control_picture(kind, once).tobytes() == once.tobytes()


@settings(max_examples=12, deadline=None)
@given(picture=pictures)
def test_edges_are_black_and_white_and_those_of_the_mirrored_picture_are_mirrored(
    picture: Image.Image,
) -> None:
    levels = np.asarray(lines.edges(picture))
    assert set(np.unique(levels)) <= {0, 255}
    mirrored = np.asarray(lines.edges(picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM)))[::-1]
    # Of two peaks alike, the one that is kept changes sides.
    assert abs(int((levels > 0).sum()) - int((mirrored > 0).sum())) <= 0.25 * max(60, (levels > 0).sum())


def test_edges_are_where_the_shape_ends_and_one_pixel_wide() -> None:
    picture = Image.new("RGB", (200, 160), "navy")
    picture.paste("orange", (60, 40, 140, 120))
    found = np.asarray(control_picture("edges", picture))[..., 0] > 0
    rows, columns = np.nonzero(found)
    assert (columns.min(), rows.min(), columns.max(), rows.max()) == pytest.approx((60, 40, 140, 120), abs=1)
    assert found[80].sum() == found[:, 100].sum() == 2


def test_edges_between_colours_of_one_brightness_are_found() -> None:
    picture = Image.new("RGB", (100, 100), (200, 0, 0))
    picture.paste((0, 102, 0), (50, 0, 100, 100))
    assert picture.convert("L").getextrema() == (60, 60)
    assert np.asarray(control_picture("edges", picture)).any()


@pytest.mark.parametrize("kind", ["edges", "sketch"])
def test_there_are_no_lines_on_plain_ground_or_in_a_slow_gradient(kind: str) -> None:
    plain = 0 if kind == "edges" else 255
    for picture in (Image.new("RGB", (90, 70), "teal"), Image.linear_gradient("L").convert("RGB")):
        assert control_picture(kind, picture).getextrema() == ((plain, plain),) * 3


def paper(brightness: float = 1.0, ink: int = 60) -> tuple[Image.Image, Image.Image]:
    """Strokes on clean paper, and the same on paper with a shadow across and grain."""
    clean = Image.new("L", (600, 450), 240)
    pen = ImageDraw.Draw(clean)
    pen.ellipse((100, 80, 300, 280), outline=ink, width=4)
    pen.line((50, 400, 550, 380), fill=ink + 40, width=3)
    rng = np.random.default_rng(1)
    shadow = np.linspace(1, 0.55, 600)[None] * brightness
    levels = np.asarray(clean) * shadow + rng.normal(0, 4, (450, 600))
    return clean, Image.fromarray(levels.clip(0, 255).astype(np.uint8))


def test_a_sketch_loses_its_paper_and_keeps_its_strokes() -> None:
    clean, photographed = paper()
    ink = np.asarray(control_picture("sketch", photographed))[..., 0] < 128
    strokes = np.asarray(clean) < 200
    assert ink[strokes].mean() > 0.95
    assert ink[~strokes].mean() < 0.01


def test_chalk_on_a_board_is_drawn_black_on_white() -> None:
    clean, photographed = paper()
    board = Image.fromarray(255 - np.asarray(photographed))
    ink = np.asarray(control_picture("sketch", board))[..., 0] < 128
    strokes = np.asarray(clean) < 200
    assert ink[strokes].mean() > 0.8
    assert ink[~strokes].mean() < 0.02


def _colors(picture: Image.Image) -> set[Any]:
    return {color for _, color in picture.getcolors(1 << 20) or ()}


def test_a_palette_has_the_colours_there_are_and_a_small_bright_thing_too() -> None:
    picture = Image.new("RGB", (400, 300), (230, 220, 200))
    picture.paste((40, 60, 120), (0, 200, 400, 300))
    picture.paste((220, 30, 40), (180, 90, 200, 110))
    assert _colors(control_picture("palette", picture)) == {(230, 220, 200), (40, 60, 120), (220, 30, 40)}


@settings(max_examples=12, deadline=None)
@given(picture=pictures)
def test_a_palette_has_few_colours_from_dark_to_bright(picture: Image.Image) -> None:
    found = control_picture("palette", picture)
    assert 1 <= len(_colors(found)) <= COLORS
    row = np.asarray(found)[0] @ [0.299, 0.587, 0.114]
    assert (np.diff(row) > -2).all()


def test_a_large_photo_is_worked_through_at_a_bounded_size() -> None:
    photo = soft(1, (300, 225)).resize((8000, 6000))
    for kind in ("edges", "sketch"):
        assert control_picture(kind, photo).size == (LONGEST, LONGEST * 3 // 4)
    thin = control_picture("edges", Image.new("RGB", (8000, 1)))
    assert thin.size == (LONGEST, 1)


def test_what_can_be_seen_through_lies_on_white_paper() -> None:
    cut_out = Image.new("RGBA", (80, 80), (0, 0, 0, 0))
    ImageDraw.Draw(cut_out).line((10, 40, 70, 40), fill=(0, 0, 0, 255), width=3)
    found = control_picture("sketch", cut_out)
    assert found.getpixel((40, 40)) == (0, 0, 0) and found.getpixel((40, 10)) == (255, 255, 255)


def test_a_depth_picture_becomes_gray_and_a_pose_stays_in_colour() -> None:
    picture = soft(3, (60, 40))
    gray = np.asarray(control_picture("depth", picture))
    assert (gray == gray[..., :1]).all()
    assert control_picture("pose", picture).tobytes() == picture.tobytes()


def test_a_kind_that_there_is_not_is_named_with_those_there_are() -> None:
    with pytest.raises(BadInput, match="no control picture 'normal'; there are edges, sketch, depth"):
        control_picture("normal", soft(1, (9, 9)))


# --- layouts


def test_a_layout_is_drawn_as_boxes_the_later_in_front() -> None:
    picture = layout_picture(
        [{"name": "a barn", "box": [0.1, 0.1, 0.6, 0.9]}, {"name": "a dog", "box": [0.5, 0.5, 0.9, 0.9]}],
        (400, 300),
    )
    barn, dog = picture.getpixel((60, 60)), picture.getpixel((350, 250))
    assert picture.size == (400, 300)
    assert picture.getpixel((390, 10)) == (255, 255, 255)
    assert len({barn, dog, (255, 255, 255)}) == 3
    assert picture.getpixel((215, 160)) == dog
    assert _darkest(picture.crop((40, 30, 200, 270))) < 40, "its name is written in it"


def _darkest(picture: Image.Image) -> int:
    return int(np.asarray(picture.convert("L")).min())


sides = st.tuples(st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.01, 0.1), st.floats(0.01, 0.1))
boxes = sides.map(lambda side: [side[0], side[1], side[0] + side[2], side[1] + side[3]])
names = st.text(min_size=1, max_size=90).filter(str.strip)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.builds(lambda name, box: {"name": name, "box": box}, names, boxes), min_size=1, max_size=6),
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
)
def test_any_layout_is_drawn_in_any_size(things: Any, size: tuple[int, int]) -> None:
    assert layout_picture(things, size).size == size


@pytest.mark.parametrize(
    ("things", "words"),
    [
        ([], "from one to"),
        ("a barn", "from one to"),
        ([{"name": "x", "box": [0, 0, 1, 1]}] * 41, "from one to"),
        ([{"box": [0, 0, 1, 1]}], "a name in words"),
        (["barn"], "a name in words"),
        ([{"name": "barn", "box": [0.5, 0, 0.5, 1]}], "box of barn"),
        ([{"name": "barn", "box": [0, 0, 1]}], "box of barn"),
        ([{"name": "barn", "box": [0, 0, float("nan"), 1]}], "box of barn"),
        ([{"name": "barn", "box": "0011"}], "box of barn"),
        ([{"name": "barn", "box": [True, False, True, True]}], "box of barn"),
        ([{"name": "barn"}], "box of barn"),
    ],
)
def test_what_is_no_layout_is_said(things: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        layout_picture(things, (100, 100))
