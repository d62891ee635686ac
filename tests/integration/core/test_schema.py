"""The schema and its migrations are the same thing on both engines."""

from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.config import Config

from tests.integration.core.steps import drive, held
from webapp.core.db import ROOT, engine, migrate
from webapp.core.policies.scenarios import ScenarioRequest
from webapp.core.services import scenarios, streams
from webapp.core.settings import settings

pytestmark = pytest.mark.usefixtures("installation")


def config() -> Config:
    config = Config(str(ROOT / "alembic.ini"))
    config.set_main_option("script_location", str(ROOT / "alembic"))
    config.attributes["url"] = settings().database
    return config


def test_the_models_and_the_migrations_agree() -> None:
    command.check(config())


def test_keys_keep_what_they_could_do_and_none_outlives_its_end() -> None:
    command.downgrade(config(), "0004")
    row = "INSERT INTO api_keys (name, prefix, secret_hash, scopes, created_by, created_at)"
    for name, scopes in (("a", "telemetry"), ("b", "telemetry read"), ("c", "read")):
        execute(f"{row} VALUES ('{name}', 'fw_', '{name}', '{scopes}', 'ann', '2026-11-01 00:00:00')")
    migrate()
    found = execute("SELECT scopes FROM api_keys ORDER BY name")
    assert found == [("telemetry backfill",), ("telemetry backfill read",), ("read",)]
    execute("UPDATE api_keys SET expires_at = '2030-01-01 00:00:00' WHERE name = 'c'")
    command.downgrade(config(), "0004")
    assert execute("SELECT name FROM api_keys WHERE revoked_at IS NOT NULL") == [("c",)]
    migrate()


def test_what_the_lever_ended_is_its_own_after_going_back_and_forth() -> None:
    streams.ensure_demo(datetime(2026, 3, 4, 10, tzinfo=UTC))
    drive(held(), ticks=1)
    scenarios.start(streams.DEMO, ScenarioRequest("memory_leak", profile="web"), "ann")
    scenarios.stop_injection(streams.DEMO, "ann", "")
    ended = "SELECT status, ended_by, stop_reason FROM scenarios"
    before = execute(ended)
    command.downgrade(config(), "0004")
    migrate()
    assert execute(ended) == before


def execute(statement: str) -> list[tuple[object, ...]]:
    """Run a statement; the rows of a query."""
    with engine().begin() as connection:
        result = connection.exec_driver_sql(statement)
        return [tuple(row) for row in result] if result.returns_rows else []


def test_a_migration_can_be_taken_back_and_made_again() -> None:
    command.downgrade(config(), "base")
    migrate()
    command.check(config())
