"""Driving a set clock: leases, and writing each tick with everything that belongs to it.

Only the holder of the newest fence may write; a driver that was paused and outlived by another
finds its fence stale inside the transaction and stops without having written anything.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from ml.contracts import Floats, Injection, Upkeep
from ml.schema import METRIC_NAMES
from ml.streams.fleet import LONGEST_LAG
from webapp.core import dispatch
from webapp.core.clock import now
from webapp.core.db import Session, reading
from webapp.core.errors import Conflict
from webapp.core.events import Event, EventKind
from webapp.core.jobs import BreachScan, ForecastRun, Job, PlaybackRun, RisksJudge
from webapp.core.models.assets import Asset
from webapp.core.models.streams import Stream
from webapp.core.models.telemetry import TelemetryBatch
from webapp.core.policies import clocks
from webapp.core.repositories import assets as asset_rows
from webapp.core.repositories import forecasts, playbacks, telemetry, thresholds
from webapp.core.repositories import scenarios as scenario_rows
from webapp.core.repositories import streams as stream_rows
from webapp.core.services import experiments, maintenance
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.streams import Source

LEASE = timedelta(seconds=8)
FORECAST_GRACE = timedelta(seconds=5)
RETRY_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Held:
    """A claimed playback: its stream, its recorded file if any, and the fence to write under."""

    playback_id: int
    stream_id: int
    fence: int
    path: str | None


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a driven stream stands: its newest tick, when the next is due, what is injected into it and which
    maintenance that people planned it has."""

    tick: int | None
    next_tick: int
    due_at: datetime
    paused: bool
    forecast: bool
    ended: bool
    injections: tuple[Injection, ...]
    twins: tuple[str, ...]
    upkeep: tuple[Upkeep, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive ticks of every server. `values` [K, N, M]; `twin_values` [K, k, M] for the servers named
    in `twins`, as if nothing had been injected."""

    first: int
    names: tuple[str, ...]
    values: Floats
    twins: tuple[str, ...] = ()
    twin_values: Floats | None = None

    @property
    def last(self) -> int:
        return self.first + len(self.values) - 1


def claim(playback_id: int, owner: str) -> Held | None:
    """Take the lease, None while another driver holds it or the playback is over."""
    with unit_of_work() as uow:
        fence = playbacks.claim(uow.session, playback_id, owner, now(), now() + LEASE)
        row = playbacks.by_id(uow.session, playback_id)
        if fence is None or row is None:
            return None
        return Held(playback_id, row.stream_id, fence, row.path)


def renew(held: Held) -> bool:
    """Extend the lease; False when it was lost."""
    with unit_of_work() as uow:
        return playbacks.renew(uow.session, held.playback_id, held.fence, now() + LEASE)


def release(held: Held) -> None:
    """Give the lease back, so that the next driver need not wait for its end."""
    with unit_of_work() as uow:
        playbacks.renew(uow.session, held.playback_id, held.fence, None)


def source(held: Held) -> Stream:
    """The stream that a lease drives."""
    with reading() as session:
        row = stream_rows.by_id(session, held.stream_id)
        assert row is not None, "a playback belongs to a stream"
        return row


def turn(held: Held) -> Turn:
    """Where the stream stands now."""
    with reading() as session:
        row = stream_rows.by_id(session, held.stream_id)
        assert row is not None, "a playback belongs to a stream"
        following = row.history_tick if row.tick is None else row.tick + 1
        injections, twins = _injected(session, row, following)
        return Turn(
            row.tick, following, clocks.due_at(row.anchor_tick, row.anchor_at, row.speed, following), row.paused,
            row.tick is None or forecasts.run_at(session, held.stream_id, row.tick) is not None,
            row.end_tick is not None and following > row.end_tick, injections, twins,
            maintenance.upkeep(session, row, following),
        )  # fmt: skip


def _injected(session: Session, row: Stream, tick: int) -> tuple[tuple[Injection, ...], tuple[str, ...]]:
    """What acts on `tick`, a cascade's late followers included, and the servers that need a twin there."""
    assert row.id is not None
    acting = scenario_rows.effective(session, row.id, tick - LONGEST_LAG)
    running = [one for one in acting if one.status in scenario_rows.ALIVE and one.start_tick <= tick]
    injections = tuple(experiments.injection(one, row.epoch_tick) for one in acting)
    return injections, tuple(dict.fromkeys(name for one in running for name in one.assets))


def settle(held: Held, assets: Sequence[Asset]) -> None:
    """Create a driven stream's servers, once."""
    with unit_of_work() as uow:
        _check(uow.session, held)
        if asset_rows.count(uow.session, held.stream_id) == 0:
            for asset in assets:
                uow.session.add(asset)
            uow.emit(Event(EventKind.STREAM_CHANGED, held.stream_id))


def write(held: Held, block: Block, *, played: Turn | None = None) -> bool:
    """Store consecutive ticks and move the stream's clock on.

    `played` is the turn that the block was computed for; without one the block is history. Returns False, and
    stores nothing, when a scenario was started or stopped, or maintenance planned, since that turn was taken.
    Raises Conflict when the lease was lost: nothing is stored then either.
    """
    with unit_of_work() as uow:
        _check(uow.session, held)
        stream = stream_rows.by_id(uow.session, held.stream_id, lock=True)
        assert stream is not None, "a playback belongs to a stream"
        if played and not _as_played(uow.session, stream, played, block.first):
            return False
        _store(uow, stream, block)
        _advance(stream, block.last)
        uow.session.add(stream)
        if played:
            experiments.follow(uow, stream, block.names, block.values)
        if block.last >= stream.anchor_tick:
            uow.enqueue(ForecastRun(held.stream_id, block.last))
        uow.enqueue(BreachScan(held.stream_id))
        uow.emit(Event(EventKind.TELEMETRY_STORED, held.stream_id, str(block.last)))
        return True


def _as_played(session: Session, stream: Stream, played: Turn, tick: int) -> bool:
    """Whether what acts on a tick is what its block was computed with."""
    now_injected = _injected(session, stream, tick) == (played.injections, played.twins)
    return now_injected and maintenance.upkeep(session, stream, tick) == played.upkeep


def _store(uow: UnitOfWork, stream: Stream, block: Block) -> None:
    assert stream.id is not None
    ids = {asset.name: asset.id for asset in asset_rows.of_stream(uow.session, stream.id)}
    rows = _rows([ids[name] for name in block.names], block.first, block.values)
    batch = TelemetryBatch(
        stream_id=stream.id, first_tick=block.first, last_tick=block.last, rows=len(rows), source="playback",
        stored_at=now(),
    )  # fmt: skip
    telemetry.insert(uow.session, batch, rows)
    experiments.store_twins(uow.session, block.first, [ids[name] for name in block.twins], block.twin_values)


def _check(session: Session, held: Held) -> None:
    if not playbacks.renew(session, held.playback_id, held.fence, now() + LEASE):
        raise Conflict("Another driver took over this playback.")


def _advance(row: Stream, tick: int) -> None:
    """Move the newest tick on. A clock that fell behind by more than a tick runs on from now."""
    row.tick = tick
    if tick >= row.anchor_tick:
        due = clocks.due_at(row.anchor_tick, row.anchor_at, row.speed, tick)
        late = (now() - due).total_seconds() > clocks.interval(row.speed)
        row.anchor_tick, row.anchor_at = tick, now() if late or due > now() else due


def _rows(ids: Sequence[int | None], first: int, values: Floats) -> list[dict[str, Any]]:
    """Wide rows of the values [K, N, M]; a server without any value at a tick has no row."""
    seen = np.isfinite(values).any(axis=2)
    plain = np.where(np.isfinite(values), values, np.nan).astype(float).tolist()
    return [
        {"asset_id": ids[at], "tick": first + step} | _metrics(plain[step][at])
        for step, at in zip(*(axis.tolist() for axis in np.nonzero(seen)), strict=True)
    ]


def _metrics(values: Sequence[float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in zip(METRIC_NAMES, values, strict=True)}


def finish(held: Held, note: str) -> None:
    """The recorded file has ended: nobody needs to drive this stream any more."""
    with unit_of_work() as uow:
        _check(uow.session, held)
        row = playbacks.by_id(uow.session, held.playback_id)
        assert row is not None, "the lease was checked above"
        row.finished_at, row.note, row.lease_until_at = now(), note, None
        uow.session.add(row)
        uow.emit(Event(EventKind.STREAM_CHANGED, held.stream_id))


def fail(held: Held, note: str) -> None:
    """Keep a sentence about why driving failed; the next try comes after a pause."""
    with unit_of_work() as uow:
        row = playbacks.by_id(uow.session, held.playback_id)
        if row is not None and row.fence == held.fence:
            row.note, row.lease_until_at = note, now() + RETRY_AFTER
            uow.session.add(row)


def reconcile() -> int:
    """Send again what a crash swallowed: playbacks that nobody drives, ticks that nobody forecast, risks that nobody
    judged by the thresholds that hold now.

    A queue that still holds messages is left alone: they may be the very ones. Returns how many jobs were sent.
    """
    with reading() as session:
        lost = [PlaybackRun(one.id) for one in playbacks.orphans(session, now()) if one.id is not None]
        late = [row for row in stream_rows.all_streams(session) if _unforecast(session, row)]
        unjudged = [RisksJudge(one) for one in thresholds.owing(session, now() - FORECAST_GRACE)]
    waiting: list[Job] = [ForecastRun(row.id, row.tick) for row in late if row.id is not None and row.tick is not None]
    waiting += unjudged
    owed: list[Job] = [*(lost if _empty("playback") else ()), *(waiting if _empty("inference") else ())]
    for job in owed:
        dispatch.send(job)
    return len(owed)


def _empty(queue: str) -> bool:
    waiting, delayed, _ = dispatch.queue_sizes(queue)
    return waiting + delayed == 0


def _unforecast(session: Session, row: Stream) -> bool:
    if row.id is None or row.tick is None:
        return False
    if row.tick < row.anchor_tick and not Source(row.source).live:
        return False  # its history is still being filled
    if now() - row.anchor_at < FORECAST_GRACE:
        return False
    return forecasts.run_at(session, row.id, row.tick) is None
