"""How far trainings lie apart that differ by nothing but their seed, and what the gate makes of it.

Twins are trained by one recipe on the same telemetry up to the cut, then judged on the windows after it, as a run of
the product is.
"""

import argparse
from pathlib import Path
from typing import Final

from ml.cli import CHAMPION, say
from ml.dataset.windows import Span, simulated_span
from ml.evaluation.contenders import head
from ml.schema import TICKS_PER_DAY
from ml.tft.leash import listener
from ml.tft.train import Plan, train_tft

SERVERS, DAYS, HELD_OUT_DAYS, SEED, INJECTED = 20, 10, 2, 4_242, 0.2
CUT: Final = (DAYS - HELD_OUT_DAYS) * TICKS_PER_DAY
STEPS: Final = 200
MODES: Final = ("fine_tune", "scratch")


def fleet() -> Span:
    """The telemetry of all twins."""
    return simulated_span(SERVERS, DAYS, SEED, INJECTED)


def train(folder: Path, mode: str, seeds: int) -> None:
    """Train the twins of a mode that are not there yet."""
    before = head(fleet(), CUT)
    for seed in range(1, seeds + 1):
        out = folder / f"{mode}-{seed}"
        if not out.exists():
            say(f"{mode}, seed {seed} of {seeds}")
            plan = Plan(CHAMPION, 0, seed, 1.0, STEPS, (before,), mode == "scratch")
            train_tft(plan, out, {}, listener(say, leashed=False), lambda _: {})


def main() -> None:
    """One step of the study."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["train"])
    parser.add_argument("--out", type=Path, required=True, help="folder of the twins")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--modes", nargs="+", default=MODES, choices=MODES)
    options = parser.parse_args()
    for mode in options.modes:
        train(options.out, mode, options.seeds)


if __name__ == "__main__":
    main()
