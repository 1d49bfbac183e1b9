"""What a session can be taken away as: one function a format, in one table, `EXPORTS`.

To add a format, write one function with `@export`. It gets the session and the store, and returns bytes.
"""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Callable

from studio import images
from studio.errors import NotFound
from studio.session import Session
from studio.store import Store
from studio.timeline import to_json

Export = Callable[[Session, Store], bytes]
EXPORTS: dict[str, tuple[str, Export]] = {}


def exported(session: Session, store: Store, format: str) -> tuple[str, bytes]:
    """A file's name and its content. Raises `NotFound` for a format that is not there."""
    if format not in EXPORTS:
        raise NotFound(f"There is no export {format!r}; there are {', '.join(EXPORTS)}.")
    ending, function = EXPORTS[format]
    return f"{_stem(session.name)}.{ending}", function(session, store)


def _stem(name: str) -> str:
    """The name as a file's: nothing in it but small ASCII letters, digits and hyphens."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower() or "session"


def export(ending: str) -> Callable[[Export], Export]:
    """Put the decorated function into the table under its own name; its files end in `ending`."""

    def enter(function: Export) -> Export:
        EXPORTS[function.__name__] = ending, function
        return function

    return enter


@export("png")
def png(session: Session, store: Store) -> bytes:
    """The picture on the canvas, lossless."""
    picture = session.picture
    if picture is None:
        raise NotFound("There is no picture to take away yet.")
    return images.to_png(picture)


@export("sheet.png")
def sheet(session: Session, store: Store) -> bytes:
    """A contact sheet of the path to the head, each picture with its number and words."""
    drawn = [(v, session.number(v.id)) for v in session.path if v.image and v.turn.plan.steps]
    if not drawn:
        raise NotFound("There is no picture to take away yet.")
    cells = [(store.get(v.image), f"{n}. {v.turn.ask.text}") for v, n in drawn if v.image]
    return images.to_png(images.contact_sheet(cells))


@export("layers.zip")
def layers(session: Session, store: Store) -> bytes:
    """The layers that the picture was taken apart into, each as a picture that can be seen through."""
    head = session.head
    last = head.turn.plan.steps[-1] if head and head.turn.plan.steps else None
    if head is None or head.image is None or last is None or last.op != "layers":
        raise NotFound("The canvas is no sheet of layers: say “split it into layers” first.")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:  # stored as they are: PNG is packed already
        for number, layer in enumerate(images.apart(store.get(head.image), int(last.params["layers"])), 1):
            # A date of its own would make every export of the same layers another file.
            file.writestr(zipfile.ZipInfo(f"layer-{number}.png"), images.to_png(layer))
    return packed.getvalue()


@export("json")
def notebook(session: Session, store: Store) -> bytes:
    """The turns of the branch as JSON, without pictures."""
    turns = [to_json(turn) for turn in session.turns]
    return json.dumps({"name": session.name, "turns": turns}, indent=1, ensure_ascii=False).encode()


SCRIPT = '''"""{name}, as a program: run it, and it comes to the same pictures.

    python {stem}.py [folder]
"""

import base64
import json
import sys

from studio import Studio, images
from studio.timeline import turn_from_json

MODEL = {model!r}
TURNS = json.loads({turns!r})
PICTURES = {pictures}
EXPECTED = {expected!r}

studio = Studio(sys.argv[1] if len(sys.argv) > 1 else "pictures", model=MODEL)
for data in PICTURES:
    studio.store.put(images.from_png(base64.b64decode(data)))
session = studio.open({name!r})
session.rewrite([turn_from_json(turn) for turn in TURNS])
for version, expected in zip(session.path, EXPECTED, strict=True):
    same = "as it was" if version.image == expected else "DIFFERS"
    print(f"{{session.number(version.id) or '-'}}  {{same}}  {{version.turn.ask.text}}")
studio.close()
'''


@export("py")
def script(session: Session, store: Store) -> bytes:
    """A program that makes the branch again from nothing, with its turns, masks and handed-in pictures."""
    turns = session.turns
    needed = {digest for turn in turns for digest in turn.ask.pictures}
    for turn in turns:
        references = [ref for step in turn.plan.steps for ref in step.inputs.values()]
        needed |= {ref.removeprefix("blob:") for ref in references if ref.startswith("blob:")}
    pictures = [base64.b64encode(images.to_png(store.get(digest))).decode() for digest in sorted(needed)]
    text = SCRIPT.format(
        name=session.name.replace("\\", "").replace('"', ""),
        stem=_stem(session.name),
        model=session.model_name,
        turns=json.dumps([to_json(turn) for turn in turns], ensure_ascii=True),
        pictures=json.dumps(pictures, indent=1),
        expected=[version.image for version in session.line],
    )
    return text.encode()
