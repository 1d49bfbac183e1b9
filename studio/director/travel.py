"""Moving in time, and naming a picture: "undo that", "go back to the boat", "in version 2 make it ...".

`travel` answers messages that only move; `targeted` takes the named picture out of one that also draws.
"""

from __future__ import annotations

import re
from dataclasses import replace

from studio.director import Shown
from studio.director.clauses import instructs
from studio.director.references import EXPLICIT, about, back, existing, find, mention
from studio.director.said import Said, Unsure
from studio.director.toning import tone
from studio.director.words import COMMAND, COUNT, bare, count
from studio.errors import NotFound
from studio.timeline import Plan

THAT = (
    r"(?:that|it|this|the (?:last|previous) (?:one|change|edit|step|thing|turn|action|bit)|my last"
    r" (?:change|edit|step)|(?:the |my )?last|last (?:change|edit|step|one)|the change|what you (?:just"
    r" )?did)"
)
UNDO = re.compile(
    rf"(?:undo|revert|roll ?back|un-?do)(?: {THAT})?|take (?:that|it) back|(?:go|step|take me|put it)"
    rf" back(?: (?:a|one) (?:step|change|version|edit))?"
    rf"|back(?: one)?|one (?:step )?back|ctrl[ +-]?z|never ?mind|scrap (?:that|it)|cancel (?:that|it"
    rf"|{THAT})|i (?:didn't|don't) (?:want|like) {THAT}"
    r"|put it back(?: (?:how|the way|as) it was)?|(?:the way|how) it was(?: before)?",
    re.I,
)
UNDO_MANY = re.compile(
    rf"(?:undo|revert)(?: {THAT})? (?:(?P<twice>twice)|(?:the )?(?:last )?(?P<n>{COUNT})(?: (?:times?"
    rf"|steps?|changes?|edits?|things?|turns?))?)"
    rf"|(?:go |step |take me )?back (?P<m>{COUNT})(?: (?:steps?|versions?|pictures?|edits?|changes?"
    rf"|turns?|times?))?|(?P<k>{COUNT}) (?:steps?|versions?|pictures?) back",
    re.I,
)
REDO = re.compile(
    r"redo(?: (?:that|it|the last (?:change|step|edit)))?|(?:go |step )?forward(?: (?:a|one) step)?|undo"
    r" the undo|ctrl[ +-]?y|un-?undo",
    re.I,
)
UNDO_WHAT = re.compile(
    r"(?:undo|revert) (?:the |that |my )(?P<what>.+?)(?: (?:change|edit|step|part|thing))?", re.I
)
UNDOING = Plan(reply="Undoing the last change.", go="undo")
IT = r"(?:it|this|everything|the picture|the image)"
BACK = re.compile(
    rf"(?:(?:go|get|jump|switch|step|take me|take us|bring {IT}|bring me|change {IT}|turn {IT}|put {IT}"
    rf"|set {IT}|roll|move)(?: all the way| right)? back|back|return|revert(?: {IT})?|roll ?back"
    rf"|reset(?: {IT})?|restore|undo)(?: again)?(?: to)? (?P<ref>.+)",
    re.I | re.S,
)
SELECT = re.compile(
    rf"(?:(?:go|jump|switch|get|move|skip|take me|bring me|change|scroll) (?:over )?to|show(?: me)?|open"
    rf"|use|select|pick|choose|keep|load|check ?out|continue (?:from|with|on)"
    rf"|carry on (?:from|with)|bring back|go with|view|see|i (?:like|prefer|choose|want|liked|preferred)"
    rf"|work on|take|display|start (?:from|with)|let's use|stick with|{IT} is) "
    r"(?P<ref>.+?)(?: again| better| best| more| instead)?",
    re.I | re.S,
)
JOIN = re.compile(r"\s*(?:[,;:.]|\b(?:and|but|then)\b)[\s,]*(?:(?:and|but|then)\b\s*)?", re.I)
LEADING = re.compile(
    r"^(?:in|on|from|with|for|to|using|take|use|starting (?:from|with)|based on|at|edit|change|continue"
    r" (?:from|with)|go back to|for) ",
    re.I,
)
FOLLOWS = re.compile(
    r"(?:\blike|\bas|\bthan|\bmatch(?:ing|es)?|\b(?:style|look|colou?rs?|mood|palette|light|lighting)"
    r" (?:of|from|in))(?: in| on| to| it was in)?\s*$",
    re.I,
)
PREPOSITION = re.compile(
    r"(?:^|[\s,]+)(?:(?:back|start|begin|starting|continue|carry on|go|work|based) )?"
    r"(?:in|on|of|from|for|to|with|using|at|onto|into)\s*$",
    re.I,
)
AFTERTHOUGHT = re.compile(r"(?:with|without|at|in|as|on)\b", re.I)
SAME_AS = re.compile(r"^(?:make it |do )?(?:exactly |just )?(?:the )?(?:same as|like)\s*$", re.I)
LEFT_OVER = re.compile(
    r"^(?:(?:use|take|edit|open|go to|go back to|go with|continue (?:from|with)|start (?:from|with)|pick"
    r"|choose|show|change|keep|work on|load|update|select|modify) it"
    r"\s*(?:[,:;.-]+|\b(?:and|but|then)\b|$)\s*|it\s*(?:[,:;-]+|\b(?:and|but)\b)\s*)(?:(?:and|but"
    r"|then)\b\s*)?",
    re.I,
)


