"""Jobs that were given up, in a real broker with a real worker: they land among the dead letters, run again or go.

Also what a worker says that it is at.
"""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import dramatiq
import pytest
from dramatiq import MessageProxy, Worker
from dramatiq.middleware import Shutdown
from sqlmodel import select
from typer.testing import CliRunner

from tests.integration.infra.console import wait_for
from webapp.cli.app import app
from webapp.core import activity, dispatch, queues
from webapp.core.clock import now
from webapp.core.db import reading
from webapp.core.errors import Conflict, ForewarnError, Invalid, NotFound
from webapp.core.jobs import BreachScan
from webapp.core.models.job_failures import JobFailure
from webapp.core.services import audit, dead_letters, duties, jobs
from workers.broker import make_broker
from workers.middleware import Failures, process

pytestmark = pytest.mark.usefixtures("installation")
QUEUE = BreachScan.queue
WHY = "the disk has room again"


class Task:
    """An actor in the place of a real one: it fails for as long as `broken`, and counts."""

    def __init__(self) -> None:
        self.broken, self.ran, self.wait = True, 0, threading.Event()
        self.wait.set()

    def __call__(self, stream_id: int) -> None:
        self.ran += 1
        self.wait.wait(10)
        if self.broken:
            raise OSError(f"no room for stream {stream_id}")


@pytest.fixture
def task() -> Task:
    return Task()


@pytest.fixture
def work(task: Task) -> Iterator[Callable[[], None]]:
    """Starts a worker of the queue, with one retry after a moment."""
    started: list[Worker] = []

    def start() -> None:
        broker = make_broker()
        dramatiq.actor(task.__call__, broker=broker, actor_name=BreachScan.actor, queue_name=QUEUE, max_retries=1,
                       min_backoff=1, max_backoff=2)  # fmt: skip
        started.append(Worker(broker, queues={QUEUE}, worker_threads=2, worker_timeout=50))
        started[0].start()

    yield start
    for one in started:
        one.stop()


def dead() -> int:
    return queues.counts(QUEUE).dead


def bury(*streams: int) -> list[str]:
    """Dead letters as Dramatiq leaves them, without a worker; their ids, the oldest first."""
    client, name = dispatch.broker_client(), f"{dispatch.NAMESPACE}:{QUEUE}"
    for stream in streams:
        dispatch.send(BreachScan(stream))
    ids = client.lrange(name, 0, -1)
    assert isinstance(ids, list)
    for at, one in enumerate(ids):
        text = json.loads(str(client.hget(f"{name}.msgs", one)))
        text["options"] |= {"retries": 3, "traceback": "Traceback ..."}
        client.zadd(f"{name}.XQ", {one: 1000 * now().timestamp() + at})
        client.hset(f"{name}.XQ.msgs", one, json.dumps(text))
    client.delete(name, f"{name}.msgs")
    return [str(one) for one in ids]


def entries() -> list[tuple[str, str, str, str]]:
    return [(one.actor, one.action, one.subject, one.reason) for one in audit.entries()]


def test_what_fails_for_good_is_listed_with_its_error_and_runs_again_once(task: Task, work: Callable[[], None]) -> None:
    dispatch.send(BreachScan(7))
    work()
    wait_for(lambda: dead() == 1, 20, "the job is given up")
    (letter,) = dead_letters.letters()
    assert (letter.actor, letter.queue, letter.arguments, letter.tries) == ("breach_scan", QUEUE, "stream_id 7", 2)
    assert "no room for stream 7" in letter.error
    task.broken, before = False, task.ran
    assert dead_letters.requeue(QUEUE, letter.id, "ann", WHY) == "breach_scan"
    wait_for(lambda: task.ran == before + 1, 20, "it runs again")
    with pytest.raises(NotFound, match="not among the dead letters any more"):
        dead_letters.requeue(QUEUE, letter.id, "ann", WHY)
    wait_for(lambda: queues.counts(QUEUE) == queues.Counts(0, 0, 0, 0, 0), 20, "the queue is empty")
    assert task.ran == before + 1
    assert entries() == [("ann", "requeue", "breach_scan", WHY)]


