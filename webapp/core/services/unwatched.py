"""Forecasts for servers that Forewarn does not watch: the champion is asked, nothing is read or stored about them.

Guards that a baseline never appears under the champion's name, as everywhere.
"""

import numpy as np

from ml.contracts import Floats, Forecast, Method
from ml.runtime import Crossing, Forecaster, crossing
from ml.schema import METRICS, QUANTILES
from webapp.core import clock
from webapp.core.clock import tick_of, time_of
from webapp.core.policies import unwatched as rules
from webapp.core.policies.unwatched import Asked
from webapp.core.services import champions
from webapp.core.views.unwatched import Ahead, MetricAhead, ServerAhead


def ask(document: object) -> Ahead:
    """The forecast of a request as decoded from JSON. Raises Invalid naming the field, Unavailable without a model."""
    asked = rules.parse(document, clock.now())
    forecaster = champions.prevailing()
    forecast = forecaster.predict(asked.window)
    crossings = crossing(forecast.quantiles, asked.thresholds, forecaster.odds)
    history = np.isfinite(asked.window.values).any(axis=2).sum(axis=1)
    servers = tuple(
        _server(asked, forecaster, forecast, crossings, at, int(history[at])) for at in range(len(forecast.assets))
    )
    return Ahead(
        forecast.origin_at, clock.now(), forecast.model, forecast.version, forecaster.sha256, forecast.runtime,
        tuple(QUANTILES[place] for place in asked.quantiles), servers,
    )  # fmt: skip


def _server(
    asked: Asked, forecaster: Forecaster, forecast: Forecast, crossings: Crossing, at: int, history: int
) -> ServerAhead:
    method = forecast.methods[at]
    made_by: dict[Method, tuple[str | None, str | None]] = {
        Method.CHAMPION: (forecaster.manifest.model, forecaster.manifest.version),
        Method.PERSISTENCE: (Method.PERSISTENCE.value, None),
        Method.NONE: (None, None),
    }
    metrics = tuple(_metric(asked, forecast, crossings, at, metric) for metric in range(len(METRICS)))
    return ServerAhead(
        asked.window.assets[at], asked.window.profiles[at], method.value, forecast.reasons[at], *made_by[method],
        history, metrics,
    )  # fmt: skip


def _metric(asked: Asked, forecast: Forecast, crossings: Crossing, at: int, metric: int) -> MetricAhead:
    fan: Floats = forecast.quantiles[at, metric]
    known = bool(np.isfinite(fan).all())
    by = tuple(float(one) for one in crossings.by[at, metric])
    origin = tick_of(forecast.origin_at)
    low, middle, high = (
        time_of(origin + round(float(one[at, metric]))) if np.isfinite(one[at, metric]) else None
        for one in (crossings.earliest, crossings.median, crossings.latest)
    )
    now = float(asked.window.values[at, -1, metric])
    return MetricAhead(
        METRICS[metric].name, float(asked.thresholds[at, metric]), now if np.isfinite(now) else None,
        fan[:, list(asked.quantiles)] if known else None, (by[0], by[1], by[2], by[3]) if known else None,
        low, middle, high,
    )  # fmt: skip
