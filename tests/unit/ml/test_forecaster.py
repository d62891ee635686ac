"""Serving: everyone gets a forecast or a named reason, fans are ordered and physical, injections bend them."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.contracts import Method, Window
from ml.runtime.week import half_hours, week_before
from ml.schema import CONTEXT, HORIZON, MEDIAN, METRIC_INDEX, METRICS, QUANTILES, TICKS_PER_WEEK, WEEK
from ml.streams.fleet import LIBRARY, InjectionKind, default_injection


def test_twenty_of_twenty_are_forecast_by_the_champion(champion, window_at):
    forecast = champion.predict(window_at(1_500))
    assert forecast.quantiles.shape == (20, len(METRICS), HORIZON, len(QUANTILES))
    assert np.isfinite(forecast.quantiles).all()
    assert set(forecast.methods) == {Method.CHAMPION}
    assert forecast.model == champion.manifest.model == "fleet-tft"


def test_quantiles_never_cross_and_stay_physical(champion, window_at):
    quantiles = champion.predict(window_at(900)).quantiles
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    assert quantiles.min() >= 0.0
    assert quantiles[:, [0, 1, 2, 6]].max() <= 100.0


def test_equal_windows_give_equal_forecasts_alone_or_together(champion, window_at):
    whole = window_at(700)
    part = Window(whole.assets[3:5], whole.profiles[3:5], whole.origin_at, whole.values[3:5], whole.maintenance[3:5])
    np.testing.assert_allclose(
        champion.predict(part).quantiles, champion.predict(whole).quantiles[3:5], rtol=2e-4, atol=1e-3
    )


def test_unknown_profiles_and_names_get_a_forecast(champion, window_at):
    window = window_at(1_500)
    strangers = replace(window, assets=tuple(f"box{n}" for n in range(20)), profiles=("mainframe",) * 20)
    forecast = champion.predict(strangers)
    assert np.isfinite(forecast.quantiles).all()
    assert set(forecast.methods) == {Method.CHAMPION}


@pytest.mark.parametrize("ticks", [1, 3, 12, 30, 61, 150, 217, 288, 400])
def test_with_a_profile_one_observation_is_enough_for_the_champion(champion, window_at, ticks):
    forecast = champion.predict(window_at(1_500, ticks=ticks))
    assert np.isfinite(forecast.quantiles).all()
    assert set(forecast.methods) == {Method.CHAMPION}


def test_a_young_server_says_what_it_borrows_and_an_older_one_does_not(champion, window_at):
    said = {ticks: champion.predict(window_at(1_500, ticks=ticks)).reasons[0] for ticks in (8, 30, 143, 144)}
    assert said == {
        8: "borrowing profile web, 40 min of history",
        30: "borrowing profile web, 2 h of history",
        143: "borrowing profile web, 11 h of history",
        144: None,
    }


def test_a_server_that_is_remembered_for_a_week_borrows_nothing(champion, window_at):
    window, past = window_at(1_500, ticks=20), window_at(1_500)
    week = np.full((20, WEEK, len(METRICS)), np.nan, np.float32)
    week[:, :100] = past.values[:, :1]
    assert champion.predict(replace(window, week=week)).reasons == (None,) * 20


def test_without_a_profile_three_observations_give_persistence_under_its_name(champion, window_at):
    forecast = champion.predict(replace(window_at(1_500, ticks=3), profiles=("unknown",) * 20))
    assert set(forecast.methods) == {Method.PERSISTENCE}
    assert set(forecast.reasons) == {"3 of 12 observations"}
    widths = forecast.quantiles[..., -1] - forecast.quantiles[..., 0]
    assert (widths[:, 0, -1] > widths[:, 0, 0]).all()


def test_without_a_profile_an_hour_of_history_is_enough_and_is_told(champion, window_at):
    forecast = champion.predict(replace(window_at(1_500, ticks=12), profiles=("unknown",) * 20))
    assert set(forecast.methods) == {Method.CHAMPION}
    assert set(forecast.reasons) == {"no profile to borrow, 60 min of history"}


def test_a_server_that_was_never_seen_is_refused_by_name_and_holds_nobody_back(champion, window_at):
    window = window_at(1_500)
    window.values[4] = np.nan
    window.values[5, -20:] = np.nan
    forecast = champion.predict(window)
    assert forecast.methods[4] is Method.NONE
    assert forecast.reasons[4] == "no observation in the last 24 hours"
    assert np.isnan(forecast.quantiles[4]).all()
    assert (forecast.methods[5], forecast.reasons[5]) == (Method.PERSISTENCE, "last observation 100 minutes ago")
    assert forecast.methods.count(Method.CHAMPION) == 18


def test_a_missing_metric_costs_only_itself(champion, window_at):
    window = window_at(1_500)
    window.values[:, :, METRIC_INDEX["latency_ms"]] = np.nan
    window.values[0, -12:, METRIC_INDEX["error_pct"]] = np.nan
    forecast = champion.predict(window)
    missing = np.isnan(forecast.quantiles).all(axis=(2, 3))
    assert missing[:, METRIC_INDEX["latency_ms"]].all()
    assert missing.sum() == 21
    assert forecast.reasons[0] == "no forecast for error_pct"


@pytest.mark.parametrize(("kind", "server"), [
    (InjectionKind.MEMORY_LEAK, "ppml001"), (InjectionKind.MEMORY_LEAK, "ppweb001"),
    (InjectionKind.DISK_FILL, "ppqueue001"), (InjectionKind.DISK_FILL, "ppstore002"),
])  # fmt: skip
def test_half_an_hour_into_an_injection_the_forecast_bends(champion, window_at, kind, server):
    injection = default_injection(kind, [server], 1_476)
    metric = METRIC_INDEX[LIBRARY[kind].main_metric]
    window = window_at(1_482, [injection])
    row = window.assets.index(server)
    bent = champion.predict(window).quantiles[row, metric, :, MEDIAN]
    straight = champion.predict(window_at(1_482)).quantiles[row, metric, :, MEDIAN]
    risen = window.values[row, -1, metric] - window_at(1_482).values[row, -1, metric]
    assert (bent - straight)[3:15].mean() > 1.1 * risen > 0


def test_maintenance_ahead_raises_the_disk_forecast_within_its_window_only(champion, window_at):
    window = window_at(1_500)
    planned = window.maintenance.copy()
    planned[:, CONTEXT:] = False
    quiet = champion.predict(replace(window, maintenance=planned)).quantiles[:, 3, :, MEDIAN]
    planned = planned.copy()
    planned[:, CONTEXT + 40 : CONTEXT + 60] = True
    busy = champion.predict(replace(window, maintenance=planned)).quantiles[:, 3, :, MEDIAN]
    assert (busy[:, 40:60] > 1.2 * quiet[:, 40:60]).all()
    np.testing.assert_allclose(busy[:, :23], quiet[:, :23])  # the network's leads before the window
    np.testing.assert_allclose(busy[:, 23:40], quiet[:, 23:40], rtol=0.1)  # it is linear from one lead to the next


def test_windows_that_do_not_fit_together_are_refused(champion, window_at):
    window = window_at(1_500)
    with pytest.raises(ValueError, match="maintenance"):
        champion.predict(replace(window, maintenance=window.maintenance[:, 1:]))
    with pytest.raises(ValueError, match="servers"):
        champion.predict(replace(window, profiles=window.profiles[1:]))
    with pytest.raises(ValueError, match="aware"):
        champion.predict(replace(window, origin_at=datetime(2024, 1, 1)))  # noqa: DTZ001


ODD = st.sampled_from([0.0, 1.0, 55.5, 99.9, 114.0, 1e5, 6e5, 1e9, -3.0, np.nan, np.inf, -np.inf])


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 300), st.lists(ODD, min_size=7, max_size=7), st.integers(0, 2**32 - 1))
def test_odd_windows_never_break_serving(champion, ticks, levels, seed):
    random = np.random.Generator(np.random.Philox(seed))
    values = np.tile(np.array(levels, np.float32), (3, ticks, 1))
    values[1] = np.where(random.random((ticks, 7)) < 0.5, np.nan, values[1])
    values[2] += random.normal(size=(ticks, 7)).astype(np.float32)
    calendar = random.random((3, ticks + HORIZON)) < 0.1
    window = Window(("a", "b", "c"), ("web", "unknown", "?"), datetime.fromisoformat("2026-11-21T10:00:00+00:00"),
                    values, calendar)  # fmt: skip
    forecast = champion.predict(window)
    known = np.isfinite(forecast.quantiles)
    assert (known.all(axis=(2, 3)) | ~known.any(axis=(2, 3))).all()
    assert (np.diff(forecast.quantiles, axis=-1)[known[..., 1:]] >= 0).all()
    assert all((method is Method.NONE) == (not known[row].any()) for row, method in enumerate(forecast.methods))


def test_a_silent_feed_makes_only_restless_servers_uncertain(champion, window_at, generator):
    window = window_at(2_500)
    ticks = generator.ticks(2_500 - TICKS_PER_WEEK + 1, TICKS_PER_WEEK)
    week = week_before(*half_hours(ticks.values, 2_500 - TICKS_PER_WEEK + 1), 2_500)
    window.values[:, -200:] = np.nan
    week[:, -33:] = np.nan
    steady = week.copy()
    steady[3] = np.nanmean(steady[3], axis=0) + 0.01 * (np.arange(len(steady[3])) % 2)[:, None]
    window.values[3, :88] = steady[3, 0]
    told, calm = (champion.predict(replace(window, week=one)) for one in (None, steady))
    assert set(calm.methods) == {Method.PERSISTENCE}
    widths = [one.quantiles[..., -1] - one.quantiles[..., 0] for one in (told, calm)]
    assert (widths[1][3] < 0.3 * widths[0][3]).all()
    assert np.median(widths[1] / widths[0]) > 0.3
