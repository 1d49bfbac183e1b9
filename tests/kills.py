"""A busy session that is killed at random moments, and a checker that looks at what is left of it.

`work` is the child: it says things to a session and sends a line for every version it was told of, which is
what "acknowledged" means here. `survive` is the parent: it kills the child again and again in one folder
and looks, after each kill, for whatever was acknowledged and is no longer there.

`careless` swaps in a store that names a picture before it writes it. It is here to show that the checker sees
what it is meant to see: with it, the same kills must leave damage.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from PIL import Image

from studio import Session, Studio, images
from studio.director.rules import RulesDirector
from studio.errors import StudioError
from studio.models.swatch import Swatch
from studio.session import first_operation
from studio.store import Store
from studio.timeline import Version

NAME = "busy"


@dataclass(frozen=True)
class Survived:
    """What came of it: how many versions were acknowledged in how many kills, and every fault found."""

    kills: int
    acknowledged: int
    faults: tuple[str, ...]


def survive(folder: Path, kills: int, *, seed: int = 1, careless: bool = False) -> Survived:
    """Kill a busy session `kills` times, at moments drawn from `seed`, and look at the folder after each."""
    chance = Random(seed)
    told: dict[str, str] = {}
    faults: list[str] = []
    for kill in range(kills):
        told |= _killed(folder, chance, careless)
        faults += [f"kill {kill + 1}: {fault}" for fault in damage(folder, told)]
    return Survived(kills, len(told), tuple(faults))


def _killed(folder: Path, chance: Random, careless: bool) -> dict[str, str]:
    """Run a child, SIGKILL it while it works, and return what it acknowledged."""
    # Children are forked from a process that has imported everything: a kill costs what its work costs.
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.kills", "pytest"])
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=work, args=(theirs, folder, chance.random(), careless))
    child.start()
    theirs.close()
    told = _told(ours)
    # Counted in work and not in time, a moment is as deep in it on a busy machine as on an idle one.
    early = list(islice(told, chance.randrange(12)))
    time.sleep(chance.uniform(0.0, 0.05))
    if child.exitcode is not None:
        raise RuntimeError(f"the busy child ended by itself, with {child.exitcode}; see above")
    child.kill()
    child.join()
    return dict([*early, *told])


def _told(pipe: Connection) -> Iterator[tuple[str, str]]:
    """All that is sent whole before the end."""
    try:
        while True:
            yield pipe.recv()
    except EOFError:
        pipe.close()


def damage(folder: Path, told: Mapping[str, str]) -> list[str]:
    """Whatever is wrong with the folder: faults of `verify`, told versions that are gone or are others."""
    studio = Studio(folder, model="swatch")
    faults = list(studio.store.verify())
    session = studio.open(NAME)
    for version, digest in told.items():
        try:
            found = images.digest(session.image(version))
        except StudioError as fault:
            faults.append(f"{version} was acknowledged, and now: {fault}")
        else:
            if found != digest:
                faults.append(f"{version} was acknowledged as {digest} and is {found}.")
    studio.close()
    return faults


# --- the child -----------------------------------------------------------------------------------------


class Small(Swatch):
    """Swatch at home on small pictures, so that a kill finds it saving and not painting."""

    card = replace(Swatch.card, working=64)


class Careless(Store):
    """What a store must not be: it says a picture is safe, and writes it when the next one comes."""

    waiting: Image.Image | None = None

    def put(self, picture: Image.Image) -> str:
        if self.waiting is not None:
            super().put(self.waiting)
        self.waiting = picture
        return images.digest(picture)

    def get(self, digest: str) -> Image.Image:
        if self.waiting is not None and images.digest(self.waiting) == digest:
            return self.waiting
        return super().get(digest)


def work(parent: Connection, folder: Path, seed: float, careless: bool) -> None:
    """Draw, edit, mask and rewrite until killed; tell of each version once the session says it is there."""
    store = Careless(folder) if careless else Store(folder)
    key = store.key(NAME) or store.create(NAME, first_operation(time.time()))
    model, chance = Small(), Random(seed)
    session = Session(key, store, RulesDirector(), lambda: model)
    while True:
        version = act(session, chance)
        if version is not None and version.image is not None:
            parent.send((version.id, version.image))


def act(session: Session, chance: Random) -> Version | None:
    """One thing that people do, drawn by chance."""
    colour = chance.choice(["red", "green", "blue", "yellow", "black", "white"])
    kind, seed = chance.random(), chance.randrange(2**31)
    picture, spoken = session.picture, [turn.id for turn in session.turns[-4:] if turn.ask.text]
    if picture is None or kind < 0.1:
        side = chance.randrange(48, 160)
        return session.say("", images=[Image.frombytes("RGB", (side, side), chance.randbytes(3 * side**2))])
    if kind < 0.4:
        mask = Image.new("L", picture.size)
        mask.paste(255, (0, 0, chance.randrange(1, picture.width), chance.randrange(1, picture.height)))
        return session.say(f"add a {colour} tree", mask=mask, seed=seed)
    if kind < 0.6 and spoken:
        return session.revise(chance.choice(spoken), text=f"add a {colour} boat", seed=seed)
    return session.say(f"make it {colour}", seed=seed)
