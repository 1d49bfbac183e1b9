"""Selecting, following and judging on the page, with a model that sees one thing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from tests.seer import MISSED, Seer
from tests.site import Site, launched

pytest_plugins = ("tests.browser",)
pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")]

STATE = "PentimentoCanvas.main.state()"
SHOTS = os.environ.get("SHOTS")  # a folder to keep pictures of the page in, for whoever wants to look


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from launched(tmp_path_factory.mktemp("studio"), Seer())


@pytest.fixture
def page(site: Site, open_page: Callable[..., Any]) -> Any:
    """A session with one picture: a black box above the middle, half as wide and a quarter as high."""
    key, _ = site.draw("a box, 512x256")
    page = open_page(f"{site.url}/?s={key}")
    page.set_default_timeout(120_000)
    page.wait_for_function(f"window.PentimentoCanvas?.main && {STATE}.ready")
    return page


def shot(page: Any, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png")


def click(page: Any, x: float, y: float, **how: Any) -> None:
    """On the picture, in shares of it."""
    rect = page.evaluate(f"{STATE}.rect")
    page.mouse.move(rect["left"] + rect["width"] * x, rect["top"] + rect["height"] * y)
    for key in how.get("modifiers", ()):
        page.keyboard.down(key)
    page.mouse.down()
    page.mouse.up()
    for key in how.get("modifiers", ()):
        page.keyboard.up(key)


def painted(page: Any, pixels: int) -> None:
    page.wait_for_function(f"{STATE}.painted === {pixels}")


def send(page: Any, words: str) -> None:
    page.locator("#message textarea").fill(words)
    page.locator("#message textarea").press("Enter")


def attach(page: Any, tmp_path: Path, color: str, count: int) -> None:
    """One more picture in the message box."""
    picture = Image.new("RGB", (160, 120), "white")
    ImageDraw.Draw(picture).ellipse((30, 10, 130, 110), fill=color)
    picture.save(tmp_path / f"{color}.png")
    page.locator("#message input[type=file]").set_input_files(tmp_path / f"{color}.png")
    page.wait_for_function(f"document.querySelectorAll('#message .thumbnail-item').length === {count}")


WHOLE, BOX = 512 * 256, 257 * 65  # a drawn rectangle has its last row and column


def test_a_click_selects_the_thing_and_shift_adds_another(page: Any) -> None:
    page.locator("#canvas .pc-stage").focus()
    page.keyboard.press("w")
    assert page.evaluate(f"{STATE}.tool") == "select"
    click(page, 0.5, 0.4)
    painted(page, BOX)
    shot(page, "select")
    click(page, 0.1, 0.9)
    painted(page, WHOLE - BOX)
    click(page, 0.5, 0.4, modifiers=["Shift"])
    painted(page, WHOLE)
    click(page, 0.5, 0.4, modifiers=["Alt"])
    painted(page, WHOLE - BOX)
    for left in (WHOLE, WHOLE - BOX, BOX, 0):
        page.keyboard.press("Control+z")
        painted(page, left)
    page.keyboard.press("Control+y")
    painted(page, BOX)


def test_words_select_too_and_what_they_do_not_find_is_said(page: Any) -> None:
    send(page, "select the box")
    painted(page, 256 * 64)
    page.wait_for_function(
        "document.querySelector('.pm-status .text').textContent.includes('Selected the box')"
    )
    assert page.locator("#notebook .user-row").count() == 1, "nothing was drawn"
    shot(page, "select-words")
    send(page, "make it red")
    page.wait_for_function("document.querySelectorAll('.pt-node').length === 2")
    assert page.locator("#notebook .marks img").count() == 1, "the mask went along"
    send(page, "select the cat")
    page.wait_for_selector("#notebook .cell.failed")
    assert "I do not see “the cat”" in page.locator("#notebook .cell.failed").inner_text()


def test_three_pictures_are_handed_in_taken_out_and_followed(page: Any, site: Site, tmp_path: Path) -> None:
    for count, color in enumerate(("red", "green", "blue", "orange"), start=1):
        attach(page, tmp_path, color, count)
    shot(page, "references-box")
    page.locator("#message .thumbnail-item").nth(1).hover()
    page.locator("#message .thumbnail-item").nth(1).locator("button").click()
    page.wait_for_function("document.querySelectorAll('#message .thumbnail-item').length === 3")
    send(page, "these on a beach")
    page.wait_for_function("document.querySelectorAll('.pt-node').length === 2")
    page.wait_for_function("document.querySelectorAll('#notebook .marks img').length === 3")
    shot(page, "references")
    session = site.studio.session(page.evaluate("Pentimento.state().key"))
    assert session.head is not None
    assert len(session.head.turn.plan.steps[0].inputs) == 3


def test_the_cell_says_what_the_model_misses_in_its_own_picture(page: Any) -> None:
    send(page, "new picture: two boxes")
    page.wait_for_selector("#notebook .cell .missed")
    assert page.locator("#notebook .cell .missed").inner_text() == MISSED
    page.locator("#notebook .cell.here summary").click()
    assert MISSED in page.locator("#notebook .cell.here .receipt dl").inner_text()
    shot(page, "missed")
