"""An installation of its own for every test: database, broker, settings."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from webapp.core import db, dispatch
from webapp.core.services import champions, explanations, storage, streams
from webapp.core.settings import settings


@pytest.fixture(params=["sqlite", "postgres"])
def installation(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, broker_url: str) -> Iterator[None]:
    """Settings, a migrated empty database and an empty broker; on SQLite, then on Postgres."""
    folder = request.getfixturevalue("tmp_path")
    monkeypatch.setenv("FOREWARN_DATA_DIR", str(folder))
    monkeypatch.setenv("REDIS_URL", broker_url)
    url = "" if request.param == "sqlite" else request.getfixturevalue("migrated_postgres_url")
    if not url:
        shutil.copy(request.getfixturevalue("migrated"), folder / "forewarn.db")
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("FOREWARN_DEMO_DAYS", "1")
    _forget()
    yield
    db.engine().dispose()
    dispatch.broker_client().flushall()
    _forget()


@pytest.fixture
def demo(installation: None) -> None:
    """The demo fleet on a Wednesday morning, with a day of history to be filled."""
    streams.ensure_demo(datetime(2026, 3, 4, 10, tzinfo=UTC))


def _forget() -> None:
    for cached in (
        settings,
        db.engine,
        dispatch.broker_client,
        dispatch.sender,
        champions.forecaster,
        explanations.explained,
        storage.counted,
    ):
        cached.cache_clear()
