"""Small views that the tests of this folder share: a server at risk, a running scenario and its two lanes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from ml.contracts import Floats
from ml.schema import HORIZON, METRIC_NAMES, QUANTILES
from ml.streams.fleet import profile_of
from webapp.core.views.explanations import Alike, Explanation, Looked
from webapp.core.views.fleet import FleetSnapshot, RiskView
from webapp.core.views.incidents import IncidentState, IncidentView
from webapp.core.views.live_scores import (
    Compared,
    Held,
    HourScore,
    LiveBoard,
    Moved,
    Pairing,
    Scored,
    ShadowView,
    Truth,
    VersionScores,
    Watch,
)
from webapp.core.views.quality import Group, Measured, Quality, Skill
from webapp.core.views.scenarios import ExperimentView, Lane, ScenarioStatus, ScenarioView
from webapp.core.views.severity import Severity
from webapp.core.views.streams import ClockView, Source, StreamView

ORIGIN = datetime(2026, 11, 19, 14, 35, tzinfo=UTC)
START = ORIGIN - timedelta(minutes=20)


def rising_fan(start: float, step: float) -> Floats:
    """[H, Q]: a median that rises by `step` a tick, with quantiles one unit apart."""
    middle = start + step * np.arange(1, HORIZON + 1)
    spread = np.arange(len(QUANTILES)) - len(QUANTILES) // 2
    return (middle[:, None] + spread).astype(np.float32)


def scenario() -> ScenarioView:
    """A memory leak on ppml001: injected 20 minutes ago, forewarned after 10, predicted in 40."""
    tick = timedelta(minutes=5)
    return ScenarioView(
        id=7, kind="memory_leak", label="Memory leak", assets=("ppml001",), metric="memory_pct", intensity=0.8,
        ramp_ticks=8, hold_ticks=10, recover_ticks=2, seed=4471, start_tick=round(START.timestamp() / 300),
        start_at=START, end_at=START + 20 * tick,
        status=ScenarioStatus.RUNNING, hypothesis="Memory is forewarned.", guard_metric=None, guard_threshold=None,
        created_by="admin", stopped_by=None, stop_reason=None, forewarned_at=START + 2 * tick,
        predicted_at=ORIGIN + timedelta(minutes=40), breached_at=None,
    )  # fmt: skip


def experiment() -> ExperimentView:
    """That scenario with both lanes over the last four hours."""
    start = ORIGIN - timedelta(minutes=5 * 47)
    calm = np.full(48, 61.0, np.float32)
    rising = calm.copy()
    rising[-4:] += (2.0, 4.0, 6.0, 8.0)
    return ExperimentView(
        scenario(), "ppml001", "memory_pct", 92.0, None, Lane(start, rising, rising_fan(69.0, 2.0)),
        Lane(start, calm, rising_fan(61.0, 0.0)),
    )  # fmt: skip


def stream() -> StreamView:
    """The demo stream, fresh."""
    clock = ClockView(ORIGIN, ORIGIN, 60.0, False, False)
    return StreamView(
        1, "fleet-demo", "fleet", Source.SIMULATED, clock, 20, 20, 288, 288, "ridge", "1.0.0", ORIGIN, ORIGIN, None,
        True, None, None,
    )  # fmt: skip


def risk(name: str = "ppdb002") -> RiskView:
    """Disk used of a database crosses 90 % in 40 minutes."""
    low, middle, high = (ORIGIN + timedelta(minutes=one) for one in (25, 40, 65))
    return RiskView(
        asset_id=1, name=name, profile=profile_of(name).value, severity=Severity.CRITICAL, method="champion",
        reason=None, metric="disk_used_pct", threshold=90.0, now=86.0, probability=0.94, by_1h=0.8, by_2h=0.9,
        by_4h=0.94, by_8h=0.94,
        crossing_low_at=low, crossing_at=middle, crossing_high_at=high, breach_since_at=None, maintenance_until_at=None,
        width80=6.2, coverage80=None, coverage_n=0, origin_at=ORIGIN, made_at=ORIGIN, history=288,
    )  # fmt: skip


def explanation() -> Explanation:
    """What was looked at for disk used of that server; two days ago it crossed 90 % after 2 h 10 min."""
    names = ("Its trend", "Its last half hour", "Its usual day", "Last week", "Its profile", "Maintenance calendar")
    shares = (0.4, 0.25, 0.15, 0.1, 0.06, 0.04)
    looked = tuple(Looked(name, 3, share) for name, share in zip(names, shares, strict=True))
    first, second = ORIGIN - timedelta(days=2), ORIGIN - timedelta(days=9)
    alike = (Alike(first, 0.5, 84.0, 93.5, 130.0), Alike(second, 0.9, 70.0, 86.0, None))
    return Explanation("disk_used_pct", None, looked, 3.0, 2.0, alike, 27.8)


def fleet(*names: str) -> FleetSnapshot:
    """A stream with these servers."""
    recent = np.zeros((len(names), 96, len(METRIC_NAMES)), np.float32)
    return FleetSnapshot(stream(), tuple(risk(name) for name in names), recent)


def measured(held: int = 800, matured: int = 1_000, value: float | None = 0.4) -> Measured:
    """A cell of what was measured."""
    return Measured(held, matured, None if value is None else Skill(value, matured))


def quality(value: float | None = 0.47, tested: float | None = 0.56, matured: int = 1_000) -> Quality:
    """What was measured of the demo stream's champion up to 14:00; `value` is its live skill."""
    cell = measured(matured * 8 // 10, matured, None if value is None else value)
    group = Group("disk_used_pct", (cell,) * 5, cell)
    return Quality(
        "ridge", "1.0.0", (cell,) * 5, cell, (group,), (Group("database", (cell,) * 5, cell),), 20,
        None if value is None else Skill(value, 12_345, value - 0.06, value + 0.05), tested,
        matured, 1_000, ORIGIN - timedelta(minutes=35) if matured else None,
        None if matured else ORIGIN + timedelta(minutes=25),
    )  # fmt: skip


def incident(minutes: float = 25, **changes: object) -> IncidentView:
    """Latency of ppdb002, over 250 ms for so long and open."""
    start = ORIGIN - timedelta(minutes=minutes)
    one = IncidentView(
        id=4, server="ppdb002", profile="database", metric="latency_ms", unit="ms", threshold=250.0, start_at=start,
        end_at=None, minutes=minutes, peak=312.4, peak_at=start + timedelta(minutes=10), seen_at=ORIGIN, clear_at=None,
        state=IncidentState.OPEN, silent=False, in_maintenance=False, in_history=False, scenario=None,
        opened_at=ORIGIN, closed_at=None,
    )  # fmt: skip
    return replace(one, **changes)  # type: ignore[arg-type]


def scored(held: int = 800, matured: int = 1_000, missing: int = 0, skill: float | None = 0.4) -> Scored:
    """A version over some hours."""
    said = None if skill is None else Skill(skill, matured, skill - 0.05, skill + 0.05)
    return Scored(held, matured, missing, 0.2, said)


def compared(worse: float = -0.021, spread: float = 0.01) -> Compared:
    """A version against another on 14,112 truths."""
    held = Held(11_290, 14_112, 0.78, 0.82)
    return Compared(14_112, 6, 40, worse, worse - spread, worse + spread, worse - spread, held, held)


def board(**changes: object) -> LiveBoard:
    """1.1.0 promoted two hours ago, guarded by 1.0.0, after a day under 1.0.0."""
    hours = [HourScore(ORIGIN.replace(minute=0) - timedelta(hours=at), scored()) for at in range(23, -1, -1)]
    leads = (scored(),) * 5
    serving = VersionScores(2, "tft 1.1.0", "champion", "", True, leads, scored(), (0,) * 5)
    before = VersionScores(1, "tft 1.0.0", "champion", "", False, leads, scored(), (0,) * 5)
    guard = VersionScores(
        1, "tft 1.0.0", "shadow", "guard", True, leads, scored(), (0,) * 5, Pairing((None,) * 5, compared(0.021))
    )
    since = ORIGIN - timedelta(hours=2)
    made = LiveBoard(
        Truth(ORIGIN, ORIGIN, ORIGIN.replace(minute=0), False, False, 24_000, 0, 12), (serving, before, guard),
        tuple(hours), tuple(hours[-2:]), "tft 1.0.0", (Moved(since, "tft 1.1.0", "promotion", "ann"),),
        (Watch("tft 1.1.0", "tft 1.0.0", since, since + timedelta(days=3), True, "watching", "", compared()),),
        (ShadowView("tft 1.0.0", "guard", since, since + timedelta(days=3), 2, 1, ORIGIN, 0.2),), True,
    )  # fmt: skip
    return replace(made, **changes)
