"""The page: its components, and which event goes to which handler of `events.Events`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from studio.api import Studio
from studio.ui import chat, client
from studio.ui.assets import head
from studio.ui.bar import Bar
from studio.ui.canvas import PAINTED, Canvas
from studio.ui.events import Events
from studio.ui.guard import UPLOAD_LIMIT, Doors
from studio.ui.theme import theme
from studio.ui.timeline import TimelineView

# What the browser puts in place of an event's inputs.
FROM_HERE = "() => [window.Pentimento.where()]"
SAYING = f"(_, message, __, seed) => [window.Pentimento.saying(), message, {PAINTED}, seed]"
EXAMPLE = "() => [window.Pentimento.saying()]"
OLDER = "() => [window.Pentimento.older()]"
QUIETLY: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "trigger_mode": "multiple",
    "concurrency_limit": None,
}


def build(studio: Studio, doors: Doors) -> gr.Blocks:
    """The page over a studio, not yet launched."""
    events = Events(studio, doors)
    with gr.Blocks(
        title="Pentimento",
        fill_width=True,
        fill_height=True,
        analytics_enabled=False,
        delete_cache=(3600, 86400),
    ) as demo:
        where = gr.JSON(visible=False)
        with gr.Column(elem_id="studio"):
            top = Bar()
            with gr.Column(elem_id="left"):
                notebook = _notebook()
                with gr.Column(elem_id="talk"):
                    gr.HTML(STATUS, elem_id="status", apply_default_css=False, js_on_load=None)
                    message = _message()
            with gr.Column(elem_id="stage"):
                picture = Canvas()
            with gr.Column(elem_id="strip"):
                history = TimelineView()
            with gr.Column(elem_id="side"):
                gr.HTML(
                    MODEL,
                    elem_id="model",
                    apply_default_css=False,
                    js_on_load=MODEL_JS,
                    head=head("dom.js", "model.js"),
                )
                seed = gr.Textbox(
                    label="Seed", placeholder="another one each time", max_lines=1, elem_id="seed"
                )
                gr.HTML(DRAWING, elem_id="drawing", apply_default_css=False, js_on_load=None)
                drawer = gr.HTML(elem_id="panels", apply_default_css=False, js_on_load=None)
        outputs = [notebook, picture, history, top, drawer, message]

        def on(
            listen: Callable[..., Any],
            handler: Callable[..., Any],
            js: str = FROM_HERE,
            more: Sequence[gr.components.Component] = (),
        ) -> None:
            """Every event says where it comes from, and shows the session again."""
            name = f"page_{handler.__name__}"
            listen(handler, [where, *more], outputs, js=js, api_name=name, **QUIETLY)

        on(demo.load, events.arrive)
        on(message.submit, events.say, SAYING, (message, picture, seed))
        on(message.stop, events.stop)
        on(notebook.edit, events.edit)
        on(notebook.example_select, events.example, EXAMPLE)
        on(history.checkout, events.checkout)
        on(history.branch, events.branch)
        on(history.older, events.refresh, OLDER)
        on(top.act, events.act)
        on(top.arrive, events.arrive)
        on(top.refresh, events.refresh)
        client.publish(studio)
    page: gr.Blocks = demo
    return page


MODEL = '<section class="pm-choice" aria-label="Model"></section>'
DRAWING = '<section class="pm-drawing" aria-label="How to draw"></section>'
MODEL_JS = "PentimentoModel.mount();"
STATUS = (
    '<div class="pm-status" role="status" aria-live="polite" hidden>'
    '<span class="text"></span><progress max="1" aria-label="How far the picture is"></progress></div>'
)


def _notebook() -> gr.Chatbot:
    return gr.Chatbot(
        elem_id="notebook",
        label="Notebook",
        show_label=False,
        container=False,
        layout="panel",
        height=None,
        editable="user",
        buttons=[],
        render_markdown=False,
        sanitize_html=True,
        feedback_options=None,
        examples=[{"text": words} for words in chat.EXAMPLES],
        placeholder="What shall we draw?",
    )


def _message() -> gr.MultimodalTextbox:
    return gr.MultimodalTextbox(
        elem_id="message",
        label="Message",
        show_label=False,
        container=False,
        placeholder="Say what to draw or change. Paint on the picture to say where.",
        sources=["upload"],
        file_types=["image", ".heic", ".heif", ".avif"],
        file_count="multiple",
        submit_btn=True,
        stop_btn=True,
        autofocus=False,
        max_lines=8,
        interactive=True,
    )


def launch_settings() -> dict[str, Any]:
    """What `launch` is told for the page itself; the address and the sign-in are the caller's."""
    return {
        "theme": theme(),
        "head": '<meta name="color-scheme" content="light dark">' + head("page.css"),
        "footer_links": [],
        "run_history": False,
        "ssr_mode": False,
        "pwa": False,
        "max_file_size": UPLOAD_LIMIT,
        "show_error": False,
        "quiet": True,
    }
