"""From entries and what a verification found to everything that the audit page shows."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

from webapp import routes
from webapp.core.policies import wording
from webapp.core.policies.wording import Zone
from webapp.core.views.audit import AuditSnapshot, AuditView, Verdict
from webapp.state.audit_view import AuditKey, AuditPage, AuditRow, Pair, Target
from webapp.state.shell_view import milliseconds

_NOUNS: Final = {
    "api_key": "API key",
    "asset": "server",
    "sign_in": "sign-in",
    "sign_in_link": "sign-in link",
    "user": "person",
}
_MOST_SERVERS: Final = 3


def build(key: AuditKey, found: AuditSnapshot, verdict: Verdict | None) -> AuditPage:
    """The page of a view; `verdict` is None until the chain was verified for the first time."""
    chain, tone = _chain(verdict)
    return AuditPage(
        sentence=_sentence(key, found), behind=_behind(key, found),
        rows=[row(key, one, found.at) for one in found.entries],
        people=_choices("Everyone", found.people, key.person),
        nouns=_choices("Everything", found.nouns, key.noun, noun),
        actions=_choices("All actions", found.actions, key.action, _spoken),
        since=key.since[:10], until=key.until[:10], person=key.person, noun=key.noun, action=key.action,
        subject=key.subject, every=AuditKey(key.stream, key.zone).href() if key.filtered else "",
        first=key.href() if key.from_number else "",
        older=key.href(before=found.entries[-1].id) if found.more else "",
        chain=chain, chain_tone=tone, checked_at=milliseconds(verdict.at) if verdict else 0,
        seen_at=milliseconds(found.at), loaded=True,
    )  # fmt: skip


def row(key: AuditKey, one: AuditView, at: datetime) -> AuditRow:
    """A line of the table."""
    stream = dict(one.detail).get("stream", "") or key.stream
    servers, more = _servers(one, stream)
    return AuditRow(
        number=f"{one.id:,}", href=key.href(entry=one.id), at=_time(one.at, key.zone, at),
        title=f"{one.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC", person=one.actor, by=key.href(person=one.actor),
        action=_spoken(one.action), noun=noun(one.noun),
        subject=_subject(one), page=_page(one, stream),
        servers=servers, more=more, reason=one.reason,
        details=_details(one), open=key.entry == one.id,
    )  # fmt: skip


def noun(name: str) -> str:
    """A noun as people say it."""
    return _NOUNS.get(name, _spoken(name))


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _time(at: datetime, zone: Zone, reference: datetime) -> str:
    return wording.clock_time(at, zone, reference)


def _choices(whole: str, names: Iterable[str], chosen: str, said: Callable[[str], str] = str) -> list[tuple[str, str]]:
    """What a drop-down offers; a value of the address that nobody has stays visible."""
    listed = sorted({*names, *([chosen] if chosen else [])}, key=str.casefold)
    return [("", whole), *((one, said(one)) for one in listed)]


def _sentence(key: AuditKey, found: AuditSnapshot) -> str:
    if key.filtered:
        matching = f"{found.matching:,}" if found.matching else "None"
        return f"{matching} of {found.last_id:,} changes {'matches' if found.matching == 1 else 'match'}."
    if found.last_id == 1:
        return "1 change is on record."
    return f"{found.last_id:,} changes are on record." if found.last_id else "No change is on record yet."


def _behind(key: AuditKey, found: AuditSnapshot) -> str:
    if not found.entries:
        return ""
    first, last = found.entries[0], found.entries[-1]
    if key.from_number:
        return f"Entries {first.id:,} to {last.id:,}." if first is not last else f"Entry {first.id:,}."
    return f"The newest at {_time(first.at, key.zone, found.at)}, by {first.actor}."


def _chain(verdict: Verdict | None) -> tuple[str, str]:
    if verdict is None:
        return "The chain is being verified", ""
    if verdict.broken is not None:
        return f"{verdict.broken.sentence} The chain holds up to entry {verdict.intact:,} only", "critical"
    return f"Chain intact up to entry {verdict.intact:,}", "pass"


def _servers(one: AuditView, stream: str) -> tuple[list[Target], str]:
    """The servers that a scenario touched, and how many more there are."""
    named = dict(one.detail).get("servers", "") if one.noun == "scenario" else ""
    servers = [name for name in named.split(", ") if name]
    shown = [Target(name, routes.server(name, stream)) for name in servers[:_MOST_SERVERS]]
    return shown, f"and {len(servers) - _MOST_SERVERS} more" if len(servers) > _MOST_SERVERS else ""


def _subject(one: AuditView) -> str:
    """ "12 memory_leak" as "12 memory leak"; every other name as it is."""
    return _spoken(one.subject) if one.noun == "scenario" else one.subject


def _page(one: AuditView, stream: str) -> str:
    number = one.subject.split(" ")[0]
    if one.noun == "scenario" and number.isdigit():
        return routes.scenarios(stream, selected=number)
    if one.noun == "stream" or (one.noun == "asset" and one.action == "add"):
        return routes.url(routes.FLEET, stream=one.subject)
    if one.noun == "maintenance":
        return routes.url(routes.MAINTENANCE, stream=stream)
    return routes.server(one.subject, stream) if one.noun == "asset" else ""


def _details(one: AuditView) -> list[Pair]:
    pairs = [Pair(_spoken(name).capitalize(), value) for name, value in one.detail]
    pairs += [Pair("Correlation id", one.correlation_id)] if one.correlation_id else []
    return [*pairs, Pair("Hash", one.hash)]
