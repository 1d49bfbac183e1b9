"""Everything on disk. A studio folder is `studio.db` (SQLite) and `blobs/<digest>.png` (lossless pictures).

Nouns: a *blob* is a picture by the digest of its pixels; a *result* is what running one step came to, by its
key; a *receipt* is what was measured about a version; a *session* is a timeline with a name and a key, the
unguessable handle by which it is shared.

A picture is on disk before the row that names it, and both are flushed before anyone is told: what the page
shows survives the process, the kernel and the power. A folder that cannot be read opens for reading only.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import sqlalchemy as sa
from PIL import Image
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from studio import images
from studio.blobs import Blobs, no_room
from studio.database import OPERATIONS, RECEIPTS, RESULTS, SESSIONS, VERSIONS, opened, salvaged
from studio.errors import Conflict, Damaged, DiskFull, NotFound, StoreError
from studio.timeline import (
    Json,
    Timeline,
    Version,
    grown,
    operation_from_json,
    to_json,
    turn_from_json,
)

_RESULT = sa.select(RESULTS).where(RESULTS.c.key == sa.bindparam("key"))


@dataclass(frozen=True)
class Result:
    """What a step came to: the picture's digest, and facts about the run (seconds, model, notes, change)."""

    image: str
    facts: Mapping[str, Json]


@dataclass(frozen=True)
class Entry:
    """A session in a list: how many pictures it has, when it changed (Unix seconds), and a cover's digest."""

    key: str
    name: str
    changed: float
    pictures: int
    cover: str | None


