"""Streams: what there is, how its clock runs, and the safety lever. Every change is audited."""

from datetime import datetime

from ml.schema import MIN_HISTORY, TICKS_PER_DAY, TICKS_PER_WEEK, Profile
from webapp.core.clock import now, tick_of, time_of
from webapp.core.db import Session, reading
from webapp.core.errors import Conflict, FieldError, Invalid, NotFound
from webapp.core.events import Event, EventKind
from webapp.core.jobs import MOST_DRIVEN, PlaybackRun
from webapp.core.models.assets import Asset
from webapp.core.models.forecasts import ForecastRun
from webapp.core.models.playbacks import Playback
from webapp.core.models.streams import Stream
from webapp.core.policies import clocks, zones
from webapp.core.policies.maintenance_requests import unknown_zone
from webapp.core.policies.streams import slug_problem
from webapp.core.repositories import assets, forecasts, model_versions
from webapp.core.repositories import playbacks as playback_rows
from webapp.core.repositories import streams as stream_rows
from webapp.core.services import audit, champions
from webapp.core.settings import settings
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.streams import ClockView, Source, StreamView

DEMO = "fleet-demo"
_MONDAY = 4 * TICKS_PER_DAY


def streams() -> tuple[StreamView, ...]:
    """Every stream."""
    with reading() as session:
        return tuple(view(session, row) for row in stream_rows.all_streams(session))


def stream(slug: str) -> StreamView:
    """One stream. Raises NotFound."""
    with reading() as session:
        return view(session, find(session, slug))


def find(session: Session, slug: str, *, lock: bool = False) -> Stream:
    """The row of a stream, `lock`ed against its driver until the transaction ends. Raises NotFound."""
    row = stream_rows.by_slug(session, slug, lock=lock)
    if row is None:
        raise NotFound(f"There is no stream called {slug}. Pick one from the list in the top bar.")
    return row


def server(session: Session, slug: str, name: str) -> tuple[Stream, Asset]:
    """The rows of a stream and of the server that a name means, by a former name too. Raises NotFound."""
    stream = find(session, slug)
    assert stream.id is not None
    asset = assets.by_name(session, stream.id, name)
    if asset is None:
        raise NotFound(f"{slug} has no server called {name}. Pick one from the fleet page.")
    return stream, asset


def view(session: Session, row: Stream) -> StreamView:
    """What the pages say of a stream."""
    assert row.id is not None
    run, slot = forecasts.newest_run(session, row.id), model_versions.slot(session, row.id)
    made_by = run.model_version_id if run else slot.model_version_id if slot else None
    version = None if made_by is None else model_versions.by_id(session, made_by)
    history = 0 if row.tick is None else min(MIN_HISTORY, row.tick - row.history_tick + 1)
    made_at, watched = run.made_at if run else None, assets.count(session, row.id)
    stale = watched > 0 and is_stale(row, made_at)  # once all are retired, nobody is waited for
    return StreamView(
        id=row.id, slug=row.slug, kind=row.kind, source=Source(row.source), clock=clock_view(row),
        servers=watched or row.servers, forecast=_forecast(session, row, run),
        history=history, needed=_needed(session, row.id),
        model=version.model if version else "none", version=version.version if version else "",
        origin_at=time_of(run.tick) if run else None, made_at=made_at,
        stale_since=made_at if stale else None,
        injection_allowed=row.injection_stopped_at is None,
        injection_stopped_by=row.injection_stopped_by, injection_reason=row.injection_reason, zone=zone_of(row),
        trouble=(slot.trouble if slot else None) or "",
    )  # fmt: skip


def _needed(session: Session, stream_id: int) -> int:
    """Ticks until the champion serves somebody: one with a profile at once, others after an hour."""
    return 1 if assets.has_profile(session, stream_id, Profile.UNKNOWN) else MIN_HISTORY


def _forecast(session: Session, row: Stream, run: ForecastRun | None) -> int:
    """Servers with a forecast younger than two ticks; on a live stream they have origins of their own."""
    if run is None or row.id is None:
        return 0
    if not Source(row.source).live:
        return run.forecast
    return forecasts.fresh_count(session, row.id, tick_of(now()) - clocks.STALE_TICKS)


def clock_view(row: Stream) -> ClockView:
    """The clock of a stream; a live one shows wall time."""
    live = Source(row.source).live
    if live:
        return ClockView(at=now(), wall_at=now(), speed=1, paused=False, live=True)
    recorded = Source(row.source) is Source.REPLAY
    return ClockView(time_of(row.anchor_tick), row.anchor_at, row.speed, row.paused, live=False, recorded=recorded)


def zone_of(row: Stream) -> str:
    """The zone in which a stream's maintenance is planned: its own, else the installation's."""
    return row.zone or settings().zone


def is_stale(row: Stream, made_at: datetime | None) -> bool:
    """Whether a stream that should be forecast by now is not."""
    if made_at is None or row.paused or (row.end_tick is not None and row.tick == row.end_tick):
        return False
    return (now() - made_at).total_seconds() > clocks.stale_after(row.speed, Source(row.source).live)


def ensure_demo(at: datetime | None = None) -> None:
    """Create the simulated fleet at first start: history for some days, then the clock runs on from now.

    `at` is the stream's time at the start, now by default. At every start, streams that serve a shipped model
    follow the release.
    """
    with unit_of_work() as uow:
        champions.follow_release(uow)
        if settings().demo and stream_rows.by_slug(uow.session, DEMO) is None:
            first_shown = tick_of(at or now())
            start = first_shown - settings().demo_days * TICKS_PER_DAY
            monday = start - (start - _MONDAY) % TICKS_PER_WEEK
            row = _new(DEMO, Source.SIMULATED, (monday, start, first_shown), settings().demo_speed)
            row.seed, row.servers = settings().demo_seed, settings().demo_servers
            _start(uow, row, None)
            detail = {"servers": row.servers, "speed": row.speed, "seed": row.seed}
            audit.record(uow, "forewarn", "create", "stream", DEMO, "the demo fleet of a first start", detail)


