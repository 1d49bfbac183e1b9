"""How a checkpoint is made to fit a machine: decided by arithmetic, before anything is fetched or loaded.

Nouns: a *plan* says for one checkpoint on one machine in which numbers it computes, which parts are *shrunk*
to fewer bits, where its parts wait while they are not needed (*offload*), and how large it draws; its *need*
is the most device memory it will take at once. `lower` is the next plan to try when memory ran out after all.
How the GB are counted is in `weighing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from studio.models import speed, weighing
from studio.models.base import titled
from studio.models.family import Checkpoint, Shown, family_of
from studio.models.hardware import LIBRARIES, Machine
from studio.models.weighing import CAST, Shrink

# Where parts wait: all on the device; one at a time on it; layer by layer with the next one on its way; one
# layer at a time. Each needs less of the device than the one before, and is slower.
OFFLOADS = ("none", "model", "group", "sequential")

# Bits of the parts that read and of the part that draws, from the best picture to the smallest. A reader
# loses more by 4 bits than the part that draws does, so it goes there last.
LEVELS = ((16, 16), (8, 16), (8, 8), (8, 4), (4, 4))

SMALLEST = 512  # the side below which a picture is not worth drawing by a model made for larger ones
WORTHWHILE = 0.1  # GB that a step down has to save
ABILITIES = frozenset({"generate", "edit", "inpaint"})


@dataclass(frozen=True)
class Plan:
    """How a checkpoint runs on a machine. `shrunk` says by part what stores it in fewer bits.

    `beside` is billions of parameters of the control weights that stay on the device while they are needed.
    """

    checkpoint: Checkpoint
    machine: Machine
    precision: str  # "bf16", "fp16" or "fp32"
    shrunk: tuple[tuple[str, Shrink], ...]
    offload: str  # one of OFFLOADS
    tiled: bool  # whether the VAE works in tiles
    working: int  # the longest side that is drawn
    beside: float = 0.0

    def shrink(self, part: str) -> Shrink | None:
        """What stores that part in fewer bits, if anything does."""
        return dict(self.shrunk).get(part)

    def weights(self, part: str) -> float:
        """GB of that part's weights."""
        return weighing.weights(self.checkpoint, part, self.precision, self.shrink(part))

    def work(self, part: str) -> float:
        """GB that part takes beside its weights while it works."""
        return weighing.work(self.checkpoint, part, self.precision, self.working, self.tiled)

    @property
    def need(self) -> float:
        """The most GB of the device that are taken at once."""
        parts = self.checkpoint.parts
        if self.offload == "none":
            most = sum(map(self.weights, parts)) + max(map(self.work, parts))
        elif self.offload == "model":
            most = max(self.weights(part) + self.work(part) for part in parts)
        else:
            layers = 2 if self.offload == "group" else 1
            most = max(layers * weighing.layer(self.checkpoint, p, self.precision) + self.work(p)
                       for p in parts)  # fmt: skip
        return most + weighing.beside(self.beside, self.precision) + weighing.WORKSPACE

    @property
    def ram(self) -> float:
        """The most GB of main memory that are taken, on a machine where that is another memory."""
        return weighing.PROGRAM + (
            0.0 if self.offload == "none" else sum(map(self.weights, self.checkpoint.parts))
        )

    @property
    def short(self) -> float:
        """The GB that the machine lacks for it, of either memory; 0 if it fits."""
        lacking = self.need - self.machine.free
        if not self.machine.shared:
            lacking = max(lacking, self.ram - self.machine.ram)
        return max(0.0, lacking)

    @property
    def fits(self) -> bool:
        """Whether the machine has the memory."""
        return self.short == 0

    @property
    def key(self) -> str:
        """What of it decides pixels: for the key of a result."""
        stored = [f"{part}.{shrink.name}.{shrink.library}" for part, shrink in self.shrunk]
        return "-".join([self.precision, *sorted(stored), *(["tiled"] if self.tiled else [])])

    @property
    def missing(self) -> tuple[str, ...]:
        """The libraries to install first."""
        wanted = {shrink.library for _, shrink in self.shrunk} - {CAST.library}
        return tuple(sorted(wanted - self.machine.libraries))

    @property
    def runs(self) -> bool:
        """Whether it can be loaded as things are."""
        return self.fits and not self.missing

    def lower(self) -> Plan | None:
        """The next plan that needs less of the device, for when memory ran out; None if there is none.

        What costs least comes first: moving parts off the device, tiles, a smaller picture (none of which
        loads anything again), then fewer bits, then layer by layer.
        """
        lower = (one for one in self._steps_down() if one.need < self.need - WORTHWHILE)
        return next((one for one in lower if one.fits or not self.fits), None)

    def _steps_down(self) -> Iterator[Plan]:
        if self.offload == "none" and not self.machine.shared:
            yield replace(self, offload="model")
        yield replace(self, tiled=True)
        for working in _sizes(self.checkpoint):
            if working < self.working:
                yield replace(self, tiled=True, working=working)
        for shrunk in _levels(self.checkpoint, self.machine):
            if self.offload in ("none", "model"):
                yield replace(self, shrunk=shrunk)
        if not self.machine.shared:
            for offload in OFFLOADS[max(2, OFFLOADS.index(self.offload)) :]:
                yield replace(self, shrunk=(), offload=offload, tiled=True)


