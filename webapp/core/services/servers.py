"""One server at its stream's newest tick: history, fans, thresholds, dependants, scenarios."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from ml.contracts import Floats
from ml.runtime import Crossing, crossing
from ml.schema import HORIZON, METRICS, QUANTILES
from ml.streams.fleet import CONSECUTIVE
from webapp.core.clock import tick_of, time_of
from webapp.core.db import Session, reading
from webapp.core.models.assets import Asset
from webapp.core.models.forecasts import ForecastFan
from webapp.core.models.streams import Stream
from webapp.core.policies import dependencies as graphs
from webapp.core.policies import fans, risks, skill
from webapp.core.policies.clocks import STALE_TICKS
from webapp.core.policies.skill import Losses
from webapp.core.policies.thresholds import plain
from webapp.core.repositories import assets as asset_rows
from webapp.core.repositories import forecasts, model_versions, scenarios, telemetry
from webapp.core.repositories import risks as risk_rows
from webapp.core.services import (
    champions,
    coverage,
    dependencies,
    incidents,
    inventory,
    maintenance,
    streams,
    thresholds,
)
from webapp.core.services.coverage import Counts
from webapp.core.services.risks import risk_view, severity, without_risk
from webapp.core.services.scenarios import view as scenario_view
from webapp.core.views.fleet import RiskView
from webapp.core.views.scenarios import ScenarioStatus
from webapp.core.views.server import Dependant, InjectionMark, MetricView, PastView, ServerSnapshot
from webapp.core.views.severity import Severity

_LOOK_BACK = 12
_LEAST_INCIDENTS = 3
"""Incidents that a page names at least, however long ago they were."""


def server_snapshot(slug: str, name: str, history_ticks: int = 288) -> ServerSnapshot:
    """Everything on one server's page. Raises NotFound."""
    with reading() as session:
        stream, asset = streams.server(session, slug, name)
        assert stream.id is not None and asset.id is not None
        every = asset_rows.of_stream(session, stream.id)
        fan = None if asset.retired_at else forecasts.newest_fan(session, asset.id)
        tick = _last_seen(session, stream, asset) if asset.retired_at else _origin(session, stream, fan)
        history = telemetry.window(session, stream.id, [asset.id], tick - history_ticks + 1, tick)[0]
        risk = _risk(session, stream, asset, tick)
        measured = coverage.rows_of(session, stream.id, [asset]).get(asset.id)
        counts, losses = coverage.counts_of(measured), coverage.losses_of(measured)
        names, graph = [one.name for one in every], dependencies.graph(session, stream.id)
        at = names.index(asset.name) if asset.name in names else None
        return ServerSnapshot(
            stream=streams.view(session, stream), risk=risk, start_at=time_of(tick - history_ticks + 1),
            origin_at=time_of(tick), metrics=_metrics(session, stream, asset, risk, history, fan, tick, counts, losses),
            dependants=_dependants(session, stream, every, graphs.needed_by(graph, asset.name), tick),
            depends_on=graph[asset.name], injections=_injections(session, stream, asset.name, tick - history_ticks),
            position=0 if at is None else at + 1, total=len(names), previous=names[at - 1] if at else None,
            next=names[at + 1] if at is not None and at + 1 < len(names) else None,
            skill=skill.skill(losses) if skill.fewest(losses) >= skill.ENOUGH else None,
            maintenance=maintenance.marks(session, asset, tick - history_ticks + 1, tick + HORIZON + 1),
            retired=inventory.retirement(asset),
            incidents=incidents.of_server(session, stream, asset, tick - history_ticks, _LEAST_INCIDENTS),
        )  # fmt: skip


def past(slug: str, name: str, metric: str, first_at: datetime, last_at: datetime) -> PastView:
    """One metric of a server between two times, and what happened to it then. Raises NotFound."""
    first, last = tick_of(first_at), tick_of(last_at)
    with reading() as session:
        stream, asset = streams.server(session, slug, name)
        assert asset.id is not None
        lasted = incidents.of_server(session, stream, asset, first, 0)
        return PastView(
            time_of(first), telemetry.series(session, asset.id, metric, first, last),
            tuple(one for one in _injections(session, stream, name, first) if one.start_at < last_at),
            tuple(one for one in lasted if one.metric == metric and one.start_at < last_at),
        )  # fmt: skip


def _origin(session: Session, stream: Stream, fan: ForecastFan | None) -> int:
    """The tick that the page is about: the server's own newest origin while it is fresh, else the stream's."""
    assert stream.id is not None
    run = forecasts.newest_run(session, stream.id)
    newest = run.tick if run else stream.tick or stream.history_tick
    return fan.tick if fan is not None and newest - fan.tick <= STALE_TICKS else newest


def _last_seen(session: Session, stream: Stream, asset: Asset) -> int:
    """Where the page of a retired server ends: its newest observation."""
    assert asset.id is not None
    last = telemetry.last_ticks(session, [asset.id]).get(asset.id)
    return stream.tick or stream.history_tick if last is None else last


