"""Forewarn's own processes: the supervisor tells their state here, readiness and the jobs page read it.

Kept in the broker only: it says what is true now, and nothing when no supervisor runs.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta

from webapp.core import dispatch
from webapp.core.clock import now
from webapp.core.views.jobs import ProcessView

PROCESSES = "forewarn:processes"
SCHEDULES = "forewarn:schedules"
HEARTBEAT = "forewarn:heartbeat:"
HEARTBEAT_MS = 15_000
"""A heartbeat expires after so long; its age is what has passed of that."""


def publish(states: Iterable[ProcessView]) -> None:
    """Replace what is known of all processes; their last heartbeats are filled in here."""
    client = dispatch.broker_client()
    found = {state.name: state for state in states}
    beats = heartbeats(found)
    with client.pipeline() as pipe:
        pipe.delete(PROCESSES)
        for name, state in found.items():
            entry = {**asdict(state), "heartbeat_at": beats[name], "at": now()}
            pipe.hset(PROCESSES, name, json.dumps(entry, default=datetime.isoformat))
        pipe.execute()


def withdraw() -> None:
    """Nothing runs any more; a heartbeat that stayed would pass for that of a process that only starts."""
    client = dispatch.broker_client()
    client.delete(PROCESSES, SCHEDULES, *client.scan_iter(f"{HEARTBEAT}*"))


def heartbeats(names: Iterable[str]) -> dict[str, datetime | None]:
    """When each process was last heard of; None when that is too long ago."""
    wanted, client = list(names), dispatch.broker_client()
    with client.pipeline() as pipe:
        for name in wanted:
            pipe.pttl(HEARTBEAT + name)
        left = pipe.execute()
    return {name: _since(int(ms)) for name, ms in zip(wanted, left, strict=True)}


def _since(left_ms: int) -> datetime | None:
    return now() - timedelta(milliseconds=HEARTBEAT_MS - left_ms) if left_ms > 0 else None
