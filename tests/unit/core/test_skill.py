"""Skill from summed losses: every cell alike, an interval from the servers, nothing from nothing."""

import numpy as np
import pytest

from webapp.core.policies import skill
from webapp.core.policies.skill import LOSSES_SHAPE, Losses


def losses(model: float, naive: float, truths: float = 100.0) -> Losses:
    """The same mean losses in every cell."""
    made = np.zeros(LOSSES_SHAPE)
    made[...] = (model * truths, naive * truths, truths)
    return made


def test_skill_is_one_minus_the_ratio_of_the_losses() -> None:
    found = skill.skill(losses(0.3, 0.4))
    assert found is not None and found.value == pytest.approx(0.25)
    assert found.truths == 100 * 7 * 5


def test_a_model_that_loses_more_is_below_zero() -> None:
    found = skill.skill(losses(0.5, 0.4))
    assert found is not None and found.value == pytest.approx(-0.25)


def test_every_cell_counts_alike_however_many_truths_it_has() -> None:
    made = losses(0.2, 0.4)
    made[0, 0] = (0.4 * 9_000, 0.4 * 9_000, 9_000)
    found = skill.skill(made)
    assert found is not None and found.value == pytest.approx(0.5 * 34 / 35)


def test_of_nothing_there_is_no_skill() -> None:
    assert skill.skill(np.zeros(LOSSES_SHAPE)) is None
    assert skill.skill(losses(0.0, 0.0)) is None
    assert skill.fewest(np.zeros(LOSSES_SHAPE)) == 0


def test_the_lead_bucket_with_the_fewest_truths_decides() -> None:
    made = losses(0.3, 0.4)
    made[:, 4, 2] = 3.0
    assert skill.fewest(made) == 21


def test_servers_that_differ_widen_the_interval_and_few_have_none() -> None:
    alike = [losses(0.3, 0.4)] * 8
    apart = [losses(0.3 + 0.1 * (-1) ** one, 0.4) for one in range(8)]
    narrow, wide = (skill.skill(skill.total(one), one) for one in (alike, apart))
    assert narrow is not None and narrow.low == pytest.approx(0.25) == narrow.high
    assert wide is not None and wide.low is not None and wide.low < 0.25 - 0.1
    few = skill.skill(skill.total(apart[:4]), apart[:4])
    assert few is not None and few.low is None


def test_the_interval_of_few_servers_holds_the_truth_as_often_as_it_says() -> None:
    random, held = np.random.default_rng(1), 0
    for _ in range(1_000):
        naive = random.lognormal(0.0, 0.3, 5)
        each = [losses(float(one * random.normal(0.7, 0.15)), float(one)) for one in naive]
        found = skill.skill(skill.total(each), each)
        assert found is not None and found.low is not None and found.high is not None
        held += found.low <= 0.3 <= found.high
    assert 0.93 <= held / 1_000 <= 0.97
