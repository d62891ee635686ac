"""The audit as people read it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditView:
    """Who changed what, when and why; `detail` are the values that were set."""

    at: datetime
    actor: str
    action: str
    noun: str
    subject: str
    reason: str
    detail: tuple[tuple[str, str], ...]
    correlation_id: str