def travel(said: Said) -> Plan | None:
    """The plan of a message that only moves in time, None if it does more or something else."""
    text = said.text.strip(" .!?")
    if len(text) > COMMAND:
        return None
    if UNDO.fullmatch(text):
        return UNDOING
    if REDO.fullmatch(text):
        return Plan(reply="Redoing what was undone.", go="redo")
    many = UNDO_MANY.fullmatch(text)
    if many:
        steps = 2 if many["twice"] else count(next(n for n in (many["n"], many["m"], many["k"]) if n))
        return UNDOING if steps == 1 else going(back(steps, said), said)
    what = UNDO_WHAT.fullmatch(text)
    return _undo_what(what["what"], said) if what else _goes(text, said)


def going(shown: Shown, said: Said) -> Plan:
    """The plan that puts a picture on the canvas."""
    if shown == said.canvas:
        return Plan(reply=f"Version {shown.number} is already on the canvas.")
    return Plan(reply=f"Going to version {shown.number}.", go=shown.version)


def targeted(said: Said) -> Said:
    """The same words without the picture they name, which becomes the target or the one to follow."""
    led = _led(said)
    if led:
        return led
    for _ in range(2):
        if not said.desk.shown and not LEADING.match(said.text):
            break
        found = mention(said.text, said)
        if not found:
            break
        said = _taken_out(said, *found)
    return said.but(_tidy(said.text)) if said.target or said.like else said


def _undo_what(what: str, said: Said) -> Plan | None:
    """Undoing by name undoes the newest change; an older one cannot go alone without the later ones."""
    found = [one for one in about(what, said, removed=True) if one.here]
    if not found:
        return None
    if found[-1] == said.canvas:
        return Plan(reply=f"Undoing version {found[-1].number}.", go="undo")
    number = found[-1].number
    raise Unsure(
        f"“{what}” came with version {number}, and others followed: shall I go back (say “go back to before"
        f" the {what}”), or do you want to remove that turn in the notebook, which keeps the later ones?"
    )


def _goes(text: str, said: Said) -> Plan | None:
    backward, selected = BACK.fullmatch(text), SELECT.fullmatch(text)
    if backward:
        ref = backward["ref"]
        shown = None if _continued(ref) else find(ref, said, loose=True)
        if (
            shown is None
            and not _continued(ref)
            and re.match(r"(?:the|that) ", ref, re.I)
            and not instructs(ref)
        ):
            raise NotFound(f"No picture here speaks of “{ref}”; {existing(said.desk.shown)}.")
        return going(shown, said) if shown else None
    shown = find(selected["ref"], said) if selected else None
    shown = shown or (None if _continued(text) else find(text, said))
    return going(shown, said) if shown else None


def _continued(ref: str) -> bool:
    return any(_instruction(ref[join.end() :]) for join in JOIN.finditer(ref))


def _instruction(text: str) -> bool:
    text = text[:COMMAND]
    return instructs(text) or tone(bare(text)) is not None or bool(re.match(r"(?:with|without|at|in) ", text))


def _led(said: Said) -> Said | None:
    """ "go back to the boat and make it night", "before the hat, make it night", "undo that and ..." """
    text = said.text
    going_back = BACK.match(text)
    for join in JOIN.finditer(text, 0, COMMAND):
        before, after = text[: join.start()], text[join.end() :]
        if before and _instruction(after):
            if UNDO.fullmatch(before):
                return replace(said, text=after, target=back(1, said))
            ref = (
                before[going_back.start("ref") :]
                if going_back and going_back.start("ref") < join.start()
                else before
            )
            shown = find(LEADING.sub("", ref, count=1), said, loose=bool(going_back))
            if shown:
                return replace(said, text=after, target=shown)
    return _led_close(said)


def _led_close(said: Said) -> Said | None:
    """ "in the one with the boat make the sky pink": no comma, so the first verb ends the phrase."""
    lead = LEADING.match(said.text)
    if not lead or EXPLICIT.match(said.text, lead.end()):
        return None
    for space in re.finditer(r" ", said.text[lead.end() : COMMAND]):
        at = lead.end() + space.end()
        if instructs(said.text[at:]):
            shown = find(said.text[lead.end() : at], said)
            return replace(said, text=said.text[at:], target=shown) if shown else None
    return None


def _taken_out(said: Said, match: re.Match[str], shown: Shown) -> Said:
    before, after = said.text[: match.start()], said.text[match.end() :]
    if SAME_AS.match(before) and re.match(r"[\s,]*(?:but|with|without)\b", after):
        return replace(said, text=after, target=shown)  # "same as version 2 but with a dog"
    taken_from = re.search(r"\b(?:from|of|with)\s*$", before)
    if FOLLOWS.search(before) or (taken_from and (said.target or EXPLICIT.search(after))):
        return replace(said, text=f"{before}the reference picture{after}", like=(reference(shown),))
    if said.target and said.target.version != shown.version:
        raise Unsure(
            f"Versions {said.target.number} and {shown.number} are both named: which one shall I change?"
        )
    preposition = PREPOSITION.search(before)
    if after.startswith("'s"):
        text = f"{before}the{after[2:]}"
    elif preposition:
        text = f"{before[: preposition.start()]} {after.lstrip(' ,:')}"
    else:
        text = f"{before}it{after}"
    return replace(said, text=text.strip(), target=shown)


def _tidy(text: str) -> str:
    text = LEFT_OVER.sub("", re.sub(r"[ ]{2,}", " ", text).strip(" ,;:"), count=1)
    start = re.match(r"it (?=\w)", text, re.I)
    if start and (instructs(text[start.end() :]) or AFTERTHOUGHT.match(text, start.end())):
        text = text[start.end() :]
    return text.strip(" ,;:")


def reference(shown: Shown) -> str:
    """How a step refers to a picture: by its turn on the path, by its pixels anywhere else."""
    return f"turn:{shown.turn}" if shown.here else f"blob:{shown.image}"
