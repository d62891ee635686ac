"""A stream's thresholds from change to risk: who changed what, what is judged again, and what happens meanwhile."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ml.runtime import crossing
from ml.schema import METRIC_INDEX, METRIC_NAMES
from tests.integration.core.steps import drive, driver, held
from webapp.core import dispatch
from webapp.core.clock import monotonic, now
from webapp.core.db import reading
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.policies.scenarios import ScenarioRequest
from webapp.core.repositories import risks as risk_rows
from webapp.core.repositories import thresholds as threshold_rows
from webapp.core.services import (
    audit,
    champions,
    explanations,
    forecasts,
    health,
    judgements,
    playbacks,
    previews,
    risks,
    scenarios,
    servers,
    streams,
    thresholds,
)
from webapp.core.services.windows import HistoryCache
from webapp.core.uow import unit_of_work
from webapp.core.views.audit import Wanted
from webapp.core.views.fleet import RiskView
from webapp.core.views.scenarios import ScenarioView
from webapp.core.views.severity import Severity
from webapp.core.views.thresholds import Shown

pytestmark = pytest.mark.usefixtures("demo")
WEB_CPU = (streams.DEMO, "web", "cpu_pct")


def lower(limit: float | None = 5.0, by: str = "ann", shown: Shown | None = None) -> None:
    thresholds.change(*WEB_CPU, limit, by, "a busy week", shown)


def stream_id() -> int:
    return streams.stream(streams.DEMO).id


def judge() -> None:
    judgements.again(stream_id(), HistoryCache(stream_id()))


def fleet() -> dict[str, RiskView]:
    return {one.name: one for one in risks.fleet_risks(streams.DEMO)[1]}


def owed() -> set[str]:
    with reading() as session:
        return set(threshold_rows.owed(session, stream_id()))


def changes() -> list[tuple[str, str, str]]:
    return [(one.actor, one.action, one.reason) for one in audit.entries(Wanted(noun="threshold"))]


def waiting() -> int:
    return dispatch.queue_sizes("inference")[0]


def test_a_lower_threshold_puts_the_newest_forecast_in_breach_and_leaves_older_risks() -> None:
    drive(held(), ticks=2)
    before = fleet()
    lower()
    assert {name: one.severity for name, one in fleet().items()} == {n: one.severity for n, one in before.items()}
    judge()
    after = fleet()
    assert (after["ppweb001"].severity, after["ppweb001"].metric) == (Severity.CRITICAL, "cpu_pct")
    assert after["ppweb001"].threshold == 5.0 and after["ppweb001"].breach_since_at is not None
    assert after["ppdb001"] == before["ppdb001"]
    with reading() as session:
        asset, tick = before["ppweb001"].asset_id, streams.find(session, streams.DEMO).tick or 0
        limits = [one.threshold for one in risk_rows.of_asset(session, asset, tick - 2, tick)]
    assert limits[-1] == 5.0 and 5.0 not in limits[:-1] and len(limits) == 3


def test_the_next_cycle_uses_it_and_judging_twice_or_late_changes_nothing() -> None:
    lease = held()
    drive(lease, ticks=0)
    lower()
    drive(lease, ticks=1)
    found = fleet()
    assert found["ppweb001"].threshold == 5.0
    judge()
    judge()
    assert {n: (one.severity, one.breach_since_at) for n, one in fleet().items()} == {
        n: (one.severity, one.breach_since_at) for n, one in found.items()
    }
    assert owed() == set()


def test_judging_by_the_same_thresholds_says_the_same() -> None:
    drive(held(), ticks=1)
    before = fleet()
    with unit_of_work() as uow:
        threshold_rows.owe(uow.session, stream_id(), ["web", "database", "cache"], now())
    judge()
    for name, one in fleet().items():
        assert (one.severity, one.metric, one.history, one.now) == (
            before[name].severity, before[name].metric, before[name].history, before[name].now,
        )  # fmt: skip
        assert one.probability == pytest.approx(before[name].probability, abs=0.01)


def test_a_cycle_that_read_the_old_thresholds_does_not_win() -> None:
    lease = held()
    drive(lease, ticks=0)
    turn = playbacks.turn(lease)
    assert playbacks.write(lease, driver(lease).block(turn.next_tick, 1, (), ()), played=turn)
    origin = forecasts.open_cycle(lease.stream_id, turn.next_tick, HistoryCache(lease.stream_id))
    assert origin is not None
    lower()
    judge()
    assert owed() == set()
    forecaster = champions.forecaster(origin.version.path, origin.version.sha256)
    forecast = forecaster.predict(origin.window)
    risk = crossing(forecast.quantiles[: len(origin.assets)], origin.thresholds, forecaster.odds)
    forecasts.close_cycle(origin, forecast, risk, monotonic())
    assert fleet()["ppweb001"].threshold != 5.0 and owed() == {"web"}
    judge()
    assert fleet()["ppweb001"].threshold == 5.0 and owed() == set()


def test_a_judgement_that_was_overtaken_is_left_to_the_one_asked_for_since(monkeypatch: pytest.MonkeyPatch) -> None:
    drive(held(), ticks=0)
    lower()
    real = judgements.crossing

    def slow(*args: object) -> object:
        monkeypatch.setattr(judgements, "crossing", real)
        lower(6.0)
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(judgements, "crossing", slow)
    judge()
    assert fleet()["ppweb001"].threshold not in (5.0, 6.0) and owed() == {"web"}
    judge()
    assert fleet()["ppweb001"].threshold == 6.0


def test_a_running_scenario_hears_of_it_from_all_of_its_servers() -> None:
    lease = held()
    drive(lease, ticks=0)
    request = ScenarioRequest("cpu_saturation", ("ppweb001", "ppdb001"), ramp_ticks=48, seed=7)
    one = scenarios.start(streams.DEMO, request, "ann").id
    drive(lease, ticks=2)

    def view() -> ScenarioView:
        return next(each for each in scenarios.scenarios(streams.DEMO) if each.id == one)

    assert view().forewarned_at is None
    cpu = servers.server_snapshot(streams.DEMO, "ppweb001").metrics[METRIC_INDEX["cpu_pct"]].now or 0.0
    lower(cpu - 3.0)
    judge()
    assert view().forewarned_at is not None and view().predicted_at is not None
    drive(lease, ticks=3)
    assert view().breached_at is not None


def test_a_lost_job_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    drive(held(), ticks=0)
    dispatch.broker_client().flushall()
    lower()
    assert waiting() == 1
    dispatch.broker_client().flushall()
    monkeypatch.setattr(playbacks, "FORECAST_GRACE", -playbacks.FORECAST_GRACE)
    playbacks.reconcile()
    assert waiting() >= 1
    judge()
    dispatch.broker_client().flushall()
    playbacks.reconcile()
    assert waiting() == 0


def test_a_metric_that_is_not_watched_is_nowhere_judged() -> None:
    drive(held(), ticks=1)
    lower(None)
    judge()
    page = servers.server_snapshot(streams.DEMO, "ppweb001")
    cpu = page.metrics[METRIC_INDEX["cpu_pct"]]
    assert (cpu.threshold, cpu.probability, cpu.severity, cpu.breach_since_at) == (None, None, Severity.HEALTHY, None)
    assert cpu.fan is not None and all(one.metric != "cpu_pct" for one in fleet().values() if one.profile == "web")
    why = explanations.explanation(streams.DEMO, "ppweb001", "cpu_pct")
    assert why.unexplained is None and all(one.crossed_after_min is None for one in why.alike)


def test_a_profile_of_which_nothing_is_watched_is_healthy_and_about_no_metric() -> None:
    drive(held(), ticks=1)
    for name in METRIC_NAMES:
        thresholds.change(streams.DEMO, "web", name, None, "ann", "they go next week")
    judge()
    one = fleet()["ppweb001"]
    assert (one.severity, one.metric, one.threshold, one.probability) == (Severity.HEALTHY, None, None, None)


def test_the_server_page_shows_a_threshold_at_once() -> None:
    drive(held(), ticks=0)
    lower(61.5)
    page = servers.server_snapshot(streams.DEMO, "ppweb001")
    assert page.metrics[METRIC_INDEX["cpu_pct"]].threshold == 61.5


def test_every_change_is_on_record_once_and_what_changes_nothing_is_not() -> None:
    lower(80.0)
    lower(80.0)
    thresholds.reset(*WEB_CPU, "bob", "as it was")
    thresholds.reset(*WEB_CPU, "bob", "as it was")
    assert changes() == [("bob", "reset", "as it was"), ("ann", "set", "a busy week")]
    detail = dict(audit.entries(Wanted(noun="threshold"))[1].detail)
    assert detail == {"from": "90 %", "to": "80 %", "default": "90 %", "stream": "fleet-demo"}


def test_only_what_differs_from_the_default_has_a_row() -> None:
    lower(80.0)
    lower(90.0)
    assert thresholds.snapshot(streams.DEMO).changed == 0
    with reading() as session:
        assert threshold_rows.limits(session, stream_id()) == {}


def test_the_second_of_two_who_change_one_cell_is_told_what_the_first_did() -> None:
    lower(80.0, shown=Shown(90.0))
    with pytest.raises(Conflict, match=r"CPU of web servers was changed meanwhile by ann to 80 %"):
        lower(70.0, by="bob", shown=Shown(90.0))
    thresholds.reset(*WEB_CPU, "cat", "a slip", Shown(80.0))
    with pytest.raises(Conflict, match="by cat to 90 %"):
        lower(None, by="bob", shown=Shown(80.0))
    assert len(changes()) == 2


def test_of_two_at_the_same_moment_one_wins() -> None:
    def attempt(limit: float) -> str:
        try:
            lower(limit, by=f"person {limit:g}", shown=Shown(90.0))
        except Conflict as error:
            return error.message
        return "done"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(attempt, (80.0, 70.0, 60.0, 50.0)))
    assert answers.count("done") == 1 and len(changes()) == 1
    assert all("changed meanwhile by person" in one for one in answers if one != "done")


def test_the_doctor_names_a_stream_whose_risks_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    drive(held(), ticks=0)
    lower()
    monkeypatch.setattr(health, "MOST_OWED", -health.MOST_OWED)
    late = next(one for one in health.doctor() if one.name == "thresholds")
    assert not late.ok and "fleet-demo are still judged by earlier thresholds" in late.detail
    judge()
    assert next(one for one in health.doctor() if one.name == "thresholds").ok


def test_what_is_refused_leaves_nothing() -> None:
    for limit, reason, error in ((0.0, "x", Invalid), (80.0, " ", Invalid)):
        with pytest.raises(error):
            thresholds.change(*WEB_CPU, limit, "ann", reason)
    with pytest.raises(NotFound):
        thresholds.change("nowhere", "web", "cpu_pct", 80.0, "ann", "x")
    assert changes() == [] and owed() == set()


def test_the_list_names_profiles_of_the_stream_first_and_who_changed_what() -> None:
    drive(held(), ticks=0)
    lower(80.0)
    found = thresholds.snapshot(streams.DEMO)
    web = next(one for one in found.profiles if one.profile == "web")
    assert [one.servers > 0 for one in found.profiles] == sorted(
        (one.servers > 0 for one in found.profiles), reverse=True
    )
    assert web.servers > 1 and found.judging_since_at is not None
    cpu = web.metrics[METRIC_INDEX["cpu_pct"]]
    assert (cpu.limit, cpu.default, cpu.by, cpu.reason) == (80.0, 90.0, "ann", "a busy week")


def test_a_preview_counts_what_would_have_been_and_what_would_be_now() -> None:
    drive(held(), ticks=1)
    found = previews.preview(*WEB_CPU, 5.0)
    assert (found.before, found.limit) == (90.0, 5.0) and 0.9 < found.days <= 1.1
    assert found.would.servers == found.servers > 1 and found.would.share > 0.5 and found.was.minutes == 0
    assert {one.after for one in found.moves} == {Severity.CRITICAL}
    assert len(found.moves) <= found.servers
    lower()
    judge()
    critical = sorted(name for name, one in fleet().items() if one.threshold == 5.0 and one.severity == "critical")
    assert sorted(one.server for one in found.moves) == critical


def test_a_preview_of_what_holds_moves_nothing() -> None:
    drive(held(), ticks=1)
    found = previews.preview(*WEB_CPU, 90.0)
    assert (found.moves, found.was) == ((), found.would)
    assert np.isclose(found.was.share, 0.0)
