"""Real servers report one by one, some behind the others, some never again."""

from datetime import datetime, timedelta

import pytest

from ml.schema import MIN_HISTORY
from tests.integration.core.steps import cycle
from webapp.core.clock import now, tick_of, time_of
from webapp.core.services import judgements, risks, servers, streams, telemetry, thresholds
from webapp.core.services.windows import HistoryCache
from webapp.core.views.severity import Severity

pytestmark = pytest.mark.usefixtures("installation")
SLUG = "my-servers"


def _send(name: str, tick: int, cpu: float = 40.0) -> None:
    row = {"asset": name, "at": time_of(tick).isoformat(), "cpu_pct": cpu, "memory_pct": 50.0}
    telemetry.receive(SLUG, {"rows": [row]}, "key:test")
    cycle(streams.stream(SLUG).id, tick)


def _newest() -> int:
    return tick_of(now() - timedelta(seconds=150))  # a tick that has begun for certain


def _report(name: str, last: int, ticks: int = MIN_HISTORY) -> None:
    for tick in range(last - ticks + 1, last + 1):
        _send(name, tick)


def _origin(name: str) -> datetime | None:
    return next(risk.origin_at for risk in risks.fleet_snapshot(SLUG).risks if risk.name == name)


def test_a_server_that_reports_behind_the_others_is_forecast() -> None:
    last = _newest()
    for step in range(MIN_HISTORY):
        _send("web-1", last - MIN_HISTORY + 2 + step if step < MIN_HISTORY - 1 else last)
        _send("web-2", last - MIN_HISTORY + 1 + step)
    assert _origin("web-2") == time_of(last)


def test_every_server_with_a_fresh_forecast_counts_whoever_reported_last() -> None:
    last = _newest()
    _report("web-1", last - 1)
    _report("web-2", last - 1)
    _send("web-1", last)
    view = streams.stream(SLUG)
    assert (view.forecast, view.servers) == (2, 2)


def test_the_page_of_a_server_keeps_its_fans_while_another_reports_first() -> None:
    last = _newest()
    _report("web-1", last - 1)
    _report("web-2", last - 1)
    _send("web-1", last)
    page = servers.server_snapshot(SLUG, "web-2")
    assert page.metrics[0].fan is not None and page.origin_at == time_of(last - 1)


def test_a_changed_threshold_judges_each_server_at_its_own_newest_origin() -> None:
    last = _newest()
    _report("web-1", last - 1)
    _report("web-2", last - 1)
    _send("web-1", last)
    thresholds.change(SLUG, "web", "cpu_pct", 30.0, "ann", "a quiet week")
    stream_id = streams.stream(SLUG).id
    judgements.again(stream_id, HistoryCache(stream_id))
    found = {one.name: (one.severity, one.threshold, one.origin_at) for one in risks.fleet_risks(SLUG)[1]}
    assert found == {
        "web-1": (Severity.CRITICAL, 30.0, time_of(last)),
        "web-2": (Severity.CRITICAL, 30.0, time_of(last - 1)),
    }


def test_a_server_that_went_silent_has_no_numbers_and_says_since_when() -> None:
    last = _newest()
    _report("web-1", last - 4)
    _report("web-2", last)
    risk = next(one for one in risks.fleet_snapshot(SLUG).risks if one.name == "web-1")
    assert risk.severity is Severity.NO_FORECAST and risk.probability is None
    assert risk.reason is not None and risk.reason.startswith("no observation since")


def test_without_a_profile_the_baseline_is_named_under_twelve_ticks() -> None:
    _report("box", _newest(), ticks=3)
    risk = risks.fleet_snapshot(SLUG).risks[0]
    assert (risk.method, risk.reason) == ("persistence", "3 of 12 observations")


def test_with_a_profile_the_first_tick_is_forecast_and_says_what_it_borrows() -> None:
    _report("web-1", _newest(), ticks=1)
    risk = risks.fleet_snapshot(SLUG).risks[0]
    assert (risk.method, risk.reason) == ("champion", "borrowing profile web, 5 min of history")


def test_a_metric_that_nobody_sends_has_no_forecast() -> None:
    _report("web-1", _newest())
    metrics = {one.metric: one for one in servers.server_snapshot(SLUG, "web-1").metrics}
    assert metrics["latency_ms"].fan is None and metrics["latency_ms"].now is None
