"""How numbers, times and risks are said: short, with units, in the viewer's zone, with U+00A0 before a unit.

One place, so that a chart, a table and a sentence never say the same thing differently.
"""

from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ml.contracts import Method
from ml.schema import HORIZON, METRIC_INDEX, METRICS, TICK_SECONDS
from webapp.core.views.fleet import FleetSnapshot, RiskView
from webapp.core.views.severity import Severity

SPACE = "\u00a0"
MINUS = "\u2212"
HORIZON_LENGTH = timedelta(seconds=HORIZON * TICK_SECONDS)
_AT_RISK = (Severity.CRITICAL, Severity.WARNING, Severity.WATCH)
_WILL, _LIKELY, _MAY = 0.9, 0.6, 0.3


Zone = str | tzinfo


@lru_cache(maxsize=64)
def zone_named(name: str) -> tzinfo:
    """The zone of an IANA name; UTC for one that nobody knows, since a browser may send anything."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def number(value: float, decimals: int) -> str:
    """A number with thousands separators and a real minus."""
    return f"{value:,.{decimals}f}".replace("-", MINUS)


def value(value: float | None, unit: str, decimals: int) -> str:
    """A number with its unit; empty when there is none, since its reason is said elsewhere."""
    return "" if value is None else f"{number(value, decimals)}{SPACE}{unit}"


def metric_value(name: str, amount: float | None) -> str:
    """A metric's value with the contract's unit and decimals."""
    metric = METRICS[METRIC_INDEX[name]]
    return value(amount, metric.unit, metric.decimals)


def limit(name: str, threshold: float) -> str:
    """A threshold in its unit, without decimals that say nothing: "over 90 %"."""
    return f"over{SPACE}{threshold:g}{SPACE}{METRICS[METRIC_INDEX[name]].unit}"


def borrowed(risk: RiskView) -> str:
    """What a young server's forecast leans on: "borrowing profile web, 40 min of history"; empty for an older one."""
    first = (risk.reason or "").partition(";")[0]
    if risk.method != Method.CHAMPION or not first.endswith("of history"):
        return ""
    return first.replace(" min of", f"{SPACE}min of").replace(" h of", f"{SPACE}h of")


def borrowed_short(risk: RiskView) -> str:
    """The same for a cell: "borrowing web, 40 min", "no profile, 3 h history"."""
    said = borrowed(risk).replace("profile to borrow", "profile").replace(" of history", " history")
    return said.replace("borrowing profile", "borrowing").removesuffix(" history" if "borrowing" in said else "")


def duration(minutes: float) -> str:
    """ "42 min", "1 h 50 min", "3 days 2 h"."""
    whole = max(0, round(minutes))
    if whole < 60:
        return f"{whole}{SPACE}min"
    hours, rest = divmod(whole, 60)
    if hours < 48:
        return f"{hours}{SPACE}h" + (f" {rest:02d}{SPACE}min" if rest else "")
    return f"{hours // 24}{SPACE}days" + (f" {hours % 24}{SPACE}h" if hours % 24 else "")


def age(seconds: float) -> str:
    """ "12 s ago", "23 min ago", "5 h ago"."""
    if seconds < 90:
        return f"{max(0, round(seconds))}{SPACE}s ago"
    if seconds < 5400:
        return f"{round(seconds / 60)}{SPACE}min ago"
    return f"{round(seconds / 3600)}{SPACE}h ago"


def clock_time(at: datetime, zone: Zone, reference: datetime) -> str:
    """ "15:17" on the reference's day, "Thu 02:00" within six days, "18 Nov 03:10" beyond."""
    here = zone_named(zone) if isinstance(zone, str) else zone
    local, today = at.astimezone(here), reference.astimezone(here)
    days = abs((local.date() - today.date()).days)
    if days == 0:
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if days < 7 else f"{local.day} {local:%b %H:%M}"


def probability(p: float | None) -> str:
    """ "94 %"; "under 1 %" and "over 99 %" at the ends; empty without a forecast."""
    if p is None:
        return ""
    if p < 0.01:
        return f"under 1{SPACE}%"
    return f"over 99{SPACE}%" if 0.99 < p < 1 else f"{round(100 * p)}{SPACE}%"


