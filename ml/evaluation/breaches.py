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
from ml.runtime import crossing
from ml.runtime.crossing import HOURS
from ml.schema import HORIZON, TICKS_PER_HOUR

_DECILES: Final = 10
_FEWEST: Final = 50  # cases from which a decile's gap counts


@dataclass(frozen=True, slots=True)
class Breaches:
    """Chances and truths [n, 4] of a breach within 1, 2, 4, 8 h."""

    chance: Floats
    truth: NDArray[np.bool_]


def breaches_of(fan: Floats, piece: Cut, limits: Floats, correlation: Floats) -> Breaches:
    """The breach forecasts that follow from fans [N, M, H, Q] at thresholds [N, M]."""
    begins = first_breach(piece.truth.transpose(1, 0, 2), limits)
    clear = (piece.history[:, -1] <= limits) & np.isfinite(fan[:, :, 0, 0])
    lead = np.where(begins < 0, HORIZON, begins)[clear]
    chance = crossing(fan, limits, correlation).by[clear]
    return Breaches(chance, lead[:, None] < np.array(HOURS) * TICKS_PER_HOUR)


def joined_breaches(parts: Sequence[Breaches]) -> Breaches:
    """Several stretches as one."""
    return Breaches(np.concatenate([one.chance for one in parts]), np.concatenate([one.truth for one in parts]))


def breach_report(parts: Sequence[Breaches]) -> dict[str, object]:
    """`breach_figures` within 1, 2, 4 and 8 hours."""
    whole = joined_breaches(parts)
    return {f"h{hours}": breach_figures(whole.chance[:, at], whole.truth[:, at]) for at, hours in enumerate(HOURS)}


def breach_figures(chance: Floats, truth: NDArray[np.bool_]) -> dict[str, object]:
    """Brier score against the base rate's, and per decile of the chance how often it came true, [n] each.

    `reliability_max_gap` is the largest difference between told and true share over deciles of 50 cases or more
    (Murphy 1973).
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
        "deciles": [
            {"cases": count, "told": rounded(told), "came_true": rounded(came)} for count, told, came in deciles
        ],
    }


def reliability(chance: Floats, truth: NDArray[np.bool_]) -> list[tuple[int, float, float]]:
    """Per decile of the chance (0 to 0.1 first): cases, mean chance told, share that came true; NaN without cases."""
    place = np.minimum((chance * _DECILES).astype(np.int64), _DECILES - 1)
    cases = np.bincount(place, minlength=_DECILES)
    known = np.where(cases > 0, cases, np.nan)
    told = np.bincount(place, chance, minlength=_DECILES) / known
    came = np.bincount(place, truth, minlength=_DECILES) / known
    return [(int(count), float(a), float(b)) for count, a, b in zip(cases, told, came, strict=True)]
