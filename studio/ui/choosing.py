"""The model panel's half on the server: what there is to choose, choosing it, and pictures to keep to.

The panel's other half is `static/model.js`. Who may choose is who started the studio: on a page that others
can come to, all may draw with the model there is, and what is fetched or loaded is not theirs to say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from anyio import to_thread
from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from studio import images, uploads
from studio.api import Studio
from studio.errors import BadInput, CannotDo, NotFound
from studio.models.choosing import FITS
from studio.models.loras import LoRA
from studio.models.opening import named_on_a_hub
from studio.ui.guard import Doors, answers

THEIRS = "Only who started this studio chooses its model. All else here can be set by everyone."
FRESH = {"Cache-Control": "no-store"}


@dataclass(frozen=True)
class Counter:
    """The endpoints, over one studio."""

    studio: Studio
    doors: Doors

    async def list(self, request: Request) -> Response:
        """All models, if they are the visitor's to choose, and what the one that draws can be given."""
        body = await to_thread.run_sync(offered, self.studio, self.doors.private)
        return JSONResponse(body, headers=FRESH)

    async def act(self, request: Request) -> Response:
        """One of `ACTS` on the model of a name; a sentence about it."""
        act = ACTS.get(request.path_params["act"])
        if act is None:
            raise NotFound("There is nothing of that name to do with a model.")
        if not self.doors.private:
            raise CannotDo(THEIRS)
        name = _name(await request.body())
        said = await to_thread.run_sync(act, self.studio, name)
        return JSONResponse({"said": said}, headers=FRESH)

    async def control(self, request: Request) -> Response:
        """A control picture out of the picture that was sent, or else out of the one on the canvas."""
        key, kind = request.path_params["key"], request.path_params["kind"]
        data = await request.body()

        def make() -> str:
            picture: Image.Image | None = uploads.load(data, "That file") if data else None
            return self.studio.control(key, kind, picture)

        return JSONResponse({"digest": await to_thread.run_sync(make)}, headers=FRESH)


def offered(studio: Studio, private: bool) -> dict[str, Any]:
    """What the panel shows. Where it is not the visitor's to choose, it is not told what there is."""
    return {
        "may": private,
        "why": "" if private else THEIRS,
        "groups": dict(FITS),
        "models": [asdict(one) for one in studio.models()] if private else [],
        "loras": [_lora(one) for one in studio.loras() if private or not one.wrong],
        "kinds": {name: {"title": kind.title, "found": kind.found} for name, kind in images.KINDS.items()},
    }


def _lora(one: LoRA) -> dict[str, Any]:
    """A LoRA without where it is."""
    return {
        "name": one.name,
        "title": one.title,
        "family": one.family,
        "weight": one.weight,
        "prompt": one.prompt,
        "licence": one.licence,
        "wrong": one.wrong,
    }


def _name(body: bytes) -> str:
    """The model's name that the browser sent."""
    try:
        told = json.loads(body or b"null")
    except ValueError:
        told = None
    name = told.get("name", "") if isinstance(told, Mapping) else ""
    if not isinstance(name, str):
        raise BadInput("That is no name of a model.")
    return name


def _chosen(studio: Studio, name: str) -> str:
    """A name that may come from a browser: one of the list, or a repository. Never a folder of its own."""
    if name in {one.name for one in studio.models()} or named_on_a_hub(name):
        return name
    raise NotFound(f"There is no model {name[:80]!r} in the list, and it is no owner/name of the hub.")


def _use(studio: Studio, name: str) -> str:
    studio.use(_chosen(studio, name))
    return f"Changing to {name}."


def _accept(studio: Studio, name: str) -> str:
    return studio.accept(_chosen(studio, name))


def _halt(studio: Studio, name: str) -> str:
    studio.halt()
    return "Stopped. What was fetched is kept."


ACTS: dict[str, Callable[[Studio, str], str]] = {"use": _use, "accept": _accept, "halt": _halt}


def settings(sent: object) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """What the panel sent along with a message: settings, and digests of control pictures by kind."""
    told = sent if isinstance(sent, dict) else {}
    chosen, controls = told.get("settings"), told.get("controls")
    pictures = controls.items() if isinstance(controls, dict) else ()
    return (
        chosen if isinstance(chosen, dict) else {},
        {kind: digest for kind, digest in pictures if isinstance(digest, str)},
    )


def routes(studio: Studio, doors: Doors) -> list[Route]:
    """The panel's own routes."""
    counter = Counter(studio, doors)
    return [
        Route("/studio/models", answers(counter.list)),
        Route("/studio/model/{act}", answers(counter.act), methods=["POST"]),
        Route("/studio/control/{key}/{kind}/upload", answers(counter.control), methods=["POST"]),
    ]
