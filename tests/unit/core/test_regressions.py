"""A promotion is taken back on enough truth only, and the more surely the worse it is."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.policies import live_scores, regressions
from webapp.core.policies.live_scores import Blocks
from webapp.core.policies.promotions import Kind
from webapp.core.policies.regressions import POLICY, RULES, Step, barred, regressed
from webapp.core.views.live_scores import Compared, Held

FINE = Held(8_000, 10_000, 0.79, 0.81)


def seen(worse: float = 0.0, at_least: float | None = 0.0, mine: Held = FINE, theirs: Held = FINE) -> Compared:
    return Compared(10_000, 24, 40, worse, worse - 0.02, worse + 0.02, at_least, mine, theirs)


def pairs(mine: float, theirs: float, count: int = 40, seed: int = 1, noise: float = 0.1) -> Blocks:
    """Blocks of 500 truths whose losses share what made the block hard."""
    draws = np.random.default_rng(seed)
    hard = np.exp(0.4 * draws.standard_normal(count))
    own = np.exp(noise * draws.standard_normal((2, count)))
    losses = np.stack([mine * hard * own[0], theirs * hard * own[1]], axis=1) * 500
    held = draws.binomial(500, 0.8, (count, 2))
    return np.concatenate([losses, held, np.full((count, 1), 500)], axis=1).astype(np.float64)


@given(st.floats(-0.9, 50), st.integers(0, 5), st.integers(0, 1_999), st.integers(0, 7))
def test_below_the_minimum_counts_nothing_is_rolled_back(worse: float, hours: int, truths: int, blocks: int) -> None:
    far = Held(1, 10_000, 0.0, 0.001)
    for few in (
        replace(seen(worse, worse, far), hours=hours),
        replace(seen(worse, worse, far), truths=truths),
        replace(seen(worse, worse, far), blocks=blocks),
    ):
        assert not regressed(few)
    assert not regressed(None)


@given(st.floats(0.8, 2.0), st.floats(1.0, 3.0), st.integers(8, 60), st.integers(0, 1_000))
def test_a_larger_loss_is_never_judged_milder(loss: float, factor: float, count: int, seed: int) -> None:
    one, more = (live_scores.compared(pairs(by * loss, 1.0, count, seed), 24) for by in (1.0, factor))
    assert one is not None and more is not None and more.worse >= one.worse
    assert regressions.worse(more) or not regressions.worse(one)


def test_without_an_interval_the_loss_decides_nothing() -> None:
    assert not regressions.worse(seen(0.5, None))


@pytest.mark.parametrize(
    ("worse", "at_least", "expected"), [(0.3, 0.2, True), (0.3, 0.049, False), (-0.1, -0.2, False)]
)
def test_it_takes_more_than_the_margin_with_confidence(worse: float, at_least: float, expected: bool) -> None:
    assert regressed(seen(worse, at_least)) is expected


def test_coverage_counts_where_the_guards_is_fine() -> None:
    narrow, wide = Held(6_000, 10_000, 0.58, 0.62), Held(9_500, 10_000, 0.94, 0.96)
    assert regressions.astray(seen(mine=narrow)) and regressions.astray(seen(mine=wide))
    assert not regressions.astray(seen(mine=narrow, theirs=narrow))
    unsure = Held(6_000, 10_000, 0.40, 0.80)
    assert not regressions.astray(seen(mine=unsure))
    close = Held(7_190, 10_000, 0.718, 0.7195)
    near = Held(7_210, 10_000, 0.715, 0.73)
    assert not regressions.astray(seen(mine=close, theirs=near))


def test_equal_versions_are_hardly_ever_rolled_back() -> None:
    """Looked at after each of 72 hours, as the duty does."""
    rolled = 0
    for seed in range(100):
        every = pairs(1.0, 1.0, 72 * 20, seed, noise=0.25).reshape(72, 20, 5)
        days = [every[: hour + 1].reshape(-1, 20, 5) for hour in range(6, 72)]
        rolled += any(regressed(live_scores.compared(_by_day(one), len(one))) for one in days)
    assert rolled <= 1


def _by_day(hours: Blocks) -> Blocks:
    return np.concatenate([hours[start : start + 24].sum(axis=0) for start in range(0, len(hours), 24)])


def test_a_version_that_loses_a_fifth_more_is_found_within_a_day() -> None:
    found = [regressed(live_scores.compared(pairs(1.2, 1.0, 20, seed, noise=0.1), 24)) for seed in range(50)]
    assert sum(found) >= 40


def test_what_the_policy_left_only_a_person_puts_back() -> None:
    first, promoted = Step(1, Kind.FIRST, "system"), Step(2, Kind.PROMOTION, "ann")
    back = Step(1, Kind.ROLLBACK, POLICY)
    assert barred([first, promoted, back]) == {2}
    assert barred([first, promoted, back, promoted]) == frozenset()
    assert barred([first, promoted, Step(1, Kind.ROLLBACK, "ann")]) == frozenset()


def test_the_reason_says_the_numbers() -> None:
    said = regressions.reason("tft 1.1", "tft 1.0", seen(0.12, 0.07))
    assert said == (
        "tft 1.1: its loss was 12.0 % above that of tft 1.0, at least 7.0 %; on 10,000 truths of 24 h that both "
        "forecast."
    )


def test_what_is_kept_of_a_decision_can_be_read_again() -> None:
    one = live_scores.compared(pairs(1.2, 1.0), 12)
    assert one is not None
    assert regressions.recalled(regressions.evidence(one)) == one
    assert regressions.recalled({}) is None
    assert RULES.margin > 0
