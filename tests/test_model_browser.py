"""The model panel in a real browser: another model, its terms, its settings, pictures to keep to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.site import Site, launched
from tests.test_model_panel import here
from tests.tiny import tiny

pytest_plugins = ("tests.browser",)
pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")]

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A studio that paints flat colours, with a tiny pipeline and a broken one in its folder."""
    folder = tmp_path_factory.mktemp("panel")
    tiny("z_image")[0].save_pretrained(folder / "models" / "my painter")
    tiny("z_image")[0].save_pretrained(folder / "models" / "broken")
    (folder / "models" / "broken" / "vae" / "config.json").write_text("{}")
    for site in launched(folder, here=lambda: here(folder)):
        site.studio.warm()
        yield site


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A studio behind a link that others have."""
    folder = tmp_path_factory.mktemp("shared")
    for site in launched(folder, here=lambda: here(folder), shared=True):
        site.studio.warm()
        yield site


class Side:
    """The page with its side open."""

    def __init__(self, page: Any) -> None:
        self.page = page
        page.set_default_timeout(120_000)
        page.wait_for_function("document.body.classList.contains('pm-ready')")
        page.get_by_role("button", name="Model, seed").click()
        page.wait_for_selector(".pm-fields")

    def draws(self, name: str) -> None:
        """Wait until that model is ready."""
        self.page.wait_for_function(
            f"document.querySelector('.pm-current').textContent === '{name}ready'"
            " && !!document.querySelector('.pm-fields')"
        )

    def choose(self, words: str) -> Any:
        """Find a model by the keyboard alone and open it; what is told of it."""
        if self.page.locator(".pm-models").is_hidden():
            self.page.locator(".pm-current").press("Enter")
        self.page.locator(".pm-models input").fill(words)
        self.page.wait_for_function(f"document.querySelector('.pm-option')?.dataset.model === '{words}'")
        self.page.locator(".pm-models input").press("ArrowDown")
        if not self.page.locator(".pm-detail").count():
            self.page.keyboard.press("Enter")
        return self.page.locator(".pm-detail")

    def say(self, words: str) -> str:
        """Say it; the receipt of what it came to."""
        nodes = self.page.locator(".pt-node").count()
        self.page.locator("#message textarea").fill(words)
        self.page.locator("#message textarea").press("Enter")
        self.page.wait_for_function(
            f"document.querySelectorAll('.pt-node').length === {nodes + 1} && !Pentimento.state().busy"
        )
        return str(self.page.locator("#notebook .receipt").last.evaluate("node => node.textContent"))

    def labels(self) -> list[str]:
        return [str(text) for text in self.page.locator(".pm-fields span").all_inner_texts()]


def test_another_model_is_chosen_and_what_is_set_reaches_the_receipt(site: Site, open_page: Open) -> None:
    side = Side(open_page(site.url))
    side.draws("swatch")
    assert side.labels() == ["Steps", "Width", "Height"]
    assert side.page.get_by_label("Steps").get_attribute("placeholder") == "4"
    assert "Steps" not in side.say("a red boat")
    side.page.get_by_label("Steps").fill("2")
    assert "Steps2" in side.say("make it night")
    told = side.choose("my painter")
    assert "it fits" in told.inner_text()
    told.get_by_role("button", name="Draw with it").click()
    side.draws("my-painter")
    assert side.labels()[:1] == ["Steps"] and side.page.get_by_label("Steps").input_value() == ""
    side.page.get_by_label("Steps").fill("1")
    side.page.get_by_label("Width").fill("64")
    side.page.get_by_label("Height").fill("64")
    receipt = side.say("new picture: a red fox")
    assert "Steps1" in receipt and "my-painter" in receipt
    side.choose("swatch").get_by_role("button", name="Draw with it").click()
    side.draws("swatch")
    assert side.page.get_by_label("Steps").input_value() == "2", "each model keeps its own"
    side.page.get_by_label("Steps").fill("many")
    side.page.locator("#message textarea").fill("make it day")
    side.page.locator("#message textarea").press("Enter")
    side.page.get_by_text("whole number from 1").wait_for()
    assert side.page.locator("#message textarea").input_value() == "make it day"


def test_terms_are_shown_before_anything_is_fetched_and_a_failure_is_a_sentence(
    site: Site, open_page: Open
) -> None:
    side = Side(open_page(site.url))
    side.draws("swatch")
    told = side.choose("dreamlite")
    assert "non-commercial use only" in told.inner_text()
    assert told.get_by_role("link", name="CC BY-NC 4.0").get_attribute("rel") == "noopener noreferrer"
    assert told.get_by_role("button", name="Fetch").count() == 0
    told.get_by_role("button", name="I accept these terms").click()
    told.get_by_role("button", name="Fetch 5 GB").click()
    side.page.locator(".pm-wrong", has_text="cannot be reached").wait_for()
    side.draws("swatch")
    side.choose("broken").get_by_role("button", name="Draw with it").click()
    side.page.locator(".pm-wrong", has_text="cannot be loaded").wait_for()
    side.draws("swatch")
    assert "Version" in side.say("a green hill")


def test_a_list_that_arrives_late_leaves_the_keyboard_where_it_was(site: Site, open_page: Open) -> None:
    side = Side(open_page(site.url))
    side.draws("swatch")
    side.page.locator(".pm-current").press("Enter")
    side.page.locator(".pm-option").first.wait_for()
    side.page.locator(".pm-models input").press("Escape")
    late: list[Any] = []
    side.page.route("**/studio/models", lambda route: late.append(route))
    side.page.locator(".pm-current").press("Enter")
    side.page.locator(".pm-models input").fill("dreamlite")
    side.page.locator(".pm-models input").press("ArrowDown")
    side.page.evaluate("document.querySelector('.pm-option').drawnBefore = true")
    while not late:
        side.page.wait_for_timeout(20)
    late.pop().continue_()
    side.page.wait_for_function("!document.querySelector('.pm-option').drawnBefore")
    side.page.keyboard.press("Enter")
    assert "non-commercial" in side.page.locator(".pm-detail").inner_text()


def test_a_picture_to_keep_to_is_taken_from_the_canvas_and_taken_away_again(
    site: Site, open_page: Open
) -> None:
    side = Side(open_page(site.url))
    side.draws("swatch")
    side.say("a red boat")
    side.page.get_by_role("button", name="Edges: from the canvas").click()
    side.page.locator(".pm-slots img").wait_for()
    assert "Kept toedges" in side.say("make it night")
    side.page.get_by_role("button", name="Edges: remove").click()
    assert "Kept to" not in side.say("make it day")


def test_who_has_only_the_link_sets_steps_and_chooses_no_model(shared: Site, open_page: Open) -> None:
    side = Side(open_page(shared.url))
    side.page.wait_for_function("document.querySelector('.pm-current').disabled")
    assert "Only who started" in str(side.page.locator(".pm-current").get_attribute("title"))
    side.page.get_by_label("Steps").fill("3")
    assert "Steps3" in side.say("a red boat")


def test_the_folded_list_is_closed_by_escape_and_nothing_found_is_said(site: Site, open_page: Open) -> None:
    side = Side(open_page(site.url, viewport={"width": 390, "height": 844}))
    side.page.locator(".pm-current").click()
    side.page.locator(".pm-models input").fill("zzz")
    side.page.get_by_text("no such model in the list").wait_for()
    side.page.locator(".pm-models input").press("Escape")
    assert side.page.locator(".pm-models").is_hidden()
    wide = side.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
