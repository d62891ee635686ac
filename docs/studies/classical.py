"""The champion beside the classical forecasters, on the same windows: AutoETS, MSTL with ETS, and two Thetas.

statsforecast is in no lock of this project: `classical.md` says how this runs in an environment of its own. Every
classical model is fitted anew at each origin on all rows up to it, which is more than the champion is given, and its
own prediction intervals are scored.
"""

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import NormalDist
from time import perf_counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.cli import CHAMPION
from ml.contracts import Floats
from ml.dataset.telemetry import read_telemetry
from ml.dataset.windows import Cut, Span, simulated_span
from ml.evaluation import scoring
from ml.evaluation.contenders import fixed, served
from ml.evaluation.figures import Blocks, intervals
from ml.evaluation.report import summarise
from ml.evaluation.run import TEST_SEED
from ml.runtime import load
from ml.runtime.scaling import SHARE, backward, forward, is_observed, usual
from ml.schema import HORIZON, METRICS, QUANTILES, TICKS_PER_DAY, TICKS_PER_HOUR

Doubles = NDArray[np.float64]
Series = Callable[[Doubles], Doubles]
"""From the past of one series to quantiles [H, Q], on the scale that is modelled."""
NAIVE: Final = ("best_naive", "seasonal_naive", "persistence")
_LEVELS: Final = (50, 80, 90)
_COLUMNS: Final = ("lo-90", "lo-80", "lo-50", "mean", "hi-50", "hi-80", "hi-90")
_NORMAL: Final = np.array([NormalDist().inv_cdf(level) for level in QUANTILES])
_HOURS: Final = HORIZON // TICKS_PER_HOUR + 1


def _quantiles(told: dict[str, Doubles]) -> Doubles:
    return np.stack([np.asarray(told[name], np.float64) for name in _COLUMNS], axis=1)


def by_tick(make: Callable[[], object], days: int, past: Doubles) -> Doubles:
    """A model of 5-minute values whose season is a day."""
    model = make()
    return _quantiles(model.forecast(y=past[-days * TICKS_PER_DAY :], h=HORIZON, level=list(_LEVELS)))  # type: ignore[attr-defined]


