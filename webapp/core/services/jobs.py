"""What Forewarn itself is doing and what it uses: processes and schedules as they report, queues, cycles, failures."""

import json
from datetime import datetime
from typing import Any

from webapp.core import activity, dispatch, queues
from webapp.core.clock import now, time_of
from webapp.core.db import Session, reading, used_mb
from webapp.core.jobs import QUEUES
from webapp.core.policies import jobs as rules
from webapp.core.repositories import forecasts, job_failures, model_versions, streams
from webapp.core.services import dead_letters, duties, preferences
from webapp.core.views.jobs import CycleView, FailureView, JobsSnapshot, ProcessView, QueueView, RunningView

PROCESSES = "forewarn:processes"
_CYCLES, _FAILURES = 9, 12


def snapshot() -> JobsSnapshot:
    """The jobs page. Raises `redis.RedisError` while the broker is down."""
    processes = _processes()
    standing, letters, running = tuple(_queue(name) for name in QUEUES), dead_letters.letters(), _running()
    with reading() as session:
        cycles, failures = _cycles(session), _failures(session)
    return JobsSnapshot(
        now(), processes, standing, cycles, failures, duties.listed(), sum(one.cpu_pct for one in processes),
        sum(one.memory_mb for one in processes), used_mb(), preferences.limits().cap_mb,
        letters, running,
    )  # fmt: skip


def _processes() -> tuple[ProcessView, ...]:
    entries = dispatch.reports(PROCESSES)
    return tuple(_process(name, json.loads(entry)) for name, entry in sorted(entries.items()))


def _process(name: str, entry: dict[str, Any]) -> ProcessView:
    return ProcessView(
        name=name, pid=entry.get("pid"), state=entry.get("state", "unknown"),
        started_at=_time(entry.get("started_at")),
        heartbeat_at=_time(entry.get("heartbeat_at")), cpu_pct=float(entry.get("cpu_pct", 0.0)),
        memory_mb=float(entry.get("memory_mb", 0.0)), restarts=int(entry.get("restarts", 0)),
        note=entry.get("note", ""),
    )  # fmt: skip


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _queue(name: str) -> QueueView:
    found = queues.counts(name)
    return QueueView(name, found.waiting, found.delayed, found.dead, found.running, found.retries)


def _running() -> tuple[RunningView, ...]:
    return tuple(
        RunningView(one.actor, rules.shown(one.arguments), one.process, one.since) for one in activity.running()
    )


def _cycles(session: Session) -> tuple[CycleView, ...]:
    slugs = {row.id: row.slug for row in streams.all_streams(session)}
    made = []
    for run in forecasts.recent_runs(session, _CYCLES):
        version = model_versions.by_id(session, run.model_version_id)
        model, number = (version.model, version.version) if version else ("", "")
        made.append(
            CycleView(
                slugs.get(run.stream_id, ""), time_of(run.tick), run.made_at, run.servers, run.forecast,
                run.duration_ms, model, number,
            )
        )  # fmt: skip
    return tuple(made)


def _failures(session: Session) -> tuple[FailureView, ...]:
    found = job_failures.recent(session, _FAILURES)
    return tuple(FailureView(row.actor, row.queue, row.at, row.attempts, row.error, row.final) for row in found)
