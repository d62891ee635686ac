"""What may be planned: texts become windows, and every refusal names its field in a sentence."""

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from webapp.core.clock import tick_of
from webapp.core.errors import Invalid
from webapp.core.policies import maintenance_requests as requests
from webapp.core.policies import maintenance_words as words
from webapp.core.settings import Settings
from webapp.core.views.maintenance import Once, Planned, Weekly

NOW = datetime(2026, 3, 20, 2, tzinfo=UTC)
SUNDAYS = {"title": "patch", "servers": "a, b", "days": "sun", "start": "2:30", "duration": "2 h"}
ONCE = {"title": "swap", "profile": "all", "start": "2026-03-29 01:00", "end": "2026-03-29 04:00"}


def checked(form: dict[str, str], zone: str = "Europe/Berlin") -> requests.MaintenanceRequest:
    return requests.check(requests.request_of(form), zone, NOW)


def plan(form: dict[str, str]) -> Planned:
    one = checked(form)
    return Planned(1, one.title, one.profile, one.servers, one.zone, one.when, 0)


def test_texts_become_a_weekly_window_from_today_on() -> None:
    found = checked(SUNDAYS)
    assert found.servers == ("a", "b") and found.zone == "Europe/Berlin"
    assert found.when == Weekly((6,), 150, 120, date(2026, 3, 20))


def test_a_time_without_a_zone_is_wall_time() -> None:
    when = Once(datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 3, 29, 2, tzinfo=UTC))
    assert checked(ONCE).when == when
    assert checked(ONCE | {"start": "2026-03-29T00:00+00:00", "end": "", "duration": "2 h"}).when == when


def test_what_a_form_holds_is_read_as_the_same_window() -> None:
    for form in (SUNDAYS, ONCE):
        one = checked(form)
        texts = requests.texts_of(one.title, one.servers, one.profile, one.when, one.zone)
        assert checked(texts) == one


@pytest.mark.parametrize(
    ("form", "field", "sentence"),
    [
        (SUNDAYS | {"title": " "}, "title", "Say what is done, in 1 to 80 characters."),
        (SUNDAYS | {"servers": ""}, "servers", "Name at least one server"),
        (SUNDAYS | {"profile": "all"}, "servers", "Name servers or a profile, not both."),
        (SUNDAYS | {"days": "someday"}, "days", "Name days as mon"),
        (SUNDAYS | {"start": "25:00"}, "start", "Write the start as a time of day, like 02:00."),
        (SUNDAYS | {"start": "02:03"}, "start", "Times go in steps of 5 minutes"),
        (SUNDAYS | {"duration": "long"}, "duration", "Write the duration like 2 h"),
        (SUNDAYS | {"duration": "169 h"}, "duration", "A window lasts at most 7 days."),
        (SUNDAYS | {"first": "2026-03-01"}, "first", "The first day lies in the past; today is 2026-03-20 there."),
        (SUNDAYS | {"last": "2026-03-01"}, "last", "The last day lies before the first."),
        (
            SUNDAYS | {"first": "2026-03-23", "last": "2026-03-24"},
            "last",
            "None of these days of the week",
        ),
        (SUNDAYS | {"first": "soon"}, "first", "Write the first day like 2026-11-29."),
        (SUNDAYS | {"zone": "Mars/Base"}, "zone", "Mars/Base is no time zone. Write Area/City"),
        (ONCE | {"end": "2026-03-29 00:30"}, "end", "The end has to lie after the start."),
        (ONCE | {"end": "2026-04-06 01:00"}, "end", "A window lasts at most 7 days."),
        (ONCE | {"start": "2026-03-19 01:00", "end": "2026-03-21 01:00"}, "start", "The start lies in the past; it is"),
        (ONCE | {"start": "2036-03-19 01:00", "end": "2036-03-19 02:00"}, "start", "The start lies too far away"),
        (ONCE | {"start": "tomorrow"}, "start", "Write the start as day and time"),
    ],
)
def test_a_wrong_field_is_named(form: dict[str, str], field: str, sentence: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked(form)
    assert field in [one.field for one in caught.value.errors]
    assert next(one.message for one in caught.value.errors if one.field == field).startswith(sentence)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("2 h", 120), ("90", 90), ("1 h 30 min", 90), ("45min", 45), ("", None), ("h", None), ("-5", None), ("2 d", None)],
)
def test_durations_are_read_as_people_write_them(text: str, minutes: int | None) -> None:
    assert requests.minutes_of(text) == minutes


def test_a_window_is_said_in_its_own_zone() -> None:
    assert words.when(plan(SUNDAYS)) == "Sundays 02:30 to 04:30 Berlin"
    assert words.when(plan(SUNDAYS | {"days": "weekdays", "start": "23:00"})).startswith("Weekdays 23:00 to 01:00 the")
    assert words.when(plan(ONCE)) == "Sun 29 Mar 01:00 to 04:00 Berlin"
    assert words.whom(plan(SUNDAYS)) == "a and b" and words.whom(plan(ONCE)) == "all servers"


def test_the_preview_names_what_the_clocks_do_also_later_in_the_year() -> None:
    lines = words.preview(plan(SUNDAYS), tick_of(NOW), "Europe/Berlin")
    assert lines[0] == "Sun 22 Mar 02:30 to 04:30 Berlin."
    assert "02:30 is skipped: it begins at 03:00" in lines[1]
    assert len(lines) == 4 and lines[3].startswith("Later: Sun 25 Oct") and "comes twice" in lines[3]


def test_the_preview_adds_the_viewers_time_where_it_differs() -> None:
    assert words.preview(plan(SUNDAYS), tick_of(NOW), "UTC")[0].endswith("Sun 22 Mar 01:30 to 03:30 here.")


def test_a_clock_that_changes_meanwhile_is_named() -> None:
    (line,) = words.preview(plan(ONCE), tick_of(NOW), "Europe/Berlin")
    assert line.endswith("The clocks change meanwhile; it still lasts 2\u00a0h.")


def test_an_installation_does_not_start_in_a_zone_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREWARN_ZONE", "Mars/Base")
    with pytest.raises(ValidationError, match="Mars/Base is no time zone; write Area/City"):
        Settings()
