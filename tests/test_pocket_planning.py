"""What an instruction is taken to mean where the eye does not see what it names."""

from __future__ import annotations

import random

import pytest
from PIL import Image

pytest.importorskip("torch")

from studio.models.pocket.looks import parts
from studio.models.pocket.planning import gathered, instructed
from studio.models.pocket.reader import NotUnderstood
from studio.models.pocket.scene import Background, Scene, Thing
from studio.models.pocket.sight import Sight

TURTLE, RADIO = Thing("turtle", (150, 90, 90, 80)), Thing("radio", (20, 90, 90, 60))
SCENE = Scene(Background("plain", color="white"), (TURTLE, RADIO))


def sight(sure: float, possible: tuple[str, ...] = ("radio",)) -> Sight:
    """A turtle for sure, and what may be a radio."""
    return Sight(SCENE, (0.9, 0.9), 1.0, (("turtle",), possible), (0.95, sure), ((None,), (None,)))


def after(seen: Sight, words: str) -> list[tuple[str, str | None]]:
    _, scene = instructed(seen, words, random.Random(1), 0, lambda: None)
    return [(thing.name, thing.color) for thing in scene.things]


def test_a_name_that_the_eye_holds_possible_is_believed() -> None:
    told = after(sight(0.9, ("radio", "glasses")), "make the glasses red")
    assert told == [("turtle", None), ("glasses", "red")]


def test_what_the_eye_does_not_know_for_sure_is_what_the_words_call_it() -> None:
    assert after(sight(0.3), "make the glasses red") == [("turtle", None), ("glasses", "red")]
    assert after(sight(0.3), "make the turtle red") == [("turtle", "red"), ("radio", None)]


def test_what_is_there_and_was_not_seen_is_what_the_words_call_it() -> None:
    box = (100.0, 20.0, 30.0, 30.0)
    read, scene = instructed(sight(0.95), "flip the spoon", random.Random(1), 0, lambda: box)
    assert [thing.name for thing in scene.things] == ["turtle", "radio", "spoon"]
    assert (scene.things[2].box, scene.things[2].flip) == (box, True)
    assert (read.sure[2], len(read.names), len(read.colors), len(read.scores)) == (0.0, 3, 3, 3)


def test_the_parts_of_a_mask_are_found_the_largest_first_and_what_is_tiny_is_nothing() -> None:
    mask = Image.new("L", (512, 512))
    mask.paste(255, (40, 40, 120, 60))
    mask.paste(255, (300, 200, 340, 360))
    assert parts(mask) == [(150.0, 100.0, 20.0, 80.0), (20.0, 20.0, 40.0, 10.0)]
    mask = Image.new("L", (512, 512))
    mask.paste(255, (40, 40, 50, 50))
    assert parts(mask) == []


def test_two_halves_that_the_eye_is_not_sure_of_are_one_thing_where_one_thing_stands_out() -> None:
    halves = (Thing("milk", (20, 90, 40, 60), angle=9.0), Thing("wave", (60, 90, 30, 60)))
    scene = Scene(SCENE.background, (halves[0], TURTLE, halves[1]))
    names = (("milk",), ("turtle",), ("wave",))
    seen = Sight(scene, (0.8, 0.9, 0.7), 1.0, names, (0.5, 0.95, 0.2), ((None,),) * 3)
    part = (18.0, 88.0, 76.0, 64.0)
    told = gathered(seen, [part, (150.0, 90.0, 90.0, 80.0)])
    assert told.scene.things == (Thing("milk", part), TURTLE)
    assert (told.names, told.sure) == ((("milk",), ("turtle",)), (0.5, 0.95))
    assert gathered(seen, []) == seen


def test_what_the_eye_is_sure_of_keeps_its_name_and_the_answer_says_what_is_seen() -> None:
    with pytest.raises(NotUnderstood, match="a radio and a turtle"):
        after(sight(0.95), "make the glasses red")


def test_words_that_no_reading_can_follow_are_answered_about_what_is_seen() -> None:
    with pytest.raises(NotUnderstood) as told:
        after(sight(0.3), "make the glasses and the dog red")
    assert "radio" in str(told.value)


def test_a_thing_that_is_to_come_is_nothing_that_is_there() -> None:
    assert after(sight(0.3), "add a dog")[:2] == [("turtle", None), ("radio", None)]
