"""Why a stored forecast says what it says: asked of the model that made it, once, without holding the database."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlmodel import Session, delete, update

from ml.cli import RIDGE
from ml.contracts import Method
from ml.schema import METRIC_NAMES
from tests.integration.core.steps import drive, held
from webapp.core.db import engine, reading
from webapp.core.errors import NotFound
from webapp.core.models.forecasts import ForecastFan
from webapp.core.models.model_versions import ModelVersion
from webapp.core.repositories import telemetry
from webapp.core.services import explanations, streams
from webapp.core.settings import settings
from webapp.core.views.explanations import Explanation, Unexplained


def explained(metric: str = "cpu_pct", server: str = "ppweb001") -> Explanation:
    return explanations.explanation(streams.DEMO, server, metric)


def change(table: type, **values: str) -> None:
    """Change every row of a table."""
    with Session(engine()) as session:
        session.exec(update(table).values(**values))
        session.commit()


@pytest.fixture
def forecast(demo: None) -> None:
    """The demo fleet with one forecast of the shipped champion."""
    drive(held(), ticks=0)


@pytest.mark.usefixtures("forecast")
def test_the_groups_of_every_metric_sum_to_one() -> None:
    for metric in METRIC_NAMES:
        found = explained(metric)
        assert found.unexplained is None
        assert sum(one.share for one in found.looked) == pytest.approx(1.0, abs=1e-4)
        assert 16 >= found.from_h > found.to_h >= 0


@pytest.mark.usefixtures("forecast")
def test_similar_stretches_come_from_what_is_stored_and_over() -> None:
    origin = streams.stream(streams.DEMO).origin_at
    assert origin is not None
    found = explained()
    assert 1 <= len(found.alike) <= 3
    assert found.days == pytest.approx(1.0, abs=0.1)
    assert all((origin - one.ended_at).total_seconds() >= 8 * 3600 for one in found.alike)
    assert all(one.low <= one.high for one in found.alike)


@pytest.mark.usefixtures("forecast")
def test_an_explanation_is_computed_once() -> None:
    assert explained() is explained()
    assert explained() is not explained("memory_pct")


@pytest.mark.usefixtures("forecast")
def test_a_baseline_is_not_explained() -> None:
    change(ForecastFan, method=Method.PERSISTENCE.value)
    assert explained() == Explanation("cpu_pct", Unexplained.BASELINE)


@pytest.mark.usefixtures("forecast")
def test_a_model_that_is_gone_cannot_be_asked(tmp_path: Path) -> None:
    change(ModelVersion, path=str(tmp_path / "gone"))
    assert explained().unexplained is Unexplained.UNREADABLE


@pytest.mark.usefixtures("forecast")
def test_without_a_forecast_there_is_nothing_to_explain() -> None:
    with Session(engine()) as session:
        session.exec(delete(ForecastFan))
        session.commit()
    assert explained().unexplained is Unexplained.NO_FORECAST
    with pytest.raises(NotFound):
        explained(server="nobody")


@pytest.mark.usefixtures("installation")
def test_a_linear_model_says_that_it_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREWARN_CHAMPION", str(RIDGE))
    settings.cache_clear()
    streams.ensure_demo(datetime(2026, 3, 4, 10, tzinfo=UTC))
    drive(held(), ticks=0)
    assert explained().unexplained is Unexplained.LINEAR


@pytest.mark.usefixtures("forecast")
def test_one_metric_is_read_as_the_window_has_it() -> None:
    origin = streams.stream(streams.DEMO).origin_at
    assert origin is not None
    tick, stream_id = int(origin.timestamp() // 300), streams.stream(streams.DEMO).id
    with reading() as session:
        whole = telemetry.window(session, stream_id, [1], tick - 400, tick)[0]
        one = telemetry.series(session, 1, "latency_ms", tick - 400, tick)
    np.testing.assert_array_equal(one, whole[:, METRIC_NAMES.index("latency_ms")])
