"""Deeds to a plan: pictures, masks, seeds and takes filled in, and one sentence of what will be done."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from studio.director import DRAWING, Shown, settings_for
from studio.director.said import Deed, Said, Unsure
from studio.director.takes import MOST, seeds
from studio.director.travel import reference
from studio.director.words import short
from studio.models.base import REFERENCES
from studio.timeline import Json, Plan, Step

STARTING = frozenset({"generate", "open"})  # ops that need no canvas
FOLLOWING = frozenset({"generate", "edit"})  # ops that follow reference pictures
LEANS = re.compile(r"\b(?:this|that|these|those|my|both|same|reference|(?:picture|image|photo)s?)\b", re.I)
CANNOT = {
    "generate": "draw a picture from words",
    "edit": "change a picture by words",
    "outpaint": "extend a picture",
    "layers": "take a picture apart into layers",
}


def assemble(said: Said, deeds: list[Deed]) -> Plan:
    """The plan that does these deeds in order, each on what the one before made."""
    if not said.base and deeds[0].op not in STARTING:
        raise Unsure(
            "Nothing is drawn yet, so there is nothing to change: what shall I draw (for example"
            " “a red boat on a calm sea”)?"
        )
    _check_model(deeds, said)
    said = _noted(said, deeds)
    chosen = _seeds(said, deeds)
    return Plan(
        reply=_reply(said, deeds, chosen),
        steps=tuple(_steps(said, deeds, chosen[0] if chosen else said.seed)),
        takes=chosen,
        target=None if deeds[0].op in STARTING else said.base,
    )


def _steps(said: Said, deeds: list[Deed], seed: int) -> Iterable[Step]:
    canvas, fits = _canvas(said), True
    for place, deed in enumerate(deeds):
        inputs = {} if deed.op in STARTING else {"canvas": canvas}
        if _uses_mask(deed, said, fits):
            inputs["mask"] = f"blob:{said.mask}"
        inputs.update(zip(REFERENCES, _followed(deed, deeds, said), strict=False))
        yield Step(deed.op, deed.prompt, _params(deed, said, seed), inputs)
        canvas, fits = f"step:{place}", fits and not deed.reshapes and deed.op not in STARTING


def _followed(deed: Deed, deeds: list[Deed], said: Said) -> tuple[str, ...]:
    """The pictures a deed reads besides the canvas: its own, or those that its words or no words lean on."""
    if deed.reference:
        return (deed.reference,)
    leaning = [other for other in deeds if LEANS.search(other.prompt)] or deeds
    return said.like if deed.op in FOLLOWING and deed in leaning else ()


def following(said: Said) -> Said:
    """The same, with every picture handed in to be followed. Raises `Unsure` if those are too many."""
    handed, most = len(said.ask.images), said.desk.references
    if handed > most > 0:
        one = "one picture" if most == 1 else f"{most} pictures"
        raise Unsure(f"I can follow {one} at once, and there are {handed}: which shall I leave out?")
    return replace(said, like=tuple(f"blob:{digest}" for digest in said.ask.images))


def _canvas(said: Said) -> str:
    return "canvas" if said.target in (None, said.canvas) else reference(said.target)


def _params(deed: Deed, said: Said, seed: int) -> dict[str, Json]:
    params: dict[str, Json] = dict(deed.params)
    if deed.op in DRAWING:
        params["seed"] = seed
        if said.steps:
            params["steps"] = said.steps
    return params


def _uses_mask(deed: Deed, said: Said, fits: bool) -> bool:
    return bool(said.mask) and deed.masked and fits


def _seeds(said: Said, deeds: list[Deed]) -> tuple[int, ...]:
    drawn = any(deed.op in DRAWING for deed in deeds)
    return seeds(said.takes, said.seed) if said.takes > 1 and drawn else ()


def _noted(said: Said, deeds: list[Deed]) -> Said:
    """What the person might wonder about: a mask or a number that could not be followed."""
    if said.takes > MOST:
        said = said.noting(f"{MOST} takes are the most at once")
    if said.takes > 1 and not any(deed.op in DRAWING for deed in deeds):
        said = said.noting("an exact adjustment comes out the same each time, so it is done once")
    if said.ask.mask and not _masked(said, deeds):
        said = said.noting("the mask is not used for that")
    elif said.ask.mask and _masked(said, deeds) < len(deeds):
        said = said.noting("the mask is used for the first of these only")
    return said


def _masked(said: Said, deeds: list[Deed]) -> int:
    """How many deeds obey the mask."""
    number, fits = 0, said.mask is not None
    for deed in deeds:
        number += deed.masked and fits
        fits = fits and not deed.reshapes and deed.op not in STARTING
    return number


def _check_model(deeds: list[Deed], said: Said) -> None:
    for deed in deeds:
        able = said.desk.ops | ({"outpaint"} if "edit" in said.desk.ops else frozenset())
        if deed.op in CANNOT and deed.op not in able:
            raise Unsure(
                f"The model at hand cannot {CANNOT[deed.op]}: will you choose another in the settings?"
            )
        if deed.op in FOLLOWING and said.like and not said.desk.references:
            raise Unsure(
                "The model at hand follows no other picture: will you say in words what you want of it,"
                " or “open this” or “paste this” for one you hand in?"
            )


def _reply(said: Said, deeds: list[Deed], chosen: tuple[int, ...]) -> str:
    done = deeds[0].saying + "".join(f", then {deed.saying}" for deed in deeds[1:])
    sentence = done[0].upper() + done[1:]
    if deeds[0].op not in STARTING:
        inside = " inside the mask" if said.mask and _masked(said, deeds) == len(deeds) else ""
        sentence += f"{inside} in {label(said)}"
    if chosen:
        sentence += f", in {len(chosen)} takes"
    if said.seeded and any(deed.op in DRAWING for deed in deeds):
        sentence += f", with seed {said.seed}"
    return "; ".join((sentence, *said.notes)) + "."


def label(said: Said) -> str:
    """The picture the steps start from, as a person would name it."""
    shown = said.target or said.canvas
    return f"version {shown.number}" if shown else "the picture on the canvas"


def repeated(said: Said, number: int) -> Plan:
    """The newest drawing again, from what it started from, with new seeds."""
    desk = said.desk
    if not desk.last:
        raise Unsure("Nothing has been drawn yet, so there is nothing to repeat: what shall I draw?")
    needs = any(ref == "canvas" for step in desk.last for ref in step.inputs.values())
    if not any(step.op in DRAWING for step in desk.last) or (needs and desk.last_from is None):
        raise Unsure("The last change is exact and comes out the same each time: what shall be different?")
    if number > MOST:
        said = said.noting(f"{MOST} takes are the most at once")
    old = {step.params.get("seed") for step in desk.last}
    first = said.seed if said.seeded or said.seed not in old else said.seed + 1
    chosen = seeds(number, first)
    steps = tuple(_again(step, chosen[0], said) for step in desk.last)
    source = _named(steps[0].inputs.get("canvas", ""), said)
    count = f"in {len(chosen)} takes" if len(chosen) > 1 else f"with seed {chosen[0]}"
    start = f" from version {source.number}" if source else ""
    drawn = next(step for step in desk.last if step.op in DRAWING)
    what = f"drawing “{short(drawn.prompt)}”" if drawn.prompt else "extending the canvas"
    return Plan(
        reply="; ".join((f"{what[0].upper()}{what[1:]} again{start}, {count}", *said.notes)) + ".",
        steps=steps,
        takes=chosen if len(chosen) > 1 else (),
        target=source.version if source else None,
    )


def _again(step: Step, seed: int, said: Said) -> Step:
    """The step once more. What is set now goes before what was set or said then."""
    start = said.desk.last_from
    inputs = {role: (start or ref) if ref == "canvas" else ref for role, ref in step.inputs.items()}
    if step.op not in DRAWING:
        return replace(step, inputs=inputs)
    params = {**step.params, **settings_for(step.op, said.ask), "seed": seed}
    if said.steps:
        params["steps"] = said.steps
    return replace(step, params=params, inputs=inputs)


def _named(ref: str, said: Said) -> Shown | None:
    """The picture that a reference speaks of."""
    kind, _, name = ref.partition(":")
    for one in reversed(said.desk.shown):
        if (kind == "turn" and one.turn == name and one.here) or (kind == "blob" and one.image == name):
            return one
    return None
