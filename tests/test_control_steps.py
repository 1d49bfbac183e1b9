"""Control pictures on their way: from a person through steps, windows and replays to a model, and to disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from studio import images, ops
from studio.errors import BadInput, CannotDo
from studio.images import Window, cut_over
from studio.models.base import Request, Sighting
from studio.models.swatch import Swatch
from studio.replay import replay, step_key
from studio.store import Store
from studio.timeline import Ask, Plan, Step, Turn
from tests.conftest import painted


def lines(size: tuple[int, int], box: tuple[int, int, int, int]) -> Image.Image:
    """White edges of a filled box on black."""
    picture = Image.new("RGB", size)
    ImageDraw.Draw(picture).rectangle(box, fill="white")
    return picture


def asked(op: str, **more: Any) -> Request:
    """A request: pictures by role ("control_edges" is "control:edges"), and parameters."""
    pictures = {
        name.replace("control_", "control:"): p for name, p in more.items() if isinstance(p, Image.Image)
    }
    params = {name: value for name, value in more.items() if not isinstance(value, Image.Image)}
    return Request(op, "a fox", pictures, {"seed": 1, **params})


def white(picture: Image.Image) -> tuple[int, int, int, int] | None:
    """The box of what is white."""
    return Image.fromarray((np.asarray(picture) == 255).all(axis=-1)).getbbox()


# --- over the canvas


def test_a_new_picture_has_the_shape_of_its_control_picture_unless_a_size_is_asked_for(
    swatch: Swatch,
) -> None:
    edges = lines((300, 150), (30, 30, 119, 59))
    drawn = ops.perform(swatch, asked("generate", control_edges=edges))
    assert drawn.size == (1024, 512)
    assert white(drawn) == pytest.approx((102, 102, 410, 205), abs=3)
    square = ops.perform(swatch, asked("generate", width=300, height=300, control_edges=edges))
    assert square.size == (300, 300)
    assert white(square) == pytest.approx((0, 60, 90, 120), abs=2), "its middle is there, undistorted"
    palette = images.control_picture("palette", Image.new("RGB", (40, 20), "teal"))
    flat = ops.perform(swatch, asked("generate", control_palette=palette))
    assert flat.size == (1024, 1024), "a palette has no shape"
    assert flat.getpixel((5, 5)) == (0, 128, 128)


def test_an_edit_keeps_to_it_where_it_lies_on_the_canvas(swatch: Swatch) -> None:
    for size in ((400, 300), (2400, 1800)):
        canvas = Image.new("RGB", size, "navy")
        drawn = ops.perform(
            swatch, asked("edit", canvas=canvas, control_edges=lines((200, 150), (20, 30, 79, 89)))
        )
        scale = size[0] / 200
        expected = tuple(scale * side for side in (20, 30, 80, 90))
        assert drawn.size == size
        assert white(drawn) == pytest.approx(expected, abs=0.03 * size[0])


def test_a_masked_edit_gets_the_same_window_of_it_as_of_the_canvas(swatch: Swatch) -> None:
    canvas, mask = Image.new("RGB", (1600, 1200), "navy"), painted((1600, 1200), (800, 600, 1000, 800))
    edges = lines((400, 300), (210, 160, 229, 179))  # inside the mask, at a quarter of the size
    drawn = ops.perform(swatch, asked("edit", canvas=canvas, mask=mask, control_edges=edges))
    assert white(drawn) == pytest.approx((840, 640, 920, 720), abs=10)
    outside = np.asarray(mask) == 0
    assert np.array_equal(np.asarray(drawn)[outside], np.asarray(canvas)[outside])


def test_a_canvas_that_grows_lies_under_it_as_it_will_be(swatch: Swatch) -> None:
    canvas = Image.new("RGB", (200, 200), "navy")
    drawn = ops.perform(
        swatch,
        asked("outpaint", canvas=canvas, right=1.0, control_edges=lines((400, 200), (300, 80, 339, 119))),
    )
    assert drawn.size == (400, 200)
    assert white(drawn) == pytest.approx((300, 80, 340, 120), abs=4)
    assert drawn.crop((0, 0, 200, 200)).tobytes() == canvas.tobytes()


sides = st.integers(1, 60)


@settings(max_examples=60, deadline=None)
@given(st.tuples(sides, sides), st.tuples(sides, sides), st.tuples(sides, sides), st.data())
def test_any_window_is_cut_out_of_any_picture(
    picture: tuple[int, int], canvas: tuple[int, int], size: tuple[int, int], data: st.DataObject
) -> None:
    left, top = (data.draw(st.integers(0, side - 1)) for side in canvas)
    right, bottom = data.draw(st.integers(left + 1, canvas[0])), data.draw(st.integers(top + 1, canvas[1]))
    window = Window((left, top, right, bottom), size)
    assert cut_over(Image.new("RGB", picture, "teal"), canvas, window).getextrema() == (
        (0, 0),
        (128, 128),
        (128, 128),
    )
    assert cut_over(Image.new("RGB", picture), canvas, window).size == size


def test_over_a_canvas_of_its_own_size_it_is_cut_as_the_canvas_is() -> None:
    picture = Image.effect_noise((90, 60), 80).convert("RGB")
    window = Window((10, 20, 50, 60), (40, 40))
    assert cut_over(picture, picture.size, window).tobytes() == images.cut(picture, window).tobytes()


# --- refusals


def test_what_the_model_does_not_keep_to_is_refused_before_anything_is_drawn(swatch: Swatch) -> None:
    pose = lines((60, 60), (1, 1, 5, 5))
    with pytest.raises(CannotDo, match="swatch cannot keep to pose: it keeps to edges and palette"):
        ops.perform(swatch, asked("generate", control_pose=pose))
    with pytest.raises(BadInput, match="no control picture 'normal'"):
        ops.perform(swatch, asked("generate", control_normal=pose))
    assert swatch.runs == 0
    canvas = Image.new("RGB", (60, 60), "navy")
    brighter = ops.perform(
        swatch, asked("adjust", kind="brightness", amount=0.2, canvas=canvas, control_pose=pose)
    )
    assert brighter.size == (60, 60), "what needs no model needs no control picture either"


class Layouts(Swatch):
    """A swatch that takes a layout, and keeps it for those who test."""

    card = replace(Swatch.card, controls={"layout": ""})

    def run(self, request: Request) -> Image.Image:
        self.layout = request.controls["layout"]
        return super().run(request)


def test_things_with_boxes_are_drawn_for_a_model_that_takes_a_layout_as_a_picture(swatch: Swatch) -> None:
    things = [{"name": "a barn", "box": [0.5, 0.5, 1.0, 1.0]}]
    model = Layouts()
    ops.perform(model, asked("generate", layout=things, width=256, height=128))
    assert model.layout.size == (256, 128)
    assert model.layout.getpixel((10, 10)) == (255, 255, 255) != model.layout.getpixel((140, 70))
    with pytest.raises(CannotDo, match="cannot keep to layout"):
        ops.perform(swatch, asked("generate", layout=things))
    with pytest.raises(BadInput, match="box of a barn"):
        ops.perform(model, asked("generate", layout=[{"name": "a barn", "box": [1, 0, 0, 1]}]))


# --- steps


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A studio folder."""
    return Store(tmp_path / "studio")


