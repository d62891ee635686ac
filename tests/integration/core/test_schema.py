"""The schema and its migrations are the same thing on both engines."""

import pytest
from alembic import command
from alembic.config import Config

from webapp.core.db import ROOT, engine, migrate
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


def execute(statement: str) -> list[tuple[object, ...]]:
    """Run a statement; the rows of a query."""
    with engine().begin() as connection:
        result = connection.exec_driver_sql(statement)
        return [tuple(row) for row in result] if result.returns_rows else []


def test_a_migration_can_be_taken_back_and_made_again() -> None:
    command.downgrade(config(), "base")
    migrate()
    command.check(config())