def test_a_requeued_job_has_all_its_tries_again(task: Task, work: Callable[[], None]) -> None:
    (one,) = bury(1)
    queues.requeue(QUEUE, one)
    work()
    wait_for(lambda: dead() == 1, 20, "it is given up again")
    assert task.ran == 2


def test_of_many_who_requeue_at_once_one_moves_it() -> None:
    (one,) = bury(1)
    with ThreadPoolExecutor(8) as pool:
        moved = list(pool.map(lambda _: queues.requeue(QUEUE, one), range(16)))
    assert sum(moved) == 1
    assert queues.counts(QUEUE) == queues.Counts(1, 0, 0, 0, 0)


def test_requeue_and_discard_at_once_leave_it_in_one_place_at_most() -> None:
    ids = bury(*range(20))
    with ThreadPoolExecutor(8) as pool:
        kept = [pool.submit(queues.requeue, QUEUE, one) for one in ids]
        gone = [pool.submit(queues.discard, QUEUE, one) for one in ids]
    assert all(a.result() != b.result() for a, b in zip(kept, gone, strict=True))
    found = queues.counts(QUEUE)
    assert (found.waiting, found.dead) == (sum(one.result() for one in kept), 0)
    assert dispatch.broker_client().hlen(f"{dispatch.NAMESPACE}:{QUEUE}.XQ.msgs") == 0


def test_somebody_who_is_late_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = bury(1)
    found = queues.letter(QUEUE, one)
    queues.discard(QUEUE, one)
    monkeypatch.setattr(queues, "letter", lambda *_: found)  # it went between the look and the move
    for act in (dead_letters.requeue, dead_letters.discard):
        with pytest.raises(Conflict):
            act(QUEUE, one, "ann", WHY)


def test_all_of_a_queue_run_again_in_their_order() -> None:
    bury(3, 1, 2)
    assert dead_letters.requeue_all(QUEUE, "ann", WHY) == 3
    client, name = dispatch.broker_client(), f"{dispatch.NAMESPACE}:{QUEUE}"
    waiting = [json.loads(str(client.hget(f"{name}.msgs", str(one)))) for one in client.lrange(name, 0, -1)]  # type: ignore[union-attr]
    assert [one["kwargs"]["stream_id"] for one in waiting] == [3, 1, 2]
    assert all({"retries", "traceback"}.isdisjoint(one["options"]) for one in waiting)
    assert entries() == [("ann", "requeue all", QUEUE, WHY)]
    with pytest.raises(NotFound):
        dead_letters.requeue_all(QUEUE, "ann", WHY)


def test_what_is_discarded_is_gone_and_on_record() -> None:
    first, second = bury(1, 2)
    dead_letters.discard(QUEUE, first, "ann", WHY)
    assert [one.id for one in dead_letters.letters()] == [second]
    assert entries() == [("ann", "discard", "breach_scan", WHY)]


@pytest.mark.parametrize(
    ("queue", "letter", "reason", "error"),
    [(QUEUE, "nothing", WHY, NotFound), ("nowhere", "x", WHY, Invalid), (QUEUE, "it", "  ", Invalid),
     (QUEUE, "it", "x" * 301, Invalid)],
)  # fmt: skip
def test_nonsense_changes_nothing(queue: str, letter: str, reason: str, error: type[ForewarnError]) -> None:
    (there,) = bury(1)
    for act in (dead_letters.requeue, dead_letters.discard):
        with pytest.raises(error):
            act(queue, there if letter == "it" else letter, "ann", reason)
    assert dead() == 1
    assert entries() == []


def test_the_command_lists_requeues_and_discards() -> None:
    first, second, third = bury(1, 2, 3)
    run = partial(CliRunner().invoke, app)
    listed = run(["jobs", "dead"]).output
    assert all(one in listed for one in (first, second, third, "breach_scan", "stream_id 2"))
    assert run(["jobs", "requeue", first, "--reason", WHY]).output == "breach_scan runs again.\n"
    assert run(["jobs", "discard", second, "--reason", WHY]).output == "breach_scan is discarded.\n"
    assert run(["jobs", "requeue", "--all", QUEUE, "--reason", WHY]).output == "Requeued: 1.\n"
    for again in (["jobs", "requeue", first, "--reason", WHY], ["jobs", "requeue", "--all", QUEUE, "--reason", WHY]):
        assert run(again).exit_code != 0
    assert [one[1] for one in entries()] == ["requeue all", "discard", "requeue"]
    assert "No job was given up" in run(["jobs", "dead"]).output


