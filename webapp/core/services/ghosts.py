"""An earlier forecast of a server: the stored one nearest to a time, who made it, and what was measured since."""

from dataclasses import replace

import numpy as np

from ml.contracts import Method
from ml.schema import HORIZON, METRIC_INDEX
from webapp.core.db import Session, reading
from webapp.core.models.assets import Asset
from webapp.core.models.forecasts import ForecastFan
from webapp.core.models.streams import Stream
from webapp.core.policies import fans, ghosts
from webapp.core.policies.ghosts import Traces
from webapp.core.repositories import forecasts, model_versions, risks, telemetry
from webapp.core.services import streams
from webapp.core.views.ghosts import GhostView, Instead, Kept


def ghost(slug: str, name: str, metric: str, asked: int) -> GhostView:
    """The forecast nearest to the tick `asked` but the one in force. Raises NotFound."""
    with reading() as session:
        stream, asset = streams.server(session, slug, name)
        view, blob = _read(session, stream, asset, metric, asked)
    if blob is None:
        return view
    fan = fans.unpack(blob)[METRIC_INDEX[metric]]
    return replace(view, fan=fan) if np.isfinite(fan).all() else view


def _read(session: Session, stream: Stream, asset: Asset, metric: str, asked: int) -> tuple[GhostView, bytes | None]:
    """All that comes from the database; the fan still packed."""
    assert asset.id is not None
    in_force = forecasts.newest_fan(session, asset.id)
    newest = in_force.tick if in_force else stream.tick or stream.history_tick
    last = newest if asset.retired_at else newest - 1
    asked = min(asked, last)
    found = _nearest(session, asset.id, asked, last)
    first, before, after = forecasts.origins_around(session, asset.id, found.tick if found else asked, last)
    kept = Kept(first, before, after, last)
    if found is None or first is None:
        return GhostView(metric, asked, newest, kept, Instead.NOTHING), None
    left = _traces(session, stream, asset.id, asked, first)
    truth = telemetry.series(session, asset.id, metric, found.tick, found.tick + HORIZON)
    reason = ghosts.instead(asked, found.tick, left)
    return GhostView(metric, asked, newest, kept, reason, found.tick, _by(session, found), None, truth), found.fan


def _nearest(session: Session, asset_id: int, asked: int, last: int) -> ForecastFan | None:
    """Of the two fans around a tick the nearer one, the earlier one from the middle on."""
    before = forecasts.fan_beside(session, asset_id, asked, last, later=False)
    if before is not None and before.tick == asked:
        return before
    after = forecasts.fan_beside(session, asset_id, asked, last, later=True)
    if before is None or after is None:
        return before or after
    return before if asked - before.tick <= after.tick - asked else after


def _traces(session: Session, stream: Stream, asset_id: int, asked: int, first: int) -> Traces:
    assert stream.id is not None
    run = forecasts.run_at(session, stream.id, asked)
    judged = any(one.method != Method.NONE for one in risks.of_asset(session, asset_id, asked, asked))
    return Traces(first, risks.first_of(session, asset_id), judged, run is not None and run.skipped)


def _by(session: Session, found: ForecastFan) -> str:
    """Who made it, whoever serves now: the model's version, or the baseline by its own name."""
    if found.method != Method.CHAMPION:
        return found.method
    version = model_versions.by_id(session, found.model_version_id)
    assert version is not None, "a forecast names a stored version"
    return f"{version.model} {version.version}"
