"""The notebook as chat messages: one cell a turn, made from the session and nothing else.

What a person typed is shown as text, whatever it looks like: the chat does not read Markdown, and `literal`
keeps the browser from reading tags or entities. The answering half of a cell is HTML, made in `cells`.
"""

from __future__ import annotations

from typing import Any

from gradio.components.chatbot import ComponentMessage

from studio.jobs import Job
from studio.session import Session
from studio.timeline import Turn, Version
from studio.ui import cells
from studio.ui.cells import e

WINDOW = 60  # cells on the page; the timeline reaches all others
AHEAD = 15  # of them, cells after the version on the canvas
JOINER = "\u2060"  # invisible; keeps "<" and "&" from beginning a tag or an entity

Message = dict[str, Any]

EXAMPLES = (
    "a red apple on a green meadow",
    "a fox next to two tents at sunset, as paper cut-outs",
    "an astronaut on a horse in space",
    "three penguins in falling snow, cartoon style",
)


def literal(text: str) -> str:
    """Words so that the browser shows them letter by letter, tags and entities included."""
    plain = "".join(c for c in text if c in "\n\t" or c.isprintable())
    return plain.replace("<", "<" + JOINER).replace("&", "&" + JOINER)


def unliteral(text: str) -> str:
    """What `literal` was made from."""
    return text.replace(JOINER, "")


def line(session: Session) -> tuple[Version, ...]:
    """The versions of the cells: to the branch's tip if the head lies on the way, else to the head."""
    tip = session.timeline.path(session.branches.get(session.branch))
    head = session.view.head
    return tip if head is None or any(version.id == head for version in tip) else session.path


def window(versions: tuple[Version, ...], head: str | None) -> tuple[Version, ...]:
    """The part of a long notebook that is on the page: the cells up to a few after the head."""
    ids = [version.id for version in versions]
    at = ids.index(head) if head in ids else len(ids) - 1
    end = min(len(ids), at + 1 + AHEAD)
    return versions[max(0, end - WINDOW) : end]


def messages(session: Session, job: Job | None = None, notice: str = "") -> list[Message]:
    """All messages of the page: the cells, the one being drawn, and what could not be done."""
    shown = window(line(session), session.view.head)
    done = {version.id for version in session.path}
    numbers = {row.version: row.number for row in session.shown()}
    said: list[Message] = []
    for version in shown:
        state = "here" if version.id == session.view.head else "" if version.id in done else "ahead"
        said += (_person(words_of(version.turn)), _studio(cells.cell(session, version, numbers, state)))
    return [*said, *_running(job), *_failed(job, notice)]


def turn_at(session: Session, index: int) -> Turn | None:
    """The turn whose words are message `index`."""
    shown = window(line(session), session.view.head)
    place, is_reply = divmod(index, 2)
    return shown[place].turn if not is_reply and 0 <= place < len(shown) else None


def words_of(turn: Turn) -> str:
    """How a turn's words stand in its cell."""
    return literal(turn.ask.text) if turn.ask.text.strip() else "A picture of my own"


def _person(text: str) -> Message:
    return {"role": "user", "content": [text]}


def _studio(html: str) -> Message:
    # A component message as Gradio itself would make it, without building a component for every cell.
    content = ComponentMessage(component="html", value=html, constructor_args={}, props={})
    return {"role": "assistant", "content": [content]}


def _running(job: Job | None) -> tuple[Message, ...]:
    """The cell of a message that is being drawn."""
    if job is None or not job.drawing or job.verb != "say":
        return ()
    live = '<p class="reply live" aria-live="polite">One moment</p>'
    return _person(literal(job.words) or "A picture of my own"), _studio(
        f'<div class="cell pending">{live}</div>'
    )


def _failed(job: Job | None, notice: str) -> tuple[Message, ...]:
    """A quiet line for what could not be done, with the words it was about."""
    if notice:
        return (_studio(f'<div class="cell failed" role="alert"><p class="reply">{e(notice)}</p></div>'),)
    if job is None or job.state != "failed":
        return ()
    said = (_person(literal(job.words)),) if job.verb == "say" and job.words else ()
    return *said, _studio(f'<div class="cell failed" role="alert"><p class="reply">{e(job.error)}</p></div>')
