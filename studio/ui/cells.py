"""The answering half of a notebook cell, as HTML: the reply, pictures to click, the receipt, small buttons.

All of it is made here and escaped by `e`. A button carries `data-act`, which `static/page.js` sends back as
one event (see `events.ACTS`). What a version's cell says never changes once the model has looked at its
picture, so it is made once and kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from html import escape
from threading import Lock
from typing import Any

from studio.session import Session
from studio.timeline import Turn, Version
from studio.ui.serve import picture_url

KEPT = 4096  # cells


def e(value: object) -> str:
    """Text for HTML, also inside attributes."""
    return escape(str(value), quote=True)


_made: OrderedDict[tuple[str, str], str] = OrderedDict()
_lock = Lock()


def cell(session: Session, version: Version, numbers: Mapping[str, int], state: str) -> str:
    """The cell of a version. `state` is "here" for the one on the canvas, "ahead" for those after it."""
    address = session.key, version.id
    with _lock:
        body = _made.get(address)
    if body is None:
        final = version.id not in session.unjudged  # asked first: what comes meanwhile is then seen next time
        body = _body(session, version, numbers)
        with _lock:
            if final:
                _made[address] = body
            while len(_made) > KEPT:
                _made.popitem(last=False)
    return f'<div class="cell {state}" data-turn="{e(version.turn.id)}">{body}</div>'


def _body(session: Session, version: Version, numbers: Mapping[str, int]) -> str:
    turn, plan = version.turn, version.turn.plan
    reply = plan.reply or ("Done." if plan.steps else "Nothing to draw.")
    if not plan.steps or version.image is None:
        return _reply(reply) + _pointed_at(session, turn) + _tools(turn.id, drew=False)
    receipt = session.receipt(version.id)
    pictures = _takes(session, turn, receipt) if plan.takes else _thumb(session, version, numbers)
    notes = "".join(f'<p class="note">{e(note)}</p>' for note in receipt.get("notes") or ())
    missed = "".join(f'<p class="note missed">{e(one)}</p>' for one in receipt.get("missed") or ())
    shown = _pointed_at(session, turn) + pictures
    return _reply(reply) + notes + shown + missed + _foot(version, receipt, numbers)


def _reply(text: str) -> str:
    return f'<p class="reply">{e(text)}</p>'


def _pointed_at(session: Session, turn: Turn) -> str:
    """Small pictures of the mask and of what was handed in."""
    marks = [(turn.ask.mask, "The painted mask")] if turn.ask.mask else []
    marks += [(digest, "A picture handed in") for digest in turn.ask.images]
    marks += [(digest, f"The {kind} to keep to") for kind, digest in turn.ask.controls.items()]
    shown = "".join(_image(session, digest, alt, 96, f'class="mark" title="{alt}"') for digest, alt in marks)
    return f'<div class="marks">{shown}</div>' if shown else ""


def _image(session: Session, digest: str, alt: str, width: int = 192, more: str = "") -> str:
    return f'<img src="{picture_url(session.key, digest, width)}" alt="{e(alt)}" loading="lazy" {more}>'


def _thumb(session: Session, version: Version, numbers: Mapping[str, int]) -> str:
    number = numbers.get(version.id)
    label = f"Version {number}: {version.turn.ask.text[:80]}"
    return (
        f'<button class="thumb" data-act="go" data-version="{e(version.id)}" title="Show version {number}">'
        f"{_image(session, version.image or '', label)}</button>"
    )


def _takes(session: Session, turn: Turn, receipt: Mapping[str, Any]) -> str:
    """One thumbnail a take; the pressed one carries on."""
    digests = receipt.get("takes") or ()
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


def _foot(version: Version, receipt: Mapping[str, Any], numbers: Mapping[str, int]) -> str:
    rows = "".join(f"<dt>{e(name)}</dt><dd>{e(value)}</dd>" for name, value in facts(receipt, numbers))
    summary = " · ".join((f"Version {numbers.get(version.id)}", *brief(receipt)))
    folded = f'<details class="receipt"><summary>{e(summary)}</summary><dl>{rows}</dl></details>'
    return f'<div class="foot">{folded}{_tools(version.turn.id, drew=True)}</div>'


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


def facts(receipt: Mapping[str, Any], numbers: Mapping[str, int]) -> list[tuple[str, str]]:
    """The receipt's rows: what was measured when the version was made."""
    target = receipt.get("target")
    rows: list[tuple[str, object]] = [
        ("Started from", f"version {numbers.get(target)}" if target else "nothing"),
        ("Done", ", ".join(receipt.get("ops", ()))),
        ("Model", receipt.get("model")),
        ("Seed", receipt.get("seed")),
        *((TITLES.get(name, name.capitalize()), _setting(value)) for name, value in _set(receipt).items()),
    ]
    if isinstance(receipt.get("changed"), int | float):
        rows.append(("Pixels changed", _percent(receipt["changed"])))
    if receipt.get("outside") is not None:
        rows.append(("Greatest change outside", receipt["outside"]))
    if receipt.get("controls"):
        rows.append(("Kept to", ", ".join(receipt["controls"])))
    if receipt.get("shift") is not None:
        rows.append(("Shift", _shift(receipt["shift"])))
    if receipt.get("missed") is not None:
        rows.append(("Looked at", " ".join(receipt["missed"]) or "all that was asked for is there"))
    return [(name, str(value)) for name, value in rows if value not in (None, "")]


TITLES = {"loras": "LoRAs", "control_strength": "Control strength"}


def _set(receipt: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was set; receipts of older studios do not say."""
    found: Mapping[str, Any] = receipt.get("settings") or {}
    return found


def _setting(value: Any) -> str:
    """A setting for a person: a number, names, or names (without what pins them) with weights."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name.partition('@')[0]} {weight:g}" for name, weight in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _percent(share: float) -> str:
    return "under 1%" if 0 < share < 0.01 else f"{share:.0%}"


def _shift(shift: Any) -> str:
    if isinstance(shift, list | tuple):
        return "none" if not any(shift) else ", ".join(f"{value:g}" for value in shift) + " px"
    return "none" if not shift else f"{shift:g} px"
