"""Training runs: asked for, claimed once, cancelled, taken over, ended once."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from webapp.core import clock
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.policies.training_runs import LEASE, MOST_ATTEMPTS, Recipe, Status
from webapp.core.services import audit, streams, training_runs
from webapp.core.services.training_runs import HeldRun
from webapp.core.views.training_runs import CurvePoint

pytestmark = pytest.mark.usefixtures("demo")
DEMO, SHORT = streams.DEMO, Recipe(days=7, minutes=1)


def asked() -> int:
    return training_runs.request(DEMO, SHORT, "ann", "it drifts").id


def taken(run_id: int, owner: str = "one") -> HeldRun:
    held = training_runs.claim(run_id, owner)
    assert held is not None
    return held


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets all leases run out."""
    return lambda: monkeypatch.setattr(training_runs, "now", lambda: clock.now() + 2 * LEASE)


def test_a_run_is_queued_with_who_asked_and_why() -> None:
    one = training_runs.run(asked())
    assert (one.status, one.by, one.reason, one.start) == ("queued", "ann", "it drifts", "fleet-tft 1.0.0")
    assert (audit.entries(limit=1)[0].action, audit.entries(limit=1)[0].subject) == ("train", DEMO)


def test_a_recipe_that_cannot_be_trained_names_each_field() -> None:
    with pytest.raises(Invalid) as caught:
        training_runs.request(DEMO, Recipe("magic", 1, 5, 0.0, -1), "ann")
    assert [one.field for one in caught.value.errors] == ["mode", "days", "simulated_servers", "minutes", "seed"]
    assert training_runs.listed(DEMO) == ()


def test_one_run_of_a_stream_at_a_time() -> None:
    first = asked()
    with pytest.raises(Conflict, match=f"Run {first} of fleet-demo is queued"):
        asked()


def test_of_two_workers_one_has_the_run() -> None:
    run_id = asked()
    assert taken(run_id).version == "1.1.0"
    assert training_runs.claim(run_id, "two") is None


def test_a_silent_workers_run_is_taken_over_and_it_writes_no_more(later: Callable[[], None]) -> None:
    run_id = asked()
    lost = taken(run_id)
    later()
    found = training_runs.claim(run_id, "two")
    assert found is not None and found.fence == lost.fence + 1
    assert not training_runs.tell(lost, phase="Training")
    assert not training_runs.finish(lost, Status.CANDIDATE, None, {}, None)
    assert training_runs.run(run_id).status == "running"


def test_a_run_that_no_worker_survives_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = asked()
    for attempt in range(MOST_ATTEMPTS + 1):
        passed = timedelta(minutes=attempt)
        monkeypatch.setattr(training_runs, "now", lambda passed=passed: clock.now() + passed)
        held = training_runs.claim(run_id, f"worker {attempt}")
        assert (held is None) == (attempt == MOST_ATTEMPTS)
    assert "workers in a row" in (training_runs.run(run_id).note or "")


def test_progress_renews_the_lease_and_keeps_the_curve() -> None:
    held = taken(asked())
    assert training_runs.tell(held, CurvePoint("known", 1, 0.2), phase="Training", done=0.1)
    assert training_runs.tell(held, CurvePoint("known", 1, 0.1), done=0.1)
    one = training_runs.run(held.run_id)
    assert (one.phase, one.done, [point.loss for point in one.curve]) == ("Training", 0.1, [0.1])


def test_cancelling_ends_a_queued_run_at_once_and_a_running_one_at_its_next_look() -> None:
    queued = asked()
    assert training_runs.cancel(queued, "bob").status == "cancelled"
    held = taken(asked())
    assert training_runs.cancel(held.run_id, "bob").cancelling
    assert not training_runs.tell(held)
    with pytest.raises(Conflict, match="bob has cancelled"):
        training_runs.cancel(held.run_id, "ann")
    assert training_runs.finish(held, Status.CANCELLED, "cancelled", {}, None)
    with pytest.raises(Conflict, match="over already"):
        training_runs.cancel(held.run_id, "ann")


def test_a_run_whose_worker_is_gone_is_cancelled_at_once(later: Callable[[], None]) -> None:
    run_id = asked()
    taken(run_id)
    later()
    training_runs.cancel(run_id, "bob")
    assert training_runs.run(run_id).status == "cancelled"
    assert training_runs.claim(run_id, "two") is None


def test_a_cancelled_run_goes_on_when_it_is_asked_to() -> None:
    run_id = asked()
    training_runs.cancel(run_id, "bob")
    assert training_runs.again(run_id, "ann", "go on").status == "queued"
    assert not training_runs.run(taken(run_id).run_id).cancelling
    with pytest.raises(Conflict, match="only a failed or cancelled one"):
        training_runs.again(run_id, "ann")


def test_a_shutdown_gives_the_run_back_without_counting_the_try() -> None:
    held = taken(asked())
    training_runs.release(held)
    assert (training_runs.run(held.run_id).status, training_runs.run(held.run_id).attempts) == ("queued", 0)


def test_a_run_ends_once() -> None:
    held = taken(asked())
    assert training_runs.finish(held, Status.FAILED, "no data", {}, None)
    assert not training_runs.finish(held, Status.CANDIDATE, None, {}, None)
    assert training_runs.run(held.run_id).note == "no data"


def test_a_run_whose_message_was_lost_is_sent_again() -> None:
    run_id = asked()
    training_runs.dispatch.broker_client().flushall()
    assert training_runs.reconcile() == 1
    assert training_runs.reconcile() == 0  # it waits in the queue
    assert training_runs.run(run_id).status == "queued"


def test_an_unknown_run_is_said_so() -> None:
    with pytest.raises(NotFound, match="no training run 7"):
        training_runs.cancel(7, "ann")
