"""Training runs: asked for, claimed, told of, ended once. Every change by a person is audited.

Rows are truth: a message that starts a run may come twice, late or never. One run a stream trains at a time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from webapp.core import dispatch
from webapp.core.clock import now
from webapp.core.db import Session, reading
from webapp.core.errors import Conflict, NotFound
from webapp.core.events import Event, EventKind
from webapp.core.jobs import TrainingStart
from webapp.core.models.training_runs import TrainingRun
from webapp.core.policies import training_runs as policy
from webapp.core.policies.training_runs import LEASE, MOST_ATTEMPTS, Recipe, Status
from webapp.core.repositories import assets, locks, model_versions
from webapp.core.repositories import streams as stream_rows
from webapp.core.repositories import training_runs as rows
from webapp.core.services import announcements, audit, places, run_folders, streams
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.training_runs import CurvePoint, TrainingView

CANCELLED = "cancelled; its checkpoint is kept, so it can go on from there"
ALIVE = (Status.QUEUED.value, Status.RUNNING.value)


@dataclass(frozen=True, slots=True)
class HeldRun:
    """A claimed run: what to train, where to work, and the fence to write under. `networks` are those that there will
    be machines for, of the two that a model has."""

    run_id: int
    fence: int
    slug: str
    recipe: Recipe
    start: Path
    version: str
    folder: Path
    networks: int = 2


def request(slug: str, recipe: Recipe, by: str, reason: str = "") -> TrainingView:
    """Queue a training of a stream's model.

    Raises NotFound, Invalid that names the field, or Conflict while another run of the stream is queued or running.
    """
    with unit_of_work() as uow:
        return run_view(uow.session, queue(uow, slug, recipe, by, reason))


def queue(uow: UnitOfWork, slug: str, recipe: Recipe, by: str, reason: str) -> TrainingRun:
    """The same inside a transaction that does more."""
    policy.check(recipe)
    locks.take(uow.session, f"training {slug}")
    stream = streams.find(uow.session, slug)
    assert stream.id is not None
    if busy := rows.with_status(uow.session, ALIVE, stream.id):
        raise Conflict(f"Run {busy[0].id} of {slug} is {busy[0].status}. Wait for its end, or cancel it.")
    champion = model_versions.champion(uow.session, stream.id)
    if champion is None or champion.id is None:
        raise Conflict(f"Nothing serves {slug} yet: there is no model to start from.")
    row = TrainingRun(
        stream_id=stream.id, by=by[:64], reason=reason.strip()[:500],
        recipe=recipe.as_json(), start_version_id=champion.id, status=Status.QUEUED.value, queued_at=now(),
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    assert row.id is not None
    audit.record(uow, by, "train", "stream", slug, reason, {"run": row.id, **recipe.as_json()})
    uow.enqueue(TrainingStart(row.id))
    _told(uow, row)
    return row


def cancel(run_id: int, by: str, reason: str = "") -> TrainingView:
    """End a run; its checkpoint stays. Raises NotFound, or Conflict when it is over or being cancelled."""
    with unit_of_work() as uow:
        row = _find(uow.session, run_id, lock=True)
        if row.status not in ALIVE:
            raise Conflict(f"Run {run_id} is over already: {row.status}.")
        nobodys = row.status == Status.QUEUED.value or row.lease_until_at is None or row.lease_until_at < now()
        if row.cancelled_by is not None and not nobodys:
            raise Conflict(f"{row.cancelled_by} has cancelled run {run_id} already; it ends within seconds.")
        row.cancelled_by = by[:64]
        if nobodys:  # no worker holds it who would notice
            row.status, row.ended_at, row.lease_until_at = Status.CANCELLED.value, now(), None
        uow.session.add(row)
        audit.record(uow, by, "cancel", "training_run", str(run_id), reason)
        return _told(uow, row)


def again(run_id: int, by: str, reason: str = "") -> TrainingView:
    """Queue a failed or cancelled run again: it goes on from its checkpoint. Raises NotFound or Conflict."""
    with unit_of_work() as uow:
        row = _find(uow.session, run_id, lock=True)
        if row.status not in (Status.FAILED.value, Status.CANCELLED.value):
            raise Conflict(f"Run {run_id} is {row.status}: only a failed or cancelled one can go on.")
        slug = _slug(uow.session, row)
        locks.take(uow.session, f"training {slug}")
        if busy := rows.with_status(uow.session, ALIVE, row.stream_id):
            raise Conflict(f"Run {busy[0].id} of {slug} is {busy[0].status}. Wait for its end, or cancel it.")
        row.status, row.attempts, row.cancelled_by, row.note, row.ended_at = Status.QUEUED.value, 0, None, None, None
        uow.session.add(row)
        audit.record(uow, by, "resume", "training_run", str(run_id), reason)
        uow.enqueue(TrainingStart(run_id))
        return _told(uow, row)


def claim(run_id: int, owner: str) -> HeldRun | None:
    """Take a run, None while it is somebody else's or over. One that was taken too often fails."""
    with unit_of_work() as uow:
        fence = rows.claim(uow.session, run_id, owner, now(), now() + LEASE)
        row = rows.by_id(uow.session, run_id)
        if fence is None or row is None:
            return None
        if row.cancelled_by is not None:
            _end(uow, row, Status.CANCELLED, CANCELLED)
            return None
        if row.attempts > MOST_ATTEMPTS:
            _end(uow, row, Status.FAILED, f"{MOST_ATTEMPTS} workers in a row ended while they trained it")
            return None
        row.started_at = row.started_at or now()
        uow.session.add(row)
        start = model_versions.by_id(uow.session, row.start_version_id)
        assert start is not None, "a version is never removed"
        _told(uow, row)
        recipe = Recipe(**row.recipe)  # type: ignore[arg-type]
        version = policy.following([one.version for one in model_versions.of_model(uow.session, start.model)])
        networks = policy.networks(recipe, assets.profiles(uow.session, row.stream_id).values())
        slug = _slug(uow.session, row)
        return HeldRun(
            run_id, fence, slug, recipe, places.found(start.path), version, run_folders.folder(run_id), networks
        )


