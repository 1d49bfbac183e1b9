"""The canvas: the picture, and the mask painted over it.

The browser side is in `static/canvas*.js`. A value sent down says which picture to show. What is painted
stays in the browser until a message is sent: then the event's `js` hook collects it with `PAINTED` in place
of the component's value, as run lengths of one-bit pixels at the picture's own size, kilobytes in all.
"""

from __future__ import annotations

from typing import Any, TypedDict

import gradio as gr

from studio.ui.assets import head

PAINTED = "window.PentimentoCanvas.main.getValue()"
"""The JavaScript for what is painted now: for the `js` hook of an event that takes the canvas as input."""

PARTS = ("shapes", "runs", "mask", "view", "bar", "parts", "face", "select", "hand")
"""The scripts that `canvas.js` is built on, in the order in which they need each other."""


class Mask(TypedDict):
    """One-bit pixels, row by row, as LEB128 run lengths in base64, the unpainted ones first."""

    width: int
    height: int
    runs: str


class Selected(TypedDict):
    """A mask to put on the picture, once: an id that was not there before says that it is a new one."""

    id: str
    words: str
    mask: dict[str, object]  # a `Mask`


class Shown(TypedDict, total=False):
    """What the canvas shows. Addresses are relative to the page; the picture behind one may be smaller than
    `width` x `height`, the mask never is."""

    revision: int
    image: str | None
    width: int
    height: int
    version: str | None
    number: int | None
    before: str | None  # what "before" means: the parent's picture
    alt: str  # for a screen reader; "Version 3" when left out
    busy: bool
    preview: str | None  # the picture as it forms, while busy
    progress: float | None  # how far along, 0 to 1; left out when not known
    empty: str  # said when there is no picture
    select: str  # the address that tells what is at a pixel
    selected: Selected | None  # what words have put the mask on


class Painted(TypedDict):
    """What came from the browser: the version that was on the canvas, and what was painted over it."""

    version: str | None
    mask: Mask | None


class Canvas(gr.HTML):
    """The picture with its mask. Give it a `Shown`; a handler receives `Painted`."""

    def __init__(self, value: Shown | None = None, *, elem_id: str = "canvas", **settings: Any) -> None:
        super().__init__(
            value=value,
            html_template='<div class="pc" data-pentimento="canvas"></div>',
            js_on_load="PentimentoCanvas.mount(element, { props, watch });",
            head=head("canvas.css", "dom.js", *(f"canvas-{part}.js" for part in PARTS), "canvas.js"),
            apply_default_css=False,
            elem_id=elem_id,
            **settings,
        )

    def preprocess(self, payload: Any) -> Painted:  # type: ignore[override]  # not HTML text, as Gradio has it
        """Only the shape is looked at here; whether the mask fits is decided where it is decoded."""
        if payload is None:
            return Painted(version=None, mask=None)
        match payload:
            case {"version": str() | None as version}:
                return Painted(version=version, mask=_mask(payload.get("mask")))
            case _:
                raise gr.Error(
                    "The canvas sent something that cannot be read. Reload the page and try again."
                )

    def postprocess(self, value: Any) -> Any:
        """A `Shown` goes to the browser as it is."""
        return value

    def api_info(self) -> dict[str, Any]:
        """Any object: the page's own events are not meant for other programs."""
        return {"type": "object"}


def _mask(sent: object) -> Mask | None:
    match sent:
        case None:
            return None
        case {"width": int(width), "height": int(height), "runs": str(runs)}:
            return Mask(width=width, height=height, runs=runs)
        case _:
            raise gr.Error("The canvas sent a mask that cannot be read. Reload the page and paint it again.")
