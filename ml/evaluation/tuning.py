"""The champion trained on the machines that it is scored on, as it would be after some days with them.

Guards the split in time: it is given a span up to the first scored origin, and nothing after it.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from ml.artifacts import read_manifest
from ml.dataset.windows import Span
from ml.evaluation.contenders import Contender, Served
from ml.schema import TICKS_PER_DAY
from ml.tft.train import Listener, Plan, fit


def fine_tuned(start: Path, days: int, minutes: float, seed: int, progress: Callable[[str], None]) -> Contender:
    """A contender: the artefact at `start`, trained for `minutes` on the last `days` before the first scored origin.

    ValueError when the span before it is shorter than that.
    """

    def make(before: Span) -> Served:
        plan = Plan(start, 0, seed, minutes, data=(last(before, days),))
        return Served(fit(plan, Listener.of(progress)).forecaster(read_manifest(start)[0]))

    return make


def last(before: Span, days: int) -> Span:
    """The last days of a span."""
    rows = days * TICKS_PER_DAY
    skipped = len(before.values) - rows
    if skipped < 0:
        told = len(before.values) / TICKS_PER_DAY
        raise ValueError(f"--fine-tune-days {days}: only {told:.1f} days lie before the first scored origin")
    values = np.ascontiguousarray(before.values[skipped:])
    states = None if before.states is None else before.states[skipped:]
    return replace(
        before, first=before.first + skipped, values=values, maintenance=before.maintenance[skipped:], states=states
    )
