"""The recurring duties as the scheduler tells of them, and asking it to run one now.

What is asked for is a note that the scheduler reads each second and takes away once the duty has run. So it may run
twice, which every duty bears, and is not forgotten when the scheduler restarts.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from webapp.core import activity, dispatch
from webapp.core.clock import now
from webapp.core.errors import NotFound
from webapp.core.policies import jobs as rules
from webapp.core.policies.jobs import Act
from webapp.core.services import audit
from webapp.core.services.processes import SCHEDULES
from webapp.core.uow import unit_of_work
from webapp.core.views.jobs import ScheduleView


def listed() -> tuple[ScheduleView, ...]:
    """Every duty. Raises `redis.RedisError` while the broker is down."""
    waiting = {one.duty: one for one in activity.asked()}
    entries = dispatch.reports(SCHEDULES)
    return tuple(_view(name, json.loads(text), waiting.get(name)) for name, text in sorted(entries.items()))


def run_now(name: str, by: str, reason: str) -> None:
    """Have a duty run as soon as the scheduler looks. Raises Invalid without a reason, NotFound."""
    said, known = rules.reason(reason), dispatch.reports(SCHEDULES)
    if name not in known:
        told = f"It tells of {', '.join(sorted(known))}." if known else "It tells when it starts: is it running?"
        raise NotFound(f"The scheduler has no duty called {name[:60]}. {told}")
    with unit_of_work() as uow:
        audit.record(uow, by, Act.RUN.value, "duty", name, said)
    activity.ask(name, by, now())


def _view(name: str, entry: Mapping[str, Any], asked: activity.Asked | None) -> ScheduleView:
    return ScheduleView(
        name, entry.get("every", ""), _time(entry.get("last_at")), _time(entry.get("next_at")), entry.get("note", ""),
        entry.get("took_ms"), None if asked is None else asked.at, "" if asked is None else asked.by,
    )  # fmt: skip


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
