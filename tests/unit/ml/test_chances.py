"""Student's distribution against tabled values (Abramowitz and Stegun 1964, table 26.10)."""

import math

import pytest

from ml.runtime.chances import MANY, student_quantile, student_tail


@pytest.mark.parametrize(
    ("value", "degrees", "upper"),
    [(6.314, 1, 0.05), (2.920, 2, 0.05), (4.541, 3, 0.01), (1.812, 10, 0.05), (2.750, 30, 0.005), (2.358, 120, 0.01)],
)
def test_the_tail_is_as_tabled(value: float, degrees: int, upper: float) -> None:
    assert student_tail(value, degrees) == pytest.approx(upper, rel=2e-3)
    assert student_tail(-value, degrees) == pytest.approx(1 - upper, rel=2e-3)


def test_with_many_degrees_it_is_the_normal_one() -> None:
    assert student_tail(1.0, MANY - 1) == pytest.approx(0.5 * math.erfc(1 / math.sqrt(2)), abs=1e-3)


@pytest.mark.parametrize("degrees", [4, 5, 7, 19, 199])
@pytest.mark.parametrize(("normal", "beyond"), [(1.959964, 0.025), (1.644854, 0.05)])
def test_what_exceeds_a_quantile_is_as_rare_as_it_says(degrees: int, normal: float, beyond: float) -> None:
    assert student_tail(student_quantile(normal, degrees), degrees) == pytest.approx(beyond, rel=0.01)
