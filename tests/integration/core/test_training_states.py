"""Whatever is done to training runs, in any order: one active run a stream, ended once, no word of a lost worker."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlmodel import delete

from webapp.core.errors import Conflict
from webapp.core.models.training_runs import TrainingPoint, TrainingRun
from webapp.core.policies.training_runs import LEASE, MOVES, Recipe, Status
from webapp.core.services import streams, training_runs
from webapp.core.services.training_runs import HeldRun
from webapp.core.uow import unit_of_work
from webapp.core.views.training_runs import CurvePoint

DEMO = streams.DEMO
ENDS = (Status.CANDIDATE, Status.FAILED, Status.CANCELLED)
Clock = list[datetime]
BEGIN = datetime(2026, 3, 4, 10, tzinfo=UTC)


@pytest.fixture
def clock(demo: None, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock of the test's own, on SQLite."""
    wall = [BEGIN]
    monkeypatch.setattr(training_runs, "now", lambda: wall[0])
    return wall


class Trainings(RuleBasedStateMachine):
    """The service, and beside it what has to hold: who holds a run by which fence, and what ended how."""

    clock: Clock
    runs = Bundle("runs")
    holds = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.fences: dict[int, int] = {}
        self.heard: dict[int, datetime] = {}
        self.before: dict[int, Status] = {}

    @rule(target=runs)
    def ask(self) -> int:
        busy = [one for one in training_runs.listed(DEMO, 1000) if not Status(one.status).over]
        try:
            made = training_runs.request(DEMO, Recipe(days=3, minutes=1), "ann")
        except Conflict:
            assert busy
            return busy[0].id
        assert not busy
        return made.id

    @rule(target=holds, run=runs)
    def claim(self, run: int) -> HeldRun | None:
        return self.claim_of(run, "one")

    def claim_of(self, run: int, owner: str) -> HeldRun | None:
        held = training_runs.claim(run, owner)
        if held is not None:
            assert held.fence > self.fences.get(run, 0)
            self.fences[run] = held.fence
            self.heard[run] = self.clock[0]
        return held

    @rule(target=holds, held=holds)
    def lose(self, held: HeldRun | None) -> HeldRun | None:
        """The worker falls silent, and another looks at the run."""
        self.clock[0] += timedelta(seconds=20)
        return None if held is None else self.claim_of(held.run_id, "other")

    @rule(held=holds, loss=st.sampled_from([0.1, 0.2]))
    def tell(self, held: HeldRun | None, loss: float) -> None:
        if held is not None:
            before, holds = training_runs.run(held.run_id), self.holds_still(held)
            goes_on = training_runs.tell(held, CurvePoint("known", 1, loss), phase="Training")
            assert goes_on == (holds and not before.cancelling)
            if holds:
                self.heard[held.run_id] = self.clock[0]
            assert holds or training_runs.run(held.run_id) == before

    @rule(held=holds, end=st.sampled_from(ENDS))
    def finish(self, held: HeldRun | None, end: Status) -> None:
        if held is not None:
            before, holds = training_runs.run(held.run_id), self.holds_still(held)
            assert training_runs.finish(held, end, "done", {}, None) == holds
            assert holds or training_runs.run(held.run_id) == before

    @rule(held=holds)
    def release(self, held: HeldRun | None) -> None:
        if held is not None:
            before, holds = training_runs.run(held.run_id), self.holds_still(held)
            training_runs.release(held)
            assert holds or training_runs.run(held.run_id) == before

    @rule(run=runs)
    def cancel(self, run: int) -> None:
        before = training_runs.run(run)
        held = before.status == Status.RUNNING and self.clock[0] - self.heard[run] <= LEASE
        try:
            after = training_runs.cancel(run, "bob")
        except Conflict:
            assert Status(before.status).over or (held and before.cancelling)
        else:
            assert after.status == (Status.RUNNING if held else Status.CANCELLED)

    @rule(run=runs)
    def resume(self, run: int) -> None:
        before = training_runs.run(run)
        try:
            after = training_runs.again(run, "bob")
        except Conflict:
            return
        assert before.status in (Status.FAILED, Status.CANCELLED) and after.status == Status.QUEUED
        self.before[run] = Status.QUEUED  # a person may send a run on its way again

    def holds_still(self, held: HeldRun) -> bool:
        """Whether this worker, by what the test has seen, is the one that may write."""
        return training_runs.run(held.run_id).status == Status.RUNNING and self.fences[held.run_id] == held.fence

    @invariant()
    def a_stream_has_one_active_run(self) -> None:
        every = training_runs.listed(DEMO, 1000)
        assert sum(not Status(one.status).over for one in every) <= 1

    @invariant()
    def every_run_moves_as_the_policy_says(self) -> None:
        for one in training_runs.listed(DEMO, 1000):
            before, after = self.before.get(one.id, Status.QUEUED), Status(one.status)
            assert after is before or after in _reachable(before), (before, after)
            assert (one.ended_at is not None) is after.over
            self.before[one.id] = after


def _reachable(status: Status) -> set[Status]:
    """One move, or a claim and the end that it brought at once; a worker that shuts down gives its run back."""
    back = {Status.QUEUED} if status is Status.RUNNING else set()
    return MOVES[status] | back | ({Status.FAILED} if status is Status.QUEUED else set())


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_no_order_of_events_breaks_a_rule(clock: Clock) -> None:
    class Fresh(Trainings):
        """Begins with no run at all, each time at the same moment."""

        def __init__(self) -> None:
            super().__init__()
            self.clock = clock
            clock[0] = BEGIN
            with unit_of_work() as uow:
                uow.session.exec(delete(TrainingPoint))
                uow.session.exec(delete(TrainingRun))

    assert timedelta(seconds=20) > LEASE
    run_state_machine_as_test(
        Fresh,
        settings=settings(
            max_examples=30, stateful_step_count=30, deadline=None, derandomize=True, database=None,
            phases=[Phase.generate],  # to shrink a failure of slow steps would take minutes

            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
