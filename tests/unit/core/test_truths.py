"""Which hours are owed a score, and what is overdue."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from webapp.core.policies import live_scores, truths
from webapp.core.policies.shadows import Owed, owed, too_many

AT = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tick", "wall", "live", "expected"),
    [(None, 100, True, None), (25, 0, False, 24), (24, 0, False, 24), (50, 50, True, 36), (40, 90, True, 36)],
)
def test_an_hour_may_be_scored_when_its_truth_had_time_to_come(
    tick: int | None, wall: int, live: bool, expected: int | None
) -> None:
    assert truths.last_hour(tick, wall, live=live) == expected


def test_hours_that_an_origin_covers_are_owed_once() -> None:
    assert truths.owed_hours(48, 0, [0], {12: 5}, {}) == (24, 36, 48)
    assert truths.owed_hours(240, 0, [0], {}, {})[-1] == 96
    assert truths.owed_hours(48, 24, [0], {}, {}) == (36, 48)


def test_an_hour_to_which_truth_came_later_is_owed_again() -> None:
    assert truths.owed_hours(24, 0, [0], {12: 5, 24: 5}, {12: 6, 24: 5, 36: 9}) == (12,)


def test_an_hour_that_was_opened_again_is_owed_again() -> None:
    assert truths.owed_hours(24, 0, [0], {12: -1, 24: 5}, {}) == (12,)


def test_what_is_due_follows_the_clock() -> None:
    anchor = (100, AT)
    later = AT + timedelta(seconds=20)
    assert truths.due_tick(100, anchor, 60, later, live=False, waits=False, wall_tick=0) == 104
    assert truths.due_tick(100, anchor, 60, later, live=False, waits=True, wall_tick=0) == 100
    assert truths.due_tick(100, anchor, 0, later, live=False, waits=False, wall_tick=0) == 100
    assert truths.due_tick(100, anchor, 1, later, live=True, waits=False, wall_tick=110) == 109


def test_overdue_truths_are_those_between_the_last_hour_and_what_is_due() -> None:
    assert truths.overdue(24, 24, [(12, 20)], 7) == (0, 0, 0, 0, 0)
    assert truths.overdue(24, 30, [(24, 20), (12, 20)], 7) == (6 * 140, 6 * 140, 0, 0, 0)


def test_a_shadow_forecasts_the_newest_full_hour_and_notes_the_older_ones() -> None:
    assert owed({12: 20, 24: 20, 30: 20}, {}, 0, 100) == Owed(24, (12,))
    assert owed({12: 20, 24: 20}, {24: 20}, 0, 100) == Owed(None, (12,))
    assert owed({12: 20, 24: 20}, {12: 0, 24: 19}, 0, 100) == Owed(24, ())
    assert owed({12: 20, 24: 20}, {}, 12, 23) == Owed(None, ())
    assert owed({0: 1, 240: 1}, {}, -1, 500) == Owed(240, ())


def test_a_newer_candidate_takes_the_oldest_ones_place() -> None:
    assert list(too_many([1, 2])) == [] and list(too_many([1, 2, 3, 4])) == [1, 2]


def test_scores_survive_being_stored() -> None:
    values = np.arange(7 * 5 * 7, dtype=np.float32).reshape(7, 5, 7)
    assert (live_scores.cells(live_scores.pack(values)) == values).all()
    each = np.arange(2 * 5 * 5, dtype=np.float32).reshape(2, 5, 5)
    found = live_scores.servers(live_scores.pack(each, [7, 9]), 5)
    assert list(found) == [7, 9] and (found[9] == each[1]).all()
    assert live_scores.servers(live_scores.pack(each[:0], []), 5) == {}


def test_nothing_is_said_of_nothing() -> None:
    assert live_scores.compared(live_scores.blocks({}), 0) is None
    assert live_scores.scored(np.zeros((5, 7))).loss is None
