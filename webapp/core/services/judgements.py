"""Risks from fans and thresholds: those of a cycle, and those of the newest forecasts once more.

A forecast does not depend on thresholds, its risk does. So a change needs no new forecast: the stored fans of the
newest origins are judged again, in their place; older risks stay as they were judged.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from ml.contracts import Bools, Floats, Method
from ml.runtime import Crossing, Odds, crossing
from ml.schema import CONTEXT, HIGH80, HORIZON, LOW80, METRICS, QUANTILES
from ml.streams.fleet import profile_named
from webapp.core.db import Session, reading
from webapp.core.events import Event, EventKind
from webapp.core.models.assets import Asset
from webapp.core.models.model_versions import ModelVersion
from webapp.core.models.risks import Risk
from webapp.core.models.streams import Stream
from webapp.core.policies import fans, risks
from webapp.core.policies import thresholds as policy
from webapp.core.policies.clocks import STALE_TICKS
from webapp.core.policies.thresholds import Limits
from webapp.core.repositories import assets as asset_rows
from webapp.core.repositories import forecasts, model_versions
from webapp.core.repositories import risks as risk_rows
from webapp.core.repositories import scenarios as scenario_rows
from webapp.core.repositories import streams as stream_rows
from webapp.core.repositories import thresholds as threshold_rows
from webapp.core.services import champions, maintenance, thresholds, twins
from webapp.core.services.windows import HistoryCache
from webapp.core.uow import unit_of_work
from webapp.core.views.severity import Severity

Read = Callable[[Sequence[int], int], Floats]


@dataclass(frozen=True, slots=True)
class Case:
    """Servers of one origin, before they are judged. `values` [N, T, M] end at `tick`, `limits` [N, M],
    `maintained` [N], `quantiles` [N, M, H, Q]."""

    tick: int
    version_id: int
    assets: tuple[Asset, ...]
    values: Floats
    maintained: Bools
    limits: Floats
    quantiles: Floats
    methods: Sequence[Method]
    reasons: Sequence[str | None]


def risk_rows_of(case: Case, crossings: Crossing) -> list[dict[str, Any]]:
    """A risk a server."""
    breach = risks.breach_lengths(case.values, case.limits)
    with np.errstate(invalid="ignore", divide="ignore"):
        headroom = case.quantiles[..., HIGH80].max(axis=2) / case.limits
        width = (case.quantiles[..., HIGH80] - case.quantiles[..., LOW80]).mean(axis=2)
    metrics = risks.first_metrics(crossings, breach, headroom)
    made = []
    for at in range(len(case.assets)):
        verdict = risks.judge(at, int(metrics[at]), crossings, breach, case.tick, bool(case.maintained[at]))
        if verdict.breach_since == case.tick - CONTEXT + 1:
            verdict = replace(verdict, breach_since=_longer(case, at, verdict))
        made.append(_row(case, crossings, at, verdict, width))
    return made


def _longer(case: Case, at: int, verdict: risks.Verdict) -> int | None:
    """When a breach that fills the whole window began: the risk before it knows, if it was of the same threshold."""
    with reading() as session:
        before = risk_rows.of_asset(session, _id(case.assets[at]), case.tick - 2, case.tick - 1)
    assert verdict.metric is not None, "a breach is of a metric"
    metric, limit = risks.metric_name(verdict.metric), policy.plain(case.limits[at, verdict.metric])
    same = [one for one in before if (one.metric, one.threshold) == (metric, limit) and one.breach_since is not None]
    return same[-1].breach_since if same else verdict.breach_since


def _row(case: Case, crossings: Crossing, at: int, verdict: risks.Verdict, width: Floats) -> dict[str, Any]:
    metric, missing = verdict.metric, case.methods[at] is Method.NONE
    row: dict[str, Any] = {
        "asset_id": case.assets[at].id, "tick": case.tick, "model_version_id": case.version_id,
        "severity": (Severity.NO_FORECAST if missing else verdict.severity).value,
        "method": case.methods[at].value, "reason": case.reasons[at],
        "history": int(np.isfinite(case.values[at]).any(axis=1).sum()),
        "metric": risks.metric_name(metric), "probability": verdict.probability, "crossing_low": verdict.low,
        "crossing": verdict.middle, "crossing_high": verdict.high, "breach_since": verdict.breach_since,
        "threshold": None, "now": None, "width80": None,
        "by_1h": None, "by_2h": None, "by_4h": None, "by_8h": None,
    }  # fmt: skip
    if metric is not None:
        row["threshold"] = policy.plain(case.limits[at, metric])
        row["now"] = _number(case.values[at, -1, metric])
        row["width80"] = _number(width[at, metric])
        for place, name in enumerate(("by_1h", "by_2h", "by_4h", "by_8h")):
            row[name] = _number(crossings.by[at, metric, place])
    return row


def _number(value: np.floating) -> float | None:
    return float(value) if np.isfinite(value) else None


def _id(asset: Asset) -> int:
    assert asset.id is not None, "a stored asset has an id"
    return asset.id


@dataclass(frozen=True, slots=True)
class Owed:
    """What is to be judged again: since when each profile is, by which limits, and the newest origins concerned."""

    asked: Mapping[str, datetime]
    limits: Limits
    cases: Sequence[Case]
    versions: Mapping[int, ModelVersion | None]


def again(stream_id: int, cache: HistoryCache) -> None:
    """Judge the newest risks of a stream by the thresholds that hold now, where that is owed.

    Asking twice changes nothing. Whoever changes thresholds or stores risks meanwhile asks as well, so what turns
    out to be overtaken is left to that.
    """
    owed = _owed(stream_id, cache)
    if owed is not None:
        judged = [
            (one, crossing(one.quantiles, one.limits, _odds(owed.versions[one.version_id]))) for one in owed.cases
        ]
        _store(stream_id, owed, judged, [row for one, risk in judged for row in risk_rows_of(one, risk)])


def _owed(stream_id: int, cache: HistoryCache) -> Owed | None:
    with reading() as session:
        asked, stream = threshold_rows.owed(session, stream_id), stream_rows.by_id(session, stream_id)
        if stream is None or not asked:
            return None
        limits = thresholds.limits(session, stream_id)
        every = [_id(one) for one in asset_rows.of_stream(session, stream_id)]
        injected = {name for one in scenario_rows.alive(session, stream_id) for name in one.assets}
        place = {one: at for at, one in enumerate(every)}

        def read(ids: Sequence[int], tick: int) -> Floats:
            return cache.upto(session, every, tick)[0][[place[one] for one in ids]]

        def wanted(asset: Asset) -> bool:  # a scenario's warning is told by all of its servers
            return profile_named(asset.profile) in asked or asset.name in injected

        cases = newest(session, stream, limits, read, wanted)
        return Owed(asked, limits, cases, {one.version_id: _version(session, one) for one in cases})


def _version(session: Session, case: Case) -> ModelVersion | None:
    return model_versions.by_id(session, case.version_id)


def _store(stream_id: int, owed: Owed, judged: Sequence[tuple[Case, Crossing]], made: Sequence[dict[str, Any]]) -> None:
    """Put the risks in place of those of the same origins, as far as these are the newest still."""
    with unit_of_work() as uow:
        thresholds.hold(uow.session, stream_id)
        if thresholds.limits(uow.session, stream_id) != owed.limits:
            return
        stands = risk_rows.newest_ticks(uow.session, stream_id, min((one.tick for one in owed.cases), default=0))
        risk_rows.replace(uow.session, [row for row in made if stands.get(row["asset_id"]) == row["tick"]])
        last = max(stands.values(), default=0)
        for case, risk in judged:
            if case.tick == last:
                twins.note_warnings(uow, stream_id, last, [one.name for one in case.assets], risk)
        threshold_rows.settle(uow.session, stream_id, owed.asked)
        uow.emit(Event(EventKind.FORECAST_STORED, stream_id, str(last)))


def _odds(version: ModelVersion | None) -> Odds:
    assert version is not None, "a risk is by a version"
    return champions.forecaster(version.path, version.sha256).odds


def newest(session: Session, stream: Stream, limits: Limits, read: Read, wanted: Callable[[Asset], bool]) -> list[Case]:
    """The newest origin of each wanted server while it is fresh, those of one origin and version together.

    `read` gives the observations [N, T, M] of some assets up to a tick. The servers of a live stream may have
    origins of their own.
    """
    assert stream.id is not None
    run = forecasts.newest_run(session, stream.id)
    if run is None:
        return []
    found = risk_rows.recent(session, stream.id, run.tick - STALE_TICKS, run.tick)
    groups: dict[tuple[int, int], list[Asset]] = {}
    for asset in asset_rows.of_stream(session, stream.id):
        if (risk := found.get(_id(asset))) and wanted(asset):
            groups.setdefault((risk.tick, risk.model_version_id), []).append(asset)
    return [_case(session, key, assets, found, limits, read) for key, assets in sorted(groups.items())]


def _case(
    session: Session, key: tuple[int, int], assets: list[Asset], found: Mapping[int, Risk], limits: Limits, read: Read
) -> Case:
    tick, version_id = key
    ids, stored = [_id(one) for one in assets], [found[_id(one)] for one in assets]
    calendar = maintenance.calendar(session, assets, tick, 1)
    quantiles = np.full((len(assets), len(METRICS), HORIZON, len(QUANTILES)), np.nan, np.float32)
    blobs = forecasts.fans_at(session, ids, tick)
    for at, asset_id in enumerate(ids):
        if asset_id in blobs:
            quantiles[at] = fans.unpack(blobs[asset_id].fan)
    return Case(
        tick, version_id, tuple(assets), read(ids, tick), calendar[:, 0],
        policy.matrix(limits, [one.profile for one in assets]), quantiles,
        [Method(one.method) for one in stored], [one.reason for one in stored],
    )  # fmt: skip
