"""The serving path: from an artefact's folder to forecasts, for every server of a window.

Guards two promises: no server is ever left out (each gets a forecast or a named reason why not), and a
baseline never appears under the model's name.
"""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ml.artifacts import ArtifactIncompatible, ArtifactTampered, Tensors, read
from ml.contracts import Bools, Floats, Forecast, Manifest, Method, Window
from ml.runtime.features import PROFILES, Rows, Tables, aligned, is_unknown, profile_rows
from ml.runtime.fusion import Fusion
from ml.runtime.inputs import Situation
from ml.runtime.naive import Naive
from ml.runtime.odds import Odds
from ml.runtime.persistence import persistence
from ml.runtime.ridge import Ridge
from ml.runtime.scaling import is_observed, possible
from ml.runtime.tft import Looked
from ml.runtime.week import week_within
from ml.schema import (
    BORROWING,
    CONTEXT,
    HALF_HOUR,
    HORIZON,
    METRIC_NAMES,
    METRICS,
    MIN_HISTORY,
    QUANTILES,
    TICK_SECONDS,
    TICKS_PER_HOUR,
    TICKS_PER_WEEK,
    WEEK,
    Profile,
)

_BATCH: Final = 170  # servers at a time: memory stays flat and arrays stay in the cache
_WORKERS: Final = min(4, os.cpu_count() or 1)
_MONDAY: Final = datetime(2024, 1, 1, tzinfo=UTC)


class Model(Protocol):
    """Anything that an artefact can hold: quantiles for every server that it is asked about."""

    @property
    def tables(self) -> Tables:
        """What is known of profiles, for the baseline and for ceilings."""

    def quantiles(
        self, values: Floats, maintenance: Bools, profiles: Rows, week_tick: int, week: Floats | None = None
    ) -> Floats:
        """Quantiles [n, M, H, Q] in units; arguments as for `ml.runtime.features.prepare`."""


_KINDS: Final[Mapping[str, Callable[[Tensors], Model]]] = {
    "naive": Naive.from_tensors,
    "ridge": Ridge.from_tensors,
    "tft": Fusion.from_tensors,
}


def load(path: Path | str) -> "Forecaster":
    """The forecaster in an artefact's folder, every hash checked.

    Raises `ml.artifacts.ArtifactError` (missing, tampered with, incompatible), which names the reason.
    """
    manifest, digest, tensors = read(Path(path))
    if manifest.kind not in _KINDS:
        raise ArtifactIncompatible(f"{manifest.model} {manifest.version}: this runtime cannot serve a {manifest.kind}")
    try:
        model = _KINDS[manifest.kind](tensors)
        return Forecaster(manifest, digest, model, Odds.from_tensors(tensors))
    except KeyError as error:
        raise ArtifactTampered(f"{manifest.model} {manifest.version} lacks the tensor {error}") from error


@dataclass(frozen=True, slots=True)
class Forecaster:
    """A loaded model. `odds` belong to `crossing`; `sha256` names the artefact."""

    manifest: Manifest
    sha256: str
    model: Model
    odds: Odds

    def predict(self, window: Window) -> Forecast:
        """Quantiles for every server of the window, in its order; ValueError when its shapes do not fit together."""
        _check(window)
        given = _situation(window)
        values = given.values
        arrived = np.asarray((~np.isnan(window.values[:, -CONTEXT:])).any(axis=1))
        methods, reasons = _assign(given, arrived)
        quantiles = np.full((len(values), len(METRICS), HORIZON, len(QUANTILES)), np.nan, np.float32)
        batches = []
        for method, make in ((Method.CHAMPION, self._champion), (Method.PERSISTENCE, self._persistence)):
            rows = np.flatnonzero([one is method for one in methods])
            batches += [(make, rows[start : start + _BATCH]) for start in range(0, len(rows), _BATCH)]

        def work(task: tuple[Callable[[Situation], Floats], NDArray[np.int64]]) -> None:
            make, rows = task
            quantiles[rows] = make(given.of(rows))

        list(_threads().map(work, batches) if len(batches) > 1 else map(work, batches))
        return Forecast(
            window.assets, window.origin_at, quantiles, tuple(methods), tuple(reasons),
            self.manifest.model, self.manifest.version, f"numpy {np.__version__}",
        )  # fmt: skip

    def looked(self, window: Window) -> Looked | None:
        """What the model looks at for every series of the window; None for one that always weighs alike, as a ridge."""
        _check(window)
        if not isinstance(self.model, Fusion):
            return None
        given = _situation(window)
        return self.model.looked(given.values, given.maintenance, given.profiles, given.week_tick, given.week)

    def _champion(self, given: Situation) -> Floats:
        quantiles = self.model.quantiles(given.values, given.maintenance, given.profiles, given.week_tick, given.week)
        quantiles[~_fit(is_observed(given.values), _needed(given.profiles))] = np.nan
        return quantiles

    def _persistence(self, given: Situation) -> Floats:
        return persistence(given.values, given.profiles, self.model.tables, given.week)


