"""Breaches become incidents in the rows: of history, of ticks as they come, of rows that come late, twice or never."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest

from ml.schema import METRIC_NAMES
from tests.integration.core.steps import drive, held
from webapp.core import dispatch
from webapp.core.clock import now, tick_of, time_of
from webapp.core.db import reading
from webapp.core.models.incidents import Incident
from webapp.core.policies.scenarios import ScenarioRequest
from webapp.core.repositories import incidents
from webapp.core.repositories import streams as stream_rows
from webapp.core.services import breaches, retention, scenarios, streams, telemetry
from webapp.core.uow import unit_of_work
from webapp.core.views.incidents import Wanted

SLUG = "my-servers"
OVER, CLEAR = 99.0, 40.0


def send(name: str, last: int, *values: float | None) -> None:
    """A server's CPU at the ticks up to `last`; None sends nothing."""
    rows = [
        {"asset": name, "at": time_of(last - back).isoformat(), "cpu_pct": value}
        for back, value in enumerate(reversed(values))
        if value is not None
    ]
    telemetry.receive(SLUG, {"rows": rows}, "key:test")


def newest() -> int:
    return tick_of(now() - timedelta(seconds=150))


def stream_id(slug: str = SLUG) -> int:
    return streams.stream(slug).id


def judged(slug: str = SLUG) -> Sequence[Incident]:
    """Every incident after the scan, oldest first."""
    breaches.scan(stream_id(slug))
    return stored(slug)


def stored(slug: str = SLUG) -> Sequence[Incident]:
    with reading() as session:
        found = incidents.page(session, stream_id(slug), Wanted(), 0, 1000)
    return sorted((row for row, _ in found), key=lambda row: (row.start_tick, row.asset_id, row.metric))


def spans(slug: str = SLUG) -> list[tuple[int, str, int, int | None, bool]]:
    return [(row.asset_id, row.metric, row.start_tick, row.end_tick, row.lost) for row in stored(slug)]


@pytest.mark.usefixtures("installation")
def test_an_incident_opens_peaks_and_ends() -> None:
    last = newest() - 5
    send("web-1", last, CLEAR, OVER)
    assert judged() == []
    send("web-1", last + 1, OVER)
    (row,) = judged()
    assert (row.metric, row.threshold, row.start_tick, row.end_tick) == ("cpu_pct", 90.0, last, None)
    send("web-1", last + 4, 120.0, CLEAR, CLEAR)
    (row,) = judged()
    assert (row.peak, row.peak_tick, row.end_tick, row.lost) == (120.0, last + 2, last + 3, False)
    assert row.closed_at is not None and row.closed_at >= row.opened_at


@pytest.mark.usefixtures("installation")
def test_asking_again_writes_nothing() -> None:
    send("web-1", newest(), OVER, OVER)
    before = [row.model_dump() for row in judged()]
    seen = dispatch.last_event_id()
    assert [row.model_dump() for row in judged()] == before and len(before) == 1
    assert dispatch.last_event_id() == seen


@pytest.mark.usefixtures("installation")
def test_history_that_comes_later_makes_its_incidents_and_they_say_so() -> None:
    last = newest()
    send("web-1", last, CLEAR, OVER, OVER)
    assert [row.in_history for row in judged()] == [False]
    send("web-2", last - 2000, CLEAR, OVER, OVER, OVER, CLEAR, CLEAR)
    old, new = judged()
    assert (old.in_history, old.start_tick, old.end_tick) == (True, last - 2004, last - 2001)
    assert (new.in_history, new.end_tick) == (False, None)


@pytest.mark.usefixtures("installation")
def test_a_server_that_was_cut_off_and_sends_later_was_in_one_incident() -> None:
    last = newest()
    send("web-1", last - 30, OVER, OVER)
    send("web-2", last, *[CLEAR] * 31)
    (lost,) = judged()
    assert (lost.lost, lost.end_tick) == (True, last - 29)
    send("web-1", last, OVER, OVER)
    assert [row.lost for row in judged()] == [True, False]
    send("web-1", last - 2, *[OVER] * 28)
    (whole,) = judged()
    assert (whole.id, whole.start_tick, whole.end_tick) == (lost.id, last - 31, None)
    assert whole.closed_at is None


