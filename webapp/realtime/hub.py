"""The one place of a web process where events arrive, and from which the views are rewritten.

    broker's event stream ------------------------------> tell --> desks --> writers
    database, each second: what differs from the shown --> tell

State modules supply writers, `async def write(slug, events)`, and main registers them. The
broker may go away: the look at the database each second keeps the views alive, `link` says
since when, and reading resumes after the last id that was seen.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import redis

from webapp.core import dispatch
from webapp.core.clock import now
from webapp.core.events import Event, EventKind
from webapp.core.logging import get_logger
from webapp.core.services import streams
from webapp.core.views.streams import StreamView
from webapp.realtime import snapshot
from webapp.realtime.desk import Desk, Writer

LOOK_EVERY = 1.0
BEAT_EVERY = 3.0
HEARTBEAT = "forewarn:heartbeat:web"
HEARTBEAT_MS = 15_000
SHOWN = frozenset(EventKind) - {EventKind.TELEMETRY_STORED, EventKind.AUDIT_WRITTEN, EventKind.INCIDENT_CHANGED}
"""Kinds that change a fleet's view; an observation by itself is followed by its forecast."""
WITH_INCIDENTS = SHOWN | {EventKind.INCIDENT_CHANGED}
"""Kinds that change a view which shows incidents."""
MEASURED = frozenset({EventKind.TRUTH_SCORED, EventKind.MODEL_CHANGED})
"""Kinds after which what was measured is another."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
log = get_logger(__name__)


@dataclass(slots=True)
class Link:
    """What this process cannot reach, and since when."""

    broker_down_at: datetime | None = None
    database_down_at: datetime | None = None


link = Link()


class Hub:
    """Reads events, looks at the streams, runs the writers. One per process."""

    def __init__(self) -> None:
        self._desks: list[Desk] = []
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="events")

    def register(self, write: Writer, kinds: frozenset[EventKind] = SHOWN) -> None:
        """Run `write` for each stream that had an event of these kinds, went stale or recovered."""
        self._desks.append(Desk(write, kinds))

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for duty in (self._consume(), self._look(), _beat(), *(desk.serve() for desk in self._desks)):
                group.create_task(duty)

    async def _consume(self) -> None:
        last = ""
        while True:
            try:
                last, events = await self._read(last)
            except (redis.RedisError, OSError) as error:
                self._broker(now(), str(error))
                await asyncio.sleep(LOOK_EVERY)
            else:
                self._broker(None)
                if events:
                    await self._refresh(events)

    async def _read(self, last: str) -> tuple[str, Sequence[Event]]:
        loop = asyncio.get_running_loop()
        if not last:
            return await loop.run_in_executor(self._reader, dispatch.last_event_id), ()
        return await loop.run_in_executor(self._reader, dispatch.read_events, last)

    async def _look(self) -> None:
        while True:
            await self._refresh(())
            await asyncio.sleep(LOOK_EVERY)

    async def _refresh(self, events: Sequence[Event]) -> None:
        """Read the streams, and tell of each that had an event or is not as the views show it."""
        try:
            fresh = await asyncio.to_thread(streams.streams)
        except Exception as error:  # noqa: BLE001 - whatever the driver raises: the views say so, the next look retries
            self._database(now(), repr(error))
            return
        shown = {one.slug: one for one in snapshot.kept_streams()}
        snapshot.keep_streams(fresh)
        self._database(None)
        for one in fresh:
            mine = [event for event in events if event.stream_id in (one.id, None)]
            if mine or one.slug not in shown or _lasting(one) != _lasting(shown[one.slug]):
                self._tell(one.slug, mine)

    def _tell(self, slug: str, events: Sequence[Event]) -> None:
        if any(one.kind in MEASURED for one in events):
            snapshot.forget_measured(slug)
        concerned = [desk for desk in self._desks if desk.is_for(events)]
        if concerned:
            snapshot.forget(slug)
        for desk in concerned:
            desk.put(slug, events)

    def _tell_all(self) -> None:
        for stream in snapshot.kept_streams():
            self._tell(stream.slug, ())

    def _broker(self, down_at: datetime | None, error: str = "") -> None:
        if (link.broker_down_at is None) != (down_at is None):
            link.broker_down_at = down_at
            log.warning("The broker does not answer." if down_at else "The broker answers.", extra={"error": error})
            self._tell_all()

    def _database(self, down_at: datetime | None, error: str = "") -> None:
        if (link.database_down_at is None) != (down_at is None):
            link.database_down_at = down_at
            log.warning("The database does not answer." if down_at else "The database answers.", extra={"error": error})
            self._tell_all()


def _lasting(view: StreamView) -> StreamView:
    """The view without what moves by itself: wall time of a live clock."""
    return replace(view, clock=replace(view.clock, at=_EPOCH, wall_at=_EPOCH)) if view.clock.live else view


async def _beat() -> None:
    """Say every few seconds that this web process is alive."""
    while True:
        try:
            await asyncio.to_thread(dispatch.broker_client().set, HEARTBEAT, now().isoformat(), px=HEARTBEAT_MS)
        except (redis.RedisError, OSError):
            log.debug("No heartbeat: the broker does not answer.")
        await asyncio.sleep(BEAT_EVERY)


hub = Hub()
