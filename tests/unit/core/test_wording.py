"""Numbers, times and risks as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from webapp.core.policies import wording

NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)  # a Thursday


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0.4, "0\u00a0min"), (42, "42\u00a0min"), (60, "1\u00a0h"), (110, "1\u00a0h 50\u00a0min"), (2880, "2\u00a0days")],
)
def test_durations(minutes: float, expected: str) -> None:
    assert wording.duration(minutes) == expected


@pytest.mark.parametrize(
    ("p", "expected"), [(0.004, "under 1\u00a0%"), (0.94, "94\u00a0%"), (0.996, "over 99\u00a0%"), (1.0, "100\u00a0%")]
)
def test_probabilities(p: float, expected: str) -> None:
    assert wording.probability(p) == expected


@pytest.mark.parametrize(
    ("p", "expected"), [(0.9, "will"), (0.6, "is likely to"), (0.3, "may"), (0.29, "is not expected to")]
)
def test_a_probability_has_a_verb(p: float, expected: str) -> None:
    assert wording.likelihood(p) == expected


def test_a_time_of_the_same_day_is_a_clock_time_in_the_viewers_zone() -> None:
    assert wording.clock_time(NOON, "Europe/Berlin", NOON) == "13:00"


def test_a_time_of_the_same_week_names_its_day() -> None:
    assert wording.clock_time(NOON.replace(day=17), "UTC", NOON) == "Tue 12:00"


def test_an_older_time_names_its_date() -> None:
    assert wording.clock_time(NOON.replace(day=3), "UTC", NOON) == "3 Nov 12:00"


def test_a_zone_that_nobody_knows_reads_as_utc() -> None:
    assert wording.clock_time(NOON, "Not/AZone", NOON) == "12:00"


def test_a_negative_number_has_a_real_minus() -> None:
    assert wording.value(-1842.5, "ms", 1) == "−1,842.5\u00a0ms"


@pytest.mark.parametrize(
    ("seconds", "expected"), [(12, "12\u00a0s ago"), (1380, "23\u00a0min ago"), (18_000, "5\u00a0h ago")]
)
def test_ages(seconds: float, expected: str) -> None:
    assert wording.age(seconds) == expected


def test_a_range_of_a_single_tick_is_no_range() -> None:
    at = datetime(2026, 11, 18, 2, 15, tzinfo=UTC)
    assert wording.span(at, at, "UTC", at) == ""
    assert wording.span(at, at + timedelta(minutes=5), "UTC", at) == "02:15 to 02:20"
