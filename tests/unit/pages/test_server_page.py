"""Facts about the server page: what its address selects and what it shows of one snapshot."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace

import pytest

from tests.unit.pages.samples import ORIGIN, explanation, risk, scenario, stream
from webapp.core.views.server import Dependant, MetricView, ServerSnapshot
from webapp.core.views.severity import Severity
from webapp.state.server import requested
from webapp.state.server_build import build
from webapp.state.server_view import ServerKey

KEY = ServerKey("fleet-demo", "UTC", "ppdb002")
EXPLAINED = explanation()


def snapshot(*metrics: MetricView) -> ServerSnapshot:
    return ServerSnapshot(
        stream=stream(), risk=risk(), start_at=ORIGIN, origin_at=ORIGIN, metrics=metrics,
        dependants=(Dependant("ppweb003", Severity.WARNING, "latency_ms"),), depends_on=("ppstore001",), injections=(),
        position=2, total=20, previous="ppdb001", next=None,
    )  # fmt: skip


def test_an_address_holds_metric_stretch_and_table() -> None:
    key = ServerKey.of("s", "UTC", "a", {"metric": "cpu_pct", "hours": "72", "view": "table"})
    assert (key.metric, key.hours, key.table) == ("cpu_pct", 72, True)
    assert key.href() == "/servers/a?stream=s&metric=cpu_pct&hours=72&view=table"


def test_nonsense_in_an_address_falls_back() -> None:
    assert ServerKey.of("s", "UTC", "a", {"metric": "x'; drop", "hours": "7"}) == ServerKey("s", "UTC", "a")


def test_the_metric_at_risk_is_shown_unless_another_is_chosen(
    disk: MetricView, changed: Callable[..., MetricView]
) -> None:
    cpu = changed(metric="cpu_pct", label="CPU")
    assert build(KEY, snapshot(cpu, disk), (), {}, EXPLAINED).chart.metric == "disk_used_pct"
    chosen = build(replace(KEY, metric="cpu_pct"), snapshot(cpu, disk), (), {}, EXPLAINED)
    assert [one.selected for one in chosen.smalls] == [True, False]


def test_a_page_is_plain_data(disk: MetricView) -> None:
    assert json.dumps(asdict(build(KEY, snapshot(disk), (scenario(),), {}, EXPLAINED)))


def test_the_table_is_the_same_forecast_in_numbers(disk: MetricView) -> None:
    page = build(replace(KEY, table=True), snapshot(disk), (), {}, EXPLAINED)
    assert page.figure == {}
    assert [one.kind for one in page.table] == ["measured"] * 5 + ["now"] + ["forecast"] * 16
    assert page.table[-1].value.replace("\u00a0", " ") == "134.0 %"


def test_before_any_point_matured_the_ribbon_says_so(disk: MetricView) -> None:
    ribbon = build(KEY, snapshot(disk), (), {}, EXPLAINED).ribbon
    assert ribbon.text.startswith("No matured forecast yet")
    assert {cell.verdict for cell in ribbon.cells} == {"none"}


def test_a_running_scenario_can_be_restored_from_here(disk: MetricView) -> None:
    mine = replace(scenario(), assets=("ppdb002",))
    assert build(KEY, snapshot(disk), (mine,), {}, EXPLAINED).running == 7
    assert build(KEY, snapshot(disk), (scenario(),), {}, EXPLAINED).running == 0


def test_a_stopped_stream_says_who_stopped_it(disk: MetricView) -> None:
    stopped = replace(stream(), injection_allowed=False, injection_stopped_by="anna", injection_reason="drill over")
    page = build(KEY, replace(snapshot(disk), stream=stopped), (), {}, EXPLAINED)
    assert page.lever == "Injection was stopped by anna: drill over."


def test_the_ends_of_the_list_have_one_neighbour(disk: MetricView) -> None:
    head = build(KEY, snapshot(disk), (), {}, EXPLAINED).head
    assert (head.previous, head.next, head.position) == ("/servers/ppdb001?stream=fleet-demo", "", "2 of 20")


@pytest.mark.parametrize(
    ("kind", "duration", "ramp", "hold"),
    [
        ("critical", "180", 12, 24),
        ("critical", "60", 6, 6),
        ("disk_fill", "180", 18, 18),
        ("sudden_crash", "60", 0, 12),
    ],
)
def test_a_short_degradation_keeps_a_ramp_that_can_be_forewarned(
    kind: str, duration: str, ramp: int, hold: int
) -> None:
    asked = requested("ppdb002", {"kind": kind, "duration": duration})
    assert (asked.ramp_ticks, asked.hold_ticks) == (ramp, hold)


def test_a_page_says_what_the_model_looked_at(disk: MetricView) -> None:
    page = build(KEY, snapshot(disk), (), {}, EXPLAINED)
    assert page.why.rows[0].name == "Its trend"
    assert build(KEY, snapshot(disk), (), {}, replace(EXPLAINED, metric="cpu_pct")).why.rows == []
