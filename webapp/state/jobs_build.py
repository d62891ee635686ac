"""From what Forewarn says of itself to everything that the jobs page shows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from webapp.core.policies import wording
from webapp.core.policies.wording import SPACE, Zone
from webapp.core.views.jobs import (
    CycleView,
    FailureView,
    JobsSnapshot,
    LetterView,
    ProcessView,
    QueueView,
    RunningView,
    ScheduleView,
)
from webapp.state.jobs_view import (
    CycleRow,
    FailureRow,
    JobsPage,
    LetterRow,
    ProcessRow,
    QueueRow,
    RunningRow,
    ScheduleRow,
    Total,
)
from webapp.state.shell import milliseconds

CPU_BUDGET: Final = 30.0
"""Percent of one core that 20 servers at x60 may take, all processes together."""
MEMORY_BUDGET_MB: Final = 1500.0
CYCLE_BUDGET_MS: Final = 1000.0
_MOST_CYCLES: Final = 8
_PROMPT_S: Final = 30
_PURPOSE: Final = {
    "web": "pages, API", "inference": "forecasts", "playback": "clocks, simulators", "default": "scores, samples",
    "training": "trains models", "shadow": "shadow forecasts", "scheduler": "starts duties",
    "valkey": "broker, embedded", "supervisor": "restarts what ends",
}  # fmt: skip
_ORDER: Final = tuple(_PURPOSE)
_SILENT: Final = {"valkey": "answers", "supervisor": "reports this"}
"""Processes that send no heartbeat, and what shows that they live."""
_SIGNS: Final = {
    "running": ("check", "fw-pass"),
    "stopping": ("circle-stop", "fw-second"),
}


def build(snapshot: JobsSnapshot, zone: Zone) -> JobsPage:
    """The page."""
    first, behind = _sentence(snapshot)
    return JobsPage(
        sentence=first, behind=behind, totals=_totals(snapshot),
        processes=[_process(one, snapshot.at) for one in sorted(snapshot.processes, key=_rank)],
        queues=[_queue(one) for one in snapshot.queues],
        cycles=[_cycle(one, zone) for one in snapshot.cycles[:_MOST_CYCLES]],
        failures=[_failure(one, zone, snapshot.at) for one in snapshot.failures],
        cycles_note=_cycles_note(snapshot.cycles),
        schedules=[_schedule(one, zone, snapshot.at) for one in snapshot.schedules],
        letters=[_letter(one, zone, snapshot.at) for one in snapshot.letters], letters_note=_letters_note(snapshot),
        crowded=[one.name for one in snapshot.queues if one.dead > 1],
        running=[_running(one) for one in snapshot.running], seen_at=milliseconds(snapshot.at),
        loaded=True,
    )  # fmt: skip


def megabytes(amount: float) -> str:
    """ "612 MB", "1.42 GB"."""
    return f"{wording.number(amount / 1000, 2)}{SPACE}GB" if amount >= 1000 else f"{wording.number(amount, 0)}{SPACE}MB"


def slowest(cycles: Sequence[CycleView]) -> float:
    """The longest of some cycles, in milliseconds."""
    return max((one.duration_ms for one in cycles), default=0.0)


def _rank(process: ProcessView) -> tuple[int, str]:
    return (_ORDER.index(process.name) if process.name in _ORDER else len(_ORDER), process.name)


def _sentence(snapshot: JobsSnapshot) -> tuple[str, str]:
    down = [one.name for one in snapshot.processes if one.state != "running"]
    behind = _behind(snapshot)
    if not snapshot.processes:
        return (
            "No supervisor reports.",
            f"The processes were started by hand, or `forewarn up` has just ended. {behind}",
        )
    if down:
        return f"{' and '.join(down)} {'is' if len(down) == 1 else 'are'} not running.", behind
    uses = f"{wording.number(snapshot.cpu_pct, 0)}{SPACE}% of one core and {megabytes(snapshot.memory_mb)}"
    return f"All {len(snapshot.processes)} processes run, on {uses}.", behind


def _behind(snapshot: JobsSnapshot) -> str:
    waiting = sum(one.waiting for one in snapshot.queues)
    queued = f"{waiting:,} job{' waits' if waiting == 1 else 's wait'}" if waiting else "No job waits"
    dead = sum(one.dead for one in snapshot.queues)
    given_up = f"{dead:,} {'was' if dead == 1 else 'were'} given up; see the dead letters below."
    return f"{queued}; {given_up if dead else 'none was given up.'}"


def _totals(snapshot: JobsSnapshot) -> list[Total]:
    slow, count = slowest(snapshot.cycles), len(snapshot.cycles)
    cycle = f"slowest of the last {count}; the budget is 1{SPACE}s" if slow else "the first comes with the next tick"
    took = f"{wording.number(slow, 0)}{SPACE}ms" if slow else "none yet"
    cpu = f"{wording.number(snapshot.cpu_pct, 0)}{SPACE}%"
    return [
        _total("Processor", snapshot.cpu_pct / CPU_BUDGET, cpu, f"of one core; the budget is {CPU_BUDGET:g}{SPACE}%"),
        _total("Memory", snapshot.memory_mb / MEMORY_BUDGET_MB, megabytes(snapshot.memory_mb),
               f"all processes; the budget is {megabytes(MEMORY_BUDGET_MB)}"),
        _total("Disk", snapshot.disk_mb / snapshot.disk_cap_mb, megabytes(snapshot.disk_mb),
               f"telemetry and forecasts; over {megabytes(snapshot.disk_cap_mb)} the oldest go"),
        _total("Forecast cycle", slow / CYCLE_BUDGET_MS, took, cycle),
    ]  # fmt: skip


def _total(name: str, share: float, value: str, note: str) -> Total:
    tone = "critical" if share > 1 else "warning" if share > 0.8 else "calm"
    return Total(name, value, note, f"{min(100.0, 100 * share):.1f}%", tone)


def _process(one: ProcessView, at: datetime) -> ProcessRow:
    sign, tone = _SIGNS.get(one.state, ("circle-x", "fw-critical"))
    return ProcessRow(
        name=one.name, purpose=_PURPOSE.get(one.name, ""), state=one.state, sign=sign, tone=tone,
        pid="" if one.pid is None else str(one.pid), cpu=f"{wording.number(one.cpu_pct, 1)}{SPACE}%",
        memory=megabytes(one.memory_mb), restarts=f"{one.restarts:,}",
        uptime="" if one.started_at is None else _lasted((at - one.started_at).total_seconds()),
        beat_at=milliseconds(one.heartbeat_at), beat=_SILENT.get(one.name, "none"), note=one.note,
    )  # fmt: skip


def _lasted(seconds: float) -> str:
    return wording.duration(seconds / 60) if seconds >= 60 else f"{max(0, round(seconds))}{SPACE}s"


def _queue(one: QueueView) -> QueueRow:
    counts = (one.running, one.waiting, one.delayed, one.retries, one.dead)
    return QueueRow(one.name, *(f"{count:,}" for count in counts), tone="fw-critical" if one.dead else "")


def _letter(one: LetterView, zone: Zone, at: datetime) -> LetterRow:
    when = wording.clock_time(one.at, zone, at)
    return LetterRow(one.id, one.queue, one.actor, one.arguments, when, f"{one.tries:,}", one.error)


def _letters_note(snapshot: JobsSnapshot) -> str:
    listed, dead = len(snapshot.letters), sum(one.dead for one in snapshot.queues)
    kept = f"kept for 24{SPACE}h"
    return f"the newest {listed:,} of {dead:,}, {kept}" if dead > listed else f"newest first, {kept}"


def _running(one: RunningView) -> RunningRow:
    return RunningRow(one.actor, one.arguments, one.process, milliseconds(one.since_at))


def _cycle(one: CycleView, zone: Zone) -> CycleRow:
    return CycleRow(
        stream=one.stream, origin=wording.clock_time(one.origin_at, zone, one.made_at),
        made_at=milliseconds(one.made_at),
        forecast=f"{one.forecast:,} of {one.servers:,}", duration=f"{wording.number(one.duration_ms, 0)}{SPACE}ms",
        model=f"{one.model} {one.version}".strip(), tone="" if one.forecast == one.servers else "fw-warning",
    )  # fmt: skip


def _cycles_note(cycles: Sequence[CycleView]) -> str:
    if not cycles:
        return ""
    middle = sorted(one.duration_ms for one in cycles)[len(cycles) // 2]
    return f"median {wording.number(middle, 0)}{SPACE}ms, slowest {wording.number(slowest(cycles), 0)}{SPACE}ms"


def _failure(one: FailureView, zone: Zone, at: datetime) -> FailureRow:
    return FailureRow(
        one.actor, one.queue, wording.clock_time(one.at, zone, at), f"{one.attempts:,}", one.error,
        "failed for good" if one.final else "will be retried", "fw-critical" if one.final else "fw-warning",
    )  # fmt: skip


def _schedule(one: ScheduleView, zone: Zone, at: datetime) -> ScheduleRow:
    last, following = (wording.clock_time(each, zone, at) if each else "" for each in (one.last_at, one.next_at))
    outcome, tone = (one.note, "fw-critical") if one.note else ("done", "fw-second") if last else ("", "")
    return ScheduleRow(
        one.name, one.every, last or "not yet", "" if one.took_ms is None or not last else _took(one.took_ms), outcome,
        tone, following or "not planned", _waits(one, at),
    )  # fmt: skip


def _took(ms: float) -> str:
    if ms < 1:
        return f"under 1{SPACE}ms"
    return f"{wording.number(ms / 1000, 1)}{SPACE}s" if ms >= 1000 else f"{wording.number(ms, 0)}{SPACE}ms"


def _waits(one: ScheduleView, at: datetime) -> str:
    """Who waits for it to run now, and whether the scheduler takes its time."""
    if one.asked_at is None:
        return ""
    late = (at - one.asked_at).total_seconds() > _PROMPT_S
    return f"{one.asked_by} waits for it; the scheduler does not answer" if late else f"asked by {one.asked_by}"
