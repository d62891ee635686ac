"""Measured coverage counts matured points only."""

import pytest

from tests.integration.core.steps import drive, held
from webapp.core.db import reading
from webapp.core.repositories import assets
from webapp.core.services import coverage, risks, streams

pytestmark = pytest.mark.usefixtures("demo")


def _counts(stream_id: int) -> int:
    with reading() as session:
        every = assets.of_stream(session, stream_id)
        return int(sum(one[..., 1].sum() for one in coverage.of_assets(session, stream_id, every).values()))


def test_nothing_is_measured_before_an_hour_has_matured() -> None:
    drive(held(), ticks=2)
    assert all(risk.coverage80 is None and risk.coverage_n == 0 for risk in risks.fleet_snapshot(streams.DEMO).risks)


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
