"""`Notebook`: a session as it is looked at. Everything here reads; nothing changes.

A *version* is known to people by its *number*, its place among those that drew something. The *line* is the
branch as a list of versions, the *path* is the part of it up to the *head*, which is on the canvas.
"""

from __future__ import annotations

from collections.abc import Mapping

from PIL import Image

from studio import images, looking
from studio.director import Shown
from studio.errors import NotFound
from studio.store import Store
from studio.timeline import Json, Timeline, Turn, Version, View


class Notebook:
    """What a session shows: its name, turns, versions, pictures and receipts."""

    def __init__(self, key: str, store: Store) -> None:
        self.key = key
        self.timeline: Timeline = store.load(key)
        self._store = store
        # The digests of the first `_counted` versions: a timeline only grows, so what was counted stays true.
        self._digests: set[str | None] = set()
        self._held: set[str] = set()  # pictures that no version has yet
        self._counted = 0

    @property
    def name(self) -> str:
        return self._store.name(self.key)

    @property
    def revision(self) -> int:
        """Higher after every change."""
        return len(self.timeline.operations)

    @property
    def view(self) -> View:
        return self.timeline.view

    @property
    def branch(self) -> str:
        return self.view.branch

    @property
    def branches(self) -> Mapping[str, str | None]:
        return self.view.branches

    @property
    def head(self) -> Version | None:
        """The version on the canvas."""
        return None if self.view.head is None else self.timeline.version(self.view.head)

    @property
    def path(self) -> tuple[Version, ...]:
        """From the first version to the head."""
        return self.timeline.path(self.view.head)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The notebook: the cells of the current branch, to its tip."""
        return tuple(version.turn for version in self.line)

    @property
    def picture(self) -> Image.Image | None:
        """A copy of the picture on the canvas, None while there is none."""
        head = self.head
        return self._store.get(head.image).copy() if head and head.image else None

    def image(self, version: str) -> Image.Image:
        """The picture of that version. Raises `NotFound`."""
        digest = self.timeline.version(version).image
        if digest is None:
            raise NotFound("Nothing was drawn yet at that version.")
        return self._store.get(digest).copy()

    def knows(self, digest: str) -> bool:
        """Whether a picture belongs to this session: a version's, a take's or something handed in."""
        versions = tuple(self.timeline.versions.values())
        fresh = versions[self._counted :]
        receipts = self._store.receipts(self.key) if any(v.turn.plan.takes for v in fresh) else {}
        for version in fresh:
            ask = version.turn.ask
            self._digests |= {version.image, *ask.pictures}
            self._digests |= set(receipts.get(version.id, {}).get("takes", ()))
        self._counted = len(versions)
        return digest in self._digests | self._held

    def hold(self, picture: Image.Image) -> str:
        """The digest of a picture that is of use in the next message; the session knows it from now on."""
        digest = self._store.put(picture)
        self._held.add(digest)
        return digest

    def number(self, version: str) -> int | None:
        """The number people know a version by: its place among those that drew. None if it only talked."""
        return self._numbers().get(version)

    def receipt(self, version: str) -> Mapping[str, Json]:
        """What was measured when it was made: target, ops, seconds, seed, model, changed, outside, shift.

        Once a model that sees has looked at it, also what it `missed`, in sentences.
        """
        receipt = self._store.receipt(self.key, version)
        made = self.timeline.version(version)
        before = self.timeline.version(made.parent).image if made.parent else None
        missed = looking.verdict(made, before, receipt, self._store)
        return receipt if missed is None else {**receipt, "missed": list(missed)}

    def shown(self) -> tuple[Shown, ...]:
        """Every numbered picture, in the order they were made."""
        here = {version.id for version in self.path}
        numbers = self._numbers()
        return tuple(
            Shown(
                v.id,
                numbers[v.id],
                v.turn.id,
                v.turn.ask.text,
                v.turn.plan.steps[-1].op,
                v.id in here,
                v.image,
            )
            for v in self.timeline.versions.values()
            if v.id in numbers and v.image is not None
        )

    def _numbers(self) -> dict[str, int]:
        drew = [v.id for v in self.timeline.versions.values() if v.turn.plan.steps]
        return {id: i + 1 for i, id in enumerate(drew)}

    @property
    def line(self) -> tuple[Version, ...]:
        """The versions of `turns`: to the branch's tip if the head lies on that path, else to the head."""
        tip = self.timeline.path(self.branches.get(self.branch))
        on_it = self.view.head is None or any(version.id == self.view.head for version in tip)
        return tip if on_it else self.path

    def _branch_of(self, version: Version) -> str:
        """The branch a version lies on: the current one if it can be, else any, else the current one."""
        others = [name for name in self.branches if name != self.branch]
        for name in (self.branch, *others):
            if any(v.id == version.id for v in self.timeline.path(self.branches[name])):
                return name
        return self.branch

    def _growing(self, head: str | None) -> str | None:
        """The branch that has its tip at `head` and grows from there, the current one first."""
        names = [self.branch, *self.branches]
        return next((name for name in names if self.branches.get(name) == head), None)

    def _repr_png_(self) -> bytes | None:
        """The canvas, in a Jupyter notebook."""
        picture = self.picture
        return None if picture is None else images.to_png(picture)

    def __repr__(self) -> str:
        return f"<Session {self.name!r}: {len(self.turns)} turns on {self.branch!r}>"
