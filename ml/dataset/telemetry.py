"""Telemetry files: the parquet layout `asset, profile, at, metrics...` to and from arrays on the 5-minute grid.

Nothing is repaired silently: what was merged, dropped or assumed stands in `Telemetry.notes`; what cannot be
used at all raises DatasetError, which names the column and the reason. Gaps stay gaps (NaN).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Floats
from ml.dataset.windows import Span
from ml.schema import CONTEXT, HORIZON, METRIC_NAMES, METRICS, TICK_SECONDS
from ml.streams.fleet import profile_named

if TYPE_CHECKING:
    import pandas as pd

EPOCH: Final = datetime(2024, 1, 1, tzinfo=UTC)
"""Tick 0 of a file: a Monday, so that ticks of a file and of a simulated fleet share their week."""
_REMOTE: Final = 90 * 86_400  # seconds without a row of anybody: on the smaller side of it a clock was wrong
_MOST_CELLS: Final = 400_000_000


class DatasetError(ValueError):
    """A file that cannot be read as telemetry; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Observations on the grid: `values` [K, N, M] float32, NaN where nothing was seen; row 0 is tick `first`.

    `notes` are sentences on everything that was not taken as it stood in the file.
    """

    first: int
    assets: tuple[str, ...]
    profiles: tuple[str, ...]
    values: Floats
    notes: tuple[str, ...] = ()

    @property
    def first_at(self) -> datetime:
        """The time of row 0."""
        return tick_time(self.first)

    @property
    def last_at(self) -> datetime:
        """The time of the last row."""
        return tick_time(self.first + len(self.values) - 1)

    def row(self, at: datetime) -> int:
        """The first row at or after a time."""
        return -(-int((at - EPOCH).total_seconds()) // TICK_SECONDS) - self.first

    def before(self, at: datetime) -> "Telemetry":
        """What was measured before a time; DatasetError when that is less than a day and a horizon."""
        rows = self.row(at)
        if rows <= CONTEXT + HORIZON:
            told = max(0, rows) * TICK_SECONDS / 3600
            raise DatasetError(f"only {told:.0f} hours of telemetry lie before {at:%Y-%m-%d %H:%M} UTC: 33 are needed")
        return replace(self, values=np.ascontiguousarray(self.values[:rows]))

    def span(self) -> Span:
        """The same as a span without maintenance, ready to be cut into windows."""
        return Span(self.first, self.assets, self.profiles, self.values, np.zeros(self.values.shape[:2], np.bool_))


def tick_time(tick: int) -> datetime:
    """The time of a file's tick."""
    return EPOCH + timedelta(seconds=TICK_SECONDS * tick)


def read_telemetry(path: Path) -> Telemetry:
    """Read a telemetry parquet; finer grids become 5-minute means. DatasetError when it is none."""
    return from_frame(read_frame(path), str(path))


