"""Forecasts on request: made by the champion or named otherwise, kept nowhere, and bounded."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import pytest

from ml.schema import HORIZON, METRIC_NAMES, QUANTILES
from tests.integration.api.conftest import Client
from webapp.api.app import create_api
from webapp.core.db import reading
from webapp.core.repositories import streams as stream_rows
from webapp.core.services import audit, champions, keys, streams

ORIGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def key(client: Client) -> str:
    return keys.issue("asker", ["predict"], "test")


def history(name: str = "web-1", ticks: int = 288, level: float = 40.0, **more: object) -> list[dict[str, object]]:
    """A calm server, `ticks` long, with its newest row at ORIGIN."""
    rng = np.random.default_rng(7)
    return [
        {"asset": name, "at": (ORIGIN - timedelta(minutes=5 * back)).isoformat(),
         "cpu_pct": float(level + rng.normal()), "memory_pct": 50.0, **more}
        for back in reversed(range(ticks))
    ]  # fmt: skip


def ask(client: Client, key: str, **body: Any) -> httpx.Response:
    return client.post("/api/v1/predict", json=body, headers={"Authorization": f"Bearer {key}"})


def test_a_server_that_nobody_watches_is_forecast_by_the_champion(client: Client, key: str) -> None:
    answer = ask(client, key, rows=history()).json()
    (server,) = answer["servers"]
    assert (server["method"], server["model"], server["version"]) == ("champion", "fleet-tft", "1.0.0")
    assert (server["profile"], server["history"]) == ("web", 288)
    cpu = server["metrics"][0]
    fan = np.array(cpu["fan"])
    assert fan.shape == (HORIZON, len(QUANTILES))
    assert (np.diff(fan, axis=1) >= 0).all()
    assert 30 < np.median(fan) < 50
    assert (cpu["threshold"], cpu["unit"]) == (90.0, "%")
    assert 0 <= cpu["by_1h"] <= cpu["by_2h"] <= cpu["by_4h"] <= cpu["by_8h"] < 0.3
    assert server["metrics"][5]["fan"] is None


def test_a_baseline_stands_under_its_own_name(client: Client, key: str) -> None:
    answer = ask(client, key, rows=history("new", 5) + history("old")).json()
    new, old = answer["servers"]
    assert (new["method"], new["model"], new["version"]) == ("persistence", "persistence", None)
    assert new["reason"] == "5 of 12 observations"
    assert old["method"] == "champion"


def test_a_lower_threshold_is_likelier_to_be_crossed(client: Client, key: str) -> None:
    high, low = (
        ask(client, key, rows=history(), thresholds={"cpu_pct": limit}, profile="cache").json()["servers"][0]
        for limit in (95, 41)
    )
    assert low["profile"] == "cache"
    assert high["metrics"][0]["by_8h"] < 0.2
    assert low["metrics"][0]["by_8h"] > 0.9


def test_the_levels_that_are_asked_for_are_answered(client: Client, key: str) -> None:
    answer = ask(client, key, rows=history(), quantiles=[0.9, 0.1]).json()
    assert answer["quantiles"] == [0.1, 0.9]
    assert np.array(answer["servers"][0]["metrics"][0]["fan"]).shape == (HORIZON, 2)


def test_maintenance_ahead_changes_the_forecast(client: Client, key: str) -> None:
    plain, planned = (
        ask(client, key, rows=history(level=60.0), maintenance=flags).json()["servers"][0]["metrics"][0]["fan"]
        for flags in ({}, {"web-1": [True] * HORIZON})
    )
    assert plain != planned


def test_nothing_of_a_request_is_kept(client: Client, key: str) -> None:
    before = audit.last_id()
    assert ask(client, key, rows=history()).status_code == 200
    with reading() as session:
        assert stream_rows.all_streams(session) == []
    assert audit.last_id() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rows": history(ticks=2), "profile": "mainframe"}, "profile"),
        ({"rows": history(ticks=2), "thresholds": {"cpu": 1}}, "thresholds"),
        ({"rows": history(ticks=2), "thresholds": {"cpu_pct": 1e9}}, "thresholds"),
        ({"rows": history(ticks=2), "thresholds": [1]}, "thresholds"),
        ({"rows": history(ticks=2), "quantiles": [0.42]}, "quantiles"),
        ({"rows": history(ticks=2), "quantiles": []}, "quantiles"),
        ({"rows": history(ticks=2), "maintenance": {"web-1": [True]}}, "maintenance"),
        ({"rows": history(ticks=2), "maintenance": {"web-2": [True] * HORIZON}}, "maintenance"),
        ({"rows": history(ticks=2), "stream": "mine"}, "stream"),
        ({"rows": [*history(ticks=2), {**history(ticks=1)[0], "at": "2026-01-01T00:00:00Z"}]}, "rows"),
        ({"rows": [*history(ticks=2), {"asset": "web-1", "at": "2016-01-01T00:00:00Z", "cpu_pct": 1}]}, "at"),
        ({"rows": history(ticks=1, profile="web") + history(ticks=1, profile="web")}, "at"),
        ({"rows": []}, "rows"),
        ({}, "rows"),
    ],
)
def test_what_is_wrong_is_refused_and_named(client: Client, key: str, body: dict[str, Any], field: str) -> None:
    answer = ask(client, key, **body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert answer.json()["detail"].endswith("Nothing was forecast.")


def test_a_request_has_a_bound(client: Client, key: str) -> None:
    many = [row for n in range(201) for row in history(f"s{n}", 1)]
    assert ask(client, key, rows=many).json()["errors"][0]["field"] == "rows"
    assert ask(client, key, rows=[{}] * 20_001).json()["errors"][0]["field"] == "rows"


def test_when_many_ask_at_once_some_are_sent_away_and_told_when_to_come_back(client: Client, key: str) -> None:
    async def crowd() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create_api()), base_url="http://x") as http:
            headers = {"Authorization": f"Bearer {key}"}
            return await asyncio.gather(
                *(http.post("/api/v1/predict", json={"rows": history()}, headers=headers) for _ in range(8))
            )

    answers = asyncio.run(crowd())
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [503] * 3
    assert all(answer.headers["retry-after"] == "5" for answer in answers if answer.status_code == 503)


def test_the_champion_of_most_streams_answers(client: Client, key: str) -> None:
    streams.ensure_demo()
    assert champions.prevailing().sha256 == ask(client, key, rows=history(ticks=20)).json()["sha256"]


def test_every_metric_of_the_contract_is_answered(client: Client, key: str) -> None:
    (server,) = ask(client, key, rows=history(ticks=20)).json()["servers"]
    assert [one["metric"] for one in server["metrics"]] == list(METRIC_NAMES)