def drawn_with(store: Store, edges: Image.Image, **inputs: str) -> Turn:
    """A turn that draws with these edges."""
    digest = store.put(edges)
    step = Step("generate", "a fox", {"seed": 1}, {"control:edges": f"blob:{digest}", **inputs})
    return Turn("t1", Ask("a fox"), Plan("", (step,)))


def test_a_step_with_a_control_picture_is_drawn_once_and_says_so_in_its_receipt(
    store: Store, swatch: Swatch
) -> None:
    turn = drawn_with(store, lines((100, 100), (20, 20, 59, 59)))
    first = replay((), [turn], model=swatch, store=store)
    again = replay((), [turn], model=swatch, store=store)
    (version,) = first.versions
    assert first.receipts[version.id]["controls"] == ["edges"]
    assert white(store.get(str(version.image))) == pytest.approx((205, 205, 614, 614), abs=10)
    assert (first.ran, again.ran) == (1, 0) and first.versions == again.versions
    other = replay((), [drawn_with(store, lines((100, 100), (5, 5, 9, 9)))], model=swatch, store=store)
    assert other.ran == 1


def test_the_weights_that_follow_a_control_picture_are_part_of_the_result_s_key(swatch: Swatch) -> None:
    step = Step("generate", "a fox", {"seed": 1}, {"control:edges": "blob:1"})
    other = Swatch()
    other.card = replace(Swatch.card, controls={"edges": "nets/canny@2", "palette": ""})  # type: ignore[misc]
    inputs = {"control:edges": "1"}
    assert step_key(step, inputs, swatch) != step_key(step, inputs, other)
    bare = Step("generate", "a fox", {"seed": 1})
    assert step_key(bare, {}, swatch) == step_key(bare, {}, other)


