"""From a planned window to what the simulator plays, the forecaster knows and the pages show."""

from datetime import timedelta

import numpy as np
import pyarrow.parquet as pq
import pytest

from ml.schema import CONTEXT, HORIZON
from tests.integration.core.steps import drive, driver, held
from webapp.core.clock import now, tick_of, time_of
from webapp.core.db import reading
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.policies.maintenance_requests import MOST, MaintenanceRequest
from webapp.core.repositories import assets as asset_rows
from webapp.core.repositories import telemetry as telemetry_rows
from webapp.core.services import (
    audit,
    explanations,
    exports,
    health,
    maintenance,
    playbacks,
    risks,
    servers,
    streams,
    telemetry,
)
from webapp.core.services import maintenance_plans as plans
from webapp.core.views.audit import Wanted
from webapp.core.views.maintenance import Once, Planned
from webapp.core.views.severity import Severity
from webapp.core.views.streams import Source

pytestmark = pytest.mark.usefixtures("demo")
SERVER = "ppdb001"


def plan(start: int, end: int, *names: str, **more: object) -> Planned:
    """A window from so many ticks after the stream's newest one to so many."""
    at = streams.stream(streams.DEMO).clock.at
    when = Once(at + timedelta(minutes=5 * start), at + timedelta(minutes=5 * end))
    return plans.add(streams.DEMO, MaintenanceRequest("swap a disk", when, names or (SERVER,), **more), "ann")


def measured(name: str = SERVER, ticks: int = 12) -> np.ndarray:
    with reading() as session:
        stream, server = streams.server(session, streams.DEMO, name)
        return telemetry_rows.window(session, stream.id, [server.id], stream.tick - ticks + 1, stream.tick)[0]


def known_ahead(name: str = SERVER) -> np.ndarray:
    """What the next cycle would know of a server's maintenance over history and horizon."""
    with reading() as session:
        stream = streams.find(session, streams.DEMO)
        every = asset_rows.of_stream(session, stream.id)
        flags = maintenance.calendar(session, every, stream.tick - CONTEXT + 1, CONTEXT + HORIZON)
        return flags[[one.name for one in every].index(name)]


def risk(name: str = SERVER, slug: str = streams.DEMO):
    return next(one for one in risks.fleet_snapshot(slug).risks if one.name == name)


def undisturbed(lease, name: str, ticks: int) -> np.ndarray:
    last = playbacks.turn(lease).next_tick - 1
    block = driver(lease).block(last - ticks + 1, ticks, (), ())
    return block.values[:, block.names.index(name)]


def test_the_simulator_plays_a_window_and_nothing_before_it() -> None:
    lease = held()
    drive(lease, ticks=1)
    plan(3, 6)
    drive(lease, ticks=8)
    differs = (measured(ticks=9) != undisturbed(lease, SERVER, 9)).any(axis=1)
    assert differs.tolist() == [False] * 3 + [True] * 3 + [False] * 3
    assert np.array_equal(measured("ppweb001", 9), undisturbed(lease, "ppweb001", 9))


def test_the_forecaster_knows_a_window_before_it_begins() -> None:
    drive(held(), ticks=1)
    before = known_ahead()
    plan(6, 18)
    after = known_ahead()
    assert np.flatnonzero(before != after).tolist() == list(range(CONTEXT + 5, CONTEXT + 17))


def test_maintenance_now_is_shown_at_once_and_ends_at_once() -> None:
    drive(held(), ticks=1)
    made = plans.begin(streams.DEMO, SERVER, 60, "replacing a disk", "ann")
    shown = risk()
    assert shown.severity is Severity.MAINTENANCE
    assert shown.maintenance_until_at == streams.stream(streams.DEMO).clock.at + timedelta(hours=1)
    assert servers.server_snapshot(streams.DEMO, SERVER).risk.severity is Severity.MAINTENANCE
    plans.cancel(streams.DEMO, made.id, "ann", "done early")
    assert risk().severity is not Severity.MAINTENANCE and risk().maintenance_until_at is None


