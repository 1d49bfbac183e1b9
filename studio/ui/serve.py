"""What the page needs from the server beside Gradio's own routes.

Static files, pictures and previews of one session, the pulse a page follows its session by, exports, and
the list of sessions a browser may open. A session's key is the capability: who has it may read the session,
who has not gets "not found". With a sign-in, it is asked for first, the same as for Gradio's routes.
Nothing a client sends is ever used as a path: static names come from a table made at start, pictures from
the session.
"""

from __future__ import annotations

import io
import json
import mimetypes
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any

from anyio import to_thread
from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from studio.api import Studio
from studio.errors import BadInput
from studio.images import runs_from_mask, to_png
from studio.jobs import Job
from studio.store import Entry
from studio.ui import choosing
from studio.ui.assets import STATIC
from studio.ui.guard import MEGA, Doors, answers

WIDTHS = (96, 192, 384, 768, 1536)  # pictures are served at these widths, or whole
FOREVER = "private, max-age=31536000, immutable"

# ---------------------------------------------------------------- static files


def static_files() -> dict[str, tuple[bytes, str]]:
    """Every file of the page, read once: name -> (bytes, type)."""
    names = sorted(path for path in STATIC.iterdir() if path.is_file())
    return {path.name: (path.read_bytes(), _type_of(path.name)) for path in names}


def _type_of(name: str) -> str:
    kind = {".js": "text/javascript", ".css": "text/css"}.get(Path(name).suffix)
    return kind or mimetypes.guess_type(name)[0] or "application/octet-stream"


# ---------------------------------------------------------------- pictures


@dataclass
class Shelf:
    """Encoded pictures within a limit of bytes; the longest unused go first."""

    limit: int = 96 * MEGA
    held: int = 0
    kept: OrderedDict[tuple[str, str, int], bytes] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    def get(self, address: tuple[str, str, int], make: Callable[[], bytes]) -> bytes:
        with self.lock:
            if address in self.kept:
                self.kept.move_to_end(address)
                return self.kept[address]
        data = make()
        with self.lock:
            self.held += len(data) - len(self.kept.pop(address, b""))
            self.kept[address] = data
            while self.held > self.limit and self.kept:
                self.held -= len(self.kept.popitem(last=False)[1])
        return data


def shown_at(image: Image.Image, width: int) -> bytes:
    """The picture as WebP, at most `width` wide (0: whole): for looking at, the session's is lossless."""
    if image.mode not in {"RGB", "RGBA"}:
        image = image.convert("RGB")
    if 0 < width < image.width:
        size = (width, max(1, round(image.height * width / image.width)))
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    out = io.BytesIO()
    image.save(out, "WEBP", quality=92 if width == 0 or width > 384 else 86, method=2)
    return out.getvalue()


def width_of(text: str | None) -> int:
    """The served width that is enough for the wanted one; 0 means whole."""
    if not text or not text.isdigit() or len(text) > 5:
        return 0
    wanted = int(text)
    return next((width for width in WIDTHS if width >= wanted), 0)


