"""The one maintenance calendar of a stream: its simulator's timetable and what people planned.

The forecaster's known future, the severities, the pages, the simulator and the exports all ask here. What lies before
a change never changes: a window acts from the first tick that was not stored when it was made.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ml.contracts import Bools, Upkeep
from ml.schema import TICK_SECONDS
from webapp.core.clock import now, time_of
from webapp.core.db import Session, reading
from webapp.core.errors import NotFound
from webapp.core.models.assets import Asset
from webapp.core.models.maintenance import MaintenanceWindow
from webapp.core.models.streams import Stream
from webapp.core.policies import maintenance as policy
from webapp.core.policies import zones
from webapp.core.repositories import assets as asset_rows
from webapp.core.repositories import maintenance as rows
from webapp.core.repositories import streams as stream_rows
from webapp.core.services import dependencies, streams
from webapp.core.views.maintenance import Lane, MaintenanceMark, MaintenanceView, Once, Planned, Weekly
from webapp.core.views.streams import Source

_REACH: Final = timedelta(days=9)
"""The longest window and the widest zone: what began longer ago reaches nothing."""
TIMETABLE: Final = "Weekly maintenance, set by the simulator"


def calendar(
    session: Session, servers: Sequence[Asset], first: int, count: int, known_at: datetime | None = None
) -> Bools:
    """Which servers of one stream are in maintenance, [N, count], at the ticks from `first` on; as people knew it at
    `known_at`, if asked."""
    planned = _acting(session, servers[0].stream_id, first, first + count, known_at) if servers else []
    return policy.calendar([lane(one) for one in servers], planned, first, count)


def ends(session: Session, stream: Stream, servers: Sequence[Asset], tick: int) -> dict[int, int]:
    """The tick at which maintenance ends, by the id of each server that is in one now; `tick` is the one that is
    shown, and on a live stream the wall clock may be ahead of it."""
    at = max(tick, present(stream)) if Source(stream.source).live else tick
    found = policy.until([lane(one) for one in servers], _planned(session, stream, at), at)
    return {one.id: end for one, end in zip(servers, found, strict=True) if one.id is not None and end is not None}


def upkeep(session: Session, stream: Stream, tick: int) -> tuple[Upkeep, ...]:
    """What the simulator has to play at one tick beside its own timetable, in ticks from the stream's epoch."""
    assert stream.id is not None
    if Source(stream.source) is not Source.SIMULATED:
        return ()
    acting = [one for one in _acting(session, stream.id, tick, tick + 1) if policy.in_force(one, tick, tick + 1)]
    if not acting:
        return ()
    lanes = [Lane(one.name, one.profile) for one in asset_rows.of_stream(session, stream.id)]
    flags = policy.calendar(lanes, acting, tick, 1)[:, 0]
    names = [one.name for one, flag in zip(lanes, flags, strict=True) if flag]
    at = tick - stream.epoch_tick
    return (Upkeep(tuple(names), at, at + 1),) if names else ()


def marks(session: Session, server: Asset, first: int, end: int) -> tuple[MaintenanceMark, ...]:
    """One server's maintenance that touches the ticks `first` up to `end`, oldest first."""
    mine = lane(server)
    found = [MaintenanceMark(None, TIMETABLE, *_times(one)) for one in policy.timetable(mine, first, end)]
    for one in _acting(session, server.stream_id, first, end):
        if one.concerns(mine.name, mine.profile):
            number, alone = one.id if one.until_tick is None else None, one.servers == (mine.name,)
            found += [
                MaintenanceMark(number, one.title, *_times(each), alone) for each in policy.in_force(one, first, end)
            ]
    return tuple(sorted(found, key=lambda mark: mark.start_at))


def _times(stretch: policy.Stretch) -> tuple[datetime, datetime]:
    return time_of(stretch[0]), time_of(stretch[1])


def overview(slug: str) -> MaintenanceView:
    """Everything that is planned on a stream. Raises NotFound."""
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        at = present(stream)
        planned = tuple(_planned(session, stream, at))
        every = tuple(lane(one) for one in asset_rows.of_stream(session, stream.id))
        return MaintenanceView(slug, streams.zone_of(stream), stream.zone, time_of(at), every, planned)


