"""The report on real weights, with tiny ones on a processor: what it says is what was seen."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from studio.errors import CannotDo
from studio.models.base import ImageModel, Request
from studio.models.swatch import Swatch
from tests import tiny
from tests.gpu_report import Trial, hole, trial, write

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")
ROOT = Path(__file__).parents[1]


def seen(name: str) -> Trial:
    """That tiny model's trial."""
    one = Trial(name, f"Tiny {name}", how="random weights", need=0.5)
    trial(one, lambda: tiny.model(name))
    return one


@pytest.mark.parametrize("name", ["klein", "qwen_edit", "qwen21", "flux3"])
def test_every_kind_of_model_comes_through_its_trial(name: str) -> None:
    one = seen(name)
    assert one.well, (one.checks, one.faults)
    expected = {"generate", "edit", "inpaint"} - ({"generate"} if name == "qwen_edit" else set())
    assert one.seconds.keys() == expected <= one.pictures.keys()
    assert {"it stops within a step", "outside of the mask every byte is as before"} <= one.checks.keys()
    assert one.peak is None and one.loading is not None


class Broken(Swatch):
    """A model that draws something else each time, refuses to edit, and never listens."""

    times = 0

    def run(self, request: Request) -> Image.Image:
        self.times += 1
        if "canvas" in request.pictures:
            raise CannotDo("It was <not> made for this.")
        return Image.new("RGB", (64, 64), (self.times, 0, 0))


def test_what_is_not_well_is_told(tmp_path: Path) -> None:
    one = Trial("broken", "Broken & bent")
    trial(one, Broken)
    assert not one.well
    assert not one.checks["the same seed draws the same bytes, after a stop too"]
    assert not one.checks["it stops within a step"]
    assert "It was <not> made for this." in one.faults[0]
    page = write(tmp_path, [one], "this processor").read_text()
    assert "NOT WELL" in page and "Broken &amp; bent" in page and "It was &lt;not&gt; made for this." in page


def test_a_model_that_cannot_be_loaded_leaves_a_row(tmp_path: Path) -> None:
    def load() -> ImageModel:
        raise CannotDo("It does not fit.")

    one = Trial("large", "Large")
    with pytest.raises(CannotDo):
        trial(one, load)
    assert not one.well and "NOT WELL" in write(tmp_path, [one], "this processor").read_text()


def test_the_page_has_every_figure_and_every_picture_in_it(tmp_path: Path) -> None:
    both = [seen("klein"), replace(seen("qwen_edit"), peak=0.25)]
    page = write(tmp_path / "reports", both, "this <processor>")
    text = page.read_text()
    assert [file.name for file in page.parent.iterdir()] == ["index.html"]
    assert text.count("data:image/webp;base64,") == sum(len(one.pictures) for one in both)
    assert not re.search(r'(src|href)="(?!data:|#)', text), "nothing is looked up anywhere"
    for words in (
        "Tiny klein",
        "Tiny qwen_edit",
        "0.5 GB",
        "0.2 GB",
        "not counted",
        "2 models, 2 as they have",
    ):
        assert words in text
    assert "this &lt;processor&gt;" in text


def test_a_mask_is_a_part_of_the_picture() -> None:
    assert hole((64, 64)).getbbox() == (32, 32, 56, 56)
