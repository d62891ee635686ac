"""How many false alarms a week the drift tests give without drift, and how soon they find a shift.

Simulated fleets of 20 servers, each with its own seed, forecast by the shipped champion at every full hour. Thresholds
come from the seeds of `calibrate`, every figure from those of `measure`. What is slow, the hours, is kept in a folder.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.cli import CHAMPION
from ml.contracts import Fleet
from ml.dataset.windows import Span, cut, random_injections
from ml.drift import cells
from ml.drift.hours import summary
from ml.drift.reference import LONGEST, SHORTEST, Reference, Test, fit
from ml.drift.thresholds import MANY
from ml.generator import Generator, demo_fleet
from ml.runtime import Forecaster, load
from ml.schema import HORIZON, METRIC_NAMES, METRICS, TICKS_PER_HOUR, Profile

SHARES: Final = {
    Profile.WEB: 4, Profile.DATABASE: 3, Profile.CACHE: 2, Profile.QUEUE: 2, Profile.ML_COMPUTE: 3, Profile.STORAGE: 2,
    Profile.WORKER: 4,
}  # fmt: skip
WARM: Final = 8 * 24
"""Hours before the first that is kept: what the forecaster remembers."""
DAYS: Final = 28
SHIFTED: Final = 5
FOUND_WITHIN: Final = 24
_CALIBRATED, _MEASURED, _MONDAY = 810_000, 820_000, 4 * 24
_LEAD: Final = HORIZON // TICKS_PER_HOUR
_WEEK: Final = 7 * 24
Hours = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Case:
    """A fleet's hours [H, N, M, channels], and the same of shifted servers [layout, S, M, channels, shifted metric]."""

    profiles: tuple[str, ...]
    hours: Hours
    onset: int = 0
    shifted: tuple[tuple[str, tuple[int, ...], Hours], ...] = ()


def fleet_of(seed: int, larger: Profile | None = None) -> Fleet:
    """20 servers in the demo's mix; with five of the `larger` profile, taken from those that have most."""
    wanted = dict(SHARES)
    if larger is not None:
        missing, wanted[larger] = SHIFTED - wanted[larger], SHIFTED
        for _ in range(missing):
            wanted[max((one for one in wanted if one is not larger), key=lambda one: wanted[one])] -= 1
    kept = [
        asset for profile, count in wanted.items()
        for asset in [one for one in demo_fleet(60, seed).assets if one.profile == profile][:count]
    ]  # fmt: skip
    names = {asset.name for asset in kept}
    calendar = tuple(one for one in demo_fleet(60, seed).maintenance if one.asset in names)
    return Fleet(seed, tuple(kept), calendar)


def span_of(fleet: Fleet, hours: int, injected: float = 0.0) -> Span:
    """Telemetry of the warm-up and so many hours; `injected` short degradations a server and week."""
    count = (WARM + hours) * TICKS_PER_HOUR + HORIZON + 1
    names = tuple(one.name for one in fleet.assets)
    ticks = Generator(fleet).ticks(0, count, random_injections(names, count, fleet.seed, injected))
    return Span(0, names, tuple(one.profile for one in fleet.assets), ticks.values, ticks.maintenance)


def hours_of(forecaster: Forecaster, span: Span, first_row: int, count: int) -> Hours:
    """`count` hours from `first_row` on, forecast at every full hour."""
    found = np.full((count, len(span.assets), len(METRICS), 4), np.nan, np.float32)
    for hour in range(count):
        row = first_row + (hour - _LEAD + 1) * TICKS_PER_HOUR
        piece = cut(span, row - 1)
        fan = forecaster.model.quantiles(piece.history, piece.calendar, piece.profiles, piece.week_tick, piece.week)
        seen = slice(first_row + hour * TICKS_PER_HOUR, first_row + (hour + 1) * TICKS_PER_HOUR)
        truth, calendar = span.values[seen].transpose(1, 0, 2), span.maintenance[seen].T
        found[hour] = summary(truth, calendar, fan[:, :, -TICKS_PER_HOUR:])
    return found


def shifted_hours(forecaster: Forecaster, span: Span, rows: list[int], onset: int, count: int) -> Hours:
    """Hours [count, S, M, channels] of servers, each metric one standard deviation higher from hour `onset` on.

    A metric at a time: every server is forecast once a shifted metric, and only that metric is kept.
    """
    start = (WARM + onset) * TICKS_PER_HOUR
    low, high = start - 9 * 24 * TICKS_PER_HOUR, start + count * TICKS_PER_HOUR + HORIZON + 1
    deviation = np.nanstd(span.values[WARM * TICKS_PER_HOUR : (WARM + LONGEST) * TICKS_PER_HOUR], axis=0)[rows]
    pieces = []
    for at, metric in enumerate(METRICS):
        values = span.values[low:high, rows].copy()
        top = 100.0 if metric.unit == "%" else metric.high
        values[start - low :, :, at] = np.minimum(values[start - low :, :, at] + deviation[:, at], top)
        pieces.append(values)
    names = tuple(f"{span.assets[row]}/{metric.name}" for metric in METRICS for row in rows)
    profiles = tuple(span.profiles[row] for row in rows) * len(METRICS)
    calendar = np.tile(span.maintenance[low:high, rows], (1, len(METRICS)))
    moved = Span(low, names, profiles, np.concatenate(pieces, axis=1), calendar)
    every = hours_of(forecaster, moved, start - low, count).reshape(count, len(METRICS), len(rows), len(METRICS), 4)
    return np.stack([every[:, at, :, at] for at in range(len(METRICS))], axis=2)