def plan(checkpoint: Checkpoint, machine: Machine) -> Plan:
    """The best plan that fits. If none does: one that would with a library that is `missing`, else the one
    that is least short of memory, which does not fit and says so.
    """
    equipped = replace(machine, libraries=frozenset(_usable(machine)))
    fitting = (one for m in (machine, equipped) for one in plans(checkpoint, m) if one.fits)
    best = next(fitting, None) or min(plans(checkpoint, equipped), key=lambda one: one.short)
    return replace(best, machine=machine)


def plans(checkpoint: Checkpoint, machine: Machine) -> Iterator[Plan]:
    """Every plan there is, the best first: a whole picture before a smaller one, more bits before fewer, and
    parts that stay on the device before parts that move. More memory only ever makes more of them fit.
    """
    whole = OFFLOADS[:1] if machine.shared else OFFLOADS[:2]
    for working in _sizes(checkpoint):
        for precision in _precisions(machine):
            for shrunk in _levels(checkpoint, machine):
                for offload in whole:
                    for tiled in (False, True):
                        yield Plan(checkpoint, machine, precision, shrunk, offload, tiled, working)
            for offload in () if machine.shared else OFFLOADS[2:]:
                yield Plan(checkpoint, machine, precision, (), offload, True, working)


def choose(
    checkpoints: Iterable[Checkpoint], machine: Machine, accepted: frozenset[str] = frozenset()
) -> Checkpoint | None:
    """What to draw with on that machine; None means that the embedded model is the better choice.

    It is one whose licence is free or among those `accepted` by name, that draws, follows instructions and
    fills in masks, at nearly its full size, without moving layers about, and at a pace for a conversation. Of
    those, one that sees is better than one that does not, and a larger one better than a smaller one.
    """
    if machine.kind == "cpu":
        return None
    allowed = [c for c in checkpoints if c.licence.free or c.licence.name in accepted]
    able = [c for c in allowed if c.ops >= ABILITIES and not c.calls["edit"].describes]
    suited = [c for c in able if suits(plan(c, machine))]
    return max(suited, key=lambda c: (c.sees and c.talks is not None, c.parts[c.drawing]), default=None)


def suits(one: Plan) -> bool:
    """Whether it is a pleasure: nearly its full size, no layers moved about, at a pace for a conversation."""
    return one.machine.kind != "cpu" and _brisk(one.checkpoint, one.machine) and _comfortable(one)


def _comfortable(one: Plan) -> bool:
    """Whether it draws at three quarters of its full side at least, without moving layers about."""
    return one.runs and one.offload in ("none", "model") and 4 * one.working >= 3 * one.checkpoint.working


def _brisk(checkpoint: Checkpoint, machine: Machine) -> bool:
    """Whether a picture takes seconds, not minutes. The work of one is steps times parameters, twice where
    there is guidance; a part that writes a caption first, word by word, takes about as long as eight steps of
    its size. Cards with more memory are quicker in about the same measure.
    """
    passes = 2 if checkpoint.guided_by and (checkpoint.guidance or 0) > 1 else 1
    writing = sum(checkpoint.parts.get(name, 0.0) for one in checkpoint.beside for name in one.classes)
    work = checkpoint.steps * checkpoint.parts[checkpoint.drawing] * passes + 8 * writing
    return work <= 10 * machine.total


def explained(one: Plan) -> str:
    """The plan as a table and sentences for a person."""
    c, machine = one.checkpoint, one.machine
    rows = [("part", "parameters", "stored as", "weights", "at work")]
    for part, billions in c.parts.items():
        shrink = one.shrink(part)
        stored = f"{shrink.name} ({shrink.library})" if shrink else one.precision
        size = f"{billions:.2f} B"
        rows.append((part, size, stored, f"{one.weights(part):.1f} GB", f"+{one.work(part):.1f} GB"))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    table = [
        "  " + "  ".join(cell.ljust(w) for cell, w in zip(r, widths, strict=True)).rstrip() for r in rows
    ]
    where = "main memory" if machine.kind in ("mps", "cpu") else "its memory"
    return "\n".join(
        [
            f"{c.title} ({c.name}) on {machine.name}: {machine.free:.1f} GB of {where} free",
            *table,
            f"  {_OFFLOADED[one.offload]}; pictures of up to {one.working} pixels a side"
            f"{', decoded in tiles' if one.tiled else ''}.",
            f"  {verdict(one)}",
            f"  {mind(c)}",
            *_sped(one),
            f"  About {2 * c.billions:.0f} GB to fetch, once. Licence: {c.licence.name}"
            f"{'' if c.licence.free else ', to be accepted first'}.",
            *(f"  {sentence}" for sentence in _controlled(one)),
            *(f"  {note}" for note in c.notes),
        ]
    )


