"""The timeline in a real browser: where versions lie, what is said back, keys, how little is redrawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from studio.ui.timeline import TimelineView

pytest_plugins = ("tests.browser",)
pytestmark = pytest.mark.browser

PARENTS = {1: None, 2: 1, 3: 2, 4: 3, 5: 2, 6: 5, 7: 4, 8: 2}
NASTY = "<img src=x onerror=alert(1)> ${alert(2)} {{value}}"


def graph(parents: dict[int, int | None], head: int, **more: Any) -> dict[str, Any]:
    """A history from each version's parent; the path leads to the head."""
    path = {head}
    while (parent := parents.get(min(path))) is not None:
        path.add(parent)
    nodes = [
        {
            "id": f"v{n}",
            "number": n,
            "parent": f"v{parent}" if parent else None,
            "image": f"studio/picture/{n % 8}.webp",
            "words": NASTY if n == 3 else f"words of {n}",
            "branch": None,
            "head": n == head,
            "path": n in path,
        }
        for n, parent in parents.items()
    ]
    branches = [{"name": "main", "tip": f"v{head}", "current": True}]
    return {"revision": head, "nodes": nodes, "branches": branches, "hidden": 0, **more}


BRANCHES = [
    {"name": "main", "tip": "v7", "current": True},
    {"name": "<b>fog</b>", "tip": "v8", "current": False},
    {"name": "daylight", "tip": "v6", "current": False},
]
FIRST = graph(PARENTS, 7, branches=BRANCHES, hidden=1800)


def build(pictures: Path) -> gr.Blocks:
    """An app with nothing but a timeline, which says what came back."""
    for n in range(8):
        Image.new("RGB", (192, 144), (30 * n, 90, 200 - 20 * n)).save(pictures / f"{n}.webp")
    with gr.Blocks() as demo:
        timeline = TimelineView(FIRST)  # type: ignore[arg-type]
        told = gr.Textbox(elem_id="told", interactive=True)
        gr.Button("More", elem_id="more").click(
            lambda: graph({**PARENTS, 9: 7}, 9), None, timeline, api_visibility="private"
        )
        timeline.checkout(_checkout, None, told, api_visibility="private")
        timeline.branch(_branch, None, told, api_visibility="private")
        timeline.older(lambda: "older", None, told, api_visibility="private")
    return demo


def _checkout(event: gr.EventData) -> str:
    return f"checkout {event.id}"


def _branch(event: gr.EventData) -> str:
    return f"branch {event.name}"


