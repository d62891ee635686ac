"""Schedules: changed by people, followed without a restart, and never started twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ml.schema import TICKS_PER_DAY
from tests.integration.core.steps import driver, held
from webapp.core.clock import time_of
from webapp.core.db import reading
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.models.streams import Stream
from webapp.core.policies import schedules as policy
from webapp.core.policies.schedules import Plan
from webapp.core.policies.training_runs import Recipe, Status
from webapp.core.services import audit, schedules, streams, training_runs
from webapp.core.uow import unit_of_work
from workers.driving import backfill

pytestmark = pytest.mark.usefixtures("demo")
DEMO, EVENING = streams.DEMO, datetime(2026, 3, 4, 20, tzinfo=UTC)
TWO = datetime(2026, 3, 5, 2, tzinfo=UTC)
At = Callable[[datetime], int]


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> At:
    """What the scheduler's duty does when a clock shows this; some days of the demo fleet are there."""
    lease = held()
    backfill(lease, driver(lease))
    play(7)

    def at(when: datetime) -> int:
        monkeypatch.setattr(schedules, "now", lambda: when)
        return schedules.start_due()

    at(EVENING)
    return at


def play(days: float) -> None:
    """Say that the demo fleet has telemetry of so many days."""
    with unit_of_work() as uow:
        stream: Stream = streams.find(uow.session, DEMO)
        stream.tick = stream.history_tick + round(days * TICKS_PER_DAY)
        uow.session.add(stream)


def kept() -> list[tuple[str, str]]:
    """Outcome and reason of each due time, newest first."""
    return [(one.outcome, one.reason.replace("\u00a0", " ")) for one in schedules.schedule(DEMO).history]


def test_a_stream_is_trained_every_night_unless_somebody_decides_otherwise() -> None:
    one = schedules.schedule(DEMO)
    assert (one.enabled, one.words, one.changed_by) == (True, "every night at 02:00 UTC", "")
    assert len(one.coming) == 3 and one.clock_set
    assert [each.stream for each in schedules.snapshot()] == [DEMO]


def test_what_is_due_starts_once_and_says_so(look: At) -> None:
    assert look(TWO - timedelta(seconds=1)) == 0
    assert look(TWO + timedelta(seconds=3)) == 1
    assert look(TWO + timedelta(seconds=8)) == 0
    (run,) = training_runs.listed(DEMO)
    assert (run.by, run.reason) == ("forewarn", "on schedule, every night at 02:00 UTC")
    (told,) = schedules.schedule(DEMO).history
    assert (told.outcome, told.run_id, told.due_at, told.reason) == ("started", run.id, TWO, "")
    assert audit.entries(limit=1)[0].action == "train"


def test_what_started_stays_of_who_planned_it_whoever_changes_the_schedule_afterwards(look: At) -> None:
    schedules.change(DEMO, Plan(cron="30 1 * * *"), "ann", "earlier")
    assert look(TWO) == 1
    schedules.change(DEMO, Plan(), "bob", "as it was")
    assert [one.by for one in schedules.schedule(DEMO).history] == ["ann"]


def test_two_schedulers_start_one_run(look: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedules, "now", lambda: TWO)
    with ThreadPoolExecutor(4) as pool:
        dealt = list(pool.map(lambda _: schedules.start_due(), range(4)))
    assert sum(dealt) == 1
    assert len(training_runs.listed(DEMO)) == len(kept()) == 1


