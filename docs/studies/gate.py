"""How far trainings lie apart that differ by nothing but their seed, and what the gate makes of it.

Twins are trained by one recipe on the same telemetry up to the cut, then judged on the windows after it, as a run of
the product is. Every ordered pair of twins is a candidate that is no better; with losses 3 % lower, one that is.
"""

import argparse
import json
from itertools import permutations
from math import erfc, sqrt
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.dataset.windows import Span, simulated_span
from ml.evaluation.figures import Blocks
from ml.schema import TICKS_PER_DAY
from webapp.core.policies.gate import SEED_SD, WORSE, needed

Doubles = NDArray[np.float64]
SERVERS, DAYS, HELD_OUT_DAYS, SEED, INJECTED = 20, 10, 2, 4_242, 0.2
CUT: Final = (DAYS - HELD_OUT_DAYS) * TICKS_PER_DAY
STEPS: Final = 100
MODES: Final = ("fine_tune", "scratch")
BETTER: Final = 0.03
KEPT: Final = Path(__file__).with_name("gate-losses.npz")
"""Each mode's pinball losses [twins, windows, metrics], means over the leads as float16, and each window's block."""


def fleet() -> Span:
    """The telemetry of all twins."""
    return simulated_span(SERVERS, DAYS, SEED, INJECTED)


def train(folder: Path, mode: str, seeds: int) -> None:
    """Train the twins of a mode that are not there yet."""
    from ml.cli import CHAMPION, say
    from ml.evaluation.contenders import head
    from ml.tft.leash import listener
    from ml.tft.train import Plan, train_tft

    before = head(fleet(), CUT)
    for seed in range(1, seeds + 1):
        out = folder / f"{mode}-{seed}"
        if not out.exists():
            say(f"{mode}, seed {seed} of {seeds}")
            plan = Plan(CHAMPION, 0, seed, 1.0, STEPS, (before,), mode == "scratch")
            train_tft(plan, out, {}, listener(say, leashed=False), lambda _: {})


def judge(folder: Path) -> None:
    """Score all twins that are there on the held-out windows, and keep their losses."""
    from ml.cli import CHAMPION
    from ml.evaluation.contenders import served
    from ml.evaluation.judging import unit
    from ml.evaluation.report import labels
    from ml.evaluation.scoring import mean, score_span
    from ml.runtime import load

    found = {}
    for mode in MODES:
        twins = sorted(folder.glob(f"{mode}-*"), key=lambda path: int(path.name.rpartition("-")[2]))
        models = {"champion": load(CHAMPION), **{path.name: load(path) for path in twins}}
        scores = score_span(fleet(), served(models), CUT, unit=unit(fleet()))
        losses = [mean(scores.scores[name].pinball, axis=2) for name in models]
        found |= {mode: np.stack(losses[1:]), "champion": losses[0], "block": labels([scores])}
    kept = {name: one if name == "block" else one.astype(np.float16) for name, one in found.items()}
    np.savez_compressed(KEPT, allow_pickle=False, **kept)


def seed_sd(losses: Doubles) -> float:
    """How far the twins' mean losses lie apart: one standard deviation, as a share of their mean."""
    means = losses.mean(axis=(1, 2))
    return float(means.std(ddof=1) / means.mean())


def shares(losses: Doubles, block: NDArray[np.int64], noise: float) -> dict[str, float]:
    """How often the check "better" passes among all ordered pairs of twins [twins, windows, metrics].

    `no_better`: as they are. `better`: with the candidate's losses 3 % lower. `by_windows_alone`: as they are, if only
    chance in the windows were counted.
    """
    blocks = Blocks(block)
    means, draws = losses.mean(axis=(1, 2)), [blocks.means(one[:, :, None]) for one in losses]
    passed: dict[str, list[bool]] = {"no_better": [], "better": [], "by_windows_alone": []}
    errors = []
    for mine, theirs in permutations(range(len(losses)), 2):
        relative, ratio = means[mine] / means[theirs] - 1, draws[mine] / draws[theirs]
        low, high = np.quantile(ratio, (0.025, 0.975))
        error = (high - low) / (2 * 1.96)
        errors.append(error)
        passed["no_better"].append(-relative > needed(error, noise))
        passed["by_windows_alone"].append(-relative > needed(error, 0.0))
        lower = (1 - BETTER) * (1 + relative) - 1
        passed["better"].append(-lower > needed((1 - BETTER) * error, noise))
    return {**{name: float(np.mean(some)) for name, some in passed.items()}, "error": float(np.mean(errors))}


def alarms(losses: Doubles, block: NDArray[np.int64]) -> float:
    """The share of ordered pairs in which the gate would name a metric as worse: by more than 2 % beyond chance."""
    blocks, count = Blocks(block), losses.shape[2]
    means = losses.mean(axis=1)
    draws = [[blocks.means(one[:, [metric], None]) for metric in range(count)] for one in losses]
    named = []
    for mine, theirs in permutations(range(len(losses)), 2):
        chances = []
        for metric in range(count):
            low, high = np.quantile(draws[mine][metric] / draws[theirs][metric], (0.025, 0.975))
            over = means[mine, metric] / means[theirs, metric] - 1 - WORSE
            chances.append(0.5 * erfc(over / ((high - low) / (2 * 1.96)) / sqrt(2)))
        named.append(min(chances) < 0.05 / count)
    return float(np.mean(named))


def measured() -> dict[str, object]:
    """The study's figures, from the losses that are kept."""
    found: dict[str, object] = {}
    with np.load(KEPT) as kept:
        block, champion = kept["block"], kept["champion"].astype(np.float64)
        for mode in MODES:
            losses = kept[mode].astype(np.float64)
            if len(losses) < 4:
                continue
            noise, half = seed_sd(losses), len(losses) // 2
            found[mode] = {
                "twins": len(losses), "seed_sd": noise, **shares(losses, block, noise),
                "as_the_gate_counts": shares(losses, block, SEED_SD[mode]), "metric_named_worse": alarms(losses, block),
                "beside_the_champion": losses.mean() / champion.mean() - 1,
                "first_half_sd": seed_sd(losses[:half]),
                "second_half_at_first_halfs_sd": shares(losses[half:], block, seed_sd(losses[:half])),
            }  # fmt: skip
    return found


def main() -> None:
    """One step of the study; `shares` prints its figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["train", "judge", "shares"])
    parser.add_argument("--out", type=Path, default=Path("twins"), help="folder of the twins")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--modes", nargs="+", default=MODES, choices=MODES)
    options = parser.parse_args()
    if options.step == "train":
        for mode in options.modes:
            train(options.out, mode, options.seeds)
    elif options.step == "judge":
        judge(options.out)
    else:
        print(json.dumps(measured(), indent=1))


if __name__ == "__main__":
    main()