@pytest.fixture(scope="module")
def url(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the app above."""
    return serve(build, tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def loaded(url: str, chromium: Any) -> Iterator[tuple[Any, list[str]]]:
    """One page for all tests, and what went wrong in it."""
    page = chromium.new_page(viewport={"width": 1024, "height": 768})
    page.set_default_timeout(90_000)
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(f"a dialog: {dialog.message}"))
    page.goto(url)
    page.wait_for_function("window.PentimentoTimeline?.main")
    page.evaluate(
        "addEventListener('pentimento:compare', (event) => compared.push(event.detail)); compared = []"
    )
    yield page, wrong
    page.close()


@pytest.fixture
def page(loaded: tuple[Any, list[str]]) -> Iterator[Any]:
    """The page with the first graph, nothing hovered or focused."""
    page, wrong = loaded
    page.mouse.move(500, 700)
    page.evaluate("document.activeElement?.blur()")
    show(page, FIRST)
    page.evaluate("compared = []")
    page.locator("#told textarea").fill("")
    yield page
    assert not wrong, "\n".join(wrong)


def show(page: Any, value: dict[str, Any]) -> None:
    page.evaluate("(value) => PentimentoTimeline.main.show(value)", value)


def node(page: Any, n: int) -> Any:
    return page.locator(f".pt-node[data-id=v{n}]")


def told(page: Any, words: str) -> None:
    """Waits until Python has answered with these words."""
    page.wait_for_function(f"document.querySelector('#told textarea').value === {words!r}")


def places(page: Any, parents: dict[int, int | None]) -> list[tuple[int, int]]:
    """Column and lane of every version, in order."""
    value = graph(parents, max(parents))
    found = page.evaluate(
        "(nodes) => [...PentimentoLayout.layout(nodes).places.values()].map((p) => [p.column, p.lane])",
        value["nodes"][::-1],
    )
    return [tuple(place) for place in found]


# ---- where versions lie


def test_a_straight_history_is_one_lane(page: Any) -> None:
    assert places(page, {n: n - 1 or None for n in range(1, 6)}) == [(n, 0) for n in range(5)]


def test_a_branch_gets_a_lane_of_its_own(page: Any) -> None:
    assert places(page, PARENTS) == [(0, 0), (1, 0), (2, 0), (3, 0), (4, 1), (5, 1), (6, 0), (7, 2)]


def test_a_lane_is_used_again_once_it_is_free(page: Any) -> None:
    lanes = [lane for _, lane in places(page, {1: None, 2: 1, 3: 1, 4: 2, 5: 4, 6: 4, 7: 6})]
    assert lanes == [0, 0, 1, 0, 0, 1, 1]


def test_adding_a_version_moves_no_older_one(page: Any) -> None:
    parents = {1: None, 2: 1, 3: 1, 4: 3, 5: 2, 6: 1, 7: 6, 8: 5, 9: 2, 10: 4, 11: 10}
    whole = places(page, parents)
    for n in range(1, 11):
        assert places(page, {k: v for k, v in parents.items() if k <= n}) == whole[:n]


def test_no_edge_runs_through_another_version(page: Any) -> None:
    """An edge runs along its child's lane, from the parent's column on: no other version may lie there."""
    parents = {1: None, **{n: 1 + (n * n * 7 + 3 * n) % (n - 1) for n in range(2, 120)}}
    at = places(page, parents)
    taken = {(column, lane) for column, lane in at}
    assert len(taken) == len(at)
    for n, parent in parents.items():
        if parent:
            column, lane = at[n - 1]
            between = {(c, lane) for c in range(at[parent - 1][0] + 1, column)}
            assert not between & taken


def test_a_version_whose_parent_is_left_out_still_lies_somewhere(page: Any) -> None:
    show(page, graph({11: 3, 12: 11, 13: 4}, 12, hidden=10))
    assert page.locator(".pt-node").count() == 3
    assert page.locator(".pt-edge").count() == 3


# ---- what it says


def test_clicks_reach_python(page: Any) -> None:
    node(page, 2).click()
    told(page, "checkout v2")
    page.get_by_role("button", name="Go to branch daylight").click()
    told(page, "branch daylight")
    page.get_by_role("button", name="1800").click()
    told(page, "older")


def test_hovering_compares_and_leaving_stops(page: Any) -> None:
    node(page, 2).hover()
    assert page.evaluate("compared.at(-1)") == {"image": "studio/picture/2.webp", "number": 2, "id": "v2"}
    page.locator(".pt-tip").wait_for()
    assert page.locator(".pt-tip").text_content() == "words of 2"
    page.mouse.move(500, 700)
    page.wait_for_function("compared.at(-1).image === null")
    page.locator(".pt-tip").wait_for(state="hidden")


def test_the_version_on_the_canvas_is_not_compared_with_itself(page: Any) -> None:
    node(page, 7).hover()
    assert page.evaluate("compared") == []


def test_words_and_names_are_text(page: Any) -> None:
    node(page, 3).hover()
    page.locator(".pt-tip").wait_for()
    assert page.locator(".pt-tip").text_content() == NASTY
    assert NASTY in node(page, 3).get_attribute("aria-label")
    assert page.locator(".pt-pill", has_text="<b>fog</b>").count() == 1
    assert page.locator(".pt b, .pt-tip img").count() == 0


# ---- keys


def test_arrows_walk_the_graph_and_enter_goes_there(page: Any) -> None:
    node(page, 7).focus()
    walked = []
    for key in (
        "ArrowLeft",
        "ArrowLeft",
        "ArrowLeft",
        "ArrowRight",
        "ArrowDown",
        "ArrowDown",
        "ArrowUp",
        "End",
        "Home",
    ):
        page.keyboard.press(key)
        walked.append(page.evaluate("document.activeElement.dataset.id"))
    assert walked == ["v4", "v3", "v2", "v3", "v5", "v8", "v5", "v8", "v1"]
    assert page.evaluate("compared.at(-1).id") == "v1"
    assert page.locator(".pt-node[tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    told(page, "checkout v1")


def test_it_is_a_list_with_a_current_entry(page: Any) -> None:
    assert page.get_by_role("listbox", name="Versions").count() == 1
    assert page.get_by_role("option").count() == len(PARENTS)
    current = page.locator(".pt-node[aria-current=true]")
    assert current.get_attribute("data-id") == "v7"
    assert current.get_attribute("aria-selected") == "true"
    assert current.get_attribute("tabindex") == "0"


# ---- drawing


def test_only_what_changed_is_drawn_again(page: Any) -> None:
    changes = page.evaluate(
        """(value) => new Promise((done) => {
          const kept = [...document.querySelectorAll('.pt-node, .pt-node img')];
          const seen = [];
          new MutationObserver((all) => seen.push(...all)).observe(document.querySelector('.pt'),
            { childList: true, attributes: true, subtree: true, attributeFilter: ['src', 'd'] });
          PentimentoTimeline.main.show(value);
          setTimeout(() => done([
            seen.filter((m) => m.addedNodes.length && m.target.matches('.pt-list, .pt-lines')).length,
            seen.filter((m) => !m.target.closest('[data-id=v9]')).map((m) => m.attributeName),
            kept.every((n) => n.isConnected),
          ]), 50);
        })""",
        graph({**PARENTS, 9: 7}, 9, branches=BRANCHES, hidden=1800),
    )
    added, attributes, kept = changes
    assert kept
    assert "src" not in attributes
    assert added == 2  # the version and its edge
    assert node(page, 9).get_attribute("aria-current") == "true"


def test_a_new_value_from_python_arrives(page: Any) -> None:
    page.locator("#more").click()
    node(page, 9).wait_for()
    page.wait_for_function("PentimentoTimeline.main.state().head === 'v9'")


def test_it_scrolls_to_the_head_when_that_changes(page: Any) -> None:
    long = {n: n - 1 or None for n in range(1, 81)}
    show(page, graph(long, 80))
    inside = """() => {
      const strip = document.querySelector('.pt-strip').getBoundingClientRect();
      const head = document.querySelector('.pt-head').getBoundingClientRect();
      return head.left >= strip.left && head.right <= strip.right;
    }"""
    page.wait_for_function(inside)
    show(page, graph(long, 5))
    page.wait_for_function(inside)


def test_a_low_strip_gets_smaller_thumbnails_when_lanes_would_not_fit(page: Any) -> None:
    width = "document.querySelector('.pt-node').getBoundingClientRect().width"
    page.evaluate("document.querySelector('.pt').style.setProperty('--timeline-height', '130px')")
    show(page, graph({1: None, 2: 1, 3: 1}, 3))
    assert page.evaluate(width) == 56
    show(page, graph({1: None, 2: 1}, 2))
    assert page.evaluate(width) == 72
    page.evaluate("document.querySelector('.pt').style.removeProperty('--timeline-height')")


def test_two_hundred_versions_are_drawn_in_a_moment(page: Any) -> None:
    """The best of three rounds. The target is 50 ms; it is printed, not asserted: machines are noisy."""
    many = {1: None, **{n: n - 1 if n % 7 else n // 2 for n in range(2, 201)}}
    rounds = [
        page.evaluate(
            """([none, one, two]) => [none, one, two].map((value) => {
              const start = performance.now();
              PentimentoTimeline.main.show(value);
              document.querySelector('.pt').getBoundingClientRect();
              return performance.now() - start;
            })""",
            [{"nodes": []}, graph(many, 200), graph({**many, 201: 200}, 201)],
        )
        for _ in range(3)
    ]
    _, first, again = map(min, zip(*rounds, strict=True))
    print(f"200 versions: {first:.1f} ms; one more: {again:.1f} ms")
    assert page.locator(".pt-node").count() == 201


def test_nothing_yet_is_one_sentence(page: Any) -> None:
    show(page, {"nodes": [], "branches": [], "hidden": 0})
    assert page.locator(".pt-empty").is_visible()
    assert not page.locator(".pt-strip").is_visible()


def test_python_takes_nothing_from_it() -> None:
    assert TimelineView().preprocess({"anything": 1}) is None
