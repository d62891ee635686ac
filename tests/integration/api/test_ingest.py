"""Telemetry over HTTP: stored whole or not at all, the same again changes nothing, every refusal names its row."""

import asyncio
import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ml.schema import METRIC_NAMES
from tests.integration.api.conftest import Client, both
from webapp.api.app import create_api
from webapp.core.db import reading
from webapp.core.repositories import assets, telemetry
from webapp.core.repositories import streams as stream_rows
from webapp.core.services import audit, keys, streams
from webapp.core.services import telemetry as service
from webapp.core.views.audit import Wanted
from webapp.core.views.streams import Source

STREAM = "my-servers"


@pytest.fixture
def key(client: Client) -> str:
    return keys.issue("feeder", ["telemetry"], "test")


def row(asset: str = "ppweb001", minutes: float = 0, **other: object) -> dict[str, object]:
    at = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=minutes)
    return {"asset": asset, "at": at.isoformat(), "cpu_pct": 40.0, **other}


def stored() -> int:
    """Rows in the stream, counted from its windows."""
    with reading() as session:
        found = stream_rows.by_slug(session, STREAM)
        if found is None or found.id is None or found.tick is None:
            return 0
        ids = [one.id for one in assets.of_stream(session, found.id) if one.id is not None]
        values = telemetry.window(session, found.id, ids, found.tick - 40 * 288, found.tick)
    return int(np.isfinite(values).any(axis=2).sum())


@both
def test_a_batch_is_stored_and_makes_stream_and_servers(client: Client, key: str) -> None:
    answer = client.push({"rows": [row("ppweb001"), row("ppdb002"), row("ppweb001", 5)]}, key)
    assert answer.status_code == 201
    assert answer.json() == {
        "stream": STREAM, "rows": 3, "duplicates": 0, "new_servers": ["ppweb001", "ppdb002"], "stream_created": True,
    }  # fmt: skip
    assert stored() == 3
    assert streams.stream(STREAM).source is Source.PUSH
    assert [entry.actor for entry in audit.entries(Wanted(noun="asset"))] == ["key:feeder"]


@both
def test_the_same_batch_again_changes_nothing(client: Client, key: str) -> None:
    batch = {"rows": [row(cpu_pct=1 / 3, net_mbps=0.1 + 0.2), row(minutes=5)]}
    client.push(batch, key)
    again = client.push(batch, key)
    assert (again.status_code, again.json()["rows"], again.json()["duplicates"]) == (200, 0, 2)
    assert stored() == 2


@both
def test_other_values_for_a_stored_tick_are_a_conflict_and_store_nothing(client: Client, key: str) -> None:
    first = row()
    client.push({"rows": [first]}, key)
    answer = client.push({"rows": [row("new"), {**first, "cpu_pct": 41.0}]}, key)
    assert answer.status_code == 409
    assert [(one["field"], one["row"]) for one in answer.json()["errors"]] == [("cpu_pct", 1)]
    assert stored() == 1


@pytest.mark.parametrize("value", [math.nan, math.inf, -1, 1e9, "40", True, None, [], {}, 10**400])
def test_one_wrong_row_keeps_the_whole_batch_out(client: Client, key: str, value: object) -> None:
    answer = client.push({"rows": [row("a"), row("b", cpu_pct=value), row("c")]}, key)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["row"] == 1
    assert answer.json()["errors"][0]["field"] == "cpu_pct"
    assert stored() == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"{", 400), (b"\xff\xfe", 400), (b"[" * 200_000, 400), (b'{"rows":[]}{}', 400), (b"1" * 5000, 400),
     (b'{"rows":1,"rows":2}', 400), (b"null", 422), (b"[]", 422), (b'{"rows":{}}', 422),
     (b'"' + b"x" * 1_000_000 + b'"', 422)],
)  # fmt: skip
def test_what_is_no_batch_is_refused(client: Client, key: str, body: bytes, status: int) -> None:
    answer = client.push(body, key)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("headers", [{"Content-Type": "text/plain"}, {"Content-Type": ""}, {"Content-Encoding": "gzip"},
                                     {"Content-Type": "application/jsonx"}])  # fmt: skip
def test_another_media_type_is_refused(client: Client, key: str, headers: dict[str, str]) -> None:
    assert client.push({"rows": [row()]}, key, headers=headers).status_code == 415


def test_a_body_of_10_mb_is_refused_before_it_has_arrived(client: Client, key: str) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 100_000
            yield b" " * 100_000

    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    answer = client.post("/api/v1/telemetry", content=endless(), headers=headers)
    assert answer.status_code == 413
    assert sent < 6_000_000
    told = client.push(b"{}", key, headers={"Content-Length": "10000000"})
    assert told.status_code == 413


@pytest.mark.parametrize("key", ["", "fw_wrong", "x" * 5000])
def test_a_wrong_key_is_refused_before_the_body_is_read(client: Client, key: str) -> None:
    answer = client.push(b"not json", key)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="forewarn"')


def test_a_key_for_reading_and_a_session_push_nothing(client: Client) -> None:
    reader = keys.issue("reader", ["read"], "test")
    assert client.push({"rows": [row()]}, reader).status_code == 403
    client.sign_in()
    assert client.push({"rows": [row()]}).status_code == 401


