"""Which revision of the schema the database has."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from webapp.core.db import reading
from webapp.core.errors import Unavailable

_TABLE = "alembic_version"


def revision(session: Session) -> str | None:
    """The revision in force; None for a database without a schema. A round trip, so it also shows that it answers."""
    if not inspect(session.connection()).has_table(_TABLE):
        return None
    found = session.execute(text(f"SELECT version_num FROM {_TABLE}")).scalar_one_or_none()  # noqa: S608 - a constant
    return None if found is None else str(found)


@contextmanager
def answering() -> Iterator[None]:
    """Turn whatever the database does wrong inside into one sentence, as Unavailable."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()
        said = reason[0] if reason else type(error).__name__
        raise Unavailable(f"the database does not answer ({said}): check DATABASE_URL and that it runs.") from error


def current() -> str | None:
    """The revision of this installation's database."""
    with answering(), reading() as session:
        return revision(session)
