"""Damaged telemetry: the damaged server gets an honest forecast or a named refusal, and the others never notice."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.contracts import Forecast, Method, Window
from ml.schema import HIGH80, LOW80, METRIC_INDEX, METRIC_NAMES, METRICS

SERVERS = 8
CPU, MEMORY = METRIC_INDEX["cpu_pct"], METRIC_INDEX["memory_pct"]
HIGH = np.array([metric.high for metric in METRICS])
PERCENT = np.array([metric.unit == "%" for metric in METRICS])
Damage = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def where(values: np.ndarray, rows: object, what: float) -> np.ndarray:
    values[rows] = what
    return values


def jittered(values: np.ndarray, random: np.random.Generator, level: float) -> np.ndarray:
    values[:, [CPU, MEMORY]] = np.clip(level + 5.0 * random.normal(size=(len(values), 2)), 0.0, 200.0)
    return values


DAMAGE: dict[str, Damage] = {
    "nothing at all": lambda values, _: where(values, slice(None), np.nan),
    "a metric is missing": lambda values, random: where(values, (slice(None), int(random.integers(7))), np.nan),
    "holes": lambda values, random: where(values, random.random(values.shape) < 0.7, np.nan),
    "three ticks": lambda values, _: where(values, slice(None, -3), np.nan),
    "silent for two hours": lambda values, _: where(values, slice(-24, None), np.nan),
    "the clock jumped": lambda values, random: where(values, slice(90, 90 + int(random.integers(12, 180))), np.nan),
    "held since morning": lambda values, _: where(values, slice(200, None), values[200]),
    "held all day": lambda values, _: where(values, slice(None), values[-1]),
    "zero": lambda values, _: where(values, slice(None), 0.0),
    "full": lambda values, _: where(values, slice(None), 100.0),
    "each tick twice": lambda values, _: np.repeat(values[144:], 2, axis=0),
    "backwards": lambda values, _: values[::-1].copy(),
    "shuffled": lambda values, random: random.permutation(values),
    "negative": lambda values, _: -1.0 - values,
    "above 100 %": lambda values, random: jittered(values, random, 150.0),
    "1e30": lambda values, _: where(values, slice(None), 1e30),
    "1e30 in one metric": lambda values, random: where(values, (slice(None), int(random.integers(7))), 1e30),
    "1e30 once": lambda values, random: where(values, int(random.integers(288)), 1e30),
    "the largest floats": lambda values, _: where(where(values, slice(0, None, 3), 3e38), slice(1, None, 3), -3e38),
    "endless": lambda values, random: where(values, random.random(values.shape) < 0.3, np.inf),
    "endless in one metric": lambda values, random: where(values, (slice(None), int(random.integers(7))), -np.inf),
}  # fmt: skip
SAID = {
    "nothing at all": (Method.NONE, "no observation in the last 24 hours"),
    "three ticks": (Method.CHAMPION, "borrowing profile web, 15 min of history"),
    "silent for two hours": (Method.PERSISTENCE, "last observation 120 minutes ago"),
    "negative": (Method.NONE, "only impossible values in the last 24 hours"),
    "1e30": (Method.NONE, "only impossible values in the last 24 hours"),
}


@pytest.fixture(scope="module")
def window(window_at) -> Window:
    return some(window_at(2_500), np.arange(SERVERS))


@pytest.fixture(scope="module")
def whole(champion, window) -> Forecast:
    return champion.predict(window)


def some(window: Window, rows: np.ndarray) -> Window:
    names, profiles = (tuple(each[row] for row in rows) for each in (window.assets, window.profiles))
    return replace(
        window, assets=names, profiles=profiles, values=window.values[rows], maintenance=window.maintenance[rows]
    )


def damaged(window: Window, server: int, damage: Damage, seed: int = 0) -> Window:
    values = window.values.copy()
    values[server] = damage(values[server].copy(), np.random.Generator(np.random.Philox(seed)))
    return replace(window, values=values)


def width80(fan: np.ndarray) -> np.ndarray:
    return fan[..., HIGH80] - fan[..., LOW80]


def assert_answered(forecast: Forecast, server: int, values: np.ndarray) -> None:
    """Numbers, or the reason why there are none, for each metric of which anything arrived."""
    fan, reason = forecast.quantiles[server], forecast.reasons[server]
    assert forecast.methods[server] is Method.CHAMPION or reason
    known = np.isfinite(fan)
    assert (known.all(axis=(1, 2)) | ~known.any(axis=(1, 2))).all()
    known = known.all(axis=(1, 2))
    assert known.any() != (forecast.methods[server] is Method.NONE)
    for metric in np.flatnonzero(~known & ~np.isnan(values).all(axis=0)):
        assert forecast.methods[server] is not Method.CHAMPION or METRIC_NAMES[metric] in reason
    assert (np.diff(fan[known], axis=-1) >= 0.0).all()
    possible = np.where((values >= 0.0) & (values <= HIGH), values, 0.0).max(axis=0)
    ceiling = np.where(PERCENT, np.maximum(possible, 100.0), HIGH)
    assert (fan[known] >= 0.0).all()
    assert (fan[known] <= ceiling[known, None, None]).all()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(DAMAGE)), st.integers(0, SERVERS - 1), st.integers(0, 1_000), st.booleans())
def test_a_damaged_server_is_answered_and_the_others_never_notice(champion, window, kind, server, seed, stranger):
    broken = damaged(window, server, DAMAGE[kind], seed)
    if stranger:
        profiles = ["mainframe" if row == server else name for row, name in enumerate(broken.profiles)]
        broken = replace(broken, profiles=tuple(profiles))
    forecast = champion.predict(broken)
    assert_answered(forecast, server, broken.values[server])
    others = np.delete(np.arange(SERVERS), server)
    alone = champion.predict(some(window, others))
    np.testing.assert_allclose(forecast.quantiles[others], alone.quantiles, rtol=1e-5, atol=1e-5)
    assert {forecast.methods[row] for row in others} == {Method.CHAMPION}
    assert {forecast.reasons[row] for row in others} == {None}


@pytest.mark.parametrize("kind", DAMAGE)
def test_every_damage_has_its_answer(champion, window, kind):
    broken = damaged(window, 2, DAMAGE[kind])
    assert not np.array_equal(broken.values, window.values, equal_nan=True)
    forecast = champion.predict(broken)
    assert_answered(forecast, 2, broken.values[2])
    if kind in SAID:
        assert (forecast.methods[2], forecast.reasons[2]) == SAID[kind]
    else:
        assert forecast.methods[2] is Method.CHAMPION


@pytest.mark.parametrize("bad", [1e30, -1e30, 3.4e38, -0.1, 200.1, np.inf, -np.inf])
def test_an_impossible_reading_counts_as_none(champion, window, bad):
    place = (2, -1, CPU)
    values, holed = window.values.copy(), window.values.copy()
    values[place], holed[place] = bad, np.nan
    found, expected = (champion.predict(replace(window, values=one)).quantiles for one in (values, holed))
    np.testing.assert_array_equal(found, expected)


def test_an_impossible_memory_counts_as_none(champion, window):
    week = np.full((SERVERS, 336, len(METRICS)), np.nan, np.float32)
    empty = champion.predict(replace(window, week=week)).quantiles
    week[3] = 1e30
    np.testing.assert_array_equal(champion.predict(replace(window, week=week)).quantiles, empty)


def test_a_metric_of_impossible_values_is_named_and_costs_only_itself(champion, window):
    broken = damaged(window, 2, lambda values, _: where(values, (slice(None), CPU), 1e30))
    forecast = champion.predict(broken)
    assert forecast.reasons[2] == "no forecast for cpu_pct"
    assert np.isnan(forecast.quantiles[2, CPU]).all()
    assert np.isfinite(np.delete(forecast.quantiles[2], CPU, axis=0)).all()


def test_double_precision_is_taken_as_well(champion, window, whole):
    values = window.values.astype(np.float64)
    np.testing.assert_array_equal(champion.predict(replace(window, values=values)).quantiles, whole.quantiles)
    values[1, :, CPU] = 1e300
    assert champion.predict(replace(window, values=values)).reasons[1] == "no forecast for cpu_pct"


@pytest.mark.parametrize("server", range(SERVERS))
def test_a_constant_series_has_a_narrow_interval_around_it(champion, window, whole, server):
    level = np.float32(37.0)
    fan = champion.predict(
        damaged(window, server, lambda values, _: where(values, (slice(None), CPU), level))
    ).quantiles
    assert (fan[server, CPU, 0, LOW80], fan[server, CPU, 0, HIGH80]) == pytest.approx((level, level), abs=3.0)
    assert (width80(fan[server, CPU]) > 0.0).all()
    assert width80(fan[server, CPU]).mean() < width80(whole.quantiles[server, CPU]).mean()


def test_after_a_clock_jump_the_interval_stays_about_as_wide(champion, window, whole):
    jumped = replace(window, values=window.values.copy())
    jumped.values[:, 100:208] = np.nan
    forecast = champion.predict(jumped)
    assert set(forecast.methods) == {Method.CHAMPION}
    ratio = width80(forecast.quantiles).mean(axis=2) / width80(whole.quantiles).mean(axis=2)
    assert 0.4 < ratio.min() <= ratio.max() < 2.5


@pytest.mark.parametrize("server", range(SERVERS))
def test_above_a_hundred_percent_a_fan_only_moves_up_with_its_series(champion, window, server):
    fans = []
    for level in (110.0, 150.0, 180.0):
        broken = damaged(window, server, lambda values, random, at=level: jittered(values, random, at), seed=3)
        fans.append(champion.predict(broken).quantiles[server, [CPU, MEMORY]] - level)
    np.testing.assert_allclose(fans[1:], [fans[0]] * 2, atol=0.02)
    assert 6.0 < width80(fans[0]).mean() < 60.0  # 80 % of such noise lie within 12.8


def test_three_ticks_give_an_interval_that_holds_the_next_hours(champion, window_at):
    origin = 2_500
    short, later = window_at(origin, ticks=3), window_at(origin + 96)
    fan, truth = champion.predict(short).quantiles, later.values[:, -96:].transpose(0, 2, 1)
    inside = (truth >= fan[..., LOW80]) & (truth <= fan[..., HIGH80])
    assert 0.65 < inside.mean() < 0.97
