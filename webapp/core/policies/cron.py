"""Five cron fields on a wall's clock: read, said in words, and when they come next. Pure.

A time that daylight saving skips comes at the first instant after the gap; one that it repeats comes once, the first
time (`zones.instant`). Weekdays are cron's: 0 and 7 are Sunday.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Final

from apscheduler.triggers.cron import CronTrigger

from webapp.core.errors import FieldError, Invalid
from webapp.core.policies import zones

LONGEST: Final = 100
_YEARS: Final = 9
"""How far ahead a time is looked for: 29 February comes within eight years."""
_FIELDS: Final = {
    "minute": "The minute, first, is one number from 0 to 59: a schedule comes at most once an hour.",
    "hour": "The hour, second, is 0 to 23: a number, a list like 2,14, a range like 1-5, steps like */6, or *.",
    "day": "The day of the month, third, is 1 to 31 or last: a number, a list, a range, steps, or *.",
    "month": "The month, fourth, is 1 to 12 or jan to dec: a number, a list, a range, steps, or *.",
    "day_of_week": "The day of the week, fifth, is 0 to 7 (0 and 7 are Sunday) or mon to sun, a list, a range, or *.",
}  # fmt: skip
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES: Final = {
    "mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday",
    "sun": "Sunday",
}  # fmt: skip
_WEEK: Final = tuple(_NAMES)
_ANY: Final = datetime(2024, 1, 1)  # noqa: DTZ001 - a wall's time
_HOURS, _MOST_LISTED = 24, 4


@dataclass(frozen=True, slots=True)
class Cron:
    """What was written, and its fields as the trigger reads them: weekdays by name."""

    text: str
    fields: tuple[tuple[str, str], ...]

    def trigger(self, year: int) -> CronTrigger:
        """The walls' times from a year on. UTC stands for no zone at all: here no clock is moved."""
        return CronTrigger(year=f"{year}-{year + _YEARS}", second=0, timezone=UTC, **dict(self.fields))

    def field(self, name: str) -> str:
        return dict(self.fields)[name]


@dataclass(frozen=True, slots=True)
class Coming:
    """An instant that is due, and what daylight saving does to it, in words; mostly nothing."""

    at: datetime
    note: str = ""


def parse(text: str) -> Cron:
    """Read five fields. Raises Invalid with a sentence on the first that is wrong."""
    parts = text.split()
    if len(parts) != len(_FIELDS) or len(text) > LONGEST:
        raise _wrong("Write five fields: minute, hour, day of the month, month, day of the week, like 0 2 * * *.")
    fields = dict(zip(_FIELDS, (part.lower() for part in parts), strict=True))
    for name, value in fields.items():
        fields[name] = _field(name, value)
    if fields["day"] != "*" and fields["day_of_week"] != "*":
        raise _wrong("Say days of the month or days of the week, not both: cron programs differ in what that means.")
    found = Cron(" ".join(parts), tuple(fields.items()))
    if not following(found, "UTC", datetime(2024, 1, 1, tzinfo=UTC)):
        raise _wrong("No such day comes: the month has fewer days.")
    return found


def _field(name: str, value: str) -> str:
    plain = re.fullmatch(r"[0-9a-z*,/-]+", value) is not None
    if not plain or (name == "minute" and not value.isdigit()):
        raise _wrong(_FIELDS[name])
    try:
        read = _weekdays(value) if name == "day_of_week" else value
        CronTrigger(timezone=UTC, **{name: read})
    except ValueError as error:
        raise _wrong(_FIELDS[name]) from error
    return read


def _weekdays(value: str) -> str:
    """The same days by name: the trigger counts from Monday, cron from Sunday. ValueError for what is no day."""
    if value == "*":
        return value
    days = {_DAYS[number] for part in value.split(",") for number in _numbers(part)}
    return ",".join(day for day in _WEEK if day in days)