def tell(held: HeldRun, point: CurvePoint | None = None, **values: Any) -> bool:
    """Renew the lease and write progress; False when the run has to stop: lost, or cancelled."""
    with unit_of_work() as uow:
        if not rows.note(uow.session, held.run_id, held.fence, lease_until_at=now() + LEASE, **values):
            return False
        if point is not None:
            told = {"network": point.network, "epoch": point.epoch, "loss": point.loss, "at": now()}
            rows.add_point(uow.session, held.run_id, told)
        row = _find(uow.session, held.run_id)
        if values or point is not None:
            uow.emit(Event(EventKind.TRAINING_CHANGED, row.stream_id, str(held.run_id)))
        return row.cancelled_by is None


def release(held: HeldRun) -> None:
    """Give a run back at a shutdown, so that the next worker need not wait for the end of the lease."""
    with unit_of_work() as uow:
        values = {"status": Status.QUEUED.value, "lease_until_at": None, "attempts": TrainingRun.attempts - 1}
        if rows.note(uow.session, held.run_id, held.fence, **values):
            uow.enqueue(TrainingStart(held.run_id))


def finish(
    held: HeldRun, status: Status, note: str | None, manifest: Mapping[str, object], version_id: int | None
) -> bool:
    """End a run under its fence; False when another worker holds it now."""
    with unit_of_work() as uow:
        if not rows.note(uow.session, held.run_id, held.fence, lease_until_at=None):
            return False
        row = _find(uow.session, held.run_id)
        row.manifest, row.version_id = {**row.manifest, **manifest}, version_id
        _end(uow, row, status, note)
        return True


def hand_in(held: HeldRun, manifest: Mapping[str, object], admit: Callable[[UnitOfWork, int], int]) -> bool:
    """End a run as a candidate under its fence; False, and nothing written, when another worker holds it now.

    `admit` makes the candidate's rows, given the stream's id, and returns the version's.
    """
    with unit_of_work() as uow:
        if not rows.note(uow.session, held.run_id, held.fence, lease_until_at=None):
            return False
        row = _find(uow.session, held.run_id)
        row.manifest, row.version_id = {**row.manifest, **manifest}, admit(uow, row.stream_id)
        _end(uow, row, Status.CANDIDATE, None)
        return True


