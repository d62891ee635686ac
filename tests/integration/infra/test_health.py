"""Readiness and the doctor, on an installation that lacks one thing at a time."""

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from webapp.core import clock, db, dispatch
from webapp.core.policies.roles import Role
from webapp.core.policies.signin import SignInRefused
from webapp.core.services import (
    champions,
    health,
    inventory,
    oidc,
    people,
    retention,
    scenarios,
    streams,
    telemetry,
    users,
)
from webapp.core.settings import settings
from webapp.core.views.health import Check


@pytest.fixture
def installation(broker_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Migrated, with the demo stream, and with an inference worker that was heard just now."""
    for name, value in {"FOREWARN_DATA_DIR": str(tmp_path), "REDIS_URL": broker_url, "DATABASE_URL": ""}.items():
        monkeypatch.setenv(name, value)
    forget()
    db.migrate()
    streams.ensure_demo()
    dispatch.beat("inference", 15_000)
    yield tmp_path
    db.engine().dispose()
    forget()
    with redis.Redis.from_url(broker_url) as client:
        client.flushall()


def forget() -> None:
    kept = (settings, db.engine, dispatch.broker_client, dispatch.sender, champions.forecaster, oidc.provider)
    for cached in kept:
        cached.cache_clear()


def check(name: str) -> Check:
    return {one.name: one for one in health.readiness()}[name]


def test_a_whole_installation_is_ready(installation: Path) -> None:
    assert [one for one in health.readiness() if not one.ok] == []


def test_without_a_heartbeat_it_is_not_ready(installation: Path) -> None:
    dispatch.broker_client().delete("forewarn:heartbeat:inference")
    assert not check("inference").ok
    assert check("inference").fix


def test_without_a_broker_only_what_needs_it_fails(installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "unix:///nowhere.sock")
    forget()
    assert not check("broker").ok
    assert check("inference").detail == "unknown: it needs the broker"
    assert check("model").ok


def test_without_a_schema_it_names_the_command(installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREWARN_DATA_DIR", str(installation / "new"))
    (installation / "new").mkdir()
    forget()
    assert check("database").fix == "Run `forewarn migrate`."
    assert not check("model").ok


def test_without_a_database_server_it_says_which_variable_to_check(
    installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/x")
    forget()
    assert "check DATABASE_URL" in check("database").detail


def test_a_model_that_was_exchanged_is_not_served(installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = installation / "model"
    shutil.copytree(champions.SHIPPED, other)
    monkeypatch.setenv("FOREWARN_CHAMPION", str(other))
    monkeypatch.setenv("FOREWARN_DATA_DIR", str(installation / "second"))
    (installation / "second").mkdir()
    forget()
    db.migrate()
    streams.ensure_demo()
    manifest = json.loads((other / "manifest.json").read_text())
    (other / "manifest.json").write_text(json.dumps({**manifest, "sha256": "0" * 64}))
    assert "is not the artefact that was registered" in check("model").detail
    (other / "manifest.json").unlink()
    broken = {one.name: one for one in health.doctor()}["artefacts"]
    assert "No model artefact in" in broken.detail and "Restore the folder from a backup" in broken.detail
    assert "forewarn rollback" in broken.fix and "Restart" not in broken.fix


def test_the_doctor_counts_the_forecasts_of_each_stream(installation: Path) -> None:
    found = {one.name: one for one in health.doctor()}
    assert found["stream fleet-demo"].detail.startswith("0 of 20 servers forecast")
    assert not found["stream fleet-demo"].ok
    assert not found["scheduler"].ok
    assert found["artefacts"].ok


def test_the_doctor_counts_servers_and_names_retired_ones_that_report(
    installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = clock.now()
    telemetry.receive("mine", {"rows": [{"asset": "box", "at": at.isoformat(), "cpu_pct": 1}]}, "key:test")
    monkeypatch.setattr(inventory, "now", lambda: at - timedelta(hours=1))
    inventory.retire("mine", "box", "ada", "gone")
    monkeypatch.setattr(inventory, "now", clock.now)
    found = {one.name: one for one in health.doctor()}["servers"]
    assert found.ok and found.detail.endswith("0 of unknown profile, 1 retired, of which 1 still report: box")


def test_the_doctor_says_who_lets_people_in_and_who_is_locked_out(installation: Path) -> None:
    assert (found := doctor("people")).detail == "0 administrators can sign in"
    assert not found.ok
    users.issue_link()
    people.add("ann", Role.VIEWER, None, "test")
    for _ in range(5):
        with pytest.raises(SignInRefused):
            users.sign_in("ann", "wrong", "192.0.2.1")
    found = doctor("people")
    assert found.ok
    assert found.detail == "1 administrator can sign in; locked out: ann (`forewarn user unlock`)"


def test_the_doctor_asks_the_identity_provider(installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor("oidc").ok
    monkeypatch.setenv("FOREWARN_OIDC_ISSUER", "http://127.0.0.1:9")
    forget()
    assert doctor("oidc").detail == "FOREWARN_OIDC_CLIENT_ID is missing."
    for name, value in {"CLIENT_ID": "forewarn", "ROLES": "sre=operator"}.items():
        monkeypatch.setenv(f"FOREWARN_OIDC_{name}", value)
    forget()
    assert "127.0.0.1:9/.well-known/openid-configuration does not answer" in doctor("oidc").detail


def doctor(name: str) -> Check:
    return {one.name: one for one in health.doctor()}[name]


def test_the_doctor_says_who_stopped_injection_and_why(installation: Path) -> None:
    found = {one.name: one for one in health.doctor()}
    assert found["safety lever"].detail == "not pulled: scenarios may run"
    scenarios.stop_injection(streams.DEMO, "ann", "smoke in the hall")
    pulled = {one.name: one for one in health.doctor()}["safety lever"]
    assert (pulled.ok, pulled.detail) == (True, "pulled on fleet-demo: ann, smoke in the hall")


def test_the_doctor_has_a_line_for_sweeps_and_for_targets(installation: Path) -> None:
    found = {one.name: one for one in health.doctor()}
    assert found["retention"].detail.startswith("no sweep yet")
    assert found["notifications"].detail == "no target: nobody is told"
    retention.sweep()
    assert "rows deleted" in {one.name: one for one in health.doctor()}["retention"].detail
