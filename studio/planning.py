"""From what somebody says to a plan, with everything in it safely kept or pinned.

Noun: a `Planner` is a director at a desk: it is told what is on the canvas and what is shown, and keeps the
pictures that came with the words.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from PIL import Image

from studio import images, ops
from studio.director import Desk, Director, Shown
from studio.errors import BadMask, BadMessage
from studio.models import loras, speed
from studio.models.base import ImageModel
from studio.settings import kind
from studio.store import Store
from studio.timeline import Ask, Plan, Step, Version


@dataclass(frozen=True)
class Planner:
    """A director, the store that keeps what it is handed, and the model that will draw."""

    store: Store
    director: Director
    model: Callable[[], ImageModel]

    def ask(
        self,
        text: str,
        mask: Image.Image | None,
        pictures: Sequence[Image.Image],
        seed: int | None,
        canvas: str | None,
    ) -> Ask:
        """What was said of a canvas, its pictures in the store. Raises `BadMessage` and `BadMask`."""
        if not text.strip() and not pictures:
            raise BadMessage("Say what to draw or change, or add a picture.")
        if not text.isascii() and text != text.encode(errors="ignore").decode():
            raise BadMessage("The message has characters in it that are not text; take them out.")
        if mask is not None and canvas is None:
            raise BadMask("There is nothing to paint a mask on yet; say what to draw first.")
        if mask is not None and canvas is not None:
            mask = images.as_mask(mask, self.store.get(canvas).size)
        digests = tuple(self.store.put(images.plain(picture)) for picture in pictures)
        return Ask(text, None if mask is None else self.store.put(mask), digests, seed)

    def controls(self, pictures: Mapping[str, Image.Image]) -> Mapping[str, str]:
        """Control pictures by kind, as digests in the order of `images.KINDS`."""
        known = {kind(name): picture for name, picture in pictures.items()}
        return {name: self.store.put(images.plain(known[name])) for name in images.KINDS if name in known}

    def plan(
        self, ask: Ask, path: Sequence[Version], shown: Sequence[Shown], seed: int | None = None
    ) -> Plan:
        """The director's plan for what was said at the end of a path, with what is shown in the notebook.

        What a plan names, such as a LoRA, is pinned to what that is now. `seed` is drawn if it is None.
        """
        plan = self.director.plan(ask, self._desk(path, shown, seed))
        return replace(plan, steps=tuple(map(self._pinned, plan.steps)))

    def _pinned(self, step: Step) -> Step:
        params = step.params
        if params.get("loras"):
            params = loras.frozen(params, self.store.folder / loras.FOLDER)
        if params.get("speed"):
            params = speed.frozen(params, self.model().card.speeds)
        return replace(step, params=params)

    def _desk(self, path: Sequence[Version], shown: Sequence[Shown], seed: int | None) -> Desk:
        """What the director may know."""
        head = path[-1] if path else None
        canvas = head.image if head else None
        drawn = [i for i, version in enumerate(path) if version.turn.plan.steps]
        last = path[drawn[-1]].turn if drawn else None
        before = path[drawn[-1] - 1] if drawn and drawn[-1] > 0 else None
        here = {version.id for version in path}
        return Desk(
            head=head.id if head and canvas else None,
            size=self.store.get(canvas).size if canvas else None,
            shown=tuple(replace(one, here=one.version in here) for one in shown),
            seed=secrets.randbelow(2**31) if seed is None else seed,
            ops=ops.available(self.model()),
            references=self.model().card.references,
            sees=self.model().card.sees,
            last=last.plan.steps if last else (),
            last_from=f"turn:{before.turn.id}" if before and before.image else None,
        )
