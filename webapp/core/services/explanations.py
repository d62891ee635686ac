"""Why the newest forecast of a server says what it says.

Reads the window that the forecast was made from, lets go of the database, and asks the very model that made it.
A forecast never changes, so neither does its explanation: it is computed once per server, origin and metric.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np

from ml.contracts import Floats, Method, Window
from ml.runtime.reasons import Reasons, reasons
from ml.runtime.week import newest_half_hour
from ml.schema import CONTEXT, HORIZON, METRIC_INDEX, TICK_SECONDS, TICKS_PER_DAY, WEEK
from webapp.core.clock import time_of
from webapp.core.db import Session, reading
from webapp.core.errors import Unavailable
from webapp.core.models.assets import Asset
from webapp.core.models.forecasts import ForecastFan
from webapp.core.models.model_versions import ModelVersion
from webapp.core.policies import fans
from webapp.core.policies import thresholds as policy
from webapp.core.policies.explanations import Nearest, nearest
from webapp.core.repositories import assets as asset_rows
from webapp.core.repositories import forecasts, model_versions, telemetry
from webapp.core.services import champions, maintenance, streams, thresholds
from webapp.core.views.explanations import Alike, Explanation, Looked, Unexplained

LOOK_BACK = 28 * TICKS_PER_DAY


@dataclass(frozen=True, slots=True)
class Asked:
    """What an explanation depends on: equal ones have the same answer, since a forecast never changes.

    The `threshold` is for what followed before; None when the metric is not watched.
    """

    asset_id: int
    profile: str
    tick: int
    metric: str
    made_at: datetime
    input_hash: str
    path: str
    sha256: str
    threshold: float | None


def explanation(slug: str, name: str, metric: str) -> Explanation:
    """Why the newest forecast of a server's metric says what it says, or why that cannot be told. Raises NotFound."""
    with reading() as session:
        _, asset = streams.server(session, slug, name)
        assert asset.id is not None
        limits = thresholds.limits(session, asset.stream_id)
        fan = forecasts.newest_fan(session, asset.id)
        version = model_versions.by_id(session, fan.model_version_id) if fan is not None else None
    if fan is None or version is None:
        return Explanation(metric, Unexplained.NO_FORECAST)
    if fan.method != Method.CHAMPION:
        return Explanation(metric, Unexplained.BASELINE)
    return _of(fan, asset.profile, version, metric, policy.limit_of(limits, asset.profile, metric))


def _of(fan: ForecastFan, profile: str, version: ModelVersion, metric: str, threshold: float | None) -> Explanation:
    if not np.isfinite(fans.unpack(fan.fan)[METRIC_INDEX[metric]]).all():
        return Explanation(metric, Unexplained.NO_FORECAST)
    try:
        asked = Asked(
            fan.asset_id,
            profile,
            fan.tick,
            metric,
            fan.made_at,
            fan.input_hash,
            version.path,
            version.sha256,
            threshold,
        )
        return explained(asked)
    except Unavailable:
        return Explanation(metric, Unexplained.UNREADABLE)


@lru_cache(maxsize=512)
def explained(asked: Asked) -> Explanation:
    """What was asked, computed once. Raises Unavailable when the model cannot be loaded here."""
    forecaster = champions.forecaster(asked.path, asked.sha256)
    with reading() as session:
        asset = asset_rows.by_id(session, asked.asset_id)
        assert asset is not None, "a forecast is of an asset"
        window = _window(session, asset, asked)
        series = telemetry.series(session, asked.asset_id, asked.metric, asked.tick - LOOK_BACK + 1, asked.tick)
    looked = forecaster.looked(window)
    if looked is None:
        return Explanation(asked.metric, Unexplained.LINEAR)
    metric = METRIC_INDEX[asked.metric]
    stored = series[int(np.isfinite(series).argmax()) :]
    return _view(asked, reasons(looked, metric), nearest(stored, asked.threshold), len(stored))


def _window(session: Session, asset: Asset, asked: Asked) -> Window:
    """The window of one server, as inference read it: with the maintenance that was planned by then."""
    assert asset.id is not None
    tick = asked.tick
    newest = newest_half_hour(tick)
    values = telemetry.window(session, asset.stream_id, [asset.id], tick - CONTEXT + 1, tick)
    week: Floats = telemetry.half_hours(session, asset.stream_id, [asset.id], newest - WEEK + 1, newest)
    calendar = maintenance.calendar(session, [asset], tick - CONTEXT + 1, CONTEXT + HORIZON, asked.made_at)
    return Window((asset.name,), (asset.profile,), time_of(tick), values, calendar, week)


def _view(asked: Asked, why: Reasons, found: tuple[Nearest, ...], stored: int) -> Explanation:
    groups = tuple(Looked(one.name, one.inputs, one.share) for one in why.groups)
    alike = tuple(_alike(one, asked.tick - stored + 1) for one in found)
    return Explanation(asked.metric, None, groups, why.from_h, why.to_h, alike, stored / TICKS_PER_DAY)


def _alike(one: Nearest, first_tick: int) -> Alike:
    minutes = None if one.crossed_after is None else one.crossed_after * TICK_SECONDS / 60
    return Alike(time_of(first_tick + one.end), one.distance, one.low, one.high, minutes)
