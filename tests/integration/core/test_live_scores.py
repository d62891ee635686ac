"""Delayed truth is counted once for each version and role, to its end; shadows never count as the champion's."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ml.runtime import yesterday
from tests.integration.core.shadowing import candidate, play, serve, shadow_cycle
from tests.integration.core.steps import drive, held
from webapp.core.db import Session, reading
from webapp.core.policies import live_scores as policy
from webapp.core.policies.live_scores import MATURED, MISSING, Role
from webapp.core.repositories import forecasts
from webapp.core.repositories import live_scores as rows
from webapp.core.repositories import shadows as shadow_rows
from webapp.core.services import champions, live_scores, playbacks, shadow_forecasts, shadows, streams
from webapp.core.services.playbacks import Held
from webapp.core.settings import settings
from webapp.core.uow import unit_of_work
from workers.actors import shadow

HOUR = 20 * 7 * 12
"""Truths of an hour of the demo fleet, for one lead."""


@pytest.fixture
def lease(installation: None, monkeypatch: pytest.MonkeyPatch) -> Held:
    """The demo fleet with three days of history, so that yesterday's curve has intervals."""
    monkeypatch.setenv("FOREWARN_DEMO_DAYS", "3")
    settings.cache_clear()
    streams.ensure_demo(datetime(2026, 3, 4, 10, tzinfo=UTC))
    found = held()
    drive(found, 0)
    return found


def stored(lease: Held) -> dict[tuple[int, int, str], float]:
    """What matured by hour, version and role."""
    with reading() as session:
        found = rows.cells(session, lease.stream_id, 0)
    return {(tick, version, role): policy.cells(blob)[..., MATURED].sum() for tick, version, role, blob in found}


def test_an_hour_is_scored_once_however_often_and_late(lease: Held) -> None:
    play(lease, 24)
    assert live_scores.score(lease.stream_id) == 2
    once = stored(lease)
    assert live_scores.score(lease.stream_id) == 0
    assert once == stored(lease)
    assert list(once.values()) == [HOUR, 2 * HOUR]


def test_hours_that_no_job_scored_are_made_up_for(lease: Held) -> None:
    play(lease, 36)
    assert live_scores.owed(lease.stream_id) == tuple(sorted({tick for tick, _, _ in _after(lease)}))
    assert list(_after(lease).values()) == [HOUR, 2 * HOUR, 3 * HOUR]


def _after(lease: Held) -> dict[tuple[int, int, str], float]:
    owed = live_scores.owed(lease.stream_id)
    live_scores.score(lease.stream_id)
    found = stored(lease)
    with unit_of_work() as uow:
        rows.drop_before(uow.session, lease.stream_id, 10**9)
    assert tuple(sorted({tick for tick, _, _ in found})) == owed
    live_scores.score(lease.stream_id)
    assert stored(lease) == found
    with unit_of_work() as uow:
        rows.drop_before(uow.session, lease.stream_id, 10**9)
    return found


def test_a_version_that_no_longer_serves_is_scored_until_its_last_forecast_matured(lease: Held, tmp_path: Path) -> None:
    play(lease, 12)
    second = serve(tmp_path, "1.1.0")
    play(lease, 24)
    live_scores.score(lease.stream_id)
    by_version: dict[int, list[float]] = {}
    for (_, version, _), matured in stored(lease).items():
        by_version.setdefault(version, []).append(matured)
    first = min(by_version)
    assert by_version[first] == [HOUR, 2 * HOUR, 2 * HOUR]
    assert by_version[second] == [HOUR]


def test_a_shadow_forecasts_full_hours_into_a_table_of_its_own(lease: Held, tmp_path: Path) -> None:
    version = candidate(lease, tmp_path)
    play(lease, 25, shadow=True)
    with reading() as session:
        ticks = {tick for tick, _, _ in _fans(session, lease)}
        assert {one for _, one, _ in _fans(session, lease)} == {version}
        every = forecasts.counts(session, lease.stream_id, sorted(ticks), "champion")
    assert ticks and all(tick % 12 == 0 for tick in ticks)
    assert version not in {one for _, one, _ in every}
    live_scores.score(lease.stream_id)
    assert {(version, Role.SHADOW.value)} < {(one, role) for _, one, role in stored(lease)}


def _fans(session: Session, lease: Held) -> list[tuple[int, int, int]]:
    tick = playbacks.source(lease).tick
    assert tick is not None
    return list(shadow_rows.counts(session, lease.stream_id, range(tick - 48, tick + 1)))


def test_champion_and_shadow_are_compared_on_exactly_the_same_truths(lease: Held, tmp_path: Path) -> None:
    version = candidate(lease, tmp_path)
    play(lease, 48, shadow=True)
    live_scores.score(lease.stream_id)
    found = live_scores.compared(streams.DEMO, version)
    assert found.whole is not None
    assert found.whole.truths == sum(one.truths for one in found.leads if one)
    assert found.whole.truths == sum(
        matured for (_, one, role), matured in stored(lease).items() if (one, role) == (version, Role.SHADOW.value)
    )
    assert found.whole.worse == pytest.approx(0.0, abs=1e-6)  # the same network under another number
    assert found.whole.low is not None and found.whole.blocks >= 20
    assert found.whole.mine.held == found.whole.theirs.held


