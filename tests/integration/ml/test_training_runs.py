"""Training runs as people start them: saved, cancelled and resumed to the bit, refused where they cannot work."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.artifacts import read_manifest
from ml.cli import CHAMPION, RIDGE, main
from ml.dataset.telemetry import Telemetry, tick_time, write_telemetry
from ml.dataset.windows import Span, cut, simulated_span
from ml.evaluation.contenders import Served, head
from ml.evaluation.seen import trained
from ml.runtime import load
from ml.runtime.features import is_unknown
from ml.runtime.odds import ASKED, HOURS, Odds

torch = pytest.importorskip("torch", reason="the training packages are not installed")
batches = pytest.importorskip("ml.tft.batches")
training = pytest.importorskip("ml.tft.train")
teaching = pytest.importorskip("ml.tft.odds")


@pytest.fixture(scope="module")
def span() -> Span:
    return simulated_span(6, 10, 77, injected=0.5)


@pytest.fixture
def small(monkeypatch, span):
    """A run of three short epochs on six servers."""
    monkeypatch.setattr(batches, "STEPS_AN_EPOCH", 3)
    monkeypatch.setattr(batches, "ON_CPU", 64)
    return training.Plan(RIDGE, 0, seed=3, minutes=1.0, steps=9, data=(span,), hidden=16)


def silence(_message: str) -> None:
    """Nothing is shown in tests."""


def alone() -> object:
    """Nobody listens to a run."""
    return training.Listener.of(silence)


def test_a_tiny_run_is_saved_and_serves(small, tmp_path, span):
    told = training.train_tft(replace(small, work=tmp_path / "work"), tmp_path / "model", {}, alone(), lambda _: {})
    served = load(tmp_path / "model")
    assert served.sha256 == told["sha256"]
    assert served.manifest.kind == "tft"
    piece = cut(span, 2_000)
    fans = served.model.quantiles(piece.history, piece.calendar, piece.profiles, piece.week_tick, piece.week)
    assert np.isfinite(fans).all()
    assert not is_unknown(piece.profiles).any()


def test_a_cancelled_run_goes_on_to_the_same_model(small, tmp_path):
    asked = iter([False] * 4 + [True] * 100)
    with pytest.raises(training.Cancelled):
        training.fit(replace(small, work=tmp_path / "a"), training.Listener.of(silence, lambda: next(asked)))
    assert torch.load(tmp_path / "a" / "known" / "last.ckpt", weights_only=True)["epoch"] == 0
    resumed = training.fit(replace(small, work=tmp_path / "a"), alone())
    assert torch.load(tmp_path / "a" / "known" / "last.ckpt", weights_only=True)["epoch"] == 2
    unbroken = training.fit(replace(small, work=tmp_path / "b"), alone())
    assert resumed.tensors.keys() == unbroken.tensors.keys()
    assert all(np.array_equal(resumed.tensors[name], unbroken.tensors[name]) for name in resumed.tensors)


@pytest.mark.parametrize("name", ["last.ckpt", "best.ckpt"])
@pytest.mark.parametrize("kept", [None, 0, 500])
def test_a_damaged_checkpoint_is_told_of_and_the_run_begins_anew(small, tmp_path, name, kept):
    asked = iter([False] * 4 + [True] * 100)
    with pytest.raises(training.Cancelled):
        training.fit(replace(small, work=tmp_path), training.Listener.of(silence, lambda: next(asked)))
    damaged = tmp_path / "known" / name
    left = damaged.read_bytes()[:kept] if kept is not None else None
    damaged.unlink()
    if left is not None:
        damaged.write_bytes(left)
    heard = []
    assert (
        training.fit(replace(small, work=tmp_path), training.Listener.of(heard.append)).figures["known"]["epochs"] == 3
    )
    gone = name == "last.ckpt" and kept is None  # as if it had never been written
    assert ("its checkpoint is damaged, so it begins anew" in heard) is not gone


def test_a_listener_hears_of_every_epoch_with_its_loss(small, tmp_path):
    heard = []
    training.fit(replace(small, work=tmp_path), training.Listener(silence, heard.append))
    assert [(one.network, one.epoch, one.epochs) for one in heard] == [("known", at, 3) for at in (1, 2, 3)]
    assert all(0 < one.loss < 10 and one.steps_per_s > 0 for one in heard)


def test_a_length_in_minutes_is_measured_once(small, tmp_path):
    (tmp_path / "known").mkdir()
    (tmp_path / "known" / "steps.txt").write_text("6")
    told = training.fit(replace(small, work=tmp_path, steps=None), alone())
    assert told.figures["known"]["steps"] == 6


def test_a_run_whose_disk_was_full_can_be_tried_again(small, tmp_path, monkeypatch):
    whole = Path.write_text

    def full(path: Path, text: str) -> int:
        whole(path, "")  # the file is there before the disk has no room for what is in it
        raise OSError(28, "No space left on device")

    plan = replace(small, work=tmp_path, steps=None)
    monkeypatch.setattr(training, "_steps", lambda *_: 3)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", full)
        with pytest.raises(OSError, match="No space left"):
            training.fit(plan, alone())
    assert training.fit(plan, alone()).figures["known"]["steps"] == 3


def test_a_work_folder_of_another_run_is_refused(small, tmp_path):
    (tmp_path / "known").mkdir()
    (tmp_path / "known" / "run.txt").write_text("seed 9, 10 examples, 9 steps, from abc\n")
    with pytest.raises(ValueError, match="another run"):
        training.fit(replace(small, work=tmp_path), alone())


def test_the_last_days_before_the_first_origin_are_tuned_on(small, monkeypatch, span):
    from ml.evaluation import tuning

    monkeypatch.setattr(tuning, "Plan", lambda start, _servers, _seed, _minutes, data: replace(small, data=data))
    before = head(span, 2_000)
    tuned = tuning.fine_tuned(CHAMPION, 4, 1.0, 3, silence)(before)
    assert isinstance(tuned, Served)
    assert np.isfinite(tuned.quantiles(cut(span, 2_000))).all()
    kept = tuning.last(before, 4)
    np.testing.assert_array_equal(kept.values, span.values[2_000 - 4 * 288 : 2_000])
    with pytest.raises(ValueError, match=r"only 6\.9 days"):
        tuning.last(before, 7)


def test_training_on_few_machines_is_refused(small, span):
    few = Span(span.first, span.assets[:3], span.profiles[:3], span.values[:, :3], span.maintenance[:, :3])
    with pytest.raises(ValueError, match="at least 5 machines"):
        training.fit(replace(small, data=(few,)), alone())


def test_what_comes_after_the_cut_changes_nothing_in_the_weights_and_the_manifest_tells_the_rest(
    small, tmp_path, span, capsys
):
    until, weights = tick_time(span.first + 2_000), []
    for name, later in (("as it was", None), ("otherwise", 7.0)):
        values = span.values.copy()
        if later is not None:
            values[2_000:] = later
        write_telemetry(tmp_path / f"{name}.parquet", Telemetry(span.first, span.assets, span.profiles, values))
        words = ["train", "--data", str(tmp_path / f"{name}.parquet"), "--until", until.isoformat(), "--steps", "3"]
        assert main([*words, "--seed", "3", "--out", str(tmp_path / name)]) == 0
        weights.append((tmp_path / name / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]
    told = trained(read_manifest(tmp_path / "otherwise")[0])
    assert (told["last_at"], told["mode"]) == (tick_time(span.first + 1_999).isoformat(), "fine_tune")
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["data"][0]["last_at"] == told["last_at"]


def test_breach_chances_are_taught_the_same_way_twice(monkeypatch):
    monkeypatch.setattr(teaching, "_EVERY", 700)
    monkeypatch.setattr(teaching, "_STEPS", 40)
    champion = load(CHAMPION)
    one, two = (teaching.fit_odds(champion.model, champion.odds.correlation, 12, 5, silence) for _ in range(2))
    assert all(np.array_equal(one[name], two[name]) for name in one)
    odds = Odds.from_tensors({**one, "correlation": champion.odds.correlation})
    assert odds.layers[0].weight.shape[1] == ASKED
    assert odds.layers[-1].weight.shape[0] == len(HOURS)
    assert np.abs(odds.layers[-1].weight).max() > 0.0
