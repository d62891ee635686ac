"""Whatever is sent to an endpoint: no fault of ours, a refusal that names the field, and nothing changed by a refusal.

The requests follow the API's own schema. `FOREWARN_FUZZ_CASES=5000` asks for more of them than the usual 1,500; the
seed is fixed, so a failure comes again.
"""

import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.integration.api.asking import NAMES, Case, cases
from tests.integration.api.conftest import Client
from tests.integration.core.candidates import candidate
from webapp.api.app import create_api
from webapp.core.policies.roles import Role
from webapp.core.services import keys, maintenance_plans, people
from webapp.core.settings import settings

CASES = int(os.environ.get("FOREWARN_FUZZ_CASES", "1500"))
ROOT: dict[str, Any] = create_api().openapi()
ENDPOINTS = [
    (method, path, operation)
    for path, methods in ROOT["paths"].items()
    for method, operation in methods.items()
    if not path.startswith(("/readyz", "/metrics", "/healthz", "/info"))  # they take nothing
]


def weight(operation: dict[str, Any]) -> int:
    """How many of the cases an endpoint gets: one that takes nothing gets few, one that takes a body many."""
    return 8 if "requestBody" in operation else 4 if "parameters" in operation else 1


QUIET = {"sign_in_tries", "sqlite_sequence"}
"""Counting a wrong password is what a refused sign-in is for."""
PASSWORD = "correct horse battery"


@pytest.fixture
def caller(client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Client:
    """Somebody with every right and no limit."""
    for name in ("REQUESTS_PER_MINUTE", "REQUEST_BURST", "ROWS_PER_MINUTE"):
        monkeypatch.setenv(f"FOREWARN_{name}", "100000000")
    settings.cache_clear()
    people.add("ann", Role.ADMIN, PASSWORD, "test")
    client.key = keys.issue("boss", ["admin"], "test")
    at = datetime.now(UTC).isoformat()
    client.push({"rows": [{"asset": name, "at": at, "cpu_pct": 1} for name in NAMES]}, client.key)
    candidate(tmp_path / "models", slug="my-servers")
    maintenance_plans.begin("my-servers", "ppdb002", 240, "a walk", "test")
    signed = client.post("/api/login", data={"name": "ann", "password": PASSWORD})
    client.session = signed.cookies["fw_session"]
    client.cookies.clear()
    ask(client, Case("GET", "/api/v1/me"))  # its first use is written down
    return client


def stored() -> dict[str, object]:
    """How many rows each table has, and where the audit stands."""
    with closing(sqlite3.connect(settings().data_dir / "forewarn.db")) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        counts = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in set(names) - QUIET}
        return {**counts, "head": connection.execute("SELECT last_id, last_hash FROM audit_head").fetchone()}


def ask(client: Client, case: Case) -> httpx.Response:
    """Send a case as somebody to whom everything is open."""
    own = {"Cookie": f"fw_session={client.session}"} if case.person else {"Authorization": f"Bearer {client.key}"}
    headers = {**own, **case.headers}
    content = case.body if isinstance(case.body, bytes) else None
    if case.form is not None:
        content = urlencode(case.form).encode()
    elif content is None and case.body is not None:
        content = json.dumps(case.body).encode()
    query = urlencode(case.query)
    return client.call(case.method, quote(case.path) + (f"?{query}" if query else ""), content=content, headers=headers)


