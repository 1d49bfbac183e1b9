"""The tables of a studio folder's `studio.db`, and opening it, whatever state it is in.

SQLite through SQLAlchemy Core: the same statements run on PostgreSQL when a team outgrows one machine.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

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
    """The database, made if it is not there. Raises `Damaged`, or `StoreError` for a newer format."""
    engine = _engine(f"sqlite:///{file}")
    try:
        with engine.begin() as db:
            fault = db.exec_driver_sql("PRAGMA quick_check").scalar()
            if fault != "ok":
                raise Damaged(str(fault))
            TABLES.create_all(db)
            found = db.execute(sa.select(STUDIO.c.format)).scalar()
            if found is None:
                db.execute(sa.insert(STUDIO).values(format=FORMAT))
    except DatabaseError as fault:
        engine.dispose()
        raise Damaged(str(fault.orig).splitlines()[0]) from fault
    except Damaged:
        engine.dispose()
        raise
    if found is not None and found > FORMAT:
        engine.dispose()
        raise StoreError(f"This studio folder is of format {found}; this program reads up to {FORMAT}.")
    return engine


def salvaged(file: Path) -> sa.Engine:
    """What can still be read of a damaged database, for reading only; an empty one if nothing can."""
    engine = _engine(f"sqlite:///file:{file}?mode=ro&uri=true")
    try:
        with engine.connect() as db:
            for table in TABLES.sorted_tables:
                db.execute(sa.select(table)).all()
    except DatabaseError:
        engine.dispose()
        engine = sa.create_engine(
            "sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False}
        )
        TABLES.create_all(engine)
    return engine


def _engine(url: str) -> sa.Engine:
    engine = sa.create_engine(url)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, record: object) -> None:
        connection.execute("PRAGMA busy_timeout = 10000")
        if "mode=ro" not in url:
            # FULL: in WAL mode a commit is flushed before it returns, so it outlives a power cut.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")

    return engine
