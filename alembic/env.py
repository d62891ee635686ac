"""Alembic's entry: runs migrations on the URL that the caller or the settings name."""

import sys
from pathlib import Path

from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import webapp.core.models
from webapp.core.db import make_engine
from webapp.core.settings import settings

assert webapp.core.models.__all__, "the tables are registered by this import"
url = context.config.attributes.get("url") or settings().database


def run() -> None:
    """Upgrade or downgrade in one transaction per revision."""
    engine = make_engine(url)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            _let_tables_be_made_anew(connection)
        context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
        if engine.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise RuntimeError("the migration would leave rows that point nowhere: nothing was changed")
        connection.commit()
    engine.dispose()


def _let_tables_be_made_anew(connection: Connection) -> None:
    """SQLite changes a table by making it anew; while it enforces keys, one that rows point at cannot be replaced.

    The pragma is ignored inside a transaction, so it goes to the driver before one begins.
    """
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys=OFF")


run()
