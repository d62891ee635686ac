"""Dramatiq's queues as they lie in the broker: how many messages stand where, and the dead letters of each.

Dramatiq keeps a list of ids and a hash of messages per queue; `.DQ` are the delayed ones, `.XQ` is a sorted set of
those that were given up, with their messages beside it. A dead letter moves in one script, so it is always in exactly
one place: dead, or waiting, or gone.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from webapp.core.dispatch import NAMESPACE, broker_client

_MOST_DELAYED = 500
"""Delayed messages that are read to count the retries among them; of more nobody needs to know how many are what."""
_OF_A_TRY = ("retries", "traceback", "eta", "requeue_timestamp")
"""What failed tries leave in a message. With it, it would be given up again at once."""
_REQUEUE = """
if redis.call('zrem', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('hdel', KEYS[2], ARGV[1])
redis.call('hset', KEYS[4], ARGV[1], ARGV[2])
redis.call('rpush', KEYS[3], ARGV[1])
return 1
"""
_DISCARD = """
redis.call('hdel', KEYS[2], ARGV[1])
return redis.call('zrem', KEYS[1], ARGV[1])
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """Messages of a queue: not fetched yet, with a worker (running or about to), delayed, retries among those, dead."""

    waiting: int
    running: int
    delayed: int
    retries: int
    dead: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that was given up. `id` names it in the broker, `message_id` in the failures."""

    queue: str
    id: str
    message_id: str
    actor: str
    arguments: dict[str, Any]
    at: datetime
    tries: int


def counts(queue: str) -> Counts:
    """How many messages of a queue stand where. A worker fetches delayed ones ahead, so they are counted by message."""
    name, client = f"{NAMESPACE}:{queue}", broker_client()
    with client.pipeline() as pipe:
        pipe.llen(name)
        pipe.hlen(f"{name}.msgs")
        pipe.hlen(f"{name}.DQ.msgs")
        pipe.zcard(f"{name}.XQ")
        waiting, known, delayed, dead = (int(one) for one in pipe.execute())
    few = cast("list[str]", client.hvals(f"{name}.DQ.msgs")) if 0 < delayed <= _MOST_DELAYED else []
    retries = sum(bool(_read(one).get("options", {}).get("retries")) for one in few)
    return Counts(waiting, max(0, known - waiting), delayed, retries, dead)


def letters(queue: str, most: int) -> Sequence[Letter]:
    """The newest dead letters of a queue."""
    name, client = f"{NAMESPACE}:{queue}.XQ", broker_client()
    found = cast("list[tuple[str, float]]", client.zrevrange(name, 0, most - 1, withscores=True))
    if not found:
        return []
    texts = cast("list[str | None]", client.hmget(f"{name}.msgs", [one for one, _ in found]))
    return [_letter(queue, one, at, text) for (one, at), text in zip(found, texts, strict=True) if text is not None]


def letter_ids(queue: str) -> Sequence[str]:
    """Every dead letter of a queue, the oldest first."""
    return cast("list[str]", broker_client().zrange(f"{NAMESPACE}:{queue}.XQ", 0, -1))


def letter(queue: str, one: str) -> Letter | None:
    """One dead letter, None when it is none any more."""
    name, client = f"{NAMESPACE}:{queue}.XQ", broker_client()
    at, text = cast("float | None", client.zscore(name, one)), cast("str | None", client.hget(f"{name}.msgs", one))
    return None if at is None or text is None else _letter(queue, one, at, text)


def requeue(queue: str, one: str) -> bool:
    """Let a dead letter run again, with all its tries; False when it was not dead any more."""
    text = cast("str | None", broker_client().hget(f"{NAMESPACE}:{queue}.XQ.msgs", one))
    if text is None:
        return False
    message = _read(text)
    if not isinstance(message.get("options"), dict):
        return False  # no message of Dramatiq: no worker could read it
    message["options"] = {name: value for name, value in message["options"].items() if name not in _OF_A_TRY}
    return bool(broker_client().eval(_REQUEUE, 4, *_keys(queue), one, json.dumps(message, separators=(",", ":"))))


def discard(queue: str, one: str) -> bool:
    """Forget a dead letter; False when it was not dead any more."""
    return bool(broker_client().eval(_DISCARD, 2, *_keys(queue)[:2], one))


def _keys(queue: str) -> tuple[str, str, str, str]:
    name = f"{NAMESPACE}:{queue}"
    return f"{name}.XQ", f"{name}.XQ.msgs", name, f"{name}.msgs"


def _letter(queue: str, one: str, at_ms: float, text: str) -> Letter:
    message = _read(text)
    return Letter(
        queue, one, str(message.get("message_id", "")), str(message.get("actor_name", "unreadable")),
        dict(message.get("kwargs", {})), datetime.fromtimestamp(at_ms / 1000, UTC),
        int(message.get("options", {}).get("retries", 0)) + 1,
    )  # fmt: skip


def _read(text: str) -> dict[str, Any]:
    """A message, empty for one that is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
