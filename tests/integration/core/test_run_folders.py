"""What a training leaves on disk: gone once nobody needs it, there as long as somebody may."""

from datetime import timedelta

import pytest

from tests.integration.core.programs import BAD, GOOD, JUDGE, processes
from tests.integration.core.steps import drive, held
from webapp.core import clock
from webapp.core.policies.training_runs import Recipe
from webapp.core.services import evidence, promotions, retention, run_folders, streams, training_runs
from workers.actors.training import training_start


@pytest.fixture(autouse=True)
def played(demo: None) -> None:
    """Some telemetry to train on."""
    drive(held(), 0)


def _ran(monkeypatch: pytest.MonkeyPatch, program: str) -> int:
    processes(monkeypatch, program, JUDGE)
    run_id = training_runs.request(streams.DEMO, Recipe(days=3, minutes=1), "ann").id
    training_start.fn(run_id)
    (run_folders.folder(run_id) / "work").mkdir()
    return run_id


def _left(run_id: int) -> set[str]:
    return {one.name for one in run_folders.folder(run_id).iterdir()}


def _swept_after(monkeypatch: pytest.MonkeyPatch, span: timedelta) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(run_folders, "now", lambda: clock.now() + span)
        retention.sweep()


def test_a_candidate_stays_with_its_evidence_and_what_it_was_trained_on_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = _ran(monkeypatch, GOOD)
    _swept_after(monkeypatch, timedelta(hours=23))
    assert {"telemetry.parquet", "work", "candidate"} <= _left(run_id)
    _swept_after(monkeypatch, timedelta(hours=25))
    assert _left(run_id) == {"candidate", "evidence.json"}
    found = evidence.of_run(run_id)
    assert found is not None and found.intact
    assert training_runs.run(run_id).manifest["data"]["sha256"]  # type: ignore[index]
    assert promotions.history(streams.DEMO)[0].version == "1.0.0"


def test_a_run_that_failed_can_be_resumed_for_five_weeks_and_begins_anew_after(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = _ran(monkeypatch, BAD)
    _swept_after(monkeypatch, timedelta(days=34))
    assert {"telemetry.parquet", "work"} <= _left(run_id)
    _swept_after(monkeypatch, timedelta(days=36))
    assert _left(run_id) == set()
    processes(monkeypatch, GOOD, JUDGE)
    training_runs.again(run_id, "ann")
    training_start.fn(run_id)
    assert training_runs.run(run_id).status == "candidate"


def test_a_run_on_its_way_and_a_folder_of_nobody_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = _ran(monkeypatch, BAD)
    training_runs.again(run_id, "ann")
    nobodys = run_folders.folder(99)
    (nobodys / "work").mkdir(parents=True)
    _swept_after(monkeypatch, timedelta(days=99))
    assert (run_folders.folder(run_id) / "work").exists()
    assert (nobodys / "work").exists()