def test_a_forecast_made_in_a_window_is_judged_anew_once_that_is_cancelled() -> None:
    lease = held()
    drive(lease, ticks=1)
    made = plans.begin(streams.DEMO, SERVER, 60, "replacing a disk", "ann")
    drive(lease, ticks=2)
    assert risk().severity is Severity.MAINTENANCE
    plans.cancel(streams.DEMO, made.id, "ann")
    assert risk().severity in (Severity.HEALTHY, Severity.WATCH, Severity.WARNING, Severity.CRITICAL)


def test_a_cancelled_window_stays_in_the_past_and_on_the_chart() -> None:
    lease = held()
    drive(lease, ticks=1)
    made = plans.begin(streams.DEMO, SERVER, 60, "replacing a disk", "ann")
    drive(lease, ticks=3)
    plans.cancel(streams.DEMO, made.id, "ann")
    drive(lease, ticks=2)
    assert known_ahead()[CONTEXT - 6 : CONTEXT + 12].tolist() == [False] + [True] * 3 + [False] * 14
    (mark,) = [one for one in servers.server_snapshot(streams.DEMO, SERVER).maintenance if one.title.startswith("repl")]
    assert mark.end_at - mark.start_at == timedelta(minutes=15)


def test_every_speed_plays_the_same_rows() -> None:
    lease = held()
    drive(lease, ticks=1)
    plan(2, 5, "ppweb001", SERVER)
    turn = playbacks.turn(lease)
    last = turn.next_tick + 5
    drive(lease, ticks=6)
    slow = measured(ticks=6)
    again = []
    for tick in range(turn.next_tick, last + 1):
        with reading() as session:
            upkeep = maintenance.upkeep(session, streams.find(session, streams.DEMO), tick)
        block = driver(lease).block(tick, 1, (), (), upkeep)
        again.append(block.values[0, block.names.index(SERVER)])
    assert np.array_equal(slow, np.stack(again))


def test_a_tick_that_was_computed_before_a_change_is_not_stored() -> None:
    lease = held()
    drive(lease, ticks=1)
    turn = playbacks.turn(lease)
    block = driver(lease).block(turn.next_tick, 1, turn.injections, turn.twins, turn.upkeep)
    plan(1, 4)
    assert not playbacks.write(lease, block, played=turn)


def test_the_past_is_explained_with_what_was_planned_then(monkeypatch: pytest.MonkeyPatch) -> None:
    drive(held(), ticks=1)
    seen = []
    real = maintenance.calendar
    monkeypatch.setattr(maintenance, "calendar", lambda *given: seen.append(real(*given)) or seen[-1])
    plan(2, 10)
    explanations.explanation(streams.DEMO, SERVER, "cpu_pct")
    assert not seen[-1][0, CONTEXT + 1 : CONTEXT + 9].any() and known_ahead()[CONTEXT + 1 : CONTEXT + 9].all()


def test_an_export_says_which_rows_were_measured_in_maintenance(tmp_path) -> None:
    lease = held()
    drive(lease, ticks=1)
    plan(1, 3)
    drive(lease, ticks=4)
    exports.export(streams.DEMO, tmp_path / "fleet.parquet", time_of(playbacks.turn(lease).next_tick - 4))
    rows = pq.read_table(tmp_path / "fleet.parquet").to_pylist()
    assert [one["maintenance"] for one in rows if one["asset"] == SERVER] == [True, True, False, False]


def test_a_change_replaces_and_the_same_again_changes_nothing() -> None:
    drive(held(), ticks=1)
    made = plan(3, 6)
    same = MaintenanceRequest(made.title, made.when, made.servers)
    assert plans.change(streams.DEMO, made.id, same, "ann").id == made.id
    longer = MaintenanceRequest(
        "swap two disks", Once(made.when.start_at, made.when.end_at + timedelta(hours=1)), made.servers
    )
    changed = plans.change(streams.DEMO, made.id, longer, "ann", "another disk")
    view = maintenance.overview(streams.DEMO)
    assert [one.title for one in view.planned] == ["swap two disks"]
    back = plans.put_back(streams.DEMO, made.id, "ann", changed.id)
    assert [one.id for one in maintenance.overview(streams.DEMO).planned] == [back.id]
    actions = [(one.action, one.reason) for one in audit.entries(Wanted(noun="maintenance"))]
    assert actions == [("restore", "undone"), ("change", "another disk"), ("add", "")]


