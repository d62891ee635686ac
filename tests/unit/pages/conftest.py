"""Small views that the chart tests share: one metric of one server, with and without a forecast."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.unit.pages.samples import ORIGIN, rising_fan
from webapp.core.views.server import MetricView
from webapp.core.views.severity import Severity


@pytest.fixture
def disk() -> MetricView:
    """Disk used of a server that crosses 90 % in 40 minutes."""
    history = np.linspace(80.0, 86.0, 288, dtype=np.float32)
    return MetricView(
        metric="disk_used_pct", label="Disk used", unit="%", decimals=1, severity=Severity.CRITICAL, now=86.0,
        now_at=ORIGIN, threshold=90.0, display_high=100.0, history=history, fan=rising_fan(86.0, 0.5),
        probability=0.94, by_1h=0.8, by_2h=0.9, by_4h=0.94, by_8h=0.94,
        crossing_low_at=ORIGIN + timedelta(minutes=25), crossing_at=ORIGIN + timedelta(minutes=40),
        crossing_high_at=ORIGIN + timedelta(minutes=65), breach_since_at=None, coverage=(),
    )  # fmt: skip


@pytest.fixture
def changed(disk: MetricView) -> Callable[..., MetricView]:
    """The same metric with some fields changed."""
    return lambda **fields: replace(disk, **fields)
