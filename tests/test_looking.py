"""What a model sees: a mask out of words or a click, what its pictures lack, and pictures that it follows."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from studio import Session, Studio, ops
from studio.errors import BadInput, CannotDo
from studio.models.base import REFERENCES, Card, Request, Sighting
from studio.models.swatch import Swatch
from studio.ui.serve import pulse
from studio.ui.show import canvas
from tests.seer import BOX, MISSED, Seer

PHOTOS = [Image.new("RGB", (9, 7), color) for color in ("red", "green", "blue", "white")]


@pytest.fixture
def seer() -> Seer:
    return Seer()


@pytest.fixture
def session(tmp_path: Path, seer: Seer) -> Iterator[Session]:
    """A session with one picture in it: a box on a flat ground."""
    studio = Studio(tmp_path / "studio", model=seer)
    session = studio.open("harbour")
    session.say("a box, 128x64", seed=1)
    yield session
    studio.close()


# ---- selecting


def test_swatch_selects_the_area_of_one_colour_around_the_point() -> None:
    picture = Image.new("RGB", (40, 30), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((5, 5, 20, 20), fill="red")
    draw.rectangle((10, 10, 15, 15), fill="white")
    draw.rectangle((30, 5, 35, 20), fill="red")
    mask = np.asarray(Swatch().select(picture, point=(6, 6))) > 0
    expected = np.zeros((30, 40), bool)
    expected[5:21, 5:21] = True
    expected[10:16, 10:16] = False
    assert np.array_equal(mask, expected)
    assert Swatch().select(picture, words="the box").getbbox() is None


def test_words_in_a_message_put_the_mask_on_the_canvas_and_make_no_turn(session: Session) -> None:
    before, head = session.timeline, session.head
    assert session.say("select the box") == head
    assert session.timeline == before
    assert session.selected is not None and head is not None
    assert session.selected.version == head.id
    assert session.selected.mask.getbbox() == (32, 16, 96, 32)
    session.say("make it night")
    assert session.selected is None, "it was put on another picture"


def test_what_is_not_there_is_said_in_a_sentence(session: Session) -> None:
    before = session.timeline
    with pytest.raises(CannotDo, match="do not see “the cat”"):
        session.say("select the cat")
    assert session.timeline == before and session.selected is None


def test_a_selection_is_asked_for_by_words_or_by_one_pixel_of_the_picture(session: Session) -> None:
    assert session.select(point=(40, 20)).getbbox() == (32, 16, 97, 33)
    assert session.select("the box").size == (128, 64)
    for words, point in ((None, None), ("the box", (1, 1)), (None, (128, 0)), (None, (0, -1))):
        with pytest.raises(BadInput):
            session.select(words, point=point)


def test_a_model_that_does_not_see_says_so(session: Session, seer: Seer) -> None:
    seer.card = replace(Swatch.card, sees=False)  # type: ignore[misc]  # of this one only
    with pytest.raises(CannotDo, match="does not see"):
        session.select(point=(1, 1))
    with pytest.raises(CannotDo, match="does not see"):
        session.see()


def test_nothing_is_selected_before_there_is_a_picture(tmp_path: Path) -> None:
    studio = Studio(tmp_path / "other", model=Seer())
    with pytest.raises(BadInput, match="no picture"):
        studio.select(studio.create(), "the box")
    studio.close()


def test_what_is_seen_has_names_and_boxes(session: Session) -> None:
    assert session.see() == (Sighting("box", BOX, "black", 1.0),)


# ---- judging


def test_the_receipt_says_what_the_model_itself_misses(session: Session) -> None:
    version = session.say("new picture: two boxes, 128x64")
    assert version is not None
    assert session.receipt(version.id)["missed"] == [MISSED]
    assert session.receipt(session.timeline.path(session.branches["main"])[0].id)["missed"] == []


def test_a_verdict_is_passed_once_and_changes_no_id(session: Session, seer: Seer, tmp_path: Path) -> None:
    looks = seer.looks
    ids = [version.id for version in session.path]
    session.rewrite(())
    session.undo()
    session.rewrite(session.turns)
    assert seer.looks == looks, "the same picture is not looked at twice"
    assert [version.id for version in session.path] == ids
    blind = Seer()
    blind.card = replace(Swatch.card, sees=False)  # type: ignore[misc]  # of this one only
    studio = Studio(tmp_path / "blind", model=blind)
    other = studio.open("harbour")
    other.rewrite(session.turns)
    assert [version.id for version in other.path] == ids
    assert "missed" not in other.receipt(ids[0])
    studio.close()


def test_words_that_cannot_be_checked_do_not_fail_the_turn(session: Session) -> None:
    version = session.say("new picture: a poem")
    assert version is not None
    assert session.receipt(version.id)["missed"] == []


def test_an_edit_is_blamed_only_for_what_it_was_to_add_and_did_not(session: Session, seer: Seer) -> None:
    for words, missed in (("add two boxes", [MISSED]), ("a tree", []), ("make the two boxes red", None)):
        version = session.say(words, mask=Image.new("L", (128, 64), 255))
        assert version is not None
        assert session.receipt(version.id).get("missed") == missed, words
    answers = iter([("I asked for a box and see two.",), ("I asked for a box and see one.",)])
    seer.compare = lambda image, words: next(answers)  # type: ignore[method-assign]
    version = session.say("add a box")
    assert version is not None
    assert session.receipt(version.id)["missed"] == [], "there was one already, and another was added"


def test_an_exact_adjustment_and_a_picture_that_follows_another_are_not_judged(session: Session) -> None:
    for words, photos in (("brighter", []), ("this creature, on a beach", PHOTOS[:1])):
        version = session.say(words, images=photos)
        assert version is not None
        assert "missed" not in session.receipt(version.id)


# ---- following


def test_pictures_handed_in_are_followed_in_their_order(session: Session, seer: Seer) -> None:
    version = session.say("these on a meadow", images=PHOTOS[:3])
    assert version is not None
    assert list(version.turn.plan.steps[0].inputs) == list(REFERENCES)
    assert [picture.getpixel((0, 0)) for picture in seer.followed[-1]] == [
        (255, 0, 0),
        (0, 128, 0),
        (0, 0, 255),
    ]
    ran = seer.runs
    session.say(
        "new picture: these on a meadow", images=PHOTOS[2::-1], seed=version.turn.plan.steps[0].params["seed"]
    )
    assert seer.runs == ran + 1, "other pictures, or another order, are another result"


def test_more_pictures_than_the_model_follows_are_asked_about(session: Session, seer: Seer) -> None:
    ran = seer.runs
    version = session.say("these on a meadow", images=PHOTOS)
    assert version is not None and not version.turn.plan.steps
    assert "3 pictures at once, and there are 4" in version.turn.plan.reply
    assert seer.runs == ran


def test_a_model_is_never_given_more_pictures_than_its_card_allows() -> None:
    model = Swatch()
    model.card = replace(Swatch.card, references=1)  # type: ignore[misc]  # of this one only
    pictures = dict(zip(("canvas", *REFERENCES), PHOTOS, strict=True))
    with pytest.raises(CannotDo, match="follows one reference picture, and 3"):
        ops.perform(model, Request("edit", "this", pictures, {"seed": 1}))
    model.card = replace(Swatch.card, references=0)  # type: ignore[misc]
    with pytest.raises(CannotDo, match="no reference pictures"):
        ops.perform(
            model, Request("edit", "this", {"canvas": PHOTOS[0], "reference": PHOTOS[1]}, {"seed": 1})
        )


# ---- any pipeline


class Refused(Exception):
    """What the pipeline below says it cannot do."""


class Pipe:
    """A pipeline that draws gray, and remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[Mapping[str, Any]] = []

    def __call__(self, **given: Any) -> Any:
        self.given.append(given)
        return SimpleNamespace(images=[Image.new("RGB", (64, 64), "gray")])

    def see(self, image: Image.Image) -> Any:
        things = [
            SimpleNamespace(name="cat", box=(64.0, 128.0, 64.0, 256.0), color=None),
            SimpleNamespace(name="dog", box=(-64.0, 0.0, 128.0, 64.0), color="brown"),
        ]
        return SimpleNamespace(scene=SimpleNamespace(things=things), scores=(0.5, 0.9))

    def select(self, image: Image.Image, words: str | None = None, point: Any = None) -> Image.Image:
        if words == "xyzzy":
            raise Refused("I do not know xyzzy.")
        return Image.new("L", image.size, 255)

    def compare(self, image: Image.Image, words: str) -> list[str]:
        return [f"I see no {words}."]