def judge(answer: httpx.Response, before: dict[str, object]) -> None:
    """What holds for every answer."""
    assert answer.status_code < 500, answer.text
    if answer.status_code < 400:
        return
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json() if answer.request.method != "HEAD" else {"errors": [], "detail": "x"}
    assert problem["detail"]
    if answer.status_code == 422 and answer.request.method != "HEAD":
        assert problem["errors"], problem
        assert all(one["field"] or one["row"] is not None for one in problem["errors"]), problem
    assert stored() == before


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("method", "path", "operation"), ENDPOINTS, ids=[f"{m} {p}" for m, p, _ in ENDPOINTS])
def test_no_request_is_a_fault_of_ours(caller: Client, method: str, path: str, operation: dict[str, Any]) -> None:
    @seed(20261126)
    @hypothesis_settings(
        max_examples=max(1, CASES * weight(operation) // sum(weight(one) for *_, one in ENDPOINTS)),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(method, path, operation, ROOT))
    def run(case: Case) -> None:
        before = stored()
        answer = ask(caller, case)
        judge(answer, before)
        answered.append(answer.status_code)

    answered: list[int] = []
    run()
    if (method, path) not in UNLIKELY:
        assert any(code < 400 for code in answered), "nothing was accepted: these requests end at the door"


_LIMIT = "/api/v1/streams/{slug}/thresholds/{profile}/{metric}"
UNLIKELY = {("post", "/api/v1/streams/{slug}/maintenance"), ("put", _LIMIT), ("delete", _LIMIT)}
"""Whose values have to agree with each other or with what is stored, which no schema says: test_maintenance.py and
test_thresholds.py go through what is taken."""


DEEP = b'{"rows":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
ROW = '{"asset":"a","at":"2026-11-26T00:00:00Z","cpu_pct":%s}'
BODIES = [
    b"", b"\x00", b"{", b"nul", b"\xef\xbb\xbf{}", b"\xff", b"NaN", b"-Infinity", b"[1e400]", b"1" * 10_000, DEEP,
    b'{"rows":[],"rows":[]}', b'{"rows":[{"asset":"a","asset":"b"}]}', b'{"rows":["\\ud800"]}',
    b'{"\\ud800":1}', b'{"rows":[{"asset":"\\ud800","at":"\\ud800","cpu_pct":1}]}', b'{"rows":[{"a\\u0000b":1}]}',
    *[b'{"rows":[' + (ROW % value).encode() + b"]}" for value in
      ("NaN", "Infinity", "1e400", "-1e400", "1" * 400, "1" * 5000, '"1"', "true", "[]", "{}", "0.1e", "0x1", "1_0")],
    b'{"rows":[' + b"0," * 400_000 + b"0]}", b'{"thresholds":{"cpu_pct":1e400},"rows":[]}',
    b'{"quantiles":[NaN],"rows":[]}', b'{"maintenance":{"\\ud800":[]},"rows":[]}', b'{"profile":[],"rows":[]}',
]  # fmt: skip
HEADERS = [
    {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    {"Content-Type": "application/json", "Content-Length": "-1"},
    {"Content-Type": "application/json", "Content-Length": "9" * 40},
    {"Content-Type": "application/json; charset=utf-16"},
    {"Content-Type": "application/json" * 500},
    {"Content-Type": "text/plain"},
    {"Content-Type": ""},
    {"Content-Type": "application/json", "Authorization": "Bearer"},
    {"Content-Type": "application/json", "Authorization": "Bearer fw_" + "a" * 10_000},
    {"Content-Type": "application/json", "Authorization": "Basic Zm9v"},
    {"Content-Type": "application/json", "Authorization": "bearer \xff\xfe"},
    {"Content-Type": "application/json", "Cookie": "fw_session=" + "a" * 10_000, "Authorization": ""},
    {"Content-Type": "application/json", "Cookie": "fw_session=\xff; =; ;;", "Authorization": ""},
    {"Content-Type": "application/json", "Host": "evil.example\\@x"},
    {"Content-Type": "application/json", "Origin": "http://[::1"},
    {"Content-Type": "application/json", "X-Forwarded-For": "," * 5000},
    {"Content-Type": "application/json", "X-Forwarded-Host": "http://[", "Origin": "http://[x"},
    {"Content-Type": "application/json", "X-Forwarded-Proto": "\xff" * 100},
    {"Content-Type": "application/json", "Accept": "text/html" * 1000},
]


@pytest.mark.parametrize("path", ["/api/v1/telemetry", "/api/v1/predict"])
@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_nasty_body_is_refused(caller: Client, path: str, body: bytes) -> None:
    before = stored()
    answer = ask(caller, Case("POST", path, headers={"Content-Type": "application/json"}, body=body))
    assert answer.status_code in {400, 413, 422}, answer.text
    judge(answer, before)


@pytest.mark.parametrize("path", ["/api/v1/telemetry", "/api/v1/predict", "/api/login", "/api/v1/streams"])
@pytest.mark.parametrize("headers", HEADERS, ids=range(len(HEADERS)))
def test_a_nasty_header_does_no_harm(caller: Client, path: str, headers: dict[str, str]) -> None:
    before = stored()
    plain = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    method = "GET" if path.endswith("streams") else "POST"
    answer = ask(caller, Case(method, path, headers=plain, body=b'{"rows":[]}'))  # type: ignore[arg-type]
    judge(answer, before)


@pytest.mark.parametrize("raw", [b"\x1f\x8b\x08\x00truncated", b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd"])
def test_a_compressed_body_is_refused_not_unpacked(caller: Client, raw: bytes) -> None:
    before = stored()
    for encoding in ("gzip", "br", "zstd", "identity"):
        headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
        answer = ask(caller, Case("POST", "/api/v1/telemetry", headers=headers, body=raw))
        assert answer.status_code == (400 if encoding == "identity" else 415)
        judge(answer, before)


@pytest.mark.parametrize(
    "path", ["/", "/jobs", "/sign-in", "/servers/%00", "/servers/%ff%fe", "/_event", "/assets/../x"]
)
@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@seed(7)
@given(query=st.binary(max_size=60))
def test_pages_take_any_query(caller: Client, path: str, query: bytes) -> None:
    answer = caller.get(f"{path}?{quote(query)}", headers={"Accept": "text/html"})
    assert answer.status_code < 500
    assert answer.headers.get("location", "/").startswith("/")
