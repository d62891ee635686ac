"""Facts about the jobs page."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import redis

from webapp.core.db import OperationalError
from webapp.core.services import jobs
from webapp.core.views.jobs import CycleView, JobsSnapshot, ProcessView, QueueView
from webapp.state.jobs import make
from webapp.state.jobs_build import build, megabytes

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
