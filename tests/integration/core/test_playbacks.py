"""A driven stream: history, ticks, leases, and what a crash leaves behind."""

from dataclasses import replace

import numpy as np
import pytest

from ml.schema import METRICS
from tests.integration.core.steps import cycle, drive, driver, held, runs
from webapp.core import dispatch
from webapp.core.clock import time_of
from webapp.core.db import reading
from webapp.core.errors import Conflict
from webapp.core.policies.scenarios import ScenarioRequest
from webapp.core.repositories import assets, telemetry
from webapp.core.services import playbacks, risks, scenarios, streams

pytestmark = pytest.mark.usefixtures("demo")


def test_the_first_start_fills_the_history_and_forecasts_every_server() -> None:
    drive(held(), ticks=0)
    snapshot = risks.fleet_snapshot(streams.DEMO)
    assert len(snapshot.risks) == 20 and snapshot.stream.forecast == 20
    assert {risk.method for risk in snapshot.risks} == {"champion"}


def test_the_history_reaches_back_as_far_as_asked() -> None:
    drive(held(), ticks=0)
    with reading() as session:
        stream = streams.find(session, streams.DEMO)
        ids = [one.id for one in assets.of_stream(session, stream.id or 0) if one.id]
        values = telemetry.window(session, stream.id or 0, ids, stream.history_tick, stream.anchor_tick)
    assert values.shape == (20, 289, len(METRICS)) and np.isfinite(values).all()


def test_each_tick_is_forecast_once() -> None:
    drive(held(), ticks=3)
    ticks = [run.tick for run in runs()]
    assert ticks == list(range(ticks[0], ticks[0] + 4))


def test_a_second_run_of_a_cycle_changes_nothing() -> None:
    lease = held()
    drive(lease, ticks=1)
    before = runs()
    cycle(lease.stream_id, before[-1].tick)
    assert [(run.tick, run.made_at, run.forecast) for run in runs()] == [
        (r.tick, r.made_at, r.forecast) for r in before
    ]


def test_while_a_lease_holds_nobody_else_drives() -> None:
    lease = held()
    assert playbacks.claim(lease.playback_id, "another") is None


def test_a_driver_whose_fence_is_old_writes_nothing() -> None:
    lease = held()
    drive(lease, ticks=0)
    turn = playbacks.turn(lease)
    block = driver(lease).block(turn.next_tick, 1, (), ())
    with pytest.raises(Conflict, match="took over"):
        playbacks.write(replace(lease, fence=lease.fence - 1), block, played=turn)
    assert playbacks.turn(lease).next_tick == block.first


def test_a_tick_computed_before_a_scenario_was_started_is_computed_again() -> None:
    lease = held()
    drive(lease, ticks=1)
    turn = playbacks.turn(lease)
    block = driver(lease).block(turn.next_tick, 1, turn.injections, turn.twins)
    scenarios.start(streams.DEMO, ScenarioRequest("sudden_crash", ("ppml001",)), "ann")
    assert not playbacks.write(lease, block, played=turn)
    assert playbacks.turn(lease).next_tick == turn.next_tick and playbacks.turn(lease).twins == ("ppml001",)


def test_a_lease_that_was_given_back_can_be_claimed_at_once() -> None:
    lease = held()
    playbacks.release(lease)
    taken = playbacks.claim(lease.playback_id, "another")
    assert taken is not None and taken.fence == lease.fence + 1


def test_an_orphaned_playback_is_sent_again() -> None:
    lease = held()
    playbacks.release(lease)
    dispatch.broker_client().flushall()
    assert playbacks.reconcile() == 1


def test_a_message_that_still_waits_is_not_sent_twice() -> None:
    playbacks.release(held())
    assert playbacks.reconcile() == 0


def test_the_same_seed_gives_the_same_telemetry_at_any_chunking() -> None:
    lease = held()
    whole = driver(lease).block(playbacks.turn(lease).next_tick, 12, (), ()).values
    parts = [driver(lease).block(playbacks.turn(lease).next_tick + step, 1, (), ()).values for step in range(12)]
    assert all((whole[step] == part[0]).all() for step, part in enumerate(parts))


def test_a_changed_speed_is_audited_and_moves_the_due_time() -> None:
    lease = held()
    drive(lease, ticks=0)
    before = playbacks.turn(lease).due_at
    streams.set_speed(streams.DEMO, 10, "ann")
    assert playbacks.turn(lease).due_at > before


def test_the_clock_shows_the_time_of_the_newest_tick() -> None:
    lease = held()
    drive(lease, ticks=2)
    assert streams.stream(streams.DEMO).clock.at == time_of(playbacks.turn(lease).next_tick - 1)
