"""Who may be told of what: kinds of targets, their forms, and the topics. Pure.

What a form holds is split here: `Checked.secret` goes into a file that nobody else may read, `options` into the row.
"""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from webapp.core.errors import FieldError, Invalid

MOST_TARGETS: Final = 32
PAGERDUTY: Final = "https://events.pagerduty.com/v2/enqueue"
_NAME = re.compile(r"[^\W_](?:[\w .-]{0,46}[^\W_])?")
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
_MOST_RECIPIENTS = 20


class Kind(StrEnum):
    """What speaks to a target."""

    SLACK = "slack"
    WEBHOOK = "webhook"
    PAGERDUTY = "pagerduty"
    SMTP = "smtp"


class Topic(StrEnum):
    """What targets hear of. A later event joins by a topic here and a call of `deliveries.publish`."""

    STREAMS = "streams"
    DISK = "disk"
    DRIFT = "drift"
    CANDIDATES = "candidates"
    PROMOTIONS = "promotions"
    ROLLBACKS = "rollbacks"
    TRAININGS = "trainings"


KINDS: Final[Mapping[Kind, str]] = {
    Kind.SLACK: "Slack", Kind.WEBHOOK: "Webhook", Kind.PAGERDUTY: "PagerDuty", Kind.SMTP: "Email",
}  # fmt: skip
TOPICS: Final[Mapping[Topic, str]] = {
    Topic.STREAMS: "A stream goes stale or its champion cannot be loaded, and when that is over",
    Topic.DISK: "The data reaches its cap, or the disk is nearly full",
    Topic.DRIFT: "Drift is found, and is over",
    Topic.CANDIDATES: "A candidate is ready for a decision",
    Topic.PROMOTIONS: "A model was promoted",
    Topic.ROLLBACKS: "A model was rolled back",
    Topic.TRAININGS: "A training failed",
}
FIELDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.SLACK: ("url",),
    Kind.WEBHOOK: ("url", "signing"),
    Kind.PAGERDUTY: ("key", "url"),
    Kind.SMTP: ("host", "port", "security", "user", "password", "sender", "recipients"),
}
SECURITY: Final = ("starttls", "tls", "none")
_LONGEST: Final = {"url": 500, "signing": 200, "password": 500, "user": 200, "recipients": 2000}


@dataclass(frozen=True, slots=True)
class Checked:
    """A form that may be stored. `shown` tells an administrator which one it is, without giving it away."""

    name: str
    kind: Kind
    topics: tuple[Topic, ...]
    shown: str
    options: Mapping[str, str]
    secret: Mapping[str, str]


def kind_of(text: object) -> Kind:
    """A kind by its word. Raises Invalid."""
    try:
        return Kind(str(text))
    except ValueError:
        message = f"There is no such kind of target; there are {', '.join(Kind)}."
        raise Invalid(message, (FieldError("kind", message),)) from None


def topics_of(words: Sequence[object]) -> tuple[Topic, ...]:
    """Topics by their words, each once. Raises Invalid for an unknown one, and when there is none."""
    known = [topic for topic in Topic if topic.value in words]
    unknown = sorted({str(word)[:40] for word in words} - set(Topic))
    message = f"There is no event {unknown[0]}; there are {', '.join(Topic)}." if unknown else ""
    if not known and not message:
        message = "Choose at least one event: without one this target would never hear anything."
    if message:
        raise Invalid(message, (FieldError("topics", message),))
    return tuple(known)


def check(form: Mapping[str, object]) -> Checked:
    """A form with its name, kind, topics and that kind's fields. Raises Invalid naming every wrong field.

    Addresses are only looked at here; whether they may be reached is the guard's word, when they are.
    """
    kind = kind_of(form.get("kind"))
    listed = form.get("topics")
    values = {name: _text(form.get(name)) for name in ("name", *FIELDS[kind])}
    errors = [*_name(values["name"]), *_long(values), *_CHECKS[kind](values)]
    try:
        topics = topics_of(listed if isinstance(listed, list | tuple) else ())
    except Invalid as error:
        errors, topics = [*errors, *error.errors], ()
    if errors:
        raise Invalid(errors[0].message, tuple(errors))
    return Checked(values["name"], kind, topics, *_split(kind, values))


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _name(name: str) -> list[FieldError]:
    if _NAME.fullmatch(name):
        return []
    return [FieldError("name", "Name it with 1 to 48 letters, digits, spaces, dots and hyphens, like ops-channel.")]


