"""The page in a real browser, on `app.py` as people start it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.models.swatch import Swatch
from tests.site import Site, launched, started

pytest_plugins = ("tests.browser",)
pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")]

Open = Callable[..., Any]
READY = "document.body.classList.contains('pm-ready')"
WEIGHTS = list((Path(__file__).parents[1] / "studio/models/pocket").rglob("*.safetensors"))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The program, with the model that paints flat colours."""
    yield from started(tmp_path_factory.mktemp("studio"), "--model", "swatch")


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A studio whose pictures take about two seconds, in four steps."""
    yield from launched(tmp_path_factory.mktemp("slow"), Swatch(pause=0.5))


class Sheet:
    """A page of the studio, and what a person does with it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        page.set_default_timeout(120_000)  # on a busy machine
        page.wait_for_function(READY)

    def new(self) -> Sheet:
        """Turn to a session in which nothing happened."""
        before = self.key
        self.page.get_by_role("button", name="New session").click()
        self.page.wait_for_function(
            f"Pentimento.state().key !== '{before}' || !document.querySelector('.pt-node')"
        )
        return self

    @property
    def key(self) -> str:
        return str(self.page.evaluate("Pentimento.state().key"))

    @property
    def box(self) -> Any:
        return self.page.locator("#message textarea")

    def type(self, words: str) -> None:
        self.box.fill(words)
        self.box.press("Enter")

    def say(self, words: str) -> None:
        """Send the words, and wait until they have come to a picture that is on the canvas."""
        nodes = self.nodes
        self.type(words)
        self.wait(nodes + 1)

    def wait(self, nodes: int) -> None:
        self.page.wait_for_function(
            f"document.querySelectorAll('.pt-node').length === {nodes} && !Pentimento.state().busy"
        )
        self.page.wait_for_function(
            "PentimentoCanvas.main.state().ready && !PentimentoCanvas.main.state().busy"
        )

    @property
    def nodes(self) -> int:
        return int(self.page.locator(".pt-node").count())

    @property
    def words(self) -> list[str]:
        """What the cells say."""
        shown = self.page.locator("#notebook .user-row .message-content").all_inner_texts()
        return [text.replace("\u2060", "").strip() for text in shown]

    @property
    def version(self) -> str:
        return str(self.page.evaluate("PentimentoCanvas.main.state().version"))

    def pixels(self) -> Any:
        """The canvas's picture as it is in the session."""
        picture = self.page.evaluate("PentimentoCanvas.main.value.image")
        png = self.page.request.get(self.page.url.split("?")[0] + picture.replace(".webp", ".png")).body()
        return np.asarray(Image.open(io.BytesIO(png)))

    def paint(self) -> tuple[float, float, float, float]:
        """A rectangle over the middle quarter; where, in shares of the picture."""
        rect = self.page.evaluate("PentimentoCanvas.main.state().rect")
        self.page.evaluate("PentimentoCanvas.main.setTool('rectangle')")
        mouse = self.page.mouse
        mouse.move(rect["left"] + rect["width"] * 0.25, rect["top"] + rect["height"] * 0.25)
        mouse.down()
        mouse.move(rect["left"] + rect["width"] * 0.75, rect["top"] + rect["height"] * 0.75, steps=8)
        mouse.up()
        assert self.page.evaluate("PentimentoCanvas.main.state().painted") > 0
        return 0.25, 0.25, 0.75, 0.75


@pytest.fixture
def sheet(app: str, open_page: Open) -> Sheet:
    """A new session on the program."""
    return Sheet(open_page(app)).new()


