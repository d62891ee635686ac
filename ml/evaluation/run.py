"""The evaluations themselves: on simulated fleets that nobody was trained on, and on recorded telemetry.

Guards the split in time: what a rival learns of a machine comes from rows before the first scored origin.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

from ml.dataset.telemetry import Telemetry
from ml.dataset.windows import simulated_span
from ml.evaluation.contenders import Contender, fixed, served
from ml.evaluation.examples import examples
from ml.evaluation.floor import ORACLE, Floor
from ml.evaluation.report import by_first, summarise
from ml.evaluation.scoring import score_span, scored_rows
from ml.runtime import Forecaster
from ml.schema import CONTEXT, HORIZON, TICKS_PER_DAY

Progress = Callable[[str], None]
TEST_SEED: Final = 900_000
"""Test fleets have seeds from here on; no training run comes near them."""
_DAYS, _FITTED_DAYS, _SERVERS, _INJECTED = 28, 21, 40, 0.2
_CHAMPION: Final = "champion"


def evaluate_simulated(
    contenders: Mapping[str, Contender], names: Sequence[str], seeds: int, progress: Progress, floor: bool = True
) -> dict[str, object]:
    """Scores on `seeds` simulated fleets of 40 servers: three weeks for rivals to learn from, a week scored.

    `by_state` and `breach` at the top are those of the first model in `names` that has them; `oracle` is the floor,
    left out unless `floor`.
    """
    results = []
    for number in range(seeds):
        progress(f"test fleet {number + 1} of {seeds}")
        fleet = (_SERVERS, _DAYS, TEST_SEED + number, _INJECTED)
        known = {ORACLE: fixed(Floor(*fleet))} if floor else {}
        results.append(score_span(simulated_span(*fleet), {**contenders, **known}, _FITTED_DAYS * TICKS_PER_DAY))
    report = summarise(results, [*names, ORACLE] if floor else names)
    models = cast("dict[str, object]", report["models"])
    oracle = models.pop(ORACLE, None)
    return {**report, "oracle": oracle, **{field: by_first(models, names, field) for field in ("by_state", "breach")}}


def shown(forecaster: Forecaster) -> list[dict[str, object]]:
    """Examples of a model's forecasts on the first test fleet."""
    span = simulated_span(_SERVERS, _DAYS, TEST_SEED, _INJECTED)
    return examples(forecaster, span, scored_rows(span, _FITTED_DAYS * TICKS_PER_DAY))


def evaluate_telemetry(
    telemetry: Telemetry, contenders: Mapping[str, Contender], names: Sequence[str], progress: Progress
) -> dict[str, object]:
    """Scores on recorded telemetry; the first half, at most three weeks, is what rivals learn of its machines."""
    ticks = len(telemetry.values)
    fitted = min(_FITTED_DAYS * TICKS_PER_DAY, max(CONTEXT + HORIZON + 1, ticks // 2))
    progress(f"{len(telemetry.assets)} assets, {ticks} ticks")
    report = summarise([score_span(telemetry.span(), contenders, fitted)], names)
    return {**report, "notes": list(telemetry.notes)}


def evidence(forecaster: Forecaster, progress: Progress) -> dict[str, object]:
    """What a manifest says of its model: scores on two simulated test fleets, with the counts they rest on."""
    report = evaluate_simulated(served({_CHAMPION: forecaster}), [_CHAMPION], 2, progress, floor=False)
    scores = cast("dict[str, dict[str, object]]", report["models"])[_CHAMPION]
    kept = ("pinball", "skill", "coverage80", "mae", "skill_vs_best_naive", "ci95_pinball", "by_lead", "by_metric",
            "by_state", "breach")  # fmt: skip
    return {
        "on": "simulated servers",
        "first_seed": TEST_SEED,
        "windows": report["windows"],
        "assets": report["assets"],
        **{name: scores[name] for name in kept},
    }
