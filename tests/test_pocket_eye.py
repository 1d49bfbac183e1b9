"""The eye of `pocket`: outlines, order and verdicts without weights, and seeing and selecting with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from studio.models.pocket import finding, reader, seeing, selecting  # noqa: E402
from studio.models.pocket.comparing import compare  # noqa: E402
from studio.models.pocket.eye import CELLS, Eye, Gaze, peaks  # noqa: E402
from studio.models.pocket.glance import Glance, window_around  # noqa: E402
from studio.models.pocket.memory import Memory  # noqa: E402
from studio.models.pocket.outlining import enlarged, sharpened  # noqa: E402
from studio.models.pocket.scene import SIZE, Background, Scene, Thing  # noqa: E402
from studio.models.pocket.sight import Sight, overlap  # noqa: E402

MEADOW = Background("meadow", time="day", horizon=140)
CAT = Thing("cat", (20.0, 120.0, 80.0, 80.0))
DOG = Thing("dog", (140.0, 120.0, 90.0, 80.0), "black")


def sight(*things: Thing, back: Background = MEADOW, sure: float = 0.99, style: str = "3d") -> Sight:
    """A sight of these things, as sure of each as told."""
    names = tuple((thing.name, "fox", "wolf") for thing in things)
    colors = tuple((thing.color,) for thing in things)
    count = len(things)
    return Sight(Scene(back, things, style), (0.9,) * count, 0.99, names, (sure,) * count, colors)


def said(seen: Sight, words: str) -> str:
    return " ".join(compare(seen, reader.wanted(words)))


def test_a_picture_that_shows_what_was_asked_for_is_not_criticized() -> None:
    assert said(sight(CAT, DOG), "a cat to the left of a black dog on a meadow") == ""


def test_a_thing_too_few_is_counted() -> None:
    assert said(sight(DOG), "two dogs on a meadow") == "I asked for two dogs and see one."
    assert said(sight(DOG), "a cat and a dog") == "I asked for a cat and see none."


def test_a_thing_too_many_is_counted() -> None:
    assert said(sight(CAT, CAT), "a cat on a meadow") == "I asked for a cat and see two."


def test_a_wrong_color_place_background_and_style_are_named() -> None:
    assert said(sight(DOG), "a white dog") == "The dog looks black, not white."
    assert "not to the left of the cat" in said(sight(CAT, DOG), "a dog to the left of a cat")
    assert "not in the snow" in said(sight(CAT), "a cat in the snow")
    assert said(sight(CAT), "a cat at night") == "The time is day, not night."
    assert "cartoon" in said(sight(CAT, style="flat"), "a cat as a cartoon")


def test_nothing_is_said_where_the_eye_is_not_sure() -> None:
    assert said(sight(CAT, sure=0.4), "a fox on a meadow") == ""
    strange = Sight(Scene(MEADOW), (), 0.1)
    assert said(strange, "two dogs on a beach") == ""


def test_a_coarse_outline_becomes_exact_by_the_colors() -> None:
    shape = Image.new("L", (384, 384))
    ImageDraw.Draw(shape).polygon([(60, 330), (200, 30), (330, 300), (210, 250)], fill=255)
    true = np.asarray(shape) > 127
    colors = np.where(true[..., None], (200, 60, 50), (120, 170, 220)).astype(np.float32)
    coarse = torch.from_numpy(np.asarray(shape.resize((48, 48), Image.Resampling.BOX), np.float32) / 255)
    guess = enlarged(coarse, 384, 384)
    exact = sharpened(torch.from_numpy(colors).permute(2, 0, 1), guess, 12).numpy() > 0.5
    before, after = ((m & true).sum() / (m | true).sum() for m in (guess.numpy() > 0.5, exact))
    assert after > 0.995
    assert after > before


def test_a_window_is_square_and_has_its_box_in_the_middle() -> None:
    left, top, side = window_around((10.0, 20.0, 40.0, 100.0))
    assert (left + side / 2, top + side / 2) == pytest.approx((30.0, 70.0))
    assert side > 100


def test_the_eye_s_numbers_are_read_as_boxes_each_thing_once() -> None:
    heat = torch.full((1, CELLS, CELLS), -9.0)
    heat[0, 10, 20], heat[0, 10, 22] = 3.0, 2.0
    flat = torch.zeros(1, 4)
    gaze = Gaze(heat, torch.zeros(1, 4, CELLS, CELLS), heat, flat, flat, flat, flat, flat[:, 0], flat[:, 0])
    ((score, box),) = peaks(gaze, 0)
    assert score == pytest.approx(0.953, abs=0.01)
    assert box == pytest.approx((20.5 * 8 - 32, 10.5 * 8 - 32, 64, 64))


def test_who_is_partly_hidden_is_behind_and_else_who_stands_lower_is_in_front() -> None:
    low = finding.Seen(Thing("tree", (40, 60, 80, 120)), 1.0, ("tree",), 1.0, (None,), 0.4)
    high = finding.Seen(Thing("cat", (60, 80, 60, 60)), 1.0, ("cat",), 1.0, (None,), 0.0)
    away = finding.Seen(Thing("sun", (200, 5, 40, 40)), 1.0, ("sun",), 1.0, (None,), 0.0)
    order = [one.thing.name for one in finding.arranged([high, low, away])]
    assert order.index("tree") < order.index("cat")
    assert order[0] == "sun"


def test_what_the_networks_say_has_the_sizes_that_the_rest_relies_on() -> None:
    eye, glance = Eye().eval(), Glance().eval()
    seer = seeing.Seer(eye, glance, Memory())
    image = Image.new("RGB", (300, 200), "green")
    found = seer.see(image)
    assert 0 <= found.confidence <= 1
    placed = sight(CAT, DOG)
    assert [mask.shape for mask in seer.masks(image, placed)] == [(200, 300)] * 2
    assert seer.sky(image).shape == (200, 300)
    point = selecting.select(seer, image, point=(5, 5))
    assert (point.mode, point.size) == ("L", image.size)


def test_words_that_mean_nothing_in_the_picture_say_what_is_seen() -> None:
    seer = seeing.Seer(Eye().eval(), Glance().eval(), Memory())
    with pytest.raises(reader.NotUnderstood, match="nothing in the picture"):
        selecting.select(seer, Image.new("RGB", (64, 64), "white"), words="the giraffe")


# ---- with the weights that are in the tree


@pytest.fixture(scope="module")
def drawn() -> Image.Image:
    """The cat and the dog on the meadow, as the model itself draws them."""
    from studio.models.pocket.pipeline import PocketPipeline

    pipe = PocketPipeline.load()
    drawn: Image.Image = pipe(
        scene=Scene(MEADOW, (CAT, DOG)), generator=torch.Generator().manual_seed(1)
    ).images[0]
    drawn.info["pipe"] = pipe
    return drawn


@pytest.mark.slow
def test_it_sees_what_it_drew(drawn: Image.Image) -> None:
    seen = drawn.info["pipe"].see(drawn).scene
    assert sorted(thing.name for thing in seen.things) == ["cat", "dog"]
    assert seen.background.kind == "meadow"
    for thing, true in zip(sorted(seen.things, key=lambda t: t.name), (CAT, DOG), strict=True):
        assert overlap(thing.box, true.box) > 0.7


@pytest.mark.slow
def test_words_and_clicks_select_the_same_thing(drawn: Image.Image) -> None:
    pipe, scale = drawn.info["pipe"], drawn.width / SIZE
    by_words = np.asarray(pipe.select(drawn, words="the cat")) > 127
    by_click = np.asarray(pipe.select(drawn, point=(round(60 * scale), round(165 * scale)))) > 127
    assert (by_words & by_click).sum() / (by_words | by_click).sum() > 0.95
    assert 0.2 < by_words.sum() / (80 * 80 * scale**2) < 1.0


@pytest.mark.slow
def test_what_is_too_faint_to_be_told_of_is_found_when_somebody_means_it(
    drawn: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe, scale = drawn.info["pipe"], drawn.width / SIZE
    at_cat, at_sky = ((round(60 * scale), round(y * scale)) for y in (165, 20))
    plain = [np.asarray(pipe.select(drawn, words="the cat")), np.asarray(pipe.select(drawn, point=at_sky))]
    seen = pipe.seer.see(drawn)
    told = [i for i, thing in enumerate(seen.scene.things) if thing.name != "cat"]
    faint = replace(
        seen,
        scene=replace(seen.scene, things=tuple(seen.scene.things[i] for i in told)),
        names=tuple(seen.names[i] for i in told),
        sure=tuple(seen.sure[i] for i in told),
        faint=tuple(thing for thing in seen.scene.things if thing.name == "cat"),
    )
    monkeypatch.setattr(pipe.seer, "see", lambda image: faint)
    for mask in (pipe.select(drawn, words="the cat"), pipe.select(drawn, point=at_cat)):
        ours, theirs = np.asarray(mask) > 127, plain[0] > 127
        assert (ours & theirs).sum() > 0.9 * (ours | theirs).sum()
    assert (np.asarray(pipe.select(drawn, point=at_sky)) > 127).sum() >= (plain[1] > 127).sum()
    with pytest.raises(reader.NotUnderstood):
        pipe.select(drawn, words="the giraffe")


@pytest.mark.slow
def test_background_and_things_share_no_pixel_and_leave_none_out(drawn: Image.Image) -> None:
    pipe = drawn.info["pipe"]
    things = np.asarray(pipe.select(drawn, words="the cat and the dog"), np.int16)
    assert (things + np.asarray(pipe.select(drawn, words="the background"), np.int16) == 255).all()


def test_training_pictures_know_who_is_where() -> None:
    """Only where the drawings are at hand."""
    from studio.models.pocket import train_pictures

    folder = Path("pocket-training/art")
    if not folder.is_dir():
        pytest.skip("the drawings are not here; python -m studio.models.pocket.train --stages art gets them")
    painter = train_pictures.Painter(folder, 1)
    scene, seed = painter.scene(2)
    window = window_around(train_pictures.jittered(painter.rng, scene.things[0].box))
    pixels, mask, codes, *_ = train_pictures.window_row(painter, scene, seed, window, 0)
    assert pixels.shape == (96, 96, 4)
    assert mask.max() > 127
    assert codes.shape == (3,)
