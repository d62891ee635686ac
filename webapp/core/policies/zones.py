"""Wall time and instants: what a clock on the wall means on the days on which it is moved.

A wall-clock time that daylight saving skips means the first instant after the gap; one that comes twice means its
first coming. Every other one means itself.
"""

from bisect import bisect_left
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import available_timezones

from webapp.core.policies.wording import zone_named

__all__ = ["city", "instant", "is_known", "names", "repeated", "skipped", "zone_named"]


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """Every IANA zone that this machine knows, by name."""
    return tuple(sorted(available_timezones()))


def is_known(name: str) -> bool:
    """Whether there is a zone of that name; capitals count."""
    return name in _known()


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(names())


def city(name: str) -> str:
    """The short name of a zone, as it stands behind a time: "Berlin", "UTC"."""
    return name.rpartition("/")[2].replace("_", " ")


def instant(local: datetime, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which clocks in `zone` show `local` (which has no zone of its own)."""
    at = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return _end_of_gap(local, at, zone) if _shows(at, zone) != local else at


def skipped(local: datetime, zone: tzinfo) -> bool:
    """Whether no clock in `zone` ever shows `local`."""
    return _shows(local.replace(tzinfo=zone).astimezone(UTC), zone) != local


def repeated(local: datetime, zone: tzinfo) -> bool:
    """Whether clocks in `zone` show `local` twice."""
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first != second and not skipped(local, zone)


def _shows(at: datetime, zone: tzinfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def _end_of_gap(local: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The instant of the jump. Read with the offset before it, a skipped time lies behind it; with the one after,
    before it."""
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    moved = after.astimezone(zone).utcoffset()
    seconds = range(int(before.timestamp()), int(after.timestamp()) + 1)
    found = bisect_left(seconds, True, key=lambda one: datetime.fromtimestamp(one, zone).utcoffset() == moved)
    return datetime.fromtimestamp(seconds[found], UTC)