@pytest.mark.parametrize("stream", ["", "Fleet", "a b", "a" * 49, "../x", "%00"])
def test_a_badly_named_stream_is_refused(client: Client, key: str, stream: str) -> None:
    answer = client.push({"rows": [row()]}, key, params={"stream": stream})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "stream"


def test_a_row_that_is_too_old_for_the_key_names_the_scope_that_it_needs(client: Client, key: str) -> None:
    old, ancient = row(minutes=25 * 60), row("b", minutes=36 * 24 * 60)
    answer = client.push({"rows": [row("a"), old]}, key)
    assert answer.status_code == 422
    assert [(one["field"], one["row"]) for one in answer.json()["errors"]] == [("at", 1)]
    assert "scope backfill" in answer.json()["detail"]
    assert stored() == 0
    older = keys.issue("history", ["backfill"], "test")
    assert client.push({"rows": [row("a"), old]}, older).status_code == 201
    for secret in (key, older):
        assert "older than 35 days" in client.push({"rows": [ancient]}, secret).json()["detail"]


def test_a_simulated_stream_takes_no_push(client: Client, key: str) -> None:
    streams.ensure_demo()
    answer = client.push({"rows": [row()]}, key, params={"stream": streams.DEMO})
    assert answer.status_code == 409
    assert "simulated" in answer.json()["detail"]


def test_the_profile_is_told_or_guessed_and_then_stays(client: Client, key: str) -> None:
    batch = {"rows": [row("web-1"), row("box", profile="cache"), row("mystery")]}
    client.push(batch, key)
    with reading() as session:
        found = stream_rows.by_slug(session, STREAM)
        assert found is not None and found.id is not None
        profiles = {one.name: one.profile for one in assets.of_stream(session, found.id)}
    assert profiles == {"web-1": "web", "box": "cache", "mystery": "unknown"}
    assert client.push({"rows": [row("box", 5, profile="web")]}, key).json()["errors"][0]["field"] == "profile"
    assert client.push({"rows": [row("mystery", 5, profile="queue")]}, key).status_code == 201


def test_a_server_that_nobody_can_place_is_said_so_once(client: Client, key: str) -> None:
    for minutes in (0, 5, 10):
        assert client.push({"rows": [row("mystery", minutes, profile="unknown")]}, key).status_code == 201
    assert [entry.action for entry in audit.entries(Wanted(noun="asset"))] == ["add"]


@both
def test_late_rows_fill_the_gap_and_do_not_move_the_clock_back(client: Client, key: str) -> None:
    client.push({"rows": [row()]}, key)
    newest = streams.stream(STREAM)
    client.push({"rows": [row(minutes=60)]}, key)
    assert stored() == 2
    assert streams.stream(STREAM).history == 12
    assert newest.history == 1


@pytest.mark.parametrize(
    "name", ["сервер-1", "服务器", "srv😀", "naïve", "a b", "x" * 128, "'; DROP TABLE assets;--", "<b>"]
)
def test_names_of_any_script_are_kept_as_they_are(client: Client, key: str, name: str) -> None:
    assert client.push({"rows": [row(name)]}, key).json()["new_servers"] == [name]


@both
def test_a_batch_that_fails_while_it_is_stored_leaves_nothing(
    client: Client, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.streams, "advance", lambda *_: 1 / 0)
    assert client.push({"rows": [row(f"s{n}") for n in range(50)]}, key).status_code == 500
    monkeypatch.undo()
    assert stored() == 0
    assert audit.entries(Wanted(noun="asset")) == ()


@both
def test_two_senders_at_once_store_each_row_once(client: Client, key: str) -> None:
    batch = {"rows": [row(f"s{n}", 5 * k) for n in range(20) for k in range(5)]}
    headers = {"Authorization": f"Bearer {key}"}

    async def both() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create_api()), base_url="http://x") as http:
            send = [http.post("/api/v1/telemetry", json=batch, headers=headers) for _ in range(4)]
            return await asyncio.gather(*send)

    answers = asyncio.run(both())
    assert sorted(answer.json()["rows"] for answer in answers) == [0, 0, 0, 100]
    assert stored() == 100


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.lists(st.integers(), max_size=2)
)
TIMES = st.one_of(st.just(row()["at"]), st.just(row(minutes=5)["at"]), st.datetimes().map(str), ODD)
ROWS = st.fixed_dictionaries(
    {"asset": st.one_of(st.sampled_from(["a", "b"]), ODD), "at": TIMES, "cpu_pct": st.one_of(st.floats(0, 100), ODD)},
    optional={"profile": st.one_of(st.just("web"), ODD), "memory_pct": ODD, "x": ODD},
)
BODIES = st.one_of(
    st.fixed_dictionaries({"rows": st.lists(st.one_of(ROWS, ODD), max_size=4)}), ODD, st.binary(max_size=200)
)


@given(body=BODIES)
@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_is_sent_breaks_it_or_is_half_stored(client: Client, key: str, body: object) -> None:
    before = stored()
    answer = client.push(body, key)
    assert answer.status_code in {200, 201, 400, 409, 422}, answer.text
    new = answer.json()["rows"] if answer.status_code == 201 else 0
    assert stored() == before + new
    if answer.status_code == 201:
        assert isinstance(body, dict)
        assert all(set(item) <= {"asset", "at", "profile", *METRIC_NAMES} for item in body["rows"])
