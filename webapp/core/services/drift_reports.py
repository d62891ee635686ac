"""Looking for drift, an hour of a stream's time after the other: what is found, and what follows from it.

A row says how far a stream is looked at. An hour is summed up and judged without a transaction and stored only if that
row still says what it said, so whoever looks twice, late or at the same time changes nothing. A look is made from
stored hours alone: one that was interrupted is made again and finds the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ml.contracts import Floats
from ml.drift import cells
from ml.drift.cells import WINDOW, Look, Rows
from ml.drift.onset import onset
from ml.drift.reference import LONGEST, SHORTEST, Reference, Test, fit
from ml.schema import METRIC_INDEX, TICKS_PER_HOUR
from webapp.core.clock import now
from webapp.core.db import Session, reading
from webapp.core.events import Event, EventKind
from webapp.core.jobs import DriftLook
from webapp.core.models.assets import Asset
from webapp.core.models.drift_reports import DriftState
from webapp.core.models.streams import Stream
from webapp.core.policies import drift_packing as packing
from webapp.core.policies import drift_reports as policy
from webapp.core.policies.drift_reports import CALM_HOURS, EVERY
from webapp.core.repositories import assets, locks, model_versions, streams
from webapp.core.repositories import drift_reports as rows
from webapp.core.services import drift_episodes, drift_hours, drift_retraining
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.streams import Source

STEPS: Final = 24
"""Looks, or days that are summed up, of one job; what is left is asked for again."""
CATCH_UP: Final = 7 * 24
"""Hours behind the present that are still looked at; what lies further back is past."""
KEPT: Final = 35 * 24
"""Hours for which looks are kept."""
ONSET: Final = 36
_DAY: Final = 24


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a stream's row said, and what is owed: hours to sum up first..last, or an hour to look at."""

    stream: Stream
    state: DriftState
    newest: int
    fill: tuple[int, int] | None = None
    look: int | None = None

    @property
    def stream_id(self) -> int:
        assert self.stream.id is not None
        return self.stream.id


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look at an hour is made from: the hours up to it from `first` on, their reference, who is where."""

    hour: int
    first: int
    hours: Floats
    reference: Reference
    groups: dict[str, Rows]

    def since(self, cell: policy.Cell, one: policy.Found) -> int:
        """From which hour on a cell has been off."""
        metric = METRIC_INDEX[cell[1]]
        effects = cells.pulses(self.reference, self.first, self.hours, self.groups[cell[0]], metric, one.test)
        return self.hour + 1 - onset(effects, one.effect)


def look(stream_id: int, tick: int) -> None:
    """Look at every hour up to `tick` that is owed, for a number of steps at most; the rest is asked for again."""
    with reading() as session:
        if not assets.of_stream(session, stream_id):
            return  # nothing to sum up, now or later
    for _ in range(STEPS):
        planned = _plan(stream_id, tick)
        if planned is None:
            return
        _step(planned)
    with unit_of_work() as uow:
        uow.enqueue(DriftLook(stream_id, tick))


def _step(planned: _Plan) -> None:
    if planned.fill is not None:
        drift_hours.fill(planned.stream_id, planned.state.model_version_id, *planned.fill)
    elif planned.look is not None:
        _look_at(planned, planned.look)


def _plan(stream_id: int, tick: int) -> _Plan | None:
    with reading() as session:
        stream, version = streams.by_id(session, stream_id), model_versions.champion(session, stream_id)
        if stream is None or version is None or version.id is None:
            return None
        live = Source(stream.source).live
        newest = (tick - TICKS_PER_HOUR if live else tick) // TICKS_PER_HOUR
        state = rows.state(session, stream_id)
        if state is not None and state.model_version_id == version.id:
            return _owed(session, stream, state, newest)
    begun = _begin(stream, version.id, newest, state)
    with reading() as session:
        return None if begun is None else _owed(session, stream, begun, newest)


def _begin(stream: Stream, version_id: int, newest: int, before: DriftState | None) -> DriftState | None:
    """Start a reference: of a stream's first champion from its history on, of a later one from its first hour on.

    Its first hour is the one after all that is stored: nobody looks in the first days of a reference.
    """
    assert stream.id is not None
    first_whole = -(-(stream.history_tick - 1) // TICKS_PER_HOUR) + 1
    with reading() as session:
        known_hour = rows.newest_hour(session, stream.id)
    begin = (
        max(first_whole, newest - LONGEST - WINDOW)
        if before is None
        else max(before.hour, before.begin, known_hour or 0) + 1
    )
    if begin > newest + 1:
        return None
    with unit_of_work() as uow:
        locks.take(uow.session, f"drift:{stream.id}")
        known = rows.state(uow.session, stream.id)
        if (known and known.model_version_id) != (before and before.model_version_id):
            return None
        state = DriftState(stream_id=stream.id, model_version_id=version_id, begin=begin, hour=begin - 1)
        rows.put_state(uow.session, state)
        drift_episodes.end_all(uow, stream.id, begin - 1, "another model serves")
        return state


def _owed(session: Session, stream: Stream, state: DriftState, newest: int) -> _Plan | None:
    """The next hours to sum up, else the next hour to look at, else nothing."""
    assert stream.id is not None
    last_read = min(newest, (state.begin_forecast or newest) + LONGEST)
    recent = max(state.begin, min(state.hour, newest) - WINDOW - _DAY, newest - CATCH_UP - WINDOW)
    have = rows.stored_hours(session, stream.id, state.begin, newest)
    missing = sorted({*range(state.begin, last_read + 1), *range(recent, newest + 1)} - have)
    if missing:
        end = next((at for at in range(1, len(missing)) if missing[at] != missing[0] + at), len(missing))
        return _Plan(stream, state, newest, fill=(missing[0], missing[min(end, drift_hours.BLOCK) - 1]))
    wanted = max(state.hour + 1, newest - CATCH_UP + 1, first_look(state.begin))
    return _Plan(stream, state, newest, look=wanted) if wanted <= newest else None


def first_look(begin: int) -> int:
    """The first hour that can be looked at with a reference that begins with an hour."""
    return begin + SHORTEST + WINDOW - 1


def _move(planned: _Plan, **values: int) -> bool:
    """Write into the state's row, unless somebody did meanwhile."""
    with unit_of_work() as uow:
        if not _unchanged(uow, planned):
            return False
        rows.put_state(uow.session, planned.state.model_copy(update=values))
        return True


