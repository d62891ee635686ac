"""The store as people see it: what it takes, what holds, what another limit would do at the next sweep.

Counting a large store takes a while, so the counts are kept for a minute; the size itself is asked for each time.
"""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from math import ceil

from ml.schema import TICK_SECONDS, TICKS_PER_DAY, TICKS_PER_HOUR
from webapp.core.clock import now
from webapp.core.db import Session, reading, row_bytes, used_mb
from webapp.core.models.streams import Stream
from webapp.core.models.sweeps import Sweep
from webapp.core.policies import retention as rules
from webapp.core.policies.retention import Limits, Room
from webapp.core.repositories import assets, preferences, schema, storage, streams, sweeps
from webapp.core.services import preferences as decisions
from webapp.core.settings import settings
from webapp.core.views.retention import Consequence, DiskView, LimitView, StorageSnapshot, SweepView, UsageView

_TABLES = {
    "fans": "forecasts", "telemetry": "telemetry", "risks": "risks", "twins": "twins", "runs": "forecast_runs",
    "shadows": "shadow_forecasts",
}  # fmt: skip
_KEPT_FOR = timedelta(seconds=60)
_SWEEPS_SHOWN = 8
_LEAST_MB = 100
_MARGIN = 1.3


@dataclass(slots=True)
class Counted:
    """The last counts of this process."""

    at: datetime | None = None
    usage: tuple[UsageView, ...] = ()


@lru_cache(maxsize=1)
def counted() -> Counted:
    """What this process counted last."""
    return Counted()


def snapshot() -> StorageSnapshot:
    """The page. Raises Unavailable while the database does not answer."""
    with schema.answering():
        with reading() as session:
            limits = _limits(session)
            latest = tuple(_sweep(row) for row in sweeps.latest(session, _SWEEPS_SHOWN))
        ended = max((one.finished_at for one in latest if one.finished_at is not None), default=None)
        usage, at = _usage(ended)
        used = used_mb()
    cap = next(one.value for one in limits if one.name == "cap_mb") or 0
    return StorageSnapshot(
        now(), used, _with_rest(usage, used), at, limits, disk(used, cap), latest, rules.next_sweep(now())
    )


def stamp() -> tuple[object, ...]:
    """What changes whenever the page has something to tell; cheap."""
    with schema.answering(), reading() as session:
        newest = [(row.id, row.started_at, row.finished_at) for row in sweeps.latest(session, 1)]
        return (*newest, *((row.name, row.at) for row in preferences.every(session)), _size(used_mb()))