def test_the_whole_way_of_working(sheet: Sheet) -> None:
    """Draw, change, paint a mask, go back, branch, and rewrite the first turn."""
    sheet.page.get_by_role("button", name="a red apple on a green meadow").click()
    sheet.wait(1)
    first = sheet.version
    sheet.say("make it night")
    assert "night" in sheet.page.locator("#notebook .reply").last.inner_text()

    before = sheet.pixels()
    sheet.paint()
    sheet.say("a tree")
    after = sheet.pixels()
    side = after.shape[0]
    inside = slice(side * 3 // 8, side * 5 // 8)
    assert not np.array_equal(after[inside, inside], before[inside, inside])
    frame = np.ones(after.shape[:2], dtype=bool)
    frame[side // 4 - 2 : side * 3 // 4 + 2, side // 4 - 2 : side * 3 // 4 + 2] = False
    assert np.array_equal(after[frame], before[frame])

    sheet.page.locator(f".pt-node[data-id='{first}']").click()
    sheet.page.wait_for_function(f"PentimentoCanvas.main.state().version === '{first}'")
    assert sheet.words == ["a red apple on a green meadow", "make it night", "a tree"]
    assert sheet.page.locator("#notebook .cell.ahead").count() == 2
    sheet.say("add a dog")
    assert sheet.words == ["a red apple on a green meadow", "add a dog"]
    assert sheet.page.locator(".pt-pill").count() == 2

    sheet.page.locator(".pt-pill", has_text="main").click()
    sheet.page.wait_for_function("document.querySelectorAll('#notebook .user-row').length === 3")
    nodes = sheet.nodes
    edit(sheet, 0, "a green pear on a table")
    sheet.wait(nodes + 3)
    assert sheet.words == ["a green pear on a table", "make it night", "a tree"]


def edit(sheet: Sheet, cell: int, words: str) -> None:
    """Change the words of a cell in place."""
    row = sheet.page.locator("#notebook .user-row").nth(cell)
    row.hover()
    row.get_by_role("button", name="Edit").click()
    row.locator("textarea").fill(words)
    row.locator("textarea").press("Enter")


def test_undo_and_redo_by_keyboard(sheet: Sheet) -> None:
    sheet.say("a red apple")
    sheet.say("make it night")
    tip = sheet.version
    sheet.page.locator("#canvas .pc-stage").focus()
    sheet.page.keyboard.press("Control+z")
    sheet.page.wait_for_function(f"PentimentoCanvas.main.state().version !== '{tip}'")
    assert sheet.words == ["a red apple"]
    sheet.page.keyboard.press("Control+y")
    sheet.page.wait_for_function(f"PentimentoCanvas.main.state().version === '{tip}'")
    sheet.page.keyboard.press("/")
    assert sheet.page.evaluate("document.activeElement.closest('#message') !== null")


def test_takes_are_chosen_in_the_notebook(sheet: Sheet) -> None:
    sheet.say("a red apple")
    sheet.say("four variations")
    takes = sheet.page.locator("#notebook .takes .thumb")
    assert takes.count() == 4
    before = sheet.pixels()
    takes.nth(2).click()
    sheet.page.wait_for_selector("#notebook .takes .thumb[data-take='2'][aria-pressed='true']")
    sheet.page.wait_for_function("!PentimentoCanvas.main.state().busy")
    assert not np.array_equal(sheet.pixels(), before)


def test_a_cell_is_drawn_again_and_taken_out(sheet: Sheet) -> None:
    sheet.say("a red apple")
    sheet.say("make it night")
    cell = sheet.page.locator("#notebook .bot-row").first
    cell.hover()
    cell.get_by_role("button", name="Draw again").click()
    sheet.wait(4)
    sheet.page.locator("#notebook .bot-row").nth(1).hover()
    sheet.page.locator("#notebook .bot-row").nth(1).get_by_role("button", name="Take this cell out").click()
    sheet.page.wait_for_function("document.querySelectorAll('#notebook .user-row').length === 1")
    assert sheet.words == ["a red apple"]


HOSTILE = (
    "<img src=http://evil.example/a.png onerror=alert(1)>",
    "![x](http://evil.example/a.png) ${alert(1)} {{x}} `b`",
    "<script>alert(1)</script> &lt;b&gt; *a* **b**",
)


def test_words_are_shown_as_they_were_typed(sheet: Sheet) -> None:
    """No request leaves and no script runs: `open_page` fails the test on either."""
    sheet.page.evaluate("() => { window.alert = () => console.error('a script ran') }")
    for words in HOSTILE:
        sheet.say(words)
    sheet.page.wait_for_timeout(300)
    assert tuple(sheet.words) == HOSTILE
    assert (
        sheet.page.locator("#notebook .message-content img, #notebook .message-content script").count() == 0
    )
    row = sheet.page.locator("#notebook .user-row").last
    row.hover()
    row.get_by_role("button", name="Edit").click()
    assert row.locator("textarea").input_value().replace("\u2060", "") == HOSTILE[-1]


def test_what_cannot_be_drawn_is_said_and_the_words_are_kept(sheet: Sheet) -> None:
    sheet.say("a red apple")
    sheet.type("impossible")
    sheet.page.wait_for_selector("#notebook .cell.failed")
    assert "cannot draw" in sheet.page.locator("#notebook .cell.failed").inner_text()
    sheet.page.wait_for_function("document.querySelector('#message textarea').value === 'impossible'")
    assert sheet.nodes == 1
    sheet.say("make it night")
    assert sheet.page.locator("#notebook .cell.failed").count() == 0


def test_an_uploaded_picture_becomes_the_canvas(sheet: Sheet, tmp_path: Path) -> None:
    photo = Image.linear_gradient("L").resize((320, 200)).convert("RGB")
    photo.save(tmp_path / "photo.png")
    sheet.page.locator("#message input[type=file]").set_input_files(tmp_path / "photo.png")
    sheet.page.wait_for_selector("#message .thumbnail-item")
    sheet.page.locator("#message .submit-button").click()
    sheet.wait(1)
    assert np.array_equal(sheet.pixels(), np.asarray(photo))
    assert sheet.page.locator("#panels .shelf .thumb").count() == 1


def test_an_upload_that_is_no_picture_is_refused_with_a_sentence(sheet: Sheet, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    sheet.page.locator("#message input[type=file]").set_input_files(tmp_path / "photo.png")
    sheet.page.wait_for_selector("#message .thumbnail-item")
    sheet.page.locator("#message .submit-button").click()
    sheet.page.wait_for_selector("#notebook .cell.failed")
    assert "photo.png" in sheet.page.locator("#notebook .cell.failed").inner_text()
    assert sheet.page.locator("#message .thumbnail-item").count() == 1
    assert sheet.nodes == 0


def test_sessions_are_named_listed_and_opened(app: str, sheet: Sheet) -> None:
    sheet.say("a red apple")
    first = sheet.key
    name = sheet.page.get_by_label("Name of this session")
    assert name.input_value() == "a red apple"
    name.fill("Harbour")
    name.press("Enter")
    sheet.page.wait_for_function("document.title.startsWith('Harbour')")
    sheet.new().say("a green pear")
    sheet.page.get_by_role("button", name="Sessions").click()
    sheet.page.get_by_role("menuitem", name=re.compile("Harbour")).click()
    sheet.page.wait_for_function(f"Pentimento.state().key === '{first}'")
    assert sheet.words == ["a red apple"]
    assert f"s={first}" in sheet.page.url
    sheet.page.go_back()
    sheet.page.wait_for_function(f"Pentimento.state().key !== '{first}'")


def test_a_link_to_nowhere_opens_a_new_session(app: str, open_page: Open) -> None:
    sheet = Sheet(open_page(app + "?s=nothing-of-ours"))
    assert "not in this studio" in sheet.page.locator("#notebook .cell.failed").inner_text()
    assert "nothing-of-ours" not in sheet.page.url


def test_two_browsers_do_not_see_each_other(app: str, open_page: Open) -> None:
    ann, bob = Sheet(open_page(app)).new(), None
    ann.say("a red apple")
    bob = Sheet(open_page(app)).new()
    assert bob.key != ann.key
    assert bob.words == []
    bob.say("a green pear")
    assert ann.words == ["a red apple"]


# ---- while it is being drawn


def test_a_step_is_followed_stopped_and_said_again(slow: Site, open_page: Open) -> None:
    sheet = Sheet(open_page(slow.url)).new()
    sheet.type("a red apple")
    sheet.page.wait_for_function(
        "/tep [123] of 4/.test(document.querySelector('.pm-status .text').textContent)"
    )
    assert sheet.words == ["a red apple"]
    assert "/studio/preview/" in sheet.page.evaluate("PentimentoCanvas.main.state().preview")
    assert not sheet.page.locator("#message .submit-button").is_visible()
    sheet.page.locator("#message .stop-button").click()
    sheet.page.wait_for_function("!Pentimento.state().busy")
    assert sheet.nodes == 0
    sheet.page.wait_for_function("document.querySelector('#message textarea').value === 'a red apple'")
    sheet.box.press("Enter")
    sheet.wait(1)


def test_a_reload_finds_the_running_step(slow: Site, open_page: Open) -> None:
    sheet = Sheet(open_page(slow.url)).new()
    sheet.say("a red apple")
    sheet.type("make it night")
    sheet.page.wait_for_function(
        "/tep [123] of 4/.test(document.querySelector('.pm-status .text').textContent)"
    )
    sheet.page.reload()
    again = Sheet(sheet.page)
    assert again.words == ["a red apple", "make it night"]
    again.wait(2)


def test_a_second_message_waits_in_the_box(slow: Site, open_page: Open) -> None:
    sheet = Sheet(open_page(slow.url)).new()
    sheet.type("a red apple")
    sheet.page.wait_for_function(
        "Pentimento.state().busy && !document.querySelector('#message textarea').value"
    )
    sheet.type("make it night")
    sheet.page.wait_for_function("document.querySelector('.pm-status .text').textContent.includes('kept')")
    assert sheet.box.input_value() == "make it night"
    sheet.wait(1)
    assert sheet.box.input_value() == "make it night"


def test_two_tabs_agree(slow: Site, open_page: Open) -> None:
    one = Sheet(open_page(slow.url)).new()
    one.say("a red apple")
    two = Sheet(open_page(slow.url + "/?s=" + one.key))
    assert two.words == ["a red apple"]
    one.type("make it night")
    two.wait(2)
    assert two.words == one.words == ["a red apple", "make it night"]
    assert two.version == one.version


# ---- how it is laid out


SIZES = ((1440, 900), (1024, 768), (390, 844))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_everything_fits_without_scrolling(
    app: str, open_page: Open, size: tuple[int, int], theme: str
) -> None:
    width, height = size
    sheet = Sheet(open_page(f"{app}?__theme={theme}", viewport={"width": width, "height": height})).new()
    sheet.say("a red apple")
    page = sheet.page
    assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
        *size
    ]
    for part in ("#bar", "#notebook", "#message", "#canvas .pc-stage"):
        box = page.locator(part).bounding_box()
        assert box["width"] > 100 and box["height"] > 30, part
        assert box["x"] >= 0 and box["x"] + box["width"] <= width + 1, part
        assert box["y"] >= 0 and box["y"] + box["height"] <= height + 1, part
    assert page.evaluate("document.body.classList.contains('dark')") == (theme == "dark")


def test_every_button_says_what_it_does(sheet: Sheet) -> None:
    sheet.say("a red apple")
    nameless = sheet.page.evaluate(
        """[...document.querySelectorAll('#studio button, #studio a[href], #studio input, #studio textarea')]
        .filter((e) => e.checkVisibility() && !(e.ariaLabel || e.title || e.textContent.trim()
            || e.placeholder || e.labels?.length || e.querySelector('img[alt]')))
        .map((e) => e.outerHTML.slice(0, 120))"""
    )
    assert nameless == []


@pytest.mark.slow
@pytest.mark.skipif(not WEIGHTS, reason="The embedded model has no weights here yet.")
def test_the_embedded_model_draws(tmp_path: Path, open_page: Open) -> None:
    running = started(tmp_path)
    sheet = Sheet(open_page(next(running))).new()
    sheet.say("a red apple on a green meadow")
    first = sheet.pixels()
    sheet.say("make it night")
    assert first.std() > 20
    assert sheet.pixels().mean() < first.mean()
    sheet.page.close()  # before its server: a page that lost it says so in the console
    running.close()
