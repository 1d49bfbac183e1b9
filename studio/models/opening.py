"""From a name to a model that draws: found, fitted to this machine, fetched, loaded.

Nouns: a name is a checkpoint's, "auto", a repository (`owner/name`) or a folder.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from studio.errors import CannotDo, NotFound
from studio.models import fetching, vetting, zerogpu
from studio.models.base import ImageModel
from studio.models.catalog import checkpoints, listed
from studio.models.family import Checkpoint, Licence, Net, Nets, Shown
from studio.models.fetching import Fetched, Hub, gigabytes
from studio.models.fit import Plan, choose, plan, verdict
from studio.models.fitted import Fitted, Say, log, revision_of
from studio.models.hardware import Machine
from studio.models.records import Records

REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
EMBEDDED = "pocket"


@dataclass(frozen=True)
class Here:
    """What opening a model depends on: the machine, the hub, where things are remembered, and the folder of
    LoRAs, if there is one.
    """

    machine: Machine
    records: Records
    hub: Hub
    loras: Path | None = None

    @classmethod
    def usual(cls, loras: Path | None = None) -> Here:
        """This machine and the hub; records are kept beside the hub's own."""
        return cls(Machine.here(), usual_records(), Hub(), loras)


def usual_records() -> Records:
    """The records beside what huggingface_hub keeps, wherever it is set to keep it."""
    from huggingface_hub import constants

    return Records(Path(constants.HF_HOME) / "pentimento")


def is_name(name: str) -> bool:
    """Whether `opened` may know that name. Loads nothing and asks nobody."""
    known = name == "auto" or listed(name) is not None
    return known or fetching.is_folder(name) or REPOSITORY.fullmatch(name) is not None


def named_on_a_hub(name: str) -> bool:
    """Whether that is owner/name of a repository, and no folder that happens to be called so."""
    return REPOSITORY.fullmatch(name) is not None and not fetching.is_folder(name)


def opened(name: str, here: Here | None = None, say: Say = log) -> ImageModel:
    """The model of that name, ready to run. Raises a `StudioError` with a sentence."""
    here = here or Here.usual()
    return ready(name, here, say)(here.machine)


def ready(name: str, here: Here, say: Say = log) -> Callable[[Machine], ImageModel]:
    """All that can be done for a model while another one draws: found, accepted, fetched.

    What comes back loads it, onto the machine as it is then. Raises a `StudioError` with a sentence.
    """
    if name == "auto":
        chosen = choose(checkpoints(), here.machine, here.records.accepted)
        name = chosen.name if chosen else EMBEDDED
        say(f"This machine draws best with {name}.")
        if chosen is None:
            return _embedded
    checkpoint = found(name, here, say)
    fetching.require_accepted(checkpoint.title, checkpoint.licence, here.records)
    _running(checkpoint, here.machine)
    folder = fetching.obtain(checkpoint, here.records, here.hub, _fetching(checkpoint.title, say))
    lora = None
    if (few := checkpoint.distilled) is not None:
        title = f"what makes {checkpoint.title} quick"
        lora = fetching.obtain_file(few.repo, few.file, here.records, here.hub, _fetching(title, say))
    beside = tuple(
        fetching.obtain_part(one.repo, here.records, here.hub, _fetching(one.repo, say))
        for one in checkpoint.beside
    )
    revision = "+".join(map(revision_of, (folder, *beside)))
    checkpoint = replace(checkpoint, revision=revision, control=_pinned(checkpoint.control, here))

    def placed(machine: Machine) -> ImageModel:
        fitted = _running(checkpoint, machine)
        model = Fitted(
            checkpoint,
            fitted,
            folder,
            lora,
            say,
            here.records.folder / "latents",
            beside=beside,
            library=here.loras,
            obtain=lambda net: _obtained(net, here, say),
        )
        return zerogpu.Borrowing(model.model, zerogpu.lent()) if machine.kind == "zerogpu" else model

    return placed


def release(model: ImageModel) -> None:
    """Let go of what a model holds of the device, if that is much. It cannot draw afterwards."""
    if isinstance(model, Fitted):
        model.close()


def room(machine: Machine, model: ImageModel | None) -> Machine:
    """The machine as it is once that model is let go of."""
    if not isinstance(model, Fitted):
        return machine
    held = sum(map(model.plan.weights, model.plan.checkpoint.parts))
    moved = model.plan.offload != "none"
    free = machine.free if moved and not machine.shared else min(machine.total, machine.free + held)
    return replace(machine, free=free, ram=machine.ram + held if moved or machine.shared else machine.ram)


def found(name: str, here: Here, say: Say = log) -> Checkpoint:
    """The checkpoint of that name. A repository that no family names is fetched to be looked at."""
    return listed(name) or _of_no_family(name, here, say)


def accept(name: str, records: Records) -> str:
    """Remember that the terms of that model were accepted; a sentence that says so. Raises `NotFound`."""
    licence = _licence(name)
    if licence.free:
        return f"{name} is under {licence.name}, which is free: there is nothing to accept."
    records.accept(licence)
    return f"Accepted: {licence.name} ({licence.url}). {licence.terms}"


def _obtained(net: Net, here: Here, say: Say) -> Path:
    """The folder of control weights, fetched if they are not here."""
    return fetching.obtain_net(net, here.records, here.hub, _fetching(net.repo, say))


def _pinned(control: Nets | Shown | None, here: Here) -> Nets | Shown | None:
    """The same, where there are control weights that were fetched before, with their commits."""
    if not isinstance(control, Nets):
        return control
    before = {net.repo: here.records.commit(net.repo) for net in control.nets}
    return control.pinned({repo: commit for repo, commit in before.items() if commit})


def _embedded(machine: Machine) -> ImageModel:
    from studio.models import pocket

    return pocket.load()


def _running(checkpoint: Checkpoint, machine: Machine) -> Plan:
    """The plan for it. Raises `CannotDo` if it does not run there."""
    fitted = plan(checkpoint, machine)
    if not fitted.runs:
        raise CannotDo(f"{checkpoint.title} does not run on {machine.name}. {verdict(fitted)}")
    return fitted


def _of_no_family(name: str, here: Here, say: Say) -> Checkpoint:
    """A folder or repository that no family names, described by what is in it."""
    from studio.models.unknown import checkpoint_of

    if fetching.is_folder(name):
        # Whoever has the folder came by it under some terms already.
        described = checkpoint_of(vetting.folder(Path(name)))
        return replace(described, licence=replace(described.licence, free=True))
    if not REPOSITORY.fullmatch(name):
        raise NotFound(
            f"There is no model {name!r}; there are {', '.join(one.name for one in checkpoints())}."
        )
    terms = _licence(name)
    fetching.require_accepted(name, terms, here.records)
    folder = fetching.obtain_repository(name, here.records, here.hub, _fetching(name, say))
    return replace(checkpoint_of(folder), name=name, title=name, repo=name, licence=terms)


def _licence(name: str) -> Licence:
    known = listed(name)
    if known is not None:
        return known.licence
    if not REPOSITORY.fullmatch(name):
        raise NotFound(f"There is no model {name!r} whose licence could be accepted.")
    return Licence(f"the terms of {name}", f"https://huggingface.co/{name}", free=False,
                   terms="What they say is on its page.")  # fmt: skip


def _fetching(title: str, say: Say) -> Fetched:
    """A report that says how far it is, twenty times in all."""
    said: list[int] = [-1]

    def report(done: int, total: int) -> None:
        share = 20 * done // max(1, total)
        if share > said[0]:
            said[0] = share
            say(f"Fetching {title}: {gigabytes(done)} of {gigabytes(total)}.")

    return report
