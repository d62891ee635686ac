"""Incidents as the pages, the API and the command line read them. What finds them is `services/breaches.py`."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ml.schema import METRIC_INDEX, METRICS, TICK_SECONDS
from webapp.core import clock
from webapp.core.clock import tick_of, time_of
from webapp.core.db import Session, reading
from webapp.core.errors import FieldError, Invalid
from webapp.core.models.assets import Asset
from webapp.core.models.incidents import Incident
from webapp.core.models.streams import Stream
from webapp.core.policies.audit import harmless
from webapp.core.policies.clocks import STALE_TICKS
from webapp.core.repositories import assets
from webapp.core.repositories import incidents as rows
from webapp.core.repositories import streams as stream_rows
from webapp.core.services import breaches, streams
from webapp.core.views.incidents import (
    IncidentList,
    IncidentSnapshot,
    IncidentState,
    IncidentView,
    Judging,
    Shown,
    Wanted,
)
from webapp.core.views.streams import Source

MOST_NAMED = 3
"""Open incidents that the page's sentence may name."""
MOST_LISTED = 500
MOST_EXPORTED = 100_000
_SLICE = 1000
_ALL = Wanted()
COLUMNS = (
    "id", "server", "profile", "metric", "unit", "threshold", "start_at", "end_at", "minutes", "peak", "peak_at",
    "state", "in_maintenance", "in_history", "scenario", "opened_at", "closed_at",
)  # fmt: skip


def snapshot(slug: str, wanted: Wanted, offset: int, limit: int) -> IncidentSnapshot:
    """A page of a stream's incidents, and what holds for all of them. Raises NotFound."""
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        counted, maintained = rows.open_counts(session, stream.id)
        scan = rows.scan_of(session, stream.id)
        now = _now(stream)
        return IncidentSnapshot(
            stream=streams.view(session, stream), at=None if now is None else time_of(now),
            incidents=_views(stream, rows.page(session, stream.id, wanted, offset, limit)),
            matching=rows.count(session, stream.id, wanted),
            open=_views(stream, rows.open_ones(session, stream.id, MOST_NAMED)),
            open_count=counted, open_maintenance=maintained,
            ended=rows.count(session, stream.id, Wanted(Shown.ENDED)),
            last_ended=next(iter(_views(stream, rows.ended_last(session, stream.id))), None),
            judged_at=None if scan is None else time_of(scan.tick),
            profiles=tuple(sorted({one.profile for one in assets.of_stream(session, stream.id)})),
        )  # fmt: skip


def listed(slug: str, wanted: Wanted = _ALL, cursor: str | None = None, limit: int = 50) -> IncidentList:
    """Matching incidents, the newest start first, behind a cursor. Raises NotFound, and Invalid for a wrong cursor."""
    place = None if cursor is None else _place(cursor)
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        found = rows.after(session, stream.id, wanted, place, limit + 1)
        last = found[limit - 1][0] if len(found) > limit else None
        following = None if last is None else f"{last.start_tick}-{last.id}"
        return IncidentList(_views(stream, found[:limit]), following)


def _place(cursor: str) -> tuple[int, int]:
    tick, _, number = cursor.partition("-")
    if not (tick.isascii() and tick.isdigit() and number.isascii() and number.isdigit() and len(cursor) < 30):
        message = "The cursor is not one that this address gave. Start without one."
        raise Invalid(message, (FieldError("cursor", message),))
    return int(tick), int(number)


def open_count(slug: str) -> int:
    """Open incidents that a person should look at: those in maintenance do not count. Raises NotFound."""
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        return rows.open_counts(session, stream.id)[0]


def judging() -> tuple[Judging, ...]:
    """How each stream stands: its open incidents, and how far it is judged."""
    with reading() as session:
        return tuple(_judging(session, row) for row in stream_rows.all_streams(session))


def _judging(session: Session, stream: Stream) -> Judging:
    assert stream.id is not None
    scan, last = rows.scan_of(session, stream.id), breaches.newest(session, stream)
    judged = stream.history_tick - 1 if scan is None else scan.tick
    counted, maintained = rows.open_counts(session, stream.id)
    return Judging(stream.slug, counted, maintained, 0 if last is None else max(0, last - judged))


def of_server(session: Session, stream: Stream, server: Asset, since: int, least: int) -> tuple[IncidentView, ...]:
    """A server's incidents that lasted into tick `since` or later, and its newest `least`; open ones first."""
    assert server.id is not None
    return _views(stream, [(row, server) for row in rows.of_asset(session, server.id, since, least)])


def export(slug: str, out: Path, wanted: Wanted = _ALL) -> int:
    """Write matching incidents as CSV; returns how many. Raises Invalid for a folder that is not there."""
    if not out.parent.is_dir():
        raise Invalid(f"The folder {out.parent} does not exist. Create it, or name another file.")
    text, count = as_csv(slug, wanted)
    partial = out.with_name(out.name + ".partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="")
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    return count


def as_csv(slug: str, wanted: Wanted = _ALL) -> tuple[str, int]:
    """Matching incidents as CSV, the newest start first, and how many. Raises NotFound.

    A name that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    file = io.StringIO(newline="")
    table = csv.writer(file)
    table.writerow(COLUMNS)
    count, cursor = 0, None
    while True:
        part = listed(slug, wanted, cursor, _SLICE)
        table.writerows([harmless(_plain(getattr(one, name))) for name in COLUMNS] for one in part.incidents)
        count, cursor = count + len(part.incidents), part.following
        if cursor is None or count >= MOST_EXPORTED:
            return file.getvalue(), count


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else value


def _views(stream: Stream, found: Sequence[tuple[Incident, Asset]]) -> tuple[IncidentView, ...]:
    now = _now(stream) or 0
    return tuple(_view(row, server, now) for row, server in found)


def _now(stream: Stream) -> int | None:
    """The tick that a reader counts from: a live stream's is the last one that began, whether anything came or not."""
    if stream.tick is None or not Source(stream.source).live:
        return stream.tick
    return max(stream.tick, tick_of(clock.now()) - 1)


def _view(row: Incident, server: Asset, now: int) -> IncidentView:
    assert row.id is not None
    silent = row.closed_tick is None and now - row.seen_tick > STALE_TICKS
    end = row.end_tick if row.end_tick is not None else row.seen_tick if silent else now
    return IncidentView(
        id=row.id, server=server.name, profile=server.profile, metric=row.metric,
        unit=METRICS[METRIC_INDEX[row.metric]].unit, threshold=row.threshold, start_at=time_of(row.start_tick),
        end_at=None if row.end_tick is None else time_of(row.end_tick),
        minutes=max(0, end - row.start_tick) * TICK_SECONDS / 60, peak=row.peak, peak_at=time_of(row.peak_tick),
        seen_at=time_of(row.seen_tick), clear_at=None if row.clear_tick is None else time_of(row.clear_tick),
        state=_state(row), silent=silent,
        in_maintenance=row.in_maintenance, in_history=row.in_history,
        scenario=row.scenario_id, opened_at=row.opened_at, closed_at=row.closed_at,
    )  # fmt: skip


def _state(row: Incident) -> IncidentState:
    if row.closed_tick is None:
        return IncidentState.OPEN
    return IncidentState.LOST if row.lost else IncidentState.ENDED
