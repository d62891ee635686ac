"""What the gate's study claims, computed again from the losses that are kept beside it."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from webapp.core.policies.gate import SEED_SD

STUDY = Path(__file__).parents[3] / "docs" / "studies" / "gate.py"


@pytest.fixture(scope="module")
def study() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gate_study", STUDY)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def losses(study: ModuleType, mode: str) -> tuple[np.ndarray, np.ndarray]:
    with np.load(study.KEPT) as kept:
        return kept[mode].astype(np.float64), kept["block"]


@pytest.mark.parametrize("mode", sorted(SEED_SD))
def test_the_noise_of_seeds_that_the_gate_counts_on_is_no_less_than_measured(study: ModuleType, mode: str) -> None:
    assert study.seed_sd(losses(study, mode)[0]) <= SEED_SD[mode]


@pytest.mark.parametrize("mode", sorted(SEED_SD))
def test_of_twins_at_most_one_in_twenty_passes_as_better(study: ModuleType, mode: str) -> None:
    assert study.shares(*losses(study, mode), SEED_SD[mode])["no_better"] <= 0.05


@pytest.mark.parametrize("mode", sorted(SEED_SD))
def test_a_candidate_that_is_three_percent_better_passes_four_times_of_five(study: ModuleType, mode: str) -> None:
    assert study.shares(*losses(study, mode), SEED_SD[mode])["better"] >= 0.8


def test_the_losses_that_are_kept_stay_small(study: ModuleType) -> None:
    assert study.KEPT.stat().st_size < 300_000
