"""JSON logs, one object a line on stderr, each with the correlation id of what caused it."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from uuid import uuid4

correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
_process = "forewarn"
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One JSON object per record; what was passed as `extra` becomes fields."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": _process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if correlation := correlation_id.get():
            entry["correlation_id"] = correlation
        entry.update({k: v for k, v in record.__dict__.items() if k not in _STANDARD})
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def configure(process: str, level: str = "INFO") -> None:
    """Send every log record of this process to stderr as JSON. Safe to call twice."""
    global _process
    _process = process
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells of each request that went well


def get_logger(name: str) -> logging.Logger:
    """The logger of a module."""
    return logging.getLogger(name)


def new_correlation() -> str:
    """Start a new chain of cause and effect; returns its id."""
    value = uuid4().hex[:16]
    correlation_id.set(value)
    return value
