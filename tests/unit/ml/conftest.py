"""What the tests of the forecasting core share: the demo fleet, the shipped champion, windows of a simulated run."""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from ml.cli import CHAMPION
from ml.contracts import Fleet, Injection, Window
from ml.generator import Generator, demo_fleet
from ml.runtime import Forecaster, load
from ml.schema import CONTEXT, HORIZON, TICK_SECONDS
from ml.streams.fleet import fleet_profiles, in_maintenance

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
MakeWindow = Callable[..., Window]
SHARED = Path(os.environ.get("FOREWARN_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recorded traces; without it the test is skipped, in CI it fails."""
    if not SHARED.is_dir():
        message = f"the recorded traces are not at {SHARED} (set FOREWARN_SHARED_DATA)"
        assert os.environ.get("CI") != "true", message
        pytest.skip(message)
    return SHARED


@pytest.fixture(scope="session")
def fleet() -> Fleet:
    return demo_fleet()


@pytest.fixture(scope="session")
def generator(fleet: Fleet) -> Generator:
    return Generator(fleet)


@pytest.fixture(scope="session")
def champion() -> Forecaster:
    return load(CHAMPION)


@pytest.fixture(scope="session")
def window_at(fleet: Fleet, generator: Generator) -> MakeWindow:
    def make(origin: int, injections: Sequence[Injection] = (), ticks: int = CONTEXT) -> Window:
        first = origin - ticks + 1
        run = generator.ticks(first, ticks, injections)
        calendar = in_maintenance(fleet.maintenance, run.assets, first, ticks + HORIZON).T
        at = MONDAY + timedelta(seconds=TICK_SECONDS * origin)
        return Window(run.assets, fleet_profiles(fleet), at, run.values.transpose(1, 0, 2).copy(), calendar)

    return make


@pytest.fixture
def plain_window() -> MakeWindow:
    def make(values: np.ndarray) -> Window:
        names = tuple(f"host{row}" for row in range(len(values)))
        calendar = np.zeros((len(values), values.shape[1] + HORIZON), np.bool_)
        return Window(names, ("unknown",) * len(values), MONDAY, values.astype(np.float32), calendar)

    return make
