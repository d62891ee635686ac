"""What the page is told of truth: how old it is, what is overdue, who was worth what, and what a sweep leaves of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.core.candidates import candidate as trained
from tests.integration.core.shadowing import candidate, play, serve, version_of
from tests.integration.core.steps import drive, held
from webapp.core import activity, dispatch
from webapp.core.clock import now
from webapp.core.db import reading
from webapp.core.models.training_runs import TrainingRun
from webapp.core.policies import live_scores as policy
from webapp.core.policies.live_scores import MATURED, MISSING
from webapp.core.policies.retention import Limits, Room
from webapp.core.policies.roles import Role
from webapp.core.repositories import live_scores as score_rows
from webapp.core.repositories import model_versions
from webapp.core.repositories import shadows as rows
from webapp.core.repositories import streams as stream_rows
from webapp.core.services import (
    champions,
    conditions,
    decisions,
    live_scores,
    playbacks,
    preferences,
    retention,
    shadows,
    streams,
    truths,
)
from webapp.core.services import promotions as moves
from webapp.core.services.playbacks import Held
from webapp.core.uow import unit_of_work

pytestmark = pytest.mark.usefixtures("demo")


@pytest.fixture
def lease() -> Held:
    found = held()
    drive(found, 0)
    return found


def behind(lease: Held, minutes: float, *, paused: bool = False) -> None:
    """The feed stopped some minutes of stream time ago."""
    with unit_of_work() as uow:
        row = stream_rows.by_id(uow.session, lease.stream_id, lock=True)
        assert row is not None and row.tick is not None
        row.anchor_tick, row.anchor_at, row.paused = row.tick, now() - timedelta(minutes=minutes / row.speed), paused
        uow.session.add(row)


def test_a_feed_that_stopped_freezes_what_was_scored_and_says_since_when(lease: Held) -> None:
    play(lease, 24)
    live_scores.score(lease.stream_id)
    before = truths.board(streams.DEMO)
    behind(lease, 43)
    assert live_scores.score(lease.stream_id) == 0
    after = truths.board(streams.DEMO)
    assert (before.truth.stale, before.truth.overdue) == (False, 0)
    assert after.truth.stale and after.truth.newest_at == before.truth.newest_at
    assert after.truth.due_at is not None and after.truth.newest_at is not None
    assert after.truth.due_at - after.truth.newest_at >= timedelta(minutes=40)
    ticks = (after.truth.due_at - after.truth.newest_at) // timedelta(minutes=5)
    assert after.truth.overdue == ticks * 20 * 7 * 3  # three full hours were origins
    assert after.versions[0].whole == before.versions[0].whole and after.truth.matured > 0


def test_a_paused_clock_owes_no_truth(lease: Held) -> None:
    play(lease, 12)
    behind(lease, 43, paused=True)
    assert not truths.board(streams.DEMO).truth.stale


def test_before_anything_matured_there_is_no_data(lease: Held) -> None:
    found = truths.board(streams.DEMO)
    assert (found.champion, found.truth.scored_at) == ((), None)
    assert [one.whole.matured for one in found.versions] == [0]


def test_versions_stand_side_by_side_with_the_moves_between_them(lease: Held, tmp_path: Path) -> None:
    play(lease, 12)
    serve(tmp_path, "1.1.0")
    shadows.settle(playbacks.source(lease))
    play(lease, 24, shadow=True)
    live_scores.score(lease.stream_id)
    found = truths.board(streams.DEMO)
    assert [(one.name, one.role, one.why) for one in found.versions] == [
        ("fleet-tft 1.1.0", "champion", ""), ("fleet-tft 1.0.0", "champion", ""),
        ("fleet-tft 1.0.0", "shadow", "guard"),
    ]  # fmt: skip
    assert found.versions[2].pairing is not None and found.versions[2].pairing.whole is not None
    assert [one.kind for one in found.moves] == ["promotion"] and found.automatic
    assert found.watches[0].compared is not None and found.watches[0].open
    assert len(found.champion) == 3 and len(found.shadow) == 1
    assert found.shadows[0].origins == 2


def test_a_run_that_ended_as_a_candidate_begins_to_shadow_by_itself(lease: Held, tmp_path: Path) -> None:
    with unit_of_work() as uow:
        made = champions.register(uow.session, version_of(tmp_path, "2.0.0"))
        champion = model_versions.champion(uow.session, lease.stream_id)
        assert champion is not None and champion.id is not None
        uow.session.add(
            TrainingRun(
                stream_id=lease.stream_id, by="ann", start_version_id=champion.id, status="candidate",
                version_id=made.id, queued_at=now(),
            )
        )  # fmt: skip
    for _ in range(2):
        shadows.settle(playbacks.source(lease))
    with reading() as session:
        (one,) = rows.active(session, lease.stream_id)
    assert (one.why, one.model_version_id) == ("candidate", made.id)
    dispatch.broker_client().flushall()
    assert shadows.reconcile() == 0  # no full hour yet
    play(lease, 13)
    assert shadows.reconcile() == 0  # their messages still wait
    dispatch.broker_client().flushall()
    activity.begin("shadow, pid 1", "m", "shadow_run", "shadow", {"stream_id": lease.stream_id}, now(), 60_000)
    assert shadows.reconcile() == 1  # a worker is at the other
    activity.end("shadow, pid 1", "m")
    dispatch.broker_client().flushall()
    assert shadows.reconcile() == 2


def test_a_rejected_candidate_neither_goes_on_nor_begins_to_shadow(lease: Held, tmp_path: Path) -> None:
    first = trained(tmp_path, "2.0.0")
    shadows.settle(playbacks.source(lease))
    decisions.reject(first, "bob", Role.APPROVER, "no better")
    decisions.reject(trained(tmp_path, "2.1.0"), "bob", Role.APPROVER, "no better")
    for _ in range(2):
        shadows.settle(playbacks.source(lease))
    with reading() as session:
        (one,) = rows.of_stream(session, lease.stream_id)
    assert (one.note, one.ended_at is not None) == ("it was rejected", True)


def test_a_candidate_that_serves_or_whose_days_are_over_shadows_no_longer(lease: Held, tmp_path: Path) -> None:
    first = candidate(lease, tmp_path)
    candidate(lease, tmp_path, "2.1.0")
    with unit_of_work() as uow:
        stream = streams.find(uow.session, streams.DEMO, lock=True)
        slot, version = model_versions.slot(uow.session, lease.stream_id), model_versions.by_id(uow.session, first)
        assert slot is not None and version is not None
        moves.move(uow, stream, slot.moves, version, moves.Kind.PROMOTION, "ann", "better")
        second = rows.active(uow.session, lease.stream_id)[1]
        second.until_tick = 0
        uow.session.add(second)
    shadows.settle(playbacks.source(lease))
    with reading() as session:
        assert [one.note for one in rows.of_stream(session, lease.stream_id) if one.why == "candidate"] == [
            "its days are over", "it serves now",
        ]  # fmt: skip
        assert [one.why for one in rows.active(session, lease.stream_id)] == ["guard"]


def test_shadow_fans_go_when_no_score_needs_them_and_scores_stay(lease: Held, tmp_path: Path) -> None:
    candidate(lease, tmp_path)
    play(lease, 24, shadow=True)
    live_scores.score(lease.stream_id)
    with unit_of_work() as uow:
        row = stream_rows.by_id(uow.session, lease.stream_id, lock=True)
        assert row is not None and row.tick is not None
        row.tick += 60 * 12
        uow.session.add(row)
    retention.sweep()
    with reading() as session:
        assert rows.oldest_tick(session, lease.stream_id) is None
        assert score_rows.newest(session, lease.stream_id) is not None


def test_scores_go_after_five_weeks_where_nobody_decided_otherwise(lease: Held, tmp_path: Path) -> None:
    version = candidate(lease, tmp_path)
    play(lease, 24, shadow=True)
    live_scores.score(lease.stream_id)
    for days, there in ((34, True), (3, False)):
        _pass(lease, days)
        retention.sweep()
        with reading() as session:
            assert (score_rows.newest(session, lease.stream_id) is not None) is there
            assert bool(rows.runs(session, lease.stream_id, version, 0)) is there


def test_scores_outlive_cycles_while_a_promotion_is_watched(lease: Held) -> None:
    play(lease, 24, lost=0)
    live_scores.score(lease.stream_id)
    preferences.change(Limits(cap_mb=5000, fan_hours=48, run_days=2), Room(100, 10**6), "ann", "a test")
    for days, there in ((4, True), (5, False)):
        _pass(lease, days)
        retention.sweep()
        with reading() as session:
            assert (score_rows.newest(session, lease.stream_id) is not None) is there


def _pass(lease: Held, days: int) -> None:
    """Let days of the stream's time go by."""
    with unit_of_work() as uow:
        row = stream_rows.by_id(uow.session, lease.stream_id, lock=True)
        assert row is not None and row.tick is not None
        row.tick += days * 288
        uow.session.add(row)