def create_replay(slug: str, path: str, servers: int, ticks: tuple[int, int, int], speed: float, by: str) -> StreamView:
    """A stream that replays a recorded file: `ticks` are its first, the one to play from, and its last."""
    first, start, last = ticks
    if problem := slug_problem(slug):
        raise Invalid(problem, (FieldError("stream", problem),))
    with unit_of_work() as uow:
        if playback_rows.driven(uow.session) >= MOST_DRIVEN:
            raise Conflict(f"{MOST_DRIVEN} streams are played already, as many as one worker drives.")
        if stream_rows.by_slug(uow.session, slug) is not None:
            raise Conflict(f"A stream called {slug} exists already. Name another with --stream.")
        row = _new(slug, Source.REPLAY, (first, first, start), check_speed(speed))
        row.servers, row.end_tick = servers, last
        _start(uow, row, path)
        audit.record(uow, by, "create", "stream", slug, "", {"file": path, "servers": servers, "speed": speed})
        return view(uow.session, row)


def ensure_live(session: Session, slug: str, source: Source) -> Stream:
    """The live stream of that name, made when it is new."""
    row = stream_rows.by_slug(session, slug)
    if row is None:
        row = _new(slug, source, (tick_of(now()),) * 3, 1)
        session.add(row)
        session.flush()
        assert row.id is not None
        champions.fill_slot(session, row.id, "system")
    return row


def _new(slug: str, source: Source, ticks: tuple[int, int, int], speed: float) -> Stream:
    epoch, history, anchor = ticks
    return Stream(
        slug=slug, source=source.value, epoch_tick=epoch, history_tick=history, anchor_tick=anchor, anchor_at=now(),
        speed=speed, created_at=now(),
    )  # fmt: skip


def _start(uow: UnitOfWork, row: Stream, path: str | None) -> None:
    uow.session.add(row)
    uow.session.flush()
    assert row.id is not None
    champions.fill_slot(uow.session, row.id, "system")
    playback = Playback(stream_id=row.id, path=path)
    uow.session.add(playback)
    uow.session.flush()
    assert playback.id is not None
    uow.enqueue(PlaybackRun(playback.id))
    uow.emit(Event(EventKind.STREAM_CHANGED, row.id, row.slug))


def set_speed(slug: str, speed: float, by: str) -> StreamView:
    """Let a set clock run at another speed from where it is. 0 is `max`."""
    check_speed(speed)
    with unit_of_work() as uow:
        row = _settable(uow.session, slug)
        row.anchor_at = clocks.rescaled_anchor(row.anchor_at, row.speed, speed, now())
        row.speed = speed
        return _clock_changed(uow, row, by, "set speed", {"speed": speed})


def pause(slug: str, by: str) -> StreamView:
    """Stop a set clock after the tick that is under way."""
    with unit_of_work() as uow:
        row = _settable(uow.session, slug)
        row.paused = True
        return _clock_changed(uow, row, by, "pause", {})


def resume(slug: str, by: str) -> StreamView:
    """Let a paused clock run on; the next tick is a full interval away."""
    with unit_of_work() as uow:
        row = _settable(uow.session, slug)
        if row.paused:
            row.paused, row.anchor_at = False, now()
        return _clock_changed(uow, row, by, "resume", {})


def set_zone(slug: str, zone: str, by: str) -> StreamView:
    """The zone in which a stream's maintenance is planned from now on; "" is the installation's. What is planned keeps
    the zone that it was planned in. Raises Invalid."""
    if zone and not zones.is_known(zone):
        message = unknown_zone(zone)
        raise Invalid(message, (FieldError("zone", message),))
    with unit_of_work() as uow:
        row = find(uow.session, slug, lock=True)
        if row.zone == (zone or None):
            return view(uow.session, row)
        row.zone = zone or None
        uow.session.add(row)
        audit.record(uow, by, "set zone", "stream", slug, "", {"zone": zone or f"the installation's, {zone_of(row)}"})
        uow.emit(Event(EventKind.STREAM_CHANGED, row.id, slug))
        return view(uow.session, row)


def _settable(session: Session, slug: str) -> Stream:
    row = find(session, slug, lock=True)
    if Source(row.source).live:
        raise Conflict(f"{slug} runs on wall time; only simulated and replayed streams have a clock to set.")
    return row


def _clock_changed(uow: UnitOfWork, row: Stream, by: str, action: str, detail: dict[str, object]) -> StreamView:
    uow.session.add(row)
    audit.record(uow, by, action, "stream", row.slug, "", detail)
    uow.emit(Event(EventKind.CLOCK_CHANGED, row.id, row.slug))
    return view(uow.session, row)


def check_speed(speed: float) -> float:
    """The speed itself. Raises Invalid outside of 1 to 240; 0 is `max`."""
    if speed == 0 or 1 <= speed <= clocks.FASTEST:
        return speed
    message = f"The speed must be between 1 and {clocks.FASTEST:g}, or max."
    raise Invalid(message, (FieldError("speed", message),))


def read_speed(text: str) -> float:
    """A speed as a person or a button says it. Raises Invalid."""
    try:
        return check_speed(float(text))
    except ValueError:
        return check_speed(-1)


def driver_of(session: Session, row: Stream) -> Playback | None:
    """The playback that drives a stream."""
    assert row.id is not None
    return playback_rows.of_stream(session, row.id)
