"""Speaking to a target: one message, one try, and a sentence when it was not taken.

Raises Unavailable for what may be better later, Invalid or NotAllowed for what will not. No sentence holds a secret:
what the other side says may quote the address back.
"""

import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpcore

from webapp.core.clock import monotonic, now
from webapp.core.errors import Invalid, NotAllowed, Unavailable
from webapp.core.outside import http, smtp
from webapp.core.outside.guard import Place, place
from webapp.core.policies import deliveries as words
from webapp.core.policies.deliveries import Notice
from webapp.core.policies.notifications import Kind

SEND_SECONDS: Final = 15.0
_MOST_BYTES: Final = 2_000
_LATER: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_GONE: Final = frozenset({404, 410})


class Later(Unavailable):
    """Not taken now. `after` is what the other side asks to wait, in seconds, as text."""

    def __init__(self, message: str, after: str = "") -> None:
        super().__init__(message)
        self.after = after


@dataclass(frozen=True, slots=True)
class Channel:
    """What is needed to speak to a target."""

    kind: Kind
    options: Mapping[str, str]
    secret: Mapping[str, str]

    def send(self, notice: Notice, seconds: float = SEND_SECONDS) -> None:
        """Hand a notice over, within so many seconds."""
        until = monotonic() + seconds
        if self.kind is Kind.SMTP:
            _mail(self, notice, until)
        elif self.kind is Kind.PAGERDUTY:
            for body in words.pagerduty(notice, self.secret["key"]):
                _post(self, body, {}, until)
        elif self.kind is Kind.SLACK:
            _post(self, words.slack(notice), {}, until)
        else:
            _post(self, *_signed(self, notice), until)


def where(url: str) -> Place:
    """The address of a webhook in parts. Raises Invalid, Refused among them."""
    return place(url, "The address of the webhook", query=True)


def _signed(channel: Channel, notice: Notice) -> tuple[bytes, dict[str, str]]:
    """The body, and headers by which a receiver knows a repetition, and who sent it."""
    body, at = words.webhook(notice), str(int(now().timestamp()))
    headers = {"Idempotency-Key": words.line(notice.event_key).encode("ascii", "replace").decode()}
    if secret := channel.secret.get("signing"):
        headers |= {"X-Forewarn-Timestamp": at, "X-Forewarn-Signature": words.signature(secret, at, body)}
    return body, headers


def _post(channel: Channel, body: bytes, headers: Mapping[str, str], until: float) -> None:
    to = where(channel.secret["url"])
    sent = {"Content-Type": "application/json; charset=utf-8", **headers}
    try:
        answer = http.post(to, to.target or "/", sent, body, until, _MOST_BYTES)
    except httpcore.TimeoutException as error:
        raise Later(f"{to.host} took too long to answer.") from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise _unreachable(to.host, error) from error
    _judge(to, answer, _without(channel, to, http.short(answer.body.decode("utf-8", "replace"))))


def _unreachable(host: str, error: Exception) -> Later:
    """What is wrong with the connection; the cause of httpcore's error is the system's own."""
    cause = error.__cause__ or error.__context__ or error
    found = cause if isinstance(cause, ssl.SSLError) else error
    return _untrusted(host, found) if isinstance(found, ssl.SSLError) else Later(
        f"{host} cannot be reached ({http.short(error)}): check the address."
    )  # fmt: skip


def _untrusted(host: str, error: ssl.SSLError) -> Later:
    why = getattr(error, "verify_message", "") or error.reason or "no agreement"
    return Later(f"{host} offers no encryption that can be trusted ({http.short(why)}): nothing was sent.")


def _without(channel: Channel, to: Place, said: str) -> str:
    """What the other side said, without what must not be shown."""
    for secret in (*channel.secret.values(), to.target):
        if len(secret) > 3:
            said = said.replace(secret, "...")
    return said


def _judge(to: Place, answer: http.Answer, said: str) -> None:
    status = answer.status
    if 200 <= status < 300:
        return
    told = f"HTTP {status}, {said}" if said != "nothing" else f"HTTP {status}"
    if status in _LATER or status >= 500:
        raise Later(f"{to.host} cannot take it now ({told}).", answer.headers.get("retry-after", ""))
    if 300 <= status < 400:
        raise Invalid(f"{to.host} redirects (HTTP {status}), which is not followed: give the final address.")
    if status in _GONE:
        raise Invalid(f"{to.host} knows no such webhook ({told}): make a new one, and add it in place of this.")
    if status in (401, 403):
        raise NotAllowed(f"{to.host} refuses it ({told}): the key or the address is not valid any more.")
    raise Invalid(f"{to.host} does not take this message ({told}).")


def _mail(channel: Channel, notice: Notice, until: float) -> None:
    options, host = channel.options, channel.options["host"]
    message = words.mail(notice, options, now())
    password = channel.secret.get("password", "")
    login = (options["user"], password) if options["user"] and password else None
    try:
        smtp.send(message, host, int(options["port"]), options["security"], login, until)
    except smtp.DeadlinePassed as error:
        raise Later(f"{host} took too long to answer.") from error
    except ssl.SSLError as error:
        raise _untrusted(host, error) from error
    except smtplib.SMTPAuthenticationError as error:
        raise NotAllowed(f"{host} refuses user and password (SMTP {error.smtp_code}): add the target anew.") from error
    except smtplib.SMTPNotSupportedError as error:
        raise Invalid(f"{host} offers no STARTTLS or no sign-in: choose another port or encryption.") from error
    except smtplib.SMTPRecipientsRefused as error:
        raise _smtp(host, *next(iter(error.recipients.values()))) from error
    except smtplib.SMTPResponseException as error:
        raise _smtp(host, error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPException, OSError) as error:
        raise Later(f"{host} cannot be reached ({http.short(error)}): check host and port.") from error


def _smtp(host: str, code: int, said: bytes | str) -> Unavailable | Invalid:
    """SMTP's own word for later is a code of 400 and something."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    told = f"SMTP {code}, {http.short(text)}"
    return (
        Invalid(f"{host} does not take it ({told}).") if code >= 500 else Later(f"{host} cannot take it now ({told}).")
    )