def _numbers(part: str) -> range:
    span, _, step = part.partition("/")
    first, dash, last = ("0", "-", "6") if span == "*" else span.partition("-")
    low = _day(first)
    high = _day(last) if dash else 6 if step else low
    if dash and high < low:
        high += 7 if high == 0 else 0  # a range that ends on Sunday, by name or by 0
    numbers = range(low, high + 1, int(step) if step else 1)
    if not numbers:
        raise ValueError(part)
    return numbers


def _day(text: str) -> int:
    if text in _DAYS:
        return _DAYS.index(text)
    if text not in "01234567" or len(text) != 1:
        raise ValueError(text)
    return int(text)


def _wrong(sentence: str) -> Invalid:
    return Invalid(sentence, (FieldError("cron", sentence),))


def following(cron: Cron, zone: str, after: datetime, count: int = 1) -> tuple[Coming, ...]:
    """The next instants after one, earliest first; fewer when no more come within some years."""
    found: list[Coming] = []
    for wall in _walls(cron, after.astimezone(zones.zone_named(zone))):
        coming = _coming(wall, zone)
        if coming.at > after and all(one.at != coming.at for one in found):
            found.append(coming)
        if len(found) == count:
            break
    return tuple(found)


def _walls(cron: Cron, start: datetime) -> Iterator[datetime]:
    """What a clock on the wall will show, from `start` on."""
    trigger, wall = cron.trigger(start.year), start.replace(tzinfo=UTC, fold=0)
    while (found := trigger.get_next_fire_time(None, wall)) is not None:
        yield found.replace(tzinfo=None)
        wall = found + timedelta(seconds=1)


def _coming(wall: datetime, zone: str) -> Coming:
    here = zones.zone_named(zone)
    if zones.skipped(wall, here):
        return Coming(zones.instant(wall, here), f"{wall:%H:%M} does not exist that day: clocks go forward")
    if zones.repeated(wall, here):
        return Coming(zones.instant(wall, here), f"{wall:%H:%M} comes twice that day: it runs the first time")
    return Coming(zones.instant(wall, here))


def words(cron: Cron, zone: str) -> str:
    """ "every night at 02:00 Europe/Berlin"."""
    times = [f"{one:%H:%M}" for one in _of_day(cron)]
    if len(times) == _HOURS:
        hourly = f"every hour at :{times[0][3:]}"
        days = _days(cron, night=False)
        return f"{hourly} {zone}" if days == "every day" else f"{days}, {hourly} {zone}"
    night = all(one < "06:00" or one >= "22:00" for one in times)
    listed = _listed(times) if len(times) <= _MOST_LISTED else f"{len(times)} times from {times[0]} to {times[-1]}"
    return f"{_days(cron, night)} at {listed} {zone}"


def _of_day(cron: Cron) -> list[datetime]:
    """The times of a day that has some."""
    daily = Cron("", (("hour", cron.field("hour")), ("minute", cron.field("minute"))))
    return list(takewhile(lambda wall: wall < _ANY + timedelta(days=1), _walls(daily, _ANY)))


def _days(cron: Cron, night: bool) -> str:
    month, day, week = (cron.field(name) for name in ("month", "day", "day_of_week"))
    when = "" if month == "*" else f" in {_months(month)}"
    if day != "*":
        which = "the last day" if day == "last" else f"day {day}" if day.isdigit() else f"the days {day}"
        return f"on {which} of each month" if month == "*" else f"on {which} of {_months(month)}"
    if week == "*":
        return f"every {'night' if night else 'day'}{when}"
    days = week.split(",")
    if days == list(_WEEK[:5]):
        return f"Monday to Friday{when}"
    return f"every {_listed([_NAMES[one] for one in days])}{when}"


def _months(month: str) -> str:
    firsts = Cron("", (("month", month), ("day", "1"), ("hour", "0"), ("minute", "0")))
    walls = takewhile(lambda wall: wall.year == _ANY.year, _walls(firsts, _ANY))
    return _listed([f"{one:%B}" for one in walls])


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
