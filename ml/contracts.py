"""Frozen dataclasses that cross the border between the forecasting core and the rest.

Shapes: N servers, T ticks of history, M metrics (`ml.schema.METRICS`), H lead steps, Q quantiles.
Times are aware UTC; a tick index is the number of 5-minute steps since the stream's epoch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Window:
    """The history that a forecast is made from, all servers of a stream at one origin.

    `values` [N, T, M] float32, NaN where nothing was observed; the last tick is the origin.
    `maintenance` [N, T + H] bool, the calendar over history and horizon (a known-future input).
    `origin_at` is the time of the last tick in `values`.
    `week` [N, 336, M] are half-hour means of the last seven days (`ml.runtime.week`), the newest full half hour
    last; NaN where nothing was observed. None: the half hours that `values` hold.
    """

    assets: tuple[str, ...]
    profiles: tuple[str, ...]
    origin_at: datetime
    values: Floats
    maintenance: Bools
    week: Floats | None = None


class Method(StrEnum):
    """Which forecaster made one server's numbers; shown with them, never the model's name for a baseline."""

    CHAMPION = "champion"
    PERSISTENCE = "persistence"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Forecast:
    """Quantiles for every server of a window, in its order.

    `quantiles` [N, M, H, Q] float32, non-decreasing along Q, NaN where a metric has no forecast.
    `methods` and `reasons` say per server who made them and, for a baseline or none, why.
    """

    assets: tuple[str, ...]
    origin_at: datetime
    quantiles: Floats
    methods: tuple[Method, ...]
    reasons: tuple[str | None, ...]
    model: str
    version: str
    runtime: str


@dataclass(frozen=True, slots=True)
class Asset:
    """One server of a simulated fleet. `depends_on` names the servers whose trouble reaches this one."""

    name: str
    profile: str
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A recurring calendar window, in ticks from the week's Monday 00:00: `start` to `start + length`."""

    asset: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Fleet:
    """A simulated fleet: who is in it and when it is maintained. Everything else follows from `seed`."""

    seed: int
    assets: tuple[Asset, ...]
    maintenance: tuple[Maintenance, ...] = ()


@dataclass(frozen=True, slots=True)
class Injection:
    """A degradation applied to a simulated fleet, as data; times are tick indexes, so a run can be repeated.

    Its strength is a trapezoid: 0 before `start`, rising over `ramp`, held for `hold`, falling over
    `recover` ticks. `stop` (exclusive) ends it at once. `intensity` in (0, 1] scales it.
    """

    kind: str
    assets: tuple[str, ...]
    intensity: float
    start: int
    ramp: int
    hold: int
    recover: int
    seed: int
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class Upkeep:
    """A stretch of maintenance beside the calendar of a simulated fleet: ticks `start` up to, but without, `end`."""

    assets: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Ticks:
    """Simulated telemetry of consecutive ticks.

    `values` [K, N, M] float32; `states` [K, N] object of "healthy", "degrading", "critical";
    `maintenance` [K, N] bool. `first` is the tick index of row 0.
    """

    first: int
    assets: tuple[str, ...]
    values: Floats
    states: NDArray[np.object_]
    maintenance: Bools


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an artefact says of itself; `files` maps each file's name to its sha256."""

    model: str
    version: str
    kind: str
    schema_hash: str
    tick_seconds: int
    horizon: int
    seed: int
    recipe: Mapping[str, object]
    files: Mapping[str, str] = field(default_factory=dict)
    evaluation: Mapping[str, object] = field(default_factory=dict)
