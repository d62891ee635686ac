"""The loop of one driven stream: fill its history, then tick by tick at the clock's speed.

The next tick comes when the last one's forecast is stored, so every speed gives the same rows. Events wake
the loop early; the rows decide, so a lost event costs at most one look a second.
"""

import time
from datetime import datetime

import redis

from webapp.core import dispatch
from webapp.core.clock import monotonic, now
from webapp.core.services import playbacks
from webapp.core.services.playbacks import Block, Held, Turn
from workers.drivers import Driver, open_driver

_CHUNK = 96
_RENEW_SECONDS = 2.0
_LONGEST_WAIT = 1.0


def backfill(held: Held, driver: Driver) -> None:
    """History up to the clock's anchor, in chunks that each renew the lease; nothing when it is there already."""
    stream = playbacks.source(held)
    playbacks.settle(held, driver.assets())
    start = stream.history_tick if stream.tick is None else stream.tick + 1
    while start <= stream.anchor_tick:
        count = min(_CHUNK, stream.anchor_tick - start + 1)
        block = driver.block(start, count, (), ())
        playbacks.write(held, block)
        start += count


class Driving:
    """Drives one stream under one lease."""

    def __init__(self, held: Held) -> None:
        self.held = held
        self.driver = open_driver(playbacks.source(held), held.path)
        self._renewed = monotonic()
        self._seen = dispatch.last_event_id()
        backfill(held, self.driver)

    def run(self) -> None:
        """Until the recording ends or the lease is lost; a shutdown request ends it from outside."""
        while self._keep():
            turn = playbacks.turn(self.held)
            if turn.ended:
                playbacks.finish(self.held, "the recording has ended")
                return
            if self._ready(turn):
                playbacks.write(self.held, self._block(turn), played=turn)
            else:
                self._wait(turn)

    def _ready(self, turn: Turn) -> bool:
        return not turn.paused and turn.forecast and turn.due_at <= now()

    def _block(self, turn: Turn) -> Block:
        return self.driver.block(turn.next_tick, 1, turn.injections, turn.twins, turn.upkeep)

    def _keep(self) -> bool:
        if monotonic() - self._renewed < _RENEW_SECONDS:
            return True
        self._renewed = monotonic()
        return playbacks.renew(self.held)

    def _wait(self, turn: Turn) -> None:
        """Until an event about this stream, the due time or a second has passed, whichever is first."""
        seconds = _LONGEST_WAIT
        if turn.forecast and not turn.paused:
            seconds = min(seconds, _until(turn.due_at))
        deadline = monotonic() + seconds
        while (left := deadline - monotonic()) > 0.001:
            if self._heard(left):
                return

    def _heard(self, seconds: float) -> bool:
        try:
            self._seen, events = dispatch.read_events(self._seen, max(1, int(seconds * 1000)))
        except redis.RedisError:
            time.sleep(min(seconds, 0.5))
            return False
        return any(event.stream_id == self.held.stream_id for event in events)


def _until(at: datetime) -> float:
    return max(0.0, (at - now()).total_seconds())
