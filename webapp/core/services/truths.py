"""How truth comes in and what it says of each version: what the page Calibration shows of live scores.

Everything is read from what was scored. A feed that stops freezes it; what should have come by now is overdue.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ml.contracts import Method
from ml.schema import HORIZON, LEAD_BUCKETS, METRICS, TICKS_PER_DAY, TICKS_PER_HOUR
from webapp.core.clock import now, tick_of, time_of
from webapp.core.db import Session, reading
from webapp.core.models.live_scores import LiveScore
from webapp.core.models.shadows import Shadow
from webapp.core.models.streams import Stream
from webapp.core.policies import clocks, regressions, truths
from webapp.core.policies import live_scores as policy
from webapp.core.policies.live_scores import CELLS, SCORES, Role
from webapp.core.policies.regressions import Verdict
from webapp.core.policies.shadows import Why
from webapp.core.policies.skill import Losses
from webapp.core.repositories import forecasts, model_versions, promotions, shadows
from webapp.core.repositories import live_scores as rows
from webapp.core.services import live_scores, streams
from webapp.core.services.regressions import automatic
from webapp.core.views.live_scores import (
    HourScore,
    LiveBoard,
    Moved,
    ShadowView,
    Truth,
    VersionScores,
    Watch,
)
from webapp.core.views.streams import Source

DAY = TICKS_PER_DAY
SHOWN = 7 * TICKS_PER_DAY
"""Ticks of the timeline."""
_WATCHES = 3
_Key = tuple[int, str]


def board(slug: str) -> LiveBoard:
    """What a stream's versions were worth lately. Raises NotFound."""
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        state = _State(stream, rows.newest(session, stream.id))
        versions = _versions(session, state)
        cells = rows.cells(session, stream.id, state.last - SHOWN + 1)
        found = shadows.of_stream(session, stream.id)
        shown = _shown_shadow(found, [(one[1], one[2]) for one in cells])
        return LiveBoard(
            _truth(state, versions), versions, _hours(cells, Role.CHAMPION, None),
            () if shown is None else _hours(cells, Role.SHADOW, shown),
            "" if shown is None else _name(session, shown), _moves(session, state), _watches(session, state, found),
            _active(session, found), automatic(session, stream.id),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _State:
    """A stream and the newest hour that was scored."""

    stream: Stream
    scored: int | None

    @property
    def id(self) -> int:
        assert self.stream.id is not None
        return self.stream.id

    @property
    def live(self) -> bool:
        return Source(self.stream.source).live

    @property
    def last(self) -> int:
        """The end of the shown day: what was scored last, so that it freezes with the feed."""
        return self.scored if self.scored is not None else self.stream.tick or self.stream.anchor_tick

    @property
    def due(self) -> int:
        """The newest tick whose truth should be there."""
        row = self.stream
        waits = row.paused or (row.end_tick is not None and row.tick is not None and row.tick >= row.end_tick)
        return truths.due_tick(
            row.tick or row.anchor_tick, (row.anchor_tick, row.anchor_at), row.speed, now(), live=self.live,
            waits=waits or (row.tick is not None and row.tick < row.anchor_tick), wall_tick=tick_of(now()),
        )  # fmt: skip

    @property
    def stale(self) -> bool:
        """Whether more ticks are due than a clock may fall behind."""
        row = self.stream
        interval = clocks.interval(1 if self.live else row.speed)
        late = 0 if row.tick is None else self.due - row.tick
        return interval > 0 and late * interval > clocks.stale_after(row.speed, self.live)


def _truth(state: _State, versions: Sequence[VersionScores]) -> Truth:
    tick = state.stream.tick
    mine = [one for one in versions if one.role == Role.CHAMPION]
    return Truth(
        newest_at=None if tick is None else time_of(tick), due_at=time_of(state.due),
        scored_at=None if state.scored is None else time_of(state.scored),
        stale=state.stale, live=state.live,
        matured=sum(one.whole.matured for one in mine), overdue=sum(sum(one.overdue) for one in mine),
        missing=sum(one.whole.missing for one in mine),
    )  # fmt: skip


def _versions(session: Session, state: _State) -> tuple[VersionScores, ...]:
    """Each version and role of the last scored day, who serves first; whoever has overdue forecasts, too."""
    found: dict[_Key, list[LiveScore]] = {}
    if state.scored is not None:
        for one in rows.since(session, state.id, state.last - DAY + 1, state.last):
            found.setdefault((one.model_version_id, one.role), []).append(one)
    overdue = _overdue(session, state)
    champion = model_versions.champion(session, state.id)
    serves = None if champion is None else champion.id
    why = {one.model_version_id: one.why for one in shadows.active(session, state.id)}
    made = [
        _version(session, state, key, found.get(key, []), overdue.get(key, (0,) * len(LEAD_BUCKETS)), serves, why)
        for key in {**_serving(serves), **found, **overdue}
    ]
    order = {Role.CHAMPION.value: 0, Role.SHADOW.value: 1}
    return tuple(sorted(made, key=lambda one: (not (one.now and one.role == Role.CHAMPION), order[one.role])))


def _serving(serves: int | None) -> dict[_Key, None]:
    """Who serves is shown without data, too."""
    return {} if serves is None else {(serves, Role.CHAMPION.value): None}


def _version(
    session: Session, state: _State, key: _Key, scored: Sequence[LiveScore], overdue: tuple[int, ...],
    serves: int | None, why: Mapping[int, str],
) -> VersionScores:  # fmt: skip
    version, role = key
    whole = np.asarray(sum((policy.cells(one.cells) for one in scored), np.zeros(CELLS)), np.float64)
    each: dict[int, Losses] = {}
    for one in scored:
        for asset_id, values in policy.servers(one.servers, SCORES).items():
            each[asset_id] = each[asset_id] + values if asset_id in each else values
    shadowing = role == Role.SHADOW
    other = shadowing and serves is not None and serves != version
    pairing = live_scores.pairing(session, state.id, version, serves or 0) if other else None
    leads = tuple(policy.scored(whole[:, at], [one[at] for one in each.values()]) for at in range(len(LEAD_BUCKETS)))
    return VersionScores(
        version, _name(session, version), role, why.get(version, "") if shadowing else "",
        version in why if shadowing else version == serves, leads, policy.scored(whole, list(each.values())), overdue,
        pairing,
    )  # fmt: skip


def _overdue(session: Session, state: _State) -> dict[_Key, tuple[int, ...]]:
    """What should have come by now and has not, by version and role; nothing while the feed keeps up."""
    tick, due = state.stream.tick, state.due
    if tick is None or not state.stale:
        return {}
    ticks = [one for one in range(tick - HORIZON, due + 1) if one % TICKS_PER_HOUR == 0]
    champions = forecasts.counts(session, state.id, ticks, Method.CHAMPION.value)
    return {
        (version, role.value): truths.overdue(tick, due, fans, len(METRICS))
        for role, counts in ((Role.CHAMPION, champions), (Role.SHADOW, shadows.counts(session, state.id, ticks)))
        for version, fans in _by_version(counts).items()
    }


def _by_version(counts: Iterable[tuple[int, int, int]]) -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = {}
    for origin, version, count in counts:
        found.setdefault(version, []).append((origin, count))
    return found


def _hours(cells: Sequence[tuple[int, int, str, bytes]], role: Role, version: int | None) -> tuple[HourScore, ...]:
    """The timeline of a role, of one version or of all together."""
    hours: dict[int, Losses] = {}
    for tick, one, its_role, blob in cells:
        if its_role == role and (version is None or one == version):
            values = policy.cells(blob)
            hours[tick] = hours[tick] + values if tick in hours else values
    return tuple(HourScore(time_of(tick), policy.scored(values)) for tick, values in hours.items())


def _shown_shadow(found: Sequence[Shadow], there: Iterable[tuple[int, str]]) -> int | None:
    """The shadow in the timeline: one that forecasts now before one that has ended, candidates before guards."""
    scored = {version for version, role in there if role == Role.SHADOW}
    known = [one for one in found if one.model_version_id in scored]
    known.sort(key=lambda one: (one.ended_at is not None, one.why != Why.CANDIDATE))
    return known[0].model_version_id if known else None


def _moves(session: Session, state: _State) -> tuple[Moved, ...]:
    """Moves of the slot within the timeline, oldest first; its first version is no move."""
    moves = [one for one in promotions.of_stream(session, state.id) if one.move > 0 and one.tick is not None]
    return tuple(
        Moved(time_of(one.tick or 0), _name(session, one.model_version_id), one.kind, one.by)
        for one in reversed(moves)
        if (one.tick or 0) > state.last - SHOWN
    )


def _watches(session: Session, state: _State, found: Sequence[Shadow]) -> tuple[Watch, ...]:
    """The last promotions that a guard watched, newest first."""
    moves = {one.move: one for one in promotions.of_stream(session, state.id)}
    guards = [one for one in found if one.why == Why.GUARD and one.cause in moves][:_WATCHES]
    return tuple(_watch(session, state, one, moves[one.cause].model_version_id) for one in guards)


def _watch(session: Session, state: _State, row: Shadow, champion: int) -> Watch:
    open_ = row.ended_at is None
    seen = (
        live_scores.watched(session, state.id, champion, row.model_version_id, row.since_tick)
        if open_
        else regressions.recalled(row.evidence)
    )
    return Watch(
        _name(session, champion), _name(session, row.model_version_id), time_of(row.since_tick),
        time_of(row.until_tick), open_, Verdict.WATCHING.value if open_ else row.verdict, row.note, seen,
    )  # fmt: skip


def _active(session: Session, found: Sequence[Shadow]) -> tuple[ShadowView, ...]:
    return tuple(_shadow(session, one) for one in found if one.ended_at is None)


def _shadow(session: Session, row: Shadow) -> ShadowView:
    runs = shadows.runs(session, row.stream_id, row.model_version_id, row.since_tick + 1)
    made = [one for one in runs if not one.skipped]
    return ShadowView(
        _name(session, row.model_version_id), row.why, time_of(row.since_tick), time_of(row.until_tick), len(made),
        len(runs) - len(made), time_of(made[-1].tick) if made else None,
        float(np.median([one.duration_ms for one in made])) / 1000 if made else None,
    )  # fmt: skip


def _name(session: Session, version_id: int) -> str:
    version = model_versions.by_id(session, version_id)
    assert version is not None, "a version is never removed"
    return f"{version.model} {version.version}"
