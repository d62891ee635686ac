"""From a window of telemetry to what the linear forecaster sees, identically in training and in serving.

A series is taken apart into season (a climatology of the profile, scaled to this server), level (the last
hour), and what remains, in units of the series' own scale. Nothing here may look past the origin, except
at the clock and at the maintenance calendar.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Bools, Floats
from ml.runtime.scaling import SHARE, forward, is_observed, usual
from ml.schema import CONTEXT, HORIZON, METRICS, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_WEEK, Profile

PROFILES: Final = tuple(Profile)
PATCH: Final = 6
"""Ticks of a patch: half an hour."""
LATTICE: Final = TICKS_PER_WEEK // PATCH
STATES: Final = 7
"""Regimes that residuals are calibrated in: calm at a low, usual or raised level; stirring, rising, high, falling."""
_PATCHES: Final = CONTEXT // PATCH
_SPANS: Final = ((3, 3), (6, 6), (18, 18), (36, 36), (12, 72))  # recent ticks against the ticks before them
_GROUPS: Final = ((-1, 0), (-2, -1), (-3, -2), (-4, -3), (-6, -4), (-8, -6), (-12, -8), (-16, -12), (-24, -16),
                  (-32, -24))  # fmt: skip
_DECAY: Final = (0.5 ** (np.arange(TICKS_PER_HOUR)[::-1] / 4.0)).astype(np.float32)
_M: Final = len(METRICS)
Rows = NDArray[np.int64]
"""Rows of the profile tables, [n]."""
PLAIN_SLOPES: Final = tuple(range(6 + len(_GROUPS) + 16, 6 + len(_GROUPS) + 16 + 3 * len(_SPANS), 3))
"""Rows of `Prepared.own` that hold the slopes themselves."""
SUMMARY: Final = 8
"""Numbers that every metric tells the forecasts of the other metrics."""
OWN: Final = 6 + len(_GROUPS) + 16 + 3 * len(_SPANS) + 18
SHARED: Final = SUMMARY * _M + 6 + 3 + 5 * len(PROFILES)


@dataclass(frozen=True, slots=True)
class Tables:
    """What the model knows of profiles (P, the last one unknown) and metrics, on the modelled scale.

    `climatology` [P, M, 336] over the week's half-hours; `upkeep` [P, M] the shift during maintenance;
    `spread`, `volatility` [P, M] a server's slow and fast variation;
    `walk` [P, M] growth of a persistence forecast's error a root tick; `highest` [P, M] the largest value that
    such a server reaches, in units; `slope_sd` [M, spans] how large slopes are while nothing happens.
    """

    climatology: Floats
    upkeep: Floats
    spread: Floats
    volatility: Floats
    walk: Floats
    highest: Floats
    slope_sd: Floats


@dataclass(frozen=True, slots=True)
class Prepared:
    """The forecaster's view of n servers at one origin.

    `season` [H, n, M], `level`, `scale` and `reference` [n, M] undo the scaling; `own` [OWN, n, M] and `shared`
    [n, SHARED] are the regressors; `regime` [n, M, STATES] are soft memberships that sum to one. `parts`, `counts` and
    `past_season` [48, n, M] are the history's half hours: scaled means, observations, and the season in units.
    """

    season: Floats
    level: Floats
    scale: Floats
    reference: Floats
    own: Floats
    shared: Floats
    regime: Floats
    parts: Floats
    counts: Floats
    past_season: Floats


def profile_rows(profiles: tuple[str, ...]) -> Rows:
    """Row of each profile in the tables; a name that is not a profile is unknown."""
    place = {profile.value: row for row, profile in enumerate(PROFILES)}
    return np.array([place.get(name, place["unknown"]) for name in profiles], np.int64)


def aligned(values: Floats, maintenance: Bools) -> tuple[Floats, Bools]:
    """History cut or left-padded with NaN to exactly CONTEXT ticks: values [n, 288, M], calendar [n, 384]."""
    ticks = values.shape[1]
    if ticks >= CONTEXT:
        return values[:, ticks - CONTEXT :], maintenance[:, ticks - CONTEXT :]
    lacking = CONTEXT - ticks
    padded = np.full((len(values), CONTEXT, _M), np.nan, np.float32)
    padded[:, lacking:] = values
    return padded, np.pad(maintenance, ((0, 0), (lacking, 0)))


def season_at(climatology: Floats, week_tick: int) -> Floats:
    """The climatology over history and horizon of an origin, [384, P, M], linear between half-hours."""
    ticks = np.arange(week_tick - CONTEXT + 1, week_tick + HORIZON + 1)
    place = ((ticks + 0.5) / PATCH - 0.5) % LATTICE
    left = np.floor(place).astype(np.int64)
    part = (place - left).astype(np.float32)
    table = climatology.transpose(2, 0, 1)  # [336, P, M]
    here, there = table[left % LATTICE], table[(left + 1) % LATTICE]
    return np.asarray(here + (there - here) * part[:, None, None], np.float32)


def prepare(values: Floats, maintenance: Bools, profiles: Rows, week_tick: int, tables: Tables) -> Prepared:
    """Features of n servers that share an origin.

    `values` [n, 288, M] in units, NaN where missing; `maintenance` [n, 384]; `profiles` [n] rows of the
    tables; `week_tick` the origin's tick in the week that began on Monday 00:00 UTC.
    """
    # time first: sums over it then run along contiguous servers and metrics
    ordered = np.ascontiguousarray(values.transpose(1, 0, 2))
    known = is_observed(ordered)
    reference = usual(ordered, 0)
    series = forward(ordered, reference)  # [288, n, M]
    above = np.maximum(np.fmax.reduce(series) - np.float32(100.0), 0.0)  # a ceiling that was passed is higher up
    upkeep = maintenance.T[:, :, None] * tables.upkeep[profiles]
    season = season_at(tables.climatology, week_tick)[:, profiles]
    series -= upkeep[:CONTEXT]
    series[~known] = 0.0
    season *= _amplitude(series, season[:CONTEXT], known.astype(np.float32), profiles)
    series -= season[:CONTEXT]
    level = _level(series, known)
    known &= np.isfinite(level)  # silent for an hour: no forecast, and no word to the other metrics
    seen = known.astype(np.float32)
    series -= np.nan_to_num(level)
    series *= seen
    parts, counts = _patches(series, seen)
    scale, fast, bursts = _scales(series, seen, (parts, counts), tables, profiles)
    series /= scale
    parts /= scale
    np.clip(series, -12.0, 12.0, out=series)
    np.clip(parts, -12.0, 12.0, out=parts)
    slopes = np.clip(_slopes(series, seen) / tables.slope_sd, -15.0, 15.0)
    position = _position(parts, counts)
    nature = np.stack([fast / tables.volatility[profiles], fast / scale, bursts])
    near = np.where(SHARE, np.nan_to_num(level + _at_origin(season) - above), 0.0)
    own = _own(series, (parts, counts), slopes, position, (nature, near))
    regime = _regime(slopes, position)
    shared = _shared(own, slopes, position, profiles, week_tick)
    return Prepared(
        season[CONTEXT:] + upkeep[CONTEXT:], level, scale, reference, own, shared, regime, parts, counts,
        season[PATCH // 2 : CONTEXT : PATCH],
    )  # fmt: skip


def _at_origin(season: Floats) -> Floats:
    return np.asarray(season[CONTEXT - TICKS_PER_HOUR // 2])


def is_unknown(profiles: Rows) -> Bools:
    """Which servers have no known profile, [n]."""
    return np.asarray(profiles == len(PROFILES) - 1)


def _amplitude(series: Floats, season: Floats, seen: Floats, profiles: Rows) -> Floats:
    """How strongly this server follows its profile's day, [n, M]: least squares, shrunk towards one.

    A server of unknown profile is not expected to follow any: its amplitude is shrunk towards none.
    """
    known = season * seen
    count = np.maximum(seen.sum(axis=0), 1.0)
    centre = known.sum(axis=0) / count
    together = (series * season).sum(axis=0) - centre * series.sum(axis=0)
    alone = (known * season).sum(axis=0) - count * centre * centre
    inertia = 0.25 * CONTEXT * season.var(axis=0) + 1e-6
    expected = np.where(is_unknown(profiles), 0.0, 1.0)[:, None]
    return np.asarray(np.clip((together + expected * inertia) / (alone + inertia), 0.0, 1.8), np.float32)


def _level(series: Floats, known: Bools) -> Floats:
    """Weighted mean of the last hour, [n, M]; recent ticks count more, NaN without any observation."""
    weight = known[-TICKS_PER_HOUR:] * _DECAY[:, None, None]
    total = weight.sum(axis=0)
    level = (series[-TICKS_PER_HOUR:] * weight).sum(axis=0)
    return np.asarray(level / np.where(total > 0.0, total, np.nan), np.float32)


def _scales(
    series: Floats, seen: Floats, patches: tuple[Floats, Floats], tables: Tables, profiles: Rows
) -> tuple[Floats, Floats, Floats]:
    """Slow and fast variation [n, M], shrunk towards and bounded around the profile's own, and how bursty steps are."""
    slowly, quickly = tables.spread[profiles], tables.volatility[profiles]
    free = is_unknown(profiles)[:, None]  # an unknown profile is not held to the others' habits
    parts, counts = patches
    there = (counts > 0.0).astype(np.float32)
    number = np.maximum(there.sum(axis=0), 1.0)
    centre = parts.sum(axis=0) / number
    variance = (there * np.square(parts - centre)).sum(axis=0)
    inertia = np.where(free, 1.0, 12.0)
    slow = np.sqrt((variance + inertia * slowly**2) / (number + inertia))
    slow = np.clip(slow, slowly * np.where(free, 0.02, 0.6), slowly * np.where(free, 50.0, 2.0))
    both = seen[1:] * seen[:-1]
    steps = (series[1:] - series[:-1]) * both
    np.square(steps, out=steps)
    pairs = both.sum(axis=0)
    squares = steps.sum(axis=0)
    fast = np.sqrt((squares / 2.0 + inertia * quickly**2) / (pairs + inertia))
    fast = np.clip(fast, np.where(free, 0.01, 0.1) * quickly, np.where(free, 200.0, 20.0) * quickly)
    np.square(steps, out=steps)
    bursts = np.log((steps.sum(axis=0) * (pairs + 1.0) + 1e-9) / (np.square(squares) + 1e-9) / 3.0)
    return tuple(np.asarray(one, np.float32) for one in (slow, fast, np.clip(bursts, -1.0, 5.0)))  # type: ignore[return-value]


