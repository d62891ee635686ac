"""What workers do at this moment, and which duties people asked for: short notes in the broker.

A worker's notes expire with its heartbeat, so nothing runs on after a process that was killed. A duty that was asked
for stays until it has run, so it outlives a restart of the scheduler.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from webapp.core.dispatch import broker_client

RUNNING = "forewarn:running:"
ASKED = "forewarn:run-now"


@dataclass(frozen=True, slots=True)
class Running:
    """A job that a worker is at; `process` is its queue and process id."""

    process: str
    actor: str
    queue: str
    arguments: dict[str, Any]
    since: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A duty that a person wants to run now."""

    duty: str
    by: str
    at: datetime


def begin(process: str, message_id: str, actor: str, queue: str, arguments: Mapping[str, Any], at: datetime,
          expires_ms: int) -> None:  # fmt: skip
    """Note that a process is at a job."""
    said = {"actor": actor, "queue": queue, "arguments": dict(arguments), "since": at.isoformat()}
    with broker_client().pipeline() as pipe:
        pipe.hset(RUNNING + process, message_id, json.dumps(said, default=str))
        pipe.pexpire(RUNNING + process, expires_ms)
        pipe.execute()


def end(process: str, message_id: str) -> None:
    """It is at it no more."""
    broker_client().hdel(RUNNING + process, message_id)


def keep(process: str, expires_ms: int) -> None:
    """The process lives, and what it noted holds."""
    broker_client().pexpire(RUNNING + process, expires_ms)


def clear(process: str) -> None:
    """What was noted under this name is of a process that is gone: a container begins again with the same pid."""
    broker_client().delete(RUNNING + process)


def running() -> Sequence[Running]:
    """Every job that a worker is at, the longest first."""
    found = []
    for key in broker_client().scan_iter(f"{RUNNING}*", count=500):
        for text in cast("list[str]", broker_client().hvals(key)):
            one = json.loads(text)
            since = datetime.fromisoformat(one["since"])
            found.append(Running(key.removeprefix(RUNNING), one["actor"], one["queue"], one["arguments"], since))
    return sorted(found, key=lambda one: one.since)


def ask(duty: str, by: str, at: datetime) -> None:
    """Have the scheduler run a duty as soon as it looks; asked twice, it runs once."""
    broker_client().hset(ASKED, duty, json.dumps({"by": by, "at": at.isoformat()}))


def asked() -> Sequence[Asked]:
    """The duties that people wait for."""
    found = cast("dict[str, str]", broker_client().hgetall(ASKED))
    told = [(name, json.loads(text)) for name, text in sorted(found.items())]
    return [Asked(name, one["by"], datetime.fromisoformat(one["at"])) for name, one in told]


def ran(duty: str, begun_at: datetime) -> None:
    """A duty ran: nobody waits for it, unless it was asked for after it had begun."""
    wanted = next((one for one in asked() if one.duty == duty), None)
    if wanted is not None and wanted.at <= begun_at:
        broker_client().hdel(ASKED, duty)