def _unchanged(uow: UnitOfWork, planned: _Plan) -> bool:
    locks.take(uow.session, f"drift:{planned.stream_id}")
    known = rows.state(uow.session, planned.stream_id)
    return known is not None and known.model_dump() == planned.state.model_dump()


def _look_at(planned: _Plan, hour: int) -> None:
    with reading() as session:
        every = assets.of_stream(session, planned.stream_id)
        spans = _spans(session, planned, hour)
    if not every:
        _move(planned, hour=hour)
        return
    ids = tuple(one.id for one in every if one.id is not None)
    first = max(planned.state.begin, hour - ONSET + 1)
    seen = _Seen(
        hour, first, _hours(planned.stream_id, ids, first, hour), _reference(planned, spans, ids), _groups(every)
    )
    _store(planned, seen, cells.look(seen.reference, first, seen.hours, list(seen.groups.values())))


def _groups(every: Sequence[Asset]) -> dict[str, Rows]:
    """Servers of each profile, and all of them."""
    named = np.array([one.profile for one in every])
    groups = {profile: np.flatnonzero(named == profile) for profile in sorted(set(named.tolist()))}
    return {**groups, EVERY: np.arange(len(every))}


Spans = tuple[tuple[int, int], tuple[int, int]]


def _spans(session: Session, planned: _Plan, hour: int) -> Spans:
    """First and last hour of the reference, and of that of its forecasts, which is empty while it is too short.

    It grows by whole days up to the longest, ends before what is looked at, and before open drift began.
    """
    until, begin = _until(session, planned.stream_id, hour), planned.state.begin_forecast
    values = reference_span(planned.state.begin, until)
    if begin is None or until < begin + SHORTEST - 1:
        return values, (values[0], values[0] - 1)
    return values, _span(begin, until)


