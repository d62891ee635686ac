"""Delayed truth: every hour of truth is scored once for each version that had forecast it, in whichever role.

A version that no longer serves is scored until its last forecast has matured. An hour's rows are computed from fans
and truth alone, so a job that runs twice writes the same, and one that never ran is made up for. When the feed stops
nothing is scored: what would be due stays overdue. On live streams an hour to which truth came later is scored again;
on all streams one that was scored before a shadow's fans of it came.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ml.contracts import Floats, Method
from ml.runtime import yesterday
from ml.schema import HORIZON, LEAD_BUCKETS, TICKS_PER_DAY, TICKS_PER_HOUR
from webapp.core.clock import monotonic, now, tick_of
from webapp.core.db import Session, reading
from webapp.core.events import Event, EventKind
from webapp.core.models.forecasts import ForecastFan
from webapp.core.models.live_scores import LiveScore
from webapp.core.models.shadows import ShadowForecast
from webapp.core.models.streams import Stream
from webapp.core.policies import fans, truths
from webapp.core.policies import live_scores as policy
from webapp.core.policies.live_scores import CELLS, PAIR, Role
from webapp.core.repositories import assets, forecasts, locks, model_versions, shadows, streams, telemetry
from webapp.core.repositories import live_scores as rows
from webapp.core.services import streams as stream_service
from webapp.core.uow import unit_of_work
from webapp.core.views.live_scores import Compared, Pairing
from webapp.core.views.streams import Source

LOOK_BACK = 3 * TICKS_PER_DAY
"""Ticks within which an hour that was never scored is still made up for."""
_LATE = TICKS_PER_DAY
_BUDGET_S = 30.0
_Key = tuple[int, Role]


def score(stream_id: int) -> int:
    """Score every hour that is due, oldest first, for half a minute at most; returns how many."""
    began, done = monotonic(), 0
    for tick in owed(stream_id):
        if monotonic() - began > _BUDGET_S:
            break  # the duty asks for the rest
        _score_hour(stream_id, tick)
        done += 1
    return done


def owed(stream_id: int) -> tuple[int, ...]:
    """The hours, by their last tick, that are due and not scored, or scored before truth of them came."""
    with reading() as session:
        stream = streams.by_id(session, stream_id)
        last = None if stream is None else _last(stream)
        if stream is None or last is None:
            return ()
        first = max(last - LOOK_BACK, stream.history_tick)
        origins = forecasts.hourly_origins(session, stream_id, first - HORIZON, last)
        seen = rows.seen(session, stream_id, first)
        came = telemetry.hourly_counts(session, stream_id, last - _LATE, last) if Source(stream.source).live else {}
    return truths.owed_hours(last, first, origins, seen, came)


def _last(stream: Stream) -> int | None:
    return truths.last_hour(stream.tick, tick_of(now()), live=Source(stream.source).live)


@dataclass(slots=True)
class _Found:
    """Everything that the scores of an hour are computed from: truth [asset, 12, metric], the same hour a day before,
    the past of `yesterday.remembered`, the champions' and the shadows' fans by origin. `shadowed`
    counts the latter, as they were before they were read: more of them came meanwhile where it no longer holds."""

    tick: int
    ids: Sequence[int]
    truth: Floats
    before: Floats
    past: Floats
    seen: int
    served: Mapping[int, int]
    champions: Mapping[int, Mapping[int, ForecastFan]]
    shadows: Mapping[int, Sequence[ShadowForecast]]
    shadowed: Sequence[tuple[int, int, int]]

    @property
    def origins(self) -> range:
        """Those whose fans cover the hour in whole hours of lead, the newest first."""
        return range(self.tick - TICKS_PER_HOUR, self.tick - HORIZON - 1, -TICKS_PER_HOUR)


@dataclass(slots=True)
class _Sums:
    """Scores by version and role [asset, metric, bucket, 7], and pairs by shadow and champion [asset, bucket, 5]."""

    scores: dict[_Key, Floats] = field(default_factory=dict)
    pairs: dict[tuple[int, int], Floats] = field(default_factory=dict)


def _score_hour(stream_id: int, tick: int) -> None:
    found = _read(stream_id, tick)
    sums = _Sums({(version, Role.CHAMPION): _empty(found) for version in found.served.values()})
    unit = yesterday.units(found.past, found.truth)
    for origin in found.origins:
        _add_origin(sums, found, origin, unit)
    _store(stream_id, found, sums)


def _read(stream_id: int, tick: int) -> _Found:
    first = tick - TICKS_PER_HOUR + 1
    with reading() as session:
        ids = [asset.id for asset in assets.of_stream(session, stream_id) if asset.id is not None]
        origins = range(tick - TICKS_PER_HOUR, tick - HORIZON - 1, -TICKS_PER_HOUR)
        shadowed = shadows.counts(session, stream_id, origins)
        return _Found(
            tick, ids, telemetry.window(session, stream_id, ids, first, tick),
            telemetry.window(session, stream_id, ids, first - TICKS_PER_DAY, tick - TICKS_PER_DAY),
            telemetry.samples(session, stream_id, ids, yesterday.remembered(tick)),
            telemetry.hourly_counts(session, stream_id, first, tick).get(tick, 0),
            forecasts.hourly_origins(session, stream_id, tick - HORIZON, tick - TICKS_PER_HOUR),
            {one: forecasts.fans_at(session, ids, one) for one in origins},
            {one: shadows.fans_at(session, ids, one) for one in origins},
            shadowed,
        )  # fmt: skip


def _empty(found: _Found) -> Floats:
    return np.zeros((len(found.ids), *CELLS), np.float32)


def _add_origin(sums: _Sums, found: _Found, origin: int, unit: Floats) -> None:
    lead = found.tick - origin
    bucket = next(at for at, (start, last) in enumerate(LEAD_BUCKETS) if start < lead <= last)
    served = dict(_served(found, origin, lead))
    shadowed = dict(_shadowed(found, origin, lead))
    if not served and not shadowed:
        return
    naive = yesterday.fans(found.before, found.past, lead // TICKS_PER_HOUR)
    for key, made in (served | shadowed).items():
        at = np.fromiter(made, np.intp)
        scores = policy.measured(np.stack(list(made.values())), naive[at], found.truth[at], unit[at])
        sums.scores.setdefault(key, _empty(found))[at, :, bucket] += scores
    for (mine, _), made in shadowed.items():
        for (theirs, _), others in served.items():
            _add_pair(sums, found, (mine, theirs), bucket, (made, others), unit)


def _add_pair(
    sums: _Sums, found: _Found, key: tuple[int, int], bucket: int, made: tuple[dict[int, Floats], dict[int, Floats]],
    unit: Floats,
) -> None:  # fmt: skip
    at = [row for row in made[0] if row in made[1]]
    if at and key[0] != key[1]:
        mine, theirs = (np.stack([one[row] for row in at]) for one in made)
        pair = policy.paired(mine, theirs, found.truth[at], unit[at])
        empty = np.zeros((len(found.ids), len(LEAD_BUCKETS), PAIR), np.float32)
        sums.pairs.setdefault(key, empty)[at, bucket] += pair


def _served(found: _Found, origin: int, lead: int) -> Iterator[tuple[_Key, dict[int, Floats]]]:
    """The hour of each champion's own fans of an origin, by the server's row."""
    fans_of = found.champions[origin]
    made: dict[int, dict[int, Floats]] = {}
    for row, asset_id in enumerate(found.ids):
        fan = fans_of.get(asset_id)
        if fan is not None and fan.method == Method.CHAMPION.value:
            made.setdefault(fan.model_version_id, {})[row] = _hour(fan.fan, lead)
    return (((version, Role.CHAMPION), one) for version, one in made.items())


def _shadowed(found: _Found, origin: int, lead: int) -> Iterator[tuple[_Key, dict[int, Floats]]]:
    row_of = {asset_id: row for row, asset_id in enumerate(found.ids)}
    made: dict[int, dict[int, Floats]] = {}
    for fan in found.shadows[origin]:
        made.setdefault(fan.model_version_id, {})[row_of[fan.asset_id]] = _hour(fan.fan, lead)
    return (((version, Role.SHADOW), one) for version, one in made.items())


def _hour(blob: bytes, lead: int) -> Floats:
    return fans.unpack(blob)[:, lead - TICKS_PER_HOUR : lead]


def _store(stream_id: int, found: _Found, sums: _Sums) -> None:
    scores = [
        {
            "stream_id": stream_id, "model_version_id": version, "role": role.value, "tick": found.tick,
            "seen": found.seen, "cells": policy.pack(values.sum(axis=0)), "servers": _by_server(found, values),
        }
        for (version, role), values in sums.scores.items()
    ]  # fmt: skip
    pairs = [
        {
            "stream_id": stream_id, "model_version_id": mine, "against_id": theirs, "tick": found.tick,
            "servers": policy.pack(values, found.ids),
        }
        for (mine, theirs), values in sums.pairs.items()
    ]  # fmt: skip
    with unit_of_work() as uow:
        locks.take(uow.session, rows.lock(stream_id))
        if _forgot(rows.since(uow.session, stream_id, found.tick, found.tick), sums):
            rows.note_seen(uow.session, stream_id, found.tick, found.seen)
            return
        rows.store(uow.session, scores, pairs)
        came = set(shadows.counts(uow.session, stream_id, found.origins)) != set(found.shadowed)
        rows.note_seen(uow.session, stream_id, found.tick, rows.REOPENED if came else found.seen)
        uow.emit(Event(EventKind.TRUTH_SCORED, stream_id, str(found.tick)))


def _forgot(stored: Sequence[LiveScore], sums: _Sums) -> bool:
    """Whether fans that were scored are gone by now, as over the cap: what is stored knows more then."""
    due = [policy.MATURED, policy.MISSING]
    made = {(version, role.value): float(values[..., due].sum()) for (version, role), values in sums.scores.items()}
    return any(
        policy.cells(one.cells)[..., due].sum() > made.get((one.model_version_id, one.role), 0.0) for one in stored
    )


def _by_server(found: _Found, values: Floats) -> bytes:
    """The servers that were forecast, their metrics summed."""
    summed = values.sum(axis=1)
    there = np.flatnonzero(summed[..., (policy.MATURED, policy.MISSING)].any(axis=(1, 2)))
    return policy.pack(summed[there], [found.ids[int(at)] for at in there])


def compared(slug: str, version_id: int) -> Pairing:
    """A shadow against the champion that serves now, on exactly the same (server, origin, lead) truths.

    Raises NotFound for an unknown stream.
    """
    with reading() as session:
        stream = stream_service.find(session, slug)
        assert stream.id is not None
        champion = model_versions.champion(session, stream.id)
        if champion is None or champion.id is None:
            return Pairing((None,) * len(LEAD_BUCKETS), None)
        return pairing(session, stream.id, version_id, champion.id)


def pairing(session: Session, stream_id: int, version_id: int, against_id: int, since: int = 0) -> Pairing:
    """One version against another over the hours after tick `since`."""
    found = rows.pairs(session, stream_id, version_id, against_id, since + 1)
    hours = {one.tick: policy.servers(one.servers, PAIR) for one in found}

    def over(bucket: int | None) -> Compared | None:
        blocks = policy.blocks(hours, bucket)
        return policy.compared(blocks, len(hours))

    return Pairing(tuple(over(bucket) for bucket in range(len(LEAD_BUCKETS))), over(None))


def watched(session: Session, stream_id: int, champion_id: int, guard_id: int, since: int) -> Compared | None:
    """A champion against its guard since its promotion: the same pairs, seen from the champion."""
    found = rows.pairs(session, stream_id, guard_id, champion_id, since + 1)
    hours = {one.tick: policy.servers(one.servers, PAIR) for one in found}
    return policy.compared(policy.swapped(policy.blocks(hours)), len(hours))
