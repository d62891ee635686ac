"""A promotion that serves worse is taken back by the policy, once, with its numbers; a person may switch that off."""

from pathlib import Path

import numpy as np
import pytest

from tests.integration.core.shadowing import play, serve
from tests.integration.core.steps import drive, held
from webapp.core.db import reading
from webapp.core.errors import Invalid, NotFound
from webapp.core.policies import live_scores as scores
from webapp.core.policies.regressions import POLICY, Verdict
from webapp.core.repositories import live_scores as score_rows
from webapp.core.repositories import model_versions
from webapp.core.repositories import shadows as rows
from webapp.core.services import audit, champions, live_scores, playbacks, promotions, regressions, shadows, streams
from webapp.core.services.playbacks import Held
from webapp.core.uow import unit_of_work

pytestmark = pytest.mark.usefixtures("demo")


@pytest.fixture
def lease() -> Held:
    found = held()
    drive(found, 0)
    return found


def settle(lease: Held) -> None:
    shadows.settle(playbacks.source(lease))


def guard(lease: Held) -> int:
    with reading() as session:
        (one,) = rows.active(session, lease.stream_id)
    assert one.why == "guard"
    return one.model_version_id


def lost(lease: Held, champion: int, watcher: int, by: float, hours: int = 8) -> None:
    """Pairs as the scores of some hours would leave them: the champion loses more by a share, with some spread."""
    draws, tick = np.random.default_rng(4), playbacks.source(lease).tick
    assert tick is not None
    ids = range(1, 21)
    for hour in range(1, hours + 1):
        theirs = 50 * np.exp(0.1 * draws.standard_normal((20, 5)))
        mine = theirs * (1 + by) * np.exp(0.05 * draws.standard_normal((20, 5)))
        held_ = np.full((20, 5), 67.0)
        values = np.stack([theirs, mine, held_, held_, np.full((20, 5), 84.0)], axis=2)
        row = {
            "stream_id": lease.stream_id, "model_version_id": watcher, "against_id": champion,
            "tick": tick + 12 * hour, "servers": scores.pack(values, list(ids)),
        }  # fmt: skip
        with unit_of_work() as uow:
            score_rows.store(uow.session, [], [row])


def champion_of(lease: Held) -> tuple[str, int]:
    with reading() as session:
        version = model_versions.champion(session, lease.stream_id)
    assert version is not None and version.id is not None
    return version.version, version.id


def test_after_a_promotion_the_version_before_becomes_the_guard_once(lease: Held, tmp_path: Path) -> None:
    serve(tmp_path, "1.1.0")
    settle(lease)
    settle(lease)
    with reading() as session:
        (one,) = rows.of_stream(session, lease.stream_id)
    assert (one.why, one.cause, one.since_tick) == ("guard", 1, playbacks.source(lease).tick)


def test_a_worse_champion_is_rolled_back_once_by_the_policy_with_its_numbers(lease: Held, tmp_path: Path) -> None:
    second = serve(tmp_path, "1.1.0")
    settle(lease)
    lost(lease, second, guard(lease), 0.2)
    assert regressions.judge(lease.stream_id) is Verdict.ROLLED_BACK
    assert regressions.judge(lease.stream_id) is None
    settle(lease)
    newest, *_ = history = promotions.history(streams.DEMO)
    assert (newest.version, newest.kind, newest.by) == ("1.0.0", "rollback", POLICY)
    assert "above that of fleet-tft 1.0.0, at least" in newest.reason and "67,200 truths of 8 h" in newest.reason
    assert len(history) == 3
    entry = audit.entries(limit=1)[0]
    assert (entry.action, entry.actor, entry.reason) == ("rollback", POLICY, newest.reason)
    with reading() as session:
        (one,) = rows.of_stream(session, lease.stream_id)
        assert (one.verdict, one.ended_at is not None) == (Verdict.ROLLED_BACK, True)
        assert one.evidence["truths"] == 67_200
        assert rows.active(session, lease.stream_id) == []


def test_little_truth_or_an_equal_champion_keeps_serving(lease: Held, tmp_path: Path) -> None:
    second = serve(tmp_path, "1.1.0")
    settle(lease)
    lost(lease, second, guard(lease), 0.5, hours=5)
    assert regressions.judge(lease.stream_id) is Verdict.WATCHING
    lost(lease, second, guard(lease), 0.0, hours=20)
    assert regressions.judge(lease.stream_id) is Verdict.WATCHING
    assert champion_of(lease)[0] == "1.1.0"


