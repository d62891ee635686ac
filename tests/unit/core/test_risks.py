"""From probabilities to a severity and the first threshold to be crossed."""

import numpy as np
import pytest

from ml.runtime import Crossing
from ml.schema import METRICS
from webapp.core.policies import risks
from webapp.core.views.severity import Severity

M = len(METRICS)


def _crossing(**metrics: tuple[float, float]) -> Crossing:
    p, step = np.zeros((1, M), np.float32), np.full((1, M), np.nan, np.float32)
    for name, (chance, when) in metrics.items():
        index = [one.name for one in METRICS].index(name)
        p[0, index], step[0, index] = chance, when
    return Crossing(np.repeat(p[..., None], 4, axis=2), p, step - 2, step, step + 2)


def _judge(crossing: Crossing, breach: dict[int, int] | None = None, maintenance: bool = False) -> risks.Verdict:
    runs = np.zeros((1, M), int)
    for metric, run in (breach or {}).items():
        runs[0, metric] = run
    metric = risks.first_metrics(crossing, runs, np.linspace(0.2, 0.8, M, dtype=np.float32)[None])[0]
    return risks.judge(0, int(metric), crossing, runs, 1000, maintenance)


@pytest.mark.parametrize(
    ("probability", "step", "expected"),
    [
        (0.9, 8, Severity.CRITICAL), (0.6, 12, Severity.CRITICAL), (0.9, 13, Severity.WARNING),
        (0.9, 48, Severity.WARNING), (0.9, 49, Severity.WATCH), (0.59, 8, Severity.WATCH),
        (0.3, 8, Severity.WATCH), (0.29, 8, Severity.HEALTHY),
    ],
)  # fmt: skip
def test_severity_follows_the_table(probability: float, step: float, expected: Severity) -> None:
    assert _judge(_crossing(cpu_pct=(probability, step))).severity is expected


def test_a_breach_is_critical_whatever_the_forecast_says() -> None:
    verdict = _judge(_crossing(), breach={3: 5})
    assert (verdict.severity, verdict.metric, verdict.breach_since) == (Severity.CRITICAL, 3, 996)


def test_one_observation_over_the_threshold_is_no_breach() -> None:
    assert _judge(_crossing(), breach={3: 1}).severity is Severity.HEALTHY


def test_the_soonest_announced_crossing_comes_first() -> None:
    verdict = _judge(_crossing(cpu_pct=(0.95, 40), memory_pct=(0.65, 10), disk_used_pct=(0.4, 3)))
    assert risks.metric_name(verdict.metric) == "memory_pct"


def test_maintenance_silences() -> None:
    assert _judge(_crossing(cpu_pct=(0.95, 4)), maintenance=True).severity is Severity.MAINTENANCE


def test_a_calm_server_names_the_metric_nearest_to_its_threshold() -> None:
    assert risks.metric_name(_judge(_crossing()).metric) == "error_pct"


def test_a_gap_ends_a_run_over_the_threshold() -> None:
    values = np.array([[[95], [95], [np.nan], [95]]], np.float32)
    assert risks.breach_lengths(values, np.array([[90]], np.float32)).tolist() == [[1]]


def test_a_run_through_the_whole_window_counts_in_full() -> None:
    values = np.full((1, 6, 1), 95, np.float32)
    assert risks.breach_lengths(values, np.array([[90]], np.float32)).tolist() == [[6]]
