"""From scores to the numbers that are shown: skill, coverage by lead, breach reliability, each with its count.

Skill = 1 - pinball(model) / pinball(seasonal naive); the best naive is chosen per asset and metric with
hindsight, which makes it a harder rival than any forecaster that had to choose beforehand.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from ml.baselines.naive import Naive
from ml.contracts import Floats
from ml.dataset.telemetry import Telemetry
from ml.dataset.windows import simulated_span
from ml.evaluation.scoring import CHAMPION, Breaches, Doubles, Scores, SpanScores, mean, score_span
from ml.runtime import Forecaster
from ml.runtime.crossing import HOURS
from ml.schema import CONTEXT, HORIZON, LEAD_BUCKETS, METRIC_NAMES, TICKS_PER_DAY, TICKS_PER_HOUR

Progress = Callable[[str], None]
Figures = dict[str, float | int | None]
TEST_SEED: Final = 900_000
"""Test fleets have seeds from here on; no training run comes near them."""
BUCKET_NAMES: Final = tuple(f"{a // TICKS_PER_HOUR}-{b // TICKS_PER_HOUR}h" for a, b in LEAD_BUCKETS)
_DAYS, _FITTED_DAYS, _SERVERS, _INJECTED = 14, 7, 40, 0.2
_BINS: Final = np.array([0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0 + 1e-9])
_FEWEST: Final = 50  # forecasts in a reliability bin


def evaluate_simulated(
    models: Mapping[str, Forecaster], names: Sequence[str], seeds: int, progress: Progress
) -> dict[str, object]:
    """Scores on `seeds` simulated fleets of 40 servers: a week for the naive models to learn from, a week scored."""
    results = []
    for number in range(seeds):
        progress(f"test fleet {number + 1} of {seeds}")
        span = simulated_span(_SERVERS, _DAYS, TEST_SEED + number, _INJECTED)
        results.append(score_span(span, models, names, _FITTED_DAYS * TICKS_PER_DAY))
    report = summarise(results, names)
    if CHAMPION in names:
        report["by_state"] = {name: _figures(results, CHAMPION, name) for name in results[0].situations}
        report["breach"] = _breach_report([one.breaches for one in results if one.breaches is not None])
    return report


def evidence(forecaster: Forecaster, progress: Progress) -> dict[str, object]:
    """What a manifest says of its model: scores on two simulated test fleets, with the counts they rest on."""
    report = evaluate_simulated({CHAMPION: forecaster}, [CHAMPION], 2, progress)
    scores = cast("dict[str, dict[str, object]]", report["models"])[CHAMPION]
    kept = ("pinball", "skill", "coverage80", "mae", "skill_vs_best_naive", "ci95_pinball", "by_lead", "by_metric")
    return {
        "on": "simulated servers",
        "first_seed": TEST_SEED,
        "windows": report["windows"],
        "assets": report["assets"],
        **{name: scores[name] for name in kept},
        "breach": report["breach"],
    }


def evaluate_telemetry(
    telemetry: Telemetry, models: Mapping[str, Forecaster], names: Sequence[str], progress: Progress
) -> dict[str, object]:
    """Scores on recorded telemetry; the first third, at most a week, is what the naive models learn from."""
    ticks = len(telemetry.values)
    fitted = min(7 * TICKS_PER_DAY, max(CONTEXT + HORIZON + 1, ticks // 3))
    progress(f"{len(telemetry.assets)} assets, {ticks} ticks")
    report = summarise([score_span(telemetry.span(), models, names, fitted)], names)
    report["notes"] = list(telemetry.notes)
    return report


def summarise(results: Sequence[SpanScores], names: Sequence[str]) -> dict[str, object]:
    """The report on all spans: figures per model, by lead bucket and by metric, with a bootstrap interval."""
    return {
        "windows": sum(len(one.asset) for one in results),
        "assets": sum(int(one.asset.max()) + 1 for one in results),
        "models": {name: _model_report(results, name) for name in names},
    }


def _model_report(results: Sequence[SpanScores], name: str) -> dict[str, object]:
    mine, rival = _stack(results, name), _stack(results, Naive.SEASONAL)
    own, other = _per_asset(results, name), _per_asset(results, Naive.SEASONAL)
    return {
        **_figures(results, name),
        "mase": _round(mean(_per_asset(results, name, "absolute") / _naive_errors(results))),
        "skill_vs_best_naive": _round(1.0 - mean(own) / _best_naive(results, own)),
        "skill_median_asset": _round(_median(1.0 - mean(own, axis=1) / mean(other, axis=1))),
        "by_lead": {
            bucket: _part(mine.at(bucket=place), rival.at(bucket=place)) for place, bucket in enumerate(BUCKET_NAMES)
        },
        "by_metric": {
            metric: _part(mine.at(metric=place), rival.at(metric=place)) for place, metric in enumerate(METRIC_NAMES)
            if np.isfinite(mine.pinball[:, place]).any()
        },
        "ci95_pinball": _bootstrap(mean(own, axis=1)),
    }  # fmt: skip


def _figures(results: Sequence[SpanScores], name: str, situation: str | None = None) -> Figures:
    mine, rival = _stack(results, name, situation), _stack(results, Naive.SEASONAL, situation)
    return {**_part(mine, rival), "mae": _round(mean(mine.absolute)), "windows": len(mine.pinball)}


def _part(mine: Scores, rival: Scores) -> Figures:
    paired = np.isfinite(mine.pinball) & np.isfinite(rival.pinball)
    loss, other = mean(mine.pinball[paired]), mean(rival.pinball[paired])
    return {
        "pinball": _round(mean(mine.pinball)),
        "skill": _round(1.0 - loss / other if other > 0 else np.nan),
        "coverage80": _round(mean(mine.inside)),
    }


def _stack(results: Sequence[SpanScores], name: str, situation: str | None = None) -> Scores:
    parts = [
        one.scores[name] if situation is None else one.scores[name].of(one.situations[situation]) for one in results
    ]
    return Scores(
        np.concatenate([one.pinball for one in parts]),
        np.concatenate([one.absolute for one in parts]),
        np.concatenate([one.inside for one in parts]),
    )


def _per_asset(results: Sequence[SpanScores], name: str, field: str = "pinball") -> Doubles:
    """Mean loss of every asset and metric over windows and leads, [all assets, M]."""
    found = []
    for one in results:
        losses: Doubles = getattr(one.scores[name], field)
        found += [mean(losses[one.asset == asset], axis=(0, 2)) for asset in range(int(one.asset.max()) + 1)]
    return np.stack(found)


def _naive_errors(results: Sequence[SpanScores]) -> Doubles:
    return np.asarray(np.maximum(np.concatenate([one.naive_error for one in results]), 1e-6))


def _best_naive(results: Sequence[SpanScores], own: Doubles) -> Doubles:
    """Mean pinball of the best naive per asset and metric, over the series that `own` has a loss for."""
    each = np.stack([_per_asset(results, kind.value) for kind in Naive])
    best = np.where(np.isfinite(each), each, np.inf).min(axis=0)
    return mean(np.where(np.isfinite(own) & np.isfinite(best), best, np.nan))


def _bootstrap(values: Doubles, draws: int = 400) -> list[float | None]:
    """95 % interval of the mean over assets, resampled with a fixed seed."""
    random = np.random.Generator(np.random.Philox(11))
    means = mean(values[random.integers(len(values), size=(draws, len(values)))], axis=1)
    return [_round(np.quantile(means, 0.025)), _round(np.quantile(means, 0.975))]


def _breach_report(parts: Sequence[Breaches]) -> dict[str, object]:
    chance = np.concatenate([one.chance for one in parts])
    truth = np.concatenate([one.truth for one in parts])
    return {f"h{hours}": breach_figures(chance[:, place], truth[:, place]) for place, hours in enumerate(HOURS)}


def breach_figures(chance: Floats, truth: NDArray[np.bool_]) -> Figures:
    """Brier score against the base rate's, and the largest gap between told and true share in a bin of chances."""
    rate = float(truth.mean())
    brier, reference = float(np.square(chance - truth).mean()), rate * (1.0 - rate)
    place = np.digitize(chance, _BINS)
    full = [one for one in np.unique(place) if (place == one).sum() >= _FEWEST]
    gaps = [abs(float(chance[place == one].mean() - truth[place == one].mean())) for one in full]
    return {
        "series": len(truth),
        "breaches": int(truth.sum()),
        "brier": _round(brier),
        "base_rate_brier": _round(reference),
        "brier_skill": _round(1.0 - brier / reference) if reference else None,
        "reliability_max_gap": _round(max(gaps, default=0.0)),
    }


def _median(values: Doubles) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _round(value: float | np.floating | Doubles) -> float | None:
    return round(float(value), 5) if np.isfinite(value) else None
