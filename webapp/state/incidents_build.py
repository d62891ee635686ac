"""From what was read of a stream's incidents to everything that their page shows. Pure."""

from datetime import UTC

from ml.schema import METRICS
from webapp import routes
from webapp.core.policies import wording
from webapp.core.views.incidents import IncidentSnapshot, IncidentView
from webapp.core.views.streams import Source
from webapp.state import incidents_words as words
from webapp.state.fleet_choices import Choice
from webapp.state.incidents_view import PAGE, IncidentKey, IncidentPage, IncidentRow


def build(key: IncidentKey, found: IncidentSnapshot) -> IncidentPage:
    """The page of a view."""
    title, behind = words.sentence(found, key.zone)
    return IncidentPage(
        phase=_phase(key, found), title=title, behind=behind, news=words.news(found, key.zone),
        rows=[row(key, one, found) for one in found.incidents], scopes=_scopes(key, found),
        metrics=[("", "All metrics"), *((one.name, one.label) for one in METRICS)],
        profiles=[("", "All profiles"), *((one, one) for one in _named(found.profiles, key.profile))],
        server=key.server, metric=key.metric, profile=key.profile, since=key.since, until=key.until,
        every=IncidentKey(key.stream, key.zone, key.shown).href() if key.filtered else "", csv=key.csv,
        range_text=_range(key, found), pages=_pages(key, found),
        simulated=found.stream.source is Source.SIMULATED,
    )  # fmt: skip


def row(key: IncidentKey, one: IncidentView, found: IncidentSnapshot) -> IncidentRow:
    """A line of the table."""
    at, tone = found.at or one.start_at, words.tone(one)
    scenario = "" if one.scenario is None else f"injected by scenario {one.scenario}"
    return IncidentRow(
        id=one.id, href=target(key.stream, one), state=words.WORDS[tone], tone=tone, server=one.server,
        profile=one.profile, what=words.what(one), began=wording.clock_time(one.start_at, key.zone, at),
        began_title=f"{one.start_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC", lasted=wording.duration(one.minutes),
        until=words.until(one, key.zone), peak=wording.metric_value(one.metric, one.peak),
        peak_at=f"at {wording.clock_time(one.peak_at, key.zone, one.start_at)}", times=words.times(one),
        bar=f"{min(100.0, max(4.0, 100 * (one.peak / one.threshold - 1))):.0f}%" if one.threshold > 0 else "0%",
        note=words.note(one, key.zone, at), scenario=scenario,
        scenario_href=routes.scenarios(key.stream, selected=one.scenario) if scenario else "",
    )  # fmt: skip


def target(stream: str, one: IncidentView) -> str:
    """The server's page with that metric, at that time."""
    return routes.server(one.server, stream, metric=one.metric, at=f"{one.start_at.astimezone(UTC):%Y-%m-%dT%H:%M}")


def _phase(key: IncidentKey, found: IncidentSnapshot) -> str:
    if found.incidents:
        return "ready"
    if found.judged_at is None or (found.at is not None and found.judged_at < found.at and not _any(found)):
        return "judging"
    return "nothing" if _any(found) or key.filtered else "empty"


def _any(found: IncidentSnapshot) -> bool:
    return found.open_count + found.open_maintenance + found.ended > 0


def _scopes(key: IncidentKey, found: IncidentSnapshot) -> list[Choice]:
    opened = found.open_count + found.open_maintenance
    counts = (("", "All", opened + found.ended), ("open", "Open", opened), ("ended", "Ended", found.ended))
    return [Choice(f"{label} {count:,}", key.href(shown=name), key.shown == name) for name, label, count in counts]


def _named(known: tuple[str, ...], chosen: str) -> list[str]:
    """What a drop-down offers; a value of the address that nobody has stays visible."""
    return sorted({*known, *([chosen] if chosen else [])})


def _range(key: IncidentKey, found: IncidentSnapshot) -> str:
    if not found.incidents:
        return ""
    first = (key.page - 1) * PAGE + 1
    whole = f"{found.matching:,} incident{'' if found.matching == 1 else 's'}"
    return whole if found.matching <= PAGE else f"{first:,} to {first + len(found.incidents) - 1:,} of {whole}"


def _pages(key: IncidentKey, found: IncidentSnapshot) -> list[Choice]:
    last = max(1, -(-found.matching // PAGE))
    if last == 1:
        return []
    before = Choice("Newer", key.href(page=max(1, key.page - 1)), False, key.page == 1)
    return [before, Choice("Older", key.href(page=min(last, key.page + 1)), False, key.page >= last)]
