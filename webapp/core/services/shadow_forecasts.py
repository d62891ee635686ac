"""Forecasts of shadows: made after the champion's, of the servers that it forecast, in a process that yields to it.

Nothing waits for them. The newest full hour wins; older ones are noted as passed over. They lie in a table of their
own, and are stored in slices so that no cycle of a champion waits long for the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ml.contracts import Forecast, Method, Window
from ml.schema import HORIZON, TICKS_PER_HOUR
from webapp.core.clock import monotonic, now
from webapp.core.db import Session, reading
from webapp.core.events import Event, EventKind
from webapp.core.models.assets import Asset
from webapp.core.models.model_versions import ModelVersion
from webapp.core.models.shadows import Shadow
from webapp.core.models.streams import Stream
from webapp.core.policies import fans
from webapp.core.policies import shadows as policy
from webapp.core.repositories import assets, live_scores, locks, model_versions, streams
from webapp.core.repositories import forecasts as champion_rows
from webapp.core.repositories import shadows as rows
from webapp.core.services import forecasts
from webapp.core.services.windows import HistoryCache
from webapp.core.uow import unit_of_work

_SLICE = 200


@dataclass(frozen=True, slots=True)
class ShadowOrigin:
    """One shadow's next forecast: of the `asked` servers that the champion forecast itself at `tick`, those that it
    has not forecast yet; it has `made` the others. On a live stream servers report one by one."""

    shadow_id: int
    stream_id: int
    tick: int
    version: ModelVersion
    asked: int
    made: int
    asset_ids: tuple[int, ...]
    window: Window


def owed(stream_id: int) -> bool:
    """Whether some shadow has an origin to forecast."""
    with reading() as session:
        return any(_owed(session, one)[1].origin is not None for one in rows.active(session, stream_id))


def open_origins(stream_id: int, cache: HistoryCache) -> list[ShadowOrigin]:
    """What a stream's shadows have to forecast now; what they passed over is noted."""
    found: list[ShadowOrigin] = []
    passed: list[dict[str, object]] = []
    with reading() as session:
        stream = streams.by_id(session, stream_id)
        for shadow in rows.active(session, stream_id):
            _, work = _owed(session, shadow)
            passed += [_passed(shadow, tick) for tick in work.passed]
            if stream is not None and work.origin is not None:
                found.append(_origin(session, stream, shadow, work.origin, cache))
    if passed:
        with unit_of_work() as uow:
            rows.store_skipped(uow.session, passed)
    return found


def _owed(session: Session, shadow: Shadow) -> tuple[dict[int, int], policy.Owed]:
    stream = streams.by_id(session, shadow.stream_id)
    last = 0 if stream is None or stream.tick is None else stream.tick - stream.tick % TICKS_PER_HOUR
    first = max(shadow.since_tick + 1, last - policy.LOOK_BACK)
    hours = list(champion_rows.hourly_origins(session, shadow.stream_id, first, last))
    made: dict[int, int] = {}
    for tick, _, count in champion_rows.counts(session, shadow.stream_id, hours, Method.CHAMPION.value):
        made[tick] = made.get(tick, 0) + count
    runs = rows.runs(session, shadow.stream_id, shadow.model_version_id, first)
    done = {one.tick: one.servers for one in runs}
    return made, policy.owed(made, done, shadow.since_tick, shadow.until_tick)


def _passed(shadow: Shadow, tick: int) -> dict[str, object]:
    return {
        "stream_id": shadow.stream_id, "model_version_id": shadow.model_version_id, "tick": tick, "servers": 0,
        "forecast": 0, "skipped": True, "made_at": now(), "duration_ms": 0.0,
    }  # fmt: skip


def _origin(session: Session, stream: Stream, shadow: Shadow, tick: int, cache: HistoryCache) -> ShadowOrigin:
    assert stream.id is not None and shadow.id is not None
    every = assets.of_stream(session, stream.id)
    ids = [_id(asset) for asset in every]
    served = champion_rows.fans_at(session, ids, tick)
    own = [at for at, one in enumerate(ids) if one in served and served[one].method == Method.CHAMPION.value]
    found = rows.fans_at(session, ids, tick)
    made = {one.asset_id for one in found if one.model_version_id == shadow.model_version_id}
    chosen = [at for at in own if ids[at] not in made]
    values, week = cache.upto(session, ids, tick)
    window = forecasts.window_of(session, [every[at] for at in chosen], values[chosen], week[chosen], tick)
    version = model_versions.by_id(session, shadow.model_version_id)
    assert version is not None, "a version is never removed"
    asset_ids = tuple(ids[at] for at in chosen)
    return ShadowOrigin(shadow.id, stream.id, tick, version, len(own), len(made), asset_ids, window)


def store(origin: ShadowOrigin, forecast: Forecast, started: float) -> None:
    """Keep a shadow's own forecasts, not what a baseline stands in for, and how the origin went."""
    blobs, made_at = fans.pack(forecast.quantiles), now()
    own = [at for at, method in enumerate(forecast.methods) if method is Method.CHAMPION]
    for start in range(0, len(own), _SLICE):
        with unit_of_work() as uow:
            rows.store(uow.session, [_row(origin, at, blobs, made_at) for at in own[start : start + _SLICE]])
    run = {
        "stream_id": origin.stream_id, "model_version_id": origin.version.id, "tick": origin.tick,
        "servers": origin.asked, "forecast": origin.made + len(own), "skipped": False, "made_at": made_at,
        "duration_ms": (monotonic() - started) * 1000,
    }  # fmt: skip
    first = origin.tick + TICKS_PER_HOUR
    with unit_of_work() as uow:
        locks.take(uow.session, live_scores.lock(origin.stream_id))
        rows.store_run(uow.session, run)
        if own or origin.made:
            live_scores.reopen(uow.session, origin.stream_id, first, origin.tick + HORIZON)


def _row(origin: ShadowOrigin, at: int, blobs: Sequence[bytes], made_at: object) -> dict[str, object]:
    return {
        "asset_id": origin.asset_ids[at], "tick": origin.tick, "model_version_id": origin.version.id,
        "input_hash": forecasts.input_hash(origin.window, at), "made_at": made_at, "fan": blobs[at],
    }  # fmt: skip


def give_up(origin: ShadowOrigin, why: str) -> None:
    """End the stretch of a candidate that cannot be loaded; a guard goes on: nobody else watches its promotion."""
    with unit_of_work() as uow:
        for one in rows.active(uow.session, origin.stream_id):
            if one.id == origin.shadow_id and one.why == policy.Why.CANDIDATE:
                rows.end(uow.session, one, now(), "", f"it cannot be loaded: {why}", {})
                uow.emit(Event(EventKind.MODEL_CHANGED, origin.stream_id))


def _id(asset: Asset) -> int:
    assert asset.id is not None, "a stored asset has an id"
    return asset.id
