"""The schema and its migrations are the same thing on both engines."""

import pytest
from alembic import command
from alembic.config import Config

from webapp.core.db import ROOT, migrate
from webapp.core.settings import settings

pytestmark = pytest.mark.usefixtures("installation")


def config() -> Config:
    config = Config(str(ROOT / "alembic.ini"))
    config.set_main_option("script_location", str(ROOT / "alembic"))
    config.attributes["url"] = settings().database
    return config


def test_the_models_and_the_migrations_agree() -> None:
    command.check(config())


def test_a_migration_can_be_taken_back_and_made_again() -> None:
    command.downgrade(config(), "base")
    migrate()
    command.check(config())
