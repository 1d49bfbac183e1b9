"""The bar at the top, and the glue of the page: names and lists of sessions, light and dark, every small act.

The browser side is `static/page.js`. It sends `act` with the name of what was asked for and what it is
about, `refresh`, when the pulse says that the session changed, and `arrive`, when another session was
chosen.
"""

from __future__ import annotations

from typing import Any, TypedDict

import gradio as gr

from studio.ui.assets import head


class Told(TypedDict, total=False):
    """What the page's own script has to know. `sent` names the job this page has just started."""

    key: str
    name: str
    revision: int
    job: str | None
    sent: str | None
    cleared: bool
    toast: str


class Bar(gr.HTML):
    """Give it a `Told`; listen with `.act` (`evt.act` says which) and `.refresh`."""

    def __init__(self, value: Told | None = None, *, elem_id: str = "bar", **settings: Any) -> None:
        super().__init__(
            value=value,
            html_template='<header class="pm-bar"></header>',
            js_on_load="Pentimento.mount(element, { trigger, props, watch }); // 'act' 'refresh' 'arrive'",
            head=head("dom.js", "page.js"),
            apply_default_css=False,
            elem_id=elem_id,
            **settings,
        )

    def preprocess(self, payload: Any) -> None:
        """What the browser has to say arrives with its events."""
        return

    def postprocess(self, value: Any) -> Any:
        """A `Told` goes to the browser as it is."""
        return value

    def api_info(self) -> dict[str, Any]:
        """Any object: the page's own events are not meant for other programs."""
        return {"type": "object"}
