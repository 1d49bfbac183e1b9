"""A running studio for the tests of the page: `launched` in this process, or `started` as `app.py`."""

from __future__ import annotations

import gc
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.middleware import Middleware

from studio import Studio
from studio.models import ImageModel
from studio.models.opening import Here
from studio.ui.guard import Doors, Guard
from studio.ui.page import build, launch_settings
from studio.ui.serve import routes

APP = Path(__file__).parents[1] / "app.py"
PATIENCE = 300.0  # seconds for a program to be up on a busy machine


@dataclass
class Site:
    """A running studio."""

    url: str
    studio: Studio

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=headers)

    def post(self, path: str, content: bytes = b"", **headers: str) -> httpx.Response:
        return httpx.post(self.url + path, content=content, headers=headers)

    def draw(self, words: str) -> tuple[str, str]:
        """A session with one picture: its key, and the picture's digest."""
        key = self.studio.create()
        assert self.studio.say(key, words).wait(60)
        head = self.studio.session(key).head
        assert head is not None
        assert head.image is not None
        return key, head.image


def launched(
    folder: Path,
    model: str | ImageModel = "swatch",
    *,
    here: Callable[[], Here] = Here.usual,
    shared: bool = False,
    **settings: Any,
) -> Iterator[Site]:
    """The page in this process, so that a test can look behind it; as if it were `shared` by a link."""
    studio = Studio(folder, model, here=here)
    doors = Doors.of("127.0.0.1", shared)
    demo = build(studio, doors)
    app = {"routes": routes(studio, doors), "middleware": [Middleware(Guard, doors=doors)]}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    demo.launch(server_port=port, prevent_thread_lock=True, app_kwargs=app, **launch_settings(), **settings)
    yield Site(f"http://127.0.0.1:{port}", studio)
    demo.close(verbose=False)
    studio.close()
    with warnings.catch_warnings():  # what the server leaves open in its own thread is collected here, unseen
        warnings.simplefilter("ignore", ResourceWarning)
        del demo, app
        gc.collect()


def started(folder: Path, *arguments: str) -> Iterator[str]:
    """`python app.py` as people start it; its address once it answers."""
    port = free_port()
    command = [sys.executable, str(APP), "--port", str(port), "--folder", str(folder), *arguments]
    url = f"http://127.0.0.1:{port}/"
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as program:
        try:
            _await(url, program, folder / "log")
            yield url
        finally:
            program.send_signal(signal.SIGINT)
            try:
                program.wait(20)
            except subprocess.TimeoutExpired:
                program.kill()


def _await(url: str, program: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert program.poll() is None, log.read_text()
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"app.py did not answer within {PATIENCE:.0f} s:\n{log.read_text()}")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
