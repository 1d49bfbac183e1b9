"""What cannot be used is refused with a sentence, and the session is exactly as it was."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from studio import Session, Studio, uploads
from studio.errors import (
    BadInput,
    BadMask,
    BadMessage,
    BadPicture,
    CannotDo,
    Damaged,
    DiskFull,
    NotFound,
    StudioError,
)
from studio.store import Store
from tests.conftest import painted

CANVAS = (80, 60)


@pytest.fixture
def drawn(studio: Studio) -> Session:
    """A session with a photograph and one edit of it."""
    session = studio.open("harbour")
    session.say("", images=[photo()])
    session.say("make it night", seed=3)
    return session


def photo(size: tuple[int, int] = CANVAS) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), np.uint8))


@contextmanager
def refused(session: Session, kind: type[StudioError], *words: str) -> Iterator[None]:
    """Inside, that error is raised with those words in its sentence, and nothing is changed by it."""
    timeline, pixels, turns = session.timeline, _pixels(session), session.turns
    with pytest.raises(kind) as caught:
        yield
    sentence = str(caught.value)
    assert sentence[-1] in ".?!", sentence
    assert len(sentence) < 300, "a refusal does not say back all that it was given"
    for word in words:
        assert word in sentence
    assert session.timeline == timeline
    assert session.turns == turns
    assert _pixels(session) == pixels


def _pixels(session: Session) -> bytes | None:
    return None if session.picture is None else session.picture.tobytes()


# --- words -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "   ", "\n\t \r\n", " "])
def test_an_empty_message_is_refused(drawn: Session, text: str) -> None:
    with refused(drawn, BadMessage, "Say what to draw or change"):
        drawn.say(text)


@pytest.mark.parametrize("text", ["\x00\x01\x1b", "\u200b\u2066"])
def test_a_message_of_nothing_but_control_characters_is_refused(drawn: Session, text: str) -> None:
    with refused(drawn, BadMessage, "nothing to read"):
        drawn.say(text)


@pytest.mark.parametrize("text", ["a" * 100_000, "a red boat " * 10_000, "\x00" * 100_000, "船" * 100_000])
def test_a_very_long_message_is_refused_with_its_length_and_the_limit(drawn: Session, text: str) -> None:
    with refused(drawn, BadMessage, "0,000 characters", "at most 4,000"):
        drawn.say(text)


def test_half_a_character_is_refused_since_it_cannot_be_written_down(drawn: Session) -> None:
    with refused(drawn, BadMessage, "not text"):
        drawn.say("a \ud800 boat")


SPICED = [
    "<script>alert(1)</script> a <b>boat</b>",
    "a boat &amp; a \"ship\" 'n' {braces} %s $HOME `ls`",
    "a boat'); DROP TABLE versions; --",
    "a boat\x00 with\x07 bells\x1b[31m",
    "a \u202eboat 船 🚤 e\u0301",
]


@pytest.mark.parametrize("text", SPICED)
def test_markup_and_control_characters_are_kept_as_the_text_they_are(
    studio: Studio, drawn: Session, text: str
) -> None:
    version = drawn.say(text)
    assert version is not None
    assert version.turn.ask.text == text
    again = Store(studio.store.folder)
    assert again.load(drawn.key) == drawn.timeline
    assert again.verify() == ()
    again.close()


@pytest.mark.parametrize("text", SPICED)
def test_what_is_said_back_holds_nothing_that_cannot_be_seen(drawn: Session, text: str) -> None:
    version = drawn.say(text)
    assert version is not None
    assert version.turn.plan.reply.isprintable()


# --- masks -------------------------------------------------------------------------------------------------


def test_a_mask_of_another_size_is_refused_with_both_sizes(drawn: Session) -> None:
    with refused(drawn, BadMask, "60 x 80", "80 x 60"):
        drawn.say("a tree", mask=painted((60, 80), (0, 0, 10, 10)))


def test_an_empty_mask_is_refused(drawn: Session) -> None:
    with refused(drawn, BadMask, "Nothing is painted"):
        drawn.say("a tree", mask=Image.new("L", CANVAS))


def test_a_mask_on_an_empty_canvas_is_refused(session: Session) -> None:
    with refused(session, BadMask, "nothing to paint a mask on yet"):
        session.say("a tree", mask=painted(CANVAS, (0, 0, 10, 10)))


def test_a_mask_for_an_earlier_turn_must_fit_what_that_turn_started_from(drawn: Session) -> None:
    with refused(drawn, BadMask, "3 x 3", "80 x 60"):
        drawn.revise("t2", mask=Image.new("L", (3, 3), 255))
    with refused(drawn, BadMask, "nothing to paint a mask on yet"):
        drawn.revise("t1", mask=painted(CANVAS, (0, 0, 10, 10)))


# --- things that are not there -----------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["go to version 99", "make version 99 brighter", "back to version 0"])
def test_words_that_name_a_version_there_is_not_are_refused_with_those_there_are(
    drawn: Session, text: str
) -> None:
    with refused(drawn, NotFound, "no version", "1 to 2"):
        drawn.say(text)


MISSING: dict[str, Callable[[Session], object]] = {
    "say at": lambda s: s.say("a tree", at="nowhere"),
    "go": lambda s: s.go("nowhere"),
    "fork": lambda s: s.fork("nowhere", "daylight"),
    "image": lambda s: s.image("nowhere"),
    "revise": lambda s: s.revise("nowhere", text="a tree"),
    "reroll": lambda s: s.reroll("nowhere"),
    "remove": lambda s: s.remove("nowhere"),
    "move": lambda s: s.move("nowhere", None),
    "move after": lambda s: s.move("t1", "nowhere"),
}


@pytest.mark.parametrize("verb", MISSING)
def test_a_version_or_turn_that_is_not_there_is_named(drawn: Session, verb: str) -> None:
    with refused(drawn, NotFound, "There is no", "'nowhere'"):
        MISSING[verb](drawn)


def test_a_take_there_is_not_is_refused_with_how_many_there_are(drawn: Session) -> None:
    with refused(drawn, NotFound, "0 takes"):
        drawn.revise("t2", take=3)


def test_an_edit_of_nothing_asks_what_to_draw_and_draws_nothing(session: Session) -> None:
    version = session.say("make it night")
    assert version is not None
    assert version.image is None
    assert version.turn.plan.reply.endswith("?")


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "main"])
def test_a_branch_that_cannot_be_named_so_is_refused(drawn: Session, name: str) -> None:
    assert drawn.head is not None
    with refused(drawn, BadInput, "branch needs a new name"):
        drawn.fork(drawn.head.id, name)


def test_a_key_there_is_not_is_refused_without_being_said_again(studio: Studio) -> None:
    with pytest.raises(NotFound, match="no such session") as caught:
        studio.session("a-secret-of-another-studio")
    assert "a-secret" not in str(caught.value)


# --- pictures ----------------------------------------------------------------------------------------------


def png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


UNREADABLE = {
    "empty": (b"", "is empty"),
    "cut off": (png(photo())[:600], "damaged or was cut off"),
    "a letter": (b"Dear Sir or Madam, please find attached", "is text"),
    "a drawing in disguise": (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "SVG"),
    "noise": (np.random.default_rng(2).bytes(2000), "not a picture the studio can read"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_an_upload_that_cannot_be_read_is_refused_by_name_before_it_reaches_the_session(
    drawn: Session, kind: str
) -> None:
    data, words = UNREADABLE[kind]
    with refused(drawn, BadPicture, "holiday.png", words):
        drawn.say("", images=[uploads.load(data, "holiday.png")])


@pytest.mark.parametrize("mode", ["P", "1", "CMYK", "LA", "I;16", "F"])
def test_a_picture_of_any_mode_handed_in_by_a_program_becomes_the_canvas(drawn: Session, mode: str) -> None:
    drawn.say("", images=[Image.new(mode, CANVAS)])
    assert drawn.picture is not None
    assert drawn.picture.mode in ("RGB", "RGBA")


def test_painting_on_a_picture_that_was_handed_in_or_out_changes_nothing_kept(
    studio: Studio, session: Session
) -> None:
    handed_in = photo()
    session.say("", images=[handed_in])
    kept = handed_in.tobytes()
    ImageDraw.Draw(handed_in).rectangle((0, 0, 40, 40), fill="red")
    assert session.picture is not None
    assert session.picture.tobytes() == kept
    ImageDraw.Draw(session.picture).rectangle((0, 0, 40, 40), fill="red")
    assert session.picture.tobytes() == kept
    assert studio.store.verify() == ()


# --- what the model or the folder does not take ------------------------------------------------------------


def test_what_the_model_cannot_draw_is_refused(drawn: Session) -> None:
    with refused(drawn, CannotDo, "impossible"):
        drawn.say("make it impossible")


def test_a_full_disk_is_refused_and_the_same_words_work_when_there_is_room(drawn: Session) -> None:
    resource = pytest.importorskip("resource", reason="limits on files are a thing of Unix")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    large = photo((300, 200))
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with refused(drawn, DiskFull, "no room left", "free some space"):
            drawn.say("", images=[large])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    version = drawn.say("", images=[large])
    assert version is not None
    assert drawn.image(version.id).tobytes() == large.tobytes()


def test_a_damaged_database_refuses_every_change_and_shows_what_it_has(tmp_path: Path) -> None:
    studio = Studio(tmp_path, model="swatch")
    studio.open("harbour").say("", images=[photo()])
    studio.close()
    (tmp_path / "studio.db").write_bytes(b"not a database at all" * 500)
    damaged = Studio(tmp_path, model="swatch")
    assert "1 picture" in (damaged.store.damage or "")
    for change in (lambda: damaged.open("harbour"), lambda: damaged.create("another")):
        with pytest.raises(Damaged, match="for reading only"):
            change()
    damaged.close()


def test_a_session_that_another_program_changed_meanwhile_is_refused_once_and_then_goes_on(
    studio: Studio, drawn: Session
) -> None:
    other = Studio(studio.store.folder, model="swatch")
    theirs = other.open("harbour")
    assert theirs.timeline == drawn.timeline
    drawn.say("make it red")
    with pytest.raises(StudioError, match="changed by another"):
        theirs.say("make it blue")
    assert theirs.say("make it blue") is not None
    assert [turn.ask.text for turn in other.open("harbour").turns[-2:]] == ["make it red", "make it blue"]
    other.close()


# --- the same over the API that queues ---------------------------------------------------------------------

BAD: dict[str, tuple[Callable[[Studio, str], object], str]] = {
    "empty": (lambda s, key: s.say(key, ""), "Say what to draw"),
    "endless": (lambda s, key: s.say(key, "a" * 100_000), "at most 4,000"),
    "mask": (lambda s, key: s.say(key, "a tree", mask=Image.new("L", (3, 3), 255)), "3 x 3"),
    "version": (lambda s, key: s.say(key, "a tree", at="nowhere"), "no version 'nowhere'"),
    "turn": (lambda s, key: s.revise(key, "t99", text="a tree"), "no turn 't99'"),
    "model": (lambda s, key: s.say(key, "make it impossible"), "swatch cannot draw"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_job_that_is_refused_fails_with_the_same_sentence_and_the_next_one_runs(
    studio: Studio, drawn: Session, kind: str
) -> None:
    ask, words = BAD[kind]
    before = drawn.timeline
    job = ask(studio, drawn.key)
    assert job.wait(20)
    assert job.state == "failed"
    assert words in (job.error or "")
    assert drawn.timeline == before
    well = studio.say(drawn.key, "make it day")
    assert well.wait(20)
    assert well.state == "done"


@pytest.mark.parametrize("name", ["", " \n", "\x00", "x" * 81])
def test_a_session_s_name_is_one_short_line(studio: Studio, name: str) -> None:
    with pytest.raises(BadInput, match="name has 1 to 80 letters"):
        studio.open(name)
