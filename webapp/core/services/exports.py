"""Telemetry as a parquet file in the layout that training, evaluation and replay read; a last column, which they
leave alone, says which rows were measured in maintenance.

Written beside its final name and renamed at the end: a reader never sees half a file.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ml.contracts import Bools, Floats
from ml.schema import METRIC_NAMES, TICK_SECONDS, TICKS_PER_DAY
from webapp.core.clock import tick_of
from webapp.core.db import reading
from webapp.core.errors import Invalid, NotFound
from webapp.core.models.assets import Asset
from webapp.core.repositories import assets, telemetry
from webapp.core.services import maintenance, streams

_SCHEMA = pa.schema(
    [("asset", pa.string()), ("profile", pa.string()), ("at", pa.timestamp("us", tz="UTC"))]
    + [(name, pa.float32()) for name in METRIC_NAMES]
    + [("maintenance", pa.bool_())]
)


def export(slug: str, out: Path, start_at: datetime | None = None, end_at: datetime | None = None) -> int:
    """Write a stream's telemetry to `out`; returns the rows written.

    Raises NotFound without a stream or rows, Invalid for an impossible range or a folder that is not there.
    """
    if not out.parent.is_dir():
        raise Invalid(f"The folder {out.parent} does not exist. Create it, or name another file.")
    every, first, last = _range(slug, start_at, end_at)
    partial = out.with_name(out.name + ".partial")
    try:
        rows = _write(partial, every, first, last)
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    return rows


def ticks(path: Path) -> tuple[int, int]:
    """The first and the last tick of an exported file. Raises Invalid for a file without rows."""
    found = pc.min_max(pq.read_table(path, columns=["at"])["at"]).as_py()
    if found["min"] is None:
        raise Invalid(f"{path.name} holds no rows.")
    return tick_of(found["min"]), tick_of(found["max"])


def _range(slug: str, start_at: datetime | None, end_at: datetime | None) -> tuple[Sequence[Asset], int, int]:
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        every, oldest = assets.kept(session, stream.id), stream.history_tick
    if stream.tick is None:
        raise NotFound(f"{slug} has no telemetry to export yet.")
    first = max(oldest, tick_of(start_at)) if start_at else oldest
    last = min(stream.tick, tick_of(end_at)) if end_at else stream.tick
    if first > last:
        raise Invalid(f"{slug} has no telemetry between these times.")
    return every, first, last


def _write(path: Path, every: Sequence[Asset], first: int, last: int) -> int:
    rows = 0
    with pq.ParquetWriter(path, _SCHEMA, compression="zstd") as writer:
        for start, values, upkeep in _days(every, first, last):
            table = _table(every, start, values, upkeep)
            writer.write_table(table)
            rows += table.num_rows
    return rows


def _days(every: Sequence[Asset], first: int, last: int) -> Iterator[tuple[int, Floats, Bools]]:
    """A day at a time, so that memory stays flat and no session stays open while the file is written."""
    ids = [asset.id for asset in every if asset.id is not None]
    for start in range(first, last + 1, TICKS_PER_DAY):
        with reading() as session:
            day = telemetry.window(session, every[0].stream_id, ids, start, min(last, start + TICKS_PER_DAY - 1))
            upkeep = maintenance.calendar(session, every, start, day.shape[1])
        yield start, day, upkeep


def _table(every: Sequence[Asset], start: int, values: Floats, upkeep: Bools) -> pa.Table:
    server, step = np.nonzero(np.isfinite(values).any(axis=2))
    seconds = (start + step) * TICK_SECONDS
    columns: list[pa.Array] = [
        pa.array([every[at].name for at in server.tolist()]),
        pa.array([every[at].profile for at in server.tolist()]),
        pa.array(seconds * 1_000_000, pa.timestamp("us", tz="UTC")),
    ]
    chosen = values[server, step]
    columns += [pa.array(chosen[:, at], mask=np.isnan(chosen[:, at])) for at in range(len(METRIC_NAMES))]
    columns.append(pa.array(upkeep[server, step]))
    return pa.Table.from_arrays(columns, schema=_SCHEMA)
