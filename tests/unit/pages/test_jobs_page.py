"""Facts about the jobs page."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from webapp.core.db import OperationalError
from webapp.core.errors import Invalid, NotFound
from webapp.core.policies import jobs as rules
from webapp.core.policies.jobs import Act
from webapp.core.services import jobs
from webapp.core.views.jobs import (
    CycleView,
    JobsSnapshot,
    LetterView,
    ProcessView,
    QueueView,
    RunningView,
    ScheduleView,
)
from webapp.state.jobs import make
from webapp.state.jobs_asked import carry_out, question
from webapp.state.jobs_build import build, megabytes
from webapp.state.jobs_view import Asked

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def process(name: str, state: str = "running") -> ProcessView:
    return ProcessView(name, 1, state, AT - timedelta(minutes=90), AT, 4.0, 120.0, 0, "")


def snapshot(*processes: ProcessView, dead: int = 0, cpu: float = 9.0) -> JobsSnapshot:
    cycle = CycleView("fleet-demo", AT, AT, 20, 20, 85.0, "ridge", "1.0.0")
    return JobsSnapshot(
        AT, processes, (QueueView("inference", 0, 0, dead),), (cycle,), (), (), cpu, 612.0, 40.0, 5000.0
    )


def test_the_sentence_says_that_all_run_and_what_they_use() -> None:
    page = build(snapshot(process("web"), process("inference")), UTC)
    assert page.sentence.replace("\u00a0", " ") == "All 2 processes run, on 9 % of one core and 612 MB."


def test_what_does_not_run_is_named_first() -> None:
    page = build(snapshot(process("web"), process("inference", "waiting")), UTC)
    assert page.sentence == "inference is not running."
    assert page.processes[1].tone == "fw-critical"


def test_jobs_that_were_given_up_are_said() -> None:
    assert "38 were given up" in build(snapshot(process("web"), dead=38), UTC).behind
    assert build(snapshot(process("web")), UTC).behind == "No job waits; none was given up."


def test_no_process_without_a_supervisor() -> None:
    assert build(snapshot(), UTC).sentence == "No supervisor reports."


def test_totals_turn_when_they_pass_their_budget() -> None:
    calm, over = (build(snapshot(process("web"), cpu=cpu), UTC).totals[0] for cpu in (9.0, 31.0))
    assert (calm.tone, over.tone, over.width) == ("calm", "critical", "100.0%")


def test_processes_stand_in_the_order_of_the_data_flow() -> None:
    page = build(snapshot(process("supervisor"), process("valkey"), process("web")), UTC)
    assert [one.name for one in page.processes] == ["web", "valkey", "supervisor"]


def test_sizes_are_said_in_the_unit_that_fits() -> None:
    assert [megabytes(amount).replace("\u00a0", " ") for amount in (612.4, 1420.0)] == ["612 MB", "1.42 GB"]


@pytest.mark.parametrize(("error", "what"), [
    (redis.ConnectionError(), "The broker"),
    (OperationalError("SELECT 1", {}, Exception("no route to host")), "The database"),
])  # fmt: skip
def test_what_is_away_is_said_and_looked_for_again(
    error: Exception, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise error

    monkeypatch.setattr(jobs, "snapshot", away)
    assert asyncio.run(make("UTC")).trouble.startswith(f"{what} does not answer")


def letter(name: str = "a", queue: str = "default") -> LetterView:
    return LetterView(name, queue, "breach_scan", "stream_id 7", AT - timedelta(hours=1), 4, "OSError('no room')")


def test_a_dead_letter_says_what_when_and_why() -> None:
    page = build(replace(snapshot(dead=3), letters=(letter(), letter("b"))), UTC)
    row = page.letters[0]
    assert (row.actor, row.arguments, row.at, row.tries, row.error) == (
        "breach_scan", "stream_id 7", "07:00", "4", "OSError('no room')",
    )  # fmt: skip
    assert page.letters_note.replace("\u00a0", " ") == "the newest 2 of 3, kept for 24 h"
    assert page.crowded == ["inference"]


def duty(**changes: Any) -> ScheduleView:
    one = ScheduleView("retention", "every hour", AT - timedelta(minutes=53), AT + timedelta(minutes=7), "", 1240.0)
    return replace(one, **changes)


def test_a_duty_says_how_it_went_and_how_long_it_took() -> None:
    went, failed, never = (
        build(replace(snapshot(), schedules=(one,)), UTC).schedules[0]
        for one in (duty(), duty(note="OSError('no room')"), duty(last_at=None, took_ms=None))
    )
    assert (went.last, went.took.replace("\u00a0", " "), went.outcome, went.next) == ("07:07", "1.2 s", "done", "08:07")
    assert (failed.outcome, failed.tone) == ("OSError('no room')", "fw-critical")
    assert (never.last, never.took, never.outcome) == ("not yet", "", "")


@pytest.mark.parametrize(
    ("ago", "said"), [(2, "asked by ann"), (40, "ann waits for it; the scheduler does not answer")]
)
def test_a_duty_that_somebody_waits_for_says_so(ago: int, said: str) -> None:
    one = duty(asked_at=AT - timedelta(seconds=ago), asked_by="ann")
    assert build(replace(snapshot(), schedules=(one,)), UTC).schedules[0].asked == said


def test_what_runs_says_since_when_and_where() -> None:
    one = RunningView("training_start", "run_id 4", "training, pid 12 on a", AT - timedelta(minutes=5))
    (row,) = build(replace(snapshot(), running=(one,)), UTC).running
    assert (row.actor, row.process, row.since_at) == ("training_start", "training, pid 12 on a", row.since_at)
    assert row.since_at == (AT - timedelta(minutes=5)).timestamp() * 1000


@pytest.mark.parametrize(
    ("act", "queue", "subject", "title", "danger"),
    [
        (Act.REQUEUE, "default", "a", "Requeue breach_scan?", False),
        (Act.DISCARD, "default", "a", "Discard breach_scan?", True),
        (Act.REQUEUE_ALL, "default", "", "Requeue all dead letters of default?", False),
        (Act.RUN, "", "retention", "Run retention now?", False),
    ],
)
def test_the_question_names_what_is_done(act: Act, queue: str, subject: str, title: str, danger: bool) -> None:
    rows = build(replace(snapshot(), letters=(letter(),)), UTC).letters
    asked = question(act.value, queue, subject, rows)
    assert (asked.title, asked.danger) == (title, danger) and asked.note


def test_nonsense_is_not_asked_about() -> None:
    with pytest.raises(Invalid):
        question("explode", "default", "a", [])
    with pytest.raises(NotFound):
        question("requeue", "default", "gone", [])
    with pytest.raises(Invalid):
        carry_out(Asked(), "ann", "why")


def test_arguments_are_said_in_a_line() -> None:
    assert rules.shown({"stream_id": 1, "tick": 5}) == "stream_id 1, tick 5"
    assert len(rules.shown({"text": "x" * 500})) == rules.MOST_ARGUMENTS
