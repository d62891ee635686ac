"""A training whose worker, disk, broker or database fails at any point ends as one candidate, or as a failure in words.

Nothing is lost, nothing is there twice, no run is stuck.
"""

import subprocess
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.integration.core.programs import BAD, FULL, GOOD, JUDGE, processes
from tests.integration.core.steps import drive, held, runs
from tests.integration.core.test_promotions import served
from tests.integration.faults.checks import go_on
from tests.integration.faults.conftest import end
from tests.integration.faults.test_broker import Broker, broker, broker_url
from tests.integration.infra.console import wait_for
from webapp.core import clock
from webapp.core.db import reading
from webapp.core.policies.training_runs import LEASE, Recipe
from webapp.core.repositories import assets, forecasts, model_versions
from webapp.core.repositories import evidence as evidence_rows
from webapp.core.repositories import promotions as promotion_rows
from webapp.core.services import run_folders, streams, training_runs
from workers.actors.training import training_start

__all__ = ["broker", "broker_url"]
DEMO = streams.DEMO
Start = Callable[..., "subprocess.Popen[str]"]
POINTS = ("claimed", "frozen", "training", "artefact half written", "artefact written", "candidate there", "judged")


@pytest.fixture
def run_id(demo: None) -> int:
    """A queued run on a stream with some telemetry."""
    drive(held(), ticks=0)
    return training_runs.request(DEMO, Recipe(days=3, minutes=1), "ann").id


def taken_over(run_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the next worker does once the lease of the dead one has run out."""
    processes(monkeypatch, GOOD, JUDGE)
    monkeypatch.setattr(training_runs, "now", lambda: clock.now() + 2 * LEASE)
    training_start.fn(run_id)


def whole(run_id: int, attempts: int) -> None:
    """The run became one candidate with one piece of evidence, after some tries."""
    one = training_runs.run(run_id)
    assert (one.status, one.candidate, one.attempts) == ("candidate", "fleet-tft 1.1.0", attempts)
    with reading() as session:
        made = [one.version for one in model_versions.of_model(session, "fleet-tft")]
        judged = evidence_rows.of_stream(session, streams.stream(DEMO).id, 10)
    assert (sorted(made), len(judged)) == (["1.0.0", "1.1.0"], 1)
    folder = run_folders.folder(run_id)
    assert (folder / "candidate" / "manifest.json").exists()


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_any_point_is_followed_by_one_that_ends_the_run_once(
    point: str, run_id: int, victim: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = victim("die_training", str(run_id), point)
    assert dead.wait(60) == -9
    assert training_runs.run(run_id).status == "running"
    taken_over(run_id, monkeypatch)
    whole(run_id, attempts=2)


def test_a_worker_killed_right_after_it_handed_in_leaves_nothing_to_do(
    run_id: int, victim: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert victim("die_training", str(run_id), "handed in").wait(60) == -9
    taken_over(run_id, monkeypatch)
    whole(run_id, attempts=1)


def test_a_disk_that_is_full_fails_the_run_in_words_and_leaves_no_half_artefact(
    run_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes(monkeypatch, FULL, JUDGE)
    training_start.fn(run_id)
    one = training_runs.run(run_id)
    assert one.status == "failed" and "File too large" in (one.note or "")
    folder = run_folders.folder(run_id)
    assert [path.name for path in folder.iterdir() if "artefact" in path.name or path.name == "candidate"] == []
    training_runs.again(run_id, "ann", "there is room again")
    processes(monkeypatch, GOOD, JUDGE)
    training_start.fn(run_id)
    assert training_runs.run(run_id).candidate == "fleet-tft 1.1.0"


def test_a_run_that_failed_keeps_the_version_that_serves(run_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    processes(monkeypatch, BAD, JUDGE)
    training_start.fn(run_id)
    assert (training_runs.run(run_id).status, streams.stream(DEMO).version) == ("failed", "1.0.0")


def trains(run_id: int, victim: Start, tmp_path: Path) -> tuple["subprocess.Popen[str]", Path]:
    """A worker in the middle of a training, and the file that lets it go on."""
    gate = tmp_path / "go-on"
    worker = victim("train", str(run_id), str(gate))
    assert worker.stdout is not None and worker.stdout.readline() == "training\n"
    wait_for(lambda: bool(psutil.Process(worker.pid).children()), 30, "the training's own process")
    return worker, gate


def test_a_broker_that_restarts_costs_a_training_nothing(
    run_id: int, broker: Broker, victim: Start, tmp_path: Path
) -> None:
    _, gate = trains(run_id, victim, tmp_path)
    broker.die()
    gate.touch()
    broker.start()
    wait_for(lambda: training_runs.run(run_id).ended_at is not None, 60, "the run ends")
    whole(run_id, attempts=training_runs.run(run_id).attempts)


@pytest.mark.parametrize("installation", ["postgres"], indirect=True)
def test_a_database_that_restarts_costs_a_training_a_try_at_most(
    run_id: int, restart_postgres: Callable[[], None], victim: Start, tmp_path: Path
) -> None:
    _, gate = trains(run_id, victim, tmp_path)
    restart_postgres()
    gate.touch()
    wait_for(lambda: training_runs.run(run_id).ended_at is not None, 60, "the run ends")
    whole(run_id, attempts=training_runs.run(run_id).attempts)


@pytest.mark.usefixtures("demo")
def test_a_forecaster_killed_while_the_champion_changes_misses_no_tick_and_names_each_version_rightly(
    victim: Start, worker: Callable[[str], "subprocess.Popen[bytes]"], tmp_path: Path
) -> None:
    streams.set_speed(DEMO, 0, "test")
    forecasting = worker("inference")
    victim("drive")
    go_on(4)
    served(tmp_path, "1.1.0")
    end(forecasting)
    worker("inference")
    go_on(8)
    with reading() as session:
        stream = streams.find(session, DEMO)
        move = promotion_rows.of_stream(session, stream.id or 0)[0]
        ids = [one.id for one in assets.of_stream(session, stream.id or 0) if one.id]
        ticks = [run.tick for run in runs()]
        by = {tick: {fan.model_version_id for fan in forecasts.fans_at(session, ids, tick).values()} for tick in ticks}
    assert ticks == list(range(ticks[0], ticks[-1] + 1)) and move.tick is not None
    assert {len(each) for each in by.values()} == {1}
    changed = [tick for tick in ticks if by[tick] == {move.model_version_id}]
    assert changed and changed == [tick for tick in ticks if tick >= changed[0]] and changed[0] >= move.tick
