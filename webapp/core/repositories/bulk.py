"""Many rows at once, on both engines, skipping those that are already there."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CursorResult
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

SLICE = 5000


def insert_new(session: Session, model: type[SQLModel], rows: Sequence[dict[str, Any]]) -> int:
    """Insert rows whose primary key is not there yet; returns how many were new."""
    new = 0
    for start in range(0, len(rows), SLICE):
        part = list(rows[start : start + SLICE])
        result = session.connection().execute(_dialect(session).insert(model).on_conflict_do_nothing(), part)
        new += rowcount(result)
    return new


def upsert(session: Session, model: type[SQLModel], rows: Sequence[dict[str, Any]], keys: Sequence[str]) -> None:
    """Insert rows, replacing the other columns of those whose `keys` are there already."""
    if not rows:
        return
    statement = _dialect(session).insert(model)
    others = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    update = statement.on_conflict_do_update(index_elements=list(keys), set_=others)
    session.connection().execute(update, list(rows))


def _dialect(session: Session) -> Any:
    return sqlite if session.get_bind().dialect.name == "sqlite" else postgresql


def rowcount(result: Any) -> int:
    """How many rows a statement touched."""
    return result.rowcount if isinstance(result, CursorResult) else 0
