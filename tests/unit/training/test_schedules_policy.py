"""What is due, what is missed, and what keeps a schedule from starting."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.core.errors import Invalid
from webapp.core.policies import schedules as policy
from webapp.core.policies.schedules import (
    LATE,
    NIGHTLY,
    Facts,
    Plan,
    check,
    due,
    missed,
    needless,
    obstacle,
    read,
    tardy,
)
from webapp.core.policies.training_runs import Recipe
from webapp.core.views.streams import Source

TWO = datetime(2026, 3, 4, 2, tzinfo=UTC)
READY = Facts("", champion=True, servers=20, stored=timedelta(days=7), fresh=timedelta(days=1))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize("source", Source)
def test_recordings_and_this_machine_are_not_trained_on_by_themselves(source: Source) -> None:
    assert policy.default(source).enabled is (source not in (Source.REPLAY, Source.HOST))


def test_nothing_is_due_before_its_time_and_it_is_at_its_time() -> None:
    since = TWO - timedelta(hours=3)
    assert due(NIGHTLY, "UTC", since, TWO - timedelta(seconds=1)) is None
    found = due(NIGHTLY, "UTC", since, TWO)
    assert found is not None and found.at == TWO and not found.missed and tardy(found) == ""


def test_of_several_missed_nights_the_last_is_made_up_for() -> None:
    found = due(NIGHTLY, "UTC", TWO - timedelta(days=5), TWO + timedelta(hours=3))
    assert found is not None and found.at == TWO and not found.missed
    assert plain(tardy(found)) == "3 h late, since nothing ran at its time"


def test_what_is_too_late_is_missed() -> None:
    found = due(NIGHTLY, "UTC", TWO - timedelta(days=2), TWO + LATE + timedelta(minutes=30))
    assert found is not None and found.missed
    assert plain(missed(found)).endswith("and up to 6 h are made up for")


def test_a_time_before_the_change_is_nobodys() -> None:
    assert due(NIGHTLY, "UTC", TWO + timedelta(minutes=5), TWO + timedelta(hours=1)) is None


@settings(max_examples=25)
@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    st.integers(0, 59),
    st.integers(0, 23),
    st.integers(0, 365 * 24 * 60),
    st.lists(st.integers(1, 600), min_size=30, max_size=60),
)
def test_a_duty_that_looks_at_any_rhythm_starts_once_a_night(
    zone: str, minute: int, hour: int, begin: int, steps: list[int]
) -> None:
    """A look at least each ten hours over days; each time is dealt with once, none is lost."""
    at = since = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=begin)
    seen: list[datetime] = []
    for step in steps:
        at += timedelta(minutes=step)
        found = due(f"{minute} {hour} * * *", zone, since, at)
        if found is not None:
            seen.append(found.at)
            since = at
    assert seen == sorted(set(seen))
    assert all(timedelta(hours=22) < later - one < timedelta(hours=26) for one, later in pairwise(seen))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (replace(READY, busy="run 7 is running"), "run 7 is running"),
        (replace(READY, champion=False), "no model to start from"),
        (replace(READY, stored=timedelta(hours=5)), "5 h of telemetry are stored, and a training needs 3 days"),
        (replace(READY, servers=1), "1 server sends telemetry, and a training needs 5"),
    ],
)
def test_an_obstacle_is_named(found: Facts, said: str) -> None:
    assert said in plain(obstacle(found, Recipe()))
    assert obstacle(READY, Recipe()) == ""


def test_few_servers_are_enough_beside_simulated_ones() -> None:
    assert obstacle(replace(READY, servers=1), Recipe(simulated_servers=120)) == ""


def test_a_schedule_waits_for_new_telemetry() -> None:
    assert plain(needless(replace(READY, fresh=timedelta(minutes=40)))).endswith("40 min of at least 12 h")
    assert needless(READY) == needless(replace(READY, fresh=None)) == ""


def test_every_wrong_field_of_a_plan_is_named() -> None:
    with pytest.raises(Invalid) as caught:
        check(Plan("0 25 * * *", "Mars/Base", Recipe(days=0)))
    assert [one.field for one in caught.value.errors] == ["cron", "zone", "days"]
    with pytest.raises(Invalid) as caught:
        read({"cron": "0 2", "days": "many", "minutes": "10"})
    assert [one.field for one in caught.value.errors] == ["days", "cron"]


def test_a_form_is_read() -> None:
    found = read({"cron": " 0  3 * * * ", "zone": "Europe/Berlin", "days": "14", "minutes": "2.5", "enabled": "on"})
    assert found == Plan("0 3 * * *", "Europe/Berlin", Recipe(days=14, minutes=2.5))
    assert not read({"cron": "0 3 * * *"}).enabled
