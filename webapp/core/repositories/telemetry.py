"""Telemetry rows in and windows out. A stored row never changes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Row
from sqlmodel import Session, col, delete, func, select

from ml.contracts import Floats
from ml.schema import HALF_HOUR, METRIC_INDEX, METRIC_NAMES, TICKS_PER_HOUR
from webapp.core.models.assets import Asset
from webapp.core.models.telemetry import Telemetry, TelemetryBatch
from webapp.core.repositories.assets import watched_ids
from webapp.core.repositories.bulk import insert_new

COLUMNS = tuple(getattr(Telemetry, name) for name in METRIC_NAMES)
"""The metrics, in the contract's order."""
_KEY_SLICE = 400


def insert(session: Session, batch: TelemetryBatch, rows: Sequence[dict[str, Any]]) -> int:
    """Store a batch and its rows (`asset_id`, `tick`, metrics); rows that are there already are kept as they are."""
    session.add(batch)
    session.flush()
    return insert_rows(session, rows)


def insert_rows(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """Store rows that belong to a batch which is stored already; those that are there are kept as they are."""
    return insert_new(session, Telemetry, rows)


def existing(session: Session, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], tuple[float | None, ...]]:
    """The stored metrics of those (asset_id, tick) that are there."""
    by_tick: dict[int, list[int]] = {}
    for asset_id, tick in keys:
        by_tick.setdefault(tick, []).append(asset_id)
    found: dict[tuple[int, int], tuple[float | None, ...]] = {}
    for tick, ids in by_tick.items():
        for start in range(0, len(ids), _KEY_SLICE):
            part = ids[start : start + _KEY_SLICE]
            query = select(Telemetry.asset_id, *COLUMNS).where(
                Telemetry.tick == tick, col(Telemetry.asset_id).in_(part)
            )
            found |= {(row[0], tick): tuple(row[1:]) for row in session.connection().execute(query)}
    return found


def window(session: Session, stream_id: int, asset_ids: Sequence[int], first: int, last: int) -> Floats:
    """Observations [asset, tick, metric] of ticks first..last, NaN where there is none."""
    query = select(Telemetry.asset_id, Telemetry.tick, *COLUMNS).where(col(Telemetry.tick).between(first, last))
    return _grid(_of(session, query, stream_id, asset_ids), asset_ids, first, last)


def samples(session: Session, stream_id: int, asset_ids: Sequence[int], ticks: range) -> Floats:
    """Observations [asset, tick, metric] of evenly spaced ticks, NaN where there is none."""
    place = (col(Telemetry.tick) - ticks.start) // ticks.step
    query = select(Telemetry.asset_id, place, *COLUMNS).where(col(Telemetry.tick).in_(ticks))
    return _grid(_of(session, query, stream_id, asset_ids), asset_ids, 0, len(ticks) - 1)


def series(session: Session, asset_id: int, metric: str, first: int, last: int) -> Floats:
    """One metric of one asset at ticks first..last, NaN where there is none."""
    column = COLUMNS[METRIC_INDEX[metric]]
    query = select(Telemetry.tick, column).where(Telemetry.asset_id == asset_id, column.is_not(None))
    rows = session.connection().execute(query.where(col(Telemetry.tick).between(first, last))).all()
    values = np.full(last - first + 1, np.nan, np.float32)
    if rows:
        ticks, found = zip(*rows, strict=True)
        values[np.array(ticks) - first] = found
    return values


def of_metric(session: Session, stream_id: int, asset_ids: Sequence[int], metric: str, first: int, last: int) -> Floats:
    """One metric of some assets [asset, tick] at ticks first..last, NaN where there is none."""
    query = select(Telemetry.asset_id, Telemetry.tick, COLUMNS[METRIC_INDEX[metric]])
    query = query.where(col(Telemetry.tick).between(first, last))
    return _grid(_of(session, query, stream_id, asset_ids), asset_ids, first, last, 1)[:, :, 0]


def half_hours(session: Session, stream_id: int, asset_ids: Sequence[int], first: int, last: int) -> Floats:
    """Means [asset, half hour, metric] of half hours first..last, NaN where nothing was observed."""
    place = col(Telemetry.tick) // HALF_HOUR
    query = select(Telemetry.asset_id, place, *(func.avg(column) for column in COLUMNS))
    query = query.where(col(Telemetry.tick).between(first * HALF_HOUR, (last + 1) * HALF_HOUR - 1))
    query = query.group_by(col(Telemetry.asset_id), place)
    return _grid(_of(session, query, stream_id, asset_ids), asset_ids, first, last)


def hourly_counts(session: Session, stream_id: int, first: int, last: int) -> dict[int, int]:
    """Observations of watched servers by hour, named by its last tick, of ticks first..last."""
    hour = (col(Telemetry.tick) + (TICKS_PER_HOUR - 1)) // TICKS_PER_HOUR
    query = select(hour, func.count()).where(
        col(Telemetry.tick).between(first, last), col(Telemetry.asset_id).in_(watched_ids(stream_id))
    )
    return {int(one) * TICKS_PER_HOUR: count for one, count in session.exec(query.group_by(hour))}


