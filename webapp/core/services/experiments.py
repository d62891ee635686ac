"""Scenarios while they run: from row to injection, through their states, against their guards and the truth.

Called by the driver inside the transaction that stores a tick, so that a scenario's state and the
telemetry that it shaped are never apart.
"""

from collections.abc import Sequence

import numpy as np

from ml.contracts import Floats, Injection
from ml.schema import METRIC_INDEX
from ml.streams.fleet import CONSECUTIVE
from webapp.core.clock import time_of
from webapp.core.db import Session, reading
from webapp.core.errors import NotFound
from webapp.core.events import Event, EventKind
from webapp.core.models.assets import Asset
from webapp.core.models.scenarios import Scenario
from webapp.core.models.streams import Stream
from webapp.core.policies import fans
from webapp.core.policies import thresholds as policy
from webapp.core.policies.scenarios import end_tick
from webapp.core.repositories import assets, forecasts, scenarios, telemetry
from webapp.core.services import audit, streams, thresholds, twins
from webapp.core.services import scenarios as views
from webapp.core.uow import UnitOfWork
from webapp.core.views.scenarios import EndedBy, ExperimentView, Lane, ScenarioStatus

_BEFORE = 48
_LONGEST = 288


def injection(row: Scenario, epoch_tick: int) -> Injection:
    """What the simulator applies; its ticks count from the stream's epoch, so that a run can be repeated."""
    stop = None if row.stop_tick is None else row.stop_tick - epoch_tick
    return Injection(
        row.kind, tuple(row.assets), row.intensity, row.start_tick - epoch_tick, row.ramp_ticks, row.hold_ticks,
        row.recover_ticks, row.seed, stop,
    )  # fmt: skip


def store_twins(session: Session, first: int, ids: Sequence[int | None], values: Floats | None) -> None:
    """Store what the injected servers would have measured, [K, k, M]."""
    if values is None:
        return
    rows = [
        {"asset_id": asset_id, "tick": first + step, "observed": twins.pack(values[step, at]), "fan": None}
        for step in range(len(values))
        for at, asset_id in enumerate(ids)
    ]
    scenarios.store_twins(session, rows)


def follow(uow: UnitOfWork, stream: Stream, names: Sequence[str], values: Floats) -> None:
    """Move every live scenario on by the tick just stored: start, breach, guard, end."""
    assert stream.id is not None and stream.tick is not None
    profiles = {asset.name: asset.profile for asset in assets.of_stream(uow.session, stream.id)}
    limits = thresholds.limits(uow.session, stream.id)
    for row in scenarios.alive(uow.session, stream.id):
        before = row.status, row.breached_tick
        at = [index for index, name in enumerate(names) if name in row.assets]
        own = [names[index] for index in at]
        _move(row, stream.tick, own, values[-1, at], policy.matrix(limits, [profiles[name] for name in own]))
        uow.session.add(row)
        if row.status == ScenarioStatus.STOPPED:
            detail = {
                "stream": stream.slug, "servers": row.assets, "tick": stream.tick, "began": True,
                "ended_by": EndedBy.GUARD.value,
            }  # fmt: skip
            audit.record(uow, "guard", "stop", "scenario", f"{row.id} {row.kind}", row.stop_reason or "", detail)
        if (row.status, row.breached_tick) != before:
            uow.emit(Event(EventKind.SCENARIO_CHANGED, stream.id, str(row.id)))


def _move(row: Scenario, tick: int, names: Sequence[str], values: Floats, limits: Floats) -> None:
    if row.status == ScenarioStatus.QUEUED and tick >= row.start_tick:
        row.status = ScenarioStatus.RUNNING.value
    _note_breach(row, tick, names, values, limits)
    if tick >= end_tick(row.start_tick, row.ramp_ticks, row.hold_ticks, row.recover_ticks):
        row.status = ScenarioStatus.FINISHED.value
    elif _guard_hit(row, values):
        row.status, row.stop_tick = ScenarioStatus.STOPPED.value, tick + 1
        row.ended_by, row.stopped_by = EndedBy.GUARD.value, "guard"
        row.stop_reason = f"{row.guard_metric} went over {row.guard_threshold:g}"


def _note_breach(row: Scenario, tick: int, names: Sequence[str], values: Floats, limits: Floats) -> None:
    """A breach is one server's metric over its threshold for `CONSECUTIVE` observations."""
    if row.breached_tick is not None or tick < row.start_tick:
        return
    metric = METRIC_INDEX[row.metric]
    with np.errstate(invalid="ignore"):
        over = values[:, metric] > limits[:, metric]
    runs = {name: row.over_ticks.get(name, 0) + 1 for name, is_over in zip(names, over, strict=True) if is_over}
    row.over_ticks = runs
    if runs and max(runs.values()) >= CONSECUTIVE:
        row.breached_tick = tick - max(runs.values()) + 1


def _guard_hit(row: Scenario, values: Floats) -> bool:
    if row.status != ScenarioStatus.RUNNING or row.guard_metric is None or row.guard_threshold is None:
        return False
    worst = values[:, METRIC_INDEX[row.guard_metric]]
    return bool((worst[np.isfinite(worst)] > row.guard_threshold).any())


def experiment(slug: str, scenario_id: int, asset: str | None = None) -> ExperimentView:
    """A scenario with both lanes of one of its servers, from 4 h before its start. Raises NotFound."""
    with reading() as session:
        stream = streams.find(session, slug)
        row = scenarios.by_id(session, scenario_id)
        if row is None or row.stream_id != stream.id:
            raise NotFound(f"{slug} has no scenario {scenario_id}.")
        name = asset if asset in row.assets else row.assets[0]
        server = assets.by_name(session, row.stream_id, name)
        assert server is not None, "a scenario's servers exist"
        return _experiment(session, stream, row, server)


def _experiment(session: Session, stream: Stream, row: Scenario, server: Asset) -> ExperimentView:
    assert stream.id is not None and server.id is not None
    run = forecasts.newest_run(session, stream.id)
    last = run.tick if run else stream.tick or row.start_tick
    end = min(last, end_tick(row.start_tick, row.ramp_ticks, row.hold_ticks, row.recover_ticks))
    first = max(min(row.start_tick, last) - _BEFORE, end - _LONGEST)
    values = telemetry.window(session, stream.id, [server.id], first, end)[0]
    metric, start_at = METRIC_INDEX[row.metric], time_of(first)
    fan = forecasts.fans_at(session, [server.id], end).get(server.id)
    own = Lane(start_at, values[:, metric], None if fan is None else fans.unpack(fan.fan)[metric])
    guard = None if row.guard_metric is None else float(values[-1, METRIC_INDEX[row.guard_metric]])
    limit = policy.limit_of(thresholds.limits(session, stream.id), server.profile, row.metric)
    return ExperimentView(
        views.view(row), server.name, row.metric, limit,
        None if guard is None or np.isnan(guard) else guard, own,
        _twin_lane(session, server, values, metric, first, end),
    )  # fmt: skip


def _twin_lane(session: Session, server: Asset, values: Floats, metric: int, first: int, last: int) -> Lane | None:
    assert server.id is not None
    found = scenarios.twins(session, [server.id], first, last)
    if not found:
        return None
    series = values[:, metric].copy()
    for twin in found:
        series[twin.tick - first] = twins.unpack(twin.observed)[metric]
    newest = found[-1]
    fan = fans.unpack(newest.fan)[metric] if newest.fan is not None and newest.tick == last else None
    return Lane(time_of(first), series, fan)