def _end(uow: UnitOfWork, row: TrainingRun, status: Status, note: str | None) -> None:
    row.status, row.note, row.ended_at, row.lease_until_at = status.value, note, now(), None
    row.minutes_left, row.steps_per_s = None, None
    uow.session.add(row)
    audit.record(uow, "forewarn", status.value, "training_run", str(row.id), note or "")
    if status is Status.FAILED and row.id is not None:
        announcements.training_failed(uow, _slug(uow.session, row), row.id, row.fence, note or "", row.ended_at)
    _told(uow, row)


def reconcile() -> int:
    """Send again the runs that nobody works on, a message lost or a worker gone; returns how many."""
    at = now()
    with reading() as session:
        open_runs = rows.with_status(session, ALIVE)
        owed = [one.id for one in open_runs if one.lease_until_at is None or one.lease_until_at < at]
    waiting, delayed, _ = dispatch.queue_sizes(TrainingStart.queue)
    if waiting + delayed:
        return 0
    for run_id in owed:
        if run_id is not None:
            dispatch.send(TrainingStart(run_id))
    return len(owed)


def listed(slug: str, limit: int = 50) -> tuple[TrainingView, ...]:
    """A stream's runs, newest first, the newest with its curve. Raises NotFound."""
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        return tuple(run_view(session, row) for row in rows.of_stream(session, stream.id, limit))


def run(run_id: int) -> TrainingView:
    """One run. Raises NotFound."""
    with reading() as session:
        return run_view(session, _find(session, run_id))


def at_work() -> frozenset[str]:
    """Streams with a run that is queued or running."""
    with reading() as session:
        return frozenset(_slug(session, one) for one in rows.with_status(session, ALIVE))


def trained_until(session: Session, stream_id: int) -> datetime | None:
    """Up to when, in stream time, the telemetry reached that the newest candidate was trained on; None without one."""
    newest = rows.newest(session, stream_id, Status.CANDIDATE.value)
    data = newest.manifest.get("data") if newest else None
    until = data.get("to") if isinstance(data, dict) else None
    return datetime.fromisoformat(until) if isinstance(until, str) else None


def _find(session: Session, run_id: int, *, lock: bool = False) -> TrainingRun:
    row = rows.by_id(session, run_id, lock=lock)
    if row is None:
        raise NotFound(f"There is no training run {run_id}.")
    return row


def _slug(session: Session, row: TrainingRun) -> str:
    stream = stream_rows.by_id(session, row.stream_id)
    assert stream is not None, "streams are never removed"
    return stream.slug


def _told(uow: UnitOfWork, row: TrainingRun) -> TrainingView:
    uow.emit(Event(EventKind.TRAINING_CHANGED, row.stream_id, str(row.id)))
    uow.session.flush()
    return run_view(uow.session, row)


def run_view(session: Session, row: TrainingRun) -> TrainingView:
    """What people see of a row."""
    assert row.id is not None
    versions = [model_versions.by_id(session, one) if one else None for one in (row.start_version_id, row.version_id)]
    start, candidate = (None if one is None else f"{one.model} {one.version}" for one in versions)
    curve = tuple(CurvePoint(one.network, one.epoch, one.loss) for one in rows.points(session, row.id))
    return TrainingView(
        id=row.id, stream=_slug(session, row), by=row.by, reason=row.reason, recipe=row.recipe,
        start=start or "", status=row.status, attempts=row.attempts, cancelling=row.cancelled_by is not None,
        phase=row.phase, done=row.done, minutes_left=row.minutes_left, steps_per_s=row.steps_per_s, note=row.note,
        candidate=candidate, candidate_id=row.version_id, manifest=row.manifest, queued_at=row.queued_at,
        started_at=row.started_at, ended_at=row.ended_at,
        seen_at=row.lease_until_at and row.lease_until_at - LEASE, curve=curve,
    )  # fmt: skip
