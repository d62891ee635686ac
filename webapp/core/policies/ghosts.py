"""How an earlier forecast is judged by what came, and why another one than the one asked for is shown. Pure."""

from dataclasses import dataclass

import numpy as np

from ml.contracts import Floats
from ml.schema import HIGH80, LOW80, MEDIAN
from webapp.core.views.ghosts import Instead


@dataclass(frozen=True, slots=True)
class Score:
    """`held` of `matured` points within the 80 % interval; mean distance of the median, and of the value that stood at
    the origin, from what came: None where nothing came, or nothing stood there."""

    held: int
    matured: int
    error: float | None
    persistence: float | None


def score(fan: Floats, truth: Floats) -> Score:
    """A fan [H, Q] beside the truth [1 + H] from its origin on."""
    came = truth[1 : 1 + len(fan)]
    seen = np.isfinite(came)
    if not seen.any():
        return Score(0, 0, None, None)
    told, real = fan[: len(came)][seen], came[seen]
    held = int(((told[:, LOW80] <= real) & (real <= told[:, HIGH80])).sum())
    stood = float(truth[0])
    naive = float(np.abs(real - stood).mean()) if np.isfinite(stood) else None
    return Score(held, int(seen.sum()), float(np.abs(told[:, MEDIAN] - real).mean()), naive)


@dataclass(frozen=True, slots=True)
class Traces:
    """What is known of the time asked for: the oldest stored forecast, the oldest that was judged, whether one of
    exactly that time was judged, and whether its cycle was passed over."""

    first: int
    judged_first: int | None
    judged: bool
    skipped: bool


def instead(asked: int, origin: int, left: Traces) -> Instead:
    """Why `origin` is shown for `asked`. A judgement stays longer than its forecast, so it tells that there was one."""
    if origin == asked:
        return Instead.AS_ASKED
    if asked < left.first:
        older = left.judged_first is not None and left.judged_first < left.first
        return Instead.DROPPED if older else Instead.FIRST
    if left.skipped:
        return Instead.SKIPPED
    return Instead.THINNED if left.judged else Instead.MISSED
