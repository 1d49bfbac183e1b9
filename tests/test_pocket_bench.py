"""The arithmetic and the judge of `pocket_bench`: intervals, overlaps, decibels, borders, searches."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

torch = pytest.importorskip("torch")

from studio.models.pocket.reader import read  # noqa: E402
from studio.models.pocket.scene import Background, Scene, Thing  # noqa: E402

from .pocket_backdrops import blanked, free_of, painted, varied, view_of  # noqa: E402
from .pocket_edits import Trial  # noqa: E402
from .pocket_judge import SIDE, Judge, claims, cut, templates_of  # noqa: E402
from .pocket_measures import (  # noqa: E402
    Row,
    Sample,
    Tally,
    bootstrap,
    box_iou,
    diversity,
    mask_iou,
    psnr_within,
    seam,
    table,
    wilson,
)
from .pocket_orders import counted, held_out, related, several  # noqa: E402
from .pocket_search import Field, Found, without_doubles  # noqa: E402

Sprite = np.ndarray
FREE = 20  # of 128: a corner where no thing is


def disc(color: tuple[int, int, int], side: int = SIDE, hole: bool = False) -> Sprite:
    """A round drawing, perhaps with a white hole in it."""
    image = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(image)
    draw.ellipse((1, 1, side - 2, side - 2), fill=(*color, 255))
    if hole:
        draw.ellipse((side // 3, side // 3, side // 2, side // 2), fill=(250, 250, 250, 255))
    return np.asarray(image)


def square(color: tuple[int, int, int], side: int = SIDE) -> Sprite:
    image = Image.new("RGBA", (side, side), (*color, 255))
    return np.asarray(image)


def on_gradient(sprite: Sprite, x: int, y: int, size: int = 512) -> np.ndarray:
    ramp = np.linspace(90, 200, size)
    picture = Image.fromarray(np.repeat(ramp[:, None, None], size, 1).repeat(3, 2).astype(np.uint8))
    cut_out = Image.fromarray(sprite)
    picture.paste(cut_out, (x, y), cut_out)
    return np.asarray(picture)


def test_wilsons_interval_is_the_textbooks() -> None:
    assert wilson(8, 10) == pytest.approx((0.490, 0.943), abs=0.001)
    assert wilson(0, 20)[0] == 0.0
    assert wilson(20, 20)[1] == 1.0
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_bootstrap_holds_the_mean_and_narrows_with_more_values() -> None:
    values = list(np.random.default_rng(1).normal(30, 2, 400))
    wide, narrow = bootstrap(values[:20]), bootstrap(values)
    assert narrow[0] < 30 < narrow[1]
    assert narrow[1] - narrow[0] < wide[1] - wide[0]


def test_overlaps_of_boxes_and_masks() -> None:
    assert box_iou((0, 0, 10, 10), (5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert box_iou((0, 0, 10, 10), (20, 0, 10, 10)) == 0
    one, other = np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    assert mask_iou(one, other) == 1
    one[:2], other[:1] = True, True
    assert mask_iou(one, other) == 0.5


def test_decibels_count_only_what_has_weight() -> None:
    one = np.zeros((8, 8, 3), np.uint8)
    other = one.copy()
    other[:4] = 255
    other[4:] = 16
    weight = np.zeros((8, 8), np.float32)
    weight[4:] = 1
    assert psnr_within(one, other, weight) == pytest.approx(20 * np.log10(255 / 16), abs=1e-3)
    assert psnr_within(one, one, weight) == 60
    assert np.isnan(psnr_within(one, other, weight * 0))


def test_a_seam_is_the_step_that_the_source_does_not_have() -> None:
    before = on_gradient(square((0, 0, 0), 1), 0, 0)
    after, clean = before.copy(), np.ones(before.shape[:2], bool)
    assert seam(before, after, clean) == 0
    after[200:300, 100:300] += 3
    assert seam(before, after, clean) == pytest.approx(3, abs=0.01)
    clean[:] = False
    assert seam(before, after, clean) == 0


def test_diversity_is_nothing_among_copies() -> None:
    black, white = np.zeros((512, 512, 3), np.uint8), np.full((512, 512, 3), 255, np.uint8)
    assert diversity([black, black]) == 0
    assert diversity([black, white]) == 255


def test_a_row_passes_by_its_bar_and_stands_in_the_table_with_what_was_before() -> None:
    good, bad = Tally(), Sample()
    for _ in range(50):
        good.add(True)
        bad.add(2.0)
    rows = [Row.of("there", good, bar=0.9, exact=0.98), Row.of("lost", bad, "dB", 1.5, most=True)]
    assert [row.passed for row in rows] == [True, False]
    lines = table(rows, {"there": 0.5}).splitlines()
    assert "| there | ≥ 90.0% | 100.0% | 50.0% | 50 | 92.9% – 100.0% | 98.0% | pass |" in lines
    assert lines[-1].startswith("| lost | ≤ 1.50 dB | 2.00 dB |  | 50 |")
    assert Row.of("nothing", Sample()).passed is None


def test_the_claim_of_what_is_there_costs_least() -> None:
    red = (200, 30, 30)
    drawings = [disc(red), disc((30, 30, 200)), square(red), disc(red, hole=True)]
    light = np.ones((len(drawings), 3), np.float32)
    for there, drawing in enumerate(drawings):
        big = np.asarray(Image.fromarray(drawing).resize((120, 120), Image.Resampling.BICUBIC))
        picture = on_gradient(big, 200, 150)
        thing = Thing("dog", (100, 75, 60, 60))
        seen, weight, line = cut(picture, np.zeros(picture.shape[:2], bool), thing)
        costs, nothing = claims(seen, weight, line * 0, templates_of(drawings), light)
        assert costs.argmin() == there
        assert costs.min() < 0.2 * nothing


def test_a_cut_turns_a_thing_upright_and_weighs_nothing_beyond_the_edge() -> None:
    drawing = np.concatenate([square((250, 0, 0), 40)[:20], square((0, 0, 250), 40)[:20]])
    turned = Image.fromarray(drawing).resize((100, 100)).rotate(-90)
    picture = on_gradient(np.asarray(turned), 100, 100)
    bare = np.zeros(picture.shape[:2], bool)
    seen, weight, _ = cut(picture, bare, Thing("dog", (50, 50, 50, 50), angle=90.0))
    assert seen[5:15, 5:-5, 0].min() > 200
    assert seen[-15:-5, 5:-5, 2].min() > 200
    assert weight.min() == 1
    _, weight, _ = cut(picture, bare, Thing("dog", (-25, 50, 50, 50)))
    assert weight.mean() == pytest.approx(0.5)


def test_a_search_finds_each_of_several_things_once() -> None:
    picture = on_gradient(disc((220, 40, 40), 24, hole=True), 10, 20, 128)
    sheet = Image.fromarray(picture)
    for x, y in ((60, 70), (100, 15)):
        drawing = Image.fromarray(disc((220, 40, 40), 24, hole=True))
        sheet.paste(drawing, (x, y), drawing)
    field = Field(np.asarray(sheet, np.float32))
    found = without_doubles(field.search(disc((220, 40, 40), 24, hole=True).astype(np.float32)))
    assert sorted(one.box[:2] for one in found) == [(20, 40), (120, 140), (200, 30)]
    assert not field.search(disc((30, 200, 30), 24).astype(np.float32))


def test_of_two_that_overlap_the_surer_is_kept() -> None:
    one, other, inner = Found((0, 0, 50, 50), 0.7), Found((5, 5, 50, 50), 0.9), Found((20, 20, 15, 15), 0.6)
    assert without_doubles([one, other, inner]) == [other]


@pytest.mark.parametrize("seed", range(6))
def test_the_prompts_are_read_as_they_are_meant(seed: int) -> None:
    rng = random.Random(seed)
    made = [several(rng, 1 + seed % 3), several(rng, 1, held_out), related(rng), counted(rng, 1 + seed % 6)]
    for order in made:
        scene: Scene = read(order.words, random.Random(seed))
        wanted = [(ask.name, ask.color) for ask in order.asks for _ in range(ask.count)]
        assert sorted(map(str, ((t.name, t.color) for t in scene.things))) == sorted(map(str, wanted))
        assert order.ground is not None
        here: Background = scene.background
        told = (order.ground.kind, order.ground.color, order.ground.time, order.ground.weather)
        assert (here.kind, here.color, here.time, here.weather) == told


def test_the_judge_of_backgrounds_does_not_see_what_lies_where_things_are() -> None:
    scene = Scene(Background("plain", color="white"), (Thing("dog", (80, 80, 80, 80)),))
    free = torch.from_numpy(free_of(scene))[None]
    pictures = [on_gradient(square(color, 160), 160, 160) for color in ((255, 0, 0), (0, 0, 255))]
    views = [torch.from_numpy(view_of(picture))[None] for picture in pictures]
    assert not torch.equal(*views)
    assert torch.equal(*(blanked(view, free) for view in views))
    shown = varied(views[0], free, random.Random(0))
    assert (shown[:, :4][:, :, ~free[0]] == 0).all()
    assert (shown[0, 4, :FREE, :FREE] == 1).all()


def test_the_same_backgrounds_are_painted_for_the_judge_every_time() -> None:
    (views, labels), (again, same) = painted(3), painted(3)
    assert views.shape == (3, 4, 128, 128)
    assert torch.equal(views, again)
    assert torch.equal(labels, same)


class _Told(Judge):
    """Says that a thing is there if its box is where the first dog was, and nothing hides more than that."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def there(self, picture: np.ndarray, scene: Scene, index: int) -> bool:
        self.asked.append(tuple(thing.name for thing in scene.things))
        return scene.things[index].box[0] == 10 and scene.style == "flat"


def test_what_nobody_spoke_of_is_looked_for_where_it_was_whatever_it_is_taken_for() -> None:
    paper = Background("plain", color="white")
    cat, dog = Thing("cat", (150, 90, 80, 80)), Thing("dog", (10, 90, 80, 80))
    source = Scene(paper, (dog, cat))
    result = Scene(paper, (Thing("wave", (12, 90, 70, 80)), replace(cat, color="red")), "flat")
    black = np.zeros((512, 512, 3), np.uint8)
    trial = Trial(black, source, black, result, judge := _Told())
    assert not trial.shows("dog")
    assert trial.stays("dog", ("cat",))
    assert trial.keeps("dog")
    assert judge.asked[0] == ("dog", "cat")
    assert not trial.stays("horse")