def test_a_claim_of_a_time_that_was_dealt_with_is_lost(look: At, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = schedules.rows.every
    stale: list[object] = []

    def every(*arguments: object) -> object:
        stale.append(seen(*arguments))  # type: ignore[arg-type]
        return stale[0]

    monkeypatch.setattr(schedules.rows, "every", every)
    assert look(TWO) == 1
    assert look(TWO) == 0  # it believes what it read before the first start


def test_while_a_run_is_on_its_way_a_night_is_skipped(look: At) -> None:
    run = training_runs.request(DEMO, Recipe(), "ann")
    look(TWO)
    assert kept() == [("skipped", f"run {run.id} is queued")]
    assert schedules.schedule(DEMO).last_outcome == f"skipped: run {run.id} is queued"


def test_without_enough_telemetry_a_night_is_skipped(look: At) -> None:
    play(0.5)
    look(TWO)
    assert kept() == [("skipped", "12 h of telemetry are stored, and a training needs 3 days")]


def test_without_new_telemetry_a_night_is_skipped(look: At) -> None:
    look(TWO)
    run = training_runs.claim(training_runs.listed(DEMO)[0].id, "worker")
    assert run is not None
    with reading() as session:
        until = time_of(streams.find(session, DEMO).tick or 0)
    trained = {"data": {"to": until.isoformat()}}
    assert training_runs.finish(run, Status.CANDIDATE, None, trained, None)
    look(TWO + timedelta(days=1))
    assert kept()[0][1].startswith("not enough new telemetry since the last training: 0 min")
    play(8)
    look(TWO + timedelta(days=2))
    assert kept()[0][0] == "started"


def test_a_night_that_nothing_ran_in_is_made_up_for_in_the_morning(look: At) -> None:
    assert look(TWO + timedelta(hours=4)) == 1
    assert kept() == [("started", "4 h late, since nothing ran at its time")]


def test_a_night_that_is_long_past_is_skipped_and_said(look: At) -> None:
    assert look(TWO + timedelta(hours=7)) == 1
    assert [outcome for outcome, _ in kept()] == ["skipped"] and "7 h late" in kept()[0][1]
    assert look(TWO + timedelta(hours=7, seconds=5)) == 0


def test_an_edit_holds_at_the_next_look(look: At) -> None:
    schedules.change(DEMO, Plan("30 21 * * *", "Europe/Berlin", Recipe(days=14)), "ann", "quieter then")
    assert look(datetime(2026, 3, 4, 20, 29, tzinfo=UTC)) == 0
    assert look(datetime(2026, 3, 4, 20, 31, tzinfo=UTC)) == 1
    assert training_runs.listed(DEMO)[0].recipe["days"] == 14
    entry = next(one for one in audit.entries() if one.noun == "schedule")
    assert (entry.actor, entry.action, entry.reason) == ("ann", "set", "quieter then")
    assert dict(entry.detail)["cron"] == "0 2 * * * to 30 21 * * *"


def test_a_schedule_that_is_off_starts_nothing_and_makes_nothing_up(look: At) -> None:
    assert not schedules.switch(DEMO, on=False, by="ann", reason="a quiet week").coming
    assert look(TWO + timedelta(minutes=1)) == 0
    schedules.switch(DEMO, on=True, by="ann", reason="over")
    assert look(TWO + timedelta(minutes=2)) == 0
    assert look(TWO + timedelta(days=1)) == 1


def test_what_holds_already_changes_nothing(look: At) -> None:
    before = audit.entries(limit=1)[0].id
    assert schedules.switch(DEMO, on=True, by="ann", reason="sure").changed_by == ""
    assert audit.entries(limit=1)[0].id == before


def test_run_now_does_not_wait_and_is_told_with_its_reason(look: At) -> None:
    run = schedules.run_now(DEMO, "ann", "before the show")
    (told,) = schedules.schedule(DEMO).history
    assert (told.due_at, told.by, told.run_id, told.reason) == (None, "ann", run.id, "before the show")
    with pytest.raises(Conflict, match=f"run {run.id} is queued"):
        schedules.run_now(DEMO, "ann", "again")
    assert len(schedules.schedule(DEMO).history) == 1


def test_what_is_wrong_is_refused_and_stores_nothing(look: At) -> None:
    plan = Plan(policy.NIGHTLY)
    for wrong in (replace(plan, cron="0 25 * * *"), replace(plan, zone="Mars/Base"), replace(plan, recipe=Recipe("x"))):
        with pytest.raises(Invalid):
            schedules.change(DEMO, wrong, "ann", "why not")
    with pytest.raises(Invalid, match="Say why"):
        schedules.change(DEMO, replace(plan, cron="0 3 * * *"), "ann", " ")
    with pytest.raises(NotFound):
        schedules.switch("nowhere", on=True, by="ann", reason="x")
    assert schedules.schedule(DEMO).cron == policy.NIGHTLY