def _long(values: Mapping[str, str]) -> list[FieldError]:
    errors = []
    for name, value in values.items():
        if len(value) > _LONGEST.get(name, 254):
            errors.append(FieldError(name, f"That is longer than {_LONGEST.get(name, 254)} characters."))
        elif name not in ("name", "recipients") and not (value.isprintable() and (value.isascii() or name == "user")):
            errors.append(FieldError(name, "Use plain characters on one line."))
    return errors


def _url(values: Mapping[str, str], example: str) -> list[FieldError]:
    if values["url"].startswith(("http://", "https://")):
        return []
    return [FieldError("url", f"Give the whole address of the webhook, like {example}.")]


def _slack(values: Mapping[str, str]) -> list[FieldError]:
    return _url(values, "https://hooks.slack.com/services/...")


def _webhook(values: Mapping[str, str]) -> list[FieldError]:
    errors = _url(values, "https://ops.example/forewarn")
    if values["signing"] and len(values["signing"]) < 16:
        errors.append(FieldError("signing", "A signing secret has at least 16 characters."))
    return errors


def _pagerduty(values: Mapping[str, str]) -> list[FieldError]:
    errors = [] if not values["url"] else _url(values, PAGERDUTY)
    if not _KEY.fullmatch(values["key"]):
        errors.append(FieldError("key", "Give the integration key of an Events API v2 integration, 32 characters."))
    return errors


def _smtp(values: Mapping[str, str]) -> list[FieldError]:
    errors = []
    if not _HOST.fullmatch(values["host"]) and not _is_address(values["host"]):
        errors.append(FieldError("host", "Name the mail server, like smtp.example.org."))
    if not (values["port"].isascii() and values["port"].isdigit() and 0 < int(values["port"][:6]) < 65536):
        errors.append(FieldError("port", "The port is a number from 1 to 65535: 587 for STARTTLS, 465 for TLS."))
    if values["security"] not in SECURITY:
        errors.append(FieldError("security", f"Choose one of {', '.join(SECURITY)}."))
    elif values["security"] == "none" and values["password"]:
        errors.append(FieldError("security", "A password never goes over an unencrypted connection: use TLS."))
    if bool(values["user"]) != bool(values["password"]):
        missing = "password" if values["user"] else "user"
        errors.append(FieldError(missing, "Give user and password, or neither."))
    if not _MAIL.fullmatch(values["sender"]):
        errors.append(FieldError("sender", "Give one address to send from, like forewarn@example.org."))
    return [*errors, *_recipients(values["recipients"])]


def _is_address(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def _recipients(text: str) -> list[FieldError]:
    listed = recipients(text)
    if not listed or len(listed) > _MOST_RECIPIENTS:
        return [FieldError("recipients", f"Give 1 to {_MOST_RECIPIENTS} addresses to send to, with commas between.")]
    wrong = next((one for one in listed if not _MAIL.fullmatch(one)), None)
    return [] if wrong is None else [FieldError("recipients", f"{wrong[:80]!r} is no address.")]


def recipients(text: str) -> list[str]:
    """The addresses in a field."""
    return list(dict.fromkeys(part for part in re.split(r"[,;\s]+", text) if part))


_CHECKS: Final = {Kind.SLACK: _slack, Kind.WEBHOOK: _webhook, Kind.PAGERDUTY: _pagerduty, Kind.SMTP: _smtp}


def _split(kind: Kind, values: Mapping[str, str]) -> tuple[str, Mapping[str, str], Mapping[str, str]]:
    """What is shown, what a row may hold, what only a file may."""
    if kind is Kind.SMTP:
        kept = {name: values[name] for name in ("host", "port", "security", "user", "sender")}
        to = recipients(values["recipients"])
        more = f" and {len(to) - 1} more" if len(to) > 1 else ""
        return f"{to[0]}{more}, by {values['host']}", kept | {"recipients": ",".join(to)}, {
            "password": values["password"]
        }  # fmt: skip
    if kind is Kind.PAGERDUTY:
        secret = {"url": values["url"] or PAGERDUTY, "key": values["key"]}
        return f"{_host(secret['url'])} …{values['key'][-4:]}", {}, secret
    signed = {"signed": "yes"} if values.get("signing") else {}
    secret = {name: values[name] for name in FIELDS[kind] if values[name]}
    return f"{_host(values['url'])} …{values['url'][-4:]}", signed, secret


def _host(url: str) -> str:
    """The host of an address, without what may stand before it."""
    return re.split(r"[/?#]", url.partition("://")[2])[0].rpartition("@")[2][:120]
