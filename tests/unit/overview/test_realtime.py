"""Events in, writes out: conflated, shared, and alive without the broker."""

import asyncio
import threading
from dataclasses import replace

import pytest
import redis

from tests.unit.overview.samples import STREAM
from webapp.core.events import Event, EventKind
from webapp.realtime import hub as hubs
from webapp.realtime import snapshot
from webapp.realtime.audience import Audience
from webapp.realtime.desk import Desk
from webapp.realtime.hub import SHOWN, Hub
from webapp.realtime.snapshot import Shared

FORECAST = Event(EventKind.FORECAST_STORED, 1, "7")
SCENARIO = Event(EventKind.SCENARIO_CHANGED, 1, "3")
CLOCK = Event(EventKind.CLOCK_CHANGED, 1, "demo")
TELEMETRY = Event(EventKind.TELEMETRY_STORED, 1, "7")


async def unused(slug, events):
    raise AssertionError("no desk serves in these tests")


class World:
    """A hub with one writer over a database in memory."""

    def __init__(self, monkeypatch):
        self.streams = (STREAM,)
        self.hub = Hub()
        self.hub.register(unused)
        monkeypatch.setattr(hubs.streams, "streams", self.read)

    def read(self):
        if isinstance(self.streams, Exception):
            raise self.streams
        return self.streams

    def refresh(self, *events):
        """What waits for the writer after a look at the database with these events."""
        waiting = self.hub._desks[0].waiting
        waiting.clear()
        asyncio.run(self.hub._refresh(events))
        return {slug: len(each) for slug, each in waiting.items()}


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setattr(hubs, "link", hubs.Link())
    monkeypatch.setattr(snapshot, "_kept", [])
    made = World(monkeypatch)
    made.refresh()
    return made


def test_an_event_of_a_stream_waits_to_be_written(world):
    assert world.refresh(FORECAST) == {"demo": 1}


def test_telemetry_alone_changes_no_view(world):
    assert world.refresh(TELEMETRY) == {}


def test_an_event_of_another_stream_concerns_only_that_one(world):
    assert world.refresh(Event(EventKind.FORECAST_STORED, 2, "7")) == {}


def test_an_event_of_no_stream_concerns_all(world):
    world.streams = (STREAM, replace(STREAM, id=2, slug="other"))
    assert world.refresh(Event(EventKind.MODEL_CHANGED)) == {"demo": 1, "other": 1}


def test_nothing_waits_while_nothing_changes(world):
    assert world.refresh() == {}


def test_a_stream_that_goes_stale_is_written_without_an_event(world):
    world.streams = (replace(STREAM, stale_since=STREAM.made_at),)
    assert world.refresh() == {"demo": 0}
    assert world.refresh() == {}


def test_a_live_clock_that_only_runs_is_no_change(world):
    live = replace(STREAM, clock=replace(STREAM.clock, live=True))
    world.streams = (live,)
    world.refresh()
    world.streams = (replace(live, clock=replace(live.clock, at=live.clock.at.replace(minute=50))),)
    assert world.refresh() == {}


def test_a_database_that_goes_away_is_told_and_its_return_too(world):
    world.streams = OSError("disk gone")
    assert world.refresh() == {"demo": 0}
    assert hubs.link.database_down_at is not None
    world.streams = (STREAM,)
    assert world.refresh() == {"demo": 0}
    assert hubs.link.database_down_at is None


def test_a_broker_that_goes_away_is_told_and_its_return_too(world, monkeypatch):
    told = []
    answers = iter([redis.ConnectionError("gone"), redis.ConnectionError("gone"), ("0-2", [FORECAST])])

    def read(last, *_):
        told.append((last, hubs.link.broker_down_at is not None))
        answer = next(answers, asyncio.CancelledError())
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setattr(hubs, "LOOK_EVERY", 0)
    monkeypatch.setattr(hubs.dispatch, "last_event_id", lambda: "0-1")
    monkeypatch.setattr(hubs.dispatch, "read_events", read)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(world.hub._consume())
    assert told == [("0-1", False), ("0-1", True), ("0-1", True), ("0-2", False)]


def serve(desk, until):
    """Run a desk until a condition holds, seen at each turn of the loop."""

    async def play():
        serving = asyncio.create_task(desk.serve())
        while not until():  # noqa: ASYNC110 - a turn of the loop at a time: a desk has no event to wait for
            await asyncio.sleep(0)
        serving.cancel()

    asyncio.run(asyncio.wait_for(play(), 10))


def test_many_events_are_one_write():
    written = []

    async def write(slug, events):
        written.append((slug, len(events)))

    desk = Desk(write, SHOWN)
    for _ in range(20):
        desk.put("demo", [FORECAST])
    serve(desk, lambda: written)
    assert written == [("demo", 20)]