def mind(checkpoint: Checkpoint) -> str:
    """What its text encoder is beside, in a sentence."""
    if checkpoint.talks is None:
        return "Its text encoder only encodes: it neither talks nor looks at pictures."
    if checkpoint.sees:
        return f"Its {checkpoint.talks} is a language model that talks and looks at pictures."
    return f"Its {checkpoint.talks} is a language model that talks, and is shown no pictures."


def _sped(one: Plan) -> tuple[str, ...]:
    """What can make it draw faster there, beside what it does anyway."""
    family = family_of(next(iter(one.checkpoint.calls.values())).pipeline)
    names = speed.offered(family, one.checkpoint.steps, one.machine.kind)
    more = [name for name in names if not speed.AIDS[name].exact]
    return (f"  Can draw faster with {' or '.join(more)}, not quite the same.",) if more else ()


def _controlled(one: Plan) -> list[str]:
    """What there is to know of control pictures."""
    c = one.checkpoint
    kinds = titled(c.controls)
    if isinstance(c.control, Shown):
        return [f"It keeps to control pictures ({kinds}), which count as pictures that it follows."]
    if c.control is None:
        return []
    largest = max(net.billions for net in c.control.nets)
    share = "for all of them" if len(c.control.nets) == 1 else "for each"
    licences = " or ".join(sorted({net.licence.name for net in c.control.nets}))
    most = weighing.beside(largest, one.precision)
    return [
        f"It keeps to control pictures ({kinds}) with further weights: {most:.1f} GB {share}, fetched when "
        f"first needed. Licence: {licences}."
    ]


_OFFLOADED = {
    "none": "All parts stay loaded",
    "model": "One part at a time is on the card, the others wait in main memory",
    "group": "Layers come from main memory while others work, which is slow",
    "sequential": "Each layer comes from main memory when its turn comes, which is very slow",
}


def verdict(one: Plan) -> str:
    """Whether it fits, in a sentence."""
    ram = "" if one.machine.shared else f" and {one.ram:.1f} GB of main memory"
    needs = f"It needs {one.need:.1f} GB{ram}"
    if one.runs:
        return f"{needs}: it fits."
    if one.fits:
        return f"{needs}, once you have installed {' and '.join(one.missing)}."
    short = f"there are {one.machine.free:.1f} GB"
    if not one.machine.shared:
        short += f" and {one.machine.ram:.1f} GB"
    return f"It does not fit: {needs[0].lower() + needs[1:]} at the least, and {short}."


# --- what there is to choose from ------------------------------------------------------------------------


def _precisions(machine: Machine) -> tuple[str, ...]:
    if machine.bf16:
        return ("bf16",)
    # A processor computes in bf16 too, only slowly: still better than not at all.
    return ("fp32", "bf16") if machine.kind == "cpu" else ("fp16",)


def _sizes(checkpoint: Checkpoint) -> tuple[int, ...]:
    """The sides it may draw at, the largest first."""
    full = checkpoint.working
    if checkpoint.sizes:
        return (full,)
    sides = (full * share // 4 // checkpoint.multiple * checkpoint.multiple for share in (3, 2))
    return (full, *(side for side in sides if side >= SMALLEST))


def _usable(machine: Machine) -> tuple[str, ...]:
    """The libraries that work on that kind of machine, the best first."""
    return {"cuda": LIBRARIES, "mps": ("sdnq",)}.get(machine.kind, ("sdnq", "torchao"))


def _levels(checkpoint: Checkpoint, machine: Machine) -> tuple[tuple[tuple[str, Shrink], ...], ...]:
    """The ways to shrink its parts on that machine, from not at all to the most."""
    found: list[tuple[tuple[str, Shrink], ...]] = []
    for reading, drawing in LEVELS:
        shrunk = []
        for part in checkpoint.parts:
            bits = drawing if weighing.draws(checkpoint, part) else reading
            if bits < 16 and weighing.shrinks(checkpoint, part):
                shrunk.append((part, _shrink(machine, bits, weighing.draws(checkpoint, part))))
        level = tuple((part, shrink) for part, shrink in shrunk if shrink is not None)
        if len(level) == len(shrunk) and level not in found:
            found.append(level)
    return tuple(found)


def _shrink(machine: Machine, bits: int, drawing: bool) -> Shrink | None:
    """What stores weights in so many bits on that machine."""
    for library in _usable(machine):
        for shrink in weighing.SHRINKS:
            if shrink.library == library and shrink.bits == bits and library in machine.libraries:
                return shrink
    # Without any library, diffusers itself keeps its own modules in 8 bits and computes in 16.
    return CAST if bits == CAST.bits and drawing and machine.kind in ("cuda", "rocm") else None
