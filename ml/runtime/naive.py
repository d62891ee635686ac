"""Naive forecasters as artefacts: a stream whose servers nothing forecasts better may be served by one of them.

Guards that a naive forecast has honest quantiles: those of the series' own changes over as many days, read from what is
remembered of its last week. Where yesterday was not observed, persistence stands in.
"""

from typing import Final

import numpy as np

from ml.contracts import Bools, Floats
from ml.runtime.features import Rows, Tables
from ml.runtime.losses import known_quantiles
from ml.runtime.network import Tensors
from ml.runtime.persistence import persistence, tick_noise
from ml.runtime.ridge import tables_of
from ml.runtime.scaling import ceilings
from ml.runtime.week import newest_half_hour, week_within
from ml.schema import CONTEXT, HALF_HOUR, HORIZON, TICKS_PER_DAY, TICKS_PER_WEEK, WEEK

DAYS: Final = {"persistence": 0, "seasonal_naive": 1, "seasonal_naive_week": 7}
"""How many days ago the curve was observed that is forecast; 0 repeats the last value."""
_DAY: Final = TICKS_PER_DAY // HALF_HOUR
_FEWEST: Final = 24  # changes from which a series has quantiles of its own


class Naive:
    """Repeats the curve of `days` ago; `tables` are those of the shipped ridge, for ceilings and for persistence."""

    def __init__(self, days: int, tables: Tables) -> None:
        self.days, self.tables = days, tables

    @classmethod
    def from_tensors(cls, tensors: Tensors) -> "Naive":
        """From an artefact's tensors; KeyError when one is missing."""
        return cls(int(np.asarray(tensors["naive.days"]).item()), tables_of(tensors))

    def quantiles(
        self, values: Floats, maintenance: Bools, profiles: Rows, week_tick: int, week: Floats | None = None
    ) -> Floats:
        """Quantiles [n, M, H, Q] in units; arguments as for `ml.runtime.features.prepare`."""
        del maintenance
        memory = week_within(values, week_tick) if week is None else week
        held = persistence(values, profiles, self.tables, memory)
        if self.days == 0:
            return held
        curve = _yesterday(values) if self.days == 1 else _last_week(memory, week_tick)
        changes = memory[:, _DAY:] - memory[:, :-_DAY]
        around = known_quantiles(changes.transpose(0, 2, 1), _FEWEST) * _widened(values, changes)[..., None]
        top = ceilings(values, self.tables.highest[profiles])[:, :, None, None]
        fan = np.clip(curve[..., None] + around[:, :, None, :], 0.0, top)
        return np.asarray(np.where(np.isfinite(fan).all(axis=-1, keepdims=True), fan, held), np.float32)


def _yesterday(values: Floats) -> Floats:
    """What was observed 24 hours before each step, [n, M, H]."""
    first = CONTEXT - TICKS_PER_DAY
    return values[:, first : first + HORIZON].transpose(0, 2, 1)


def _last_week(memory: Floats, week_tick: int) -> Floats:
    """The half hour a week before each step, [n, M, H]."""
    tick = TICKS_PER_WEEK + week_tick
    oldest = newest_half_hour(tick) - WEEK + 1
    rows = (tick + 1 + np.arange(HORIZON) - TICKS_PER_WEEK) // HALF_HOUR - oldest
    return memory[:, rows].transpose(0, 2, 1)


def _widened(values: Floats, changes: Floats) -> Floats:
    """By how much changes of single ticks spread wider than those of half-hour means, [n, M]."""
    square = np.square(changes)
    known = np.isfinite(square)
    size = np.where(known, square, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.asarray(np.sqrt(1.0 + 2.0 * np.square(tick_noise(values)) / np.maximum(size, 1e-9)), np.float32)


def tensors_for(kind: str, tables: Tensors) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
    """An artefact's tensors for a kind of `DAYS`, with the tables among the tensors of the shipped ridge."""
    own = {name: np.asarray(one) for name, one in tables.items() if name.startswith("tables.")}
    return {**own, "naive.days": np.array([DAYS[kind]], np.int32)}
