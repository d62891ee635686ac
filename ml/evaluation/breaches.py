"""Breach forecasts against what came true: Brier scores and reliability, with the counts they rest on.

Guards that a chance is only judged where a breach is news: the series is not above its threshold at the origin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Floats
from ml.dataset.windows import Cut
from ml.evaluation.figures import rounded
from ml.generator import first_breach
from ml.runtime import Crossing
from ml.runtime.odds import HOURS
from ml.schema import TICK_SECONDS, TICKS_PER_HOUR

_DECILES: Final = 10
_LIKELY: Final = 0.5
_SAMPLES: Final = 2_000
_MINUTES: Final = TICK_SECONDS / 60.0
_FEWEST: Final = 50  # cases from which a decile's gap counts


@dataclass(frozen=True, slots=True)
class Breaches:
    """Chances [n, 4] of a breach within 1, 2, 4, 8 h, the told times [n, 3] (`TIMES`, NaN without one) and when it
    came, [n]: a lead step from 1 on, infinity for never. `troubled` [n]: the server was not healthy at the origin."""

    chance: Floats
    times: Floats
    came: Floats
    troubled: NDArray[np.bool_]

    @property
    def truth(self) -> NDArray[np.bool_]:
        """Whether it came within 1, 2, 4, 8 h, [n, 4]."""
        return self.came[:, None] <= np.array(HOURS) * TICKS_PER_HOUR


def breaches_of(told: Crossing, piece: Cut, limits: Floats, troubled: NDArray[np.bool_]) -> Breaches:
    """The breach forecasts of one cut at thresholds [N, M], with what came; `troubled` [N] where states are known."""
    begins = first_breach(piece.truth.transpose(1, 0, 2), limits)
    clear = (piece.history[:, -1] <= limits) & np.isfinite(told.probability)
    came = np.where(begins < 0, np.inf, begins + 1.0)[clear].astype(np.float32)
    times = np.stack([one[clear] for one in (told.earliest, told.median, told.latest)], axis=1)
    return Breaches(told.by[clear], times, came, np.repeat(troubled[:, None], clear.shape[1], axis=1)[clear])


def joined_breaches(parts: Sequence[Breaches]) -> Breaches:
    """Several stretches as one."""
    return Breaches(*(np.concatenate([getattr(one, name) for one in parts]) for name in Breaches.__slots__))


def breach_report(parts: Sequence[Breaches]) -> dict[str, object]:
    """`breach_figures` within 1, 2, 4 and 8 hours, those of servers in trouble at the origin, and `time_figures`."""
    whole = joined_breaches(parts)
    every = np.ones(len(whole.came), np.bool_)
    degrading = {"degrading": _within(whole, whole.troubled)} if whole.troubled.any() else {}
    return {**_within(whole, every), **degrading, "time_to_breach": time_figures(whole)}


def _within(whole: Breaches, rows: NDArray[np.bool_]) -> dict[str, object]:
    chance, truth = whole.chance[rows], whole.truth[rows]
    return {f"h{hours}": breach_figures(chance[:, at], truth[:, at]) for at, hours in enumerate(HOURS)}


def time_figures(whole: Breaches) -> dict[str, object]:
    """How well the time was told of breaches that came within the horizon, of all that had one told and of those that
    were told as more likely than not: share inside the 80 % interval, its median width, median error of the median.
    """
    known = whole.truth[:, -1] & np.isfinite(whole.times[:, 1])
    return {"all": _timed(whole, known), "likely": _timed(whole, known & (whole.chance[:, -1] >= _LIKELY))}


def _timed(whole: Breaches, rows: NDArray[np.bool_]) -> dict[str, object]:
    earliest, median, latest = whole.times[rows].T
    came = whole.came[rows]
    if not len(came):
        return {"breaches": 0, "coverage80": None, "width_min": None, "error_min": None}
    return {
        "breaches": len(came),
        "coverage80": rounded(np.mean((came >= earliest) & (came <= latest))),
        "width_min": rounded(np.median(latest - earliest) * _MINUTES),
        "error_min": rounded(np.median(np.abs(came - median)) * _MINUTES),
    }


def breach_figures(chance: Floats, truth: NDArray[np.bool_]) -> dict[str, object]:
    """Brier score against the base rate's, and per decile of the chance how often it came true, [n] each.

    `reliability_max_gap` is the largest difference between told and true share over deciles of 50 cases or more
    (Murphy 1973), `reliability_gap_of_chance` what it would be by chance alone (`gap_of_chance`).
    """
    rate = float(truth.mean()) if len(truth) else 0.0
    brier, reference = float(np.square(chance - truth).mean()) if len(truth) else 0.0, rate * (1.0 - rate)
    deciles = reliability(chance, truth)
    gaps = [abs(told - came) for count, told, came in deciles if count >= _FEWEST]
    return {
        "series": len(truth),
        "breaches": int(truth.sum()),
        "brier": rounded(brier),
        "base_rate_brier": rounded(reference),
        "brier_skill": rounded(1.0 - brier / reference) if reference else None,
        "reliability_max_gap": rounded(max(gaps, default=0.0)),
        "reliability_gap_of_chance": rounded(gap_of_chance([(count, told) for count, told, _ in deciles])),
        "deciles": [
            {"cases": count, "told": rounded(told), "came_true": rounded(came)} for count, told, came in deciles
        ],
    }


def gap_of_chance(deciles: Sequence[tuple[int, float]]) -> float:
    """The largest gap that a forecast without any error stays below in 95 of 100 samples of these sizes.

    `deciles` are cases and mean chance told. Cases are drawn as independent, which makes it too small if anything.
    """
    random = np.random.Generator(np.random.Philox(5))
    counted = [(count, told) for count, told in deciles if count >= _FEWEST]
    if not counted:
        return 0.0
    gaps = [np.abs(random.binomial(count, told, _SAMPLES) / count - told) for count, told in counted]
    return float(np.quantile(np.max(gaps, axis=0), 0.95))


def reliability(chance: Floats, truth: NDArray[np.bool_]) -> list[tuple[int, float, float]]:
    """Per decile of the chance (0 to 0.1 first): cases, mean chance told, share that came true; NaN without cases."""
    place = np.minimum((chance * _DECILES).astype(np.int64), _DECILES - 1)
    cases = np.bincount(place, minlength=_DECILES)
    known = np.where(cases > 0, cases, np.nan)
    told = np.bincount(place, chance, minlength=_DECILES) / known
    came = np.bincount(place, truth, minlength=_DECILES) / known
    return [(int(count), float(a), float(b)) for count, a, b in zip(cases, told, came, strict=True)]
