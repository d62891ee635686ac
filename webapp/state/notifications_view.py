"""The page Notifications as plain values: who hears of what, how that went, the last messages."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class TargetRow:
    """One target. It hears of `topics`, in words `heard`; `shown` is empty but for administrators."""

    name: str
    kind: str
    sign: str
    shown: str
    topics: list[str]
    heard: str
    enabled: bool
    state: str
    tone: str


@dataclass(frozen=True)
class DeliveryRow:
    """One message to one target."""

    at: str
    target: str
    title: str
    state: str
    sign: str
    tone: str
    error: str


@dataclass(frozen=True)
class NotificationsPage:
    """Everything on the page."""

    sentence: str = ""
    behind: str = ""
    targets: list[TargetRow] = field(default_factory=list)
    deliveries: list[DeliveryRow] = field(default_factory=list)
    trouble: str = ""
    loaded: bool = False
