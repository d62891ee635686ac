"""Every answer is dressed: pages, data, files, errors, redirects; and health is this machine's own business."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.staticfiles import StaticFiles

from tests.integration.api.conftest import Client
from webapp.api.door import HEADERS
from webapp.core.services import keys, streams
from webapp.core.settings import settings

PROBES = ("/healthz", "/readyz", "/info", "/metrics")
FILES = {"index.html": "<!doctype html>", "a.js": "1", "a.css": "b{}", "favicon.svg": "<svg/>", "fonts/g.woff2": "x"}
BROWSER = {"Accept": "text/html"}


@pytest.fixture
def served(client: Client, tmp_path: Path) -> Iterator[Client]:
    """The API in front of some files, as in front of the pages."""
    for name, text in FILES.items():
        (tmp_path / "files" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "files" / name).write_text(text)
    client.api.mount("", StaticFiles(directory=tmp_path / "files", html=True))
    return client


def every(client: Client, **headers: str) -> dict[str, httpx.Response]:
    """One answer of each kind."""
    asked = ["/", "/jobs", "/sign-in", "/nothing.png", "/api/v1/me", "/api/v1/fleet", "/api/nothing", "/_upload"]
    asked += [f"/{name}" for name in FILES] + [*PROBES, "/auth/link?token=x", "/api/openapi.json"]
    return {path: client.get(path, headers={**BROWSER, **headers}) for path in asked}


def test_every_answer_carries_the_security_headers(served: Client) -> None:
    for sign_in in (False, True):
        if sign_in:
            served.sign_in()
        for path, answer in every(served).items():
            assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path
            assert "strict-transport-security" not in answer.headers, path


def test_what_may_hold_data_is_kept_by_nobody(served: Client) -> None:
    served.sign_in()
    for path, answer in every(served).items():
        kept = path.endswith((".js", ".css", ".svg", ".woff2"))
        assert (answer.headers.get("cache-control") == "no-store") != kept, path


@pytest.mark.parametrize("way", ["header", "setting"])
def test_over_https_the_browser_is_told_to_stay_there(
    served: Client, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    headers = {"X-Forwarded-Proto": "https"} if way == "header" else {}
    if way == "setting":
        monkeypatch.setenv("FOREWARN_PUBLIC_URL", "https://forewarn.example")
        settings.cache_clear()
    for path, answer in every(served, **headers).items():
        assert answer.headers["strict-transport-security"] == "max-age=31536000", path


def test_a_fault_carries_them_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.sign_in()
    monkeypatch.setattr(streams, "streams", lambda: 1 / 0)
    answer = client.get("/api/v1/streams")
    assert answer.status_code == 500
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", PROBES)
@pytest.mark.parametrize(
    "headers",
    [{"X-Forwarded-For": "203.0.113.9"}, {"X-Forwarded-For": "127.0.0.1, 203.0.113.9"}, {"X-Forwarded-For": ""},
     {"Forwarded": "for=203.0.113.9"}, {"X-Real-IP": "203.0.113.9"},
     {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "203.0.113.9"},
     {"X-Forwarded-For": "127.0.0.1", "Forwarded": "for=203.0.113.9"}, {"X-Forwarded-Proto": "https"}],
)  # fmt: skip
def test_health_is_told_to_nobody_elsewhere(client: Client, path: str, headers: dict[str, str]) -> None:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 401
    assert "API key with the scope read" in answer.json()["detail"]


@pytest.mark.parametrize("path", PROBES)
def test_from_elsewhere_a_key_that_reads_is_told_and_another_is_not(client: Client, path: str) -> None:
    made = {scope: {"Authorization": f"Bearer {keys.issue(scope, [scope], 'test')}"} for scope in ("read", "telemetry")}
    there = {"X-Forwarded-For": "203.0.113.9"}
    assert client.get(path, headers={**there, **made["read"]}).status_code in {200, 503}
    refused = client.get(path, headers={**there, **made["telemetry"]})
    assert refused.status_code == 403
    assert "scope read" in refused.json()["detail"]


@pytest.mark.parametrize("headers", [{}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-For": "203.0.113.9, ::1"}])
def test_this_machine_is_told(client: Client, headers: dict[str, str]) -> None:
    assert client.get("/healthz", headers=headers).status_code == 200
    assert client.call("HEAD", "/healthz", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("peer", "host", "status"),
    [("127.0.0.1", "", 200), ("127.8.9.1", "", 200), ("::1", "", 200), ("::ffff:127.0.0.1", "", 200),
     ("192.0.2.7", "", 401), ("10.0.0.1", "0.0.0.0", 401), ("192.0.2.7", "192.0.2.7", 200), ("testclient", "", 401)],
)  # fmt: skip
def test_the_peer_decides(client: Client, monkeypatch: pytest.MonkeyPatch, peer: str, host: str, status: int) -> None:
    monkeypatch.setenv("FOREWARN_HOST", host or "127.0.0.1")
    settings.cache_clear()
    assert client.from_peer(peer).get("/healthz").status_code == status


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver.evil.example", "file://"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_event_socket_is_not_polled_from_another_site(client: Client, method: str, origin: str) -> None:
    answer = client.call(method, "/_event/?EIO=4&transport=polling", headers={"Origin": origin})
    assert (answer.status_code, answer.json()["title"]) == (403, "Not allowed")