def _patches(series: Floats, seen: Floats) -> tuple[Floats, Floats]:
    """Half-hour means [48, n, M] (0 where empty) and how many observations each holds."""
    shape = (_PATCHES, PATCH, *series.shape[1:])
    counts: Floats = seen.reshape(shape).sum(axis=1)
    means: Floats = series.reshape(shape).sum(axis=1)
    np.divide(means, np.maximum(counts, 1.0), out=means)
    return means, counts


def _slopes(series: Floats, seen: Floats) -> Floats:
    """Mean of the last ticks less the mean of those before, for each span, [n, M, spans]; 0 where unknown."""
    slopes = np.zeros((*series.shape[1:], len(_SPANS)), np.float32)
    for place, (recent, before) in enumerate(_SPANS):
        late, early = slice(-recent, None), slice(-recent - before, -recent)
        near, far = seen[late].sum(axis=0), seen[early].sum(axis=0)
        rise = series[late].sum(axis=0) / np.maximum(near, 1.0) - series[early].sum(axis=0) / np.maximum(far, 1.0)
        slopes[:, :, place] = np.where((2 * near >= recent) & (2 * far >= before), rise, 0.0)
    return slopes


def _over(value: Floats, limit: float) -> Floats:
    return np.asarray(np.maximum(value - limit, 0.0), np.float32)


