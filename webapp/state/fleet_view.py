"""The fleet overview as one frozen value: sentence, counts, map, intervals, rows, page. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ml.contracts import Floats, Method
from webapp import routes
from webapp.charts.risk_map import LARGE, NOTHING, RiskMap, in_order, risk_map
from webapp.core.policies import wording
from webapp.core.views.fleet import FleetSnapshot, RiskView
from webapp.core.views.streams import StreamView
from webapp.routes import FleetQuery
from webapp.state import fleet_rows
from webapp.state.fleet_choices import Choice, Count, counts, order, pages, profiles, range_text, scopes, ways
from webapp.state.fleet_intervals import Bucket, buckets, overall, widths
from webapp.state.fleet_rows import MANY, PAGE, Row
from webapp.state.fleet_tiles import Tiles, tiles


@dataclass(frozen=True, slots=True)
class FleetView:
    """Everything on the page. `phase` is "ready", "warming", "empty" or "missing"; `origin` the stream time of
    the forecast that is shown, in milliseconds, 0 for none."""

    phase: str = "missing"
    origin: float = 0
    large: bool = False
    servers: int = 0
    title: str = ""
    lead: str = ""
    next_name: str = ""
    rest: str = ""
    others: str = ""
    notice: str = ""
    stale_at: str = ""
    counts: list[Count] = field(default_factory=list)
    orders: dict[str, str] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    range_text: str = ""
    pages: list[Choice] = field(default_factory=list)
    scopes: list[Choice] = field(default_factory=list)
    profiles: list[Choice] = field(default_factory=list)
    profile: str = ""
    q: str = ""
    drawn: str = "horizon"
    ways: list[Choice] = field(default_factory=list)
    map: RiskMap = NOTHING
    tiles: list[Tiles] = field(default_factory=list)
    buckets: list[Bucket] = field(default_factory=list)
    overall: str = ""
    widths: str = ""
    news: str = ""


def view(
    snapshot: FleetSnapshot,
    coverage: Sequence[tuple[int, int]],
    fans: dict[tuple[str, str], Floats],
    query: FleetQuery,
    zone: str,
    stale_at: str,
) -> FleetView:
    """The page. `fans` holds at least `wanted_fans`; `stale_at` says when a late forecast was made, else ""."""
    stream, every = snapshot.stream, snapshot.risks
    chosen, page, last = paged(snapshot, query)
    title, following = wording.sentence(snapshot, zone)
    lead, name, rest, others = _split(following, [one.name for one in every])
    listed = chosen[(page - 1) * PAGE : page * PAGE] if len(every) > MANY else chosen
    return FleetView(
        phase=_phase(snapshot), origin=stream.origin_at.timestamp() * 1000 if stream.origin_at else 0,
        large=len(every) > LARGE, servers=len(every), title=title, lead=lead, next_name=name,
        rest=rest, others=others + _baselines(every), notice=_notice(stream, every), stale_at=stale_at,
        counts=counts(every, query, stream.slug, stale_at),
        orders={sort: order(query, sort) for sort in routes.SORTS},
        heads={sort: query.sorted_by(sort).href(stream.slug) for sort in routes.SORTS},
        rows=fleet_rows.rows(listed, snapshot, fans, zone, stream.slug),
        range_text=range_text(len(chosen), page, query, len(every)), pages=pages(query, page, last, stream.slug),
        scopes=scopes(every, query, stream.slug), profiles=profiles(every, query, stream.slug), profile=query.profile,
        q=query.q, drawn=query.map,
        ways=ways(query, stream.slug),
        map=_map(snapshot, chosen, query, zone, late=stale_at != ""),
        tiles=tiles(every, stream.slug) if query.map == "tiles" else [],
        buckets=buckets(coverage), overall=overall(coverage), widths=widths(every),
    )  # fmt: skip


def paged(snapshot: FleetSnapshot, query: FleetQuery) -> tuple[list[RiskView], int, int]:
    """The selected servers, the page that is shown and the last one."""
    chosen = fleet_rows.shown(snapshot, query)
    last = max(1, -(-len(chosen) // PAGE)) if len(snapshot.risks) > MANY else 1
    return chosen, min(query.page, last), last


def wanted_fans(snapshot: FleetSnapshot, query: FleetQuery) -> list[tuple[str, str]]:
    """The (server, metric) pairs whose fans the rows on the page draw."""
    chosen, page, _ = paged(snapshot, query)
    listed = chosen[(page - 1) * PAGE : page * PAGE] if len(snapshot.risks) > MANY else chosen
    return [(one.name, one.metric) for one in listed if one.metric is not None]


def _map(snapshot: FleetSnapshot, chosen: list[RiskView], query: FleetQuery, zone: str, *, late: bool) -> RiskMap:
    """The map; of a late forecast its first moment is not called now."""
    every = snapshot.risks
    lanes = in_order([one.profile for one in every])
    drawn = risk_map(_mapped(every, chosen, query), lanes, snapshot.stream.origin_at, zone, len(every) > LARGE)
    return replace(drawn, now=drawn.now.replace("now", "at", 1)) if late else drawn


def _mapped(every: Sequence[RiskView], chosen: list[RiskView], query: FleetQuery) -> Sequence[RiskView]:
    """The counts filter the map too; a page, or the table's way to begin with the ones at risk, does not."""
    return chosen if query.severity not in ("", "all", routes.AT_RISK) or query.profile or query.q else every


def _phase(snapshot: FleetSnapshot) -> str:
    if not snapshot.risks:
        return "empty"
    return "warming" if snapshot.stream.history < snapshot.stream.needed else "ready"


def _notice(stream: StreamView, every: Sequence[RiskView]) -> str:
    """What stands in for the champion, and why; "" where nothing does."""
    if stream.history < stream.needed:
        return (
            f"Warming up: {stream.forecast:,} of {stream.servers:,} servers forecast, history {stream.history} of "
            f"{stream.needed}. Until then persistence, a baseline, is shown in grey."
        )
    stood_in = [one for one in every if one.method == Method.PERSISTENCE]
    if not stood_in or len(stood_in) < len(every):
        return ""
    return f"Shown in grey: persistence, a baseline without the champion: {stood_in[0].reason or 'no champion serves'}."


def _baselines(every: Sequence[RiskView]) -> str:
    """How many servers a baseline stands in for, when it is some."""
    stood_in = sum(one.method == Method.PERSISTENCE for one in every)
    if not 0 < stood_in < len(every):
        return ""
    return f" {stood_in:,} {'is' if stood_in == 1 else 'are'} forecast by persistence, in grey."


def _split(text: str, names: list[str]) -> tuple[str, str, str, str]:
    """ "Next is <server>: what. The others." around the server's name and its first full stop."""
    lead, colon, rest = text.partition(": ")
    name = lead.removeprefix("Next is ")
    if not colon or name not in names:
        return text, "", "", ""
    what, stop, others = rest.partition(". ")
    return "Next is ", name, f"{colon}{what}{'.' if stop else ''}", others