def running_on(slug: str, name: str) -> int:
    """The newest window that is in force now for this server alone. Raises NotFound without one."""
    with reading() as session:
        stream, server = streams.server(session, slug, name)
        tick = present(stream)
        mine = [one for one in still_planned(session, stream) if one.servers == (server.name,)]
    running = [one.id for one in mine if policy.occurrences(one, tick, tick + 1)]
    if not running:
        raise NotFound(
            f"No maintenance runs on {name} alone. What is for several servers ends on the page Maintenance."
        )
    return running[-1]


def standing() -> tuple[int, int, tuple[str, ...]]:
    """How many windows are planned on all streams, how many are in force now, and zones that nobody knows here."""
    with reading() as session:
        every = [
            (one, present(stream))
            for stream in stream_rows.all_streams(session)
            for one in still_planned(session, stream)
        ]
    running = sum(bool(policy.occurrences(one, tick, tick + 1)) for one, tick in every)
    return len(every), running, tuple(sorted({one.zone for one, _ in every if not zones.is_known(one.zone)}))


def present(stream: Stream) -> int:
    """The tick that a stream is in: of a set clock its newest one, of a live one the wall clock's."""
    if Source(stream.source).live:
        return int(now().timestamp() // TICK_SECONDS)
    return stream.anchor_tick if stream.tick is None else max(stream.tick, stream.anchor_tick)


def acts_from(stream: Stream) -> int:
    """The first tick that a change made now can touch: nothing of it is stored yet, or only observed."""
    return present(stream) if Source(stream.source).live else present(stream) + 1


def still_planned(session: Session, stream: Stream) -> list[Planned]:
    """Windows of a stream that are neither ended nor over."""
    return _planned(session, stream, present(stream))


def lane(server: Asset) -> Lane:
    """A server as the calendar sees it."""
    return Lane(server.name, server.profile, tuple((start, length) for start, length in server.maintenance))


def planned(row: MaintenanceWindow) -> Planned:
    """A row as the policies see it."""
    assert row.id is not None
    return Planned(
        row.id, row.title, row.profile, tuple(row.servers), row.zone, _when(row), row.from_tick, row.until_tick,
        row.created_by, row.created_at,
    )  # fmt: skip


def _when(row: MaintenanceWindow) -> Weekly | Once:
    if row.start_at is not None and row.end_at is not None:
        return Once(row.start_at, row.end_at)
    assert row.start_minute is not None and row.minutes is not None and row.first_day is not None, "a weekly window"
    return Weekly(tuple(row.days), row.start_minute, row.minutes, row.first_day, row.last_day)


def _acting(session: Session, stream_id: int, first: int, end: int, known_at: datetime | None = None) -> list[Planned]:
    since = time_of(first)
    found = rows.acting(session, stream_id, (first, end - 1), since, (since - _REACH).date())
    known = [one for one in found if known_at is None or one.created_at <= known_at]
    return _named(session, stream_id, [_as_known(one, known_at) for one in known])


def _named(session: Session, stream_id: int, found: list[Planned]) -> list[Planned]:
    """Windows with the present names of their servers, which may have been renamed or merged since."""
    if not any(one.servers for one in found):
        return found
    present_names = dependencies.names(session, stream_id)
    return [
        replace(one, servers=tuple(dict.fromkeys(present_names.get(name, name) for name in one.servers)))
        for one in found
    ]


def _as_known(row: MaintenanceWindow, known_at: datetime | None) -> Planned:
    """A window that was ended later than `known_at` had no end then."""
    if known_at is not None and row.ended_at is not None and row.ended_at > known_at:
        return planned(MaintenanceWindow(**(row.model_dump() | {"until_tick": None})))
    return planned(row)


def _planned(session: Session, stream: Stream, tick: int) -> list[Planned]:
    assert stream.id is not None
    found = rows.planned(session, stream.id, time_of(tick), (time_of(tick) - _REACH).date())
    lasting = [one for one in map(planned, found) if not policy.is_over(one, tick)]
    return _named(session, stream.id, lasting)
