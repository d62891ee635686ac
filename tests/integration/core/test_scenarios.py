"""A degradation from click to restored, and the lever that stops them all."""

import numpy as np
import pytest

from ml.schema import METRIC_INDEX
from tests.integration.core.steps import drive, driver, held
from webapp.core.errors import Conflict, Invalid
from webapp.core.policies.scenarios import ScenarioRequest
from webapp.core.services import audit, experiments, playbacks, scenarios, servers, streams
from webapp.core.services.playbacks import Held
from webapp.core.views.audit import Wanted
from webapp.core.views.scenarios import EndedBy, ScenarioStatus

pytestmark = pytest.mark.usefixtures("demo")
LEAK = ScenarioRequest("memory_leak", ("ppml001",), ramp_ticks=12, hold_ticks=24, recover_ticks=4, seed=7)


def _start(request: ScenarioRequest = LEAK) -> int:
    return scenarios.start(streams.DEMO, request, "ann").id


def _memory(name: str) -> float:
    snapshot = servers.server_snapshot(streams.DEMO, name)
    return snapshot.metrics[METRIC_INDEX["memory_pct"]].now or 0.0


def _undisturbed(lease: Held, name: str) -> float:
    """What the server would have measured at the newest tick without any injection."""
    block = driver(lease).block(playbacks.turn(lease).next_tick - 1, 1, (), ())
    return float(block.values[0, block.names.index(name), METRIC_INDEX["memory_pct"]])


def test_a_leak_parts_the_server_from_its_twin_and_the_forecast_follows() -> None:
    lease = held()
    drive(lease, ticks=1)
    one = _start()
    drive(lease, ticks=6)
    view = experiments.experiment(streams.DEMO, one)
    assert view.without is not None and view.without.fan is not None and view.with_injection.fan is not None
    assert view.with_injection.history[-1] > view.without.history[-1] + 3
    assert np.median(view.with_injection.fan) > np.median(view.without.fan) + 5


def test_a_breach_is_forewarned_and_its_true_time_recorded() -> None:
    lease = held()
    drive(lease, ticks=1)
    one = _start()
    drive(lease, ticks=16)
    view = next(item for item in scenarios.scenarios(streams.DEMO) if item.id == one)
    assert view.breached_at is not None and view.forewarned_at is not None
    assert view.start_at < view.forewarned_at < view.breached_at


def test_restored_servers_are_healthy_at_the_next_tick() -> None:
    lease = held()
    drive(lease, ticks=1)
    calm = _memory("ppml001")
    one = _start()
    drive(lease, ticks=10)
    assert _memory("ppml001") > calm + 5
    assert scenarios.stop(one, "ann", "seen enough").status is ScenarioStatus.CANCELLED
    drive(lease, ticks=1)
    assert _memory("ppml001") == pytest.approx(_undisturbed(lease, "ppml001"))


def test_a_scenario_that_never_touched_a_tick_says_so_and_leaves_no_trace() -> None:
    lease = held()
    drive(lease, ticks=1)
    ended = scenarios.stop(_start(), "ann", "a slip")
    assert (ended.status, ended.ended_by, ended.began) == (ScenarioStatus.CANCELLED, EndedBy.PERSON, False)
    drive(lease, ticks=2)
    assert _memory("ppml001") == pytest.approx(_undisturbed(lease, "ppml001"))


def test_a_scenario_is_stopped_once() -> None:
    drive(held(), ticks=1)
    one = _start()
    scenarios.stop(one, "ann", "enough")
    with pytest.raises(Conflict, match="already"):
        scenarios.stop(one, "ann", "again")


def test_a_guard_stops_its_scenario() -> None:
    lease = held()
    drive(lease, ticks=1)
    guarded = ScenarioRequest("memory_leak", ("ppml001",), ramp_ticks=8, guard_metric="memory_pct", guard_threshold=70)
    one = _start(guarded)
    drive(lease, ticks=8)
    view = next(item for item in scenarios.scenarios(streams.DEMO) if item.id == one)
    assert (view.status, view.ended_by) == (ScenarioStatus.STOPPED, EndedBy.GUARD)


def test_every_change_has_a_name_and_a_reason_in_the_audit() -> None:
    drive(held(), ticks=1)
    scenarios.stop(_start(), "ann", "enough")
    entries = [(entry.actor, entry.action, entry.reason) for entry in audit.entries(Wanted(noun="scenario"))]
    hypothesis = "Memory is forewarned before it crosses its threshold."
    assert entries == [("ann", "cancel", "enough"), ("ann", "start", hypothesis)]


def test_an_unknown_server_is_named() -> None:
    drive(held(), ticks=1)
    with pytest.raises(Invalid, match="ppnope is not a server of fleet-demo"):
        _start(ScenarioRequest("disk_fill", ("ppnope",)))


def test_a_profile_stands_for_all_of_its_servers() -> None:
    drive(held(), ticks=1)
    view = scenarios.start(streams.DEMO, ScenarioRequest("cpu_saturation", profile="database"), "ann")
    assert view.assets == ("ppdb001", "ppdb002", "ppdb003")