@pytest.mark.usefixtures("installation")
def test_a_stream_that_went_silent_is_lost_sight_of_by_the_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    last = newest()
    send("web-1", last, OVER, OVER)
    (row,) = judged()
    assert row.end_tick is None and breaches.send_due() == 0
    later = now() + timedelta(hours=2)
    monkeypatch.setattr(breaches, "now", lambda: later)
    dispatch.broker_client().flushall()
    assert breaches.send_due() == 1
    (row,) = judged()
    assert (row.lost, row.end_tick) == (True, last + 1)


@pytest.mark.usefixtures("installation")
def test_a_lost_message_is_sent_again() -> None:
    send("web-1", newest(), OVER, OVER)
    assert breaches.send_due() == 0  # while one waits
    dispatch.broker_client().flushall()
    assert breaches.send_due() == 1
    judged()
    dispatch.broker_client().flushall()
    assert breaches.send_due() == 0


@pytest.mark.usefixtures("installation")
def test_a_slice_that_somebody_else_stored_is_dropped() -> None:
    send("web-1", newest(), OVER, OVER)
    with reading() as session:
        row = stream_rows.by_id(session, stream_id())
        assert row is not None
        planned = breaches.plan(session, row)
        assert planned is not None
        read = breaches._read(session, planned)
    judged()
    breaches._store(planned, read, breaches.policy.judge(read.part, read.known))
    assert len(stored()) == 1


@pytest.mark.usefixtures("demo")
def test_slices_of_any_size_find_the_same_in_history() -> None:
    drive(held(), ticks=1)
    whole = [row.model_dump(exclude={"id", "opened_at", "closed_at"}) for row in judged(streams.DEMO)]
    assert whole
    _forget()
    while breaches.judge_next(stream_id(streams.DEMO), 20 * 12):
        pass
    assert [row.model_dump(exclude={"id", "opened_at", "closed_at"}) for row in stored(streams.DEMO)] == whole
    assert {one["in_history"] for one in whole} == {True}


def _forget() -> None:
    with unit_of_work() as uow:
        found = incidents.page(uow.session, stream_id(streams.DEMO), Wanted(), 0, 1000)
        incidents.remove(uow.session, [row.id for row, _ in found if row.id is not None])
        scan = incidents.scan_of(uow.session, stream_id(streams.DEMO))
        uow.session.delete(scan)


@pytest.mark.usefixtures("demo")
def test_an_injected_breach_is_found_at_its_second_observation() -> None:
    lease = held()
    drive(lease, ticks=1)
    before = {row.id for row in judged(streams.DEMO)}
    scenarios.start(streams.DEMO, ScenarioRequest("sudden_crash", ("ppdb002",)), "ann")
    for ticks in (1, 1):
        assert {row.id for row in judged(streams.DEMO)} == before
        drive(lease, ticks)
    new = [row for row in judged(streams.DEMO) if row.id not in before]
    tick = streams.stream(streams.DEMO).origin_at
    assert "error_pct" in {row.metric for row in new} and tick is not None
    assert {(time_of(row.start_tick), row.in_history) for row in new} == {(tick - timedelta(minutes=5), False)}
    assert {row.scenario_id for row in new if row.metric == "error_pct"} == {1}


@pytest.mark.usefixtures("demo")
def test_a_breach_that_the_twin_has_as_well_is_not_called_injected(monkeypatch: pytest.MonkeyPatch) -> None:
    lease = held()
    drive(lease, ticks=1)
    judged(streams.DEMO)
    scenarios.start(streams.DEMO, ScenarioRequest("sudden_crash", ("ppdb002",)), "ann")
    drive(lease, ticks=2)
    monkeypatch.setattr(breaches.twins, "unpack", lambda _: np.full(len(METRIC_NAMES), 1e6, np.float32))
    assert {row.scenario_id for row in judged(streams.DEMO)} == {None}


@pytest.mark.usefixtures("installation")
def test_batches_are_kept_until_they_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_BATCHES_KEPT", 1)
    judged_first, late = newest(), newest() - 500
    send("web-1", judged_first, CLEAR)
    judged()
    send("web-1", late, OVER, OVER)
    send("web-1", judged_first - 20, CLEAR)
    retention.sweep()
    assert [row.start_tick for row in judged()] == [late - 1]


@pytest.mark.usefixtures("installation")
def test_the_doors_of_telemetry_ask_for_a_scan() -> None:
    send("web-1", newest(), OVER, OVER)
    assert dispatch.queue_sizes("default")[0] == 1
