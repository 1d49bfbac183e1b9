"""The page's colours and type, as a Gradio theme: warm greys, one accent, the system's own fonts.

`static/page.css` lays the page out and uses these same variables, so light and dark are decided here alone.
"""

from __future__ import annotations

import gradio as gr
from gradio.themes.utils.colors import Color

SANS = (
    "ui-sans-serif",
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "Cantarell",
    "Noto Sans",
    "sans-serif",
)
MONO = ("ui-monospace", "SF Mono", "Cascadia Mono", "Menlo", "Consolas", "monospace")

STONE = Color(
    name="stone",
    c50="#fbfaf8",
    c100="#f4f2ef",
    c200="#e9e6e1",
    c300="#d9d5ce",
    c400="#aaa59c",
    c500="#79746b",
    c600="#5d5850",
    c700="#413e39",
    c800="#292825",
    c900="#1d1c1a",
    c950="#141412",
)
SIENNA = Color(
    name="sienna",
    c50="#fbf1ea",
    c100="#f6e0d2",
    c200="#edc3a9",
    c300="#e2a27c",
    c400="#d78253",
    c500="#c0622f",
    c600="#a94f22",
    c700="#893f1d",
    c800="#6c331a",
    c900="#4a2413",
    c950="#30170c",
)


def theme() -> gr.themes.Base:
    """The theme of the page."""
    base = gr.themes.Base(
        primary_hue=SIENNA, secondary_hue=STONE, neutral_hue=STONE, font=SANS, font_mono=MONO
    )
    return base.set(
        body_background_fill=STONE.c100,
        body_background_fill_dark=STONE.c900,
        body_text_color=STONE.c900,
        body_text_color_dark="#ece9e4",
        body_text_color_subdued=STONE.c500,
        body_text_color_subdued_dark="#9d978d",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#242320",
        background_fill_secondary=STONE.c200,
        background_fill_secondary_dark=STONE.c950,
        border_color_primary="#dfdbd4",
        border_color_primary_dark="#34322e",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        color_accent=SIENNA.c500,
        color_accent_soft=SIENNA.c50,
        color_accent_soft_dark="#3a2b21",
        input_background_fill="#ffffff",
        input_background_fill_dark="#242320",
        input_border_color="#dfdbd4",
        input_border_color_dark="#34322e",
        input_border_color_focus=SIENNA.c400,
        input_border_color_focus_dark=SIENNA.c400,
        button_primary_background_fill=STONE.c900,
        button_primary_background_fill_dark="#ece9e4",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark=STONE.c900,
    )
