"""Recorded traces of a hosting datacentre (GWA-T-12, Bitbrains) as telemetry of the data contract.

Values are converted, never clipped to what looks nice: measured CPU of 114 % stays 114 %. The source's
header calls its seconds milliseconds; polls come every 299 to 301 s and go to the nearest grid point.
Cite S. Shen, V. van Beek, A. Iosup, CCGrid 2015.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ml.dataset.telemetry import EPOCH, DatasetError, Telemetry, numbers, on_grid, read_frame
from ml.schema import METRIC_NAMES, METRICS, TICK_SECONDS, Profile

if TYPE_CHECKING:
    import pandas as pd

CLEAN: Final = "vms_clean.parquet"
MESSY: Final = "vms_messy.parquet"
_COLUMNS: Final = ("vm", "ts", "cpu_usage_pct", "mem_capacity_kb", "mem_usage_kb",
                   "disk_read_kbs", "disk_write_kbs", "net_rx_kbs", "net_tx_kbs")  # fmt: skip
_EARLIEST, _LATEST = 1_000_000_000, 4_000_000_000  # plausible epoch seconds: milliseconds lie far above


def read_bitbrains(folder: Path, machines: int | None = None, messy: bool = False) -> Telemetry:
    """The traces in `folder` as telemetry with unknown profiles; the first `machines` by name if given.

    `messy` reads the file whose timestamps repeat; how many rows that concerns stands in the notes.
    DatasetError when the file or a column is missing or times are not epoch seconds.
    """
    return convert(read_frame(folder / (MESSY if messy else CLEAN)), machines)


def convert(frame: "pd.DataFrame", machines: int | None = None) -> Telemetry:
    """A frame of the trace's columns as telemetry."""
    import pandas as pd

    missing = [column for column in _COLUMNS if column not in frame.columns]
    if missing:
        raise DatasetError(f"column {', '.join(missing)} is missing")
    codes, names = pd.factorize(frame["vm"].astype(str), sort=True)
    if machines is not None:
        frame, codes, names = frame[codes < machines], codes[codes < machines], names[:machines]
    at = numbers(frame, "ts")
    if not len(at) or not ((at >= _EARLIEST) & (at <= _LATEST)).all():
        raise DatasetError("column ts does not hold epoch seconds")
    seconds = at.astype(np.int64)
    row = np.asarray(codes, np.int64)
    notes = _repeats(seconds, row)
    ticks = (seconds - int(EPOCH.timestamp()) + TICK_SECONDS // 2) // TICK_SECONDS
    assets = tuple(f"vm-{name}" for name in names)
    return on_grid(ticks, row, _metrics(frame, notes), assets, (Profile.UNKNOWN.value,) * len(assets), notes)


def _repeats(seconds: NDArray[np.int64], row: NDArray[np.int64]) -> list[str]:
    order = np.lexsort((seconds, row))
    same = (np.diff(seconds[order]) == 0) & (np.diff(row[order]) == 0)
    if not same.any():
        return []
    machines = len(np.unique(row[order][1:][same]))
    return [f"{int(same.sum())} rows of {machines} machines repeat a timestamp with other values: averaged"]


def _metrics(frame: "pd.DataFrame", notes: list[str]) -> NDArray[np.float64]:
    """Contract metrics [rows, M]; what the trace does not measure stays NaN."""

    told = {name: numbers(frame, name) for name in _COLUMNS[2:]}
    capacity = told["mem_capacity_kb"]
    found = {
        "cpu_pct": told["cpu_usage_pct"],
        "memory_pct": 100.0 * told["mem_usage_kb"] / np.where(capacity > 0.0, capacity, np.nan),
        "disk_io_mbps": (told["disk_read_kbs"] + told["disk_write_kbs"]) / 1_000.0,
        "net_mbps": (told["net_rx_kbs"] + told["net_tx_kbs"]) / 1_000.0,
    }
    values = np.full((len(frame), len(METRIC_NAMES)), np.nan)
    for name, column in found.items():
        contract = METRICS[METRIC_NAMES.index(name)]
        outside = (column < contract.low) | (column > contract.high)
        if outside.any():
            notes.append(f"{name}: {int(outside.sum())} values dropped, outside {contract.low:g} to {contract.high:g}")
        values[:, METRIC_NAMES.index(name)] = np.where(outside, np.nan, column)
    return values
