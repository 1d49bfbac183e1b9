"""The notebook as chat messages: one cell a turn, made from the session and nothing else.

What a person typed is shown as text, whatever it looks like: the chat does not read Markdown, and `literal`
keeps the browser from reading tags or entities. The answering half of a cell is HTML made here, escaped by
`e`; its buttons carry `data-act`, which `static/page.js` sends back as one event.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from gradio.components.chatbot import ComponentMessage

from studio.jobs import Job
from studio.session import Session
from studio.timeline import Turn, Version
from studio.ui.serve import picture_url

WINDOW = 60  # cells on the page; the timeline reaches all others
AHEAD = 15  # of them, cells after the version on the canvas
JOINER = "\u2060"  # invisible; keeps "<" and "&" from beginning a tag or an entity

Message = dict[str, Any]

EXAMPLES = (
    "a red apple on a green meadow",
    "a fox and a tent at sunset",
    "a rocket in space",
    "three penguins in the snow",
)


def e(value: object) -> str:
    """Text for HTML, also inside attributes."""
    return escape(str(value), quote=True)


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
    said = [m for v in shown for m in _cell(session, v, ahead=v.id not in done)]
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


def _cell(session: Session, version: Version, ahead: bool) -> tuple[Message, Message]:
    turn, plan = version.turn, version.turn.plan
    drew = bool(plan.steps) and version.image is not None
    state = " ahead" if ahead else " here" if version.id == session.view.head else ""
    parts = (
        f'<p class="reply">{e(plan.reply or _made(turn))}</p>',
        _pointed_at(session, turn),
        _thumb(session, version) if drew and not plan.takes else "",
        _takes(session, version) if drew and plan.takes else "",
        _foot(session, version) if drew else _tools(turn.id, drew),
    )
    html = f'<div class="cell{state}" data-turn="{e(turn.id)}">{"".join(parts)}</div>'
    return _person(words_of(turn)), _studio(html)


def _made(turn: Turn) -> str:
    return "Done." if turn.plan.steps else "Nothing to draw."


def _pointed_at(session: Session, turn: Turn) -> str:
    """Small pictures of the mask and of what was handed in."""
    marks = [(turn.ask.mask, "The painted mask")] if turn.ask.mask else []
    marks += [(digest, "A picture handed in") for digest in turn.ask.images]
    shown = "".join(_image(session, digest, alt, 96, f'class="mark" title="{alt}"') for digest, alt in marks)
    return f'<div class="marks">{shown}</div>' if shown else ""


def _image(session: Session, digest: str, alt: str, width: int = 192, more: str = "") -> str:
    return f'<img src="{picture_url(session.key, digest, width)}" alt="{e(alt)}" loading="lazy" {more}>'


def _thumb(session: Session, version: Version) -> str:
    number = session.number(version.id)
    label = f"Version {number}: {version.turn.ask.text[:80]}"
    return (
        f'<button class="thumb" data-act="go" data-version="{e(version.id)}" title="Show version {number}">'
        f"{_image(session, version.image or '', label)}</button>"
    )


def _takes(session: Session, version: Version) -> str:
    """One thumbnail a take; the pressed one carries on."""
    turn = version.turn
    digests = session.receipt(version.id).get("takes") or ()
    buttons = "".join(
        f'<button class="thumb" data-act="take" data-turn="{e(turn.id)}" data-take="{k}" '
        f'aria-pressed="{"true" if k == turn.plan.take else "false"}" title="Carry on with take {k + 1}">'
        f"{_image(session, digest, f'Take {k + 1}')}</button>"
        for k, digest in enumerate(digests)
    )
    return f'<div class="takes" role="group" aria-label="Takes: choose which carries on">{buttons}</div>'


ICONS = {
    "reroll": "M17 2v5h-5M3 18v-5h5M4.6 8a6 6 0 0 1 10-2.2L17 7M3 13l2.4 1.2A6 6 0 0 0 15.4 12",
    "remove": "M5 5l10 10M15 5L5 15",
}


def _tool(act: str, turn: str, label: str) -> str:
    icon = (
        '<svg viewBox="0 0 20 20" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.5"'
        f' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="{ICONS[act]}"/></svg>'
    )
    return (
        f'<button class="tool" data-act="{act}" data-turn="{e(turn)}" title="{label}" aria-label="{label}">'
        f"{icon}</button>"
    )


def _tools(turn: str, drew: bool) -> str:
    again = _tool("reroll", turn, "Draw again with another seed") if drew else ""
    return f'<div class="tools">{again}{_tool("remove", turn, "Take this cell out")}</div>'


def _foot(session: Session, version: Version) -> str:
    receipt = session.receipt(version.id)
    rows = "".join(f"<dt>{e(name)}</dt><dd>{e(value)}</dd>" for name, value in facts(session, receipt))
    summary = " · ".join((f"Version {session.number(version.id)}", *brief(receipt)))
    folded = f'<details class="receipt"><summary>{e(summary)}</summary><dl>{rows}</dl></details>'
    return f'<div class="foot">{folded}{_tools(version.turn.id, True)}</div>'


def brief(receipt: Mapping[str, Any]) -> tuple[str, ...]:
    """The receipt in a few words."""
    seconds, changed = receipt.get("seconds"), receipt.get("changed")
    took = (f"{seconds:.1f} s",) if isinstance(seconds, int | float) else ()
    share = (
        (f"{_percent(changed)} changed",)
        if isinstance(changed, int | float) and receipt.get("target")
        else ()
    )
    return (*took, *share)


def facts(session: Session, receipt: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The receipt's rows: what was measured when the version was made."""
    target = receipt.get("target")
    rows: list[tuple[str, object]] = [
        ("Started from", f"version {session.number(target)}" if target else "nothing"),
        ("Done", ", ".join(receipt.get("ops", ()))),
        ("Model", receipt.get("model")),
        ("Seed", receipt.get("seed")),
    ]
    if isinstance(receipt.get("changed"), int | float):
        rows.append(("Pixels changed", _percent(receipt["changed"])))
    if receipt.get("outside") is not None:
        rows.append(("Greatest change outside", receipt["outside"]))
    if receipt.get("shift") is not None:
        rows.append(("Shift", _shift(receipt["shift"])))
    notes = receipt.get("notes") or ()
    rows.extend(("Note", note) for note in notes)
    return [(name, str(value)) for name, value in rows if value not in (None, "")]


def _percent(share: float) -> str:
    return "under 1%" if 0 < share < 0.01 else f"{share:.0%}"


def _shift(shift: Any) -> str:
    if isinstance(shift, list | tuple):
        return "none" if not any(shift) else ", ".join(f"{value:g}" for value in shift) + " px"
    return "none" if not shift else f"{shift:g} px"


def _running(job: Job | None) -> tuple[Message, ...]:
    """The cell of a message that is being drawn."""
    if job is None or job.state not in {"queued", "running"} or job.verb != "say":
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