def test_truth_that_comes_late_on_a_live_stream_is_counted_then(lease: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo fleet as a live stream whose clock is this test's."""
    play(lease, 24, lost=0)
    with unit_of_work() as uow:
        row = stream_rows.by_id(uow.session, lease.stream_id, lock=True)
        assert row is not None and row.tick is not None
        row.source, last = "push", row.tick
        uow.session.add(row)
    monkeypatch.setattr(live_scores, "now", lambda: datetime.fromtimestamp((last + 12) * 300, UTC))
    gone = _take_away(lease, last - 3)
    assert live_scores.score(lease.stream_id) == 2
    assert _sums(lease)[1] == 20 * 7 * 2
    _give_back(gone)
    assert live_scores.score(lease.stream_id) == 1
    assert _sums(lease) == (20 * 7 * 12 * 3, 0)
    assert live_scores.score(lease.stream_id) == 0


def _sums(lease: Held) -> tuple[float, float]:
    with reading() as session:
        found = [policy.cells(blob) for _, _, _, blob in score_rows.cells(session, lease.stream_id, 0)]
    return tuple(sum(float(one[..., at].sum()) for one in found) for at in (MATURED, MISSING))  # type: ignore[return-value]


def _take_away(lease: Held, tick: int) -> list[dict[str, object]]:
    from sqlmodel import select

    from webapp.core.models.telemetry import Telemetry

    with unit_of_work() as uow:
        found = uow.session.exec(select(Telemetry).where(Telemetry.tick == tick)).all()
        for one in found:
            uow.session.delete(one)
        return [one.model_dump() for one in found]


def _give_back(gone: list[dict[str, object]]) -> None:
    from webapp.core.repositories import telemetry

    with unit_of_work() as uow:
        telemetry.insert_rows(uow.session, gone)


def test_a_champion_that_cannot_be_loaded_is_a_condition(lease: Held) -> None:
    moves.note_trouble(lease.stream_id, "It is broken. fleet-tft 1.0.0 serves on.")
    conditions.look()
    with reading() as session:
        from webapp.core.repositories import conditions as condition_rows

        known = [one.key for one in condition_rows.every(session)]
    assert "model_broken:fleet-demo" in known