def _until(session: Session, stream_id: int, hour: int) -> int:
    """The last hour that may be part of a reference: before what is looked at, and before open drift began."""
    return min([hour - WINDOW, *(one.since_hour - 1 for one in rows.open_episodes(session, stream_id))])


def reference_at(session: Session, state: DriftState) -> tuple[int, int]:
    """First and last hour of what the values of the newest look are compared with."""
    return reference_span(state.begin, _until(session, state.stream_id, state.hour))


def reference_span(begin: int, until: int) -> tuple[int, int]:
    """A week at least, whatever lies in it: otherwise drift that began early would never be looked at again."""
    return _span(begin, max(until, begin + SHORTEST - 1))


def _span(begin: int, until: int) -> tuple[int, int]:
    return begin, begin + min((until - begin + 1) // _DAY * _DAY, LONGEST) - 1


_fitted: dict[tuple[object, ...], Reference] = {}
_MOST_FITTED: Final = 4


def _reference(planned: _Plan, spans: Spans, ids: tuple[int, ...]) -> Reference:
    """The reference of these hours; it changes once a day at most, and is kept in this process meanwhile."""
    key = (planned.stream_id, planned.state.model_version_id, spans, ids)
    if key not in _fitted:
        values, forecasts = ((span[0], _hours(planned.stream_id, ids, *span)) for span in spans)
        while len(_fitted) >= _MOST_FITTED:
            _fitted.pop(next(iter(_fitted)))
        _fitted[key] = fit(values, forecasts)
    return _fitted[key]


def forget() -> None:
    """Fit anew: for another database in the same process."""
    _fitted.clear()


def _hours(stream_id: int, ids: Sequence[int], first: int, last: int) -> Floats:
    with reading() as session:
        stored = rows.hours(session, stream_id, first, last)
    return drift_hours.together(stored, ids, first, last)


def _store(planned: _Plan, seen: _Seen, found: Look) -> None:
    """The look, what begins and is over, and what is decided, in one transaction."""
    stream_id, version_id, groups = planned.stream_id, planned.state.model_version_id, list(seen.groups)
    with unit_of_work() as uow:
        if not _unchanged(uow, planned):
            return
        earlier = rows.reports(uow.session, stream_id, seen.hour - CALM_HOURS + 1)
        report = {
            "stream_id": stream_id, "hour": seen.hour, "model_version_id": version_id, "rows": groups,
            "data": packing.pack_look(found), "made_at": now(),
        }  # fmt: skip
        rows.put_report(uow.session, report)
        looks = [*(packing.unpack_look(one.data) for one in earlier if one.rows == groups), found]
        open_cells = {(one.group, one.metric): Test[one.test] for one in rows.open_episodes(uow.session, stream_id)}
        changes = policy.changes(groups, looks, open_cells)
        since = {cell: seen.since(cell, one) for cell, one in changes.opened.items()}
        drift_episodes.follow(uow, planned.stream, version_id, seen.hour, changes, since)
        if seen.hour == planned.newest:
            drift_retraining.decide(uow, planned.stream, seen.hour)
        rows.put_state(uow.session, planned.state.model_copy(update={"hour": seen.hour}))
        _tidy(uow, planned, seen.hour)
        uow.emit(Event(EventKind.DRIFT_CHANGED, stream_id, str(seen.hour)))


def _tidy(uow: UnitOfWork, planned: _Plan, hour: int) -> None:
    """Forget hours that neither the reference nor the next looks need, and old looks; once a day."""
    if hour % _DAY:
        return
    complete = (planned.state.begin_forecast or hour) + LONGEST
    recent = hour - CATCH_UP - WINDOW - _DAY
    rows.drop_hours(uow.session, planned.stream_id, planned.state.begin, (complete, recent))
    rows.drop_reports(uow.session, planned.stream_id, hour - KEPT)
