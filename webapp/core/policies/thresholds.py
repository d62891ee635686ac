"""Thresholds: the defaults of each profile with what a stream has changed, and what counts as a sensible limit.

NaN is a metric that is not watched: nothing can be over it, so it is neither crossed nor in breach.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from ml.contracts import Floats
from ml.schema import METRIC_INDEX, METRIC_NAMES, METRICS, TICK_SECONDS, Profile
from ml.streams.fleet import CONSECUTIVE, THRESHOLDS, profile_named, threshold_matrix
from webapp.core.errors import FieldError, Invalid
from webapp.core.views.thresholds import Breached

Limit = float | None
Limits = Mapping[tuple[str, str], Limit]
"""What differs from the defaults, by profile and metric; None is a metric that is not watched."""
MOST_SHARE: Final = 0.05
"""Of what was observed in the last week: a limit that is crossed for more than that is likely a slip."""
LONGEST_REASON: Final = 500
_DIGITS: Final = 6


def default(profile: str, metric: str) -> float:
    """The limit that holds unless a stream has another one."""
    return float(THRESHOLDS[profile_named(profile)][metric])


def limit_of(limits: Limits, profile: str, metric: str) -> Limit:
    """The limit of a metric for servers of a profile, None when it is not watched."""
    key = (profile_named(profile).value, metric)
    return limits[key] if key in limits else default(*key)


def matrix(limits: Limits, profiles: Sequence[str]) -> Floats:
    """Thresholds as [N, M] float32, one row a profile name, NaN where a metric is not watched."""
    made = threshold_matrix(profiles)
    named = np.array([profile_named(one).value for one in profiles])
    for (profile, metric), limit in limits.items():
        made[named == profile, METRIC_INDEX[metric]] = np.nan if limit is None else limit
    return made


def plain(value: float) -> float:
    """A limit as it was set, from the 32 bits of the matrix."""
    return float(f"{value:.{_DIGITS}g}")


def moved(one: Limits, other: Limits) -> list[str]:
    """The profiles for which two sets of limits differ."""
    keys = one.keys() | other.keys()
    return sorted({key[0] for key in keys if limit_of(one, *key) != limit_of(other, *key)})


def check_place(profile: str, metric: str) -> None:
    """Raises Invalid unless both are in the contract."""
    if profile not in set(Profile):
        raise _wrong("profile", f"There is no profile {profile[:40]}. There are {', '.join(Profile)}.")
    if metric not in METRIC_INDEX:
        raise _wrong("metric", f"The contract has no metric {metric[:40]}. It has {', '.join(METRIC_NAMES)}.")


def check_reason(reason: str) -> str:
    """The reason itself, trimmed. Raises Invalid without one."""
    text = reason.strip()
    if not text:
        raise _wrong("reason", "Say why; the audit keeps it.")
    if len(text) > LONGEST_REASON:
        raise _wrong("reason", f"The reason has at most {LONGEST_REASON} characters.")
    return text


def check_limit(metric: str, limit: Limit) -> Limit:
    """The limit itself, rounded to what the matrix holds. Raises Invalid for one that could mean nothing."""
    one = METRICS[METRIC_INDEX[metric]]
    if limit is None:
        return None
    if not one.low < limit < one.high:  # nothing above `high` is accepted, so nothing could cross it; NaN is neither
        raise _wrong("limit", f"The threshold must lie above {one.low:g} and below {one.high:g} {one.unit}.")
    return plain(limit)


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(message, (FieldError(field, message),))


def told(metric: str, limit: Limit) -> str:
    """ "90 %", or "not watched"."""
    return "not watched" if limit is None else f"{limit:g} {METRICS[METRIC_INDEX[metric]].unit}"


def breached(values: Floats, limit: Limit) -> Breached:
    """What a limit made of observations [N, T]: a breach is CONSECUTIVE in a row over it, counted from its first."""
    seen = int(np.isfinite(values).sum())
    if limit is None or not seen:
        return Breached(0, 0, 0.0)
    with np.errstate(invalid="ignore"):
        over = values > np.float32(limit)
    inside = np.zeros_like(over)
    stays = np.lib.stride_tricks.sliding_window_view(over, CONSECUTIVE, axis=1).all(axis=2)
    for step in range(CONSECUTIVE):
        inside[:, step : step + stays.shape[1]] |= stays
    ticks = int(inside.sum())
    return Breached(int(inside.any(axis=1).sum()), ticks * TICK_SECONDS // 60, ticks / seen)


def order(servers: Mapping[str, int]) -> Iterable[Profile]:
    """Profiles as they are listed: those that a stream has servers of first."""
    return sorted(Profile, key=lambda one: not servers.get(one.value))
