"""How fast serving is: windows in, calibrated quantiles and breach chances out, with the shipped artefact.

Every figure is a percentile over repeated calls on simulated windows; the first call of each size is left out.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np

from ml.contracts import Window
from ml.dataset.telemetry import EPOCH
from ml.evaluation import rivals
from ml.generator import Generator, demo_fleet
from ml.runtime import Forecaster, crossing, load
from ml.runtime.features import PROFILES, STATES
from ml.runtime.fusion import Fusion
from ml.runtime.inputs import LEADS
from ml.runtime.ridge import CENTRE_SIZE, FEATURES, SPREAD_SIZE
from ml.runtime.week import half_hours, week_before
from ml.schema import CONTEXT, HORIZON, METRICS, QUANTILES, TICK_SECONDS, TICKS_PER_WEEK
from ml.streams.fleet import fleet_profiles, in_maintenance, threshold_matrix

_REPEATS: Final = 12
_ORIGIN: Final = 2_500
_COLD: Final = "import sys; from ml.evaluation.speed import cold; cold(sys.argv[1])"


def bench(
    artefact: Path, servers: Sequence[int], progress: Callable[[str], None], compared: bool = True
) -> dict[str, object]:
    """The figures of `python -m ml bench`; ArtifactError when the artefact cannot be loaded.

    With `compared` the rivals are timed in the same run, which fits boosting first.
    """
    forecaster = load(artefact)
    boosting = rivals.boosted(progress) if compared else None
    peak = peak_gflops()
    rows = []
    for count in servers:
        progress(f"{count} servers")
        window = simulated_window(count)
        row = _row(forecaster, window, peak)
        if compared:
            row["reference_predict_p50_ms"] = rivals.reference_ms(forecaster, window)
            row["lightgbm_p50_ms"] = rivals.boosted_ms(boosting, window)
        rows.append(row)
    return {
        "model": f"{forecaster.manifest.model} {forecaster.manifest.version}",
        "artefact_sha256": forecaster.sha256,
        "runtime": f"numpy {np.__version__}",
        "cold_first_forecast_s": _cold_seconds(artefact),
        "peak_gflops": round(peak, 1),
        "rows": rows,
    }


def simulated_window(servers: int, origin: int = _ORIGIN, seed: int = 7) -> Window:
    """A full window of a simulated fleet at tick `origin`, with its week."""
    fleet = demo_fleet(servers, seed)
    first = origin - TICKS_PER_WEEK + 1
    ticks = Generator(fleet).ticks(first, TICKS_PER_WEEK)
    calendar = in_maintenance(fleet.maintenance, ticks.assets, origin - CONTEXT + 1, CONTEXT + HORIZON)
    at = EPOCH + timedelta(seconds=TICK_SECONDS * origin)
    values = np.ascontiguousarray(ticks.values[-CONTEXT:].transpose(1, 0, 2))
    week = week_before(*half_hours(ticks.values, first), origin)
    return Window(ticks.assets, fleet_profiles(fleet), at, values, np.ascontiguousarray(calendar.T), week)


def _row(forecaster: Forecaster, window: Window, peak: float) -> dict[str, object]:
    servers = len(window.assets)
    limits = threshold_matrix(window.profiles)
    quantiles = forecaster.predict(window).quantiles
    forecast = _timed(lambda: forecaster.predict(window))
    risk = _timed(lambda: crossing(quantiles, limits, forecaster.odds))
    gflop = servers * len(METRICS) * _flop_a_series(forecaster.model) / 1e9
    return {
        "servers": servers,
        "series": servers * len(METRICS),
        "p50_ms": round(float(np.median(forecast)), 2),
        "p95_ms": round(float(np.quantile(forecast, 0.95)), 2),
        "crossing_p50_ms": round(float(np.median(risk)), 2),
        "gflop": round(gflop, 4),
        "share_of_peak": round(gflop / (float(np.median(forecast)) / 1e3) / peak, 4),
        "reference_predict_p50_ms": None,
        "lightgbm_p50_ms": None,
    }


def _timed(call: Callable[[], object]) -> list[float]:
    """Milliseconds of repeated calls, the first one left out."""
    call()
    times = []
    for _ in range(_REPEATS):
        start = perf_counter()
        call()
        times.append((perf_counter() - start) * 1e3)
    return times


def _flop_a_series(model: object) -> int:
    """Multiplications and additions of the matrix products for one series."""
    regressions = 2 * FEATURES * (CENTRE_SIZE + SPREAD_SIZE) + 2 * HORIZON * (CENTRE_SIZE + SPREAD_SIZE)
    linear = regressions + 2 * len(PROFILES) * STATES * HORIZON * len(QUANTILES)
    return linear + (
        model.networks[0].flop + 2 * len(LEADS) * HORIZON * len(QUANTILES) ** 2 if isinstance(model, Fusion) else 0
    )


def peak_gflops() -> float:
    """Float32 matrix product of this process, in 10^9 operations a second."""
    size = 1_024
    left = np.ones((size, size), np.float32)
    fastest = min(_timed(lambda: left @ left))
    return 2.0 * size**3 / (fastest / 1e3) / 1e9


def cold(artefact: str) -> None:
    """What a fresh process does until its first forecast of 20 servers is there."""
    forecaster = load(artefact)
    flat = np.full((20, CONTEXT, len(METRICS)), 10.0, np.float32)
    calendar = np.zeros((20, CONTEXT + HORIZON), np.bool_)
    forecaster.predict(Window(tuple(f"server{n}" for n in range(20)), ("unknown",) * 20, EPOCH, flat, calendar))


def _cold_seconds(artefact: Path) -> float:
    start = perf_counter()
    subprocess.run([sys.executable, "-c", _COLD, str(artefact)], check=True, cwd=Path(__file__).parents[2])
    return round(perf_counter() - start, 3)
