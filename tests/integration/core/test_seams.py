"""Where the parts meet: incidents of servers that leave, profiles and thresholds, plans under former names."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import event

from ml.runtime import crossing
from ml.schema import TICKS_PER_DAY
from tests.integration.core.steps import cycle
from webapp.core import dispatch
from webapp.core.clock import monotonic, now, tick_of, time_of
from webapp.core.db import engine, reading
from webapp.core.policies.retention import Limits
from webapp.core.repositories import thresholds as threshold_rows
from webapp.core.services import (
    breaches,
    champions,
    forecasts,
    incidents,
    inventory,
    judgements,
    maintenance,
    maintenance_plans,
    merges,
    profiles,
    retention,
    risks,
    streams,
    telemetry,
    thresholds,
)
from webapp.core.services.windows import HistoryCache
from webapp.core.views.incidents import IncidentState, IncidentView, Wanted

pytestmark = pytest.mark.usefixtures("installation")
SLUG = "mine"
OVER, CLEAR = 99.0, 40.0


def last() -> int:
    return tick_of(now() - timedelta(seconds=150))


def send(name: str, first: int, *values: float, **more: object) -> None:
    """A server's CPU at the ticks from `first` on."""
    sent = [
        {"asset": name, "at": time_of(first + at).isoformat(), "cpu_pct": value, **more}
        for at, value in enumerate(values)
    ]
    telemetry.receive(SLUG, {"rows": sent}, "key:test")


def stream_id() -> int:
    return streams.stream(SLUG).id


def judged(server: str = "") -> Sequence[IncidentView]:
    """Every incident after a scan, oldest first."""
    breaches.scan(stream_id())
    return tuple(reversed(incidents.listed(SLUG, Wanted(server=server)).incidents))


def retire() -> None:
    inventory.retire(SLUG, "box", "otto", "sold")


def merge() -> None:
    merges.merge(SLUG, "box", "web-1", "otto", "one machine")


@pytest.mark.parametrize("leave", [retire, merge])
def test_what_was_open_on_a_server_that_leaves_is_open_no_more(leave: Callable[[], None]) -> None:
    send("web-1", last() - 2, CLEAR, CLEAR, CLEAR)
    send("box", last() - 2, OVER, OVER, OVER)
    assert [one.state for one in judged()] == [IncidentState.OPEN]
    leave()
    (one,) = judged()
    assert (one.state, one.end_at) == (IncidentState.LOST, time_of(last() + 1))
    assert incidents.open_count(SLUG) == 0


def test_an_incident_of_a_server_that_left_is_looked_for_without_a_message() -> None:
    send("box", last() - 2, OVER, OVER, OVER)
    judged()
    retire()
    dispatch.broker_client().flushall()
    assert breaches.send_due() == 1
    judged()
    assert breaches.send_due() == 0


def test_what_was_found_in_copied_ticks_goes_when_they_are_taken_back() -> None:
    send("web-1", last() - 9, CLEAR, CLEAR)
    send("box", last() - 5, OVER, OVER, OVER)
    judged()
    merge()
    assert {one.server for one in judged()} == {"box", "web-1"}
    merges.separate(SLUG, "box", "otto", "two after all")
    assert [one.server for one in judged()] == ["box"]


def test_a_late_row_after_the_history_was_dropped_keeps_a_long_incident(monkeypatch: pytest.MonkeyPatch) -> None:
    start, end = last() - 3 * TICKS_PER_DAY, last()
    send("web-1", start, 120.0, *[OVER] * (end - start - 4))
    (before,) = judged()
    monkeypatch.setattr(retention.preferences, "limits", lambda: Limits(1000, 48, telemetry_days=2))
    retention.sweep()
    send("web-1", end - 2, OVER, OVER, OVER)
    judged()
    send("web-1", end - 3, OVER)
    (after,) = judged()
    assert (after.id, after.start_at, after.peak, after.state) == (before.id, before.start_at, 120.0, "open")


def test_incidents_are_found_by_a_former_name() -> None:
    send("box", last() - 2, OVER, OVER, OVER)
    inventory.rename(SLUG, "box", "web-9", "otto", "its name now")
    assert [one.server for one in judged("box")] == ["web-9"]
    assert judged("web-1") == ()


def forecast() -> None:
    cycle(stream_id(), last())


def judge() -> None:
    judgements.again(stream_id(), HistoryCache(stream_id()))


def limit_in_force() -> float | None:
    return risks.fleet_risks(SLUG)[1][0].threshold


def owed() -> set[str]:
    with reading() as session:
        return set(threshold_rows.owed(session, stream_id()))


def by_hand() -> None:
    profiles.set_by_hand(SLUG, "box", "queue", "otto")


def by_rule() -> None:
    profiles.set_rules(SLUG, "name box queue\n", "", "otto")


def by_sender() -> None:
    send("box", last() - 40, CLEAR, profile="queue")


def by_name() -> None:
    profiles.set_rules(SLUG, "name web-9 queue\n", "", "otto")
    inventory.rename(SLUG, "box", "web-9", "otto", "its name now")


@pytest.mark.parametrize("change", [by_hand, by_rule, by_sender, by_name])
def test_another_profile_is_judged_at_once(change: Callable[[], None]) -> None:
    send("box", last() - 30, *[OVER] * 31)
    forecast()
    thresholds.change(SLUG, "queue", "cpu_pct", 98.0, "ann", "they run hot")
    judge()
    change()
    assert owed() == {"queue"}
    judge()
    assert limit_in_force() == 98.0


def test_a_cycle_that_read_the_profile_of_before_owes_a_judgement() -> None:
    send("box", last() - 30, *[OVER] * 31)
    origin = forecasts.open_cycle(stream_id(), last(), HistoryCache(stream_id()))
    assert origin is not None
    by_hand()
    judge()
    forecaster = champions.forecaster(origin.version.path, origin.version.sha256)
    made = forecaster.predict(origin.window)
    forecasts.close_cycle(origin, made, crossing(made.quantiles, origin.thresholds, forecaster.odds), monotonic())
    assert owed() == {"queue"}


def test_maintenance_of_a_renamed_server_ends_by_any_of_its_names() -> None:
    send("box", last() - 2, CLEAR, CLEAR, CLEAR)
    planned = maintenance_plans.begin(SLUG, "box", 60, "a disk", "otto")
    inventory.rename(SLUG, "box", "web-9", "otto", "its name now")
    assert [maintenance.running_on(SLUG, name) for name in ("box", "web-9")] == [planned.id] * 2


def test_a_stream_whose_servers_are_all_retired_is_not_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    send("box", last() - 30, *[CLEAR] * 31)
    forecast()
    at = now() + timedelta(hours=1)
    monkeypatch.setattr(streams, "now", lambda: at)
    assert streams.stream(SLUG).stale_since is not None
    retire()
    assert streams.stream(SLUG).stale_since is None


def test_servers_without_a_forecast_cost_no_query_each() -> None:
    for name in ("a", "b", "c"):
        send(name, last(), CLEAR)
    few = queries(lambda: risks.fleet_risks(SLUG))
    for name in ("d", "e", "f", "g"):
        send(name, last(), CLEAR)
    assert queries(lambda: risks.fleet_risks(SLUG)) == few


def queries(ask: Callable[[], object]) -> int:
    """How many statements it takes."""
    asked: list[object] = []

    def note(*given: object) -> None:
        asked.append(given)

    event.listen(engine(), "before_cursor_execute", note)
    ask()
    event.remove(engine(), "before_cursor_execute", note)
    return len(asked)
