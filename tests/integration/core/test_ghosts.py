"""Earlier forecasts from the store: the nearest one, who made it, what came, and why it is another one."""

from pathlib import Path

import numpy as np
import pytest
from sqlmodel import col, delete

from ml.schema import METRIC_INDEX
from tests.integration.core.steps import drive, held
from tests.integration.core.test_promotions import served
from webapp.core.db import reading
from webapp.core.errors import NotFound
from webapp.core.models.forecasts import ForecastFan
from webapp.core.models.risks import Risk
from webapp.core.policies import fans
from webapp.core.repositories import forecasts, telemetry
from webapp.core.services import ghosts, streams
from webapp.core.services.forecasts import skip
from webapp.core.uow import unit_of_work
from webapp.core.views.ghosts import Instead

pytestmark = pytest.mark.usefixtures("demo")
DEMO, SERVER, METRIC = streams.DEMO, "ppdb002", "cpu_pct"


def newest() -> int:
    return ghosts.ghost(DEMO, SERVER, METRIC, 0).newest


def forget(*ticks: int, judgements: bool = False) -> None:
    """Take away stored forecasts, as retention does; with their judgements as if there had been none."""
    with unit_of_work() as uow:
        for table in (ForecastFan, Risk) if judgements else (ForecastFan,):
            uow.session.connection().execute(delete(table).where(col(table.tick).in_(ticks)))


def test_the_forecast_of_a_time_is_shown_with_what_came() -> None:
    drive(held(), 5)
    at = newest() - 3
    found = ghosts.ghost(DEMO, SERVER, METRIC, at)
    assert (found.origin, found.instead, found.by) == (at, Instead.AS_ASKED, "fleet-tft 1.0.0")
    assert found.fan is not None and found.truth is not None
    assert np.isfinite(found.truth).sum() == 4  # the value at its origin and three that came
    with reading() as session:
        _, asset = streams.server(session, DEMO, SERVER)
        measured = telemetry.series(session, asset.id or 0, METRIC, at, at + 3)
    assert np.array_equal(found.truth[:4], measured)


def test_the_one_in_force_is_never_the_ghost() -> None:
    drive(held(), 3)
    last = newest() - 1
    for asked in (last + 1, last + 500, 999_999_999):
        found = ghosts.ghost(DEMO, SERVER, METRIC, asked)
        assert (found.origin, found.asked, found.instead) == (last, last, Instead.AS_ASKED)


def test_before_the_first_forecast_the_first_is_shown() -> None:
    drive(held(), 3)
    found = ghosts.ghost(DEMO, SERVER, METRIC, newest() - 200)
    assert found.instead is Instead.FIRST and found.origin == found.kept.first == newest() - 3


def test_what_retention_took_says_so() -> None:
    drive(held(), 8)
    end = newest()
    forget(end - 8, end - 5, end - 4)
    thinned, dropped = (ghosts.ghost(DEMO, SERVER, METRIC, end - back) for back in (4, 8))
    assert (thinned.origin, thinned.instead) == (end - 3, Instead.THINNED)
    assert (thinned.kept.before, thinned.kept.after) == (end - 6, end - 2)
    assert (dropped.origin, dropped.instead) == (end - 7, Instead.DROPPED)


def test_a_forecast_that_was_never_made_says_so() -> None:
    drive(held(), 4)
    end = newest()
    forget(end - 2, judgements=True)
    assert ghosts.ghost(DEMO, SERVER, METRIC, end - 2).instead is Instead.MISSED


def test_a_skipped_origin_says_so() -> None:
    drive(held(), 4)
    end = newest()
    forget(end - 2, judgements=True)
    with unit_of_work() as uow:
        stream = streams.find(uow.session, DEMO)
        forecasts.drop_runs(uow.session, stream.id or 0, end - 1)
    skip(stream.id or 0, end - 2)
    assert ghosts.ghost(DEMO, SERVER, METRIC, end - 2).instead is Instead.SKIPPED


def test_whoever_made_it_is_named_when_another_version_serves(tmp_path: Path) -> None:
    lease = held()
    drive(lease, 2)
    served(tmp_path, "1.1.0")
    drive(lease, 3)
    end = newest()
    names = [ghosts.ghost(DEMO, SERVER, METRIC, end - back).by for back in (1, 4)]
    assert names == ["fleet-tft 1.1.0", "fleet-tft 1.0.0"]


def test_a_server_with_nothing_but_the_newest_has_no_ghost() -> None:
    drive(held(), 1)
    end = newest()
    forget(*range(end - 20, end))
    found = ghosts.ghost(DEMO, SERVER, METRIC, end - 5)
    assert (found.instead, found.origin, found.fan, found.kept.first) == (Instead.NOTHING, None, None, None)


def test_a_metric_without_a_forecast_has_an_origin_and_no_fan() -> None:
    drive(held(), 2)
    end = newest()
    _blank(end - 1)
    found = ghosts.ghost(DEMO, SERVER, METRIC, end - 1)
    assert found.origin == end - 1 and found.fan is None


def _blank(tick: int) -> None:
    with unit_of_work() as uow:
        _, asset = streams.server(uow.session, DEMO, SERVER)
        row = forecasts.fans_at(uow.session, [asset.id or 0], tick)[asset.id or 0]
        values = fans.unpack(row.fan)
        values[METRIC_INDEX[METRIC]] = np.nan
        row.fan = fans.pack(values[None])[0]
        uow.session.add(row)


def test_a_server_that_nobody_knows_is_not_found() -> None:
    with pytest.raises(NotFound):
        ghosts.ghost(DEMO, "nobody", METRIC, 1)
