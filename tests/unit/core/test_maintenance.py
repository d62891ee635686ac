"""The maintenance calendar: the simulator's timetable, and windows that people planned."""

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.core.clock import tick_of, time_of
from webapp.core.policies import maintenance
from webapp.core.policies.zones import zone_named
from webapp.core.views.maintenance import Lane, Once, Planned, Weekly

MONDAY = tick_of(datetime(2026, 3, 2, tzinfo=UTC))
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kathmandu", "Pacific/Apia")


def lane(name: str = "a", profile: str = "web", *timetable: tuple[int, int]) -> Lane:
    return Lane(name, profile, timetable)


def weekly(zone: str, start: int, minutes: int, days: tuple[int, ...] = tuple(range(7)), **more: object) -> Planned:
    when = Weekly(days, start, minutes, date(2026, 1, 1))
    return Planned(1, "patch", "all", (), zone, when, **{"from_tick": 0, **more})


def once(start: int, end: int, servers: tuple[str, ...] = ("a",), **more: object) -> Planned:
    when = Once(time_of(MONDAY + start), time_of(MONDAY + end))
    return Planned(2, "swap", None, servers, "UTC", when, **{"from_tick": 0, **more})


def starts(zone: str, start: int, minutes: int, day: date) -> tuple[datetime, datetime]:
    """Start and end, in UTC, of the occurrence that begins on `day`."""
    one = weekly(zone, start, minutes)
    one = Planned(1, "", "all", (), zone, Weekly((day.weekday(),), start, minutes, day, day), 0)
    (found,) = maintenance.occurrences(one, tick_of(datetime(2026, 1, 1, tzinfo=UTC)), MONDAY + 300 * 288)
    return time_of(found[0]), time_of(found[1])


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_timetable_begins_on_monday_midnight_utc() -> None:
    assert maintenance.calendar([lane("a", "web", (0, 12))], [], MONDAY - 1, 3).tolist() == [[False, True, True]]


def test_a_timetable_may_run_over_the_end_of_the_week() -> None:
    flags = maintenance.calendar([lane("a", "web", (2010, 12))], [], MONDAY, 7)
    assert flags.tolist() == [[True] * 6 + [False]]


def test_a_server_without_windows_is_never_in_maintenance() -> None:
    assert not maintenance.calendar([lane()], [], MONDAY, 2016).any()


def test_berlin_skips_two_to_three_and_repeats_it_in_autumn() -> None:
    assert starts("Europe/Berlin", 150, 60, date(2026, 3, 29)) == (utc("2026-03-29 01:00"), utc("2026-03-29 02:00"))
    assert starts("Europe/Berlin", 150, 60, date(2026, 10, 25)) == (utc("2026-10-25 00:30"), utc("2026-10-25 01:30"))
    assert starts("Europe/Berlin", 60, 180, date(2026, 3, 29)) == (utc("2026-03-29 00:00"), utc("2026-03-29 03:00"))


def test_new_york_skips_two_to_three_and_repeats_one_to_two() -> None:
    assert starts("America/New_York", 135, 60, date(2026, 3, 8)) == (utc("2026-03-08 07:00"), utc("2026-03-08 08:00"))
    assert starts("America/New_York", 90, 60, date(2026, 11, 1)) == (utc("2026-11-01 05:30"), utc("2026-11-01 06:30"))


def test_lord_howe_moves_its_clocks_by_half_an_hour() -> None:
    skipped, repeated = date(2026, 10, 4), date(2026, 4, 5)
    assert starts("Australia/Lord_Howe", 135, 60, skipped) == (utc("2026-10-03 15:30"), utc("2026-10-03 16:30"))
    assert starts("Australia/Lord_Howe", 105, 60, repeated) == (utc("2026-04-04 14:45"), utc("2026-04-04 15:45"))


def test_utc_never_moves() -> None:
    for day in (date(2026, 3, 29), date(2026, 10, 25)):
        assert starts("UTC", 150, 60, day)[0] == datetime(day.year, day.month, day.day, 2, 30, tzinfo=UTC)


WINDOWS = st.tuples(st.sampled_from(ZONES), st.integers(0, 287), st.integers(1, 2016))