def read_frame(path: Path) -> "pd.DataFrame":
    """The columns of a parquet file; DatasetError when it is none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:  # without what pandas wrote beside the columns: nothing there is needed, and it may be damaged
        frame: pd.DataFrame = pq.read_table(path).to_pandas(ignore_metadata=True)
    except FileNotFoundError as error:
        raise DatasetError(f"{path}: no such file") from error
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DatasetError(f"{path}: not a parquet file that can be read ({type(error).__name__})") from error
    return frame


def numbers(frame: "pd.DataFrame", column: str) -> NDArray[np.float64]:
    """A column of a recorded trace; DatasetError when it does not hold numbers."""
    try:
        return np.asarray(frame[column].to_numpy(np.float64))
    except (ValueError, TypeError) as error:
        raise DatasetError(f"column {column} holds {frame[column].dtype}, not numbers") from error


def from_frame(frame: "pd.DataFrame", name: str = "telemetry") -> Telemetry:
    """Telemetry from a frame of the parquet layout; `name` is what errors call it."""
    import pandas as pd

    metrics = [metric for metric in METRIC_NAMES if metric in frame.columns]
    _require(frame, metrics, name)
    notes: list[str] = []
    seconds = _seconds(frame, name, notes)
    row, names = pd.factorize(frame["asset"].astype(str), sort=True)
    profiles = _profiles(frame, row, len(names), notes)
    values = np.full((len(frame), len(METRIC_NAMES)), np.nan)
    for metric in metrics:
        values[:, METRIC_NAMES.index(metric)] = _column(frame, metric, name, notes)
    near = _near(seconds, notes)
    seconds, row, values = seconds[near], np.asarray(row, np.int64)[near], values[near]
    if not np.isfinite(values).any():
        raise DatasetError(f"{name}: it holds no value that is possible")
    _order_notes(seconds, row, notes)
    ticks = -(-(seconds - int(EPOCH.timestamp())) // TICK_SECONDS)  # (t - 5 min, t] counts for t: nothing from later
    return on_grid(ticks, row, values, tuple(map(str, names)), profiles, notes)


def _require(frame: "pd.DataFrame", metrics: Sequence[str], name: str) -> None:
    missing = [column for column in ("asset", "at") if column not in frame.columns]
    if missing:
        raise DatasetError(f"{name}: column {', '.join(missing)} is missing")
    if not metrics:
        raise DatasetError(f"{name}: none of the metrics {', '.join(METRIC_NAMES)} is there")
    if frame.empty:
        raise DatasetError(f"{name}: it holds no rows")
    if frame["asset"].isna().any() or frame["at"].isna().any():
        raise DatasetError(f"{name}: rows without an asset or a time")


def _seconds(frame: "pd.DataFrame", name: str, notes: list[str]) -> NDArray[np.int64]:
    import pandas as pd

    if not pd.api.types.is_datetime64_any_dtype(frame["at"]):
        raise DatasetError(f"{name}: column at holds {frame['at'].dtype}, not timestamps")
    at = pd.DatetimeIndex(frame["at"])
    if at.tz is None:
        notes.append("times carry no zone: read as UTC")
    return np.asarray(at.as_unit("s").asi8, np.int64)  # nanoseconds would end in 2262


def _near(seconds: NDArray[np.int64], notes: list[str]) -> NDArray[np.bool_]:
    """Which rows lie with most of the others: a clock that stood at 1970 would stretch the grid for everybody."""
    times = np.unique(seconds)
    part = np.searchsorted(times[1:][np.diff(times) > _REMOTE], seconds, side="right")
    near = part == np.bincount(part).argmax()
    if not near.all():
        notes.append(f"{int((~near).sum())} rows dropped, months away from the others: was a clock wrong?")
    return np.asarray(near)


def _profiles(frame: "pd.DataFrame", row: NDArray[np.int64], count: int, notes: list[str]) -> tuple[str, ...]:
    if "profile" not in frame.columns:
        notes.append("no profile column: every asset is of unknown profile")
        return ("unknown",) * count
    given = frame["profile"].astype(object).fillna("unknown").astype(str).to_numpy(dtype=object)
    _, first = np.unique(row, return_index=True)
    chosen = given[first]
    if (given != chosen[row]).any():
        notes.append("an asset's profile changes: its first one is kept")
    unheard = sorted({str(name) for name in chosen if profile_named(str(name)).value != name})
    if unheard:
        notes.append(f"profiles read as unknown: {', '.join(unheard)}")
    return tuple(profile_named(str(name)).value for name in chosen)


def _column(frame: "pd.DataFrame", metric: str, name: str, notes: list[str]) -> NDArray[np.float64]:
    """One metric as numbers; infinities and values outside the contract become NaN and are named."""
    import pandas as pd

    kind = frame[metric].dtype
    try:
        if kind.kind in "bmM":  # booleans, durations and times would pass as numbers
            raise TypeError
        numbers = np.array(pd.to_numeric(frame[metric]), np.float64)
    except (ValueError, TypeError) as error:
        raise DatasetError(f"{name}: column {metric} holds {kind}, not numbers") from error
    contract = METRICS[METRIC_NAMES.index(metric)]
    endless = np.isinf(numbers)
    outside = ~endless & ((numbers < contract.low) | (numbers > contract.high))
    for bad, what in ((endless, "infinite"), (outside, f"outside {contract.low:g} to {contract.high:g}")):
        if bad.any():
            notes.append(f"{metric}: {int(bad.sum())} values dropped, {what}")
            numbers[bad] = np.nan
    return numbers


def _order_notes(seconds: NDArray[np.int64], row: NDArray[np.int64], notes: list[str]) -> None:
    order = np.lexsort((seconds, row))
    repeated = int(((np.diff(seconds[order]) == 0) & (np.diff(row[order]) == 0)).sum())
    if repeated:
        notes.append(f"{repeated} rows repeat a time of their asset: averaged")
    if ((np.diff(seconds) < 0) & (np.diff(row) == 0)).any():
        notes.append("times were not in order: sorted")


def on_grid(
    ticks: NDArray[np.int64], row: NDArray[np.int64], values: NDArray[np.float64], assets: tuple[str, ...],
    profiles: tuple[str, ...], notes: Sequence[str],
) -> Telemetry:  # fmt: skip
    """Rows (tick, asset row, metrics) as a dense grid; several rows of one cell become their mean."""
    if (row < 0).any():  # it would count for the last asset of the tick before
        raise DatasetError("rows without the name of their asset")
    first, count = int(ticks.min()), int(np.ptp(ticks)) + 1
    if count * len(assets) * len(METRIC_NAMES) > _MOST_CELLS:
        raise DatasetError(f"{count} ticks of {len(assets)} assets are more than fits: is a time wrong?")
    cell = (ticks - first) * len(assets) + row
    size = count * len(assets)
    grid = np.full((size, len(METRIC_NAMES)), np.nan, np.float32)
    for metric in range(len(METRIC_NAMES)):
        known = np.isfinite(values[:, metric])
        seen = np.bincount(cell[known], minlength=size)
        total = np.bincount(cell[known], values[known, metric], minlength=size)
        grid[seen > 0, metric] = (total[seen > 0] / seen[seen > 0]).astype(np.float32)
    return Telemetry(first, assets, profiles, grid.reshape(count, len(assets), -1), tuple(notes))


def write_telemetry(path: Path, telemetry: Telemetry) -> int:
    """Write the parquet layout; ticks at which an asset has no metric at all are left out. Returns the rows written."""
    import pandas as pd

    tick, server = np.nonzero(np.isfinite(telemetry.values).any(axis=2))
    at = np.datetime64(EPOCH.replace(tzinfo=None), "s") + (telemetry.first + tick) * np.timedelta64(TICK_SECONDS, "s")
    frame = pd.DataFrame({
        "asset": np.array(telemetry.assets, object)[server],
        "profile": np.array(telemetry.profiles, object)[server],
        "at": pd.DatetimeIndex(at).tz_localize("UTC"),
    })  # fmt: skip
    picked = telemetry.values[tick, server]
    for place, metric in enumerate(METRIC_NAMES):
        if np.isfinite(picked[:, place]).any():
            frame[metric] = picked[:, place]
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(path, index=False, compression="zstd")
    return len(frame)
