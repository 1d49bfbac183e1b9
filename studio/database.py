"""The tables of a studio folder's `studio.db`, and opening it, whatever state it is in.

SQLite through SQLAlchemy Core: the same statements run on PostgreSQL when a team outgrows one machine.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from studio.errors import Damaged, StoreError

FORMAT = 1

TABLES = sa.MetaData()
STUDIO = sa.Table("studio", TABLES, sa.Column("format", sa.Integer, nullable=False))
SESSIONS = sa.Table(
    "sessions",
    TABLES,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("changed", sa.Float, nullable=False),
)
VERSIONS = sa.Table(
    "versions",
    TABLES,
    sa.Column("session", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("id", sa.String, nullable=False),
    sa.Column("parent", sa.String),
    sa.Column("turn", sa.JSON, nullable=False),
    sa.Column("image", sa.String),
)
OPERATIONS = sa.Table(
    "operations",
    TABLES,
    sa.Column("session", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("operation", sa.JSON, nullable=False),
)
RESULTS = sa.Table(
    "results",
    TABLES,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("image", sa.String, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)
RECEIPTS = sa.Table(
    "receipts",
    TABLES,
    sa.Column("session", sa.String, primary_key=True),
    sa.Column("version", sa.String, primary_key=True),
    sa.Column("receipt", sa.JSON, nullable=False),
)


def opened(file: Path) -> sa.Engine:
    """The database, made if it is not there. It is looked at before anything is written to it.

    Raises `Damaged`, or `StoreError` for a format that only a later program knows.
    """
    found = _format(file) if file.exists() else None
    if found is not None and found > FORMAT:
        raise StoreError(f"This studio folder is of format {found}; this program reads up to {FORMAT}.")
    engine = _engine(f"sqlite:///{file}")
    if found is None:
        with engine.begin() as db:
            TABLES.create_all(db)
            db.execute(sa.insert(STUDIO).values(format=FORMAT))
    return engine


def _format(file: Path) -> int:
    """The format of a sound database. Raises `Damaged` if it is not one."""
    try:
        with closing(_reading(file)) as db:
            fault = db.execute("PRAGMA quick_check").fetchone()[0]
            row = db.execute("SELECT format FROM studio").fetchone() if fault == "ok" else None
    except sqlite3.DatabaseError as error:
        raise Damaged(str(error)) from error
    if row is None:
        raise Damaged("it is empty" if fault == "ok" else str(fault).splitlines()[0])
    return int(row[0])


def salvaged(file: Path) -> tuple[sa.Engine, tuple[str, ...]]:
    """What can still be read of a damaged database, in memory, and the names of the tables that are short."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})
    short = []
    with closing(_reading(file)) as old, engine.begin() as db:
        TABLES.create_all(db)
        for table in TABLES.sorted_tables:
            rows, whole = _readable(old, table.name)
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                db.exec_driver_sql(f"INSERT OR IGNORE INTO {table.name} VALUES ({marks})", rows)
            if not whole:
                short.append(table.name)
    return engine, tuple(short)


def _readable(old: sqlite3.Connection, table: str) -> tuple[list[tuple[object, ...]], bool]:
    """The rows of a table up to the first that cannot be read, and whether those are all."""
    rows: list[tuple[object, ...]] = []
    try:
        rows.extend(old.execute(f"SELECT * FROM {table}"))
    except sqlite3.DatabaseError:
        return rows, False
    return rows, True


def _reading(file: Path) -> sqlite3.Connection:
    """A connection that cannot write."""
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)


def _engine(url: str) -> sa.Engine:
    engine = sa.create_engine(url)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, record: object) -> None:
        connection.execute("PRAGMA busy_timeout = 10000")
        # FULL: in WAL mode a commit is flushed before it returns, so it outlives a power cut.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    return engine
