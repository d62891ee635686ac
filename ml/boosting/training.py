"""What the boosters are fitted on: the champion's kind of simulated fleets, or recorded machines that were set aside.

Guards that nothing of a test fleet or a test file is in it, and that machines that check are not fitted on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from ml.baselines.ridge import fitted_tables
from ml.boosting.model import Boosted, Progress, boosting_library, fit_boosted, sampled
from ml.dataset.telemetry import Telemetry
from ml.dataset.windows import Cut, Span, cut, origins, simulated_spans
from ml.runtime.features import PROFILES
from ml.schema import TICKS_PER_DAY, Profile

SERVERS: Final = 160
_HELD_OUT, _DAYS = 80, 21
_INJECTED, _INJECTED_HELD_OUT = 0.5, 0.2  # injections a server and week, as the champion's fleets have
_ROWS, _CHECKED = 300_000, 120_000
_EACH: Final = 5  # leads a window: one of every bucket
_STRANGERS: Final = 0.25  # share of windows whose profile is not told


def train_boosted(seed: int, progress: Progress, recorded: Sequence[Telemetry] = ()) -> Boosted:
    """Fit on simulated fleets, or on `recorded` telemetry where there is some; BoostingMissing without LightGBM.

    Of recorded machines every fifth one is held out. Same seed and data, same numbers.
    """
    boosting_library()
    progress(f"lightgbm: simulating {SERVERS} servers over {_DAYS} days")
    fleets = list(simulated_spans(SERVERS, _DAYS, 2 * seed + 10_001, _INJECTED))
    tables = fitted_tables(fleets)
    if recorded:
        spans = [one.span() for one in recorded]
        train, held_out = ([_some(span, check) for span in spans] for check in (False, True))
    else:
        train, held_out = fleets, list(simulated_spans(_HELD_OUT, _DAYS, 2 * seed + 10_002, _INJECTED_HELD_OUT))
    random = np.random.Generator(np.random.Philox([seed, 77]))
    fit = sampled(_pieces(train, _ROWS, random), tables, random)
    check = sampled(_pieces(held_out, _CHECKED, random), tables, random)
    progress(f"lightgbm: {fit.columns.shape[0]} rows of {fit.columns.shape[1]} columns, {len(check.target)} to check")
    return fit_boosted(fit, check, tables, seed, progress)


def _some(span: Span, held_out: bool) -> Span:
    """Every fifth machine of a span, or all the others; ValueError when there are fewer than five."""
    if len(span.assets) < 5:
        raise ValueError(f"{len(span.assets)} machines are too few to fit on and to hold some out: five are needed")
    places = [place for place in range(len(span.assets)) if (place % 5 == 4) == held_out]
    return replace(
        span, assets=tuple(span.assets[place] for place in places),
        profiles=tuple(span.profiles[place] for place in places),
        values=span.values[:, places], maintenance=span.maintenance[:, places],
        states=None if span.states is None else span.states[:, places],
    )  # fmt: skip


def _pieces(spans: Sequence[Span], rows: int, random: np.random.Generator) -> Iterator[Cut]:
    """Cuts at about as many origins as make `rows`, at odd distances so that every time of day is seen."""
    cells = sum(len(span.values) * int(np.isfinite(span.values).any(axis=0).sum()) for span in spans)
    every = max(7, cells * _EACH // rows) | 1
    for span in spans:
        for origin in origins(span, every, TICKS_PER_DAY + int(random.integers(every))):
            yield _told_less(cut(span, origin), random)


def _told_less(piece: Cut, random: np.random.Generator) -> Cut:
    hidden = random.random(len(piece.profiles)) < _STRANGERS
    return replace(piece, profiles=np.where(hidden, PROFILES.index(Profile.UNKNOWN), piece.profiles))