def likelihood(p: float | None) -> str:
    """The verb of a probability: "will", "is likely to", "may"; "is not expected to" below."""
    if p is None:
        return "has no forecast"
    for floor, words in ((_WILL, "will"), (_LIKELY, "is likely to"), (_MAY, "may")):
        if p >= floor:
            return words
    return "is not expected to"


def label(name: str) -> str:
    """The contract's label of a metric."""
    return METRICS[METRIC_INDEX[name]].label


def spoken(name: str) -> str:
    """The label inside a sentence: small letters, but for an abbreviation."""
    words = label(name)
    return words if words[1:2].isupper() else words[0].lower() + words[1:]


def when(risk: RiskView, now_at: datetime) -> str:
    """ "in breach", "in 42 min", or "not in 8 h"."""
    if risk.breach_since_at is not None:
        return "in breach"
    if risk.crossing_at is None or risk.severity not in _AT_RISK:
        return f"not in 8{SPACE}h"
    return f"in {duration((risk.crossing_at - now_at).total_seconds() / 60)}"


def span(low: datetime | None, high: datetime | None, zone: Zone, reference: datetime) -> str:
    """ "15:02 to 15:40", "Thu 23:15 to 01:05": an end within a day names no day of its own; "" for a single tick."""
    if low is None or high is None or low == high:
        return ""
    end = clock_time(high, zone, high if high - low < timedelta(days=1) else reference)
    return f"{clock_time(low, zone, reference)} to {end}"


def sentence(snapshot: FleetSnapshot, zone: Zone) -> tuple[str, str]:
    """The fleet in one sentence, and what happens next."""
    origin = snapshot.stream.origin_at
    if not snapshot.risks:
        return "No server has sent an observation yet.", "Send telemetry or replay a file to see a forecast."
    if origin is None:
        return "No forecast has been made yet.", "It comes with the first observations."
    risky = [one for one in snapshot.risks if one.severity in _AT_RISK]
    coming = [one for one in risky if one.breach_since_at is None and one.crossing_at is not None]
    unknown = sum(one.severity is Severity.NO_FORECAST for one in snapshot.risks)
    if unknown == len(snapshot.risks):
        return "No server has a forecast.", "Each row says why."
    breached = sum(one.breach_since_at is not None for one in risky)
    end = clock_time(origin + HORIZON_LENGTH, zone, origin)
    clear = len(snapshot.risks) - len(risky) - unknown
    return _first_sentence(breached, coming, end), _next_sentence(coming, origin, _rest(clear, unknown, bool(risky)))


def _first_sentence(breached: int, coming: list[RiskView], end: str) -> str:
    parts = []
    if breached:
        parts.append(f"{breached:,} {_servers(breached)} {_are(breached)} in breach")
    possible = sum((one.probability or 0.0) < _LIKELY for one in coming)
    if likely := len(coming) - possible:
        who = "more" if parts else _servers(likely)
        parts.append(f"{likely:,} {who} {_are(likely)} forecast to cross a threshold by {end}")
    if possible:
        what = "may" if likely else f"may cross a threshold by {end}"
        parts.append(f"{possible:,} {'more' if parts else _servers(possible)} {what}")
    return f"{'; '.join(parts)}." if parts else f"No server is forecast to cross a threshold by {end}."


def _rest(clear: int, unknown: int, risky: bool) -> str:
    """The servers that nothing is forecast of; those without a forecast are not among the clear ones."""
    none = f"{unknown:,} {'has' if unknown == 1 else 'have'} no forecast." if unknown else ""
    if not clear:
        return none
    stay = f"{'stays' if clear == 1 else 'stay'} clear in the forecast"
    if risky:
        others = "other" if clear == 1 else f"{clear:,} others"
        return f"The {others} {stay}{f'; {none}' if none else '.'}"
    who = "It" if clear == 1 else f"All {clear:,} {_servers(clear)}"
    return f"{clear:,} {_servers(clear)} {stay}; {none}" if none else f"{who} {stay}."


def _next_sentence(coming: list[RiskView], origin: datetime, rest: str) -> str:
    if not coming:
        return rest
    soonest = min(coming, key=lambda one: one.crossing_at or origin)
    assert soonest.metric is not None and soonest.threshold is not None, "a crossing has a metric"
    what = f"{spoken(soonest.metric)} {limit(soonest.metric, soonest.threshold)}"
    return f"Next is {soonest.name}: {what} {when(soonest, origin)}. {rest}".strip()


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _servers(count: int) -> str:
    return "server" if count == 1 else "servers"
