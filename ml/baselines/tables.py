"""What training learns of profiles before any regression: climatology, maintenance, usual levels and variation.

Medians throughout, so that the faults in the training fleets do not become part of what is usual.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Floats
from ml.dataset.windows import Span
from ml.runtime.features import LATTICE, PATCH, PROFILES, Tables
from ml.runtime.scaling import forward, usual
from ml.schema import HORIZON, METRICS, TICKS_PER_WEEK

_M: Final = len(METRICS)
_SPANS: Final = 5


def fit_tables(spans: Sequence[Span]) -> Tables:
    """Profile tables from whole weeks of telemetry; a profile that is absent reads as unknown, the pool of all."""
    series = [forward(span.values, usual(span.values, 0)) for span in spans]
    climatology = _climatology(spans, series)
    rest = [one - _season(span, climatology) for span, one in zip(spans, series, strict=True)]
    upkeep = _per_profile(spans, [_upkeep(span, one) for span, one in zip(spans, rest, strict=True)])
    rest = [one - _shift(span, upkeep) for span, one in zip(spans, rest, strict=True)]
    return Tables(
        climatology=climatology,
        upkeep=np.nan_to_num(upkeep),
        spread=np.maximum(_per_profile(spans, [_spread(one) for one in rest]), 1e-3),
        volatility=np.maximum(_per_profile(spans, [_volatility(one) for one in rest]), 1e-3),
        highest=_highest(spans),
        walk=np.maximum(_per_profile(spans, [_walk(one) for one in series]), 1e-4),
        slope_sd=np.ones((_M, _SPANS), np.float32),
    )


def _rows(span: Span, profile: str) -> NDArray[np.int64]:
    everyone = profile == "unknown"
    return np.flatnonzero([everyone or name == profile for name in span.profiles])


def _per_profile(spans: Sequence[Span], values: Sequence[Floats]) -> Floats:
    """Median over each profile's servers of per-server values [N, M], as [P, M]."""
    table = np.zeros((len(PROFILES), _M), np.float32)
    pooled = _nanmedian(np.concatenate(values))
    for place, profile in enumerate(PROFILES):
        members = np.concatenate([one[_rows(span, profile)] for span, one in zip(spans, values, strict=True)])
        table[place] = _nanmedian(members) if len(members) else pooled
    return table


def _nanmedian(values: Floats) -> Floats:
    empty = ~np.isfinite(values).any(axis=0)
    filled = np.where(empty, 0.0, values)
    return np.asarray(np.nanmedian(filled, axis=0), np.float32)


def _climatology(spans: Sequence[Span], series: Sequence[Floats]) -> Floats:
    """Median course of the week around the server's own median, [P, M, 336], lightly smoothed."""
    weeks: list[list[Floats]] = [[] for _ in PROFILES]
    for span, one in zip(spans, series, strict=True):
        centred = np.where(span.maintenance[:, :, None], np.nan, one - np.median(one, axis=0))
        folded = centred[: len(centred) // TICKS_PER_WEEK * TICKS_PER_WEEK].reshape(-1, LATTICE, PATCH, *one.shape[1:])
        folded = folded.transpose(0, 2, 1, 3, 4).reshape(-1, LATTICE, *one.shape[1:])
        course = _nanmedian(folded)  # [336, N, M]; 0 where every week was under maintenance
        for place, profile in enumerate(PROFILES):
            weeks[place].append(course[:, _rows(span, profile)])
    table = np.stack([_course(np.concatenate(parts, axis=1)) for parts in weeks])
    smooth = (np.roll(table, 1, axis=2) + 2.0 * table + np.roll(table, -1, axis=2)) / 4.0
    return np.asarray(smooth, np.float32)


def _course(courses: Floats) -> Floats:
    if not courses.shape[1]:
        return np.zeros((_M, LATTICE), np.float32)
    return np.asarray(np.nanmean(np.sort(courses, axis=1)[:, _middle(courses.shape[1])], axis=1).T, np.float32)


def _middle(count: int) -> slice:
    """The inner three fifths of sorted servers: a trimmed mean is smoother than a median of few."""
    return slice(count // 5, count - count // 5)


def _season(span: Span, climatology: Floats) -> Floats:
    place = (span.first + np.arange(len(span.values))) % TICKS_PER_WEEK // PATCH
    rows = [PROFILES.index(next(p for p in PROFILES if p == name)) for name in span.profiles]
    return np.asarray(climatology[rows][:, :, place].transpose(2, 0, 1), np.float32)


def _shift(span: Span, upkeep: Floats) -> Floats:
    rows = [PROFILES.index(next(p for p in PROFILES if p == name)) for name in span.profiles]
    return np.asarray(np.nan_to_num(upkeep)[rows][None] * span.maintenance[:, :, None], np.float32)


def _highest(spans: Sequence[Span]) -> Floats:
    """What one tick in five hundred exceeds, [P, M] in units; an unknown server may reach the highest of all."""
    table = np.zeros((len(PROFILES), _M), np.float32)
    for place, profile in enumerate(PROFILES[:-1]):
        members = np.concatenate([span.values[:, _rows(span, profile)].reshape(-1, _M) for span in spans])
        if len(members):
            table[place] = np.quantile(members, 0.998, axis=0)
    absent = table.max(axis=1) == 0.0
    table[absent] = table.max(axis=0)
    return table


def _upkeep(span: Span, rest: Floats) -> Floats:
    """Per server: median inside its maintenance windows less the median of the four hours around them, [N, M]."""
    effect = np.full(rest.shape[1:], np.nan, np.float32)
    for server in np.flatnonzero(span.maintenance.any(axis=0)):
        inside = span.maintenance[:, server]
        around = np.convolve(inside, np.ones(49), "same") > 0
        effect[server] = np.median(rest[inside, server], axis=0) - np.median(rest[around & ~inside, server], axis=0)
    return effect


def _half_hours(series: Floats) -> Floats:
    count = len(series) // PATCH
    return np.asarray(series[: count * PATCH].reshape(count, PATCH, *series.shape[1:]).mean(axis=1))


def _spread(rest: Floats) -> Floats:
    """Half the distance between the 16th and 84th percentile of half-hour means, [N, M]."""
    low, high = np.quantile(_half_hours(rest), [0.16, 0.84], axis=0)
    return np.asarray((high - low) / 2.0, np.float32)


def _volatility(rest: Floats) -> Floats:
    return np.asarray(np.median(np.abs(np.diff(rest, axis=0)), axis=0) / 0.954, np.float32)


def _walk(series: Floats) -> Floats:
    """Change over the whole horizon that four of five stay below, as a standard deviation a root tick, [N, M]."""
    change = np.abs(series[HORIZON:] - series[:-HORIZON])
    return np.asarray(np.quantile(change, 0.8, axis=0) / 1.2816 / HORIZON**0.5, np.float32)