def layouts(span: Span, seed: int) -> tuple[tuple[str, list[int]], ...]:
    """Which five servers shift: of one profile, and of five profiles."""
    random, profile = np.random.default_rng(seed), list(SHARES)[seed % len(SHARES)]
    random.integers(96)
    within = [at for at, one in enumerate(span.profiles) if one == profile][:SHIFTED]
    five = [str(one) for one in random.permutation([one.value for one in SHARES])][:SHIFTED]
    spread = [int(random.choice([at for at, one in enumerate(span.profiles) if one == mine])) for mine in five]
    return ("within one profile", within), ("over five profiles", spread)


def onset_of(seed: int) -> int:
    """The hour of the shift: two to six days after the reference."""
    return LONGEST + 48 + int(np.random.default_rng(seed).integers(96))


def quiet(forecaster: Forecaster, folder: Path, seed: int, larger: Profile | None, injected: float = 0.0) -> Case:
    """A fleet without drift."""
    kept = folder / f"quiet-{seed}-{injected}.npz"
    if not kept.exists():
        span = span_of(fleet_of(seed, larger), DAYS * 24, injected)
        hours = hours_of(forecaster, span, WARM * TICKS_PER_HOUR, DAYS * 24)
        np.savez(kept, hours=hours, profiles=np.array(span.profiles))
    found = np.load(kept)
    return Case(tuple(map(str, found["profiles"])), found["hours"])


def shifting(forecaster: Forecaster, folder: Path, seed: int) -> Case:
    """A fleet with the hours after a shift, for both layouts."""
    larger = list(SHARES)[seed % len(SHARES)]
    case, kept = quiet(forecaster, folder, seed, larger), folder / f"shift-{seed}.npz"
    count = FOUND_WITHIN + 12
    span = span_of(fleet_of(seed, larger), DAYS * 24)
    if not kept.exists():
        made = {
            f"at{at}": shifted_hours(forecaster, span, rows, onset_of(seed), count)
            for at, (_, rows) in enumerate(layouts(span, seed))
        }
        np.savez(kept, **made)
    found = np.load(kept)
    shifted = tuple((name, tuple(rows), found[f"at{at}"]) for at, (name, rows) in enumerate(layouts(span, seed)))
    return Case(case.profiles, case.hours, onset_of(seed), shifted)


def groups_of(profiles: tuple[str, ...]) -> list[NDArray[np.int64]]:
    """Servers of each profile, and all of them."""
    named = np.array(profiles)
    return [*(np.flatnonzero(named == one) for one in dict.fromkeys(profiles)), np.arange(len(profiles))]


def looks(reference: Reference, hours: Hours, profiles: tuple[str, ...], first: int) -> Iterator[cells.Look]:
    """A look after each hour from row `first` on."""
    groups = groups_of(profiles)
    for row in range(first, len(hours)):
        start = row - cells.WINDOW + 1
        yield cells.look(reference, _MONDAY + start, hours[start : row + 1], groups)