def test_switched_off_it_watches_and_never_moves(lease: Held, tmp_path: Path) -> None:
    assert regressions.set_automatic(streams.DEMO, False, "ann", "we decide ourselves")
    assert not regressions.set_automatic(streams.DEMO, False, "ann", "again")
    second = serve(tmp_path, "1.1.0")
    settle(lease)
    lost(lease, second, guard(lease), 0.3)
    assert regressions.judge(lease.stream_id) is Verdict.WATCHING
    assert regressions.set_automatic(streams.DEMO, True, "ann", "on again")
    assert regressions.judge(lease.stream_id) is Verdict.ROLLED_BACK


def test_switched_off_while_the_guards_files_are_read_it_moves_nothing(
    lease: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = serve(tmp_path, "1.1.0")
    settle(lease)
    lost(lease, second, guard(lease), 0.2)
    monkeypatch.setattr(
        champions, "verified", lambda *_: regressions.set_automatic(streams.DEMO, False, "ann", "we look ourselves")
    )
    assert regressions.judge(lease.stream_id) is Verdict.WATCHING
    assert champion_of(lease)[0] == "1.1.0"


def test_switching_needs_a_reason_and_a_stream(lease: Held) -> None:
    with pytest.raises(Invalid, match="Say why"):
        regressions.set_automatic(streams.DEMO, False, "ann", " ")
    with pytest.raises(NotFound):
        regressions.set_automatic("nowhere", False, "ann", "x")


def test_a_persons_move_ends_the_watch(lease: Held, tmp_path: Path) -> None:
    second = serve(tmp_path, "1.1.0")
    settle(lease)
    watcher = guard(lease)
    promotions.rollback(streams.DEMO, None, "bob", "I do not like it")
    lost(lease, second, watcher, 0.5)
    assert regressions.judge(lease.stream_id) is None
    settle(lease)
    with reading() as session:
        assert rows.active(session, lease.stream_id) == []
    assert [one.by for one in promotions.history(streams.DEMO)] == ["bob", "ann", "system"]


def test_a_version_that_the_policy_left_comes_back_by_a_person_only(lease: Held, tmp_path: Path) -> None:
    second = serve(tmp_path, "1.1.0")
    settle(lease)
    lost(lease, second, guard(lease), 0.2)
    assert regressions.judge(lease.stream_id) is Verdict.ROLLED_BACK
    third = serve(tmp_path, "1.2.0")
    settle(lease)
    assert guard(lease) != second
    lost(lease, third, guard(lease), 0.2)
    assert regressions.judge(lease.stream_id) is Verdict.ROLLED_BACK
    assert champion_of(lease)[0] == "1.0.0"


def test_when_its_days_are_over_the_decision_is_kept_with_its_numbers(lease: Held, tmp_path: Path) -> None:
    second = serve(tmp_path, "1.1.0")
    settle(lease)
    lost(lease, second, guard(lease), -0.02)
    with unit_of_work() as uow:
        (one,) = rows.active(uow.session, lease.stream_id)
        one.until_tick = one.since_tick
        uow.session.add(one)
    assert regressions.judge(lease.stream_id) is Verdict.KEPT
    with reading() as session:
        (one,) = rows.of_stream(session, lease.stream_id)
    assert one.verdict == Verdict.KEPT and one.evidence["worse"] == pytest.approx(-0.02, abs=0.02)


def test_a_guard_whose_files_are_gone_takes_nothing_back(lease: Held, tmp_path: Path) -> None:
    serve(tmp_path, "1.1.0")
    third = serve(tmp_path, "1.2.0")
    settle(lease)
    watcher = guard(lease)
    lost(lease, third, watcher, 0.3)
    with reading() as session:
        version = model_versions.by_id(session, watcher)
    assert version is not None and champions.forecaster(version.path, version.sha256)  # it was read before
    (tmp_path / "fleet-tft-1.1.0" / "model.safetensors").write_bytes(b"other")
    assert regressions.judge(lease.stream_id) is Verdict.WATCHING
    assert champion_of(lease)[0] == "1.2.0"


def test_a_much_worse_version_is_found_on_real_forecasts(lease: Held, tmp_path: Path) -> None:
    serve(tmp_path, "1.1.0", noise=1.0)
    settle(lease)
    play(lease, 84, shadow=True)
    live_scores.score(lease.stream_id)
    assert regressions.judge(lease.stream_id) is Verdict.ROLLED_BACK
