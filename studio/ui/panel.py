"""The right side, folded away: small sections of HTML made from the studio and one session.

A panel is a function with `@panel("Title")` that returns HTML (escape what people wrote with `cells.e`), or
an empty string when it has nothing to say. They are shown in the order they stand here. A click on an
element with `data-act` arrives as that act (see `events.ACTS`).
"""

from __future__ import annotations

from collections.abc import Callable

from studio.api import Studio
from studio.exports import EXPORTS
from studio.session import Session
from studio.ui.cells import e
from studio.ui.serve import original_url, picture_url

Draw = Callable[[Studio, Session], str]
PANELS: dict[str, Draw] = {}


def panel(title: str) -> Callable[[Draw], Draw]:
    """Put a function on the table of panels."""

    def keep(draw: Draw) -> Draw:
        PANELS[title] = draw
        return draw

    return keep


def panels(studio: Studio, session: Session) -> str:
    """All panels of a session, as one piece of HTML."""
    drawn = ((title, draw(studio, session)) for title, draw in PANELS.items())
    return "".join(
        f'<section class="panel"><h2>{e(title)}</h2>{html}</section>' for title, html in drawn if html
    )


@panel("This version")
def version(studio: Studio, session: Session) -> str:
    head, picture = session.head, session.picture
    if head is None or picture is None:
        return ""
    seed = session.receipt(head.id).get("seed")
    keep = (
        f'<button class="quiet" data-act="keepseed" data-seed="{e(seed)}">Keep</button>'
        if seed is not None
        else ""
    )
    rows = (
        ("Number", str(session.number(head.id) or "")),
        ("Size", f"{picture.width} × {picture.height}"),
        ("Branch", session.branch),
    )
    facts = "".join(f"<dt>{name}</dt><dd>{e(value)}</dd>" for name, value in rows if value)
    seeded = f"<dt>Seed</dt><dd>{e(seed)} {keep}</dd>" if seed is not None else ""
    return f"<dl>{facts}{seeded}</dl>"


@panel("References")
def references(studio: Studio, session: Session) -> str:
    """Pictures handed in so far; a click puts one into the next message."""
    digests = dict.fromkeys(d for v in session.timeline.versions.values() for d in v.turn.ask.images)
    if not digests:
        return '<p class="soft">Pictures you hand in are kept here, to be used again.</p>'
    buttons = "".join(
        f'<button class="thumb" data-act="attach" data-picture="{original_url(session.key, digest)}" '
        'title="Put it into the next message">'
        f'<img src="{picture_url(session.key, digest, 96)}" alt="Handed in" loading="lazy"></button>'
        for digest in list(digests)[-24:]
    )
    return f'<div class="shelf">{buttons}</div>'


@panel("Export")
def exports(studio: Studio, session: Session) -> str:
    """Every format there is, as `studio.exports` describes it."""
    if session.head is None:
        return '<p class="soft">Once there is a picture, it can be saved from here.</p>'
    return "".join(
        f'<a class="row link" href="studio/export/{session.key}/{e(name)}" download>'
        f'<b>{e(_label(name))}</b><span class="soft">{e(_first_sentence(make))}</span></a>'
        for name, (_, make) in EXPORTS.items()
    )


def _label(name: str) -> str:
    return name.upper() if len(name) <= 3 else name.replace("_", " ").capitalize()


def _first_sentence(function: object) -> str:
    return (function.__doc__ or "").strip().split(".")[0].split("\n")[0]
