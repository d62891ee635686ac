"""The safety lever: one pull ends every scenario within a tick, whoever else acts at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier

import pytest

from tests.integration.api.conftest import Client
from tests.integration.core.steps import drive, driver, held
from webapp.core import db
from webapp.core.errors import Conflict, ForewarnError, Invalid, NotAllowed
from webapp.core.policies.scenarios import ScenarioRequest
from webapp.core.services import audit, playbacks, scenarios, streams
from webapp.core.views.audit import Wanted
from webapp.core.views.scenarios import EndedBy, ScenarioStatus, ScenarioView

pytestmark = pytest.mark.usefixtures("demo")
LEAK = ScenarioRequest("memory_leak", ("ppml001",), ramp_ticks=12, hold_ticks=24, recover_ticks=4, seed=7)
DEMO = streams.DEMO


def _start() -> int:
    return scenarios.start(DEMO, LEAK, "ann").id


def _one(scenario_id: int) -> ScenarioView:
    return next(one for one in scenarios.scenarios(DEMO) if one.id == scenario_id)


def _entries(noun: str) -> list[tuple[str, str, str]]:
    return [(one.actor, one.action, one.reason) for one in audit.entries(Wanted(noun=noun))]


def test_pulling_it_stops_every_scenario_and_lets_none_start() -> None:
    lease = held()
    drive(lease, ticks=1)
    running = _start()
    drive(lease, ticks=1)
    queued = _start()
    assert scenarios.stop_injection(DEMO, "ann", "audience leaves") == 2
    with pytest.raises(Conflict, match="ann stopped injection: audience leaves"):
        _start()
    ended = [(one.status, one.ended_by, one.began) for one in map(_one, (running, queued))]
    assert ended == [(ScenarioStatus.STOPPED, EndedBy.LEVER, began) for began in (True, False)]
    assert playbacks.turn(lease).twins == ()
    scenarios.allow_injection(DEMO, "ann", "next show")
    assert _start() > 0


def test_what_a_person_ends_one_by_one_is_cancelled_not_stopped() -> None:
    lease = held()
    drive(lease, ticks=1)
    one, other = _start(), _start()
    drive(lease, ticks=1)
    scenarios.stop(one, "ann", "seen enough")
    scenarios.stop_injection(DEMO, "ben")
    assert (_one(one).status, _one(other).status) == (ScenarioStatus.CANCELLED, ScenarioStatus.STOPPED)
    assert [(actor, action) for actor, action, _ in _entries("scenario")[:2]] == [("ben", "stop"), ("ann", "cancel")]


def test_the_reason_may_follow_and_reaches_stream_scenarios_and_audit() -> None:
    drive(held(), ticks=1)
    one = _start()
    scenarios.stop_injection(DEMO, "ann")
    with pytest.raises(Conflict, match="no reason given yet"):
        _start()
    scenarios.explain_stop(DEMO, "ann", "  smoke in\nthe hall ")
    scenarios.explain_stop(DEMO, "ann", "smoke in the hall")
    assert streams.stream(DEMO).injection_reason == _one(one).stop_reason == "smoke in the hall"
    assert [entry for entry in _entries("stream") if entry[1] == "explain stop"] == [
        ("ann", "explain stop", "smoke in the hall")
    ]


def test_only_who_pulled_it_says_why_and_only_while_it_is_pulled() -> None:
    with pytest.raises(Conflict, match="no stop left to explain"):
        scenarios.explain_stop(DEMO, "ann", "because")
    scenarios.stop_injection(DEMO, "ann")
    before = _entries("stream")
    with pytest.raises(NotAllowed, match="ann stopped injection"):
        scenarios.explain_stop(DEMO, "ben", "because")
    for wrong in ("", "x" * 301):
        with pytest.raises(Invalid) as raised:
            scenarios.explain_stop(DEMO, "ann", wrong)
        assert [one.field for one in raised.value.errors] == ["reason"]
    assert _entries("stream") == before


def test_the_second_of_two_pulls_changes_nothing() -> None:
    barrier = Barrier(2)

    def pull(name: str) -> str:
        barrier.wait()
        try:
            scenarios.stop_injection(DEMO, name)
        except Conflict as error:
            return error.message
        return name

    drive(held(), ticks=1)
    _start()
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(pull, ("ann", "ben")))
    (first,) = [name for name in said if name in {"ann", "ben"}]
    assert f"{first} stopped injection on {DEMO} at" in "".join(said)
    assert streams.stream(DEMO).injection_stopped_by == first
    assert [entry[:2] for entry in _entries("stream")][:-1] == [(first, "stop injection")]


def test_releasing_what_is_not_pulled_leaves_no_entry() -> None:
    before = _entries("stream")
    with pytest.raises(Conflict, match="allowed on fleet-demo already"):
        scenarios.allow_injection(DEMO, "ann", "to be sure")
    assert _entries("stream") == before


def test_a_start_that_races_the_lever_is_refused_or_stopped() -> None:
    drive(held(), ticks=1)
    barrier = Barrier(5)

    def act(number: int) -> None:
        barrier.wait()
        with suppress(ForewarnError):
            scenarios.stop_injection(DEMO, "ann") if number == 2 else scenarios.start(DEMO, LEAK, "ben")

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(act, range(5)))
    assert {one.status for one in scenarios.scenarios(DEMO)} <= {ScenarioStatus.STOPPED}
    assert not streams.stream(DEMO).injection_allowed


def test_a_driver_in_the_middle_of_a_tick_throws_its_degraded_tick_away() -> None:
    lease = held()
    drive(lease, ticks=1)
    _start()
    drive(lease, ticks=3)
    source, turn = driver(lease), playbacks.turn(lease)
    degraded = source.block(turn.next_tick, 1, turn.injections, turn.twins)
    scenarios.stop_injection(DEMO, "ann")
    assert not playbacks.write(lease, degraded, played=turn)
    after = playbacks.turn(lease)
    clean = source.block(after.next_tick, 1, after.injections, after.twins)
    undisturbed = source.block(after.next_tick, 1, (), ())
    assert (clean.values == undisturbed.values).all()
    assert playbacks.write(lease, clean, played=after)


def test_it_stays_pulled_over_a_restart() -> None:
    drive(held(), ticks=1)
    scenarios.stop_injection(DEMO, "ann", "over night")
    db.engine().dispose()
    db.engine.cache_clear()
    streams.ensure_demo()  # what every start does
    with pytest.raises(Conflict, match="ann stopped injection: over night"):
        _start()


def test_the_api_tells_stopped_and_cancelled_apart() -> None:
    drive(held(), ticks=1)
    scenarios.stop(_start(), "ann", "a slip")
    _start()
    scenarios.stop_injection(DEMO, "ben", "smoke")
    with Client() as client:
        client.sign_in()
        told = client.get(f"/api/v1/scenarios?stream={DEMO}").json()
        stream = client.get("/api/v1/streams").json()[0]
    ended = [(one["status"], one["ended_by"], one["began"], one["stopped_by"]) for one in told]
    assert ended == [("stopped", "lever", False, "ben"), ("cancelled", "person", False, "ann")]
    assert (stream["injection_allowed"], stream["injection_stopped_by"]) == (False, "ben")
