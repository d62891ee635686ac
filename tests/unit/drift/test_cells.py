"""Looks know how much they have seen: constants and thin cells are named, one server is no drift, scale is nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.drift import cells
from ml.drift.cells import Look, State
from ml.drift.hours import Channel
from ml.drift.reference import LONGEST, SHORTEST, Test, fit
from ml.drift.thresholds import thresholds
from tests.unit.drift.samples import MONDAY, hours

EVERY = [np.arange(8)]


def looked(made: np.ndarray, groups: list[np.ndarray] | None = None, reference: int = SHORTEST) -> Look:
    """A look after the last of some hours, the first of which are the reference."""
    start = len(made) - cells.WINDOW
    return cells.look(fit((MONDAY, made[:reference])), MONDAY + start, made[start:], groups or EVERY)


def shifted(seed: int, by: float, servers: slice, since: int = 24) -> np.ndarray:
    made = hours(seed, SHORTEST + 48)
    made[-since:, servers, 0, Channel.VALUE] += by * made[:SHORTEST, 0, 0, Channel.VALUE].std()
    return made


@pytest.mark.parametrize("seed", range(5))
def test_a_quiet_fleet_raises_no_alarm(seed: int) -> None:
    assert not looked(hours(seed, SHORTEST + 48)).alarms.any()


@pytest.mark.parametrize("seed", range(5))
def test_a_shift_of_most_servers_is_found_where_it_is(seed: int) -> None:
    alarms = looked(shifted(seed, 1.0, slice(0, 5))).alarms
    assert alarms[0, 0, Test.INPUTS] and not alarms[0, 1:].any()


def test_what_happens_to_one_server_alone_is_an_incident() -> None:
    assert not looked(shifted(1, 20.0, slice(2, 3))).alarms.any()


def test_a_short_degradation_of_every_server_is_no_drift() -> None:
    made = shifted(2, 3.0, slice(0, 8), since=6)
    assert not looked(made).alarms[..., Test.INPUTS].any()


def test_the_effect_is_in_deviations_of_the_series_with_its_sign() -> None:
    effect = looked(shifted(3, -1.0, slice(0, 8))).effect[0, 0, Test.INPUTS]
    assert effect == pytest.approx(-1.0, abs=0.25)


def test_a_constant_column_is_named_and_never_tested() -> None:
    made = hours(4, SHORTEST + 48)
    made[..., 2, Channel.VALUE] = 7.0
    made[-24:, :, 2, Channel.VALUE] = 9.0
    found = looked(made)
    assert (found.state[0, 2] == State.CONSTANT).all() and np.isnan(found.statistic[0, 2]).all()
    assert (found.state[0, 1] == State.TESTED).all()


def test_a_profile_of_one_server_is_named() -> None:
    found = looked(hours(5, SHORTEST + 48), [np.array([3]), np.arange(8)])
    assert (found.state[0] == State.FEW_SERVERS).all() and (found.state[1] == State.TESTED).all()


def test_forecasts_without_enough_reference_are_named_beside_inputs_that_are_tested() -> None:
    made = hours(6, SHORTEST + 48)
    made[: SHORTEST - 24, ..., Channel.RESIDUAL] = np.nan
    state = looked(made).state[0, 0]
    assert state[Test.RESIDUALS] == State.TOO_LITTLE and state[Test.INPUTS] == State.TESTED


def test_a_silent_day_is_named() -> None:
    made = hours(7, SHORTEST + 48)
    made[-24:, 1:] = np.nan
    assert (looked(made).state == State.SILENT).all()


def test_less_than_a_week_is_no_reference() -> None:
    with pytest.raises(ValueError, match="168"):
        fit((MONDAY, hours(8, SHORTEST - 1)))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 1000.0))
def test_units_change_nothing(seed: int, scale: float) -> None:
    plain, scaled = (looked(hours(seed, SHORTEST + 48, scale=one)) for one in (1.0, scale))
    np.testing.assert_allclose(plain.statistic, scaled.statistic, rtol=0.02, atol=0.02)
    np.testing.assert_array_equal(plain.state, scaled.state)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 400), st.integers(1, 400), st.sampled_from([SHORTEST, 240, LONGEST]))
def test_more_tests_and_shorter_references_need_more(servers: int, tests: int, reference: int) -> None:
    size = np.full((tests, 1, len(Test)), servers)
    tested = np.ones(size.shape, np.bool_)
    few, many = (thresholds(size[:n], tested[:n], (reference,) * 4) for n in (1, tests))
    assert (many[0] >= few[0]).all()
    assert (thresholds(size, tested, (SHORTEST,) * 4) >= thresholds(size, tested, (LONGEST,) * 4) - 0.35).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 60))
def test_the_statistic_of_noise_stays_at_one_spread_however_many_servers(seed: int, servers: int) -> None:
    far = np.random.default_rng(seed).standard_normal((400, servers, 1))
    size = np.abs(cells.together(far)).mean()
    assert 0.1 < size < 1.1


def test_the_cost_is_the_change_of_the_loss() -> None:
    made = hours(9, SHORTEST + 48)
    made[..., Channel.LOSS] = 1.0
    made[-24:, ..., Channel.LOSS] = 1.5
    assert looked(made).cost[0] == pytest.approx(0.5, abs=0.01)
