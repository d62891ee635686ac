"""Alembic's entry: runs migrations on the URL that the caller or the settings name."""

import sys
from pathlib import Path

from alembic import context
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
        context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()


run()
