"""API keys: shown once, stored as a hash, good for what they were made for."""

import sqlite3

import pytest

from webapp.core.errors import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn
from webapp.core.policies.keys import OPENINGS
from webapp.core.services import keys
from webapp.core.settings import settings

PUSH, READ = OPENINGS["POST /api/v1/telemetry"], OPENINGS["GET /api/v1/streams"]
pytestmark = pytest.mark.usefixtures("database")


def test_a_key_opens_what_it_was_made_for_and_nothing_else() -> None:
    secret = keys.issue("feeder", ["telemetry"], "admin")
    assert keys.verify(secret, PUSH).name == "key:feeder"
    with pytest.raises(NotAllowed, match="scope read"):
        keys.verify(secret, READ)


def test_a_revoked_key_is_worth_nothing() -> None:
    secret = keys.issue("feeder", ["telemetry", "read"], "admin")
    keys.verify(secret, READ)
    keys.revoke("feeder", "admin", "it leaked")
    with pytest.raises(NotSignedIn):
        keys.verify(secret, READ)
    with pytest.raises(NotFound):
        keys.revoke("feeder", "admin")


@pytest.mark.parametrize("secret", [None, "", "fw_", "fw_wrong", "bearer", "fw_" + "x" * 1000, "fw_ü"])
def test_a_made_up_key_is_refused(secret: str | None) -> None:
    with pytest.raises(NotSignedIn):
        keys.verify(secret, PUSH)


def test_the_secret_is_stored_nowhere() -> None:
    secret = keys.issue("feeder", ["telemetry"], "admin")
    stored = sqlite3.connect(settings().data_dir / "forewarn.db")
    dump = "\n".join(stored.iterdump())
    stored.close()
    assert secret not in dump
    assert secret[:9] in dump


def test_a_key_has_known_scopes_and_a_name_of_its_own() -> None:
    with pytest.raises(Invalid, match="root"):
        keys.issue("feeder", ["root"], "admin")
    with pytest.raises(Invalid):
        keys.issue("feeder", [], "admin")
    keys.issue("feeder", ["read"], "admin")
    with pytest.raises(Conflict):
        keys.issue("feeder", ["read"], "admin")


def test_use_is_remembered() -> None:
    keys.verify(keys.issue("feeder", ["read"], "admin"), READ)
    assert keys.listed()[0].last_used_at is not None
