"""Incidents over HTTP and on the command line: filters, parts, files, and who may read them."""

import csv
import io
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.integration.api.conftest import Client, both
from webapp.cli.app import app
from webapp.core.clock import now, tick_of, time_of
from webapp.core.services import breaches, health, incidents, keys, streams

SLUG = "my-servers"
PATH = f"/api/v1/streams/{SLUG}/incidents"
OVER, CLEAR = 99.0, 40.0


def newest() -> int:
    return tick_of(now() - timedelta(seconds=150))


@pytest.fixture
def watched(client: Client) -> Client:
    """Two servers of which one is in breach and one was, twice."""
    key = keys.issue("feeder", ["telemetry", "read"], "test")
    series = {"ppdb001": [CLEAR] * 8 + [OVER] * 4, "=cmd": [OVER, OVER, CLEAR, CLEAR] * 2 + [CLEAR] * 4}
    rows = [
        {"asset": name, "at": time_of(newest() - 11 + step).isoformat(), "cpu_pct": value, "profile": "database"}
        for name, values in series.items()
        for step, value in enumerate(values)
    ]
    assert client.push({"rows": rows}, key).status_code == 201
    breaches.scan(streams.stream(SLUG).id)
    client.sign_in()
    return client


def names(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [one["server"] for one in answer["incidents"]]


@both
def test_incidents_are_read_a_part_at_a_time(watched: Client) -> None:
    first = watched.get(f"{PATH}?limit=2").json()
    rest = watched.get(PATH, params={"limit": 2, "cursor": first["cursor"]}).json()
    assert names(first) + names(rest) == ["ppdb001", "=cmd", "=cmd"] and rest["cursor"] is None
    starts = [datetime.fromisoformat(one["start_at"]) for one in first["incidents"] + rest["incidents"]]
    assert starts == sorted(starts, reverse=True)


@both
def test_filters_narrow_the_list(watched: Client) -> None:
    wanted = {
        "shown=open": 1, "shown=ended": 2, "server=ppdb001": 1, "metric=cpu_pct": 3, "metric=latency_ms": 0,
        "profile=database": 3, "profile=web": 0,
    }  # fmt: skip
    for query, count in wanted.items():
        assert len(watched.get(f"{PATH}?{query}").json()["incidents"]) == count, query
    since = time_of(newest() - 5).isoformat()
    assert names(watched.get(PATH, params={"since": since}).json()) == ["ppdb001"]
    assert len(watched.get(PATH, params={"until": since}).json()["incidents"]) == 2


def test_one_incident_says_what_it_was_judged_by(watched: Client) -> None:
    (one,) = watched.get(f"{PATH}?shown=open").json()["incidents"]
    assert (one["threshold"], one["unit"], one["state"], one["minutes"]) == (90.0, "%", "open", 15.0)
    assert (one["end_at"], one["peak"], one["scenario"], one["silent"]) == (None, 99.0, None, False)


@pytest.mark.parametrize(
    ("query", "status"),
    [("cursor=x", 422), ("cursor=1-", 422), ("limit=0", 422), ("limit=9999", 422), ("shown=maybe", 422),
     ("since=yesterday", 422), ("since=2026-11-18T03:10", 422), ("metric=colour", 404)],
)  # fmt: skip
def test_wrong_input_is_a_problem(watched: Client, query: str, status: int) -> None:
    for path in (PATH, f"{PATH}.csv"):
        if path == PATH or not query.startswith(("cursor", "limit")):
            answer = watched.get(f"{path}?{query}")
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_an_unknown_stream_is_not_found(watched: Client) -> None:
    assert watched.get("/api/v1/streams/none/incidents").status_code == 404


def test_a_key_without_the_scope_reads_nothing(watched: Client) -> None:
    key = keys.issue("sender", ["telemetry"], "test")
    assert watched.get(PATH, headers={"Authorization": f"Bearer {key}"}).status_code == 403


def test_the_file_runs_no_formula(watched: Client) -> None:
    answer = watched.get(f"{PATH}.csv?shown=ended")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [one["server"] for one in lines] == ["'=cmd", "'=cmd"]
    assert answer.headers["content-type"].startswith("text/csv") and lines[0]["state"] == "ended"


def test_the_metrics_and_the_doctor_count_what_is_open(watched: Client) -> None:
    assert f'forewarn_open_incidents{{stream="{SLUG}"}} 1.0' in watched.get("/metrics").text
    found = health._incidents()
    assert found.ok and found.detail.startswith("1 open")


def test_the_doctor_names_a_stream_that_is_behind(watched: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    later = now() + timedelta(hours=3)
    monkeypatch.setattr(breaches, "now", lambda: later)
    found = health._incidents()
    assert not found.ok and SLUG in found.detail and "ticks behind" in found.detail


@pytest.mark.usefixtures("kept_environment", "watched")
def test_the_command_prints_them_and_writes_a_file(tmp_path: Path) -> None:
    words = ["incidents", "--stream", SLUG]
    printed = CliRunner().invoke(app, words).stdout
    assert "ppdb001" in printed and printed.count("ended") == 2
    only = CliRunner().invoke(app, [*words, "--open", "--json"]).stdout
    assert [one["server"] for one in json.loads(only)["incidents"]] == ["ppdb001"]
    file = tmp_path / "found.csv"
    assert "3 incidents written" in CliRunner().invoke(app, [*words, "--csv", str(file)]).stdout
    assert len(file.read_text().splitlines()) == 4


def test_a_folder_that_is_not_there_is_named(watched: Client, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="does not exist"):
        incidents.export(SLUG, tmp_path / "nowhere" / "x.csv")
