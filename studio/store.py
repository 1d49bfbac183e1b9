"""Everything on disk. A studio folder is `studio.db` (SQLite) and `blobs/<digest>.png` (lossless pictures).

Nouns: a *blob* is a picture by the digest of its pixels; a *result* is what running one step came to, by its
key; a *receipt* is what was measured about a version; a *session* is a timeline with a name and a key, the
unguessable handle by which it is shared.

A picture is on disk before the row that names it, and both are flushed before anyone is told: what the page
shows survives the process, the kernel and the power. A folder that cannot be read opens for reading only.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import sqlalchemy as sa
from PIL import Image
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from studio import images
from studio.errors import BadPicture, Damaged, DiskFull, NotFound, StoreError
from studio.timeline import (
    Json,
    Timeline,
    Version,
    grown,
    operation_from_json,
    to_json,
    turn_from_json,
)

FORMAT = 1

_tables = sa.MetaData()
_studio = sa.Table("studio", _tables, sa.Column("format", sa.Integer, nullable=False))
_sessions = sa.Table(
    "sessions",
    _tables,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("changed", sa.Float, nullable=False),
)
_versions = sa.Table(
    "versions",
    _tables,
    sa.Column("session", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("id", sa.String, nullable=False),
    sa.Column("parent", sa.String),
    sa.Column("turn", sa.JSON, nullable=False),
    sa.Column("image", sa.String),
)
_operations = sa.Table(
    "operations",
    _tables,
    sa.Column("session", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("operation", sa.JSON, nullable=False),
)
_results = sa.Table(
    "results",
    _tables,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("image", sa.String, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)
_receipts = sa.Table(
    "receipts",
    _tables,
    sa.Column("session", sa.String, primary_key=True),
    sa.Column("version", sa.String, primary_key=True),
    sa.Column("receipt", sa.JSON, nullable=False),
)


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
        self._blobs = self.folder / "blobs"
        self._lock = threading.Lock()
        self._results: dict[str, Result] = {}
        self._recent = lru_cache(maxsize=12)(self._read)
        with _room(self.folder):
            self._blobs.mkdir(parents=True, exist_ok=True)
        self._engine = self._open()

    # --- pictures ----------------------------------------------------------------------------------------

    def put(self, picture: Image.Image) -> str:
        """The picture's digest, once it is safely on disk. Raises `DiskFull` or `Damaged`."""
        digest = images.digest(picture)
        target = self._file(digest)
        if not target.exists():
            self._writable()
            with _room(self.folder):
                _write(target, images.to_png(picture))
        return digest

    def get(self, digest: str) -> Image.Image:
        """The picture of that digest. Raises `NotFound`, or `Damaged` if its file cannot be read."""
        return self._recent(digest)

    def _read(self, digest: str) -> Image.Image:
        try:
            return images.from_png(self._file(digest).read_bytes())
        except FileNotFoundError:
            raise NotFound(f"The picture {digest} is not in the studio folder.") from None
        except (OSError, BadPicture) as fault:
            raise Damaged(f"The picture {digest} in the studio folder cannot be read: {fault}.") from fault

    def _file(self, digest: str) -> Path:
        """The only place a digest becomes a path, so the only one that must not be fooled."""
        if not (digest.isalnum() and digest.isascii()):
            raise NotFound(f"{digest!r} is not a picture's digest.")
        return self._blobs / f"{digest}.png"

    # --- results -----------------------------------------------------------------------------------------

    def result(self, key: str) -> Result | None:
        """What a step of that key came to, if it was run before and its picture is still there."""
        found = self._results.get(key)
        if found is None:
            with self._engine.connect() as db:
                row = db.execute(sa.select(_results).where(_results.c.key == key)).first()
            if row is None:
                return None
            found = self._results[key] = Result(row.image, row.facts)
        return found if self._file(found.image).exists() else None

    def record(self, key: str, result: Result) -> None:
        """Remember what a step came to. Its picture must have been `put` before."""
        values = {"key": key, "image": result.image, "facts": dict(result.facts)}
        with self._change() as db:
            db.execute(sa.delete(_results).where(_results.c.key == key))
            db.execute(sa.insert(_results).values(**values))
        self._results[key] = result

    # --- sessions ----------------------------------------------------------------------------------------

    def create(self, name: str, timeline: Timeline, key: str | None = None) -> str:
        """A new session of that name with that timeline; its key, of 128 random bits unless given."""
        key = key or secrets.token_urlsafe(16)
        with self._change() as db:
            db.execute(sa.insert(_sessions).values(key=key, name=name, changed=_changed(timeline)))
            self._insert(db, key, Timeline(), timeline, {})
        return key

    def name(self, key: str) -> str:
        """The session's name. Raises `NotFound` without saying the key again, since a key is a secret."""
        with self._engine.connect() as db:
            row = db.execute(sa.select(_sessions.c.name).where(_sessions.c.key == key)).first()
        if row is None:
            raise NotFound("There is no such session here. Its link may be from another studio folder.")
        return str(row.name)

    def rename(self, key: str, name: str) -> None:
        """Give the session another name."""
        self.name(key)
        with self._change() as db:
            db.execute(sa.update(_sessions).where(_sessions.c.key == key).values(name=name))

    def key(self, name: str) -> str | None:
        """The key of the session of that name that changed last, if there is one."""
        query = (
            sa.select(_sessions.c.key).where(_sessions.c.name == name).order_by(_sessions.c.changed.desc())
        )
        with self._engine.connect() as db:
            return db.execute(query).scalar()

    def sessions(self) -> tuple[Entry, ...]:
        """All sessions, the one that changed last first."""
        drawn = (
            sa.select(_versions.c.session, sa.func.count(sa.distinct(_versions.c.image)).label("pictures"))
            .group_by(_versions.c.session)
            .subquery()
        )
        cover = (
            sa.select(_versions.c.image)
            .where(_versions.c.session == _sessions.c.key, _versions.c.image.is_not(None))
            .order_by(_versions.c.number.desc())
            .limit(1)
            .scalar_subquery()
        )
        query = (
            sa.select(_sessions, drawn.c.pictures, cover.label("cover"))
            .outerjoin(drawn, drawn.c.session == _sessions.c.key)
            .order_by(_sessions.c.changed.desc())
        )
        with self._engine.connect() as db:
            rows = db.execute(query).all()
        return tuple(Entry(row.key, row.name, row.changed, row.pictures or 0, row.cover) for row in rows)

    def load(self, key: str) -> Timeline:
        """The session's timeline. Raises `NotFound`, or `Damaged` if rows of it cannot be read."""
        self.name(key)
        try:
            with self._engine.connect() as db:
                versions = db.execute(_of(_versions, key)).all()
                operations = db.execute(_of(_operations, key)).all()
            made = [Version(row.id, row.parent, turn_from_json(row.turn), row.image) for row in versions]
            done = tuple(operation_from_json(row.operation) for row in operations)
        except (DatabaseError, KeyError, TypeError, ValueError) as fault:
            raise Damaged(f"This session cannot be read from studio.db ({fault}).") from fault
        return Timeline(MappingProxyType({version.id: version for version in made}), done)

    def append(
        self, key: str, before: Timeline, after: Timeline, receipts: Mapping[str, Mapping[str, Json]]
    ) -> None:
        """Write what `after` has over `before`, and receipts by version. On disk when this returns.

        Raises `StoreError` if someone else wrote to the session meanwhile; then nothing is changed.
        """
        try:
            with self._change() as db:
                self._insert(db, key, before, after, receipts)
                change = sa.update(_sessions).where(_sessions.c.key == key)
                db.execute(change.values(changed=_changed(after)))
        except IntegrityError as fault:
            raise StoreError("This session was changed by another studio; open it again.") from fault

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
        for table, rows in ((_versions, versions), (_operations, operations), (_receipts, measured)):
            if rows:
                db.execute(sa.insert(table), rows)

    def receipt(self, key: str, version: str) -> Mapping[str, Json]:
        """What was measured when that version was made; empty if nothing was."""
        query = sa.select(_receipts.c.receipt).where(
            _receipts.c.session == key, _receipts.c.version == version
        )
        with self._engine.connect() as db:
            return db.execute(query).scalar() or {}

    def verify(self) -> tuple[str, ...]:
        """Every fault found by hashing everything again, as sentences. Empty: all is as it was written."""
        faults = [self.damage] if self.damage else []
        for file in sorted(self._blobs.glob("*.png")):
            try:
                if images.digest(self._read(file.stem)) != file.stem:
                    faults.append(f"The picture {file.name} does not have the pixels of its name.")
            except Damaged as fault:
                faults.append(str(fault))
        for entry in self.sessions():
            faults += self._verify_session(entry)
        return tuple(faults)

    def _verify_session(self, entry: Entry) -> list[str]:
        faults = []
        timeline = self.load(entry.key)
        for version in timeline.versions.values():
            if grown(version.parent, version.turn, version.image).id != version.id:
                faults.append(f"Version {version.id} of {entry.name} does not hash to its id.")
            if version.image and not self._file(version.image).exists():
                faults.append(f"The picture of version {version.id} of {entry.name} is missing.")
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

    def _open(self) -> sa.Engine:
        """The database at its format, or, if it is damaged, whatever can still be read of it."""
        engine = _engine(f"sqlite:///{self.folder / 'studio.db'}")
        try:
            with engine.begin() as db:
                fault = db.exec_driver_sql("PRAGMA quick_check").scalar()
                if fault != "ok":
                    raise Damaged(str(fault))
                _tables.create_all(db)
                found = db.execute(sa.select(_studio.c.format)).scalar()
                if found is None:
                    db.execute(sa.insert(_studio).values(format=FORMAT))
        except (DatabaseError, Damaged) as fault:
            engine.dispose()
            return self._salvage(fault)
        if found is not None and found > FORMAT:
            raise StoreError(f"This studio folder is of format {found}; this program reads up to {FORMAT}.")
        return engine

    def _salvage(self, fault: Exception) -> sa.Engine:
        """A read-only view of a damaged database, or an empty one if nothing can be read."""
        pictures = sum(1 for _ in self._blobs.glob("*.png"))
        reason = str(fault.__cause__ or getattr(fault, "orig", None) or fault).splitlines()[0]
        self.damage = (
            f"studio.db is damaged ({reason}). The studio is open for reading only. "
            f"{pictures} pictures are safe in the blobs folder; restore studio.db from a backup to go on."
        )
        engine = _engine(f"sqlite:///file:{self.folder / 'studio.db'}?mode=ro&uri=true")
        try:
            with engine.connect() as db:
                for table in _tables.sorted_tables:
                    db.execute(sa.select(table)).all()
        except DatabaseError:
            engine.dispose()
            engine = sa.create_engine(
                "sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False}
            )
            _tables.create_all(engine)
        return engine

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
                raise DiskFull(_no_room(self.folder)) from fault
            raise StoreError(f"studio.db cannot be written: {fault.orig}.") from fault


