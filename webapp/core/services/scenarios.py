"""Scenarios: start, stop, restore, and what the page shows of them. Every change is audited.

A start never lies in the past: the next tick is the first that a scenario can touch, so the forecaster
meets it as it would meet a real fault.
"""

import secrets
from collections.abc import Sequence

from ml.schema import METRIC_INDEX, METRICS
from ml.streams.fleet import LIBRARY, InjectionKind
from webapp.core.clock import now, time_of
from webapp.core.db import Session, reading
from webapp.core.errors import Conflict, FieldError, Invalid, NotFound
from webapp.core.events import Event, EventKind
from webapp.core.models.scenarios import Scenario
from webapp.core.models.streams import Stream
from webapp.core.policies import scenarios as policy
from webapp.core.policies.scenarios import ScenarioRequest
from webapp.core.repositories import assets as asset_rows
from webapp.core.repositories import scenarios as rows
from webapp.core.repositories import streams as stream_rows
from webapp.core.services import audit, streams
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.scenarios import ScenarioStatus, ScenarioView
from webapp.core.views.streams import Source

_LIVE = (ScenarioStatus.QUEUED, ScenarioStatus.RUNNING)


def start(slug: str, request: ScenarioRequest, by: str) -> ScenarioView:
    """Inject a degradation from the next tick on.

    Raises Invalid that names the field, Conflict while injection is stopped or on a stream of real servers.
    """
    policy.check(request)
    with unit_of_work() as uow:
        stream = streams.find(uow.session, slug, lock=True)
        _allowed(uow.session, stream)
        row = _row(stream, request, _servers(uow.session, stream, request), by)
        uow.session.add(row)
        uow.session.flush()
        detail = {
            "stream": slug,
            "servers": row.assets,
            "intensity": row.intensity,
            "start_tick": row.start_tick,
            "seed": row.seed,
        }
        audit.record(uow, by, "start", "scenario", f"{row.id} {row.kind}", row.hypothesis, detail)
        uow.emit(Event(EventKind.SCENARIO_CHANGED, stream.id, str(row.id)))
        return view(row)


def _allowed(session: Session, stream: Stream) -> None:
    assert stream.id is not None
    if stream.injection_stopped_at is not None:
        raise Conflict(
            f"{stream.injection_stopped_by} stopped injection: {stream.injection_reason}. "
            "Allow it again in the top bar to start a scenario."
        )
    if Source(stream.source) is not Source.SIMULATED:
        raise Conflict(f"{stream.slug} watches real servers. Scenarios run on simulated fleets only.")
    if len(rows.alive(session, stream.id)) >= policy.MOST_ALIVE:
        raise Conflict(f"{policy.MOST_ALIVE} scenarios are running. Stop one to start another.")


def _servers(session: Session, stream: Stream, request: ScenarioRequest) -> list[str]:
    assert stream.id is not None
    every = {asset.name: asset.profile for asset in asset_rows.of_stream(session, stream.id)}
    if request.profile:
        chosen = [name for name, profile in every.items() if request.profile in ("all", profile)]
    else:
        chosen = list(dict.fromkeys(request.assets))
    unknown = [name for name in chosen if name not in every]
    if unknown or not chosen:
        message = f"{unknown[0]} is not a server of {stream.slug}." if unknown else "Pick at least one server."
        raise Invalid(message, (FieldError("assets", message),))
    return chosen


def _row(stream: Stream, request: ScenarioRequest, servers: list[str], by: str) -> Scenario:
    assert stream.id is not None
    info = LIBRARY[InjectionKind(request.kind)]
    ramp, hold, recover = policy.phases(request)
    label = METRICS[METRIC_INDEX[info.main_metric]].label
    return Scenario(
        stream_id=stream.id, kind=request.kind, assets=servers, metric=info.main_metric, intensity=request.intensity,
        start_tick=stream.history_tick if stream.tick is None else stream.tick + 1, ramp_ticks=ramp, hold_ticks=hold,
        recover_ticks=recover, seed=secrets.randbelow(10_000) if request.seed is None else request.seed,
        guard_metric=request.guard_metric, guard_threshold=request.guard_threshold,
        hypothesis=request.hypothesis.strip() or f"{label} is forewarned before it crosses its threshold.",
        created_by=by, created_at=now(),
    )  # fmt: skip


def stop(scenario_id: int, by: str, reason: str) -> ScenarioView:
    """End a scenario and restore its servers at the next tick. Raises Conflict when it is over already."""
    with unit_of_work() as uow:
        row = _find(uow.session, scenario_id)
        stream_rows.by_id(uow.session, row.stream_id, lock=True)
        if not _end(uow, row, by, reason):
            raise Conflict(f"Scenario {scenario_id} is {row.status} already; nothing is left to stop.")
        return view(row)