def _whole(text: str | None) -> int:
    """A number of pixels out of an address."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 6:
        raise BadInput("Say which pixel, by x and y.")
    return int(text)


# ---------------------------------------------------------------- the routes


@dataclass
class Desk:
    """The endpoints, over one studio."""

    studio: Studio
    doors: Doors
    shelf: Shelf = field(default_factory=Shelf)
    files: dict[str, tuple[bytes, str]] = field(default_factory=static_files)

    async def static(self, request: Request) -> Response:
        found = self.files.get(request.path_params["name"])
        if found is None:
            return PlainTextResponse("There is no such file.", 404)
        return Response(
            found[0], media_type=found[1], headers={"Cache-Control": "max-age=31536000, immutable"}
        )

    async def picture(self, request: Request) -> Response:
        key, digest = request.path_params["key"], request.path_params["digest"]
        width = width_of(request.query_params.get("w"))

        def make() -> bytes:
            return shown_at(self.studio.image(key, digest), width)

        data = await to_thread.run_sync(self.shelf.get, (key, digest, width), make)
        return Response(data, media_type="image/webp", headers={"Cache-Control": FOREVER})

    async def original(self, request: Request) -> Response:
        key, digest = request.path_params["key"], request.path_params["digest"]
        image = await to_thread.run_sync(self.studio.image, key, digest)
        data = await to_thread.run_sync(to_png, image)
        return Response(data, media_type="image/png", headers={"Cache-Control": FOREVER})

    async def preview(self, request: Request) -> Response:
        key, wanted = request.path_params["key"], request.path_params["name"]
        job = self.studio.job(key)
        name, _, index = wanted.rpartition("-")
        events = job.events if job is not None and job.id == name and index.isdigit() else ()
        data = events[int(index)].preview if index.isdigit() and int(index) < len(events) else None
        if data is None:
            return PlainTextResponse("That preview is gone.", 404)
        return Response(data, media_type="image/webp", headers={"Cache-Control": FOREVER})

    async def select(self, request: Request) -> Response:
        """The mask of the thing at a pixel of a version, as run lengths."""
        key, version = request.path_params["key"], request.path_params["version"]
        point = _whole(request.query_params.get("x")), _whole(request.query_params.get("y"))

        def make() -> dict[str, object]:
            return runs_from_mask(self.studio.select(key, point=point, at=version))

        return JSONResponse(await to_thread.run_sync(make), headers={"Cache-Control": "no-store"})

    async def pulse(self, request: Request) -> Response:
        key = request.path_params["key"]
        body = await to_thread.run_sync(pulse, self.studio, key)
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    async def export(self, request: Request) -> Response:
        key, kind = request.path_params["key"], request.path_params["kind"]
        name, data = await to_thread.run_sync(self.studio.export, key, kind)
        safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in name)
        headers = {"Content-Disposition": f'attachment; filename="{safe}"', "Cache-Control": "no-store"}
        return Response(data, media_type="application/octet-stream", headers=headers)

    async def sessions(self, request: Request) -> Response:
        keys = _keys(await request.body())
        rows = await to_thread.run_sync(sessions, self.studio, keys, self.doors.private)
        return JSONResponse(rows, headers={"Cache-Control": "no-store"})


def _keys(body: bytes) -> list[str]:
    """The session keys a browser says it knows."""
    try:
        told = json.loads(body)
    except ValueError:
        return []
    return [key for key in told if isinstance(key, str)][:200] if isinstance(told, list) else []


def preview_url(key: str, job: Job) -> str | None:
    """The address of the newest preview of a running job."""
    newest = next((i for i in range(len(job.events) - 1, -1, -1) if job.events[i].preview), None)
    return None if newest is None else f"studio/preview/{key}/{job.id}-{newest}.webp"


def picture_url(key: str, digest: str, width: int = 0) -> str:
    """The address of a picture of a session, relative to the page."""
    return f"studio/picture/{key}/{digest}.webp" + (f"?w={width}" if width else "")


def select_url(key: str, version: str) -> str:
    """The address that tells what is at a pixel of a version; the page adds x and y."""
    return f"studio/select/{key}/{version}"


def original_url(key: str, digest: str) -> str:
    """The address of a picture with every pixel as it is."""
    return f"studio/picture/{key}/{digest}.png"


def pulse(studio: Studio, key: str) -> dict[str, Any]:
    """What a page looks at a few times a second: has anything changed, and how far is the job."""
    session = studio.session(key)
    job = studio.job(key)
    return {
        "revision": session.revision,
        "job": None if job is None else _progress(key, job),
        "model": studio.state(),
    }


def _progress(key: str, job: Job) -> dict[str, Any]:
    active = job.drawing
    last = next((event for event in reversed(job.events) if event.kind == "progress"), None)
    turn = next((event for event in reversed(job.events) if event.kind == "turn"), None)
    return {
        "id": job.id,
        "state": job.state,
        "verb": job.verb,
        "position": job.position if active else 0,
        "reply": turn.text if turn else "",
        "turn": turn.turn if turn else 0,
        "turns": turn.turns if turn else 0,
        "step": last.step if last and turn and last.turn == turn.turn else 0,
        "steps": last.steps if last and turn and last.turn == turn.turn else 0,
        "preview": preview_url(key, job) if active else None,
    }


def sessions(studio: Studio, known: Iterable[str], private: bool) -> list[dict[str, Any]]:
    """What a visitor may open: the whole folder if the studio is theirs alone, else what they know."""
    wanted = set(known)
    rows = (_entry(entry) for entry in studio.list() if private or entry.key in wanted)
    return list(islice(rows, 60))


def _entry(entry: Entry) -> dict[str, Any]:
    cover = picture_url(entry.key, entry.cover, 96) if entry.cover else None
    return {"key": entry.key, "name": entry.name, "pictures": entry.pictures, "cover": cover}


def routes(studio: Studio, doors: Doors) -> list[Route]:
    """Our own routes, to be matched before Gradio's."""
    desk = Desk(studio, doors)
    return [
        Route("/studio/static/{name}", desk.static),
        Route("/studio/picture/{key}/{digest}.webp", answers(desk.picture)),
        Route("/studio/picture/{key}/{digest}.png", answers(desk.original)),
        Route("/studio/preview/{key}/{name}.webp", answers(desk.preview)),
        Route("/studio/select/{key}/{version}", answers(desk.select)),
        Route("/studio/pulse/{key}", answers(desk.pulse)),
        Route("/studio/export/{key}/{kind}", answers(desk.export)),
        Route("/studio/sessions", answers(desk.sessions), methods=["POST"]),
        *choosing.routes(studio, doors),
    ]
