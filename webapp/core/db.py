"""The engine, its pragmas and the schema's migrations.

SQLite runs in WAL mode and every transaction begins IMMEDIATE: a deferred one that turns
into a writer fails with "database is locked" as soon as three processes write.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from webapp.core.settings import settings

__all__ = ["ROOT", "OperationalError", "Session", "engine", "make_engine", "migrate", "reading", "row_bytes", "used_mb"]
"""`Session` and `OperationalError` are here for services, which name them without speaking SQL."""
ROOT = Path(__file__).resolve().parents[2]


def make_engine(url: str) -> Engine:
    """An engine for SQLite or Postgres with the settings that survive several writers."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=5, max_overflow=5, pool_pre_ping=True)
    made = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})
    event.listen(made, "connect", _pragmas)
    event.listen(made, "begin", _begin_immediate)
    return made


def _pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Any) -> None:
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@lru_cache(maxsize=1)
def engine() -> Engine:
    """This process's engine."""
    return make_engine(settings().database)


@contextmanager
def reading() -> Iterator[Session]:
    """A session for reads: takes no write lock on SQLite and never commits."""
    with Session(engine().execution_options(read_only=True), expire_on_commit=False) as session:
        yield session


def migrate(url: str | None = None) -> None:
    """Bring the schema to the newest revision. Imported lazily: Alembic is slow to load."""
    from alembic import command
    from alembic.config import Config

    config = Config(str(ROOT / "alembic.ini"))
    config.set_main_option("script_location", str(ROOT / "alembic"))
    config.attributes["url"] = url or settings().database
    command.upgrade(config, "head")


_ROW_BYTES = {
    "sqlite": {
        "forecasts": 2210,
        "twins": 2190,
        "telemetry": 82,
        "risks": 148,
        "forecast_runs": 224,
        "shadow_forecasts": 2210,
        "live_scores": 4000,
        "live_pairs": 2000,
    },
    "postgresql": {
        "forecasts": 2100,
        "twins": 2100,
        "telemetry": 120,
        "risks": 260,
        "shadow_forecasts": 2100,
        "live_scores": 3500,
        "live_pairs": 2000,
    },
}
"""What a row takes with its keys, about, as measured on the demo fleet; any other row 200 bytes."""
_SIZES = text("SELECT relname, n_live_tup FROM pg_stat_user_tables")


def row_bytes(table: str) -> int:
    """What a row of a table takes on this engine, about."""
    return _ROW_BYTES[engine().dialect.name].get(table, 200)


def used_mb() -> float:
    """What the stored rows take, in MB (10^6 bytes): deleting lowers it at once.

    SQLite: pages in use. Postgres keeps the space of deleted rows for new ones, so there it is an estimate:
    live rows by their usual size.
    """
    with engine().execution_options(read_only=True).connect() as connection:
        if engine().dialect.name == "postgresql":
            return float(sum(rows * row_bytes(name) for name, rows in connection.execute(_SIZES))) / 1e6
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        free = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
        return float((pages - free) * connection.exec_driver_sql("PRAGMA page_size").scalar_one()) / 1e6
