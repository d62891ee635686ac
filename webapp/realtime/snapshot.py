"""One read of a stream per change, whatever the number of browsers.

Everyone who asks between two changes gets the same snapshot; whoever asks while it is being
read waits for that read. After a change the next caller reads again, so nobody keeps what
was old before it was shown.
"""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from webapp.core.clock import monotonic
from webapp.core.services import calibrations, risks, streams, truths
from webapp.core.views.fleet import FleetSnapshot
from webapp.core.views.live_scores import LiveBoard
from webapp.core.views.quality import Quality
from webapp.core.views.streams import StreamView

Value = TypeVar("Value")


class Shared(Generic[Value]):
    """Values by key, each read at most once between two calls of `forget`, and never twice at the same time."""

    def __init__(self, read: Callable[[str], Value]) -> None:
        self._read = read
        self._tasks: dict[str, asyncio.Task[Value]] = {}
        self._turns: dict[str, asyncio.Lock] = {}

    async def get(self, key: str) -> Value:
        """The value from the read that is under way or done; a failed read is tried again."""
        task = self._tasks.get(key)
        if task is None or _failed(task):
            task = self._tasks[key] = asyncio.create_task(self._in_turn(key))
        return await asyncio.shield(task)

    async def _in_turn(self, key: str) -> Value:
        """Read in a thread; a reader keeps what it read, so an older read of the same key ends first."""
        async with self._turns.setdefault(key, asyncio.Lock()):
            return await asyncio.to_thread(self._read, key)

    def forget(self, key: str) -> None:
        """The next `get` reads."""
        self._tasks.pop(key, None)


def _failed(task: "asyncio.Task[object]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


QUALITY_KEPT = 5.0
"""Seconds for which what was measured is kept: it changes once an hour of stream time."""

_fleets: Shared[FleetSnapshot] = Shared(risks.FleetReader().snapshot)
_quality: Shared[Quality] = Shared(calibrations.quality)
_quality_at: dict[str, float] = {}
_boards: Shared[LiveBoard] = Shared(truths.board)
_boards_at: dict[str, float] = {}
_kept: list[tuple[StreamView, ...]] = []


async def fleet(slug: str) -> FleetSnapshot:
    """The newest snapshot of a stream's servers. Raises NotFound."""
    return await _fleets.get(slug)


async def quality(slug: str) -> Quality:
    """What was measured of a stream's champion on matured truth. Raises NotFound."""
    if monotonic() - _quality_at.get(slug, -QUALITY_KEPT) >= QUALITY_KEPT:
        _quality_at[slug] = monotonic()
        _quality.forget(slug)
    return await _quality.get(slug)


async def board(slug: str) -> LiveBoard:
    """How truth comes in and what it says of each version. Raises NotFound."""
    if monotonic() - _boards_at.get(slug, -QUALITY_KEPT) >= QUALITY_KEPT:
        _boards_at[slug] = monotonic()
        _boards.forget(slug)
    return await _boards.get(slug)


def forget_board(slug: str) -> None:
    """Somebody changed what the board says."""
    _boards.forget(slug)


def forget_measured(slug: str) -> None:
    """Truth was scored, or another version serves."""
    _quality.forget(slug)
    _boards.forget(slug)


async def all_streams() -> tuple[StreamView, ...]:
    """Every stream, at most a second old: the hub keeps them; before it has, they are read here."""
    return _kept[0] if _kept else await asyncio.to_thread(streams.streams)


def kept_streams() -> tuple[StreamView, ...]:
    """The streams as the views show them."""
    return _kept[0] if _kept else ()


def keep_streams(views: tuple[StreamView, ...]) -> None:
    """What was just read."""
    _kept[:] = [views]


def forget(slug: str) -> None:
    """The stream changed: what was read of it is old."""
    _fleets.forget(slug)
