"""The worker around a training: what it passes on, what it makes of its end, and when it lets go of it."""

import json
from pathlib import Path

import pytest

from ml.cli import build_parser
from tests.documents import judged
from tests.integration.core.programs import BAD, GOOD, JUDGE, KILLED, NONSENSE, ONCE, PATIENT, processes
from tests.integration.core.steps import drive, held
from webapp.core import clock
from webapp.core.db import reading
from webapp.core.policies.decisions import POLICY
from webapp.core.policies.roles import Role
from webapp.core.policies.training_runs import LEASE, Recipe
from webapp.core.repositories import deliveries as delivery_rows
from webapp.core.repositories import evidence as evidence_rows
from webapp.core.services import (
    evidence,
    exports,
    notifications,
    promotion_policies,
    promotions,
    run_folders,
    streams,
    training_runs,
)
from workers.actors.training import training_start
from workers.training import Training

DEMO = streams.DEMO


@pytest.fixture(autouse=True)
def played(demo: None) -> None:
    """Some telemetry to train on."""
    drive(held(), 0)


def asked(monkeypatch: pytest.MonkeyPatch, program: str, judge: str = JUDGE) -> int:
    """A queued run that trains with a program, and is judged with another."""
    processes(monkeypatch, program, judge)
    return training_runs.request(DEMO, Recipe(days=3, minutes=1), "ann").id


def test_a_training_that_succeeds_is_a_candidate_that_serves_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = asked(monkeypatch, GOOD)
    training_start.fn(run_id)
    one = training_runs.run(run_id)
    assert (one.status, one.candidate, one.manifest["parameters"]) == ("candidate", "fleet-tft 1.1.0", 7)
    assert [(point.network, point.epoch, point.loss) for point in one.curve] == [("known", 1, 0.25)]
    assert streams.stream(DEMO).version == "1.0.0"


