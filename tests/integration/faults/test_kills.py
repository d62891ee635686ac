"""kill -9 at any moment: what was acknowledged is there, what was swallowed is sent again, nothing is made twice."""

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta

import psutil
import pytest

from tests.integration.core.programs import JUDGE, ONCE, processes
from tests.integration.core.steps import drive, driver, held, runs
from tests.integration.faults.checks import as_simulated, go_on
from tests.integration.faults.conftest import end
from tests.integration.faults.victims import SERVERS, STREAM
from tests.integration.infra.console import wait_for
from webapp.core import clock, dispatch
from webapp.core.db import reading
from webapp.core.jobs import ForecastRun
from webapp.core.policies.training_runs import LEASE, Recipe
from webapp.core.repositories import assets, telemetry
from webapp.core.services import evidence, playbacks, run_folders, streams, training_runs
from workers.actors.training import training_start

Start = Callable[..., "subprocess.Popen[str]"]
StartWorker = Callable[[str], "subprocess.Popen[bytes]"]
KILLS = 4


def stored(slug: str, ticks: list[int]) -> set[tuple[int, int]]:
    """(asset, tick) of a stream's telemetry."""
    with reading() as session:
        stream = streams.find(session, slug)
        ids = [one.id for one in assets.of_stream(session, stream.id or 0) if one.id]
        return set(telemetry.existing(session, [(one, tick) for one in ids for tick in ticks]))


def rest(writer: "subprocess.Popen[str]") -> set[int]:
    """Kill a writer; what it had promised and nobody had read yet."""
    writer.kill()
    assert writer.stdout is not None
    return {int(line) for line in writer.stdout.read().splitlines()}


@pytest.mark.usefixtures("installation")
def test_every_acknowledged_batch_survives_its_writer(victim: Start) -> None:
    chance = random.Random(7)
    promised: set[int] = set()
    for _ in range(KILLS):
        writer = victim("push")
        assert writer.stdout is not None
        promised |= {int(writer.stdout.readline()) for _ in range(chance.randrange(1, 25))}
        time.sleep(chance.random() * 0.02)  # anywhere within the next batch, not only between two
        promised |= rest(writer)
    assert len(stored(STREAM, sorted(promised))) == len(promised) * len(SERVERS)


@pytest.mark.usefixtures("installation")
def test_a_batch_is_there_whole_or_not_at_all(victim: Start) -> None:
    writer = victim("push")
    assert writer.stdout is not None
    first = int(writer.stdout.readline())
    time.sleep(0.05)
    last = max({first} | rest(writer))
    counts = [len(stored(STREAM, [tick])) for tick in range(first, last + 3)]
    assert set(counts) <= {0, len(SERVERS)}


@pytest.mark.usefixtures("installation")
def test_what_died_between_commit_and_send_is_sent_again(victim: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = victim("die_before_telling")
    assert dead.wait(30) == -signal.SIGKILL
    dispatch.broker_client().flushall()  # the first batch's message is not what is looked for
    monkeypatch.setattr(playbacks, "FORECAST_GRACE", timedelta(0))
    assert playbacks.reconcile() == 1
    waiting, _, _ = dispatch.queue_sizes("inference")
    assert waiting == 1


@pytest.mark.usefixtures("demo")
def test_a_paused_driver_that_was_outlived_writes_nothing_more(victim: Start, worker: StartWorker) -> None:
    streams.set_speed(streams.DEMO, 0, "test")
    worker("inference")
    first = victim("drive_and_pause")
    assert first.stdout is not None and first.stdout.readline() == "driving 1\n"
    wait_for(lambda: psutil.Process(first.pid).status() == psutil.STATUS_STOPPED, 30, "the first driver pauses")
    second = victim("drive")
    assert second.stdout is not None and second.stdout.readline() == "driving 2\n"
    before = len(runs())
    os.kill(first.pid, signal.SIGCONT)
    assert first.stdout.readline() == "lost 1\n"
    wait_for(lambda: len(runs()) > before + 5, 30, "the stream goes on")
    as_simulated()


@pytest.mark.usefixtures("demo")
def test_a_cycle_that_runs_in_three_processes_at_once_is_stored_once(victim: Start) -> None:
    drive(held(), ticks=0)
    tick = runs()[-1].tick
    lease = held_again()
    block = driver(lease).block(tick + 1, 1, (), ())
    racing = [victim("forecast") for _ in range(3)]
    for one in racing:
        assert one.stdout is not None and one.stdout.readline() == "forecast\n"
    assert playbacks.write(lease, block, played=playbacks.turn(lease))
    wait_for(lambda: runs()[-1].tick == tick + 1, 20, "the new tick is forecast")
    for one in racing:
        assert one.poll() is None, "no process failed"
    as_simulated()


@pytest.mark.usefixtures("demo")
def test_twenty_copies_of_a_message_make_one_forecast(worker: StartWorker) -> None:
    lease = held()
    drive(lease, ticks=0)
    made = runs()[-1].made_at
    for _ in range(20):
        dispatch.send(ForecastRun(lease.stream_id, runs()[-1].tick))
    worker("inference")
    wait_for(lambda: dispatch.queue_sizes("inference")[0] == 0, 20, "every copy was taken")
    assert runs()[-1].made_at == made
    as_simulated()


@pytest.mark.usefixtures("demo")
def test_drivers_and_forecasters_killed_at_random_leave_an_undisturbed_history(
    victim: Start, worker: StartWorker
) -> None:
    streams.set_speed(streams.DEMO, 0, "test")
    chance = random.Random(11)
    playing, forecasting = victim("drive"), worker("inference")
    for driver_dies in (True, False, True):
        go_on(4)
        time.sleep(chance.random() * 0.3)
        if driver_dies:
            playing.kill()
            playing = victim("drive")
        else:
            end(forecasting)
            forecasting = worker("inference")
    go_on(4)
    as_simulated()


def held_again() -> playbacks.Held:
    """The lease, given back first."""
    with reading() as session:
        found = streams.driver_of(session, streams.find(session, streams.DEMO))
    assert found is not None and found.id is not None
    playbacks.release(playbacks.Held(found.id, found.stream_id, found.fence, found.path))
    return held()


@pytest.mark.usefixtures("demo")
def test_a_run_whose_worker_is_killed_while_judging_is_judged_by_the_next_one(
    victim: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive(held(), ticks=0)
    run_id = training_runs.request(streams.DEMO, Recipe(days=3, minutes=1), "ann").id
    worker = victim("judge", str(run_id))
    assert worker.stdout is not None
    judge = int(worker.stdout.readline())
    candidate = run_folders.folder(run_id) / "candidate" / "manifest.json"
    trained = candidate.read_bytes()
    worker.kill()
    wait_for(lambda: not psutil.pid_exists(judge), 20, "the judge ends with its worker")
    processes(monkeypatch, ONCE, JUDGE)
    monkeypatch.setattr(training_runs, "now", lambda: clock.now() + 2 * LEASE)
    training_start.fn(run_id)
    found = evidence.of_run(run_id)
    assert found is not None and found.candidate.sha256 == json.loads(trained)["sha256"]
    assert (training_runs.run(run_id).attempts, candidate.read_bytes()) == (2, trained)
