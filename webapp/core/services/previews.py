"""What another threshold would do, before anybody sets it: in the last seven days, and now. Nothing is stored."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ml.contracts import Floats
from ml.runtime import Odds, crossing
from ml.schema import TICKS_PER_DAY, TICKS_PER_WEEK
from ml.streams.fleet import CONSECUTIVE, profile_named
from webapp.core.clock import time_of
from webapp.core.db import Session, reading
from webapp.core.models.assets import Asset
from webapp.core.models.model_versions import ModelVersion
from webapp.core.models.streams import Stream
from webapp.core.policies import thresholds as policy
from webapp.core.policies.thresholds import Limit, Limits
from webapp.core.repositories import assets as asset_rows
from webapp.core.repositories import model_versions, telemetry
from webapp.core.services import champions, judgements, streams, thresholds
from webapp.core.services.judgements import Case
from webapp.core.views.severity import ORDER, Severity
from webapp.core.views.thresholds import Move, ThresholdPreview


def preview(slug: str, profile: str, metric: str, limit: Limit) -> ThresholdPreview:
    """What `limit` would do to the servers of a profile. Raises Invalid that names the field, or NotFound."""
    policy.check_place(profile, metric)
    limit = policy.check_limit(metric, limit)
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        limits = thresholds.limits(session, stream.id)
        values, days = _week(session, stream, profile, metric)
        cases = judgements.newest(session, stream, limits, _reader(session, stream.id), _of(profile))
        versions = {one.version_id: model_versions.by_id(session, one.version_id) for one in cases}
    tried = {**limits, (profile, metric): limit}
    before = policy.limit_of(limits, profile, metric)
    return ThresholdPreview(
        profile, metric, before, limit, len(values), days, policy.breached(values, before),
        policy.breached(values, limit),
        tuple(move for one in cases for move in _moves(one, tried, versions[one.version_id])),
        max((time_of(one.tick) for one in cases), default=None),
    )  # fmt: skip


def _week(session: Session, stream: Stream, profile: str, metric: str) -> tuple[Floats, float]:
    """A metric of a profile's servers [N, T] over the last seven days, and how many days are stored of them."""
    assert stream.id is not None
    found = asset_rows.of_stream(session, stream.id)
    ids = [one.id for one in found if one.id is not None and profile_named(one.profile) == profile]
    last = stream.tick if stream.tick is not None else stream.history_tick
    values = telemetry.of_metric(session, stream.id, ids, metric, last - TICKS_PER_WEEK + 1, last)
    seen = np.flatnonzero(np.isfinite(values).any(axis=0))
    return values, (TICKS_PER_WEEK - int(seen[0])) / TICKS_PER_DAY if len(seen) else 0.0


def _of(profile: str) -> Callable[[Asset], bool]:
    return lambda asset: profile_named(asset.profile) == profile


def _reader(session: Session, stream_id: int) -> judgements.Read:
    """As much of the past as tells whether a server is in breach."""
    return lambda ids, tick: telemetry.window(session, stream_id, ids, tick - CONSECUTIVE + 1, tick)


def _moves(case: Case, tried: Limits, version: ModelVersion | None) -> list[Move]:
    """Servers whose severity would be another one; both are judged here, from the same fan."""
    limits = policy.matrix(tried, [one.profile for one in case.assets])
    before, after = (_severities(one, champions.odds(version)) for one in (case, replace(case, limits=limits)))
    found = [
        Move(asset.name, was, would)
        for asset, was, would in zip(case.assets, before, after, strict=True)
        if was != would
    ]
    return sorted(found, key=lambda one: (ORDER.index(one.after), one.server))


def _severities(case: Case, odds: Odds) -> list[Severity]:
    crossings = crossing(case.quantiles, case.limits, odds)
    return [Severity(row["severity"]) for row in judgements.risk_rows_of(case, crossings)]
