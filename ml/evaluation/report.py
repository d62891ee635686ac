"""From scores to the report: per model by lead, metric, profile and state, each figure with its count.

Skill = 1 - pinball(model) / pinball(seasonal naive). The best naive is chosen per machine and metric on rows
before the first scored origin, as a forecaster would have to.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from ml.baselines.guesses import Naive
from ml.baselines.naive import BEST
from ml.evaluation.breaches import breach_report
from ml.evaluation.figures import Blocks, intervals, rounded, skill, skills
from ml.evaluation.scoring import STATES, Doubles, Scores, SpanScores, mean, stack
from ml.schema import LEAD_BUCKETS, METRIC_NAMES, TICKS_PER_HOUR

BUCKET_NAMES: Final = tuple(f"{a // TICKS_PER_HOUR}-{b // TICKS_PER_HOUR}h" for a, b in LEAD_BUCKETS)
Figures = dict[str, float | int | None]


def summarise(results: Sequence[SpanScores], names: Sequence[str]) -> dict[str, object]:
    """The report on all spans for the models in `names`, in that order."""
    blocks = Blocks(labels(results))
    return {
        "windows": sum(len(one.asset) for one in results),
        "assets": sum(_assets(one) for one in results),
        "windows_sha256": [one.digest for one in results],
        "models": {name: model_report(results, name, blocks) for name in names},
    }


def model_report(results: Sequence[SpanScores], name: str, blocks: Blocks) -> dict[str, object]:
    """Everything about one model; `breach` only for artefacts, `by_state` as far as states are known."""
    mine, naive, best = (_stack(results, one) for one in (name, Naive.SEASONAL.value, BEST))
    own, other = (_per_asset(results, one) for one in (name, Naive.SEASONAL.value))
    told = [one.breaches[name] for one in results if name in one.breaches]
    return {
        **_figures(mine, naive),
        "mase": rounded(mean(_per_asset(results, name, "absolute") / _naive_errors(results))),
        "skill_vs_best_naive": rounded(skill(mean(mine.pinball), mean(best.pinball))),
        "skill_median_asset": rounded(_median(skills(mean(own, axis=1), mean(other, axis=1)))),
        "forecast_share": rounded(float(np.mean([one.forecast_share[name] for one in results]))),
        **intervals(mine.pinball, {BEST: best.pinball}, blocks),
        "by_lead": {
            bucket: _figures(mine.at(bucket=place), naive.at(bucket=place)) for place, bucket in enumerate(BUCKET_NAMES)
        },
        "by_metric": {
            metric: _figures(mine.at(metric=place), naive.at(metric=place)) for place, metric in enumerate(METRIC_NAMES)
            if np.isfinite(mine.pinball[:, place]).any()
        },
        "by_profile": _by_profile(results, mine, naive),
        "by_state": _by_state(results, mine, naive),
        **({"breach": breach_report(told)} if told else {}),
    }  # fmt: skip


def _by_profile(results: Sequence[SpanScores], mine: Scores, naive: Scores) -> dict[str, Figures]:
    profile = np.concatenate([one.profile for one in results])
    return {
        str(name): _figures(mine.of(profile == name), naive.of(profile == name)) for name in np.unique(profile)
    }  # fmt: skip


def _by_state(results: Sequence[SpanScores], mine: Scores, naive: Scores) -> dict[str, Figures]:
    found = {}
    for name in STATES:
        if all(name in one.situations for one in results):
            windows = np.concatenate([one.situations[name] for one in results])
            found[name] = _figures(mine.of(windows), naive.of(windows))
    return found


def _figures(mine: Scores, naive: Scores) -> Figures:
    known = np.isfinite(mine.pinball)
    return {
        "pinball": rounded(mean(mine.pinball)),
        "skill": rounded(skill(mean(mine.pinball), mean(naive.pinball))),
        "coverage80": rounded(mean(mine.inside)),
        "mae": rounded(mean(mine.absolute)),
        "windows": int(known.any(axis=(1, 2)).sum()),
    }


def _stack(results: Sequence[SpanScores], name: str) -> Scores:
    return stack([one.scores[name] for one in results])


def _assets(one: SpanScores) -> int:
    return int(one.asset.max()) + 1


def labels(results: Sequence[SpanScores]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """A number for each machine and day, [windows]."""
    days = max(int(one.day.max()) for one in results) + 1
    machines = np.cumsum([0, *(_assets(one) for one in results)])
    parts = [(machines[place] + one.asset) * days + one.day for place, one in enumerate(results)]
    return np.concatenate(parts)


def _per_asset(results: Sequence[SpanScores], name: str, field: str = "pinball") -> Doubles:
    """Mean loss of every asset and metric over windows and leads, [all assets, M]."""
    found = []
    for one in results:
        losses: Doubles = getattr(one.scores[name], field)
        found += [mean(losses[one.asset == asset], axis=(0, 2)) for asset in range(_assets(one))]
    return np.stack(found)


def _naive_errors(results: Sequence[SpanScores]) -> Doubles:
    return np.asarray(np.maximum(np.concatenate([one.naive_error for one in results]), 1e-6))


def _median(values: Doubles) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def by_first(models: Mapping[str, object], names: Sequence[str], field: str) -> object:
    """One field of the first model that has it: what the report shows at its top."""
    for name in names:
        found = models[name]
        if isinstance(found, dict) and found.get(field):
            return found[field]
    return None