def _size(mb: float) -> int:
    """In steps of 10 MB: less is no news."""
    return int(mb // 10)


def _usage(swept_at: datetime | None) -> tuple[tuple[UsageView, ...], datetime]:
    """The counts, anew when they are old or something was deleted since."""
    kept = counted()
    if kept.at is None or now() - kept.at > _KEPT_FOR or (swept_at is not None and swept_at > kept.at):
        with reading() as session:
            kept.usage, kept.at = _count(session), now()
    return kept.usage, kept.at


def _count(session: Session) -> tuple[UsageView, ...]:
    ages: dict[str, int] = {}
    for row in streams.all_streams(session):
        if row.id is None or row.tick is None:
            continue
        for sort, tick in storage.oldest(session, row.id).items():
            if tick is not None:
                ages[sort] = max(ages.get(sort, 0), row.tick - tick)
    return tuple(
        UsageView(sort, rows, _mb(sort, rows), _length(ages.get(sort)))
        for sort, rows in storage.counts(session).items()
    )


def _mb(sort: str, rows: int) -> float:
    return rows * row_bytes(_TABLES[sort]) / 1e6


def _length(ticks: int | None) -> timedelta | None:
    return None if ticks is None else timedelta(seconds=ticks * TICK_SECONDS)


def _with_rest(usage: tuple[UsageView, ...], used: float) -> tuple[UsageView, ...]:
    """The sorts, no more than what is used in all, and what is left for everything else."""
    whole = sum(one.mb for one in usage)
    share = min(1.0, used / whole) if whole else 1.0
    sorts = tuple(UsageView(one.name, one.rows, one.mb * share, one.oldest) for one in usage)
    return (*sorts, UsageView("rest", 0, max(0.0, used - whole), None))


def _limits(session: Session) -> tuple[LimitView, ...]:
    decided, own = decisions.decided(session), decisions.installation()
    in_force = rules.in_force(own, {name: row.value for name, row in decided.items()})
    made = []
    for name in rules.NAMES:
        row = decided.get(name)
        who = (row.by, row.at, row.reason) if row else (None, None, "")
        made.append(LimitView(name, getattr(in_force, name), getattr(own, name), *who))
    return tuple(made)


def _sweep(row: Sweep) -> SweepView:
    sizes = None if row.before_mb is None or row.after_mb is None else row.before_mb - row.after_mb
    deleted = tuple(sorted(row.deleted.items(), key=lambda one: -one[1]))
    return SweepView(
        row.by, row.asked_at, row.started_at, row.finished_at, deleted, None if sizes is None else max(0.0, sizes),
        row.note or "",
    )  # fmt: skip


def disk(used: float, cap: int) -> DiskView:
    """The disk below the data folder."""
    folder = settings().data_dir
    while not folder.exists():
        folder = folder.parent
    found = shutil.disk_usage(folder)
    free = found.free / 1e6
    return DiskView(found.total / 1e6, free, rules.disk_short(used, cap, free))


def room() -> Room:
    """Between what the cap has to lie: room for what coverage and the models read, and what the disk could hold."""
    with reading() as session:
        servers = sum(assets.count(session, row.id) for row in streams.all_streams(session) if row.id is not None)
    a_day = TICKS_PER_DAY * (row_bytes("telemetry") + row_bytes("risks"))
    needed = servers * (rules.LEAST_FANS * row_bytes("forecasts") + rules.LEAST_DAYS * a_day) / 1e6
    used = used_mb()
    return Room(max(_LEAST_MB, ceil(needed * _MARGIN)), max(_LEAST_MB, int(used + disk(used, 0).free_mb)))


def preview(wanted: Limits) -> Consequence:
    """What the next sweep would delete under other limits. Raises Invalid for limits that cannot be set."""
    rules.check(wanted, room())
    used = used_mb()
    with reading() as session:
        every = [row for row in streams.all_streams(session) if row.tick is not None]
        rows = {
            "fans": sum(_thinnable(session, row, wanted.fan_hours) for row in every),
            "telemetry": sum(_older(session, "telemetry", row, wanted.telemetry_days) for row in every),
            "risks": sum(_older(session, "risks", row, wanted.risk_days) for row in every),
            "runs": sum(_older(session, "runs", row, wanted.run_days) for row in every),
        }
    days = {"telemetry": wanted.telemetry_days, "risks": wanted.risk_days, "runs": wanted.run_days}
    ages = {"fans": timedelta(hours=wanted.fan_hours)} | {k: timedelta(days=v) for k, v in days.items() if v}
    going = tuple(UsageView(sort, count, _mb(sort, count), ages.get(sort)) for sort, count in rows.items() if count)
    left = used - sum(one.mb for one in going)
    return Consequence(going, max(0.0, left - wanted.cap_mb), rules.next_sweep(now()))


def _thinnable(session: Session, row: Stream, hours: int) -> int:
    assert row.id is not None and row.tick is not None
    return storage.thinnable(session, row.id, row.tick - hours * TICKS_PER_HOUR, TICKS_PER_HOUR)


def _older(session: Session, sort: str, row: Stream, days: int | None) -> int:
    assert row.id is not None and row.tick is not None
    return 0 if days is None else storage.older(session, sort, row.id, row.tick - days * TICKS_PER_DAY)