class Store:
    """A studio folder, made if it is not there. `damage` is a sentence if it opened for reading only."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder).expanduser()
        self.damage: str | None = None
        self._blobs = Blobs(self.folder / "blobs")
        self._lock = threading.Lock()
        self._known: dict[str, Result] = {}
        file = self.folder / "studio.db"
        try:
            self._engine = opened(file)
        except Damaged as fault:
            self._engine, short = salvaged(file)
            self.damage = (
                f"studio.db is damaged ({fault}). The studio is open for reading only. "
                f"{len(self._blobs.digests())} pictures are safe in the blobs folder"
                + (f"; of {', '.join(short)} some cannot be read" if short else "")
                + "; restore studio.db from a backup to go on."
            )

    # --- pictures ----------------------------------------------------------------------------------------

    def put(self, picture: Image.Image) -> str:
        """The picture's digest, once it is safely on disk. Raises `DiskFull` or `Damaged`."""
        self._writable()
        return self._blobs.put(picture)

    def get(self, digest: str) -> Image.Image:
        """The picture of that digest. Raises `NotFound`, or `Damaged` if its file cannot be read."""
        return self._blobs.get(digest)

    # --- results -----------------------------------------------------------------------------------------

    def result(self, key: str) -> Result | None:
        """What a step of that key came to, if it was run before and its picture is still there."""
        found = self._known.get(key)
        if found is None:
            with self._engine.connect() as db:
                row = db.execute(_RESULT, {"key": key}).first()
            if row is None:
                return None
            found = self._known[key] = Result(row.image, row.facts)
        return found if self._blobs.has(found.image) else None

    def record(self, key: str, result: Result) -> None:
        """Remember what a step came to. Its picture must have been `put` before."""
        values = {"key": key, "image": result.image, "facts": dict(result.facts)}
        with self._change() as db:
            db.execute(sa.delete(RESULTS).where(RESULTS.c.key == key))
            db.execute(sa.insert(RESULTS).values(**values))
        self._known[key] = result

    # --- sessions ----------------------------------------------------------------------------------------

    def create(self, name: str, timeline: Timeline, key: str | None = None) -> str:
        """A new session of that name with that timeline; its key, of 128 random bits unless given."""
        key = key or secrets.token_urlsafe(16)
        with self._change() as db:
            db.execute(sa.insert(SESSIONS).values(key=key, name=name, changed=_changed(timeline)))
            self._insert(db, key, Timeline(), timeline, {})
        return key

    def name(self, key: str) -> str:
        """The session's name. Raises `NotFound` without saying the key again, since a key is a secret."""
        with self._engine.connect() as db:
            row = db.execute(sa.select(SESSIONS.c.name).where(SESSIONS.c.key == key)).first()
        if row is None:
            raise NotFound("There is no such session here. Its link may be from another studio folder.")
        return str(row.name)

    def rename(self, key: str, name: str) -> None:
        """Give the session another name."""
        self.name(key)
        with self._change() as db:
            db.execute(sa.update(SESSIONS).where(SESSIONS.c.key == key).values(name=name))

    def key(self, name: str) -> str | None:
        """The key of the session of that name that changed last, if there is one."""
        query = sa.select(SESSIONS.c.key).where(SESSIONS.c.name == name).order_by(SESSIONS.c.changed.desc())
        with self._engine.connect() as db:
            return db.execute(query).scalar()

    def sessions(self) -> tuple[Entry, ...]:
        """All sessions, the one that changed last first."""
        drawn = (
            sa.select(VERSIONS.c.session, sa.func.count(sa.distinct(VERSIONS.c.image)).label("pictures"))
            .group_by(VERSIONS.c.session)
            .subquery()
        )
        cover = (
            sa.select(VERSIONS.c.image)
            .where(VERSIONS.c.session == SESSIONS.c.key, VERSIONS.c.image.is_not(None))
            .order_by(VERSIONS.c.number.desc())
            .limit(1)
            .scalar_subquery()
        )
        query = (
            sa.select(SESSIONS, drawn.c.pictures, cover.label("cover"))
            .outerjoin(drawn, drawn.c.session == SESSIONS.c.key)
            .order_by(SESSIONS.c.changed.desc())
        )
        with self._engine.connect() as db:
            rows = db.execute(query).all()
        return tuple(Entry(row.key, row.name, row.changed, row.pictures or 0, row.cover) for row in rows)

    def load(self, key: str) -> Timeline:
        """The session's timeline. Raises `NotFound`, or `Damaged` if rows of it cannot be read."""
        self.name(key)
        try:
            with self._engine.connect() as db:
                versions = db.execute(_of(VERSIONS, key)).all()
                operations = db.execute(_of(OPERATIONS, key)).all()
            made = [Version(row.id, row.parent, turn_from_json(row.turn), row.image) for row in versions]
            done = tuple(operation_from_json(row.operation) for row in operations)
        except (DatabaseError, KeyError, TypeError, ValueError) as fault:
            raise Damaged(f"This session cannot be read from studio.db ({fault}).") from fault
        return Timeline(MappingProxyType({version.id: version for version in made}), done)

    def append(
        self, key: str, before: Timeline, after: Timeline, receipts: Mapping[str, Mapping[str, Json]]
    ) -> None:
        """Write what `after` has over `before`, and receipts by version. On disk when this returns.

        Raises `Conflict` if someone else wrote to the session meanwhile; then nothing is changed.
        """
        try:
            with self._change() as db:
                self._insert(db, key, before, after, receipts)
                change = sa.update(SESSIONS).where(SESSIONS.c.key == key)
                db.execute(change.values(changed=_changed(after)))
        except IntegrityError as fault:
            raise Conflict(
                "The session was changed by another studio meanwhile; look, and say it again."
            ) from fault

    @staticmethod
    def _insert(
        db: sa.Connection,
        key: str,
        before: Timeline,
        after: Timeline,
        receipts: Mapping[str, Mapping[str, Json]],
    ) -> None:
        start = len(before.versions)
        versions = [
            {
                "session": key,
                "number": start + i,
                "id": v.id,
                "parent": v.parent,
                "turn": to_json(v.turn),
                "image": v.image,
            }
            for i, v in enumerate(list(after.versions.values())[start:])
        ]
        first = len(before.operations)
        operations = [
            {"session": key, "number": first + i, "operation": to_json(operation)}
            for i, operation in enumerate(after.operations[first:])
        ]
        new = {row["id"] for row in versions}
        measured = [
            {"session": key, "version": version, "receipt": dict(receipt)}
            for version, receipt in receipts.items()
            if version in new
        ]
        for table, rows in ((VERSIONS, versions), (OPERATIONS, operations), (RECEIPTS, measured)):
            if rows:
                db.execute(sa.insert(table), rows)

    def receipt(self, key: str, version: str) -> Mapping[str, Json]:
        """What was measured when that version was made; empty if nothing was."""
        query = sa.select(RECEIPTS.c.receipt).where(RECEIPTS.c.session == key, RECEIPTS.c.version == version)
        with self._engine.connect() as db:
            return db.execute(query).scalar() or {}

    def receipts(self, key: str) -> dict[str, Mapping[str, Json]]:
        """All of a session's receipts, by version."""
        query = sa.select(RECEIPTS.c.version, RECEIPTS.c.receipt).where(RECEIPTS.c.session == key)
        with self._engine.connect() as db:
            return {row.version: row.receipt for row in db.execute(query)}

    def verify(self) -> tuple[str, ...]:
        """Every fault found by hashing everything again, as sentences. Empty: all is as it was written."""
        faults = [self.damage] if self.damage else []
        for digest in self._blobs.digests():
            try:
                if images.digest(self._blobs.read(digest)) != digest:
                    faults.append(f"The picture {digest} does not have the pixels of its name.")
            except Damaged as fault:
                faults.append(str(fault))
        for entry in self.sessions():
            try:
                faults += self._verify_session(entry)
            except Damaged as fault:
                faults.append(f"{entry.name}: {fault}")
        return tuple(faults)

    def _verify_session(self, entry: Entry) -> list[str]:
        faults = []
        timeline = self.load(entry.key)
        receipts = self.receipts(entry.key)
        for version in timeline.versions.values():
            ask = version.turn.ask
            if grown(version.parent, version.turn, version.image).id != version.id:
                faults.append(f"Version {version.id} of {entry.name} does not hash to its id.")
            if version.image and not self._blobs.has(version.image):
                faults.append(f"The picture of version {version.id} of {entry.name} is missing.")
            others = {*ask.pictures, *receipts.get(version.id, {}).get("takes", ())}
            for digest in sorted(filter(None, others - {version.image})):
                if not self._blobs.has(digest):
                    faults.append(f"The picture {digest} that version {version.id} needs is missing.")
        for operation in timeline.operations:
            named = {*operation.view.branches.values(), operation.view.head} - {None}
            faults += [
                f"{entry.name} names a version {id} it has not." for id in named - set(timeline.versions)
            ]
        return faults

    # --- the database ------------------------------------------------------------------------------------

    def close(self) -> None:
        """Let go of the database file."""
        self._engine.dispose()

    def _writable(self) -> None:
        if self.damage:
            raise Damaged(self.damage)

    @contextmanager
    def _change(self) -> Iterator[sa.Connection]:
        """One transaction, flushed to disk when it ends well. One writer at a time."""
        self._writable()
        try:
            with self._lock, self._engine.begin() as db:
                yield db
        except OperationalError as fault:
            if isinstance(fault.orig, sqlite3.OperationalError) and "full" in str(fault.orig):
                raise DiskFull(no_room(self.folder)) from fault
            raise StoreError(f"studio.db cannot be written: {fault.orig}.") from fault


def _of(table: sa.Table, key: str) -> sa.Select[tuple[object, ...]]:
    return sa.select(table).where(table.c.session == key).order_by(table.c.number)


def _changed(timeline: Timeline) -> float:
    return timeline.operations[-1].when if timeline.operations else 0.0