@given(WINDOWS, st.sets(st.integers(0, 6), min_size=1), st.integers(0, 104_000), st.integers(1, 600))
@settings(max_examples=80, deadline=None)
def test_no_overlap_is_lost_and_every_length_is_exact(
    window: tuple[str, int, int], days: set[int], offset: int, count: int
) -> None:
    zone, start, length = window
    one = weekly(zone, 5 * start, 5 * length, tuple(days))
    first = MONDAY + offset
    wide = maintenance.occurrences(one, first - 4032, first + count + 4032)
    assert {stop - begin for begin, stop in wide} <= {length}
    expected = np.zeros(count, bool)
    for begin, stop in wide:
        expected[max(0, begin - first) : max(0, stop - first)] = True
    assert (maintenance.calendar([lane()], [one], first, count)[0] == expected).all()


@given(WINDOWS, st.integers(0, 700))
@settings(max_examples=80, deadline=None)
def test_each_day_has_one_start_which_shows_the_planned_time_unless_it_was_skipped(
    window: tuple[str, int, int], offset: int
) -> None:
    zone, start, _ = window
    day = date(2026, 1, 1) + timedelta(days=offset)
    one = Planned(1, "", "all", (), zone, Weekly(tuple(range(7)), 5 * start, 5, day, day), 0)
    noon = tick_of(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    (found,) = maintenance.occurrences(one, noon - 576, noon + 576)
    local = time_of(found[0]).astimezone(zone_named(zone)).replace(tzinfo=None)
    wanted = datetime.combine(day, time()) + timedelta(minutes=5 * start)
    assert timedelta() <= local - wanted <= timedelta(hours=1)


def test_a_window_is_for_its_servers_its_profile_or_everybody() -> None:
    lanes = [lane("a"), lane("b", "database"), lane("c", "database")]
    profile = Planned(3, "", "database", (), "UTC", once(0, 3).when, 0)
    for one, wanted in ((once(0, 3), [1, 0, 0]), (profile, [0, 1, 1]), (weekly("UTC", 0, 60), [1, 1, 1])):
        assert maintenance.calendar(lanes, [one], MONDAY, 1)[:, 0].tolist() == [bool(flag) for flag in wanted]


def test_what_lies_before_a_window_was_made_or_after_it_was_cancelled_stays() -> None:
    one = once(0, 10, from_tick=MONDAY + 2, until_tick=MONDAY + 5)
    assert maintenance.calendar([lane()], [one], MONDAY, 10)[0].tolist() == [False] * 2 + [True] * 3 + [False] * 5


def test_windows_that_touch_end_together() -> None:
    both = [once(0, 10), once(10, 20), once(25, 30)]
    assert maintenance.until([lane(), lane("b")], both, MONDAY + 4) == [MONDAY + 20, None]
    assert maintenance.until([lane("b", "web", (0, 12))], [once(8, 40, ("b",))], MONDAY + 4) == [MONDAY + 40]


def test_a_window_counts_as_soon_as_it_is_made_and_not_once_it_is_cancelled() -> None:
    assert maintenance.until([lane()], [once(0, 10, from_tick=MONDAY + 5)], MONDAY + 4) == [MONDAY + 10]
    assert maintenance.until([lane()], [once(0, 10, until_tick=MONDAY + 5)], MONDAY + 4) == [None]


def test_the_next_three_begin_with_the_one_that_runs() -> None:
    found = maintenance.coming(weekly("UTC", 0, 60, (0,)), MONDAY + 3, 3)
    assert found == [(MONDAY + week * 2016, MONDAY + week * 2016 + 12) for week in range(3)]


def test_a_window_is_over_after_its_last_day() -> None:
    one = Planned(1, "", "all", (), "UTC", Weekly((0,), 0, 60, date(2026, 3, 2), date(2026, 3, 9)), 0)
    assert [maintenance.is_over(one, MONDAY + at) for at in (0, 2016 + 11, 2016 + 12)] == [False, False, True]
    assert maintenance.is_over(once(0, 10), MONDAY + 10) and not maintenance.is_over(once(0, 10), MONDAY + 9)
