"""What a run may be asked for, and what of its telemetry is held out."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from webapp.core.errors import Invalid
from webapp.core.policies.training_runs import Recipe, check, cut

DAY = 288


@given(some.integers(0, 10**7), some.integers(3 * DAY, 365 * DAY))
def test_the_newest_fifth_is_held_out_a_day_at_least_and_a_week_at_most(first: int, ticks: int) -> None:
    held_out = first + ticks - cut(first, first + ticks - 1)
    assert held_out == min(max(ticks // 5, DAY), 7 * DAY)
    assert held_out <= ticks // 3


def test_two_days_are_too_few_to_train_and_to_judge_on() -> None:
    check(Recipe(days=3))
    with pytest.raises(Invalid, match="3 to 365 days"):
        check(Recipe(days=2))
