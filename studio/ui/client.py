"""The studio for programs, over Gradio's own API: a few typed functions, each for one session by its key.

    from gradio_client import Client
    studio = Client("http://127.0.0.1:7860")
    key = studio.predict(api_name="/new_session")
    picture, state = studio.predict(key, "a red apple on a green meadow", 7, api_name="/say")

A picture arrives as a PNG file, lossless. What cannot be done arrives as an error whose text is a sentence.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import FileData
from PIL import Image

from studio import images, uploads
from studio.api import Studio
from studio.errors import BadInput, StudioError
from studio.jobs import Job
from studio.timeline import Version

State = dict[str, Any]
Seen = tuple[FileData | None, State]
PATIENCE = 1800.0  # seconds to wait for a picture
KEPT = 256  # picture files kept for clients to fetch
DATA_URL = "data:"


class Api:
    """The functions, over one studio. Their hints and docstrings are what a client is shown."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.folder = Path(tempfile.mkdtemp(prefix="pentimento-"))
        gr.set_static_paths([self.folder])

    def new_session(self) -> str:
        """A new session's key. Who has the key may use the session."""
        return self.studio.create()

    async def say(
        self,
        session: str,
        text: str,
        seed: int | None = None,
        mask: str | None = None,
        settings: dict[str, Any] | None = None,
        controls: dict[str, str] | None = None,
    ) -> Seen:
        """Say something on the session's picture: the picture it came to, and the state.

        `mask` is a picture as a data URL, white where something may change. `settings` says how to draw:
        {"steps": 20, "guidance": 4.0, "width": 1024, "height": 768, "loras": {"ink": 0.8}}, or some of it.
        `controls` are data URLs by kind: edges, sketch, depth, pose, palette, layout.
        """
        painted = await self._do(_picture, mask, "the mask") if mask else None
        guides = {kind: await self._do(_picture, url, "a control") for kind, url in (controls or {}).items()}
        job = await self._do(
            self.studio.say, session, text, seed=seed, mask=painted, settings=settings or {}, controls=guides
        )
        return await self._come_to(job)

    async def revise(
        self, session: str, turn: str, text: str | None = None, settings: dict[str, Any] | None = None
    ) -> Seen:
        """Change a turn's words ("t2") or settings; later turns are applied again: the picture, the state."""
        job = await self._do(self.studio.revise, session, turn, text=text, settings=settings)
        return await self._come_to(job)

    async def go(self, session: str, where: str) -> Seen:
        """Look at a version (by id) or a branch (by name), "undo" or "redo": the picture, and the state."""
        verb = {"undo": self.studio.undo, "redo": self.studio.redo}.get(where)
        await (self._do(verb, session) if verb else self._do(self.studio.go, session, where))
        return await self._seen(session)

    async def select(
        self, session: str, words: str | None = None, x: int | None = None, y: int | None = None
    ) -> dict[str, Any]:
        """The mask of what the words name ("the cat"), or of the thing at a pixel: nothing is drawn.

        It is the width and height, and run lengths in base64 as the page sends them; see `mask_from_runs`.
        """
        point = None if x is None or y is None else (x, y)
        mask = await self._do(self.studio.select, session, words, point=point)
        return images.runs_from_mask(mask)

    async def see(self, session: str) -> list[dict[str, Any]]:
        """The things in the picture: name, box (left, top, right, bottom as shares 0..1), color, sure."""
        return [asdict(one) for one in await self._do(self.studio.see, session)]

    async def state(self, session: str) -> State:
        """The session: name, branch, head, and every numbered version with its words and receipt."""
        told: State = await self._do(self._state, session)
        return told

    async def _come_to(self, job: Job) -> Seen:
        waited = 0.0
        while not job.finished and waited < PATIENCE:
            await job.changed(len(job.events), 1.0)
            waited += 1.0
        if job.state != "done":
            raise gr.Error(
                job.error or "It was stopped before it was done; nothing was lost.", print_exception=False
            )
        return await self._seen(job.session)

    async def _seen(self, key: str) -> Seen:
        return await self._do(self._file, key), await self._do(self._state, key)

    async def _do(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run it in a thread; a refusal becomes the error a client is told."""
        try:
            return await asyncio.to_thread(work, *args, **kwargs)
        except StudioError as error:
            raise gr.Error(str(error), print_exception=False) from None

    def _file(self, key: str) -> FileData | None:
        """The picture on the canvas as a file a client may fetch; its name, a digest, cannot be guessed."""
        head = self.studio.session(key).head
        if head is None or head.image is None:
            return None
        path = self.folder / f"{head.image}.png"
        if not path.exists():
            self._make_room()
            path.write_bytes(images.to_png(self.studio.image(key, head.image)))
        return FileData(path=str(path), orig_name=path.name, mime_type="image/png")

    def _make_room(self) -> None:
        """Forget the files a client was told of longest ago."""
        files = sorted(self.folder.iterdir(), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - KEPT + 1)]:
            file.unlink(missing_ok=True)

    def _state(self, key: str) -> State:
        session = self.studio.session(key)
        rows = [self._row(key, row.version, row.number) for row in session.shown()]
        return {
            "name": session.name,
            "revision": session.revision,
            "branch": session.branch,
            "branches": dict(session.branches),
            "head": session.view.head,
            "turns": [
                {"id": turn.id, "text": turn.ask.text, "reply": turn.plan.reply} for turn in session.turns
            ],
            "versions": rows,
        }

    def _row(self, key: str, id: str, number: int) -> dict[str, Any]:
        session = self.studio.session(key)
        version: Version = session.timeline.version(id)
        told = {"id": id, "number": number, "parent": version.parent, "turn": version.turn.id}
        return {**told, "text": version.turn.ask.text, "receipt": dict(session.receipt(id))}


def _picture(text: str, name: str) -> Image.Image:
    """A picture out of a data URL."""
    head, _, body = text.partition(",")
    if not head.startswith(DATA_URL) or not head.endswith(";base64"):
        raise BadInput(f"{name.capitalize()} must be a data URL: data:image/png;base64,...")
    try:
        data = base64.b64decode(body, validate=True)
    except binascii.Error:
        raise BadInput(f"{name.capitalize()} is not valid base64.") from None
    return uploads.load(data, name)


def publish(studio: Studio) -> None:
    """Put the functions on the page's API, inside a `gr.Blocks`."""
    api = Api(studio)
    for function in (api.new_session, api.say, api.revise, api.go, api.select, api.see, api.state):
        gr.events.api(function, api_name=function.__name__, concurrency_limit=32)
