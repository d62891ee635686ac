"""The last ticks of a stream in memory, kept in step with the rows.

A reader that asks tick after tick reads one tick of rows, not the whole window. Batches are the
guide: each one since the last read names the ticks that it touched, late ones included.
"""

from collections.abc import Sequence
from threading import Lock

import numpy as np

from ml.contracts import Floats
from ml.schema import METRICS
from webapp.core.db import Session
from webapp.core.repositories import telemetry

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