def _risk(session: Session, stream: Stream, asset: Asset, tick: int) -> RiskView:
    assert asset.id is not None and stream.id is not None
    last = telemetry.last_ticks(session, [asset.id]).get(asset.id)
    if asset.retired_at is not None:
        return without_risk(asset, None, tick, last)
    until = maintenance.ends(session, stream, [asset], tick).get(asset.id)
    found = risk_rows.of_asset(session, asset.id, tick - _LOOK_BACK, tick)
    if not found or tick - found[-1].tick > STALE_TICKS:
        return without_risk(asset, until, tick, last)
    run = forecasts.run_at(session, stream.id, found[-1].tick)
    counts = coverage.of_assets(session, stream.id, [asset]).get(asset.id)
    return risk_view(asset, found[-1], counts, until, run.made_at if run else None)


def _metrics(
    session: Session, stream: Stream, asset: Asset, risk: RiskView, history: Floats, fan: ForecastFan | None, tick: int,
    counts: Counts, losses: Losses,
) -> tuple[MetricView, ...]:  # fmt: skip
    assert stream.id is not None
    limits = thresholds.matrix(session, stream.id, [asset.profile])
    fresh = fan is not None and fan.tick == tick
    quantiles = fans.unpack(fan.fan) if fan is not None and fresh else _no_fan()
    odds = crossing(quantiles[None], limits, champions.odds(model_versions.champion(session, stream.id)))
    runs = risks.breach_lengths(history[None], limits)[0]
    maintained = risk.maintenance_until_at is not None
    return tuple(
        _metric(
            index,
            history,
            quantiles[index] if fresh else None,
            limits,
            odds,
            int(runs[index]),
            tick,
            counts,
            losses,
            maintained,
        )
        for index in range(len(METRICS))
    )


def _no_fan() -> Floats:
    return np.full((len(METRICS), HORIZON, len(QUANTILES)), np.nan, np.float32)


def _metric(
    index: int, history: Floats, fan: Floats | None, limits: Floats, odds: Crossing, run: int, tick: int,
    counts: Counts, losses: Losses, maintained: bool,
) -> MetricView:  # fmt: skip
    metric, series = METRICS[index], history[:, index]
    seen = np.flatnonzero(np.isfinite(series))
    has_fan = fan is not None and bool(np.isfinite(fan).all())
    p, steps = _finite(odds.probability[0, index]), [one[0, index] for one in (odds.earliest, odds.median, odds.latest)]
    times = [None if not np.isfinite(step) else time_of(tick + round(float(step))) for step in steps]
    in_breach = run >= CONSECUTIVE
    stands = risks.severity(in_breach, p or 0.0, _finite(steps[1])) if has_fan or in_breach else Severity.NO_FORECAST
    return MetricView(
        metric=metric.name, label=metric.label, unit=metric.unit, decimals=metric.decimals,
        severity=Severity.MAINTENANCE if maintained and stands is not Severity.NO_FORECAST else stands,
        now=float(series[seen[-1]]) if len(seen) else None,
        now_at=time_of(tick - len(series) + 1 + int(seen[-1])) if len(seen) else None,
        threshold=None if np.isnan(limits[0, index]) else plain(limits[0, index]),
        display_high=metric.display_high, history=series,
        fan=fan if has_fan else None, probability=1.0 if in_breach else p, by_1h=_finite(odds.by[0, index, 0]),
        by_2h=_finite(odds.by[0, index, 1]), by_4h=_finite(odds.by[0, index, 2]), by_8h=_finite(odds.by[0, index, 3]),
        crossing_low_at=times[0], crossing_at=times[1], crossing_high_at=times[2],
        breach_since_at=time_of(tick - run + 1) if in_breach else None,
        coverage=tuple((int(held), int(matured)) for held, matured in counts[index]),
        skills=tuple(skill.skill(one) for one in losses[index]), skill=skill.skill(losses[index]),
    )  # fmt: skip


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _dependants(
    session: Session, stream: Stream, every: Sequence[Asset], callers_names: Sequence[str], tick: int
) -> tuple[Dependant, ...]:
    """The watched servers among those that need this one, the worst first."""
    assert stream.id is not None
    found = risk_rows.recent(session, stream.id, tick, tick)
    callers = [asset for asset in every if asset.name in callers_names]
    ends = maintenance.ends(session, stream, callers, tick)
    made = []
    for asset in callers:
        risk = found.get(asset.id or 0)
        stands = severity(risk, asset.id in ends) if risk else Severity.NO_FORECAST
        made.append(Dependant(asset.name, stands, (risk.metric or "") if risk else ""))
    return tuple(sorted(made, key=lambda one: (list(Severity).index(one.severity), one.name)))


def _injections(session: Session, stream: Stream, name: str, since: int) -> tuple[InjectionMark, ...]:
    assert stream.id is not None
    found = [one for one in scenarios.effective(session, stream.id, since) if name in one.assets]
    views = [scenario_view(one) for one in found]
    running = (ScenarioStatus.QUEUED, ScenarioStatus.RUNNING)
    return tuple(InjectionMark(one.label, one.start_at, None if one.status in running else one.end_at) for one in views)
