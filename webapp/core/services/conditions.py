"""Watching what people are told of: a stale stream, a champion that cannot be loaded, a store or disk that is full.

A condition is a row as long as it holds. It is told once it has held for a minute, so that a restart or a slow tick
wakes nobody, and once more when it is over; the row and what is owed to the targets change in one transaction, so
looking twice, late or never tells nothing twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from webapp.core.clock import now
from webapp.core.db import reading, used_mb
from webapp.core.models.conditions import Condition
from webapp.core.policies import wording
from webapp.core.policies.deliveries import Notice, Phase
from webapp.core.policies.notifications import Topic
from webapp.core.repositories import conditions as rows
from webapp.core.repositories import locks
from webapp.core.services import deliveries, preferences, storage, streams
from webapp.core.settings import settings
from webapp.core.uow import UnitOfWork, unit_of_work

HOLDS_FOR: Final = timedelta(seconds=60)
_CLEAR: Final = 0.95
"""Share of the cap below which the store has room again: a sweep stops right below the cap."""
STALE, BROKEN, CAP, DISK = "stream_stale", "model_broken", "disk_cap", "disk_full"


@dataclass(frozen=True, slots=True)
class Holding:
    """What is wrong now: its key, and what to say of it."""

    key: str
    topic: Topic
    source: str
    title: str
    text: str


def look() -> int:
    """Compare what holds with what is known to hold; tells what began or is over. Returns how many were told."""
    with reading() as session:
        known = {row.key for row in rows.every(session)}
    found = {one.key: one for one in _holding(known)}
    if not found and not known:
        return 0
    with unit_of_work() as uow:
        locks.take(uow.session, "conditions")
        stored = {row.key: row for row in rows.every(uow.session)}
        told = sum(_holds(uow, stored.get(key), one) for key, one in found.items())
        return told + sum(_over(uow, row) for key, row in stored.items() if key not in found)


def _holding(known: set[str]) -> Iterator[Holding]:
    for one in streams.streams():
        if one.stale_since is not None:
            at = f"{one.stale_since:%d %b %H:%M} UTC"
            yield Holding(
                f"{STALE}:{one.slug}", Topic.STREAMS, one.slug, f"{one.slug} is stale: no forecast since {at}.",
                f"Nobody forecasts its {one.servers:,} servers until it is fresh again. `forewarn doctor` says why.",
            )  # fmt: skip
        if one.trouble:
            yield Holding(
                f"{BROKEN}:{one.slug}", Topic.STREAMS, one.slug, f"The champion of {one.slug} cannot be loaded.",
                f"{one.trouble} Each tick tries it again. `forewarn rollback` lets another version serve for good.",
            )  # fmt: skip
    cap = preferences.limits().cap_mb
    used = used_mb()
    if used >= cap or (CAP in known and used > cap * _CLEAR):
        yield Holding(
            CAP, Topic.DISK, "store", f"The data has reached its cap of {cap:,} MB.",
            "The next sweep drops the oldest forecasts. Raise the cap, or keep less, on the page Settings, Retention.",
        )  # fmt: skip
    if (disk := storage.disk(used, cap)).short:
        yield Holding(
            DISK, Topic.DISK, "disk", f"The disk is nearly full: {disk.free_mb:,.0f} MB are free.",
            "It would fill before the data reaches its cap. Free space, or lower the cap.",
        )  # fmt: skip


def _holds(uow: UnitOfWork, row: Condition | None, one: Holding) -> bool:
    """Note when it was seen first; once it has held for a while, tell it."""
    if row is None:
        seen = Condition(key=one.key, topic=one.topic.value, source=one.source, seen_at=now())
        uow.session.add(seen)
        return False
    if row.opened_at is not None or now() - row.seen_at < HOLDS_FOR:
        return False
    row.opened_at = now()
    uow.session.add(row)
    deliveries.publish(uow, _notice(row, Phase.BEGAN, row.opened_at, one.title, one.text))
    return True


def _over(uow: UnitOfWork, row: Condition) -> bool:
    uow.session.delete(row)
    if row.opened_at is None:
        return False
    lasted = wording.duration((now() - row.seen_at).total_seconds() / 60)
    title = {
        STALE: f"{row.source} is fresh again: its forecasts come as they should.",
        BROKEN: f"The champion of {row.source} can be loaded again.",
        CAP: "The data is below its cap again.",
        DISK: "The disk has room again.",
    }[row.key.partition(":")[0]]
    deliveries.publish(uow, _notice(row, Phase.OVER, row.opened_at, title, f"It lasted {lasted}."))
    return True


def _notice(row: Condition, phase: Phase, since: datetime, title: str, text: str) -> Notice:
    return Notice(Topic(row.topic), phase, row.key, since, row.source, title, text, settings().public_url or "")
