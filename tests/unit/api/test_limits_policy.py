"""A bucket is emptied by what is asked and fills at its rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.policies.limits import Bucket, Rate, level, place, take

RATE = Rate(per_minute=60, burst=3)


def test_a_burst_passes_and_the_next_one_is_told_how_long_to_wait() -> None:
    bucket = None
    for _ in range(3):
        bucket, wait_s = take(bucket, RATE, 1, 100.0)
        assert wait_s == 0
    assert take(bucket, RATE, 1, 100.0)[1] == 1.0
    assert take(bucket, RATE, 1, 101.0)[1] == 0


def test_a_refusal_costs_nothing() -> None:
    refused, wait_s = take(Bucket(0.5, 100.0), RATE, 1, 100.0)
    assert (refused, wait_s) == (Bucket(0.5, 100.0), 0.5)


def test_waiting_long_gives_no_more_than_a_burst() -> None:
    assert level(Bucket(0, 0), RATE, 1e6) == 3


def test_what_is_larger_than_the_bucket_passes_when_it_is_full() -> None:
    assert take(None, RATE, 100, 0.0) == (Bucket(0, 0.0), 0.0)
    assert take(Bucket(2, 0.0), RATE, 100, 0.0)[1] == 1.0


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 4)), max_size=60))
def test_over_any_time_no_more_passes_than_burst_and_rate_allow(asked: list[tuple[float, int]]) -> None:
    bucket, at, passed = None, 0.0, 0
    for pause, cost in asked:
        at += pause
        bucket, wait_s = take(bucket, RATE, cost, at)
        passed += min(cost, 3) if wait_s == 0 else 0
    assert passed <= RATE.burst + at * RATE.per_minute / 60 + 1e-6


@pytest.mark.parametrize(
    ("address", "counted"),
    [("203.0.113.9", "203.0.113.9"), ("2001:db8::1", "2001:db8::/64"), ("2001:db8:0:0:ffff::9", "2001:db8::/64"),
     ("::ffff:203.0.113.9", "203.0.113.9"), ("unknown", "unknown"), ("fe80::1%eth0", "fe80::/64")],
)  # fmt: skip
def test_a_subscribers_addresses_count_as_one(address: str, counted: str) -> None:
    assert place(address) == counted
