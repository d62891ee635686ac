"""Cron fields: read, refused with a sentence, said in words, and right on the days on which clocks are moved."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.errors import Invalid
from webapp.core.policies.cron import Cron, following, parse, words

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def walls(text: str, zone: str, after: datetime, count: int) -> list[str]:
    """What the clocks of a zone show at the next times."""
    return [f"{one.at.astimezone(ZoneInfo(zone)):%d %b %H:%M}" for one in following(parse(text), zone, after, count)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 2 * * *", "every night at 02:00 UTC"),
        ("30 14 * * *", "every day at 14:30 UTC"),
        ("15 */6 * * *", "every day at 00:15, 06:15, 12:15 and 18:15 UTC"),
        ("5 * * * *", "every hour at :05 UTC"),
        ("0 */2 * * *", "every day at 12 times from 00:00 to 22:00 UTC"),
        ("0 3 * * 1-5", "Monday to Friday at 03:00 UTC"),
        ("0 3 * * 0", "every Sunday at 03:00 UTC"),
        ("0 3 * * sat,7", "every Saturday and Sunday at 03:00 UTC"),
        ("0 3 * * fri-sun", "every Friday, Saturday and Sunday at 03:00 UTC"),
        ("0 3 * 1,7 *", "every night in January and July at 03:00 UTC"),
        ("0 3 1 * *", "on day 1 of each month at 03:00 UTC"),
        ("0 3 last 12 *", "on the last day of December at 03:00 UTC"),
    ],
)
def test_a_cron_text_is_said_in_words(text: str, said: str) -> None:
    assert words(parse(text), "UTC") == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 2 * *", "five fields"), ("", "five fields"), ("0 2 * * * *", "five fields"), ("* 2 * * *", "minute"),
        ("*/5 2 * * *", "minute"), ("60 2 * * *", "minute"), ("0 24 * * *", "hour"), ("0 2 0 * *", "day of the month"),
        ("0 2 1st * *", "day of the month"), ("0 2 * 13 *", "month"), ("0 2 * * 8", "day of the week"),
        ("0 2 * * sat-mon", "day of the week"), ("0 2 * * */0", "day of the week"), ("0 2 1 * 1", "not both"),
        ("0 2 30 2 *", "No such day"), ("\u0662 2 * * *", "minute"), ("0 2 * * ;", "day of the week"),
    ],
)  # fmt: skip
def test_what_is_no_schedule_is_refused_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said) as caught:
        parse(text)
    assert [one.field for one in caught.value.errors] == ["cron"]


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(Invalid):
        assert parse(text).text == " ".join(text.split())


def test_a_time_that_is_skipped_comes_when_the_clocks_have_moved() -> None:
    before = datetime(2026, 3, 28, 12, tzinfo=UTC)
    found = following(parse("30 2 * * *"), "Europe/Berlin", before, 2)
    assert [one.at for one in found] == [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 3, 30, 0, 30, tzinfo=UTC)]
    assert (found[0].note, found[1].note) == ("02:30 does not exist that day: clocks go forward", "")


def test_a_time_that_comes_twice_runs_once() -> None:
    before = datetime(2026, 10, 24, 12, tzinfo=UTC)
    found = following(parse("30 2 * * *"), "Europe/Berlin", before, 2)
    assert [one.at.hour for one in found] == [0, 1]  # summer time, then winter time
    assert found[0].note == "02:30 comes twice that day: it runs the first time"
    assert following(parse("30 2 * * *"), "Europe/Berlin", found[0].at)[0].at == found[1].at


def test_half_an_hour_is_moved_on_lord_howe() -> None:
    assert walls("15 2 * * *", "Australia/Lord_Howe", datetime(2026, 10, 3, 0, tzinfo=UTC), 2) == [
        "04 Oct 02:30",
        "05 Oct 02:15",
    ]


def test_a_leap_day_is_waited_for() -> None:
    assert walls("0 2 29 2 *", "UTC", YEAR, 1) == ["29 Feb 02:00"]


crons = st.builds(
    lambda minute, hour, days: parse(f"{minute} {hour} * * {days}"),
    st.integers(0, 59),
    st.sampled_from(["*", "*/3", "1-4", "2", "0,2,23"]),
    st.sampled_from(["*", "0", "1-5", "sat,sun"]),
)
instants = st.integers(0, 366 * 24 * 60).map(lambda minutes: YEAR + timedelta(minutes=minutes))


@given(crons, st.sampled_from(ZONES), instants)
def test_times_come_in_order_and_each_once(cron: Cron, zone: str, after: datetime) -> None:
    found = [one.at for one in following(cron, zone, after, 5)]
    assert found == sorted(set(found)) and found[0] > after
    assert [one.at for one in following(cron, zone, found[0], 4)] == found[1:]


@given(crons, st.sampled_from(ZONES), instants)
def test_clocks_show_what_was_asked_for_unless_that_time_is_skipped(cron: Cron, zone: str, after: datetime) -> None:
    for one in following(cron, zone, after, 5):
        there = one.at.astimezone(ZoneInfo(zone))
        if "does not exist" not in one.note:
            assert there.minute == int(cron.field("minute")) and there.fold == 0


@given(st.integers(0, 59), st.integers(0, 23), st.sampled_from(ZONES), st.integers(0, 364))
def test_a_daily_schedule_comes_once_on_every_day_of_the_wall(minute: int, hour: int, zone: str, day: int) -> None:
    midnight = (datetime(2026, 1, 1) + timedelta(days=day)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)  # noqa: DTZ001
    first, second = following(parse(f"{minute} {hour} * * *"), zone, midnight - timedelta(seconds=1), 2)
    dates = [one.at.astimezone(ZoneInfo(zone)).date() for one in (first, second)]
    assert (dates[1] - dates[0]).days == 1 and dates[0] == midnight.astimezone(ZoneInfo(zone)).date()