def by_hour(make: Callable[[], object], days: int, past: Doubles) -> Doubles:
    """A model of hourly means whose season is a day, linear between hours; the spread within hours is added."""
    hours = past[-days * TICKS_PER_DAY :].reshape(-1, TICKS_PER_HOUR)
    means = hours.mean(axis=1)
    fan = _quantiles(make().forecast(y=means, h=_HOURS, level=list(_LEVELS)))  # type: ignore[attr-defined]
    fan = np.concatenate([np.full((1, len(QUANTILES)), means[-1]), fan])
    centres = TICKS_PER_HOUR * np.arange(_HOURS + 1) - (TICKS_PER_HOUR - 1) / 2
    leads = np.arange(1, HORIZON + 1)
    drawn = np.stack([np.interp(leads, centres, column) for column in fan.T], axis=1)
    middle = drawn[:, len(QUANTILES) // 2, None]
    within = np.sqrt(np.square(hours - means[:, None]).mean() * TICKS_PER_HOUR / (TICKS_PER_HOUR - 1))
    return middle + np.sign(_NORMAL) * np.hypot(drawn - middle, _NORMAL * within)


def models() -> dict[str, Series]:
    """The classical models by name, each on as many days as an expert would give it."""
    from statsforecast.models import MSTL, AutoETS, AutoTheta, DynamicOptimizedTheta

    def mstl() -> object:
        return MSTL(season_length=TICKS_PER_DAY, trend_forecaster=AutoETS(model="ZZN"))

    return {
        "AutoETS, hourly": partial(by_hour, partial(AutoETS, season_length=24), 14),
        "AutoTheta, hourly": partial(by_hour, partial(AutoTheta, season_length=24), 14),
        "MSTL + AutoETS": partial(by_tick, mstl, 7),
        "DynamicOptimizedTheta": partial(by_tick, partial(DynamicOptimizedTheta, season_length=TICKS_PER_DAY), 7),
    }


def one_series(name: str, past: Doubles) -> tuple[Doubles, float]:
    """Quantiles [H, Q] of one series and the seconds that they took; NaN for a series without a value."""
    warnings.simplefilter("ignore")
    known = np.isfinite(past)
    if not known.any():
        return np.full((HORIZON, len(QUANTILES)), np.nan), 0.0
    whole = np.interp(np.arange(len(past)), np.flatnonzero(known), past[known])
    start = perf_counter()
    if np.ptp(whole) < 1e-6:
        return np.full((HORIZON, len(QUANTILES)), whole[-1]), perf_counter() - start
    return np.sort(models()[name](whole), axis=1), perf_counter() - start


class Classical:
    """One classical model as the harness asks for it. It reads `span` up to each origin and never beyond."""

    def __init__(self, name: str, span: Span, pool: Executor) -> None:
        self.name, self.seconds = name, [0.0]
        self._span, self._pool = span, pool

    def quantiles(self, piece: Cut) -> Floats:
        """Quantiles [N, M, H, Q] in units."""
        past = self._span.values[max(0, piece.origin + 1 - 14 * TICKS_PER_DAY) : piece.origin + 1].transpose(1, 0, 2)
        reference = usual(past, 1)
        scaled = forward(past, reference[:, None, :]).astype(np.float64)
        series = [scaled[server, :, metric] for server in range(len(past)) for metric in range(len(METRICS))]
        found = list(self._pool.map(partial(one_series, self.name), series, chunksize=4))
        self.seconds += [seconds for _, seconds in found if seconds > 0.0]
        fan = np.stack([one for one, _ in found]).astype(np.float32).reshape(len(past), len(METRICS), HORIZON, -1)
        seen = np.where(is_observed(past), past, 0.0).max(axis=1)
        top = np.where(SHARE, np.maximum(seen, 100.0), [metric.high for metric in METRICS]).astype(np.float32)
        for metric in range(len(METRICS)):
            backward(fan[:, metric], metric, reference[:, metric, None, None], top[:, metric, None, None])
        return fan


def some(span: Span, count: int) -> Span:
    """The first servers of a span."""
    states = None if span.states is None else span.states[:, :count]
    return replace(
        span, assets=span.assets[:count], profiles=span.profiles[:count], values=span.values[:, :count],
        maintenance=span.maintenance[:, :count], states=states,
    )  # fmt: skip


def compare(span: Span, fitted: int, names: Sequence[str], pool: Executor) -> dict[str, object]:
    """Every model's figures on one span: a row a model, and how far the champion is ahead of it."""
    classical = [Classical(name, span, pool) for name in names]
    contenders = {**served({"champion": load(CHAMPION)}), **{one.name: fixed(one) for one in classical}}
    result = scoring.score_span(span, contenders, fitted)
    report = summarise([result], ["champion", *names, *NAIVE])
    rivals = {name: result.scores[name].pinball for name in (*names, *NAIVE)}
    ahead = intervals(
        result.scores["champion"].pinball, rivals, Blocks(result.asset * (result.day.max() + 1) + result.day)
    )
    rows = {name: _row(report["models"][name], ahead.get(f"ci95_skill_vs_{name}")) for name in ("champion", *rivals)}
    for one in classical:
        rows[one.name]["seconds"] = round(float(np.mean(one.seconds[1:])), 3)
    return {"windows": report["windows"], "origins": report["windows"] // len(span.assets), "models": rows}


def _row(found: dict[str, object], ahead: list[float | None] | None) -> dict[str, object]:
    kept = ("pinball", "skill", "skill_vs_best_naive", "coverage80", "mae", "forecast_share")
    leads = {bucket: figures["pinball"] for bucket, figures in found["by_lead"].items()}
    return {**{name: found[name] for name in kept}, "by_lead": leads, "ci95_champion_ahead": ahead}


def main() -> None:
    """Both comparisons; one JSON object on stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", type=int, default=10, help="of one simulated test fleet, and of the file")
    parser.add_argument("--data", type=Path, help="telemetry parquet, as `python -m ml import-bitbrains` writes it")
    parser.add_argument("--origins", type=int, default=11, help="at most, a span")
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    scoring._MOST_ORIGINS = options.origins  # every origin of a span would take hours
    names = list(models())
    found: dict[str, object] = {
        name: version(name) for name in ("statsforecast", "coreforecast", "numpy", "scipy", "statsmodels")
    }
    with ProcessPoolExecutor(options.processes) as pool:
        fleet = some(simulated_span(40, 28, TEST_SEED, 0.2), options.servers)
        found["simulated"] = compare(fleet, 21 * TICKS_PER_DAY, names, pool)
        print(json.dumps(found["simulated"]), file=sys.stderr, flush=True)
        if options.data:
            span = some(read_telemetry(options.data).span(), options.servers)
            found["recorded"] = compare(span, 15 * TICKS_PER_DAY, names, pool)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