def _engine(url: str) -> sa.Engine:
    engine = sa.create_engine(url, json_serializer=lambda value: json.dumps(value, ensure_ascii=False))

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, record: object) -> None:
        connection.execute("PRAGMA busy_timeout = 10000")
        if "mode=ro" not in url:
            # FULL: in WAL mode a commit is flushed before it returns, so it outlives a power cut.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")

    return engine


def _of(table: sa.Table, key: str) -> sa.Select[tuple[object, ...]]:
    return sa.select(table).where(table.c.session == key).order_by(table.c.number)


def _changed(timeline: Timeline) -> float:
    return timeline.operations[-1].when if timeline.operations else 0.0


def _no_room(folder: Path) -> str:
    return f"There is no room left in {folder.name}; free some space and say it again. Nothing was lost."


@contextmanager
def _room(folder: Path) -> Iterator[None]:
    """Turns the system's words for a full or read-only disk into ours."""
    try:
        yield
    except OSError as fault:
        if fault.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(_no_room(folder)) from fault
        raise StoreError(f"The studio folder cannot be written: {fault.strerror}.") from fault


def _write(target: Path, data: bytes) -> None:
    """The file whole or not at all: written beside, flushed, then renamed, then the folder flushed."""
    partial = target.with_name(f"{target.stem}.{secrets.token_hex(4)}.partial")
    try:
        with open(partial, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