def pipeline(pipe: Pipe) -> Any:
    """The pipeline as a model that follows two pictures and sees."""
    pipelines = pytest.importorskip("studio.models.pipeline")
    abilities = frozenset({"generate", "edit", "inpaint"})
    card = Card("gray", "gray", abilities, 64, 64, True, 2, "none", sees=True, references=2)
    return pipelines.PipelineModel(pipe, card, refusals=(Refused,))


@pytest.mark.parametrize("op", ["generate", "edit", "inpaint"])
def test_a_pipeline_gets_its_references_whatever_it_draws(op: str) -> None:
    pipe = Pipe()
    pictures = {
        "canvas": PHOTOS[0],
        "mask": Image.new("L", PHOTOS[0].size, 255),
        "reference 2": PHOTOS[2],
        "reference": PHOTOS[1],
    }
    pipeline(pipe).run(Request(op, "this", pictures, {"seed": 1}))
    assert pipe.given[0]["references"] == [PHOTOS[1], PHOTOS[2]]
    pipeline(pipe).run(Request("generate", "a cat", params={"seed": 1}))
    assert "references" not in pipe.given[1], "one that follows nothing has no such argument"


def test_what_a_pipeline_sees_selects_and_misses_is_the_studio_s() -> None:
    model = pipeline(Pipe())
    assert model.see(PHOTOS[0]) == (
        Sighting("dog", (0.0, 0.0, 0.25, 0.25), "brown", 0.9),
        Sighting("cat", (0.25, 0.5, 0.5, 1.0), None, 0.5),
    )
    assert model.select(PHOTOS[0], "the cat").size == PHOTOS[0].size
    assert model.compare(PHOTOS[0], "cat") == ("I see no cat.",)
    with pytest.raises(CannotDo, match="xyzzy"):
        model.select(PHOTOS[0], "xyzzy")


def test_a_picture_is_there_before_its_verdict_is(tmp_path: Path) -> None:
    class Slow(Seer):
        """It takes its time to look."""

        began, go = threading.Event(), threading.Event()

        def compare(self, image: Image.Image, words: str) -> tuple[str, ...]:
            self.began.set()
            assert self.go.wait(20)
            return super().compare(image, words)

    model = Slow()
    studio = Studio(tmp_path, model=model)
    session = studio.open("harbour")
    studio.warm()
    job = studio.say(session.key, "two boxes, 128x64")
    assert model.began.wait(20)
    assert (job.state, job.drawing, job.finished) == ("looking", False, False)
    with closing(Studio(tmp_path, model="swatch")) as other:
        assert session.picture is not None and other.open("harbour").picture is not None
    shown = canvas(session, job)
    assert shown["image"] is not None and not shown["busy"] and "preview" not in shown
    told = pulse(studio, session.key)["job"]
    assert told["state"] == "looking" and told["preview"] is None
    model.go.set()
    assert job.wait(20) and job.state == "done"
    assert [event.kind for event in job.events][-2:] == ["drawn", "done"]
    assert session.head is not None and session.receipt(session.head.id)["missed"] == [MISSED]
    studio.close()
