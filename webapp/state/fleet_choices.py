"""What can be chosen on the overview, each choice as an address: counts, columns, pages, scopes, profiles."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from webapp import routes
from webapp.charts.risk_map import in_order
from webapp.core.views.fleet import RiskView
from webapp.core.views.severity import Severity
from webapp.routes import FleetQuery
from webapp.state.fleet_rows import AT_RISK, MANY, PAGE, selection

_DESCENDING: Final = ("probability", "now")
"""Columns whose first order is the highest first."""
UNKNOWN: Final = "unknown"
"""The count of a silent stream's servers; no severity of any one of them."""
APART: Final = Severity.NO_FORECAST
"""Counted only where there is one: it says something of Forewarn, not of a server, and stands apart from the rest."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many servers have a severity; pressing it shows only those. `title` says what it was when that is past."""

    severity: str
    label: str
    servers: str
    href: str
    on: bool
    title: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice that is an address: a page, a profile, a way to draw."""

    label: str
    href: str
    on: bool
    off: bool = False


def counts(every: Sequence[RiskView], query: FleetQuery, stream: str, stale_at: str = "") -> list[Count]:
    """Servers by severity, always the same ones, so that none moves when a server changes.

    Of a stream that went silent (its last forecast was made at `stale_at`) no severity is known any more: all its
    servers count as unknown, and the others carry no number but what they were then in their title.
    """
    found = []
    if stale_at:
        unknown = Count(UNKNOWN, "Unknown", f"{len(every):,}", replace(query, severity="", page=1).href(stream), False,
                        f"No forecast since {stale_at}, so how they are now is not known")  # fmt: skip
        return [unknown, *(_past(one, stale_at) for one in counts(every, query, stream))]
    for one in Severity:
        number = sum(each.severity is one for each in every)
        if number or one is not APART:
            on = query.severity == one.value
            found.append(Count(one.value, one.label, f"{number:,}", query.only(one.value).href(stream), on))
    return found


def _past(one: Count, stale_at: str) -> Count:
    was = f"{one.servers} {'was' if one.servers == '1' else 'were'} {one.label.lower()} at {stale_at}"
    return replace(one, servers="", title=was)


def order(query: FleetQuery, sort: str) -> str:
    if query.sort != sort:
        return "none"
    return "descending" if query.down != (sort in _DESCENDING) else "ascending"


def range_text(chosen: int, page: int, query: FleetQuery, servers: int) -> str:
    if servers <= MANY:
        return f"{chosen:,} of {servers:,} servers"
    what = " at risk" if selection(query, servers) == routes.AT_RISK else ""
    if not chosen:
        return f"No server{what}"
    return f"Rows {(page - 1) * PAGE + 1:,} to {min(chosen, page * PAGE):,} of {chosen:,}{what}"


def pages(query: FleetQuery, page: int, last: int, stream: str) -> list[Choice]:
    """Previous, the first pages, the ones around this one, the last, next."""
    if last == 1:
        return []
    near = sorted({1, 2, 3, last, page - 1, page, page + 1} & set(range(1, last + 1)))
    if page > 3:
        near = sorted({1, page - 1, page, page + 1, last} & set(range(1, last + 1)))
    middle = [Choice(f"{one:,}", query.on_page(one).href(stream), one == page) for one in near]
    before = Choice("Previous", query.on_page(max(1, page - 1)).href(stream), False, page == 1)
    return [before, *middle, Choice("Next", query.on_page(min(last, page + 1)).href(stream), False, page == last)]


def scopes(every: Sequence[RiskView], query: FleetQuery, stream: str) -> list[Choice]:
    """At risk or all, for a fleet that does not fit on a page."""
    if len(every) <= MANY:
        return []
    risky = sum(one.severity in AT_RISK for one in every)
    chosen = selection(query, len(every))
    return [
        Choice(f"At risk {risky:,}", replace(query, severity="", page=1).href(stream), chosen == routes.AT_RISK),
        Choice(f"All {len(every):,}", replace(query, severity="all", page=1).href(stream), chosen == "all"),
    ]


def profiles(every: Sequence[RiskView], query: FleetQuery, stream: str) -> list[Choice]:
    named = in_order([one.profile for one in every])
    whole = Choice("All profiles", replace(query, profile="", page=1).href(stream), not query.profile)
    return [
        whole,
        *(Choice(one, replace(query, profile=one, page=1).href(stream), query.profile == one) for one in named),
    ]


def ways(query: FleetQuery, stream: str) -> list[Choice]:
    """The ways to draw the risk map."""
    return [Choice(one.capitalize(), replace(query, map=one).href(stream), query.map == one) for one in routes.MAPS]