class Fetching(Swatch):
    """A swatch that gets to know its control weights when it first draws with them."""

    def run(self, request: Request) -> Image.Image:
        self.card = replace(self.card, controls={"edges": "nets/canny@abc", "palette": ""})
        return super().run(request)


def test_what_was_drawn_while_control_weights_were_fetched_is_not_drawn_again(store: Store) -> None:
    model, turn = Fetching(), drawn_with(store, lines((100, 100), (20, 20, 59, 59)))
    assert replay((), [turn], model=model, store=store).ran == 1
    assert replay((), [turn], model=model, store=store).ran == 0


def test_results_of_older_studios_say_nothing_of_controls_and_are_still_joined(
    store: Store, swatch: Swatch
) -> None:
    first = Step("generate", "a fox", {"seed": 1})
    then = Step("edit", "red", {"seed": 2}, {"canvas": "step:0"})
    turn = Turn("t1", Ask("a fox"), Plan("", (first, then)))
    replay((), [turn], model=swatch, store=store)
    key = step_key(first, {}, swatch)
    known = store.result(key)
    assert known is not None
    store.record(key, replace(known, facts={k: v for k, v in known.facts.items() if k != "controls"}))
    (receipt,) = replay((), [turn], model=swatch, store=store).receipts.values()
    assert receipt["controls"] == [] and receipt["ops"] == ["generate", "edit"]


# --- as a person makes them


def test_lines_and_colours_are_found_in_a_canvas_and_what_is_dropped_stays(swatch: Swatch) -> None:
    canvas = Image.new("RGB", (120, 90), "navy")
    canvas.paste("orange", (30, 30, 80, 70))
    for kind in ("edges", "sketch", "palette"):
        found = ops.control_picture(swatch, kind, canvas, dropped=False)
        assert found.tobytes() == images.control_picture(kind, canvas).tobytes()
    map_of_edges = images.control_picture("edges", canvas)
    assert (
        ops.control_picture(swatch, "edges", map_of_edges, dropped=True).tobytes() == map_of_edges.tobytes()
    )
    assert ops.control_picture(swatch, "pose", canvas, dropped=True).tobytes() == canvas.tobytes()


@pytest.mark.parametrize("kind", ["depth", "pose"])
def test_what_nothing_here_finds_is_asked_for(swatch: Swatch, kind: str) -> None:
    with pytest.raises(CannotDo, match=f"Nothing here finds a {kind} in a picture. Drop one"):
        ops.control_picture(swatch, kind, Image.new("RGB", (60, 60)), dropped=False)


class Seer(Swatch):
    """A swatch that sees two things, one in the other."""

    def see(self, image: Image.Image) -> tuple[Sighting, ...]:
        small = Sighting("dog", (0.2, 0.2, 0.4, 0.4), None, 0.9)
        return small, Sighting("barn", (0.1, 0.1, 0.9, 0.9), "red", 0.8)


def test_a_layout_of_the_canvas_has_a_box_for_all_that_is_seen_the_small_in_front(swatch: Swatch) -> None:
    canvas = Image.new("RGB", (300, 200))
    layout = ops.control_picture(Seer(), "layout", canvas, dropped=False)
    assert layout.size == canvas.size
    things = [{"name": "barn", "box": [0.1, 0.1, 0.9, 0.9]}, {"name": "dog", "box": [0.2, 0.2, 0.4, 0.4]}]
    assert layout.tobytes() == images.layout_picture(things, canvas.size).tobytes()
    with pytest.raises(CannotDo, match="sees nothing in this picture"):
        ops.control_picture(swatch, "layout", canvas, dropped=False)
    blind = Swatch()
    blind.card = replace(Swatch.card, sees=False)  # type: ignore[misc]
    with pytest.raises(CannotDo, match="Nothing here finds a layout"):
        ops.control_picture(blind, "layout", canvas, dropped=False)


def test_a_kind_that_there_is_not_is_named_with_those_there_are(swatch: Swatch) -> None:
    with pytest.raises(BadInput, match="there are edges, sketch, depth, pose, palette, layout"):
        ops.control_picture(swatch, "normal", Image.new("RGB", (60, 60)), dropped=True)
