"""The last ticks of a stream in memory, kept in step with the rows.

A reader that asks tick after tick reads one tick of rows, not the whole window. Batches are the
guide: each one since the last read names the ticks that it touched, late ones included.
"""

from collections.abc import Sequence
from threading import Lock

import numpy as np

from ml.contracts import Floats
from ml.runtime.week import half_hours, newest_half_hour
from ml.schema import CONTEXT, HALF_HOUR, METRICS, WEEK
from webapp.core.db import Session
from webapp.core.repositories import telemetry

_INSIDE = CONTEXT // HALF_HOUR - 1  # half hours that a window of a day holds whole, wherever it ends
_REMEMBERED = 200  # batch ids kept, since on Postgres a lower id may become visible after a higher one


class WindowCache:
    """Observations [asset, tick, metric] of one stream, `length` ticks up to the one asked for."""

    def __init__(self, stream_id: int, length: int) -> None:
        self.stream_id = stream_id
        self.length = length
        self._lock = Lock()  # cycles of one stream may overlap: a retry, or two servers of a live stream
        self._ids: tuple[int, ...] = ()
        self._last: int | None = None
        self._seen: set[int] = set()
        self._values: Floats = np.empty((0, length, len(METRICS)), np.float32)
        self.oldest_touched: int | None = None
        """The oldest tick that was written since the call before, None when nothing was or everything was read."""

    def upto(self, session: Session, asset_ids: Sequence[int], tick: int) -> Floats:
        """The window that ends at `tick`, a copy; assets in the given order."""
        with self._lock:
            if self._last is not None and tick < self._last:
                return telemetry.window(session, self.stream_id, asset_ids, tick - self.length + 1, tick)
            try:
                return self._upto(session, tuple(asset_ids), tick)
            except BaseException:
                self._last, self._seen = None, set()  # half rolled: the next call loads everything
                raise

    def _upto(self, session: Session, ids: tuple[int, ...], tick: int) -> Floats:
        touched = self._new_batches(session)
        self.oldest_touched = min((first for first, _ in touched), default=None)
        if self._last is None or tick - self._last >= self.length:
            self._load_all(session, ids, tick)
        else:
            self._align(session, ids)
            entered = [(self._last + 1, tick)] if tick > self._last else []
            self._roll(tick)
            self._reload(session, touched + entered, tick)
        self._last = tick
        return self._values.copy()

    def _new_batches(self, session: Session) -> list[tuple[int, int]]:
        floor = max(self._seen, default=0) - _REMEMBERED
        if not self._seen:
            self._seen = {telemetry.newest_batch(session, self.stream_id)}
            return []
        found = telemetry.batches_after(session, self.stream_id, max(0, floor))
        new = [(batch.first_tick, batch.last_tick) for batch in found if batch.id not in self._seen]
        self._seen = {batch.id for batch in found[-_REMEMBERED:] if batch.id is not None} or self._seen
        return new

    def _load_all(self, session: Session, ids: tuple[int, ...], tick: int) -> None:
        self._ids = ids
        self._values = telemetry.window(session, self.stream_id, ids, tick - self.length + 1, tick)

    def _align(self, session: Session, ids: tuple[int, ...]) -> None:
        """Follow servers that came or went: new ones are read, the others keep their rows."""
        if ids == self._ids or self._last is None:
            return
        new = [one for one in ids if one not in set(self._ids)]
        loaded = telemetry.window(session, self.stream_id, new, self._last - self.length + 1, self._last)
        rows = dict(zip(self._ids, self._values, strict=True)) | dict(zip(new, loaded, strict=True))
        self._values = np.stack([rows[one] for one in ids]) if ids else self._values[:0]
        self._ids = ids

    def _roll(self, tick: int) -> None:
        steps = tick - (self._last or tick)
        if steps:
            self._values = np.roll(self._values, -steps, axis=1)
            self._values[:, -steps:] = np.nan

    def _reload(self, session: Session, touched: list[tuple[int, int]], tick: int) -> None:
        start = tick - self.length + 1
        reached = [(max(first, start), min(last, tick)) for first, last in touched if last >= start and first <= tick]
        if not reached:
            return
        first, last = min(one for one, _ in reached), max(one for _, one in reached)
        fresh = telemetry.window(session, self.stream_id, self._ids, first, last)
        self._values[:, first - start : last - start + 1] = fresh


class HistoryCache:
    """A stream's last day in full and its last seven days as half hours, read once and then kept in step."""

    def __init__(self, stream_id: int) -> None:
        self._day = WindowCache(stream_id, CONTEXT)
        self._lock = Lock()
        self._ids: tuple[int, ...] = ()
        self._newest: int | None = None
        self._week: Floats = np.empty((0, WEEK, len(METRICS)), np.float32)

    def upto(self, session: Session, asset_ids: Sequence[int], tick: int) -> tuple[Floats, Floats]:
        """Observations [asset, CONTEXT, metric] that end at `tick`, and half hours [asset, WEEK, metric] before it."""
        with self._lock:
            values = self._day.upto(session, asset_ids, tick)
            newest, ids = newest_half_hour(tick), tuple(asset_ids)
            moved = newest - self._newest if self._newest is not None and ids == self._ids else WEEK
            late = self._day.oldest_touched
            if not 0 <= moved < _INSIDE or (late is not None and late <= tick - CONTEXT):
                self._week = telemetry.half_hours(session, self._day.stream_id, ids, newest - WEEK + 1, newest)
            else:
                self._follow(values, moved, tick)
            self._ids, self._newest = ids, newest
            return values, self._week.copy()

    def _follow(self, values: Floats, moved: int, tick: int) -> None:
        if moved:
            self._week = np.roll(self._week, -moved, axis=1)
        self._week[:, -_INSIDE:] = recent_half_hours(values, tick)


def recent_half_hours(values: Floats, tick: int) -> Floats:
    """The half hours [asset, 47, metric] that lie wholly inside windows [asset, CONTEXT, metric] ending at `tick`."""
    first, means = half_hours(values.transpose(1, 0, 2), tick - CONTEXT + 1)
    end = newest_half_hour(tick) + 1 - first
    return np.asarray(means[end - _INSIDE : end].transpose(1, 0, 2), np.float32)
