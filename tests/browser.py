"""A real browser for the tests of the page: an installed Chromium, driven by Playwright.

Use the fixtures with `pytest_plugins = ("tests.browser",)`, without importing from here. Without a Chromium
these tests skip with one line, except where CI is true: there they fail. A page fails its test when it logs
an error or asks any other host for anything.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from studio.ui.assets import STATIC

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PATIENCE = 90_000  # ms; a machine that trains a model at the same time takes its time to load a page
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
NONE = "No Chromium found: install Debian's `chromium`, or run `playwright install chromium`."


def find_chromium(playwright: Any) -> str | None:
    """Where an installed Chromium is: one on the PATH, or Playwright's own."""
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    own = playwright.chromium.executable_path
    return on_path or (own if Path(own).exists() else None)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser without windows, for the tests of one file."""
    with sync_api.sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NONE)
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """`open_page(url, **context)` opens a page in a fresh profile, and judges it when the test ends."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def open_page(url: str, **context: Any) -> Any:
        context = {"viewport": {"width": 1440, "height": 900}, **context}
        contexts.append(chromium.new_context(**context))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: _check_host(request.url, url, wrong))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong, "\n".join(wrong)


def _check_host(asked: str, page: str, wrong: list[str]) -> None:
    to, own = urlsplit(asked), urlsplit(page)
    if to.scheme in ("http", "https", "ws", "wss") and to.netloc != own.netloc:
        wrong.append(f"a foreign host was asked: {asked}")


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[..., str]]:
    """`serve(build, pictures)` serves the throwaway app `build(pictures)`, the components' scripts, and the
    pictures under `studio/picture`, in a process of its own, and returns the address once it answers. `build`
    is a function of the test's module, so that the other process can find it. With a `path` the app is
    mounted there, as part of a larger one, and the address is of a page that shows it in a frame."""
    children: list[Any] = []

    def serve(build: Callable[[Path], gr.Blocks], pictures: Path, path: str = "") -> str:
        spawn = multiprocessing.get_context("spawn")
        here, there = spawn.Pipe()
        child = spawn.Process(target=_serve, args=(build, pictures, path, there), daemon=True)
        child.start()
        children.append(child)
        assert here.poll(180), "the throwaway app did not start within three minutes"
        return str(here.recv())

    yield serve
    for child in children:
        child.terminate()
        child.join()
        child.close()


def _serve(build: Callable[[Path], gr.Blocks], pictures: Path, path: str, pipe: Any) -> None:
    own = [
        Mount(f"{path}/studio/static", StaticFiles(directory=STATIC)),
        Mount(f"{path}/studio/picture", StaticFiles(directory=pictures)),
    ]
    demo = build(pictures)
    if not path:
        pipe.send(
            demo.launch(prevent_thread_lock=True, quiet=True, app_kwargs={"routes": own}, ssr_mode=False)[1]
        )
        demo.block_thread()
    icon = '<link rel="icon" href="data:,">'
    frame = HTMLResponse(f'{icon}<iframe src="{path}/" style="width: 1200px; height: 700px"></iframe>')
    app = FastAPI(routes=[*own, Route("/", lambda request: frame)])
    gr.mount_gradio_app(app, demo, path=path)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    threading.Thread(target=_tell_port, args=(server, pipe), daemon=True).start()
    server.run()


def _tell_port(server: uvicorn.Server, pipe: Any) -> None:
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    pipe.send(f"http://127.0.0.1:{port}/")
