"""How every bench and drill speaks: progress on stderr, one JSON object as the last line of stdout.

Guards: the object always names the machine, the commit and the seed, so that no number travels without them.
"""

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from webapp.core.services import about, machine


def options(description: str) -> argparse.ArgumentParser:
    """A command line with what all of them take."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data-dir", type=Path, help="folder of all data (default: a temporary one)")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line of stdout")
    return parser


def say(text: str) -> None:
    """Progress, for the person who waits."""
    print(text, file=sys.stderr, flush=True)


def answer(result: Mapping[str, object], seed: int, as_json: bool) -> None:
    """The result, with where it was measured."""
    whole = {**result, "machine": machine.describe(), "commit": about.commit(), "seed": seed}
    if as_json:
        print(json.dumps(whole), flush=True)
        return
    for name, value in whole.items():
        print(f"{name}: {json.dumps(value)}", flush=True)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least `share` of all do not exceed; None of nothing."""
    if not values:
        return None
    return round(sorted(values)[max(0, math.ceil(share * len(values)) - 1)], 1)


def middle(values: Sequence[float]) -> float | None:
    """The median; None of nothing."""
    return round(median(values), 1) if values else None
