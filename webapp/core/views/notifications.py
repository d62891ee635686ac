"""What people see of notification targets and of what was sent to them. Plain values, no secret."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TargetView:
    """One target. `shown` says which one it is; it is for administrators. `last` is its newest delivery."""

    name: str
    kind: str
    topics: tuple[str, ...]
    enabled: bool
    shown: str
    created_by: str
    last: "DeliveryView | None"
    owed: int
    """Messages that wait for their first or for another try."""


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One message to one target. `error` is what went wrong at the last try."""

    id: int
    target: str
    title: str
    state: str
    tries: int
    error: str
    created_at: datetime
    next_try_at: datetime | None
    ended_at: datetime | None
    test: bool
