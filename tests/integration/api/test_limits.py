"""Too many requests are refused with a time to come back, whoever sends them; a flood of wrong keys costs little."""

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from tests.integration.api.conftest import Client
from webapp.core import clock
from webapp.core.policies.roles import Role
from webapp.core.repositories import keys as rows
from webapp.core.repositories import sessions as session_rows
from webapp.core.services import keys
from webapp.core.settings import settings
from webapp.core.views.users import Identity
from webapp.state import guard


@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch, database: None) -> None:
    """Five requests at once, then one every 10 s; ten rows a minute. The clock stands still."""
    for name, value in {"REQUESTS_PER_MINUTE": 6, "REQUEST_BURST": 5, "ROWS_PER_MINUTE": 10}.items():
        monkeypatch.setenv(f"FOREWARN_{name}", str(value))
    settings.cache_clear()
    monkeypatch.setattr(clock, "monotonic", lambda: 1000.0)


def key(*scopes: str, name: str = "k") -> dict[str, str]:
    return {"Authorization": f"Bearer {keys.issue(name, scopes, 'test')}"}


def statuses(ask: Callable[[], httpx.Response], times: int) -> list[int]:
    return [ask().status_code for _ in range(times)]


@pytest.mark.usefixtures("tight")
def test_a_key_has_a_bucket_of_its_own(client: Client) -> None:
    first, second = key("read"), key("read", name="other")
    assert statuses(lambda: client.get("/api/v1/streams", headers=first), 6) == [200] * 5 + [429]
    assert client.get("/api/v1/streams", headers=second).status_code == 200


@pytest.mark.usefixtures("tight")
def test_the_answer_says_when_to_come_back_and_is_counted(client: Client) -> None:
    headers = key("read")
    answers = [client.get("/api/v1/streams", headers=headers) for _ in range(6)]
    assert answers[-1].headers["retry-after"] == "10"
    assert answers[-1].json()["title"] == "Too many requests"
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert 'forewarn_requests_limited_total{counted="key"}' in client.get("/metrics").text


@pytest.mark.usefixtures("tight")
def test_when_the_time_is_over_it_is_heard_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = key("read")
    assert statuses(lambda: client.get("/api/v1/streams", headers=headers), 6)[-1] == 429
    monkeypatch.setattr(clock, "monotonic", lambda: 1010.0)
    assert client.get("/api/v1/streams", headers=headers).status_code == 200


@pytest.mark.usefixtures("tight")
def test_a_person_is_limited_too(client: Client) -> None:
    client.sign_in()
    assert statuses(lambda: client.get("/api/v1/streams"), 6) == [200] * 5 + [429]


@pytest.mark.usefixtures("tight")
@pytest.mark.parametrize("path", ["/api/v1/streams", "/auth/link?token=x", "/api/nothing", "/api/openapi.json"])
def test_strangers_are_counted_by_their_address(client: Client, path: str) -> None:
    here, there = ({"X-Forwarded-For": f"203.0.113.{last}"} for last in (7, 8))
    assert 429 not in statuses(lambda: client.get(path, headers=here), 5)
    assert statuses(lambda: client.get(path, headers=here), 2) == [429] * 2
    assert client.get(path, headers=there).status_code != 429


@pytest.mark.usefixtures("tight")
def test_signing_in_is_limited_before_a_password_is_looked_at(client: Client) -> None:
    names = iter(f"ann-{number}" for number in range(6))  # of one name the fifth wrong try makes a pause

    def wrong() -> httpx.Response:
        said = {"name": next(names), "password": "x"}
        return client.post("/api/login", data=said, headers={"Accept": "application/json"})

    assert statuses(wrong, 6) == [401] * 5 + [429]


@pytest.mark.usefixtures("tight")
def test_a_valid_key_is_not_counted_for_its_address(client: Client) -> None:
    headers = key("read")
    statuses(lambda: client.get("/api/v1/streams", headers=headers), 5)
    assert statuses(lambda: client.get("/api/v1/streams"), 5) == [401] * 5


@pytest.mark.usefixtures("tight")
def test_rows_are_limited_by_their_number(client: Client) -> None:
    secret = keys.issue("feeder", ["telemetry"], "test")
    at = datetime.now(UTC).isoformat()
    batches = [{"rows": [{"asset": f"{b}-{n}", "at": at, "cpu_pct": 1} for n in range(6)]} for b in range(2)]
    answers = [client.push(batch, secret) for batch in batches]
    assert [answer.status_code for answer in answers] == [201, 429]
    assert answers[1].headers["retry-after"] == "12"
    assert "too many rows" in answers[1].json()["detail"]


@pytest.mark.usefixtures("tight")
def test_this_machines_own_probes_are_not_limited(client: Client) -> None:
    assert statuses(lambda: client.get("/healthz"), 20) == [200] * 20


def test_a_flood_of_wrong_keys_reads_the_database_a_few_times(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[None] = []
    real = rows.alive
    monkeypatch.setattr(rows, "alive", lambda session: (read.append(None), real(session))[1])
    monkeypatch.setattr(clock, "monotonic", lambda: 1000.0 + len(read) / 1000)
    wrong = [{"Authorization": f"Bearer fw_{n:043d}"} for n in range(500)]
    assert {client.get("/api/v1/streams", headers=one).status_code for one in wrong} == {401}
    assert len(read) <= 11


def test_a_flood_of_wrong_cookies_ends_before_the_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[None] = []
    real = session_rows.by_hash
    monkeypatch.setattr(session_rows, "by_hash", lambda *given: (looked.append(None), real(*given))[1])
    monkeypatch.setattr(clock, "monotonic", lambda: 1000.0)
    headers = [{"Accept": "text/html", "Cookie": f"fw_session={n:043d}"} for n in range(700)]
    found = [client.get("/jobs", headers=one).status_code for one in headers]
    assert (found.count(303), found.count(429)) == (600, 100)
    assert len(looked) == 600


@pytest.mark.usefixtures("tight")
def test_events_of_a_socket_count_against_their_person() -> None:
    ann = Identity("ann", Role.ADMIN, None)
    assert [guard._counted(ann) for _ in range(5)] == [None] * 5
    refused = guard._counted(ann)
    assert refused is not None
    assert "too many requests" in str(refused.events)
    assert guard._counted(Identity("bob", Role.ADMIN, None)) is None
