"""Thresholds: what differs from the defaults, what is refused, and what a limit makes of observations."""

import numpy as np
import pytest

from ml.schema import METRIC_INDEX, METRIC_NAMES, Profile
from ml.streams.fleet import threshold_matrix
from webapp.core.errors import Invalid
from webapp.core.policies import risks, thresholds
from webapp.core.policies.thresholds import Limit
from webapp.core.views.thresholds import Breached

CPU = METRIC_INDEX["cpu_pct"]


def test_without_a_change_the_defaults_hold() -> None:
    assert (thresholds.matrix({}, ["web", "database"]) == threshold_matrix(["web", "database"])).all()


def test_a_change_is_for_one_metric_of_one_profile() -> None:
    made = thresholds.matrix({("web", "cpu_pct"): 55.0}, ["web", "database", "web"])
    assert made[:, CPU].tolist() == [55.0, 90.0, 55.0]
    assert (made[:, CPU + 1 :] == threshold_matrix(["web", "database", "web"])[:, CPU + 1 :]).all()


def test_a_profile_that_nobody_heard_of_reads_as_unknown() -> None:
    limits = {("unknown", "cpu_pct"): 55.0}
    assert thresholds.matrix(limits, ["mainframe"])[0, CPU] == 55.0
    assert thresholds.limit_of(limits, "mainframe", "cpu_pct") == 55.0


def test_nothing_is_over_the_threshold_of_a_metric_that_is_not_watched() -> None:
    limits = thresholds.matrix({("web", name): None for name in METRIC_NAMES}, ["web"])
    assert np.isnan(limits).all()
    assert risks.breach_lengths(np.full((1, 4, len(METRIC_NAMES)), 1e9, np.float32), limits).max() == 0


def test_an_empty_stream_has_an_empty_matrix() -> None:
    assert thresholds.matrix({("web", "cpu_pct"): 55.0}, []).shape == (0, len(METRIC_NAMES))


@pytest.mark.parametrize("limit", [0.0, -1.0, 200.0, 1e9, float("nan"), float("inf")])
def test_a_limit_that_could_mean_nothing_is_refused_at_its_field(limit: float) -> None:
    with pytest.raises(Invalid, match=r"above 0 and below 200 %") as refused:
        thresholds.check_limit("cpu_pct", limit)
    assert [one.field for one in refused.value.errors] == ["limit"]


@pytest.mark.parametrize("limit", [2.2, 0.001, 99_999.9, 87.55])
def test_a_limit_comes_back_from_the_matrix_as_it_was_set(limit: float) -> None:
    kept = thresholds.check_limit("latency_ms", limit)
    held = thresholds.matrix({("web", "latency_ms"): kept}, ["web"])[0, METRIC_INDEX["latency_ms"]]
    assert thresholds.plain(held) == kept == limit


@pytest.mark.parametrize(("profile", "metric", "field"), [("mainframe", "cpu_pct", "profile"), ("web", "x", "metric")])
def test_what_the_contract_does_not_have_is_refused(profile: str, metric: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        thresholds.check_place(profile, metric)
    assert [one.field for one in refused.value.errors] == [field]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_reason_is_asked_for(reason: str) -> None:
    with pytest.raises(Invalid):
        thresholds.check_reason(reason)


def test_profiles_differ_where_a_limit_does() -> None:
    one: dict[tuple[str, str], Limit] = {("web", "cpu_pct"): 55.0, ("cache", "cpu_pct"): None}
    assert thresholds.moved(one, one) == []
    assert thresholds.moved(one, {("web", "cpu_pct"): 55.0}) == ["cache"]
    assert thresholds.moved({}, {("web", "cpu_pct"): 90.0}) == []  # the default by another name


def test_one_observation_over_the_limit_is_no_breach() -> None:
    values = np.array([[1, 9, 1, 9, 9, 9, 1, 1], [1, 1, 1, 1, 1, 1, 1, np.nan]], np.float32)
    assert thresholds.breached(values, 5.0) == Breached(1, 15, 3 / 15)


def test_a_gap_ends_a_breach() -> None:
    assert thresholds.breached(np.array([[9, np.nan, 9]], np.float32), 5.0) == Breached(0, 0, 0.0)


def test_what_is_not_watched_is_never_in_breach() -> None:
    assert thresholds.breached(np.full((2, 9), 9, np.float32), None).minutes == 0


def test_profiles_of_the_stream_come_first() -> None:
    assert list(thresholds.order({"worker": 1, "database": 2}))[:3] == [Profile.DATABASE, Profile.WORKER, Profile.WEB]
