"""The session as values: what the canvas, the timeline and the bar are given to show."""

from __future__ import annotations

from studio import images
from studio.jobs import Job
from studio.session import Session
from studio.timeline import Version
from studio.ui.bar import Told
from studio.ui.canvas import Selected, Shown
from studio.ui.serve import picture_url, preview_url, select_url
from studio.ui.timeline import Graph

EMPTY = "Say what to draw, and it appears here."


def bar(session: Session, job: Job | None, told: Told | None = None) -> Told:
    """What the page's script is told, `told` included."""
    state = None if job is None else f"{job.id}:{job.state}"
    now = Told(key=session.key, name=session.name, revision=session.revision, job=state)
    return {**now, **(told or {})}


def canvas(session: Session, job: Job | None) -> Shown:
    """The head's picture, and the preview of what is being drawn."""
    head, picture = session.head, session.picture
    busy = job is not None and job.drawing
    shown = Shown(revision=session.revision, busy=busy, empty=EMPTY, image=None, version=None)
    if busy and job is not None:
        shown["preview"] = preview_url(session.key, job)
    if head is None or head.image is None or picture is None:
        return shown
    number = session.number(head.id)
    shown["image"] = picture_url(session.key, head.image)
    shown["width"], shown["height"] = picture.size
    shown["version"], shown["number"] = head.id, number
    shown["before"] = _before(session, head)
    shown["select"] = select_url(session.key, head.id)
    selected = session.selected
    if selected is not None and selected.version == head.id:
        mask = images.runs_from_mask(selected.mask)
        shown["selected"] = Selected(id=selected.id, words=selected.words, mask=mask)
    shown["alt"] = f"Version {number}: {head.turn.ask.text[:120]}"
    return shown


def _before(session: Session, head: Version) -> str | None:
    parent = session.timeline.version(head.parent) if head.parent else None
    return picture_url(session.key, parent.image) if parent is not None and parent.image else None


def graph(session: Session, limit: int) -> Graph:
    """The newest versions as the timeline shows them."""
    rows = session.shown()
    shown = rows[-limit:]
    there = {row.version for row in shown}
    tips: dict[str, str] = {tip: name for name, tip in session.branches.items() if tip}
    head = session.view.head
    return Graph(
        revision=session.revision,
        nodes=[
            {
                "id": row.version,
                "number": row.number,
                "parent": _drawn_parent(session, row.version, there),
                "image": picture_url(session.key, row.image, 192),
                "words": row.words[:160],
                "branch": tips.get(row.version),
                "head": row.version == head,
                "path": row.here,
            }
            for row in shown
        ],
        branches=[
            {"name": name, "tip": tip, "current": name == session.branch}
            for name, tip in session.branches.items()
            if tip
        ],
        hidden=len(rows) - len(shown),
    )


def _drawn_parent(session: Session, version: str, there: set[str]) -> str | None:
    """The nearest version before this one that is in the timeline: cells that only talked are not."""
    parent = session.timeline.version(version).parent
    while parent is not None and parent not in there:
        parent = session.timeline.version(parent).parent
    return parent