def stop_all(slug: str, by: str, reason: str) -> int:
    """End every scenario of a stream; returns how many ran or waited."""
    with unit_of_work() as uow:
        stream = streams.find(uow.session, slug, lock=True)
        return _stop_all(uow, stream, by, reason)


def _stop_all(uow: UnitOfWork, stream: Stream, by: str, reason: str) -> int:
    assert stream.id is not None
    return sum(_end(uow, row, by, reason) for row in rows.alive(uow.session, stream.id))


def stop_injection(slug: str, by: str, reason: str) -> int:
    """Pull the safety lever: stop every scenario of a stream and let none start. Returns how many it stopped."""
    with unit_of_work() as uow:
        stream = streams.find(uow.session, slug, lock=True)
        stream.injection_stopped_at, stream.injection_stopped_by = now(), by
        stream.injection_reason = reason.strip() or "no reason given"
        uow.session.add(stream)
        stopped = _stop_all(uow, stream, by, f"safety lever: {stream.injection_reason}")
        audit.record(uow, by, "stop injection", "stream", slug, reason, {"stopped": stopped})
        uow.emit(Event(EventKind.STREAM_CHANGED, stream.id, slug))
        return stopped


def allow_injection(slug: str, by: str, reason: str) -> None:
    """Release the safety lever. Raises Invalid without a reason."""
    if not reason.strip():
        message = "Say why injection is safe again."
        raise Invalid(message, (FieldError("reason", message),))
    with unit_of_work() as uow:
        stream = streams.find(uow.session, slug, lock=True)
        stream.injection_stopped_at = stream.injection_stopped_by = stream.injection_reason = None
        uow.session.add(stream)
        audit.record(uow, by, "allow injection", "stream", slug, reason, {})
        uow.emit(Event(EventKind.STREAM_CHANGED, stream.id, slug))


def _end(uow: UnitOfWork, row: Scenario, by: str, reason: str) -> bool:
    """Compare-and-set to stopped, or to cancelled when it never touched a tick; False when it was over."""
    stream = uow.session.get(Stream, row.stream_id)
    assert stream is not None and row.id is not None
    next_tick = stream.history_tick if stream.tick is None else stream.tick + 1
    unstarted = row.start_tick >= next_tick
    status = ScenarioStatus.CANCELLED if unstarted else ScenarioStatus.STOPPED
    values = {"status": status.value, "stop_tick": next_tick, "stopped_by": by, "stop_reason": reason}
    if not rows.move(uow.session, row.id, _LIVE, values):
        return False
    uow.session.refresh(row)
    audit.record(
        uow, by, "stop", "scenario", f"{row.id} {row.kind}", reason, {"stream": stream.slug, "servers": row.assets}
    )
    uow.emit(Event(EventKind.SCENARIO_CHANGED, row.stream_id, str(row.id)))
    return True


def _find(session: Session, scenario_id: int) -> Scenario:
    row = rows.by_id(session, scenario_id)
    if row is None:
        raise NotFound(f"There is no scenario {scenario_id}.")
    return row


def scenarios(slug: str) -> tuple[ScenarioView, ...]:
    """A stream's scenarios, newest first."""
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        return views(rows.of_stream(session, stream.id))


def views(found: Sequence[Scenario]) -> tuple[ScenarioView, ...]:
    """Rows as the pages see them."""
    return tuple(view(row) for row in found)


def view(row: Scenario) -> ScenarioView:
    """One scenario as the pages see it."""
    assert row.id is not None
    end = policy.end_tick(row.start_tick, row.ramp_ticks, row.hold_ticks, row.recover_ticks)
    return ScenarioView(
        id=row.id, kind=row.kind, label=LIBRARY[InjectionKind(row.kind)].label, assets=tuple(row.assets),
        metric=row.metric, intensity=row.intensity, ramp_ticks=row.ramp_ticks, hold_ticks=row.hold_ticks,
        recover_ticks=row.recover_ticks, seed=row.seed, start_tick=row.start_tick,
        start_at=time_of(row.start_tick),
        end_at=time_of(end if row.stop_tick is None else min(end, row.stop_tick)),
        status=ScenarioStatus(row.status), hypothesis=row.hypothesis, guard_metric=row.guard_metric,
        guard_threshold=row.guard_threshold, created_by=row.created_by, stopped_by=row.stopped_by,
        stop_reason=row.stop_reason,
        forewarned_at=None if row.forewarned_tick is None else time_of(row.forewarned_tick),
        predicted_at=None if row.predicted_tick is None else time_of(round(row.predicted_tick)),
        breached_at=None if row.breached_tick is None else time_of(row.breached_tick),
    )  # fmt: skip