def test_a_candidate_has_evidence_and_the_run_says_what_it_used(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = asked(monkeypatch, GOOD)
    training_start.fn(run_id)
    found = evidence.of_run(run_id)
    assert found is not None and found.passed and found.intact
    assert (found.candidate.name, found.champion.version) == ("fleet-tft 1.1.0", "1.0.0")
    assert evidence.newest(DEMO, found.candidate_id) == found
    manifest = training_runs.run(run_id).manifest
    assert {"parameters", "machine", "held_out_from", "judged_s"} <= set(manifest)
    data = manifest["data"]
    assert isinstance(data, dict) and len(data["sha256"]) == 64 and data["rows"] > 0 and data["from"] < data["to"]


def test_where_the_policy_says_so_a_candidate_that_passes_serves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    promotion_policies.change(DEMO, "automatic", "ada", Role.ADMIN, "nights are quiet")
    training_start.fn(asked(monkeypatch, GOOD))
    served = promotions.history(DEMO)[0]
    assert (served.version, served.by) == ("1.1.0", POLICY)


def test_a_training_that_fails_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    form = {"name": "ops", "kind": "slack", "url": "http://127.0.0.1:1/hook", "topics": ["trainings"]}
    notifications.add(form, "ada")
    run_id = asked(monkeypatch, BAD)
    training_start.fn(run_id)
    training_start.fn(run_id)
    with reading() as session:
        (told,) = delivery_rows.latest(session, 9)
    training_runs.again(run_id, "ann")
    training_start.fn(run_id)
    with reading() as session:
        assert len(delivery_rows.latest(session, 9)) == 2  # another try that failed is news
    assert told.notice["title"] == f"Training run {run_id} for fleet-demo failed."
    assert "at least 5 machines, not 3" in told.notice["text"]


def test_a_worker_killed_while_judging_is_followed_by_one_that_does_not_train_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_id = asked(monkeypatch, GOOD)
    killed = training_runs.claim(run_id, "killed")
    assert killed is not None
    first = Training(killed)
    killed.folder.mkdir(parents=True)
    first._freeze()
    first._train()  # and here it dies
    processes(monkeypatch, ONCE, JUDGE)
    expire(monkeypatch)
    training_start.fn(run_id)
    one = training_runs.run(run_id)
    assert (one.status, one.candidate, one.attempts, one.note) == ("candidate", "fleet-tft 1.1.0", 2, None)


def test_who_lost_a_run_while_judging_stores_no_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = asked(monkeypatch, GOOD, PATIENT)
    slow = training_runs.claim(run_id, "slow")
    assert slow is not None
    worker = Training(slow)
    judge = worker._judge
    monkeypatch.setattr(worker, "_judge", lambda: (overtaken(monkeypatch, run_id), judge())[1])
    worker.run()
    with reading() as session:
        assert len(evidence_rows.of_stream(session, 1, 10)) == 1
    assert (training_runs.run(run_id).status, training_runs.run(run_id).attempts) == ("candidate", 2)


def overtaken(monkeypatch: pytest.MonkeyPatch, run_id: int) -> None:
    """Another worker takes the run over and brings it to its end."""
    processes(monkeypatch, ONCE, JUDGE)
    expire(monkeypatch)
    training_start.fn(run_id)


def expire(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the leases so far run out."""
    monkeypatch.setattr(training_runs, "now", lambda: clock.now() + 2 * LEASE)


def test_a_candidate_is_judged_again_when_another_champion_serves_by_then(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = asked(monkeypatch, GOOD)
    taken = training_runs.claim(run_id, "worker")
    assert taken is not None
    taken.folder.mkdir(parents=True)
    (taken.folder / "evidence.json").write_text(json.dumps(judged()))  # beside a champion that serves no more
    Training(taken).run()
    found = evidence.of_run(run_id)
    assert found is not None and found.champion_id == evidence.rival(DEMO).version_id


def test_a_judgement_that_fails_keeps_the_candidate_for_the_next_try(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = asked(monkeypatch, GOOD, BAD)
    training_start.fn(run_id)
    assert training_runs.run(run_id).status == "failed"
    processes(monkeypatch, ONCE, JUDGE)
    training_runs.again(run_id, "ann")
    training_start.fn(run_id)
    assert training_runs.run(run_id).candidate == "fleet-tft 1.1.0"


def test_a_judgement_with_numbers_that_are_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = asked(monkeypatch, GOOD, NONSENSE)
    training_start.fn(run_id)
    one = training_runs.run(run_id)
    assert (one.status, one.candidate) == ("failed", None)
    assert "numbers that are none" in (one.note or "")


def test_the_commands_of_a_run_split_its_telemetry_at_one_time() -> None:
    run_id = training_runs.request(DEMO, Recipe(days=3, minutes=1), "ann").id
    taken = training_runs.claim(run_id, "worker")
    assert taken is not None
    worker = Training(taken)
    taken.folder.mkdir(parents=True)
    worker._freeze()
    parse = build_parser().parse_args
    train, judge = parse(worker._command()[3:]), parse(worker._judging(evidence.rival(DEMO))[3:])
    first, last = exports.ticks(worker.data)
    assert train.until == judge.since == clock.time_of(last + 1 - 288).isoformat()
    assert (train.data, judge.data) == ([str(worker.data)], str(worker.data))
    assert first == last - 288


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


def test_a_process_that_is_killed_is_no_reason_in_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = asked(monkeypatch, KILLED)
    training_start.fn(run_id)
    one = training_runs.run(run_id)
    assert one.status == "failed"
    assert (one.note or "").startswith('its process was killed by signal 9 at "cutting examples" (the system does that')
    assert "Resume" in (one.note or "")


@pytest.mark.parametrize("name", ["manifest.json", "model.safetensors", "run.json"])
@pytest.mark.parametrize("text", [None, "{"])
def test_a_candidate_that_was_damaged_is_trained_again(
    name: str, text: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = asked(monkeypatch, GOOD, BAD)
    training_start.fn(run_id)
    damaged = run_folders.folder(run_id) / "candidate" / name
    damaged.unlink()
    if text is not None:
        damaged.write_text(text)
    processes(monkeypatch, GOOD, JUDGE)
    training_runs.again(run_id, "ann")
    training_start.fn(run_id)
    assert training_runs.run(run_id).candidate == "fleet-tft 1.1.0"


def test_frozen_telemetry_that_was_changed_fails_the_run_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = asked(monkeypatch, BAD)
    training_start.fn(run_id)
    frozen = run_folders.folder(run_id) / "telemetry.parquet"
    frozen.write_bytes(frozen.read_bytes()[:1000])
    training_runs.again(run_id, "ann")
    training_start.fn(run_id)
    assert "changed or damaged since: ask for a new training" in (training_runs.run(run_id).note or "")


def test_where_the_frozen_telemetry_is_gone_nothing_that_stood_on_it_is_taken_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_id = asked(monkeypatch, GOOD, BAD)
    training_start.fn(run_id)
    folder = run_folders.folder(run_id)
    (folder / "telemetry.parquet").unlink()
    (folder / "work" / "known").mkdir(parents=True)
    processes(monkeypatch, ONCE, JUDGE)
    training_runs.again(run_id, "ann")
    training_start.fn(run_id)
    assert (training_runs.run(run_id).note, (folder / "work").exists()) == ("trained a second time", False)