def test_a_cancelled_window_can_be_put_back_and_only_once_cancelled() -> None:
    drive(held(), ticks=1)
    made = plan(3, 6)
    with pytest.raises(NotFound):
        plans.put_back(streams.DEMO, made.id, "ann")
    plans.cancel(streams.DEMO, made.id, "ann")
    with pytest.raises(Conflict, match="over or cancelled already"):
        plans.cancel(streams.DEMO, made.id, "ann")
    assert plans.put_back(streams.DEMO, made.id, "ann").when == made.when


def test_an_unknown_server_or_profile_is_named() -> None:
    drive(held(), ticks=1)
    with pytest.raises(Invalid, match="ppnope is not a server of fleet-demo"):
        plan(1, 4, "ppnope")
    at = streams.stream(streams.DEMO).clock.at
    when = Once(at, at + timedelta(hours=1))
    with pytest.raises(Invalid, match="no servers with the profile mainframe"):
        plans.add(streams.DEMO, MaintenanceRequest("x", when, profile="mainframe"), "ann")


def test_a_stream_has_a_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans.requests, "MOST", 2)
    assert MOST == 200
    drive(held(), ticks=1)
    for _ in range(2):
        plan(1, 4)
    with pytest.raises(Conflict, match="has 2 maintenance windows planned"):
        plan(1, 4)


def test_a_live_server_is_in_maintenance_from_the_moment_it_is_said() -> None:
    row = {"asset": "db-1", "at": now().isoformat(), "cpu_pct": 12.0}
    telemetry.receive("mine", {"rows": [row]}, "test")
    made = plans.begin("mine", "db-1", 30, "new memory", "ann")
    assert risk("db-1", "mine").severity is Severity.MAINTENANCE
    assert timedelta(minutes=30) <= made.when.end_at - now() <= timedelta(minutes=35)
    assert Source(streams.stream("mine").source).live and made.from_tick <= tick_of(now())


def test_a_stream_has_a_zone_of_its_own_and_what_was_planned_keeps_its() -> None:
    drive(held(), ticks=1)
    made = plan(1, 4)
    assert streams.set_zone(streams.DEMO, "Europe/Berlin", "ann").zone == "Europe/Berlin"
    streams.set_zone(streams.DEMO, "Europe/Berlin", "ann")
    assert plan(1, 4).zone == "Europe/Berlin" and made.zone == "UTC"
    with pytest.raises(Invalid, match="Mars is no time zone"):
        streams.set_zone(streams.DEMO, "Mars", "ann")
    assert len(audit.entries(Wanted(action="set zone"))) == 1


def test_doctor_counts_what_is_planned() -> None:
    drive(held(), ticks=1)
    plans.begin(streams.DEMO, SERVER, 30, "x", "ann")
    check = next(one for one in health.doctor() if one.name == "maintenance")
    assert check.ok and check.detail.startswith("1 window planned, 1 in force now")


def test_maintenance_shows_in_the_forecast_itself() -> None:
    """A server that works less while it is maintained is forecast to: the window is the only difference."""
    lease = held()
    drive(lease, ticks=1)
    fan = risks.fans_of(streams.DEMO, [("ppweb001", "cpu_pct")])["ppweb001", "cpu_pct"]
    plan(13, 37, "ppweb001")
    drive(lease, ticks=1)
    later = risks.fans_of(streams.DEMO, [("ppweb001", "cpu_pct")])["ppweb001", "cpu_pct"]
    shift = later[:-1, 3] - fan[1:, 3]
    assert abs(shift[12:34].mean()) > 3 * abs(shift[50:].mean())
