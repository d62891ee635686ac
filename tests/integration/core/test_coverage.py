"""What is measured of the forecasts counts matured points only, and compares with what yesterday's curve knew."""

from datetime import UTC, datetime

import pytest

from tests.integration.core.steps import drive, held
from webapp.core.db import reading
from webapp.core.repositories import assets
from webapp.core.services import calibrations, coverage, risks, servers, streams
from webapp.core.settings import settings


def _counts(stream_id: int) -> int:
    with reading() as session:
        every = assets.of_stream(session, stream_id)
        return int(sum(one[..., 1].sum() for one in coverage.of_assets(session, stream_id, every).values()))


@pytest.mark.usefixtures("demo")
def test_nothing_is_measured_before_an_hour_has_matured() -> None:
    drive(held(), ticks=2)
    assert all(risk.coverage80 is None and risk.coverage_n == 0 for risk in risks.fleet_snapshot(streams.DEMO).risks)


@pytest.mark.usefixtures("demo")
def test_an_hour_of_truth_is_scored_once_however_often_it_is_asked_for() -> None:
    lease = held()
    drive(lease, ticks=24)
    tick = streams.stream(streams.DEMO).origin_at
    assert tick is not None
    last = int(tick.timestamp() // 300)
    coverage.score(lease.stream_id, last)
    once = _counts(lease.stream_id)
    coverage.score(lease.stream_id, last)
    assert once == _counts(lease.stream_id) == 20 * 7 * 12 * 2  # servers, metrics, ticks, the two buckets that matured


def _last(slug: str = streams.DEMO) -> int:
    origin = streams.stream(slug).origin_at
    assert origin is not None
    return int(origin.timestamp() // 300)


@pytest.mark.usefixtures("demo")
def test_before_any_truth_matured_it_is_said_when_the_first_will() -> None:
    lease = held()
    drive(lease, ticks=2)
    coverage.score(lease.stream_id, _last() // 12 * 12)  # an hour in which nothing was forecast
    found = calibrations.quality(streams.DEMO)
    assert found.skill is None and found.whole.matured == 0
    assert found.first_at is not None and found.first_at.hour == 11 and found.first_at.minute == 0
    assert found.tested == pytest.approx(0.56, abs=0.05)


@pytest.mark.usefixtures("demo")
def test_a_day_of_history_is_too_little_to_compare_with_yesterday() -> None:
    lease = held()
    drive(lease, ticks=24)
    coverage.score(lease.stream_id, _last())
    found = calibrations.quality(streams.DEMO)
    assert found.whole.matured > 0
    assert (found.whole.skill, found.fewest, found.skill) == (None, 0, None)


@pytest.fixture
def long_demo(installation: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo fleet with three days of history: two of them have a day before."""
    monkeypatch.setenv("FOREWARN_DEMO_DAYS", "3")
    settings.cache_clear()
    streams.ensure_demo(datetime(2026, 3, 4, 10, tzinfo=UTC))


@pytest.mark.usefixtures("long_demo")
def test_the_loss_is_measured_beside_that_of_yesterdays_curve() -> None:
    lease = held()
    drive(lease, ticks=24)
    for _ in range(2):
        coverage.score(lease.stream_id, _last())
    found = calibrations.quality(streams.DEMO)
    assert found.whole.matured == 20 * 7 * 12 * 2
    assert found.whole.skill is not None and found.whole.skill.truths == found.whole.matured
    assert 0.3 < found.whole.skill.value < 0.95
    assert [one.skill is not None for one in found.leads] == [True, True, False, False, False]
    assert found.skill is None and found.fewest == 0
    assert found.scored_at is not None and found.first_at is None


@pytest.mark.usefixtures("long_demo")
def test_metrics_and_profiles_are_parts_of_the_whole() -> None:
    lease = held()
    drive(lease, ticks=24)
    coverage.score(lease.stream_id, _last())
    found = calibrations.quality(streams.DEMO)
    for groups in (found.metrics, found.profiles):
        assert sum(one.whole.matured for one in groups) == found.whole.matured
        assert sum(one.whole.held for one in groups) == found.whole.held
    assert "database" in {one.name for one in found.profiles}


@pytest.mark.usefixtures("long_demo")
def test_a_servers_page_has_the_skill_of_its_own_metrics() -> None:
    lease = held()
    drive(lease, ticks=24)
    coverage.score(lease.stream_id, _last())
    page = servers.server_snapshot(streams.DEMO, "ppdb002")
    assert {one.skill.truths for one in page.metrics if one.skill} == {24}
    assert page.skill is None  # not enough truth yet
