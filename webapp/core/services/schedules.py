"""Schedules of trainings: looked at, changed, and started when they are due. Every change is audited.

Rows are truth: the duty that starts what is due may run in two processes, twice or late. A due time, its run and its
line in the history share a transaction, which begins with a compare-and-set: so nothing starts twice.
"""

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from ml.schema import TICK_SECONDS
from webapp.core.clock import now, tick_of
from webapp.core.db import Session, reading
from webapp.core.errors import Conflict
from webapp.core.events import Event, EventKind
from webapp.core.models.schedules import Schedule, ScheduleRun
from webapp.core.models.streams import Stream
from webapp.core.policies import cron
from webapp.core.policies import schedules as policy
from webapp.core.policies.schedules import Due, Facts, Outcome, Plan
from webapp.core.policies.training_runs import Recipe
from webapp.core.repositories import assets, locks, model_versions
from webapp.core.repositories import schedules as rows
from webapp.core.repositories import streams as stream_rows
from webapp.core.repositories import training_runs as run_rows
from webapp.core.services import audit, streams, training_runs
from webapp.core.settings import settings
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.schedules import DueView, ScheduleRunView, TrainingSchedule
from webapp.core.views.streams import Source
from webapp.core.views.training_runs import TrainingView

BY = "forewarn"
_SHOWN, _COMING = 20, 3


def snapshot() -> tuple[TrainingSchedule, ...]:
    """Every stream's schedule, without its history."""
    with reading() as session:
        made = {row.stream_id: row for row in rows.every(session, policy.TRAINING)}
        return tuple(_view(session, one, made.get(one.id or 0), 0) for one in stream_rows.all_streams(session))


def schedule(slug: str) -> TrainingSchedule:
    """A stream's schedule, with what became of its last times. Raises NotFound."""
    with reading() as session:
        stream = streams.find(session, slug)
        return _view(session, stream, rows.of_stream(session, stream.id or 0, policy.TRAINING), _SHOWN)


def change(slug: str, plan: Plan, by: str, reason: str) -> TrainingSchedule:
    """Let another plan hold from now on; times that have passed by now are nobody's. Nothing happens where it holds
    already. Raises NotFound, or Invalid that names the fields."""
    wanted, said = policy.check(plan), policy.reason(reason)
    with unit_of_work() as uow:
        stream, row = _row(uow, slug)
        before = plan_of(row)
        changes = _changes(before, wanted)
        if changes:
            row.cron, row.zone, row.enabled = wanted.cron, wanted.zone, wanted.enabled
            row.recipe, row.changed_by, row.changed_at = wanted.recipe.as_json(), by[:64], now()
            uow.session.add(row)
            audit.record(uow, by, "set", "schedule", slug, said, changes)
            uow.emit(Event(EventKind.TRAINING_CHANGED, stream.id, "schedule"))
        uow.session.flush()
        return _view(uow.session, stream, row, _SHOWN)


def switch(slug: str, on: bool, by: str, reason: str) -> TrainingSchedule:
    """Let the schedule start trainings, or no more. Raises NotFound or Invalid."""
    with reading() as session:
        stream = streams.find(session, slug)
        row = rows.of_stream(session, stream.id or 0, policy.TRAINING)
        plan = policy.default(Source(stream.source)) if row is None else plan_of(row)
    return change(slug, replace(plan, enabled=on), by, reason)


def run_now(slug: str, by: str, reason: str) -> TrainingView:
    """Start what the schedule starts, without waiting for its time. Raises NotFound, Invalid, or Conflict that says
    what keeps it from starting."""
    said = policy.reason(reason)
    with unit_of_work() as uow:
        stream, row = _row(uow, slug)
        if kept := policy.obstacle(_facts(uow.session, stream), plan_of(row).recipe):
            raise Conflict(f"Nothing was started: {kept}.")
        run = training_runs.queue(uow, slug, plan_of(row).recipe, by, said)
        _note(uow, row, ScheduleRun(
            schedule_id=row.id or 0, at=now(), outcome=Outcome.STARTED.value, run_id=run.id, by=by[:64], reason=said,
        ))  # fmt: skip
        return training_runs.run_view(uow.session, run)


def start_due() -> int:
    """The duty: make the rows that are missing, start or skip what is due; returns how many times were dealt with."""
    with reading() as session:
        known = {row.stream_id for row in rows.every(session, policy.TRAINING)}
        new = [one.slug for one in stream_rows.all_streams(session) if one.id not in known]
    for slug in new:
        with unit_of_work() as uow:
            _row(uow, slug)
    with reading() as session:
        found = [(row, due) for row in rows.every(session, policy.TRAINING) if (due := _due(row)) is not None]
    return sum(_deal(row, due) for row, due in found)


def _due(row: Schedule) -> Due | None:
    if not row.enabled:
        return None
    since = max(row.changed_at, row.last_at or row.changed_at)
    return policy.due(row.cron, row.zone or settings().zone, since, now())