def calibrate(cases: list[Case]) -> dict[str, object]:
    """Start and slope of the weekly maximum's tail, by length of the reference, test and size of the cell."""
    found: dict[str, object] = {}
    for length in (SHORTEST, LONGEST):
        maxima: dict[tuple[Test, bool], list[float]] = {}
        for case in cases:
            reference = fit((_MONDAY, case.hours[:length]))
            every = list(looks(reference, case.hours, case.profiles, length + 24))
            size = np.abs(np.stack([one.statistic for one in every]))
            for week in range(len(size) // _WEEK):
                largest = np.nanmax(size[week * _WEEK : (week + 1) * _WEEK], axis=0)
                for group, _ in enumerate(groups_of(case.profiles)):
                    many = len(groups_of(case.profiles)[group]) >= MANY
                    for test in Test:
                        maxima.setdefault((test, many), []).extend(largest[group, :, test].tolist())
        for (test, many), values in maxima.items():
            found[f"{length} {test.name} {'many' if many else 'few'}"] = _tail(np.array(values))
    return found


def _tail(values: NDArray[np.float64]) -> tuple[float, float, int]:
    """Fitted by least squares to the upper fifth of the ordered maxima, and how many there were."""
    ordered = np.sort(values)[::-1]
    chance = (np.arange(len(ordered)) + 0.5) / len(ordered)
    part = slice(0, max(8, len(ordered) // 5))
    slope, start = np.polyfit(np.log(1.0 / chance[part]), ordered[part], 1)
    return round(float(start), 2), round(float(slope), 2), len(values)


def alarms_of(case: Case, length: int) -> tuple[float, int, dict[str, int]]:
    """Weeks watched, episodes, and episodes by test, of a fleet without drift.

    An episode is of a metric and a group of servers; while one is open, the same metric of the whole fleet opens none.
    """
    reference = fit((_MONDAY, case.hours[:length]))
    open_cells: dict[tuple[int, int], int] = {}
    episodes, by_test, hours = 0, dict.fromkeys((one.name for one in Test), 0), 0
    for one in looks(reference, case.hours, case.profiles, length + 24):
        hours += 1
        ratio = np.where(one.state == 0, np.abs(one.statistic) / one.threshold, 0.0)
        for group, metric in np.argwhere(ratio.max(axis=2) >= 1.0):
            cell = (int(group), int(metric))
            wider = group == len(ratio) - 1 and any(other == metric for _, other in open_cells)
            if cell not in open_cells and not wider:
                episodes += 1
                by_test[Test(int(ratio[group, metric].argmax())).name] += 1
                open_cells[cell] = 0
        calm = ratio.max(axis=2) < 0.5
        open_cells = {cell: (quiet_for + 1 if calm[cell] else 0) for cell, quiet_for in open_cells.items()}
        open_cells = {cell: quiet_for for cell, quiet_for in open_cells.items() if quiet_for < 6}
    return hours / _WEEK, episodes, by_test


def detected(case: Case, length: int) -> dict[str, list[int | None]]:
    """By layout, for each metric after how many hours its shift was found by a cell of that metric; None: not so."""
    reference, found = fit((_MONDAY, case.hours[:length])), {}
    for name, rows, hours in case.shifted:
        mixed = case.hours[: case.onset + len(hours)].copy()
        mixed[case.onset :, rows] = hours
        size = [
            np.where(one.alarms.any(axis=(0, 2)), 1, 0) for one in looks(reference, mixed, case.profiles, case.onset)
        ]
        raised = np.stack(size)[:FOUND_WITHIN]
        before = np.stack(
            [one.alarms.any(axis=(0, 2)) for one in looks(reference, mixed, case.profiles, case.onset - 1)]
        )
        found[name] = [
            None if before[0, at] or not raised[:, at].any() else int(raised[:, at].argmax()) + 1
            for at in range(len(METRICS))
        ]
    return found


def measure(cases: list[Case], length: int) -> dict[str, object]:
    """False alarms a week and detections."""
    quiet_weeks = [alarms_of(case, length) for case in cases]
    weeks, episodes = sum(one[0] for one in quiet_weeks), sum(one[1] for one in quiet_weeks)
    by_test = {one.name: sum(part[2][one.name] for part in quiet_weeks) for one in Test}
    row: dict[str, object] = {
        "fleets": len(cases), "fleet_weeks": round(weeks, 1), "episodes": episodes, "by_test": by_test,
        "a_week": round(episodes / weeks, 2), "fleets_without": sum(one[1] == 0 for one in quiet_weeks),
    }  # fmt: skip
    for case in cases:
        for name, delays in detected(case, length).items() if case.shifted else ():
            row.setdefault(name, []).append(delays)  # type: ignore[union-attr,attr-defined]
    for name in ("within one profile", "over five profiles"):
        if name in row:
            row[name] = _shares(row[name])  # type: ignore[arg-type]
    return row


def _shares(delays: list[list[int | None]]) -> dict[str, object]:
    told = {}
    for at, metric in enumerate(METRIC_NAMES):
        found = [one[at] for one in delays if one[at] is not None]
        told[metric] = (len(found), len(delays), float(np.median(found)) if found else None)
    hits, of = sum(one[0] for one in told.values()), sum(one[1] for one in told.values())
    every = [delay for one in delays for delay in one if delay is not None]
    return {"by_metric": told, "found": hits, "of": of, "median_h": float(np.median(every)) if every else None}


def main() -> None:
    """Calibrate or measure; one JSON object on stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("calibrate", "measure", "check"), help="check: the seeds of calibrate")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--folder", type=Path, required=True, help="where hours are kept")
    parser.add_argument("--reference", type=int, default=LONGEST, help="hours of reference")
    parser.add_argument("--injected", type=float, default=0.0, help="short degradations a server and week, no shift")
    options = parser.parse_args()
    forecaster = load(CHAMPION)
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.what == "calibrate":
        cases = [quiet(forecaster, options.folder, _CALIBRATED + one, None) for one in range(options.seeds)]
        print(json.dumps(calibrate(cases), indent=1))
        return
    if options.what == "check":
        cases = [quiet(forecaster, options.folder, _CALIBRATED + one, None) for one in range(options.seeds)]
        print(json.dumps(measure(cases, options.reference), indent=1))
        return
    seeds = range(_MEASURED, _MEASURED + options.seeds)
    if options.injected:
        cases = [quiet(forecaster, options.folder, one, None, options.injected) for one in seeds]
    else:
        cases = [shifting(forecaster, options.folder, one) for one in seeds]
    print(json.dumps(measure(cases, options.reference), indent=1))


if __name__ == "__main__":
    main()
