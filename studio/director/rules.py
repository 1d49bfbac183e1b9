"""The director by rules: no weights, no chance; the same words on the same desk give the same plan.

A message goes down a short list of readers, and the first that understands it answers: talk, pointing at
things, travel in time, takes, then a picture named in words is taken out, and what is left uses an upload,
draws, or changes.
To teach it a word, look for the table: `words.VERBS`, `toning.QUALITIES`, `shaping.TABLE`, `lexicon.PLACES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from studio.director import Desk, settled
from studio.director.clauses import deeds
from studio.director.drawing import change, draw, fresh, generated
from studio.director.placing import PUT, box, chosen, drawn, opened, spot, use
from studio.director.plans import assemble, following, repeated
from studio.director.pointing import pointed
from studio.director.references import find
from studio.director.said import Deed, Said, Unsure, hear
from studio.director.takes import wanted
from studio.director.talk import talk
from studio.director.travel import going, targeted, travel
from studio.director.words import bare, clean, shield, trimmed, unshield
from studio.errors import BadMessage, NotFound
from studio.timeline import Ask, Plan


class RulesDirector:
    """Words to a plan by tables of words."""

    def plan(self, ask: Ask, desk: Desk) -> Plan:
        """The plan for what was said. Raises `BadMessage` or `NotFound` with a sentence."""
        text = clean(ask.text)
        if not text:
            return _wordless(Said("", ask, desk, seed=desk.seed if ask.seed is None else ask.seed))
        shielded, quotes = shield(text)
        try:
            plan = _read(hear(shielded, ask, desk))
        except Unsure as doubt:
            plan = Plan(reply=str(doubt))
        except NotFound as missing:
            raise NotFound(unshield(str(missing), quotes)) from None
        steps = tuple(replace(step, prompt=unshield(step.prompt, quotes)) for step in plan.steps)
        return replace(plan, steps=settled(steps, ask), reply=unshield(plan.reply, quotes))


def _read(said: Said) -> Plan:
    if not said.text:
        return repeated(said, 1)  # only a seed was named
    said = said if talk(said) else said.but(bare(said.text))
    for reader in READERS:
        plan = reader(said)
        if plan:
            return plan
    said = _counted(said)
    if said.ask.images:
        return _handed(targeted(said))
    named = targeted(said)
    if named.target and not named.text:
        return going(named.target, named)
    named = named.but(bare(named.text))
    return draw(named) or change(named) if not named.target else change(named)


def _again(said: Said) -> Plan | None:
    """ "try again", "four variations": the newest drawing once more."""
    more = wanted(said.text)
    if more and more.repeat and not said.ask.images:
        return repeated(said, more.takes)
    return None


def _versions_of(said: Said) -> Plan | None:
    """ "four variations of version 2", "of the boat": of a picture there is."""
    more = wanted(said.text)
    if not more or more.repeat or not said.desk.head or said.ask.images:
        return None
    shown = find(more.rest, said, loose=True) if more.rest else None
    if shown is None or shown == said.canvas:
        return repeated(said, more.takes) if shown else None
    if shown.op != "generate":
        raise Unsure(f"Shall I go to version {shown.number} first, so that you can ask for variations there?")
    return generated(replace(said, takes=more.takes), shown.words)


def _counted(said: Said) -> Said:
    more = wanted(said.text)
    if not more or not more.rest:
        return said
    return replace(said, text=bare(more.rest), takes=more.takes, described=more.of)


READERS: tuple[Callable[[Said], Plan | None], ...] = (talk, fresh, pointed, travel, _again, _versions_of)


def _wordless(said: Said) -> Plan:
    """A picture without words becomes the canvas, or goes where the mask is."""
    if not said.ask.images:
        raise BadMessage("There is nothing to read in that message; say what to draw or what to change.")
    return _put(said, "") if said.mask else _open(said, "")


def _handed(said: Said) -> Plan:
    """What the words do with the pictures handed in."""
    how = use(said.text, said.desk.references > 0, bool(said.base))
    if how == "open":
        return _open(said, "")
    if how == "place" and not said.base:
        return _open(said.noting("there is no picture yet to put it into"), "")
    if how == "place":
        return _put(said, said.text)
    if how == "first" and not said.mask and _instructs_upload(said):
        return _open(said, opened(said.text))
    said = following(said)
    if not said.base and PUT.match(said.text):
        return generated(said, drawn(said.text))
    return draw(said) or change(said)


def _instructs_upload(said: Said) -> bool:
    """Whether the words ask to change something rather than describe it."""
    without = replace(said, ask=replace(said.ask, images=()))
    try:
        plan = change(without) if said.base else assemble(replace(without, target=None), deeds(without))
    except Unsure:
        return not said.base
    return not any(step.op == "generate" for step in plan.steps)


def _open(said: Said, words: str) -> Plan:
    """The picture becomes the canvas, and then what the words say is done to it."""
    opening = Deed("open", "putting your picture on the canvas", reference=_blob(said))
    after = deeds(said.but(words)) if trimmed(words) else []
    return assemble(_spare(said), [opening, *after])


def _put(said: Said, text: str) -> Plan:
    """The picture goes into the canvas: where the mask is, else where the words point."""
    where = None if said.mask else box(text)
    deed = Deed(
        "place",
        f"putting your picture {spot(text)}".strip(),
        params={"box": where},
        masked=True,
        reference=_blob(said),
    )
    return assemble(_spare(said), [deed])


def _blob(said: Said) -> str:
    """The picture handed in that is meant."""
    return f"blob:{chosen(said.text, said.ask.images)}"


def _spare(said: Said) -> Said:
    spare = len(said.ask.images) - 1
    if spare < 1:
        return said
    return said.noting("only one of the pictures is used")
