"""Which breaches become incidents, and that slices, late rows and repetition change nothing about it."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.contracts import Floats
from webapp.core.policies.incidents import LONGEST_HOLE, Incident, Slice, judge, restored

LIMIT = 10.0
OVER, CLEAR, GAP = 12.0, 8.0, float("nan")
Span = tuple[int, int | None, bool, float]


class Book:
    """What a database would hold of one server and metric: incidents by id, judged slice by slice."""

    def __init__(self, limit: float = LIMIT) -> None:
        self.rows: dict[int, Incident] = {}
        self.limit = limit

    def scan(self, values: Floats, first: int, last: int, anew: bool = False) -> None:
        """Judge the ticks first..last of a history that begins at tick 0; `anew` when that was done before."""
        known = [self._before(one, values, first) if anew else one for one in self._touched(first, last)]
        lead = [GAP] if first == 0 else []
        part = np.array([*lead, *values[max(0, first - 1) : last + 1]], np.float32)[None, :, None]
        nowhere = np.zeros((1, part.shape[1]), np.bool_)
        judged = judge(Slice(first, part, nowhere, np.array([[self.limit]], np.float32)), known)
        for gone in judged.absorbed:
            del self.rows[gone]
        for one in judged.incidents:
            number = len(self.rows) + 1000 * last if one.id is None else one.id
            self.rows[number] = replace(one, id=number)

    def _touched(self, first: int, last: int) -> list[Incident]:
        return [one for one in self.rows.values() if one.start < last and (one.closed is None or one.closed >= first)]

    def _before(self, one: Incident, values: Floats, first: int) -> Incident:
        if one.start >= first - 1:
            return one
        return restored(one, one.start, values[one.start : first], np.zeros(first - one.start, np.bool_))

    def told(self) -> list[Span]:
        return sorted((one.start, one.end, one.lost, one.peak) for one in self.rows.values())


def found(values: list[float] | Floats, *cuts: int) -> list[Span]:
    """Incidents of a history, judged in slices that end before the cuts."""
    book, edges = Book(), sorted({0, len(values), *(cut % len(values) for cut in cuts)})
    for first, after in pairwise(edges):
        book.scan(np.array(values, np.float32), first, after - 1)
    return book.told()


def by_definition(values: list[float]) -> list[Span]:
    """The same from the observations alone, without following anything tick by tick."""
    spans: list[Span] = []
    at = 1
    while at < len(values):
        if not (values[at - 1] > LIMIT and values[at] > LIMIT):
            at += 1
            continue
        end, known, lost = _end(values, at)
        top = max(value for value in values[at - 1 : known] if value > LIMIT)
        spans.append((at - 1, end, lost, top))
        at = known + 1
    return spans


def _end(values: list[float], since: int) -> tuple[int | None, int, bool]:
    """First clear tick, the tick at which that is known, and whether it was lost sight of."""
    seen = [at for at in range(since, len(values)) if values[at] == values[at]]
    for one, following in zip(seen, [*seen[1:], len(values)], strict=True):
        before = [at for at in seen if at < one]
        if before and values[one] <= LIMIT and values[before[-1]] <= LIMIT:
            return before[-1], one, False
        if one + LONGEST_HOLE + 1 < len(values) and following - one > LONGEST_HOLE:
            return (one if values[one] <= LIMIT else one + 1), one + LONGEST_HOLE + 1, True
    return None, len(values), False


histories = st.lists(
    st.one_of(
        st.lists(st.sampled_from([OVER, CLEAR, GAP, 11.0]), min_size=1, max_size=6),
        st.integers(1, 16).map(lambda length: [GAP] * length),
    ),
    min_size=1,
    max_size=12,
).map(lambda parts: [value for part in parts for value in part])


@settings(max_examples=60, deadline=None)
@given(histories)
def test_incidents_are_what_the_definition_says(values: list[float]) -> None:
    assert found(values) == by_definition(values)


@settings(max_examples=60, deadline=None)
@given(histories, st.lists(st.integers(0, 200), max_size=8))
def test_slices_of_any_size_find_the_same(values: list[float], cuts: list[int]) -> None:
    assert found(values, *cuts) == found(values)


@settings(max_examples=60, deadline=None)
@given(histories, st.data())
def test_late_rows_lead_to_what_would_have_been_found_at_once(values: list[float], data: st.DataObject) -> None:
    late = data.draw(st.sets(st.integers(0, len(values) - 1), min_size=1))
    book, last = Book(), len(values) - 1
    book.scan(np.array([GAP if at in late else one for at, one in enumerate(values)], np.float32), 0, last)
    whole, middle = np.array(values, np.float32), data.draw(st.integers(min(late), last))
    book.scan(whole, min(late), middle, anew=True)
    if middle < last:
        book.scan(whole, middle + 1, last)
    assert book.told() == found(values)


@settings(max_examples=60, deadline=None)
@given(histories, st.data())
def test_judging_again_changes_nothing(values: list[float], data: st.DataObject) -> None:
    book, last = Book(), len(values) - 1
    whole = np.array(values, np.float32)
    book.scan(whole, 0, last)
    before = dict(book.rows)
    book.scan(whole, data.draw(st.integers(0, last)), last, anew=True)
    assert book.rows == before


def test_one_observation_over_the_limit_is_no_incident() -> None:
    assert found([CLEAR, OVER, CLEAR, OVER, GAP, OVER, CLEAR]) == []


def test_flapping_around_the_limit_is_one_incident() -> None:
    assert found([OVER, OVER, CLEAR, OVER, CLEAR, OVER, CLEAR, CLEAR]) == [(0, 6, False, OVER)]


def test_a_gap_neither_opens_nor_closes() -> None:
    assert found([OVER, OVER, *[GAP] * 11, OVER, CLEAR]) == [(0, None, False, OVER)]


def test_after_more_than_an_hour_unseen_it_is_lost_sight_of() -> None:
    assert found([OVER, OVER, *[GAP] * 12]) == [(0, None, False, OVER)]
    assert found([OVER, OVER, *[GAP] * 13]) == [(0, 2, True, OVER)]


def test_a_hole_that_is_filled_in_later_joins_what_was_two() -> None:
    whole = np.array([OVER, OVER, *[OVER] * 14, OVER, OVER], np.float32)
    holed, book = whole.copy(), Book()
    holed[2:16] = GAP
    book.scan(holed, 0, 17)
    assert [one[:3] for one in book.told()] == [(0, 2, True), (16, None, False)]
    first = min(book.rows)
    book.scan(whole, 2, 17, anew=True)
    assert (book.told(), list(book.rows)) == ([(0, None, False, OVER)], [first])


def test_an_open_incident_keeps_its_threshold_when_the_limit_changes() -> None:
    values, book = np.array([OVER, OVER, OVER, CLEAR, CLEAR, OVER, OVER], np.float32), Book()
    book.scan(values, 0, 1)
    book.limit = 20.0
    book.scan(values, 2, 6)
    assert book.told() == [(0, 3, False, OVER)]


def test_what_is_not_watched_opens_nothing() -> None:
    book = Book(GAP)
    book.scan(np.array([OVER] * 6, np.float32), 0, 5)
    assert book.told() == []


def test_an_incident_that_outlasts_the_maintenance_is_not_of_it() -> None:
    part = np.array([GAP, OVER, OVER, OVER], np.float32)[None, :, None]
    limits, windows = np.array([[LIMIT]], np.float32), np.array([[True, True, True, False]])
    (within,) = judge(Slice(0, part[:, :3], windows[:, :3], limits), ()).incidents
    (beyond,) = judge(Slice(0, part, windows, limits), ()).incidents
    assert (within.maintained, beyond.maintained) == (True, False)