def test_an_origin_that_came_too_late_is_noted_as_passed_over(lease: Held, tmp_path: Path) -> None:
    version = candidate(lease, tmp_path)
    play(lease, 36)
    shadow_cycle(lease)
    shadow_cycle(lease)
    with reading() as session:
        runs = shadow_rows.runs(session, lease.stream_id, version, 0)
    assert [one.skipped for one in runs] == [True, True, False]
    assert runs[-1].forecast == runs[-1].servers == 20


def _late(lease: Held, folder: Path) -> tuple[int, Callable[[], None]]:
    """A candidate, and what stores its forecast, during which the clock went on for two hours."""
    version = candidate(lease, folder)
    play(lease, 12)
    (origin,) = shadow_forecasts.open_origins(lease.stream_id, shadow._windows.of(lease.stream_id))
    made = champions.forecaster(origin.version.path, origin.version.sha256).predict(origin.window)
    play(lease, 24)
    return version, lambda: shadow_forecasts.store(origin, made, 0.0)


def test_fans_of_a_shadow_that_come_after_their_hours_were_scored_are_scored_once(lease: Held, tmp_path: Path) -> None:
    version, store = _late(lease, tmp_path)
    assert live_scores.score(lease.stream_id) == 3
    store()
    assert live_scores.score(lease.stream_id) == 2
    assert [matured for (_, one, _), matured in stored(lease).items() if one == version] == [HOUR, HOUR]
    assert live_scores.score(lease.stream_id) == 0


def test_fans_of_a_shadow_that_come_while_their_hour_is_scored_are_scored_next(
    lease: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version, store = _late(lease, tmp_path)
    units, calls = yesterday.units, iter([lambda: None, store])
    monkeypatch.setattr(yesterday, "units", lambda *given: (next(calls, lambda: None)(), units(*given))[1])
    assert live_scores.score(lease.stream_id) == 3
    assert len(live_scores.owed(lease.stream_id)) == 1
    assert live_scores.score(lease.stream_id) == 1
    assert [matured for (_, one, _), matured in stored(lease).items() if one == version] == [HOUR, HOUR]
    assert live_scores.score(lease.stream_id) == 0


def test_a_gap_in_the_feed_is_missing_and_not_a_miss(lease: Held) -> None:
    play(lease, 24, lost=5)
    live_scores.score(lease.stream_id)
    with reading() as session:
        found = [policy.cells(blob) for _, _, _, blob in rows.cells(session, lease.stream_id, 0)]
    five = 5 * 7 * 12  # of these an hour later the champion forecasts nothing itself
    assert [one[..., MATURED].sum() for one in found] == [HOUR - five, 2 * (HOUR - five)]
    assert [one[..., MISSING].sum() for one in found] == [five, five]


def test_a_shadow_whose_files_are_broken_gives_up(lease: Held, tmp_path: Path) -> None:
    candidate(lease, tmp_path)
    (tmp_path / "fleet-tft-2.0.0" / "model.safetensors").write_bytes(b"other")
    play(lease, 13)
    shadow_cycle(lease)
    with reading() as session:
        (one,) = shadow_rows.of_stream(session, lease.stream_id)
    assert one.ended_at is not None and "cannot be loaded" in one.note


def test_a_guard_whose_files_cannot_be_read_goes_on(lease: Held, tmp_path: Path) -> None:
    serve(tmp_path, "1.1.0")
    serve(tmp_path, "1.2.0")
    shadows.settle(playbacks.source(lease))
    (tmp_path / "fleet-tft-1.1.0" / "model.safetensors").write_bytes(b"other")
    play(lease, 13)
    shadow_cycle(lease)
    with reading() as session:
        assert [one.why for one in shadow_rows.active(session, lease.stream_id)] == ["guard"]


def test_an_origin_whose_row_was_lost_is_closed_without_forecasting_again(lease: Held, tmp_path: Path) -> None:
    version = candidate(lease, tmp_path)
    play(lease, 12, shadow=True)
    with unit_of_work() as uow:
        shadow_rows.drop_runs(uow.session, lease.stream_id, 10**9)
    shadow_cycle(lease)
    with reading() as session:
        (run,) = shadow_rows.runs(session, lease.stream_id, version, 0)
    assert (run.servers, run.forecast) == (20, 20)


def test_a_stretch_that_ended_begins_no_second_time(lease: Held, tmp_path: Path) -> None:
    version = candidate(lease, tmp_path)
    with unit_of_work() as uow:
        (one,) = shadow_rows.active(uow.session, lease.stream_id)
        shadows.close(uow, one, "", "rejected")
        again = shadows.begin(uow, lease.stream_id, version, shadows.Why.CANDIDATE)
        assert again is not None and again.note == "rejected"


def test_servers_that_report_later_are_added_and_nobody_is_forecast_twice(
    lease: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = candidate(lease, tmp_path)
    play(lease, 12, shadow=True)
    with unit_of_work() as uow:
        (run,) = shadow_rows.runs(uow.session, lease.stream_id, version, 0)
        late = shadow_rows.fans_at(uow.session, range(1, 4), run.tick)
        for one in late:
            uow.session.delete(one)
        run.servers = 17
        uow.session.add(run)
    asked: list[int] = []
    open_origins = shadow_forecasts.open_origins
    monkeypatch.setattr(
        shadow_forecasts, "open_origins",
        lambda *given: [asked.append(len(one.asset_ids)) or one for one in open_origins(*given)],  # type: ignore[func-returns-value]
    )  # fmt: skip
    shadow_cycle(lease)
    shadow_cycle(lease)
    with reading() as session:
        (run,) = shadow_rows.runs(session, lease.stream_id, version, 0)
    assert asked == [3] and (run.servers, run.forecast) == (20, 20)
