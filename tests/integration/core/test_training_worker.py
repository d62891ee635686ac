"""The worker around a training: what it passes on, what it makes of its end, and when it lets go of it."""

import sys
from pathlib import Path

import pytest

from tests.integration.core.steps import drive, held
from webapp.core import clock
from webapp.core.policies.training_runs import LEASE, Recipe
from webapp.core.services import champions, streams, training_runs
from workers.actors.training import training_start
from workers.training import Training

DEMO = streams.DEMO
_HEAR = """
import json, sys
from dataclasses import replace
from pathlib import Path
def tell(**said): print(json.dumps(said), file=sys.stderr, flush=True)
tell(say="cutting examples")
tell(epoch={"network": "known", "epoch": 1, "epochs": 2, "loss": 0.25, "steps_per_s": 9.0, "minutes_left": 1.5})
"""
GOOD = (
    _HEAR
    + """
from ml.artifacts import read, write
manifest, _, tensors = read(Path(sys.argv[1]))
write(Path(sys.argv[2]), tensors, replace(manifest, version=sys.argv[3], files={}))
print(json.dumps({"val_pinball": 0.25, "parameters": 7, "machine": {"cores": 2}}))
"""
)
BAD = _HEAR + "tell(say='error: training on telemetry needs at least 5 machines, not 3'); sys.exit(2)"
PATIENT = _HEAR + "sys.stdin.read(); tell(say='error: cancelled after 3 steps'); sys.exit(2)"


@pytest.fixture(autouse=True)
def played(demo: None) -> None:
    """Some telemetry to train on."""
    drive(held(), 0)


def asked(monkeypatch: pytest.MonkeyPatch, program: str) -> int:
    """A queued run that trains with a program."""

    def command(self: Training) -> list[str]:
        return [sys.executable, "-c", program, str(champions.SHIPPED), str(self.out), self.held.version]

    monkeypatch.setattr(Training, "_command", command)
    monkeypatch.setattr("workers.training._LOOK_S", 0.1)
    return training_runs.request(DEMO, Recipe(days=2, minutes=1), "ann").id


def test_a_training_that_succeeds_is_a_candidate_that_serves_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = asked(monkeypatch, GOOD)
    training_start.fn(run_id)
    one = training_runs.run(run_id)
    assert (one.status, one.candidate, one.manifest["parameters"]) == ("candidate", "fleet-tft 1.1.0", 7)
    assert [(point.network, point.epoch, point.loss) for point in one.curve] == [("known", 1, 0.25)]
    assert streams.stream(DEMO).version == "1.0.0"


def test_a_training_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = asked(monkeypatch, BAD)
    training_start.fn(run_id)
    one = training_runs.run(run_id)
    assert (one.status, one.note) == ("failed", "training on telemetry needs at least 5 machines, not 3")


def test_a_cancelled_training_is_let_go_and_says_that_it_can_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = asked(monkeypatch, PATIENT)
    taken = training_runs.claim(run_id, "worker")
    assert taken is not None
    training_runs.cancel(run_id, "bob")
    Training(taken).run()
    assert training_runs.run(run_id).status == "cancelled"
    assert (taken.folder / "telemetry.parquet").exists() is False  # it was cancelled before its first step


def test_who_lost_a_run_leaves_it_to_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = asked(monkeypatch, PATIENT)
    slow = training_runs.claim(run_id, "slow")
    monkeypatch.setattr(training_runs, "now", lambda: clock.now() + 2 * LEASE)
    quick = training_runs.claim(run_id, "quick")
    assert slow is not None and quick is not None
    Training(slow).run()
    assert training_runs.run(run_id).status == "running"
    assert not Path(slow.folder / f"artefact-{slow.fence}").exists()


def test_a_run_that_is_over_is_not_trained_again(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = asked(monkeypatch, GOOD)
    training_start.fn(run_id)
    training_start.fn(run_id)
    assert training_runs.run(run_id).attempts == 1
