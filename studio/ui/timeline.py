"""The timeline: every version as a thumbnail in a graph, newest right.

The browser side is in `static/timeline*.js`. It gets a window of the history (Python limits it) and says back
what was clicked: `checkout` with `evt.id`, `branch` with `evt.name`, and `older` to ask for the versions left
out. Whatever comes back was chosen by the browser, so the session checks it.
"""

from __future__ import annotations

from typing import Any, TypedDict

import gradio as gr

from studio.ui.assets import head

EVENTS = "'checkout' 'branch' 'older'"
"""Gradio offers listeners for the names that it finds in quotes in the script of a component."""


class Node(TypedDict):
    """One version. `branch` names the branch that ends here; `path` says that it led to the head."""

    id: str
    number: int
    parent: str | None
    image: str  # a thumbnail's address, relative to the page
    words: str
    branch: str | None
    head: bool
    path: bool


class Branch(TypedDict):
    """A branch by its newest version; `current` is the one being worked on."""

    name: str
    tip: str
    current: bool


class Graph(TypedDict):
    """A window of the history. `hidden` counts the older versions that were left out of it."""

    revision: int
    nodes: list[Node]
    branches: list[Branch]
    hidden: int


class TimelineView(gr.HTML):
    """The history as a strip. Give it a `Graph`; listen with `.checkout`, `.branch` and `.older`."""

    def __init__(self, value: Graph | None = None, *, elem_id: str = "timeline", **settings: Any) -> None:
        super().__init__(
            value=value,
            html_template='<div class="pt" data-pentimento="timeline"></div>',
            js_on_load=f"PentimentoTimeline.mount(element, {{ trigger, props, watch }}); // {EVENTS}",
            head=head("timeline.css", "dom.js", "timeline-layout.js", "timeline.js"),
            apply_default_css=False,
            elem_id=elem_id,
            **settings,
        )

    def preprocess(self, payload: Any) -> None:
        """The timeline is only looked at; what was clicked arrives with its event."""
        return

    def postprocess(self, value: Any) -> Any:
        """A `Graph` goes to the browser as it is."""
        return value

    def api_info(self) -> dict[str, Any]:
        """Any object: the page's own events are not meant for other programs."""
        return {"type": "object"}
