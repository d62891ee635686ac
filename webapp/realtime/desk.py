"""A writer and what waits for it: newest state wins, at most one write per stream and pause.

A forecast waits for the pause after the forecast before it only: what else changed at its tick, a scenario that
starts with it first of all, would otherwise hold it up by half a second.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from webapp.core.clock import monotonic
from webapp.core.events import Event, EventKind
from webapp.core.logging import get_logger

PAUSE = 0.5
"""Seconds between two writes of one stream: what a browser can paint and a person can follow."""

Writer = Callable[[str, tuple[Event, ...]], Awaitable[None]]
log = get_logger(__name__)


@dataclass(slots=True)
class Desk:
    """One writer, the kinds of events that it is for, and the streams that wait."""

    write: Writer
    kinds: frozenset[EventKind]
    pause: float = PAUSE
    waiting: dict[str, list[Event]] = field(default_factory=dict)
    written: dict[str, float] = field(default_factory=dict)
    forecast: dict[str, float] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def is_for(self, events: Sequence[Event]) -> bool:
        """Whether any of the events concerns this writer; no events mean that something changed untold."""
        return not events or any(one.kind in self.kinds for one in events)

    def put(self, slug: str, events: Sequence[Event]) -> None:
        """Have the stream written as soon as its pause is over."""
        self.waiting.setdefault(slug, []).extend(one for one in events if one.kind in self.kinds)
        self.wake.set()

    def wait_s(self, slug: str) -> float:
        """Seconds until the stream may be written again."""
        before = self.forecast if _tells_forecast(self.waiting[slug]) else self.written
        return max(0.0, before.get(slug, -self.pause) + self.pause - monotonic())

    async def serve(self) -> None:
        """Write whatever is due, until cancelled. A failed write is a bug: logged, and the next one runs."""
        while True:
            await self.wake.wait()
            self.wake.clear()
            while self.waiting:
                slug = min(self.waiting, key=self.wait_s)
                if not await self._hears_more(self.wait_s(slug)):
                    await self._write(slug, tuple(self.waiting.pop(slug)))

    async def _hears_more(self, seconds: float) -> bool:
        """Wait; True as soon as something else has come, which may be due before what was waited for."""
        try:
            await asyncio.wait_for(self.wake.wait(), seconds)
        except TimeoutError:
            return False
        self.wake.clear()
        return True

    async def _write(self, slug: str, events: tuple[Event, ...]) -> None:
        try:
            await self.write(slug, events)
        except Exception:
            log.exception("A view could not be rewritten.", extra={"stream": slug, "writer": repr(self.write)})
        self.written[slug] = monotonic()
        if _tells_forecast(events):
            self.forecast[slug] = self.written[slug]


def _tells_forecast(events: Sequence[Event]) -> bool:
    return any(one.kind is EventKind.FORECAST_STORED for one in events)
