"""A picture taken apart: a stack of layers is a picture too, and can be taken away as files."""

from __future__ import annotations

import io
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio import Studio, images, ops
from studio.errors import BadInput, CannotDo, NotFound
from studio.models.base import Card, Progress, Request
from studio.models.diffused import DiffusersModel
from studio.models.kept import Kept
from studio.models.swatch import Swatch
from tests import tiny

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")


class Splitter(Swatch):
    """It takes a picture apart into its colours."""

    @property
    def card(self) -> Card:
        return replace(super().card, ops=super().card.ops | {"layers"})

    def run(self, request: Request) -> Image.Image:
        if request.op != "layers":
            return super().run(request)
        count = request.params["layers"]
        layers = []
        for number in range(count):
            layer = request.pictures["canvas"].convert("RGBA")
            layer.putalpha(255 * number // (count - 1))
            layers.append(layer)
        return images.side_by_side(layers)


def test_layers_on_a_sheet_come_apart_again() -> None:
    layers = [tiny.picture(seed, (31, 17)).convert("RGBA") for seed in range(3)]
    layers[1].putalpha(40)
    again = images.apart(images.side_by_side(layers), 3)
    assert [one.tobytes() for one in again] == [one.tobytes() for one in layers]


@pytest.mark.slow
def test_a_model_takes_a_picture_apart_in_steps_that_can_be_seen() -> None:
    pipe, known = tiny.layered()
    model = DiffusersModel(pipe, known, kept=Kept("layered"))
    seen: list[Progress] = []
    canvas = tiny.picture(3, (96, 64))
    request = Request(
        "layers", "a fox", {"canvas": canvas}, {"seed": 3, "layers": 2, "steps": 2}, seen.append
    )
    sheet = ops.perform(model, request)
    assert (sheet.size, sheet.mode) == ((192, 64), "RGBA")
    assert [one.step for one in seen] == [1, 2] and all(one.preview is not None for one in seen)
    shown = seen[-1].preview
    assert shown is not None and shown.width > shown.height, "a preview has the picture's shape"
    first, second = (np.asarray(one) for one in images.apart(sheet, 2))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("split it into layers", 4),
        ("separate the picture into 3 layers", 3),
        ("take it apart into five layers", 5),
    ],
)
def test_it_is_said_in_words_and_taken_away_as_files(tmp_path: Path, words: str, count: int) -> None:
    with closing(Studio(tmp_path, model=Splitter())) as studio:
        session = studio.open("harbour")
        session.say("a red boat, 64x48", seed=1)
        with pytest.raises(NotFound, match="split it into layers"):
            studio.export(session.key, "layers")
        before = session.picture
        version = session.say(words)
        assert before is not None and version is not None
        assert session.picture.size == (count * before.width, before.height)
        name, data = studio.export(session.key, "layers")
        assert name == "harbour.layers.zip" and data == studio.export(session.key, "layers")[1]
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            assert file.namelist() == [f"layer-{n}.png" for n in range(1, count + 1)]
            last = Image.open(io.BytesIO(file.read(f"layer-{count}.png")))
        assert last.mode == "RGBA" and last.convert("RGB").tobytes() == before.convert("RGB").tobytes()
        assert session.check() == ()


def test_a_model_that_cannot_says_so(tmp_path: Path) -> None:
    with closing(Studio(tmp_path, model="swatch")) as studio:
        session = studio.open("harbour")
        session.say("a red boat, 64x48", seed=1)
        before = session.head
        said = session.say("split it into layers")
        assert said is not None and before is not None and said.image == before.image
        assert "layers" in said.turn.plan.reply


@pytest.mark.parametrize("count", [1, 9, -2])
def test_too_few_and_too_many_are_refused(count: int) -> None:
    with pytest.raises(BadInput, match="2 to 8 layers"):
        ops.perform(
            Splitter(), Request("layers", "", {"canvas": tiny.picture()}, {"seed": 1, "layers": count})
        )


def test_other_models_cannot() -> None:
    with pytest.raises(CannotDo, match="cannot layers"):
        ops.perform(Swatch(), Request("layers", "", {"canvas": tiny.picture()}, {"seed": 1}))