def _situation(window: Window) -> Situation:
    values, calendar = aligned(possible(window.values), window.maintenance)
    tick = week_tick(window.origin_at)
    week = week_within(values, tick) if window.week is None else possible(window.week)
    return Situation(values, week, calendar, profile_rows(window.profiles), tick)


@cache
def _threads() -> ThreadPoolExecutor:
    """The threads that share a large window; numpy lets them run side by side."""
    return ThreadPoolExecutor(_WORKERS, thread_name_prefix="forecast")


def week_tick(at: datetime) -> int:
    """Ticks from the week's Monday 00:00 UTC to `at`, rounded down."""
    return int((at - _MONDAY).total_seconds() // TICK_SECONDS) % TICKS_PER_WEEK


def _check(window: Window) -> None:
    servers, ticks = len(window.assets), window.values.shape[1]
    if len(window.profiles) != servers or window.values.shape != (servers, ticks, len(METRICS)):
        raise ValueError(f"values {window.values.shape} do not hold {servers} servers and {len(METRICS)} metrics")
    if window.maintenance.shape != (servers, ticks + HORIZON):
        raise ValueError(f"maintenance {window.maintenance.shape} does not cover {ticks} ticks and the horizon")
    if window.week is not None and window.week.shape != (servers, WEEK, len(METRICS)):
        raise ValueError(f"week {window.week.shape} does not hold {WEEK} half hours of {servers} servers")
    if window.origin_at.tzinfo is None:
        raise ValueError("origin_at must be an aware time")


def _assign(given: Situation, arrived: Bools) -> tuple[list[Method], list[str | None]]:
    """Who forecasts each of N servers, and why: of the champion's, what a person should know of its ground.

    `arrived` [N, M] are the metrics of which there was any number, possible or not.
    """
    known, needed = is_observed(given.values), _needed(given.profiles)
    seen = np.asarray(known.any(axis=2))
    observed = seen.sum(axis=1)
    silence = np.where(observed > 0, seen[:, ::-1].argmax(axis=1), CONTEXT)
    age = np.where(observed > 0, CONTEXT - seen.argmax(axis=1), 0)
    older = np.isfinite(given.week[:, : -CONTEXT // HALF_HOUR]).any(axis=(1, 2))
    age = np.where(older, CONTEXT, age)
    told = zip(
        observed.tolist(), silence.tolist(), age.tolist(), needed.tolist(), _fit(known, needed), arrived,
        (PROFILES[row] for row in given.profiles), strict=True,
    )  # fmt: skip
    found = [_one(*one) for one in told]
    return [method for method, _ in found], [reason for _, reason in found]


def _one(
    count: int, silent: int, age: int, needed: int, usable: Bools, arrived: Bools, profile: Profile
) -> tuple[Method, str | None]:
    if count == 0:
        what = "only impossible values" if arrived.any() else "no observation"
        return Method.NONE, f"{what} in the last {CONTEXT // TICKS_PER_HOUR} hours"
    if count < needed:
        return Method.PERSISTENCE, f"{count} of {needed} observations"
    if silent >= TICKS_PER_HOUR:
        return Method.PERSISTENCE, f"last observation {silent * TICK_SECONDS // 60} minutes ago"
    if not usable.any():
        return Method.PERSISTENCE, f"no metric has {needed} observations and a recent one"
    parts = [one for one in (_borrowed(age, profile), _lacking(arrived & ~usable)) if one]
    return Method.CHAMPION, "; ".join(parts) or None


def _needed(profiles: Rows) -> NDArray[np.int64]:
    """Observations [N] from which the champion serves: a profile makes up for a past, measured in
    docs/studies/new-servers.md."""
    return np.where(is_unknown(profiles), MIN_HISTORY, 1)


def _fit(known: Bools, needed: NDArray[np.int64]) -> Bools:
    """Which metrics [N, M] the champion can forecast: enough observations, and one within the last hour."""
    return np.asarray((known.sum(axis=1) >= needed[:, None]) & known[:, -TICKS_PER_HOUR:].any(axis=1))


def _borrowed(age: int, profile: Profile) -> str | None:
    """What a young server's forecast leans on, `age` ticks after its first observation; None for one with a past."""
    if age >= BORROWING:
        return None
    minutes = age * TICK_SECONDS // 60
    past = f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
    leans = "no profile to borrow" if profile is Profile.UNKNOWN else f"borrowing profile {profile}"
    return f"{leans}, {past} of history"


def _lacking(metrics: Bools) -> str | None:
    """The metrics that have values but cannot be forecast, in words."""
    names = [METRIC_NAMES[place] for place in np.flatnonzero(metrics)]
    return f"no forecast for {', '.join(names)}" if names else None
