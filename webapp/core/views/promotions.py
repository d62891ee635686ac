"""Who serves a stream, and who did. Plain values."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Served:
    """One stretch of a stream's history: `version` from `since_at` on, by whom and why."""

    move: int
    model: str
    version: str
    sha256: str
    kind: str
    since_at: datetime
    until_at: datetime | None
    by: str
    reason: str

    @property
    def name(self) -> str:
        return f"{self.model} {self.version}"
