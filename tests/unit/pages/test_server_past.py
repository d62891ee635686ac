"""A server's incidents beside its chart and on it, and the chart of a time that lies before."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import numpy as np
import pytest

from tests.unit.pages.samples import ORIGIN, explanation, incident, quality, risk, stream
from tests.unit.pages.test_fan import DAY, shapes
from webapp.charts.axes import milliseconds
from webapp.charts.fan import fan_figure, past_figure
from webapp.core.views.incidents import IncidentState, IncidentView
from webapp.core.views.server import MetricView, PastView, ServerSnapshot
from webapp.state.server_build import build
from webapp.state.server_past import stretch
from webapp.state.server_view import ServerKey

KEY = ServerKey("fleet-demo", "UTC", "ppdb002")
LONG_AGO = "2026-11-14T03:10"


def snapshot(metric: MetricView, *incidents: IncidentView) -> ServerSnapshot:
    return ServerSnapshot(
        stream=stream(), risk=risk(), start_at=ORIGIN, origin_at=ORIGIN, metrics=(metric,), dependants=(),
        depends_on=(), injections=(), position=1, total=1, previous=None, next=None, incidents=incidents,
    )  # fmt: skip


def past() -> PastView:
    start = ORIGIN - timedelta(days=5)
    there = replace(incident(), metric="disk_used_pct", start_at=start, end_at=start + timedelta(hours=1))
    return PastView(start, np.full(73, 88.0, np.float32), (), (there,))


def test_the_card_names_three_and_leads_to_all(disk: MetricView) -> None:
    ended = replace(incident(90), state=IncidentState.ENDED, end_at=ORIGIN)
    page = build(KEY, snapshot(disk, incident(), *[ended] * 4), (), {}, explanation(), quality())
    assert [one.state.replace("\u00a0", " ") for one in page.incidents] == ["open, 25 min", "1 h 30 min", "1 h 30 min"]
    assert page.every_incident == "/incidents?stream=fleet-demo&server=ppdb002"


def test_incidents_of_the_metric_are_bars_on_its_chart(disk: MetricView) -> None:
    mine, other = replace(incident(60), metric="disk_used_pct"), incident(60)
    (bar,) = shapes(fan_figure(disk, DAY, incidents=(mine, other)), "incident")
    assert (bar["x0"], bar["x1"]) == (milliseconds(mine.start_at), milliseconds(ORIGIN))


@pytest.mark.parametrize(("at", "shown"), [("", False), ("2026-11-19T10:00", False), (LONG_AGO, True)])
def test_only_a_time_that_the_chart_does_not_reach_has_a_chart_of_its_own(
    disk: MetricView, at: str, shown: bool
) -> None:
    assert (stretch(replace(KEY, at=at), snapshot(disk)) is not None) is shown


def test_a_stretch_of_the_past_says_which_and_leads_back(disk: MetricView) -> None:
    page = build(replace(KEY, at=LONG_AGO), snapshot(disk), (), {}, explanation(), quality(), past())
    assert page.chart.past == "Fri 21:10 to Sat 21:10" and page.chart.qualifier.endswith(page.chart.past)
    assert "at=" not in page.chart.back and "at=2026-11-14" in page.smalls[0].href
    assert page.ribbon.cells == []


def test_a_stretch_of_the_past_has_no_forecast_and_the_small_charts_keep_their_now(disk: MetricView) -> None:
    made: Any = past_figure(disk, past(), ORIGIN, UTC)
    assert [name for name in ("future", "now") if shapes(made, name)] == []
    assert made["layout"]["meta"]["now"] == milliseconds(ORIGIN)
    assert made["layout"]["xaxis"]["range"][1] - made["layout"]["xaxis"]["range"][0] == 6 * 3_600_000
    assert len(shapes(made, "incident")) == 1


def test_nonsense_as_a_time_is_now(changed: Callable[..., MetricView]) -> None:
    for text in ("yesterday", "2026-13-01T00:00", "9999-12-31T23:59", "2026-11-14"):
        assert ServerKey.of("s", "UTC", "a", {"at": text}).at == ""
