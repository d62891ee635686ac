"""Driving a stream inside the test: the same services that the workers call, without their processes."""

from collections.abc import Sequence

from ml.runtime import crossing
from webapp.core.clock import monotonic
from webapp.core.db import reading
from webapp.core.models.forecasts import ForecastRun
from webapp.core.repositories import forecasts as forecast_rows
from webapp.core.services import champions, forecasts, playbacks, streams
from webapp.core.services.playbacks import Held
from webapp.core.services.windows import HistoryCache
from workers.drivers import Driver, open_driver
from workers.driving import backfill


def held(slug: str = streams.DEMO, owner: str = "test") -> Held:
    """The lease on a stream's playback."""
    with reading() as session:
        playback = streams.driver_of(session, streams.find(session, slug))
    assert playback is not None and playback.id is not None
    lease = playbacks.claim(playback.id, owner)
    assert lease is not None, "nobody else drives in a test"
    return lease


def driver(lease: Held) -> Driver:
    """What a lease plays."""
    return open_driver(playbacks.source(lease), lease.path)


def drive(lease: Held, ticks: int) -> None:
    """Fill the history if need be, then play some ticks, each forecast before the next."""
    source = driver(lease)
    backfill(lease, source)
    _forecast_newest(lease)
    for _ in range(ticks):
        turn = playbacks.turn(lease)
        block = source.block(turn.next_tick, 1, turn.injections, turn.twins, turn.upkeep)
        assert playbacks.write(lease, block, played=turn)
        _forecast_newest(lease)


def _forecast_newest(lease: Held) -> None:
    tick = playbacks.source(lease).tick
    assert tick is not None
    cycle(lease.stream_id, tick)


def cycle(stream_id: int, tick: int) -> None:
    """What the inference worker does for one tick."""
    origin = forecasts.open_cycle(stream_id, tick, HistoryCache(stream_id))
    if origin is None:
        forecasts.skip(stream_id, tick)
        return
    forecaster = champions.forecaster(origin.version.path, origin.version.sha256)
    forecast = forecaster.predict(origin.window)
    risk = crossing(forecast.quantiles[: len(origin.assets)], origin.thresholds, forecaster.odds)
    forecasts.close_cycle(origin, forecast, risk, monotonic())


def runs() -> Sequence[ForecastRun]:
    """Every cycle so far, oldest first."""
    with reading() as session:
        return sorted(forecast_rows.recent_runs(session, 1000), key=lambda run: run.tick)