def _deal(row: Schedule, due: Due) -> bool:
    """Start or skip a due time; False when somebody else did, or the schedule was changed in between."""
    with unit_of_work() as uow:
        stream = stream_rows.by_id(uow.session, row.stream_id)
        assert stream is not None, "streams are never removed"
        locks.take(uow.session, f"training {stream.slug}")
        if not rows.claim(uow.session, row, now()):
            return False
        mine, plan = rows.of_stream(uow.session, row.stream_id, row.what), plan_of(row)
        assert mine is not None, "it was just claimed"
        told = ScheduleRun(schedule_id=row.id or 0, due_at=due.at, at=now(), outcome=Outcome.SKIPPED.value, by=BY)
        facts = _facts(uow.session, stream)
        if kept := policy.missed(due) if due.missed else policy.obstacle(facts, plan.recipe) or policy.needless(facts):
            told.reason = kept
        else:
            when = cron.words(cron.parse(plan.cron), plan.zone or settings().zone)
            told.outcome, told.reason = Outcome.STARTED.value, policy.tardy(due)
            told.run_id = training_runs.queue(uow, stream.slug, plan.recipe, BY, f"on schedule, {when}").id
            told.by = mine.changed_by or BY  # who planned it asked for it, whoever changes the schedule afterwards
        _note(uow, mine, told)
        return True


def _note(uow: UnitOfWork, row: Schedule, told: ScheduleRun) -> None:
    """Keep what became of a time."""
    run = "" if told.run_id is None else f" run {told.run_id}"
    row.last_outcome = f"{told.outcome}{run}{f': {told.reason}' if told.reason else ''}"[:600]
    uow.session.add(told)
    uow.session.add(row)
    uow.emit(Event(EventKind.TRAINING_CHANGED, row.stream_id, "schedule"))


def _row(uow: UnitOfWork, slug: str) -> tuple[Stream, Schedule]:
    """The rows of a stream and of its schedule, which is made of the default where there is none."""
    locks.take(uow.session, f"training {slug}")
    stream = streams.find(uow.session, slug)
    assert stream.id is not None
    row = rows.of_stream(uow.session, stream.id, policy.TRAINING)
    if row is None:
        plan = policy.default(Source(stream.source))
        row = Schedule(
            stream_id=stream.id, what=policy.TRAINING, cron=plan.cron, zone=plan.zone, recipe=plan.recipe.as_json(),
            enabled=plan.enabled, changed_by="", changed_at=now(),
        )  # fmt: skip
        uow.session.add(row)
        uow.session.flush()
    return stream, row


def plan_of(row: Schedule) -> Plan:
    """What a row says."""
    return Plan(row.cron, row.zone, Recipe(**row.recipe), row.enabled)  # type: ignore[arg-type]


def _changes(before: Plan, after: Plan) -> dict[str, object]:
    """What differs, as "old to new"."""
    old, new = (_flat(one) for one in (before, after))
    return {name: f"{old[name]} to {new[name]}" for name in old if old[name] != new[name]}


def _flat(plan: Plan) -> dict[str, Any]:
    values = asdict(plan)
    return {**values.pop("recipe"), **values, "zone": plan.zone or "the installation's"}


def facts(slug: str) -> Facts:
    """What a training of a stream would find now. Raises NotFound."""
    with reading() as session:
        return _facts(session, streams.find(session, slug))


def _facts(session: Session, stream: Stream) -> Facts:
    assert stream.id is not None
    busy = run_rows.with_status(session, training_runs.ALIVE, stream.id)
    tick = stream.history_tick if stream.tick is None else stream.tick
    last = training_runs.trained_until(session, stream.id)
    return Facts(
        busy=f"run {busy[0].id} is {busy[0].status}" if busy else "",
        champion=model_versions.champion(session, stream.id) is not None,
        servers=assets.count(session, stream.id),
        stored=timedelta(seconds=TICK_SECONDS * max(0, tick - stream.history_tick)),
        fresh=None if last is None else timedelta(seconds=TICK_SECONDS * max(0, tick - tick_of(last))),
    )  # fmt: skip


def _view(session: Session, stream: Stream, row: Schedule | None, shown: int) -> TrainingSchedule:
    plan = policy.default(Source(stream.source)) if row is None else plan_of(row)
    zone = plan.zone or settings().zone
    return TrainingSchedule(
        stream=stream.slug, clock_set=not Source(stream.source).live, cron=plan.cron, zone=zone, zone_own=plan.zone,
        words=cron.words(cron.parse(plan.cron), zone), recipe=plan.recipe.as_json(), enabled=plan.enabled,
        coming=coming(plan, now()) if plan.enabled else (), last_at=row.last_at if row else None,
        last_outcome=row.last_outcome if row else "", changed_by=row.changed_by if row else "",
        changed_at=row.changed_at if row and row.changed_by else None,
        history=tuple(_told(one) for one in rows.history(session, row.id or 0, shown)) if row and shown else (),
    )  # fmt: skip


def preview(text: str, zone: str) -> tuple[str, str, tuple[DueView, ...]]:
    """What a cron text would mean: its words, its zone, its next times. Raises Invalid that names the field."""
    plan = policy.check(Plan(text, zone))
    there = zone or settings().zone
    return cron.words(cron.parse(plan.cron), there), there, coming(plan, now())


def coming(plan: Plan, after: datetime) -> tuple[DueView, ...]:
    """The next times of a plan. Raises Invalid for a cron text that is none."""
    found = cron.following(cron.parse(plan.cron), plan.zone or settings().zone, after, _COMING)
    return tuple(DueView(one.at, one.note) for one in found)


def _told(one: ScheduleRun) -> ScheduleRunView:
    return ScheduleRunView(one.due_at, one.at, one.outcome, one.run_id, one.by, one.reason)
