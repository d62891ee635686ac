"""Evidence as it is measured: on windows that neither model was trained on, paired, and the same twice."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from ml.artifacts import read, write
from ml.cli import CHAMPION, RIDGE, main
from ml.contracts import Manifest
from ml.dataset.telemetry import DatasetError, Telemetry, tick_time, write_telemetry
from ml.dataset.windows import simulated_span
from ml.evaluation import judging
from ml.evaluation.differences import Pair, difference, worse
from ml.evaluation.figures import Blocks
from ml.evaluation.judging import Case, judge
from ml.evaluation.seen import seen_by, together, touched, trained
from ml.schema import HORIZON, METRICS

DAYS = 4
SINCE = tick_time((DAYS - 1) * 288)


def quiet(_message: str) -> None:
    """Nothing is shown in tests."""


@pytest.fixture(scope="module")
def telemetry() -> Telemetry:
    span = simulated_span(6, DAYS, 77, 0.2)
    return Telemetry(span.first, span.assets, span.profiles, span.values)


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(judging, "_ELSEWHERE_SERVERS", 4)
    monkeypatch.setattr(judging, "_ELSEWHERE_DAYS", 4)


def trained_until(folder: Path, at) -> Path:
    """The shipped champion as if it had been trained on telemetry up to a time."""
    manifest, _, tensors = read(CHAMPION)
    seen = [{"first_at": tick_time(0).isoformat(), "last_at": at.isoformat(), "sha256": "d" * 64}]
    recipe = {**manifest.recipe, "seen": seen, "mode": "fine_tune"}
    write(folder, tensors, replace(manifest, version="1.1.0", recipe=recipe, files={}))
    return folder


def judged(candidate: Path, telemetry: Telemetry, champion: Path = CHAMPION) -> dict:
    return judge(Case(candidate, champion, RIDGE, telemetry, SINCE, "mine"), quiet)[0]


def test_a_model_beside_itself_differs_by_nothing(telemetry, tmp_path):
    found = judged(trained_until(tmp_path / "a", SINCE - timedelta(minutes=5)), telemetry)
    assert (found["difference"]["relative"], found["difference"]["ci95"], found["worse"]) == (0.0, [0.0, 0.0], [])
    assert found["models"]["candidate"]["windows"] == found["models"]["champion"]["windows"] > 0
    assert found["candidate"]["trained"]["mode"] == "fine_tune"


def test_every_window_lies_after_the_cut_whole(telemetry, tmp_path):
    windows = judged(RIDGE, telemetry)["windows"]
    assert windows["first_at"] == SINCE.isoformat()
    assert windows["last_at"] <= telemetry.last_at.isoformat()
    assert windows["left_out"] == 0


def test_windows_that_the_champion_was_trained_on_are_left_out(telemetry, tmp_path):
    seen = trained_until(tmp_path / "a", SINCE + timedelta(hours=4))
    windows = judged(RIDGE, telemetry, seen)["windows"]
    assert windows["left_out"] > 0
    assert windows["first_at"] > (SINCE + timedelta(hours=4)).isoformat()


def test_with_no_window_left_there_is_a_document_that_says_so(telemetry, tmp_path):
    seen = trained_until(tmp_path / "a", telemetry.last_at)
    found = judged(RIDGE, telemetry, seen)
    assert (found["windows"]["count"], found["models"]) == (0, {})
    json.dumps(found, allow_nan=False)


def test_judging_twice_measures_the_same(telemetry):
    one, two = (judged(RIDGE, telemetry) for _ in range(2))
    for name in ("windows", "models", "difference", "elsewhere", "worse"):
        assert one[name] == two[name]


def test_the_command_writes_the_document_and_the_losses_that_it_rests_on(telemetry, tmp_path, capsys):
    write_telemetry(tmp_path / "t.parquet", telemetry)
    out = tmp_path / "evidence.json"
    words = ["judge", "--candidate", str(RIDGE), "--data", str(tmp_path / "t.parquet"), "--from", SINCE.isoformat()]
    assert main([*words, "--out", str(out), "--json"]) == 0
    told, document = json.loads(capsys.readouterr().out), json.loads(out.read_text())
    assert told["difference"] == document["difference"]
    with np.load(out.with_suffix(".npz")) as losses:
        relative = np.nanmean(losses["candidate"]) / np.nanmean(losses["champion"]) - 1
    assert relative == pytest.approx(document["difference"]["relative"], abs=1e-4)


@pytest.mark.parametrize("change", [("--from", "yesterday"), ("--candidate", "nowhere"), ("--out", "nowhere/x.json")])
def test_what_cannot_be_judged_is_one_line(telemetry, tmp_path, capsys, change):
    write_telemetry(tmp_path / "t.parquet", telemetry)
    words = {"--candidate": str(RIDGE), "--data": str(tmp_path / "t.parquet"), "--from": SINCE.isoformat(),
             "--out": str(tmp_path / "x.json")} | dict([change])  # fmt: skip
    assert main(["judge", *(word for pair in words.items() for word in pair)]) == 2
    assert "error:" in capsys.readouterr().err.splitlines()[-1]


def test_telemetry_before_a_time_holds_nothing_from_then_on(telemetry):
    before = telemetry.before(SINCE)
    assert before.last_at == SINCE - timedelta(minutes=5)
    np.testing.assert_array_equal(before.values, telemetry.values[: len(before.values)])
    with pytest.raises(DatasetError, match="only 24 hours"):
        telemetry.before(tick_time(288))


def manifest(**recipe: object) -> Manifest:
    return Manifest("m", "1.0.0", "tft", "", 300, HORIZON, 1, recipe)


STRETCH = {"first_at": tick_time(0).isoformat(), "last_at": tick_time(500).isoformat(), "sha256": "d" * 64}


def test_what_a_manifest_does_not_tell_is_unknown_and_not_nothing():
    assert seen_by(manifest(data=[])) == ()
    assert seen_by(manifest(data=["fleet.parquet abc"])) is None
    assert not trained(manifest(data=["fleet.parquet abc"]))["known"]
    assert touched(manifest(data=["fleet.parquet abc"]), tick_time(900), tick_time(901))


def test_what_a_model_was_trained_on_from_counts_as_seen():
    start, own = manifest(seen=[STRETCH]), {**STRETCH, "last_at": tick_time(800).isoformat()}
    assert together(start, scratch=False, own=[own]) == [STRETCH, own]
    assert together(start, scratch=True, own=[own]) == [own]
    assert together(manifest(data=["x y"]), scratch=False, own=[own]) is None


def test_a_stretch_is_touched_at_its_ends():
    model = manifest(seen=[STRETCH])
    assert touched(model, tick_time(500), tick_time(600))
    assert not touched(model, tick_time(501), tick_time(600))


def paired(extra: float, noise: float = 0.02) -> Pair:
    """Two models on 400 windows of 40 blocks; the first one loses more by a share of the last metric."""
    random = np.random.default_rng(5)
    theirs = 1 + random.random((400, len(METRICS), 5))
    mine = theirs * (1 + noise * random.standard_normal(theirs.shape))
    mine[:, -1] *= 1 + extra
    named = np.arange(400) // 10
    return Pair(mine, theirs, Blocks(named), named, np.repeat(["web", "cache"], 200))


def test_what_got_worse_is_named_and_chance_is_not():
    found = difference(paired(0.1))
    assert {(one["group"], one["name"]) for one in worse(found)} >= {("by_metric", METRICS[-1].name)}
    assert not [one for one in worse(difference(paired(0.0))) if one["group"] == "by_metric"]


def test_two_machine_days_of_a_profile_are_rarely_named_by_chance():
    random, named = np.random.default_rng(3), 0
    labels = np.repeat(np.arange(42), 6)  # 40 blocks of many servers, two of a profile with one
    profile = np.where(labels < 40, "web", "cache")
    for _ in range(60):
        theirs = 1 + random.random((len(labels), len(METRICS), 5))
        apart = 0.1 * random.standard_normal(42)[labels]
        both = Pair(theirs * (1 + apart[:, None, None]), theirs, Blocks(labels), labels, profile)
        named += any(one["name"] == "cache" for one in worse(difference(both)))
    assert named <= 3


def test_a_metric_that_nobody_measured_has_no_difference():
    both = paired(0.0)
    both.mine[:, 0], both.theirs[:, 0] = np.nan, np.nan
    assert METRICS[0].name not in difference(both)["by_metric"]
    assert difference(both)["windows"] == 400