def _grid(
    rows: Sequence[Row[tuple[Any, ...]]], asset_ids: Sequence[int], first: int, last: int,
    metrics: int = len(METRIC_NAMES),
) -> Floats:  # fmt: skip
    """Rows (asset, place, metrics) as [asset, place, metric] of places first..last."""
    values = np.full((len(asset_ids), last - first + 1, metrics), np.nan, np.float32)
    if rows and len(asset_ids):
        table = np.array([tuple(row) for row in rows], np.float64)  # None becomes NaN
        order = np.argsort(np.array(asset_ids))
        ids = np.array(asset_ids)[order]
        at = np.minimum(np.searchsorted(ids, table[:, 0]), len(ids) - 1)
        known = ids[at] == table[:, 0]
        ticks = table[known, 1].astype(np.int64) - first
        values[order[at[known]], ticks] = table[known, 2:]
    return values


def _of(session: Session, query: Any, stream_id: int, asset_ids: Sequence[int]) -> Sequence[Row[tuple[Any, ...]]]:
    """The query's rows of some assets; many are named by their stream, since a statement has a limit."""
    if len(asset_ids) <= _KEY_SLICE:
        query = query.where(col(Telemetry.asset_id).in_(asset_ids))
    else:
        query = query.where(col(Telemetry.asset_id).in_(select(Asset.id).where(Asset.stream_id == stream_id)))
    return session.connection().execute(query).all()


def batches_after(session: Session, stream_id: int, batch_id: int) -> Sequence[TelemetryBatch]:
    """Batches of a stream with a larger id, oldest first."""
    query = select(TelemetryBatch).where(TelemetryBatch.stream_id == stream_id, col(TelemetryBatch.id) > batch_id)
    return session.exec(query.order_by(col(TelemetryBatch.id))).all()


def untold(session: Session, stream_id: int, batch_id: int) -> tuple[int, int] | None:
    """The newest batch beyond `batch_id` and the oldest tick that such batches touch, None without any."""
    query = select(func.max(TelemetryBatch.id), func.min(TelemetryBatch.first_tick))
    newest, oldest = session.exec(
        query.where(TelemetryBatch.stream_id == stream_id, col(TelemetryBatch.id) > batch_id)
    ).one()
    return None if newest is None or oldest is None else (newest, oldest)


def last_stored(session: Session, stream_id: int) -> datetime | None:
    """When the newest batch of a stream was stored."""
    query = select(TelemetryBatch.stored_at).where(TelemetryBatch.stream_id == stream_id)
    return session.exec(query.order_by(col(TelemetryBatch.id).desc()).limit(1)).first()


def newest_batch(session: Session, stream_id: int) -> int:
    """The id of a stream's newest batch, 0 before any."""
    query = select(func.max(TelemetryBatch.id)).where(TelemetryBatch.stream_id == stream_id)
    return session.exec(query).one() or 0


def last_ticks(session: Session, asset_ids: Sequence[int]) -> dict[int, int]:
    """The newest observed tick of each asset that has one: a look at the end of each one's rows, not at all of them."""
    newest = select(func.max(Telemetry.tick)).where(col(Telemetry.asset_id) == col(Asset.id)).scalar_subquery()
    query = select(Asset.id, newest).where(col(Asset.id).in_(asset_ids))
    return {row[0]: row[1] for row in session.connection().execute(query) if row[1] is not None}


def spans(session: Session, stream_id: int) -> dict[int, tuple[int, int]]:
    """First and newest observed tick of each asset of a stream that has any."""
    ends = [
        select(pick(Telemetry.tick)).where(col(Telemetry.asset_id) == col(Asset.id)).scalar_subquery()
        for pick in (func.min, func.max)
    ]
    query = select(Asset.id, *ends).where(Asset.stream_id == stream_id)
    return {row[0]: (row[1], row[2]) for row in session.connection().execute(query) if row[1] is not None}


def drop_before(session: Session, stream_id: int, before: int) -> int:
    """Delete a stream's rows older than tick `before`; returns how many."""
    ids = select(Asset.id).where(Asset.stream_id == stream_id)
    old = (col(Telemetry.tick) < before) & col(Telemetry.asset_id).in_(ids)
    return session.connection().execute(delete(Telemetry).where(old)).rowcount


def drop_batches(session: Session, stream_id: int, keep: int, judged: int) -> int:
    """Delete a stream's batches but the newest `keep`, which the window caches follow, and those beyond `judged`."""
    last = min(newest_batch(session, stream_id) - keep, judged)
    old = (col(TelemetryBatch.stream_id) == stream_id) & (col(TelemetryBatch.id) <= last)
    return session.connection().execute(delete(TelemetryBatch).where(old)).rowcount
