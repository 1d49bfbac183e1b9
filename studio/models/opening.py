"""From a name to a model that draws: found, fitted to this machine, fetched, loaded; and again with less.

Nouns: a name is a checkpoint's, "auto", a repository (`owner/name`) or a folder; a *fitted* model is one that
knows its plan, and takes the next lower one when memory runs out.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from studio.errors import CannotDo, NotFound
from studio.models import fetching, vetting
from studio.models.base import Card, ImageModel, Request
from studio.models.catalog import checkpoints, listed
from studio.models.family import Checkpoint, Licence, Net, Nets, Shown
from studio.models.fetching import Fetched, Hub, Records, gigabytes
from studio.models.fit import Plan, choose, plan, verdict
from studio.models.hardware import Machine

if TYPE_CHECKING:
    from studio.models.diffused import DiffusersModel

Say = Callable[[str], None]  # takes a sentence on how far it is; raising stops

REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
EMBEDDED = "pocket"


def log(sentence: str) -> None:
    """Say it to whoever reads the log."""
    logging.getLogger(__name__).info(sentence)


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
    checkpoint = replace(checkpoint, revision=_revision(folder), control=_pinned(checkpoint.control, here))

    def placed(machine: Machine) -> Fitted:
        fitted = _running(checkpoint, machine)
        latents = here.records.folder / "latents"
        return Fitted(
            checkpoint, fitted, folder, lora, say, latents, here.loras, lambda net: _obtained(net, here, say)
        )

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
    before = {net.repo: here.records.fetched(net.repo) for net in control.nets}
    return control.pinned({repo: offer.commit for repo, offer in before.items() if offer})


class Fitted:
    """A loaded checkpoint that gives way when memory runs out. The latents of what it draws are kept in the
    folder `latents`, so that what is drawn on it comes out the same after a restart; without one, in memory.
    `library` is the folder of LoRAs; `obtain` gives the folder of control weights when a request first needs
    them.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        fitted: Plan,
        folder: Path,
        lora: Path | None = None,
        say: Say = log,
        latents: Path | None = None,
        library: Path | None = None,
        obtain: Callable[[Net], Path] | None = None,
    ) -> None:
        self._checkpoint, self._folder, self._lora, self._say = checkpoint, folder, lora, say
        self._latents, self._library, self._obtain = latents, library, obtain
        self._lock = threading.Lock()
        self._closed = False
        self.plan = fitted
        self._model = self._loaded()

    @property
    def card(self) -> Card:
        """What it can do as it is loaded now."""
        return self._model.card

    def run(self, request: Request) -> Image.Image:
        """The picture. Where memory runs out, the next lower plan is loaded: if that draws the same pixels,
        the request goes on, else it is to be asked again, since its result would not be what its key says.
        """
        from studio.models.diffused import OutOfMemory

        with self._lock:
            if self._closed:
                raise CannotDo(f"{self._checkpoint.title} is not loaded any more: ask once more.")
            self._make_room(request)
            while True:
                try:
                    return self._model.run(request)
                except OutOfMemory as error:
                    short = error
                finally:
                    # A sibling, or a run that was stopped, leaves parts on the card that have to wait off it.
                    self._model.pipe.maybe_free_model_hooks()
                lower = self.plan.lower()
                if lower is None:
                    raise short
                self._lower(lower)

    def _make_room(self, request: Request) -> None:
        """The first lower plan with room for the control weights that the request needs, if it needs any."""
        control = self._checkpoint.control
        nets = control.needed(request.controls) if isinstance(control, Nets) else ()
        if not nets:
            return
        wanted: Plan | None = replace(self.plan, beside=sum(net.billions for net in nets))
        while wanted is not None and self.plan.fits and not wanted.fits:
            wanted = wanted.lower()
        if wanted is None:
            raise CannotDo(
                f"{self._checkpoint.title} has no room here for what follows control pictures "
                f"({sum(net.billions for net in nets):.1f} billion parameters). Leave them out."
            )
        if replace(wanted, beside=0.0) == replace(self.plan, beside=0.0):
            self.plan = wanted
        else:
            self._lower(wanted)

    def _net(self, net: Net) -> Any:
        """Control weights, loaded. What they are is known from now on, and named on the card."""
        from studio.models.loading import load_net

        if self._obtain is None:
            raise CannotDo(f"{net.repo}, which follows control pictures, cannot be fetched here.")
        folder = self._obtain(net)
        self._say(f"Loading {net.repo}.")
        loaded = load_net(net, self.plan, folder)
        assert isinstance(self._checkpoint.control, Nets)
        control = self._checkpoint.control.pinned({net.repo: _revision(folder)})
        self._checkpoint = replace(self._checkpoint, control=control)
        self._model.card = replace(self._model.card, controls=self._checkpoint.controls)
        return loaded

    def close(self) -> None:
        """Let go of the weights, once what is being drawn is done."""
        from studio.models.loading import unload

        with self._lock:
            if not self._closed:
                self._closed = True
                unload(*self._model.pipes)

    def _lower(self, lower: Plan) -> None:
        """Load again as the lower plan says. Raises `CannotDo` if what was asked would now look otherwise."""
        from studio.models.loading import unload

        before = self._model.card
        unload(*self._model.pipes)
        del self._model
        self.plan = lower
        self._model = self._loaded()
        if self._model.card != before:
            raise CannotDo(
                f"There was not enough memory for {self._checkpoint.title}. It has been loaded again "
                f"to need less ({_differently(lower)}): ask once more."
            )

    def _loaded(self) -> DiffusersModel:
        from studio.models.diffused import DiffusersModel, card_of
        from studio.models.kept import Kept
        from studio.models.loading import load
        from studio.models.shelf import Shelf

        title = self._checkpoint.title

        def report(part: str, number: int, parts: int) -> None:
            self._say(f"Loading {title}: {part} ({number + 1} of {parts}).")

        pipe = load(self._checkpoint, self.plan, self._folder, report, self._lora)
        known = replace(self._checkpoint, working=self.plan.working)
        kept = Kept(card_of(known, self.plan.key).key, Shelf(folder=self._latents))
        return DiffusersModel(pipe, known, self.plan.key, kept=kept, library=self._library, net=self._net)


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


def _revision(folder: Path) -> str:
    """What tells these weights from others: the commit, or for a folder its files' names, sizes and times."""
    if re.fullmatch(r"[0-9a-f]{40}", folder.name):
        return folder.name
    seen = hashlib.blake2b(digest_size=10)
    for file in sorted(folder.rglob("*")):
        about = file.stat()
        seen.update(f"{file.relative_to(folder)} {about.st_size} {about.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def _differently(lower: Plan) -> str:
    stored = " and ".join(f"{part} in {shrink.bits} bits" for part, shrink in lower.shrunk)
    return ", ".join(
        filter(None, [f"up to {lower.working} pixels", "in tiles" if lower.tiled else "", stored])
    )
