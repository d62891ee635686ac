"""Facts about the server page: what its address selects and what it shows of one snapshot."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta

import pytest

from ml.contracts import Method
from tests.unit.pages.samples import ORIGIN, explanation, quality, rising_fan, risk, scenario, stream
from webapp.core.views.inventory import Retirement
from webapp.core.views.quality import Skill
from webapp.core.views.server import Dependant, MetricView, ServerSnapshot
from webapp.core.views.severity import Severity
from webapp.state.server import requested
from webapp.state.server_build import build
from webapp.state.server_view import ServerKey
from webapp.state.skill_words import Standing

KEY = ServerKey("fleet-demo", "UTC", "ppdb002")
EXPLAINED = explanation()
QUALITY = quality()


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
    assert build(KEY, snapshot(cpu, disk), (), {}, EXPLAINED, QUALITY).chart.metric == "disk_used_pct"
    chosen = build(replace(KEY, metric="cpu_pct"), snapshot(cpu, disk), (), {}, EXPLAINED, QUALITY)
    assert [one.selected for one in chosen.smalls] == [True, False]


def test_a_page_is_plain_data(disk: MetricView) -> None:
    assert json.dumps(asdict(build(KEY, snapshot(disk), (scenario(),), {}, EXPLAINED, QUALITY)))


def test_the_table_is_the_same_forecast_in_numbers(disk: MetricView) -> None:
    page = build(replace(KEY, table=True), snapshot(disk), (), {}, EXPLAINED, QUALITY)
    assert page.figure == {}
    assert [one.kind for one in page.table] == ["measured"] * 5 + ["now"] + ["forecast"] * 16
    assert page.table[-1].value.replace("\u00a0", " ") == "134.0 %"


def test_before_any_point_matured_the_ribbon_says_so(disk: MetricView) -> None:
    ribbon = build(KEY, snapshot(disk), (), {}, EXPLAINED, QUALITY).ribbon
    assert ribbon.text.startswith("No matured forecast yet")
    assert {cell.verdict for cell in ribbon.cells} == {"none"}


def test_a_running_scenario_can_be_restored_from_here(disk: MetricView) -> None:
    mine = replace(scenario(), assets=("ppdb002",))
    assert build(KEY, snapshot(disk), (mine,), {}, EXPLAINED, QUALITY).running == 7
    assert build(KEY, snapshot(disk), (scenario(),), {}, EXPLAINED, QUALITY).running == 0


def test_a_stopped_stream_says_who_stopped_it(disk: MetricView) -> None:
    stopped = replace(stream(), injection_allowed=False, injection_stopped_by="anna", injection_reason="drill over")
    page = build(KEY, replace(snapshot(disk), stream=stopped), (), {}, EXPLAINED, QUALITY)
    assert page.lever == "Injection was stopped by anna: drill over."


def test_the_ends_of_the_list_have_one_neighbour(disk: MetricView) -> None:
    head = build(KEY, snapshot(disk), (), {}, EXPLAINED, QUALITY).head
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
    page = build(KEY, snapshot(disk), (), {}, EXPLAINED, QUALITY)
    assert page.why.rows[0].name == "Its trend"
    assert build(KEY, snapshot(disk), (), {}, replace(EXPLAINED, metric="cpu_pct"), QUALITY).why.rows == []


def test_the_forecast_card_says_the_skill_and_leads_to_what_was_measured(disk: MetricView) -> None:
    page = build(KEY, snapshot(disk), (), {}, EXPLAINED, QUALITY)
    assert page.facts[-1] == ("Skill", "0.47 on all servers")
    assert (page.skill.worse, page.calibration) == ("", "/calibration?stream=fleet-demo")
    own = replace(snapshot(disk), skill=Skill(0.3, 9_000))
    assert build(KEY, own, (), {}, EXPLAINED, QUALITY).skill.text.startswith(
        "skill 0.30 on this server, 0.47 on database"
    )


def test_a_server_whose_model_is_worse_than_naive_is_labelled(disk: MetricView) -> None:
    page = build(KEY, snapshot(disk), (), {}, EXPLAINED, quality(-0.2))
    assert page.skill.worse == "worse than yesterday's curve"


def test_the_tests_skill_is_named_as_such_and_none_is_given_to_a_baseline(disk: MetricView) -> None:
    tested = build(KEY, snapshot(disk), (), {}, EXPLAINED, quality(None, matured=240))
    assert tested.skill.text == "skill 0.56 in tests"
    baseline = replace(snapshot(disk), risk=replace(risk(), method=Method.PERSISTENCE))
    page = build(KEY, baseline, (), {}, EXPLAINED, quality(-0.2))
    assert page.skill == Standing()
    assert "Skill" not in [name for name, _ in page.facts]


def test_the_ribbon_carries_the_metrics_own_skill(changed: Callable[..., MetricView]) -> None:
    measured = changed(coverage=((41, 47),) * 5, skills=(Skill(0.31, 47),) * 5, skill=Skill(0.31, 235))
    ribbon = build(KEY, snapshot(measured), (), {}, EXPLAINED, QUALITY).ribbon
    assert ribbon.cells[0].title.endswith("skill 0.31, over 47 truths")
    assert "yesterday's curve 0.31, over 235 truths" in ribbon.title


def test_what_is_in_breach_has_no_odds_but_a_beginning_and_an_end(changed: Callable[..., MetricView]) -> None:
    falling = rising_fan(95.0, -1.0)
    breached = changed(breach_since_at=ORIGIN - timedelta(minutes=55), fan=falling)
    page = build(KEY, snapshot(breached), (), {}, EXPLAINED, QUALITY)
    assert page.breach.since == "In breach since 13:40"
    assert page.breach.then.replace("\u00a0", " ") == "For 55 min; median back below it at 15:00."
    assert page.odds_note.replace("\u00a0", " ") == "over 90 %"


def test_a_breach_without_an_end_in_sight_says_so(changed: Callable[..., MetricView]) -> None:
    long = changed(breach_since_at=ORIGIN - timedelta(minutes=55), fan=rising_fan(92.0, 0.1))
    unknown = changed(breach_since_at=ORIGIN - timedelta(minutes=55), fan=None)
    said = [build(KEY, snapshot(one), (), {}, EXPLAINED, QUALITY).breach.then for one in (long, unknown)]
    assert said[0].replace("\u00a0", " ").endswith("; median over it for 8 h more.")
    assert said[1].endswith("; no forecast of its end.")


def test_without_a_breach_the_card_keeps_its_odds(disk: MetricView) -> None:
    page = build(KEY, snapshot(disk), (), {}, EXPLAINED, QUALITY)
    assert page.breach.since == "" and len(page.odds) == 4


def test_a_retired_server_says_so_and_its_chart_ends_when_it_was_last_seen(disk: MetricView) -> None:
    gone = replace(snapshot(replace(disk, fan=None)), retired=Retirement(ORIGIN, "ann", "moved to db-9"), position=0)
    late = replace(gone, stream=replace(stream(), stale_since=ORIGIN))
    page = build(KEY, late, (), {}, EXPLAINED, QUALITY)
    assert (page.head.sentence, page.head.behind) == (
        "Retired 14:35 by ann.",
        "Its history ends here. Why: moved to db-9.",
    )
    assert (page.head.position, page.chart.stale) == ("retired", "")
    notes = [note["text"] for note in page.figure["layout"]["annotations"]]
    assert any(text.startswith("last seen") for text in notes) and "Retired: not forecast" in notes


def test_what_a_young_server_borrows_is_among_its_facts(disk: MetricView) -> None:
    young = replace(risk(), method=Method.CHAMPION, reason="borrowing profile database, 40 min of history")
    facts = dict(build(KEY, replace(snapshot(disk), risk=young), (), {}, EXPLAINED, QUALITY).facts)
    assert facts["Leans on"] == "borrowing profile database, 40\u00a0min of history"
