"""What is known of drift on a stream, for pages, API and commands: rows in, plain values out."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import numpy as np

from ml.drift.cells import WINDOW, Look, State
from ml.drift.reference import LONGEST, Test
from ml.schema import METRIC_INDEX, METRIC_NAMES, TICKS_PER_HOUR
from webapp.core.clock import time_of
from webapp.core.db import Session, reading
from webapp.core.models.drift_reports import DriftDecision, DriftEpisode, DriftPolicy, DriftReport, DriftState
from webapp.core.models.streams import Stream
from webapp.core.policies import drift_packing as packing
from webapp.core.policies import drift_words as words
from webapp.core.policies.drift_reports import EVERY, ratios
from webapp.core.repositories import assets, model_versions
from webapp.core.repositories import drift_reports as rows
from webapp.core.repositories import training_runs as run_rows
from webapp.core.services import drift_reports, drift_retraining, streams
from webapp.core.views.drift_reports import (
    DriftCell,
    DriftDecisionView,
    DriftEpisodeView,
    DriftNeed,
    DriftPoint,
    DriftRule,
    DriftSnapshot,
    DriftTest,
)

SHOWN_HOURS = 7 * 24
"""Hours of a cell's timeline."""
_EPISODES, _DECISIONS = 50, 30


def snapshot(slug: str, group: str = EVERY, metric: str = METRIC_NAMES[0]) -> DriftSnapshot:
    """What is known of drift on a stream, with the timeline of one cell. Raises NotFound."""
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        version, state = model_versions.champion(session, stream.id), rows.state(session, stream.id)
        every = assets.of_stream(session, stream.id)
        first = 0 if state is None else max(state.begin, state.hour - SHOWN_HOURS + 1)
        reports = [] if state is None else rows.reports(session, stream.id, first)
        episodes = rows.episodes(session, stream.id, _EPISODES)
        decisions = [_decision(session, one) for one in rows.decisions(session, stream.id, _DECISIONS)]
        rule = _rule(rows.rule(session, stream.id))
        reference_at = None if state is None else _reference(session, state)
    newest = reports[-1] if reports else None
    look = None if newest is None else packing.unpack_look(newest.data)
    profiles = Counter(one.profile for one in every)
    groups = tuple((one, profiles.get(one, len(every) if one == EVERY else 0)) for one in (*sorted(profiles), EVERY))
    return DriftSnapshot(
        stream=slug, model="" if version is None else f"{version.model} {version.version}", servers=len(every),
        groups=groups, cells=() if newest is None or look is None else _cells(newest.rows, look, dict(groups)),
        points=_points(reports, group, metric), episodes=tuple(_episode(one) for one in episodes),
        decisions=tuple(decisions), rule=rule, needs=_needs(state, stream, look),
        reference_at=reference_at,
        first_look_at=None if state is None else hour_time(drift_reports.first_look(state.begin)),
        watched_hours=len(reports), looked_at=None if newest is None else hour_time(newest.hour),
    )  # fmt: skip


def hour_time(hour: int) -> datetime:
    """Stream time of the end of an hour."""
    return time_of(hour * TICKS_PER_HOUR)


def _cells(groups: Sequence[str], look: Look, servers: dict[str, int]) -> tuple[DriftCell, ...]:
    return tuple(
        DriftCell(
            group, name, servers.get(group, 0), _number(look.cost[row, metric]),
            tuple(_test(look, row, metric, test) for test in Test),
        )
        for row, group in enumerate(groups) for metric, name in enumerate(METRIC_NAMES)
    )  # fmt: skip


def _test(look: Look, row: int, metric: int, test: Test) -> DriftTest:
    place, state = (row, metric, int(test)), State(int(look.state[row, metric, test]))
    servers, made = int(look.servers[place]), state is State.TESTED
    statistic, limit, effect = (
        _number(one[place]) if made else None for one in (look.statistic, look.threshold, look.effect)
    )
    why_not = None if made else words.STATES[state]
    return DriftTest(test.name.lower(), words.TESTS[test], servers, statistic, limit, effect, why_not)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _points(reports: Sequence[DriftReport], group: str, metric: str) -> tuple[DriftPoint, ...]:
    found = []
    for report in reports:
        if group in report.rows:
            look, place = packing.unpack_look(report.data), (report.rows.index(group), METRIC_INDEX[metric])
            signed = ratios(look)[place] * np.sign(np.nan_to_num(look.statistic[place]))
            told = [float(one) if state == 0 else None for one, state in zip(signed, look.state[place], strict=True)]
            found.append(DriftPoint(hour_time(report.hour), tuple(told)))
    return tuple(found)


def _episode(row: DriftEpisode) -> DriftEpisodeView:
    assert row.id is not None
    test = Test[row.test]
    size = row.effect if row.closed_hour is None else row.peak_effect
    return DriftEpisodeView(
        row.id, row.group, row.metric, row.test.lower(), words.TESTS[test], hour_time(row.since_hour - 1),
        hour_time(row.opened_hour), None if row.closed_hour is None else hour_time(row.closed_hour), row.why_closed,
        row.statistic, row.threshold, row.peak, size, words.effect(test, size), row.cost,
    )  # fmt: skip


def _decision(session: Session, row: DriftDecision) -> DriftDecisionView:
    run = None if row.run_id is None else run_rows.by_id(session, row.run_id)
    return DriftDecisionView(
        row.retrain, row.code, row.reason, row.run_id, run.status if run else None, hour_time(row.first_hour),
        hour_time(row.last_hour),
    )  # fmt: skip


def _rule(row: DriftPolicy | None) -> DriftRule:
    held = drift_retraining.rule_of(row)
    who = ("", "", None) if row is None else (row.by, row.reason, row.at)
    return DriftRule(held.enabled, held.open_hours, held.new_hours, held.pause_hours, held.minutes, *who)


def _reference(session: Session, state: DriftState) -> tuple[datetime, datetime] | None:
    """From when to when the reference lies, as far as it has grown."""
    if state.hour < drift_reports.first_look(state.begin):
        return None
    first, last = drift_reports.reference_at(session, state)
    return hour_time(first - 1), hour_time(last)


def _needs(state: DriftState | None, stream: Stream, look: Look | None) -> tuple[DriftNeed, ...]:
    """How long each test's reference is, and how much is missing until it is made."""
    newest = max(state.hour if state else 0, (stream.tick or 0) // TICKS_PER_HOUR)
    return tuple(_need(test, state, newest, look) for test in Test)


def _need(test: Test, state: DriftState | None, newest: int, look: Look | None) -> DriftNeed:
    begin = None if state is None else state.begin if test is Test.INPUTS else state.begin_forecast
    first = drift_reports.first_look(newest if begin is None else begin)
    grown = 0 if begin is None else max(0, min((newest - WINDOW - begin + 1) // 24 * 24, LONGEST))
    cells = 0 if look is None else int((look.state[..., test] == State.TESTED).sum())
    return DriftNeed(test.name.lower(), words.TESTS[test], test.hours, grown, cells, max(0, first - newest))