def test_a_stream_whose_forecast_was_just_written_waits():
    async def write(slug, events):
        pass

    desk = Desk(write, SHOWN, pause=60.0)
    desk.put("demo", [FORECAST])
    serve(desk, lambda: desk.written)
    desk.put("demo", [FORECAST])
    desk.put("other", [FORECAST])
    assert 59 < desk.wait_s("demo") <= 60
    assert desk.wait_s("other") == 0


def test_a_forecast_does_not_wait_behind_another_change_of_its_tick():
    written = []

    async def write(slug, events):
        written.append(events)
        if len(written) == 1:
            desk.put("demo", [CLOCK])
            desk.put("demo", [FORECAST])

    desk = Desk(write, SHOWN, pause=60.0)
    desk.put("demo", [SCENARIO])
    serve(desk, lambda: len(written) > 1)
    assert written == [(SCENARIO,), (CLOCK, FORECAST)]


def test_a_writer_that_fails_is_called_again(caplog):
    calls = []

    async def write(slug, events):
        calls.append(slug)
        desk.put("demo", [FORECAST])
        raise ValueError("a bug")

    desk = Desk(write, SHOWN, pause=0.0)
    desk.put("demo", [FORECAST])
    serve(desk, lambda: len(calls) > 1)
    assert "could not be rewritten" in caplog.text


def test_thirty_who_ask_at_once_cause_one_read():
    reads = []

    async def play():
        shared = Shared(lambda key: reads.append(key) or len(reads))
        return await asyncio.gather(*(shared.get("demo") for _ in range(30)))

    assert asyncio.run(play()) == [1] * 30


def test_after_a_change_the_next_caller_reads_again():
    reads = []

    async def play():
        shared = Shared(lambda key: reads.append(key) or len(reads))
        first = await shared.get("demo")
        shared.forget("demo")
        return first, await shared.get("demo")

    assert asyncio.run(play()) == (1, 2)


def test_two_reads_of_one_key_never_overlap():
    inside, most, gate = [], [], threading.Event()

    def read(_key):
        inside.append(1)
        most.append(len(inside))
        gate.wait(5)
        inside.pop()

    async def play():
        shared = Shared(read)
        first = asyncio.create_task(shared.get("demo"))
        await asyncio.sleep(0)
        shared.forget("demo")
        second = asyncio.create_task(shared.get("demo"))
        gate.set()
        await asyncio.gather(first, second)

    asyncio.run(play())
    assert most == [1, 1]


def test_a_failed_read_is_not_kept():
    answers = iter([OSError("no"), 5])

    def read(_key):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def play():
        shared = Shared(read)
        with pytest.raises(OSError, match="no"):
            await shared.get("demo")
        return await shared.get("demo")

    assert asyncio.run(play()) == 5


def test_what_was_measured_is_kept_for_a_few_seconds(monkeypatch):
    reads = []
    monkeypatch.setattr(snapshot, "_quality", Shared(lambda slug: reads.append(slug) or ()))
    monkeypatch.setattr(snapshot, "_quality_at", {})

    async def play():
        for _ in range(3):
            await snapshot.quality("demo")

    asyncio.run(play())
    assert reads == ["demo"]


@pytest.mark.parametrize("kind", [EventKind.TRUTH_SCORED, EventKind.MODEL_CHANGED])
def test_what_was_measured_is_read_again_after_an_hour_was_scored_and_a_model_moved(world, monkeypatch, kind):
    reads = []
    for name in ("quality", "board"):
        kept, at = ("_quality", "_quality_at") if name == "quality" else ("_boards", "_boards_at")
        monkeypatch.setattr(snapshot, kept, Shared(lambda slug, name=name: reads.append(name) or ()))
        monkeypatch.setattr(snapshot, at, {})

    async def play():
        for event in (FORECAST, Event(kind, 1), FORECAST):
            await snapshot.quality("demo")
            await snapshot.board("demo")
            await world.hub._refresh((event,))

    asyncio.run(play())
    assert reads == ["quality", "board"] * 2


def test_an_audience_groups_tabs_by_what_they_show():
    room: Audience[str] = Audience()
    for token, view in (("a", "x"), ("b", "x"), ("c", "y")):
        room.follow(token, view)
    assert room.views(lambda _: True) == {"x": ("a", "b"), "y": ("c",)}


def test_a_tab_that_moves_on_has_one_seat():
    room: Audience[str] = Audience()
    room.follow("a", "x")
    room.follow("a", "y")
    assert room.views(lambda _: True) == {"y": ("a",)}


def test_a_tab_that_went_away_loses_its_seat():
    room: Audience[str] = Audience()
    room.follow("a", "x")
    assert room.views(lambda _: False) == {}
    assert len(room) == 0
