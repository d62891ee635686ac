"""The fleet at its newest tick: one read for every browser that looks at it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from ml.contracts import Floats
from ml.schema import HORIZON, METRIC_INDEX
from webapp.core.clock import time_of
from webapp.core.db import Session, reading
from webapp.core.models.assets import Asset
from webapp.core.models.risks import Risk
from webapp.core.models.streams import Stream
from webapp.core.policies import clocks, fans
from webapp.core.policies.risks import shown
from webapp.core.repositories import assets as asset_rows
from webapp.core.repositories import forecasts, telemetry
from webapp.core.repositories import risks as rows
from webapp.core.services import coverage, maintenance, streams, thresholds
from webapp.core.services.coverage import Counts
from webapp.core.services.windows import WindowCache
from webapp.core.views.fleet import FleetSnapshot, RiskView
from webapp.core.views.severity import Severity
from webapp.core.views.streams import StreamView

RECENT = HORIZON
_LOOK_BACK = 12  # ticks in which a server's last forecast is looked for before it counts as having none


class FleetReader:
    """Reads streams tick after tick: of the last hours' observations only what is new comes from the database."""

    def __init__(self) -> None:
        self._caches: dict[int, WindowCache] = {}

    def snapshot(self, slug: str) -> FleetSnapshot:
        """Every server of a stream with its last hours. Raises NotFound."""
        with reading() as session:
            stream = streams.find(session, slug)
            assert stream.id is not None
            every = asset_rows.of_stream(session, stream.id)
            run = forecasts.newest_run(session, stream.id)
            tick = run.tick if run else stream.tick
            view = streams.view(session, stream)
            if tick is None:
                return FleetSnapshot(view, (), np.empty((0, RECENT, len(METRIC_INDEX)), np.float32))
            cache = self._caches.setdefault(stream.id, WindowCache(stream.id, RECENT))
            recent = cache.upto(session, [asset.id for asset in every if asset.id is not None], tick)
            found = _views(session, stream, every, tick, run.made_at if run else None)
            return FleetSnapshot(view, found, recent, thresholds.limits(session, stream.id))


def fleet_snapshot(slug: str) -> FleetSnapshot:
    """The same, read once. Raises NotFound."""
    return FleetReader().snapshot(slug)


def fleet_risks(slug: str) -> tuple[StreamView, tuple[RiskView, ...]]:
    """Every server's risk without its past: what an API caller asks for. Raises NotFound."""
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        run = forecasts.newest_run(session, stream.id)
        tick = run.tick if run else stream.tick
        every = asset_rows.of_stream(session, stream.id)
        found = () if tick is None else _views(session, stream, every, tick, run.made_at if run else None)
        return streams.view(session, stream), found


def _views(
    session: Session, stream: Stream, every: Sequence[Asset], tick: int, made_at: datetime | None
) -> tuple[RiskView, ...]:
    assert stream.id is not None
    found = rows.recent(session, stream.id, tick, tick)
    if len(found) < len(every):  # a live server that reported a moment ago still has its forecast
        found = rows.recent(session, stream.id, tick - _LOOK_BACK, tick)
    counts = coverage.of_assets(session, stream.id, every)
    ends = maintenance.ends(session, stream, every, tick)
    last = telemetry.last_ticks(
        session, [one.id for one in every if one.id is not None and not _fresh(found, one, tick)]
    )
    return tuple(_view(asset, found, counts, tick, made_at, ends, last) for asset in every)


def _fresh(found: Mapping[int, Risk], asset: Asset, tick: int) -> bool:
    assert asset.id is not None
    return asset.id in found and tick - found[asset.id].tick <= clocks.STALE_TICKS


def _view(
    asset: Asset, found: dict[int, Risk], counts: dict[int, Counts], tick: int, made_at: datetime | None,
    ends: dict[int, int], last: Mapping[int, int],
) -> RiskView:  # fmt: skip
    assert asset.id is not None
    until = ends.get(asset.id)
    if not _fresh(found, asset, tick):
        return without_risk(asset, until, tick, last.get(asset.id))
    return risk_view(asset, found[asset.id], counts.get(asset.id), until, made_at)


def risk_view(asset: Asset, risk: Risk, counts: Counts | None, until: int | None, made_at: datetime | None) -> RiskView:
    """One server's row."""
    assert asset.id is not None
    held = None if counts is None or risk.metric is None else counts[METRIC_INDEX[risk.metric]].sum(axis=0)
    return RiskView(
        asset_id=asset.id, name=asset.name, profile=asset.profile,
        severity=severity(risk, until is not None), method=risk.method, reason=risk.reason,
        metric=risk.metric, threshold=risk.threshold, now=risk.now, probability=risk.probability,
        by_1h=risk.by_1h, by_2h=risk.by_2h, by_4h=risk.by_4h, by_8h=risk.by_8h,
        crossing_low_at=_later(risk.tick, risk.crossing_low), crossing_at=_later(risk.tick, risk.crossing),
        crossing_high_at=_later(risk.tick, risk.crossing_high),
        breach_since_at=None if risk.breach_since is None else time_of(risk.breach_since),
        maintenance_until_at=None if until is None else time_of(until), width80=risk.width80,
        coverage80=None if held is None or held[1] == 0 else float(held[0] / held[1]),
        coverage_n=0 if held is None else int(held[1]), origin_at=time_of(risk.tick), made_at=made_at,
        history=risk.history,
    )  # fmt: skip


def severity(risk: Risk, maintained: bool) -> Severity:
    """How bad a stored risk is, given whether its server is in maintenance now: that may have changed since."""
    breached = risk.breach_since is not None
    return shown(Severity(risk.severity), maintained, breached, risk.probability, risk.crossing)


def without_risk(asset: Asset, until: int | None, tick: int, last: int | None) -> RiskView:
    """The row of a server that has no forecast, with the reason; `last` is its newest observation."""
    assert asset.id is not None
    reason = _silence(asset, tick, last)
    stands = Severity.NO_FORECAST if until is None else Severity.MAINTENANCE
    return RiskView(
        asset.id, asset.name, asset.profile, stands, "none", reason, *(None,) * 11, None,
        None if until is None else time_of(until), None, None, 0, None, None, 0,
    )  # fmt: skip


def _silence(asset: Asset, tick: int, last: int | None) -> str:
    if asset.retired_at is not None:
        return f"retired {asset.retired_at:%-d %b} by {asset.retired_by}: {asset.retired_reason}"
    if last is None:
        return "no observation has arrived yet"
    return f"no observation since {time_of(last):%d %b %H:%M} UTC" if last < tick else "waiting for its first forecast"


def _later(tick: int, steps: float | None) -> datetime | None:
    return None if steps is None else time_of(tick + round(steps))


def fans_of(slug: str, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Floats]:
    """The newest fans [H, Q] of (server, metric) pairs; a server without a fan at the newest origin is left out."""
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        run = forecasts.newest_run(session, stream.id)
        if run is None:
            return {}
        names = {name for name, _ in wanted}
        ids = {one.name: one.id for one in asset_rows.of_stream(session, stream.id) if one.name in names}
        found = forecasts.fans_at(session, [one for one in ids.values() if one is not None], run.tick)
    plain = {name: fans.unpack(found[one].fan) for name, one in ids.items() if one in found}
    return {(name, metric): plain[name][METRIC_INDEX[metric]] for name, metric in wanted if name in plain}
