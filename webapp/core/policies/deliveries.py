"""What a target is sent, and when it is tried again. Pure: the same notice gives the same bytes.

Texts from outside (names of streams, reasons) become plain text here: no control character, no mark-up, one line
where a header or a title is made of them.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from typing import Final

from webapp.core.policies.notifications import Topic, recipients

BACK_OFF: Final = (10, 30, 120, 600, 1800)
"""Seconds before the second, third ... try."""
MOST_TRIES: Final = len(BACK_OFF) + 1
LONGEST_PAUSE: Final = BACK_OFF[-1]
_TITLE, _TEXT = 200, 1000


class Phase(StrEnum):
    """Whether something began, is over, just happened, or is only tried."""

    BEGAN = "began"
    OVER = "over"
    NEWS = "news"
    TEST = "test"


class State(StrEnum):
    """queued -> sending -> sent; or queued again for another try; or failed; or dropped with its target."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


OWED: Final = (State.QUEUED.value, State.SENDING.value)


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell. `key` names what is wrong with what; both ends of one occurrence share `since`."""

    topic: Topic
    phase: Phase
    key: str
    since: datetime
    source: str
    title: str
    text: str
    link: str = ""

    @property
    def event_key(self) -> str:
        """Nobody is told of this twice."""
        return f"{self.occurrence}/{self.phase}"[:200]

    @property
    def occurrence(self) -> str:
        """What begins and what is over has this in common."""
        return f"{self.key}@{self.since:%Y%m%dT%H%M%SZ}"[:180]

    def stored(self) -> dict[str, str]:
        """As a row keeps it."""
        return {name: value.isoformat() if isinstance(value, datetime) else str(value)
                for name, value in asdict(self).items()}  # fmt: skip


def restored(stored: Mapping[str, str]) -> Notice:
    """A notice as a row kept it."""
    values = {**stored, "topic": Topic(stored["topic"]), "phase": Phase(stored["phase"])}
    return Notice(**{**values, "since": datetime.fromisoformat(stored["since"])})  # type: ignore[arg-type]


def pause(tries: int, asked: str = "") -> timedelta | None:
    """How long to wait after so many tries, None when that was the last; `asked` is an answer's Retry-After."""
    if tries >= MOST_TRIES:
        return None
    wanted = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0
    return timedelta(seconds=min(max(BACK_OFF[tries - 1], wanted), LONGEST_PAUSE))


def line(text: str, most: int = _TITLE) -> str:
    """Text on one line, without control characters: safe in a header."""
    joined = " ".join(text.split())
    return "".join(sign if sign.isprintable() else " " for sign in joined)[:most]


_SIGNS: Final = {
    Phase.BEGAN: ":warning:",
    Phase.OVER: ":white_check_mark:",
    Phase.NEWS: ":information_source:",
    Phase.TEST: ":wave:",
}


def slack(notice: Notice) -> bytes:
    """The body for a webhook in Slack's format."""
    sign = _SIGNS[notice.phase]
    said = f"{sign} *{_escaped(line(notice.title))}*\n{_escaped(line(notice.text, _TEXT))}"
    return _json({"text": said + (f"\n<{notice.link}|Open Forewarn>" if notice.link else "")})


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("*", "∗")


def webhook(notice: Notice) -> bytes:
    """The body for a generic webhook."""
    return _json({
        "id": notice.event_key, "occurrence": notice.occurrence, "topic": notice.topic, "phase": notice.phase,
        "source": line(notice.source), "title": line(notice.title), "text": line(notice.text, _TEXT),
        "since": notice.since.isoformat(), "link": notice.link,
    })  # fmt: skip


def signature(secret: str, at: str, body: bytes) -> str:
    """What a receiver computes again, over the time and the body, to know who sent it."""
    return "sha256=" + hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()


def pagerduty(notice: Notice, key: str) -> tuple[bytes, ...]:
    """The events for PagerDuty's Events API v2. What has no end triggers and resolves at once: nothing stays open."""
    actions = {Phase.BEGAN: ("trigger",), Phase.OVER: ("resolve",)}.get(notice.phase, ("trigger", "resolve"))
    return tuple(_event(notice, key, action) for action in actions)


def _event(notice: Notice, key: str, action: str) -> bytes:
    event = {"routing_key": key, "event_action": action, "dedup_key": notice.occurrence}
    if action == "resolve":
        return _json(event)
    payload = {
        "summary": line(notice.title), "source": line(notice.source), "component": "forewarn",
        "severity": "warning" if notice.phase is Phase.BEGAN else "info", "timestamp": notice.since.isoformat(),
        "class": notice.topic, "custom_details": {"text": line(notice.text, _TEXT)},
    }  # fmt: skip
    links = [{"href": notice.link, "text": "Open Forewarn"}] if notice.link else []
    return _json({**event, "payload": payload, "links": links, "client": "Forewarn"})


def mail(notice: Notice, options: Mapping[str, str], at: datetime) -> EmailMessage:
    """An email. Its Message-ID follows from the notice: one that comes twice is known as the same."""
    made = EmailMessage(policy=SMTP)
    made["Subject"] = f"[Forewarn] {line(notice.title)}"
    made["From"] = options["sender"]
    made["To"] = ", ".join(recipients(options["recipients"]))
    made["Date"] = at
    domain = options["sender"].rpartition("@")[2]
    made["Message-ID"] = f"<{hashlib.sha256(notice.event_key.encode()).hexdigest()[:32]}@{domain}>"
    thread = hashlib.sha256(notice.occurrence.encode()).hexdigest()[:32]
    made["References"] = f"<{thread}@{domain}>"
    made["Auto-Submitted"] = "auto-generated"
    tail = f"\n\n{notice.link}" if notice.link else ""
    made.set_content(
        f"{line(notice.title)}\n\n{line(notice.text, _TEXT)}{tail}\n\nForewarn, about {line(notice.source)}\n"
    )
    return made


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()
