"""Artefacts: written whole, verified on load, refused with the reason."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError

from ml.artifacts import (
    ArtifactError,
    ArtifactIncompatible,
    ArtifactMissing,
    ArtifactTampered,
    check,
    fingerprint,
    read,
    write,
)
from ml.cli import CHAMPION
from ml.contracts import Manifest
from ml.runtime import load
from ml.schema import HORIZON, TICK_SECONDS, schema_hash

MANIFEST = Manifest("toy", "1.0.0", "ridge", schema_hash(), TICK_SECONDS, HORIZON, 3, {"servers": 40})
TENSORS = {"b": np.arange(6, dtype=np.float32).reshape(2, 3), "a": np.zeros(2, np.float32)}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CHAMPION, tmp_path / "model"))


def test_what_is_written_is_read_back_with_the_same_fingerprint(tmp_path):
    written, digest = write(tmp_path / "toy", TENSORS, MANIFEST)
    manifest, again, tensors = read(tmp_path / "toy")
    assert (manifest, again) == (written, digest)
    assert np.array_equal(tensors["b"], TENSORS["b"])


def test_equal_models_have_equal_bytes(tmp_path):
    for name in ("one", "two"):
        write(tmp_path / name, dict(reversed(TENSORS.items())) if name == "two" else TENSORS, MANIFEST)
    for file in ("model.safetensors", "manifest.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_an_artefact_is_never_overwritten_and_failure_leaves_nothing(tmp_path):
    write(tmp_path / "toy", TENSORS, MANIFEST)
    with pytest.raises(ArtifactError, match="never overwritten"):
        write(tmp_path / "toy", TENSORS, MANIFEST)
    with pytest.raises(SafetensorError):
        write(tmp_path / "broken", {"a": np.array([None])}, MANIFEST)
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]


def test_a_changed_weight_file_is_refused(copy):
    blob = bytearray((copy / "model.safetensors").read_bytes())
    blob[-1] ^= 1
    (copy / "model.safetensors").write_bytes(bytes(blob))
    with pytest.raises(ArtifactTampered, match="does not have the hash"):
        load(copy)


def test_a_changed_manifest_is_refused(copy):
    document = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({**document, "version": "9.9.9"}))
    with pytest.raises(ArtifactTampered, match="changed after"):
        load(copy)
    (copy / "manifest.json").write_text("{")
    with pytest.raises(ArtifactTampered, match="not a manifest"):
        load(copy)


def test_missing_files_are_named(copy, tmp_path):
    with pytest.raises(ArtifactMissing, match=r"manifest\.json is missing"):
        load(tmp_path / "nowhere")
    (copy / "model.safetensors").unlink()
    with pytest.raises(ArtifactMissing, match=r"model\.safetensors"):
        load(copy)


@pytest.mark.parametrize(("field", "value", "word"), [
    ("tick_seconds", 5, "tick length"), ("horizon", 48, "horizon"), ("schema_hash", "0" * 64, "data contract"),
])  # fmt: skip
def test_a_model_for_another_time_base_or_contract_is_refused(field, value, word):
    with pytest.raises(ArtifactIncompatible, match=word):
        check(replace(MANIFEST, **{field: value}))


def test_a_model_of_another_kind_is_refused(tmp_path):
    write(tmp_path / "toy", TENSORS, replace(MANIFEST, kind="oracle"))
    with pytest.raises(ArtifactIncompatible, match="oracle"):
        load(tmp_path / "toy")


def test_a_model_without_its_tensors_is_refused(tmp_path):
    write(tmp_path / "toy", TENSORS, MANIFEST)
    with pytest.raises(ArtifactTampered, match="lacks the tensor"):
        load(tmp_path / "toy")


def test_the_shipped_champion_is_small_whole_and_says_how_it_was_made(champion):
    assert sum(path.stat().st_size for path in CHAMPION.iterdir()) <= 5_000_000
    assert champion.sha256 == fingerprint(champion.manifest)
    assert champion.manifest.recipe["simulated_servers"] >= 100
    assert champion.manifest.evaluation["on"] == "simulated servers"


def test_the_shipped_champion_was_calibrated_in_every_lead_bucket(champion):
    buckets = champion.manifest.evaluation["by_lead"]
    assert len(buckets) == 5
    assert all(0.77 <= one["coverage80"] <= 0.83 for one in buckets.values())
