"""Scenarios: start, cancel, restore, the safety lever, and what the page shows. Every change is audited.

A start never lies in the past: the next tick is the first that a scenario can touch, so the forecaster
meets it as it would meet a real fault.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from ml.schema import METRIC_INDEX, METRICS
from ml.streams.fleet import LIBRARY, InjectionKind
from webapp.core.clock import now, time_of
from webapp.core.db import Session, reading
from webapp.core.errors import Conflict, FieldError, Invalid, NotAllowed, NotFound
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
from webapp.core.views.scenarios import EndedBy, ScenarioStatus, ScenarioView
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
            f"{stream.injection_stopped_by} stopped injection: {stream.injection_reason or policy.NO_REASON}. "
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
    """Cancel a scenario and restore its servers at the next tick. Raises Conflict when it is over already."""
    with unit_of_work() as uow:
        row = _find(uow.session, scenario_id)
        stream = stream_rows.by_id(uow.session, row.stream_id, lock=True)
        assert stream is not None, "a scenario belongs to a stream"
        if not _end(uow, stream, row, _End(EndedBy.PERSON, by, reason)):
            raise Conflict(f"Scenario {scenario_id} is {row.status} already; nothing is left to stop.")
        return view(row)


def stop_all(slug: str, by: str, reason: str) -> int:
    """Cancel every scenario of a stream; returns how many ran or waited."""
    with unit_of_work() as uow:
        stream = streams.find(uow.session, slug, lock=True)
        return _end_all(uow, stream, _End(EndedBy.PERSON, by, reason))


def stop_injection(slug: str, by: str, reason: str = "") -> int:
    """Pull the safety lever: stop every scenario of a stream and let none start. Returns how many it stopped.

    Raises Conflict, and changes nothing, when somebody pulled it before: the first one's name and reason stay.
    """
    said = " ".join(reason.split())[: policy.LONGEST_REASON]  # whatever is wrong with it, it holds nothing up
    with unit_of_work() as uow:
        stream = streams.find(uow.session, slug, lock=True)
        if stream.injection_stopped_at is not None:
            at = f"{stream.injection_stopped_at:%H:%M} UTC"
            raise Conflict(f"{stream.injection_stopped_by} stopped injection on {slug} at {at} already: nothing runs.")
        stream.injection_stopped_at, stream.injection_stopped_by, stream.injection_reason = now(), by, said
        uow.session.add(stream)
        stopped = _end_all(uow, stream, _End(EndedBy.LEVER, by, said))
        audit.record(uow, by, "stop injection", "stream", slug, said, {"stopped": stopped})
        uow.emit(Event(EventKind.STREAM_CHANGED, stream.id, slug))
        return stopped


def explain_stop(slug: str, by: str, reason: str) -> None:
    """Say afterwards why one pulled the lever: pulling it waits for no words.

    Raises Invalid without a reason, Conflict when it was released meanwhile, NotAllowed for another person.
    """
    said = policy.reason(reason, "Say why injection was stopped.")
    with unit_of_work() as uow:
        stream = streams.find(uow.session, slug, lock=True)
        if stream.injection_stopped_at is None or stream.id is None:
            raise Conflict(f"Injection is allowed again on {slug}: there is no stop left to explain.")
        if stream.injection_stopped_by != by:
            raise NotAllowed(f"{stream.injection_stopped_by} stopped injection, and only they can say why.")
        if stream.injection_reason == said:
            return
        before, stream.injection_reason = stream.injection_reason, said
        uow.session.add(stream)
        rows.explain(uow.session, stream.id, by, said)
        audit.record(uow, by, "explain stop", "stream", slug, said, {"before": before} if before else {})
        uow.emit(Event(EventKind.STREAM_CHANGED, stream.id, slug))


def allow_injection(slug: str, by: str, reason: str) -> None:
    """Release the safety lever. Raises Invalid without a reason, Conflict when it is not pulled."""
    said = policy.reason(reason, "Say why injection is safe again.")
    with unit_of_work() as uow:
        stream = streams.find(uow.session, slug, lock=True)
        if stream.injection_stopped_at is None:
            raise Conflict(f"Injection is allowed on {slug} already.")
        detail = {
            "stopped_by": stream.injection_stopped_by, "stopped_at": stream.injection_stopped_at,
            "stopped_for": stream.injection_reason or "",
        }  # fmt: skip
        stream.injection_stopped_at = stream.injection_stopped_by = stream.injection_reason = None
        uow.session.add(stream)
        audit.record(uow, by, "allow injection", "stream", slug, said, detail)
        uow.emit(Event(EventKind.STREAM_CHANGED, stream.id, slug))


@dataclass(frozen=True, slots=True)
class _End:
    """What ends a scenario, whose doing it is, and why."""

    how: EndedBy
    by: str
    reason: str


def _end_all(uow: UnitOfWork, stream: Stream, end: _End) -> int:
    assert stream.id is not None
    return sum(_end(uow, stream, row, end) for row in rows.alive(uow.session, stream.id))


def _end(uow: UnitOfWork, stream: Stream, row: Scenario, end: _End) -> bool:
    """Compare-and-set: cancelled by a person or stopped by the lever, from the next tick on; False when it was over."""
    assert row.id is not None
    next_tick = stream.history_tick if stream.tick is None else stream.tick + 1
    person = end.how is EndedBy.PERSON
    values = {
        "status": (ScenarioStatus.CANCELLED if person else ScenarioStatus.STOPPED).value, "stop_tick": next_tick,
        "ended_by": end.how.value, "stopped_by": end.by, "stop_reason": end.reason,
    }  # fmt: skip
    if not rows.move(uow.session, row.id, _LIVE, values):
        uow.session.refresh(row)
        return False
    uow.session.refresh(row)
    detail = {
        "stream": stream.slug, "servers": row.assets, "began": policy.began(row.start_tick, row.stop_tick),
        "ended_by": end.how.value,
    }  # fmt: skip
    action = "cancel" if person else "stop"
    audit.record(uow, end.by, action, "scenario", f"{row.id} {row.kind}", end.reason, detail)
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
        ended_by=None if row.ended_by is None else EndedBy(row.ended_by),
        began=policy.began(row.start_tick, row.stop_tick),
    )  # fmt: skip
