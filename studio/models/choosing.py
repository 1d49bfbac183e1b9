"""What there is to draw with, as a person chooses it: all models, with how each would run on this machine.

Nouns: a *choice* is a model with what is known of it before it is loaded. Loads nothing and asks nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from studio.errors import StudioError
from studio.models import vetting
from studio.models.catalog import checkpoints, families
from studio.models.family import APACHE, Checkpoint, Licence
from studio.models.fit import Plan, choose, explained, plan, suits, verdict
from studio.models.hardware import Machine
from studio.models.opening import EMBEDDED, Here

# How a model gets on with the machine, from the best to the worst, and what that is called.
FITS: Mapping[str, str] = {
    "here": "At hand",
    "well": "Suits this machine",
    "slowly": "Runs here, slowly",
    "lacking": "Runs here once a library is installed",
    "not": "Too large for this machine",
}


@dataclass(frozen=True)
class Choice:
    """A model that can be chosen.

    `fits` is a key of FITS, `verdict` says it in a sentence and `table` part by part. `here`: it is on the
    disk. `gigabytes` is about what is to be fetched otherwise. `accepted`: its terms were, or need not be.
    `best`: it is what "auto" draws with.
    """

    name: str
    title: str
    family: str
    fits: str
    verdict: str
    licence: Licence
    accepted: bool = True
    here: bool = True
    gigabytes: float = 0.0
    does: tuple[str, ...] = ()
    steps: int | None = None
    guidance: float | None = None
    working: int | None = None
    table: str = ""
    notes: tuple[str, ...] = field(default_factory=tuple)
    best: bool = False


POCKET = Choice(
    EMBEDDED,
    "Pocket",
    "Small",
    "here",
    "A small model of drawings, at 512 pixels a side. It needs no graphics card, and nothing is fetched.",
    APACHE,
    does=("draws", "changes by words", "fills masks", "follows 3 pictures", "sees"),
)


def begun_with(name: str) -> Choice:
    """A model that only who started the studio knows."""
    return Choice(name, name, "", "here", "The studio was started with it.", Licence("", "", free=True))


def choices(here: Here, folders: Mapping[str, Path]) -> tuple[Choice, ...]:
    """Every model of every family, and those in these folders, by name; what fits best comes first."""
    listed = [one for family, ones in families().items() for one in _of_family(family, ones, here)]
    found = [POCKET, *_in_folders(folders, here.machine), *listed]
    auto = choose(checkpoints(), here.machine, here.records.accepted)
    best = auto.name if auto else EMBEDDED
    ranked = sorted(found, key=lambda one: list(FITS).index(one.fits))
    return tuple(replace(one, best=one.name == best) for one in ranked)


def _of_family(family: str, checkpoints: tuple[Checkpoint, ...], here: Here) -> Iterator[Choice]:
    accepted = here.records.accepted
    for one in checkpoints:
        offer = here.records.fetched(one.repo)
        free = one.licence.free or one.licence.name in accepted
        fetched = offer is not None and here.hub.here(offer) is not None
        yield _choice(one, family, here.machine, accepted=free, here=fetched)


def _in_folders(folders: Mapping[str, Path], machine: Machine) -> Iterator[Choice]:
    """What is in the folders, or why it cannot be used."""
    from studio.models.unknown import checkpoint_of

    for name, folder in folders.items():
        try:
            one = checkpoint_of(vetting.folder(folder))
            one = replace(one, licence=replace(one.licence, free=True))  # whoever has it came by it
        except StudioError as error:
            yield Choice(name, name, "Folders", "not", str(error), Licence("unknown", "", free=True))
            continue
        yield _choice(one, "Folders", machine, name=name)


def _choice(
    one: Checkpoint,
    family: str,
    machine: Machine,
    *,
    name: str = "",
    accepted: bool = True,
    here: bool = True,
) -> Choice:
    how = plan(one, machine)
    return Choice(
        name or one.name,
        one.title,
        family,
        _fits(how),
        verdict(how),
        one.licence,
        accepted,
        here,
        round(2 * one.billions, 1),
        tuple(_does(one)),
        one.steps,
        one.guidance if one.guided_by else None,
        how.working,
        explained(how),
        one.notes,
    )


def _fits(how: Plan) -> str:
    if how.runs:
        return "well" if suits(how) else "slowly"
    return "lacking" if how.fits else "not"


def _does(one: Checkpoint) -> Iterator[str]:
    """What it can, in words."""
    edit = one.calls.get("edit")
    if "generate" in one.ops:
        yield "draws"
    if edit is not None:
        yield "changes towards words" if edit.describes else "changes by words"
    if "inpaint" in one.ops:
        yield "fills masks"
    if one.references:
        yield f"follows {one.references} picture{'s' if one.references > 1 else ''}"
    if one.sees:
        yield "sees"
