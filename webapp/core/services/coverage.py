"""Measured on truth that has matured: how many points the 80 % interval held, and the loss beside yesterday's curve.

Each matured hour is scored against the origins that lie whole hours before its end, eight of them, so every
point counts once an hour of lead; only the champion's own forecasts count, never a baseline's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ml.contracts import Floats, Method
from ml.runtime import yesterday
from ml.schema import HIGH80, HORIZON, LEAD_BUCKETS, LOW80, METRICS, QUANTILES, TICKS_PER_DAY, TICKS_PER_HOUR
from webapp.core.db import Session, reading
from webapp.core.errors import Conflict
from webapp.core.models.assets import Asset
from webapp.core.models.calibrations import Calibration
from webapp.core.models.forecasts import ForecastFan
from webapp.core.policies import fans
from webapp.core.policies.skill import LOSSES_SHAPE, Losses
from webapp.core.repositories import assets, calibrations, forecasts, locks, model_versions, streams, telemetry
from webapp.core.uow import unit_of_work
from webapp.core.views.streams import Source

Counts = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
SHAPE = (len(METRICS), len(LEAD_BUCKETS), 2)


def score(stream_id: int, tick: int) -> None:
    """Add every hour of truth up to `tick` that is not counted yet, a day back at most, to each server's counts.

    Asking twice adds nothing; a live stream is scored an hour late, when its servers have all reported.
    Raises Conflict when another worker counted meanwhile: the job is tried again.
    """
    with reading() as session:
        stream, version = streams.by_id(session, stream_id), model_versions.champion(session, stream_id)
        if stream is None or version is None or version.id is None:
            return
        last = tick - TICKS_PER_HOUR if Source(stream.source).live else tick
        ids = [asset.id for asset in assets.of_stream(session, stream_id) if asset.id is not None]
    while (hour := _owed(ids, version.id, last)) is not None:
        _score_hour(stream_id, ids, version.id, hour)


def _owed(ids: Sequence[int], version_id: int, last: int) -> int | None:
    """The oldest hour, by its last tick, that some server was not scored for."""
    with reading() as session:
        known = calibrations.of_version(session, ids, version_id)
    oldest = min((known[one].scored_tick if one in known else last - TICKS_PER_HOUR for one in ids), default=last)
    hours = range(max(oldest + TICKS_PER_HOUR, last - TICKS_PER_DAY), last + 1, TICKS_PER_HOUR)
    return hours[0] if hours else None


@dataclass(frozen=True, slots=True)
class _Hour:
    """An hour of truth [asset, 12, metric], the same hour a day before, and the past of `yesterday.remembered`."""

    tick: int
    truth: Floats
    before: Floats
    past: Floats


def _score_hour(stream_id: int, ids: Sequence[int], version_id: int, tick: int) -> None:
    first = tick - TICKS_PER_HOUR + 1
    with reading() as session:
        known = calibrations.of_version(session, ids, version_id)
        owed = [one for one in ids if one not in known or known[one].scored_tick < tick]
        truth = telemetry.window(session, stream_id, owed, first, tick)
        before = telemetry.window(session, stream_id, owed, first - TICKS_PER_DAY, tick - TICKS_PER_DAY)
        past = telemetry.samples(session, stream_id, owed, yesterday.remembered(tick))
        found = {origin: forecasts.fans_at(session, owed, origin) for origin in _origins(tick)}
    held, lost = _scored(owed, _Hour(tick, truth, before, past), found, version_id)
    _store(owed, known, held, lost, tick, version_id)


def _origins(tick: int) -> list[int]:
    """Origins whose fans cover the hour that ends at `tick` in whole hours of lead."""
    return [tick - lead for lead in range(TICKS_PER_HOUR, HORIZON + 1, TICKS_PER_HOUR)]


def _scored(
    ids: Sequence[int], hour: _Hour, found: Mapping[int, Mapping[int, ForecastFan]], version_id: int
) -> tuple[Counts, Losses]:
    """Counts [asset, metric, bucket, (held, matured)] and losses [asset, metric, bucket, (model, naive, truths)]."""
    counts, losses = np.zeros((len(ids), *SHAPE), np.int64), np.zeros((len(ids), *LOSSES_SHAPE))
    unit = yesterday.units(hour.past, hour.truth)
    for origin in _origins(hour.tick):
        lead = hour.tick - origin
        bucket = next(at for at, (start, last) in enumerate(LEAD_BUCKETS) if start < lead <= last)
        rows, made = _fans(ids, found[origin], lead, version_id)
        if not rows:
            continue
        truth = hour.truth[rows]
        counts[rows, :, bucket] += _count(made, truth)
        naive = yesterday.fans(hour.before[rows], hour.past[rows], lead // TICKS_PER_HOUR)
        losses[rows, :, bucket] += yesterday.compared(made, naive, truth, unit[rows])
    return counts, losses


def _fans(ids: Sequence[int], found: Mapping[int, ForecastFan], lead: int, version_id: int) -> tuple[list[int], Floats]:
    """The rows that the champion forecast from one origin, and of their fans the hour that ends at `lead`."""
    rows, parts = [], []
    for row, asset_id in enumerate(ids):
        fan = found.get(asset_id)
        if fan is not None and fan.model_version_id == version_id and fan.method == Method.CHAMPION.value:
            rows.append(row)
            parts.append(fans.unpack(fan.fan)[:, lead - TICKS_PER_HOUR : lead])
    return rows, np.stack(parts) if parts else np.empty((0, len(METRICS), TICKS_PER_HOUR, len(QUANTILES)), np.float32)


def _count(fan: Floats, truth: Floats) -> Counts:
    """(held, matured) a server and metric [N, M, 2] for fans [N, M, 12, Q] and the truth [N, 12, M]."""
    seen = truth.transpose(0, 2, 1)
    known = np.isfinite(seen) & np.isfinite(fan[..., LOW80])
    with np.errstate(invalid="ignore"):
        inside = known & (seen >= fan[..., LOW80]) & (seen <= fan[..., HIGH80])
    return np.stack([inside.sum(axis=2), known.sum(axis=2)], axis=2)


def _store(
    ids: Sequence[int], known: dict[int, Calibration], held: Counts, lost: Losses, tick: int, version_id: int
) -> None:
    rows = [
        {
            "asset_id": asset_id, "model_version_id": version_id, "scored_tick": tick,
            "counts": (counts_of(known.get(asset_id)) + held[row]).astype(np.int64).tobytes(),
            "losses": (losses_of(known.get(asset_id)) + lost[row]).astype(np.float64).tobytes(),
        }
        for row, asset_id in enumerate(ids)
    ]  # fmt: skip
    with unit_of_work() as uow:
        locks.take(uow.session, f"calibrations:{version_id}")
        now_known = calibrations.of_version(uow.session, ids, version_id)
        before = {one: row.scored_tick for one, row in known.items() if one in set(ids)}
        if {one: row.scored_tick for one, row in now_known.items()} != before:
            raise Conflict("Another worker counted this hour meanwhile.")
        calibrations.store(uow.session, rows)


def counts_of(row: Calibration | None) -> Counts:
    """Counts [metric, bucket, (held, matured)] of a stored row, zero without one."""
    return np.zeros(SHAPE, np.int64) if row is None else np.frombuffer(row.counts, np.int64).reshape(SHAPE)


def losses_of(row: Calibration | None) -> Losses:
    """Losses [metric, bucket, (model, yesterday's curve, truths)] of a stored row, zero before any was compared."""
    if row is None or row.losses is None:
        return np.zeros(LOSSES_SHAPE)
    return np.frombuffer(row.losses, np.float64).reshape(LOSSES_SHAPE)


def rows_of(session: Session, stream_id: int, every: Sequence[Asset]) -> dict[int, Calibration]:
    """What was measured of the champion so far, by asset."""
    version = model_versions.champion(session, stream_id)
    if version is None or version.id is None:
        return {}
    return calibrations.of_version(session, [asset.id for asset in every if asset.id is not None], version.id)


def of_assets(session: Session, stream_id: int, every: Sequence[Asset]) -> dict[int, Counts]:
    """The champion's counts so far, by asset."""
    return {one: counts_of(row) for one, row in rows_of(session, stream_id, every).items()}
