"""What holds for every endpoint: default deny, problem documents, security headers, health, metrics."""

import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.staticfiles import StaticFiles

from tests.integration.api.conftest import Client, endpoints
from webapp.core.services import inventory, keys, streams, telemetry

OPEN = {"/healthz", "/readyz", "/info", "/metrics", "/api/login", "/api/logout", "/auth/link",
        "/auth/oidc", "/auth/oidc/callback"}  # fmt: skip
"""Everything that answers a caller who is not signed in; an addition here is a decision."""


@pytest.mark.parametrize(("method", "path"), [one for one in endpoints() if one[1] not in OPEN])
def test_an_anonymous_caller_reads_and_writes_nothing(client: Client, method: str, path: str) -> None:
    answer = client.call(
        method, path.replace("{name}", "ppweb001").replace("{slug}", "mine").replace("{rest:path}", "x")
    )
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/", "/jobs", "/servers/ppdb002?stream=fleet", "/scenarios", "/anything"])
def test_a_page_leads_an_anonymous_browser_to_the_sign_in_page(client: Client, path: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


def test_a_redirect_stays_behind_the_proxy(tmp_path: Path, client: Client) -> None:
    (tmp_path / "sign-in").mkdir()
    (tmp_path / "sign-in" / "index.html").write_text("<!doctype html>")
    client.api.mount("", StaticFiles(directory=tmp_path, html=True))
    answer = client.get("/sign-in?error=ended", headers={"X-Forwarded-Proto": "https", "Host": "forewarn.example"})
    assert (answer.status_code, answer.headers["location"]) == (307, "/sign-in/?error=ended")


@pytest.mark.parametrize("path", ["/_upload", "/_upload/x", "/_all_routes", "/auth-codespace"])
def test_doors_that_are_not_used_are_not_there(client: Client, path: str) -> None:
    client.sign_in()
    for method in ("GET", "POST"):
        assert client.call(method, path).status_code == 404


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/", "/api/v1/telemetry/../../etc/passwd"])
def test_an_unknown_address_is_a_problem_not_a_page(client: Client, path: str) -> None:
    answer = client.get(path)
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["title"]) == (404, 404, "Not found")
    assert problem["type"] == "urn:forewarn:problem:not-found"
    assert problem["correlation_id"] == answer.headers["x-correlation-id"]


def test_an_address_with_a_nul_is_refused(client: Client) -> None:
    answer = client.get("/api/%00")
    assert (answer.status_code, answer.json()["title"]) == (400, "Bad request")


def test_a_wrong_method_is_named(client: Client) -> None:
    assert client.call("DELETE", "/api/v1/telemetry").json()["title"] == "Method not allowed"


def test_every_answer_carries_the_security_headers(client: Client) -> None:
    for path in ("/healthz", "/api/v1/me", "/api/nothing"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in headers["content-security-policy"]


def test_a_missing_parameter_is_named(client: Client) -> None:
    client.sign_in()
    problem = client.get("/api/v1/fleet").json()
    assert problem["errors"] == [{"field": "stream", "row": None, "message": "Field required"}]


def test_streams_and_forecasts_are_read_with_a_session_or_a_key(client: Client) -> None:
    key = keys.issue("reader", ["read", "telemetry"], "test")
    row = {"asset": "ppdb002", "at": datetime.now(UTC).isoformat(), "cpu_pct": 20}
    assert client.push({"rows": [row]}, key).status_code == 201
    reader = {"Authorization": f"Bearer {key}"}
    assert client.get("/api/v1/streams", headers=reader).json()[0]["slug"] == "my-servers"
    (server,) = client.get("/api/v1/fleet?stream=my-servers", headers=reader).json()["servers"]
    assert (server["server"], server["severity"], server["profile"]) == ("ppdb002", "no_forecast", "database")
    client.sign_in()
    forecast = client.get("/api/v1/servers/ppdb002/forecast?stream=my-servers&metric=cpu_pct").json()
    assert [(one["metric"], one["unit"], one["fan"]) for one in forecast["metrics"]] == [("cpu_pct", "%", None)]


@pytest.mark.parametrize(
    "query",
    [
        "servers/x/forecast?stream=my-servers",
        "servers/ppdb002/forecast?stream=none",
        "servers/ppdb002/forecast?stream=none&metric=none",
        "fleet?stream=none",
    ],
)
def test_what_does_not_exist_is_not_found(client: Client, query: str) -> None:
    client.sign_in()
    assert client.get(f"/api/v1/{query}").status_code == 404


def test_healthz_answers_within_50_ms(client: Client) -> None:
    took = []
    for _ in range(100):
        start = time.process_time()  # of this process alone: other tests may run beside it
        assert client.get("/healthz").json() == {"status": "ok"}
        took.append(time.process_time() - start)
    assert sorted(took)[94] < 0.05


def test_readyz_names_what_is_missing(client: Client) -> None:
    answer = client.get("/readyz")
    failing = {check["name"]: check["fix"] for check in answer.json()["checks"] if not check["ok"]}
    assert answer.status_code == 503
    assert "forewarn up" in failing["broker"]


def test_info_says_which_build_this_is(client: Client) -> None:
    info = client.get("/info").json()
    assert info["version"].count(".") == 2
    assert len(info["schema_hash"]) == 64


def test_the_metrics_are_right_for_prometheus(client: Client) -> None:
    key = keys.issue("feeder", ["telemetry"], "test")
    row = {"asset": "a", "at": datetime.now(UTC).isoformat(), "cpu_pct": 1}
    client.push({"rows": [row]}, key)
    client.push({"rows": []}, key)
    text = client.get("/metrics").text
    assert 'forewarn_servers_forecast{stream="my-servers"} 0.0' in text
    assert 'forewarn_telemetry_rows_total{stream="my-servers"}' in text
    assert 'forewarn_telemetry_batches_rejected_total{reason="invalid"}' in text
    if promtool := shutil.which("promtool"):
        checked = subprocess.run(
            [promtool, "check", "metrics"], input=text, text=True, capture_output=True, check=False
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_database_that_is_down_is_told_as_unavailable(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.sign_in()
    monkeypatch.setattr(streams, "streams", _down)
    answer = client.get("/api/v1/streams")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "forewarn_database_up 0.0" in client.get("/metrics").text


def test_a_bug_is_a_problem_without_a_traceback(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.sign_in()
    monkeypatch.setattr(streams, "streams", lambda: 1 / 0)
    answer = client.get("/api/v1/streams")
    assert answer.status_code == 500
    assert "division" not in answer.text
    assert answer.json()["correlation_id"]


def _down() -> None:
    from sqlalchemy.exc import OperationalError

    raise OperationalError("SELECT 1", {}, Exception("no route to host"))


def test_the_inventory_says_of_each_server_why_it_has_its_profile(client: Client) -> None:
    rows = [{"asset": "web-1", "at": datetime.now(UTC).isoformat(), "cpu_pct": 1, "labels": {"job": "node"}}]
    telemetry.receive("mine", {"rows": rows}, "key:agent")
    inventory.rename("mine", "web-1", "shop-1", "ada", "new")
    key = keys.issue("reader", ["read"], "test")
    answer = client.get("/api/v1/streams/mine/inventory", headers={"Authorization": f"Bearer {key}"}).json()
    (server,) = answer["servers"]
    assert (answer["locked"], server["name"], server["aliases"]) == ("", "shop-1", ["web-1"])
    assert (server["ground"], server["set_by"], server["sender"]) == ("hand", "ada", "key:agent")
    assert server["labels"] == {"job": "node"} and not server["silent"]