def test_a_duty_is_asked_for_by_name_and_on_record() -> None:
    run = partial(CliRunner().invoke, app)
    assert run(["jobs", "run-duty", "retention", "--reason", WHY]).exit_code != 0  # no scheduler has told of it
    said = {"every": "every hour", "note": "", "took_ms": 12.0, "last_at": None, "next_at": None}
    dispatch.broker_client().hset("forewarn:schedules", "retention", json.dumps(said))
    assert run(["jobs", "run-duty", "retention"]).exit_code != 0  # no reason
    assert run(["jobs", "run-duty", "retention", "--reason", WHY]).exit_code == 0
    (duty,) = duties.listed()
    assert duty.asked_at is not None and duty.asked_by == entries()[0][0]
    assert [(one[1], one[2]) for one in entries()] == [("run", "retention")]


def test_what_is_no_message_is_listed_and_stays() -> None:
    client, name = dispatch.broker_client(), f"{dispatch.NAMESPACE}:{QUEUE}.XQ"
    client.zadd(name, {"odd": 1000 * now().timestamp()})
    client.hset(f"{name}.msgs", "odd", "{not json")
    assert [one.actor for one in dead_letters.letters()] == ["unreadable"]
    assert not queues.requeue(QUEUE, "odd") and dead() == 1


def test_a_worker_says_what_it_is_at_and_that_it_is_done(task: Task, work: Callable[[], None]) -> None:
    task.broken = False
    task.wait.clear()
    dispatch.send(BreachScan(7))
    work()
    wait_for(lambda: len(activity.running()) == 1, 20, "the job is noted")
    page = jobs.snapshot()
    (one,) = page.running
    assert (one.actor, one.arguments) == ("breach_scan", "stream_id 7") and "pid" in one.process
    (queue,) = (each for each in page.queues if each.name == QUEUE)
    assert (queue.running, queue.waiting) == (1, 0)
    task.wait.set()
    wait_for(lambda: not activity.running(), 20, "the note goes")


def test_a_note_goes_with_the_heartbeat_of_a_process_that_was_killed() -> None:
    activity.begin("default, pid 1", "m", "breach_scan", QUEUE, {}, now(), 1)
    wait_for(lambda: not activity.running(), 5, "it expires")


def test_a_process_that_begins_again_under_its_old_name_has_nothing_to_finish(
    work: Callable[[], None],
) -> None:
    activity.begin(process(QUEUE), "m", "breach_scan", QUEUE, {}, now(), 60_000)
    work()
    assert not activity.running()


def test_delayed_messages_and_retries_are_counted(task: Task) -> None:
    message: dramatiq.Message[Any] = dramatiq.Message(QUEUE, "breach_scan", (), {"stream_id": 1}, {"retries": 2})
    dispatch.sender().enqueue(message, delay=60_000)
    dispatch.sender().enqueue(message.copy(options={"retries": 0}), delay=60_000)
    found = queues.counts(QUEUE)
    assert (found.delayed, found.retries, found.waiting, task.ran) == (2, 1, 0, 0)


def test_a_job_that_a_shutdown_breaks_off_is_no_failure_until_it_is_given_up() -> None:
    message = MessageProxy(dramatiq.Message(QUEUE, BreachScan.actor, (), {"stream_id": 1}, {}))
    broker = make_broker()
    Failures().after_process_message(broker, message, exception=Shutdown())
    assert stored() == 0
    message.fail()
    Failures().after_process_message(broker, message, exception=Shutdown())
    assert stored() == 1


def stored() -> int:
    """Failed attempts that the jobs page can show."""
    with reading() as session:
        return len(session.exec(select(JobFailure)).all())