def _position(parts: Floats, counts: Floats) -> Floats:
    """The last hour against the first eighteen of the window, [n, M] in scales; 0 where those are missing."""
    before = slice(None, 3 * _PATCHES // 4)
    number = counts[before].sum(axis=0)
    mean = (parts[before] * counts[before]).sum(axis=0) / np.maximum(number, 1.0)
    return np.asarray(np.clip(np.where(number >= 2 * PATCH, -mean, 0.0), -10.0, 10.0), np.float32)


def _own(
    series: Floats, patches: tuple[Floats, Floats], slopes: Floats, position: Floats, kind: tuple[Floats, Floats]
) -> Floats:
    """A metric's regressors for its own forecast, [OWN, n, M]."""
    parts, counts = patches
    nature, near = kind
    rows: list[Floats] = [series[-lag] for lag in range(1, 7)]
    for first, last in _GROUPS:
        inside = slice(first, last or None)
        weight = np.maximum(counts[inside].sum(axis=0), 1.0)
        rows.append(np.asarray((parts[inside] * counts[inside]).sum(axis=0) / weight, np.float32))
    rows += [parts[place] for place in range(16)]  # yesterday at the time of each lead
    for span in range(len(_SPANS)):
        rows += [slopes[:, :, span], _over(slopes[:, :, span], 2.0), _over(-slopes[:, :, span], 2.0)]
    rows += [position, _over(position, 1.5), _over(position, 4.0), _over(-position, 1.5)]
    rows += [_over(position, 1.5) * np.tanh(slopes[:, :, span] / np.float32(3.0)) for span in (1, 2)]
    rough = np.clip(nature[1], 0.0, 2.0)  # the rougher a series, the less its last values mean
    rows += [rough * rows[6], rough * rows[7], rough * position, np.asarray(rough, np.float32)]
    rows += [np.log(nature[0]), np.log(nature[1]), nature[2]]
    rows += [_over(near / np.float32(10.0), 7.5), _over(near / np.float32(4.0), 23.0)]  # room left below the ceiling
    flags = counts[-1] / PATCH, (counts[:16] > 0.0).mean(axis=0), counts.sum(axis=0) / CONTEXT
    rows += [np.asarray(flag, np.float32) for flag in flags]
    return np.stack(rows)


def _regime(slopes: Floats, position: Floats) -> Floats:
    """Soft memberships [n, M, STATES], in the order of `STATES`; continuous in the window, so fans do not flicker."""
    climb = np.max(slopes[:, :, 1:4], axis=2)
    drop = np.max(-slopes[:, :, 1:4], axis=2)
    lean = np.clip(position, -2.0, 2.0)
    scores = np.stack([
        2.0 - 2.5 * (lean + 0.7), np.full_like(climb, 2.0), 2.0 + 2.5 * (lean - 0.7),
        climb, 2.0 * (climb - 2.0), 1.4 * _over(position, 2.0) + 1.0, 1.4 * (drop - 1.5),
    ], axis=2)  # fmt: skip
    scores = np.exp(np.clip(scores, -8.0, 12.0) - np.max(np.clip(scores, -8.0, 12.0), axis=2, keepdims=True))
    return np.asarray(scores / scores.sum(axis=2, keepdims=True), np.float32)


def _shared(own: Floats, slopes: Floats, position: Floats, profiles: Rows, week_tick: int) -> Floats:
    """Regressors that all metrics of a server share, [n, SHARED]: what the others do, the clock, the profile."""
    told = [own[0], own[6], _over(-position, 1.5), _over(position, 1.5)]
    told += [_over(sign * slopes[:, :, span], 2.0) for span in (1, 2) for sign in (1.0, -1.0)]
    metrics = np.stack(told, axis=2).reshape(len(own[0]), -1)
    angle = 2.0 * np.pi * week_tick / TICKS_PER_DAY
    clock = [turn(order * angle) for order in (1, 2, 3) for turn in (np.sin, np.cos)]
    days = [float((week_tick + ahead) % TICKS_PER_WEEK >= 5 * TICKS_PER_DAY) for ahead in (0, 72, -216)]
    member = np.eye(len(PROFILES), dtype=np.float32)[profiles]
    timed = (member[:, :, None] * np.array([1.0, *clock[:4]], np.float32)).reshape(len(member), -1)
    timed[is_unknown(profiles), -4:] = 0.0  # whose day is not known has no use for the clock
    time = np.where(is_unknown(profiles)[:, None], 0.0, np.array([*clock, *days], np.float32))
    return np.asarray(np.concatenate([metrics, time, timed], axis=1), np.float32)
