"""API keys: shown once, stored as a hash, good for what they were made for."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.integration.api.conftest import Client, both
from webapp.core import clock
from webapp.core.errors import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn
from webapp.core.policies import keys as rules
from webapp.core.policies.keys import OPENINGS, Scope
from webapp.core.policies.roles import Role
from webapp.core.services import health, keys, people
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


def test_a_key_ends_when_its_days_are_over(later: Callable[[timedelta], None]) -> None:
    secret = keys.issue("feeder", ["read"], "admin", days=7)
    later(timedelta(days=6))
    assert keys.verify(secret, READ).expires_at == keys.listed()[0].expires_at
    later(timedelta(days=2))
    assert keys.recall(secret) is None
    with pytest.raises(NotSignedIn, match="expired"):
        keys.verify(secret, READ)


def test_a_key_that_another_process_made_is_known_at_once() -> None:
    with pytest.raises(NotSignedIn):
        keys.verify("fw_" + "a" * 43, READ)
    secret = keys.issue("feeder", ["read"], "admin")
    keys._memory.known, keys._memory.read_s = {}, clock.monotonic()  # as if this process had read before
    assert keys.verify(secret, READ).name == "key:feeder"


@pytest.mark.parametrize("endpoint", OPENINGS)
def test_each_endpoint_asks_for_the_scopes_of_the_table(client: Client, endpoint: str) -> None:
    method, path = endpoint.split(" ")
    elsewhere = {"X-Forwarded-For": "203.0.113.9"}
    for scope in Scope:
        secret = keys.issue(scope.value, [scope], "admin")
        headers = {"Authorization": f"Bearer {secret}", **elsewhere}
        answer = client.call(method, path.replace("{name}", "x"), headers=headers)
        assert (answer.status_code == 403) != rules.opens({scope}, OPENINGS[endpoint]), scope
        if answer.status_code == 403 and OPENINGS[endpoint].scopes:
            assert f"it needs the scope {OPENINGS[endpoint].scopes[0]}" in answer.json()["detail"]


def test_a_viewers_session_reads_the_audit_but_not_the_list_of_keys(client: Client) -> None:
    people.add("vera", Role.VIEWER, "correct horse battery", "test")
    client.post("/api/login", data={"name": "vera", "password": "correct horse battery"})
    assert client.get("/api/v1/audit").status_code == 200
    answer = client.get("/api/v1/keys")
    assert (answer.status_code, answer.json()["title"]) == (403, "Not allowed")
    assert "role operator" in answer.json()["detail"]


@both
def test_the_audit_is_read_page_after_page(client: Client) -> None:
    admin = {"Authorization": f"Bearer {keys.issue('boss', ['admin'], 'ann')}"}
    for number in range(5):
        keys.issue(f"k{number}", ["read"], "ann")
    asked = {"person": "ann", "noun": "api_key", "limit": 4}
    first = client.get("/api/v1/audit", params=asked, headers=admin).json()
    assert (first["matching"], [one["subject"] for one in first["entries"]]) == (6, ["k4", "k3", "k2", "k1"])
    second = client.get("/api/v1/audit", params={**asked, "before": first["next_before"]}, headers=admin).json()
    assert ([one["subject"] for one in second["entries"]], second["next_before"]) == (["k0", "boss"], None)
    assert client.get("/api/v1/audit?person=nobody", headers=admin).json()["entries"] == []
    late = client.get("/api/v1/audit?until=0001-01-01T00:00:00%2B23:00", headers=admin)
    assert (late.status_code, late.json()["errors"][0]["field"]) == (422, "until")


def test_the_list_of_keys_tells_no_secret(client: Client) -> None:
    secret = keys.issue("boss", ["admin"], "ann", days=3)
    answer = client.get("/api/v1/keys", headers={"Authorization": f"Bearer {secret}"})
    (row,) = answer.json()
    assert (row["name"], row["scopes"], row["valid"], row["created_by"]) == ("boss", ["admin"], True, "ann")
    assert secret not in answer.text


def test_the_doctor_names_keys_that_end_or_that_nobody_needs(
    later: Callable[[timedelta], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "now", clock.now)
    keys.issue("idle", ["read"], "ann")
    keys.issue("ending", ["read"], "ann", days=36)
    assert (health._keys().ok, health._keys().detail) == (True, "2 valid")
    later(timedelta(days=31))
    found = health._keys()
    assert not found.ok
    assert found.detail == "2 valid; 1 expire within 7 days: ending; 2 unused for 30 days: ending, idle"
