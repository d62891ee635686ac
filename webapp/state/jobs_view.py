"""The jobs page as plain values, one dataclass a table row; instants in milliseconds, 0 for none."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Total:
    """One figure of what Forewarn itself uses, against its budget."""

    name: str
    value: str
    note: str
    width: str
    tone: str


@dataclass(frozen=True)
class ProcessRow:
    """One supervised process."""

    name: str
    purpose: str
    state: str
    sign: str
    tone: str
    pid: str
    cpu: str
    memory: str
    restarts: str
    uptime: str
    beat_at: float
    beat: str
    note: str


@dataclass(frozen=True)
class QueueRow:
    """One queue of the broker."""

    name: str
    running: str
    waiting: str
    delayed: str
    retries: str
    dead: str
    tone: str


@dataclass(frozen=True)
class LetterRow:
    """One job that was given up."""

    id: str
    queue: str
    actor: str
    arguments: str
    at: str
    tries: str
    error: str


@dataclass(frozen=True)
class RunningRow:
    """One job that a worker is at."""

    actor: str
    arguments: str
    process: str
    since_at: float


@dataclass(frozen=True)
class Asked:
    """What the open dialog would do, and what follows from it."""

    act: str = ""
    queue: str = ""
    subject: str = ""
    title: str = ""
    note: str = ""
    button: str = ""
    danger: bool = False


@dataclass(frozen=True)
class CycleRow:
    """One forecast cycle."""

    stream: str
    origin: str
    made_at: float
    forecast: str
    duration: str
    model: str
    tone: str


@dataclass(frozen=True)
class FailureRow:
    """One job that failed."""

    actor: str
    queue: str
    at: str
    attempts: str
    error: str
    state: str
    tone: str


@dataclass(frozen=True)
class ScheduleRow:
    """One recurring duty."""

    name: str
    every: str
    last: str
    took: str
    outcome: str
    tone: str
    next: str
    asked: str


@dataclass(frozen=True)
class JobsPage:
    """Everything on the page."""

    sentence: str = ""
    behind: str = ""
    totals: list[Total] = field(default_factory=list)
    processes: list[ProcessRow] = field(default_factory=list)
    queues: list[QueueRow] = field(default_factory=list)
    cycles: list[CycleRow] = field(default_factory=list)
    cycles_note: str = ""
    failures: list[FailureRow] = field(default_factory=list)
    schedules: list[ScheduleRow] = field(default_factory=list)
    letters: list[LetterRow] = field(default_factory=list)
    letters_note: str = ""
    crowded: list[str] = field(default_factory=list)
    running: list[RunningRow] = field(default_factory=list)
    seen_at: float = 0
    trouble: str = ""
    loaded: bool = False
