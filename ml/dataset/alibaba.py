"""Recorded machines of a production cluster (Alibaba cluster-trace-v2018, machine_usage) as telemetry of the contract.

Samples come every 10 to 120 s and become 5-minute means that hold nothing from later. Guards that only what the
contract can name is taken: network and disk are normalised to 0 ... 100 at the source and are no MB/s.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ml.dataset.telemetry import EPOCH, DatasetError, Telemetry, numbers, on_grid, read_frame
from ml.schema import METRIC_NAMES, TICK_SECONDS, Profile

if TYPE_CHECKING:
    import pandas as pd

FILE: Final = "machine_usage.parquet"
_TAKEN: Final = {"cpu_util_percent": "cpu_pct", "mem_util_percent": "memory_pct"}
_LEFT: Final = ("net_in", "net_out", "disk_io_percent", "mem_gps", "mkpi")


def read_alibaba(path: Path, machines: int | None = None) -> Telemetry:
    """The trace at `path` (the file or its folder) as telemetry; the first `machines` by name if given.

    DatasetError when the file or a column is missing.
    """
    file = path / FILE if path.is_dir() else path
    frame = read_frame(file)
    missing = [column for column in ("machine_id", "ts", *_TAKEN) if column not in frame.columns]
    if missing:
        raise DatasetError(f"{file}: column {', '.join(missing)} is missing")
    if machines is not None:
        frame = frame[frame["machine_id"].isin(sorted(frame["machine_id"].unique())[:machines])]
    if frame.empty:
        raise DatasetError(f"{file}: it holds no rows")
    return convert_usage(frame)


def convert_usage(frame: "pd.DataFrame") -> Telemetry:
    """Rows of machine_usage as telemetry of unknown profiles; the trace's start is put at the epoch, a Monday."""
    import pandas as pd

    notes = [f"times are seconds from the trace's start: its first day is read as {EPOCH:%A}"]
    left = [column for column in _LEFT if column in frame.columns]
    if left:
        notes.append(f"{', '.join(left)}: left out, the contract has no metric in their unit")
    row, names = pd.factorize(frame["machine_id"].astype(str), sort=True)
    values = np.full((len(frame), len(METRIC_NAMES)), np.nan)
    for column, metric in _TAKEN.items():
        values[:, METRIC_NAMES.index(metric)] = _percent(numbers(frame, column), metric, notes)
    seconds = numbers(frame, "ts")
    if not np.isfinite(seconds).all():
        raise DatasetError("column ts has gaps")
    ticks = -(-seconds // TICK_SECONDS).astype(np.int64)  # (t - 5 min, t] counts for t
    assets = tuple(map(str, names))
    return on_grid(ticks, np.asarray(row, np.int64), values, assets, (Profile.UNKNOWN.value,) * len(assets), notes)


def _percent(shares: NDArray[np.float64], metric: str, notes: list[str]) -> NDArray[np.float64]:
    """Shares without the publisher's marks for "abnormal": -1 and 101."""
    outside = (shares < 0.0) | (shares > 100.0)
    if outside.any():
        notes.append(f"{metric}: {int(outside.sum())} values dropped, marked as abnormal at the source")
    return np.where(outside, np.nan, shares)
