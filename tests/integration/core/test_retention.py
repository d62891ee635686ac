"""Sweeps: what goes, what stays, and that a decision holds from the next one on."""

import pytest

from ml.schema import TICKS_PER_DAY
from tests.integration.core.steps import drive, driver, held
from webapp.core.db import reading
from webapp.core.errors import Conflict, Invalid
from webapp.core.policies.retention import Limits, Room
from webapp.core.repositories import storage as rows
from webapp.core.services import audit, preferences, retention, storage, streams
from webapp.core.settings import settings
from webapp.core.views.audit import Wanted
from workers.driving import backfill

pytestmark = pytest.mark.usefixtures("installation")
ROOM = Room(100, 10**6)


def _decide(reason: str = "a test", **limits: int | None) -> bool:
    return preferences.change(Limits(**{"cap_mb": 5000, "fan_hours": 48, **limits}), ROOM, "ann", reason)


def _entries() -> list[tuple[str, str]]:
    return [(one.actor, one.action) for one in audit.entries(Wanted(noun="retention"))]


@pytest.fixture
def filled(installation: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo fleet with ten days of telemetry."""
    monkeypatch.setenv("FOREWARN_DEMO_DAYS", "10")
    settings.cache_clear()
    streams.ensure_demo()
    lease = held()
    backfill(lease, driver(lease))


def _oldest_days() -> float:
    with reading() as session:
        stream = streams.find(session, streams.DEMO)
        assert stream.id is not None and stream.tick is not None
        oldest = rows.oldest(session, stream.id)["telemetry"]
    assert oldest is not None
    return (stream.tick - oldest) / TICKS_PER_DAY


def test_what_is_decided_wins_until_the_installation_decides_again() -> None:
    assert preferences.limits() == Limits(5000, 48)
    assert _decide(cap_mb=4000, risk_days=30)
    assert preferences.limits() == Limits(4000, 48, risk_days=30)
    assert preferences.reset(["cap_mb", "nonsense"], "ben", "too small")
    assert preferences.limits() == Limits(5000, 48, risk_days=30)
    assert _entries() == [("ben", "reset"), ("ann", "change")]


def test_what_changes_nothing_and_what_is_refused_leave_no_entry() -> None:
    assert not _decide()
    assert not preferences.reset(["cap_mb"], "ann", "to be sure")
    for wrong in ({"fan_hours": 2}, {"telemetry_days": 3}, {"reason": ""}):
        with pytest.raises(Invalid):
            _decide(**wrong)  # type: ignore[arg-type]
    assert _entries() == []


@pytest.mark.usefixtures("filled")
def test_telemetry_goes_after_the_days_that_people_decided_and_the_history_begins_there() -> None:
    assert _oldest_days() > 9.9
    assert retention.sweep() == 0
    _decide(telemetry_days=8)
    told = storage.preview(preferences.limits())
    deleted = retention.sweep()
    assert _oldest_days() == 8
    assert deleted == pytest.approx(sum(one.rows for one in told.going), abs=40)
    with reading() as session:
        stream = streams.find(session, streams.DEMO)
    assert stream.tick is not None and stream.history_tick == stream.tick - 8 * TICKS_PER_DAY


@pytest.mark.usefixtures("filled")
def test_a_sweep_leaves_a_row_with_what_went() -> None:
    _decide(telemetry_days=9)
    retention.sweep()
    (last,) = storage.snapshot().sweeps
    assert (last.by, dict(last.deleted).keys(), last.note) == ("schedule", {"telemetry"}, "")
    assert last.finished_at is not None and last.freed_mb is not None


@pytest.mark.usefixtures("filled")
def test_over_the_cap_the_oldest_days_go_and_the_last_two_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "used_mb", lambda: 10**6)
    retention.sweep()
    assert _oldest_days() == 2
    assert storage.snapshot().sweeps[0].note == "The data is over its cap, and what is left is needed: raise the cap."


def test_a_sweep_that_a_person_asks_for_is_theirs_and_one_at_a_time() -> None:
    retention.ask("ann", "the disk is small")
    with pytest.raises(Conflict, match="under way"):
        retention.ask("ben", "me too")
    retention.sweep()
    retention.sweep()
    assert [one.by for one in storage.snapshot().sweeps] == ["schedule", "ann"]
    assert _entries() == [("ann", "sweep")]


@pytest.mark.usefixtures("demo")
def test_a_sweep_that_fails_says_that_it_did_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    drive(held(), ticks=1)
    monkeypatch.setattr(retention, "_tidy", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        retention.sweep()
    assert storage.snapshot().sweeps[0].note.startswith("It did not end")


@pytest.mark.usefixtures("demo")
def test_the_page_counts_by_sort_and_never_more_than_is_used() -> None:
    drive(held(), ticks=2)
    found = storage.snapshot()
    counted = {one.name: one.rows for one in found.usage}
    assert (counted["telemetry"] > 5000, counted["fans"], counted["runs"]) == (True, 60, 3)
    assert sum(one.mb for one in found.usage) == pytest.approx(found.used_mb, rel=0.1)
    assert {one.name: one.oldest for one in found.usage}["telemetry"] is not None


@pytest.mark.usefixtures("demo")
def test_the_preview_says_what_a_smaller_cap_would_take() -> None:
    drive(held(), ticks=1)
    told = storage.preview(Limits(100, 48))
    assert (told.going, told.over_cap_mb) == ((), 0.0)
    with pytest.raises(Invalid, match="at least 100 MB"):
        storage.preview(Limits(50, 48))
