"""Looks are made once, from rows alone; drift is told once, trained for once, and held for a reason that is kept."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.integration.core.candidates import FAILS, candidate
from tests.integration.core.drift_steps import filled, looked, reports, shift, unlooked
from tests.integration.core.test_promotions import served
from webapp.core import dispatch
from webapp.core.db import reading
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.jobs import DriftLook
from webapp.core.models.drift_reports import DriftDecision, DriftEpisode
from webapp.core.policies.drift_reports import ACTOR, Rule
from webapp.core.policies.roles import Role
from webapp.core.repositories import assets
from webapp.core.repositories import drift_reports as rows
from webapp.core.services import (
    audit,
    decisions,
    drift_hours,
    drift_pages,
    drift_reports,
    drift_retraining,
    notifications,
    streams,
    training_runs,
)
from webapp.core.settings import settings

SOON = Rule(open_hours=1, new_hours=24, pause_hours=72)


@pytest.fixture
def fleet(installation: None, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """The demo fleet with ten days of history: its id and newest tick."""
    monkeypatch.setenv("FOREWARN_DEMO_DAYS", "10")
    settings.cache_clear()
    drift_reports.forget()
    streams.ensure_demo(datetime(2026, 3, 4, 10, tzinfo=UTC))
    return filled()


@pytest.fixture
def drifted(fleet: tuple[int, int]) -> tuple[int, int]:
    """The same with web servers that are 40 points busier since 30 hours."""
    shift(fleet[0], "web", fleet[1] - 30 * 12, 40.0)
    return fleet


def _episodes(stream_id: int) -> list[DriftEpisode]:
    with reading() as session:
        return [one for one in rows.episodes(session, stream_id, 50) if one.metric == "cpu_pct" and one.group == "web"]


def _decisions(stream_id: int) -> list[DriftDecision]:
    with reading() as session:
        return list(rows.decisions(session, stream_id, 50))


def test_looking_twice_changes_nothing(fleet: tuple[int, int]) -> None:
    looked(*fleet)
    once = reports(fleet[0])
    looked(*fleet)
    assert reports(fleet[0]) == once and max(once) == fleet[1] // 12
    assert min(once) == drift_reports.first_look(_begin(fleet[0]))


def _begin(stream_id: int) -> int:
    with reading() as session:
        state = rows.state(session, stream_id)
        assert state is not None
        return state.begin


def test_a_look_that_was_interrupted_finds_the_same(fleet: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    looked(*fleet)
    once = reports(fleet[0])
    unlooked(fleet[0])
    monkeypatch.setattr(drift_reports, "STEPS", 5)
    for late in range(fleet[1] - 30 * 12, fleet[1] + 1, 72):
        drift_reports.look(fleet[0], late)
        drift_reports.forget()  # another process goes on
    for _ in range(20):
        drift_reports.look(fleet[0], fleet[1])
    again = reports(fleet[0])
    assert set(again) <= set(once) and max(again) == max(once)
    assert {hour: once[hour] for hour in again} == again


def test_drift_is_found_dated_and_measured(drifted: tuple[int, int]) -> None:
    looked(*drifted)
    (found,) = _episodes(drifted[0])
    assert found.test == "INPUTS" and found.effect > 1 and found.closed_hour is None
    assert abs(found.since_hour - (drifted[1] // 12 - 29)) <= 2
    assert found.since_hour < found.opened_hour <= drifted[1] // 12


def test_drift_is_told_once_in_the_same_transaction(drifted: tuple[int, int]) -> None:
    form = {"name": "ops", "kind": "webhook", "url": "https://ops.example/x", "topics": ["drift"]}
    notifications.add(form, "ann")
    looked(*drifted)
    looked(*drifted)
    told = [one.title for one in notifications.snapshot(50)[1] if "CPU of web servers" in one.title]
    assert len(told) == 1 and "higher" in told[0]


def test_why_it_did_not_train_is_kept(drifted: tuple[int, int]) -> None:
    looked(*drifted)
    (only,) = _decisions(drifted[0])
    assert not only.retrain and only.code == "data" and "are missing" in only.reason


def test_drift_is_trained_for_once(drifted: tuple[int, int]) -> None:
    drift_retraining.change(streams.DEMO, SOON, "ann", "a demonstration")
    looked(*drifted)
    looked(drifted[0], drifted[1] + 12)
    (run,) = training_runs.listed(streams.DEMO)
    assert run.by == ACTOR and "CPU of web servers" in run.reason and run.recipe["mode"] == "fine_tune"
    assert [(one.code, one.run_id) for one in _decisions(drifted[0])] == [("busy", None), ("retrain", run.id)]


def test_after_a_training_there_is_a_pause(drifted: tuple[int, int]) -> None:
    drift_retraining.change(streams.DEMO, SOON, "ann", "a demonstration")
    looked(*drifted)
    training_runs.cancel(training_runs.listed(streams.DEMO)[0].id, "ann", "not now")
    looked(drifted[0], drifted[1] + 12)
    assert _decisions(drifted[0])[0].code == "pause"


def test_a_switched_off_rule_says_by_whom(drifted: tuple[int, int]) -> None:
    drift_retraining.change(streams.DEMO, Rule(enabled=False), "ann", "holidays")
    looked(*drifted)
    assert _decisions(drifted[0])[0].reason == "Training after drift is switched off by ann: holidays."
    assert not training_runs.listed(streams.DEMO)


def test_the_same_answer_is_one_row_that_grows(drifted: tuple[int, int]) -> None:
    looked(*drifted)
    for hour in (1, 2):
        looked(drifted[0], drifted[1] + hour * 12)
    (only,) = _decisions(drifted[0])
    assert only.last_hour - only.first_hour == 2


def test_a_reference_begun_anew_ends_what_is_open(drifted: tuple[int, int]) -> None:
    looked(*drifted)
    drift_retraining.restart(streams.DEMO, "ann", "the new load is here to stay")
    (found,) = _episodes(drifted[0])
    assert found.closed_hour is not None and "ann" in (found.why_closed or "")
    before = len(reports(drifted[0]))
    looked(drifted[0], drifted[1] + 12)
    assert len(reports(drifted[0])) == before
    assert audit.entries(limit=1)[0].action == "restart"


def test_a_reference_begun_anew_before_the_first_look_begins_with_the_next_hour(fleet: tuple[int, int]) -> None:
    early = fleet[1] - 5 * 24 * 12
    looked(fleet[0], early)
    assert reports(fleet[0]) == {}
    drift_retraining.restart(streams.DEMO, "ann", "the new load is here to stay")
    assert _begin(fleet[0]) == early // 12 + 1


def test_a_champion_that_follows_soon_begins_with_the_next_hour(fleet: tuple[int, int], tmp_path: Path) -> None:
    early = fleet[1] - 5 * 24 * 12
    looked(fleet[0], early)
    served(tmp_path)
    looked(fleet[0], early + 12)
    assert _begin(fleet[0]) == early // 12 + 1


def test_hours_that_were_read_for_a_model_that_serves_no_more_are_not_stored(fleet: tuple[int, int]) -> None:
    stream_id, tick = fleet
    looked(stream_id, tick - 12)
    hour = tick // 12
    for version_id, there in ((99, hour - 1), (1, hour)):
        drift_hours.fill(stream_id, version_id, hour, hour)
        with reading() as session:
            assert rows.newest_hour(session, stream_id) == there


def test_a_stream_without_servers_is_looked_at_once(fleet: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "of_stream", lambda *_: [])
    dispatch.broker_client().flushall()
    drift_reports.look(*fleet)
    assert dispatch.queue_sizes(DriftLook.queue)[0] == 0


def test_while_a_candidate_of_drift_waits_nobody_trains_again(drifted: tuple[int, int], tmp_path: Path) -> None:
    rule = replace(SOON, pause_hours=1)
    drift_retraining.change(streams.DEMO, rule, "ann", "a demonstration")
    made = candidate(tmp_path, by=ACTOR)
    looked(*drifted)
    newest = _decisions(drifted[0])[0]
    assert (newest.code, newest.reason) == ("waits", "Candidate fleet-tft 1.1.0 waits for a decision.")
    decisions.reject(made, "bob", Role.APPROVER, "no better")
    looked(drifted[0], drifted[1] + 12)
    assert _decisions(drifted[0])[0].code == "retrain"


def test_a_candidate_that_the_gate_refused_does_not_keep_drift_waiting(
    drifted: tuple[int, int], tmp_path: Path
) -> None:
    drift_retraining.change(streams.DEMO, SOON, "ann", "a demonstration")
    candidate(tmp_path, by=ACTOR, relative=FAILS)
    looked(*drifted)
    assert "retrain" in [one.code for one in _decisions(drifted[0])]


def test_a_new_champion_begins_its_own_reference(drifted: tuple[int, int], tmp_path: Path) -> None:
    looked(*drifted)
    served(tmp_path)
    looked(drifted[0], drifted[1] + 12)
    (found,) = _episodes(drifted[0])
    assert found.why_closed == "another model serves"
    assert _begin(drifted[0]) == drifted[1] // 12 + 1 and max(reports(drifted[0])) == drifted[1] // 12


def test_the_page_of_a_stream_says_what_was_found(drifted: tuple[int, int]) -> None:
    looked(*drifted)
    found = drift_pages.snapshot(streams.DEMO, "web", "cpu_pct")
    worst = next(one for one in found.cells if (one.group, one.metric) == ("web", "cpu_pct"))
    assert worst.strongest.ratio > 1 and worst.strongest.test == "inputs"
    assert [one.missing_hours > 0 for one in found.needs] == [False, True, True, True]
    assert found.points[-1].ratios[0] > 1 and found.points[-1].ratios[1] is None
    assert found.reference_at is not None and found.reference_at[1] <= found.episodes[0].since_at
    assert dict(found.groups)["every server"] == 20


def test_a_rule_is_changed_with_a_reason_and_once(demo: None) -> None:
    with pytest.raises(Invalid):
        drift_retraining.change(streams.DEMO, SOON, "ann", " ")
    with pytest.raises(NotFound):
        drift_retraining.change("nowhere", SOON, "ann", "why not")
    assert drift_retraining.change(streams.DEMO, SOON, "ann", "sooner") == SOON
    with pytest.raises(Conflict, match="ann"):
        drift_retraining.change(streams.DEMO, Rule(), "bob", "later", datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(Conflict, match="reference"):
        drift_retraining.restart(streams.DEMO, "ann", "new")
