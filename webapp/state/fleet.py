"""The fleet overview's state: the view of one stream, query and zone, kept up to date by the hub."""

import asyncio
from dataclasses import fields, replace

import reflex as rx

from webapp.charts.risk_map import NOTHING, RiskMap
from webapp.core.clock import now
from webapp.core.errors import NotFound
from webapp.core.events import Event
from webapp.core.policies import wording
from webapp.core.policies.roles import Role
from webapp.core.services import risks
from webapp.core.views.streams import StreamView
from webapp.realtime import snapshot
from webapp.routes import FleetQuery
from webapp.state import fleet_news, fleet_view, session
from webapp.state.fleet_choices import Choice, Count
from webapp.state.fleet_intervals import Bucket
from webapp.state.fleet_rows import Row
from webapp.state.fleet_tiles import Tiles
from webapp.state.fleet_view import FleetView
from webapp.state.guard import requires
from webapp.state.live import Live
from webapp.state.shell import chosen

Key = tuple[str, str, FleetQuery]


async def make(key: Key) -> FleetView:
    """The page of a stream in a zone for a query."""
    slug, zone, query = key
    try:
        read = await snapshot.fleet(slug)
    except NotFound:
        return FleetView()
    wanted = fleet_view.wanted_fans(read, query)
    quality, fans = await asyncio.gather(snapshot.quality(slug), asyncio.to_thread(risks.fans_of, slug, wanted))
    coverage = [(one.held, one.matured) for one in quality.leads]
    page = fleet_view.view(read, coverage, fans, query, zone, late(read.stream, zone))
    return replace(page, news=fleet_news.news(read))


def late(stream: StreamView, zone: str) -> str:
    """When the last forecast was made, if that is longer ago than two ticks."""
    return "" if stream.stale_since is None else wording.clock_time(stream.stale_since, zone, now())


views = Live[Key](lambda: Fleet, make, lambda key: key[0], keepable=True)


class Fleet(rx.State):
    """The overview; its vars are the fields of `FleetView`."""

    phase: str = ""
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
    counts: list[Count] = []
    orders: dict[str, str] = {}
    heads: dict[str, str] = {}
    rows: list[Row] = []
    range_text: str = ""
    pages: list[Choice] = []
    scopes: list[Choice] = []
    profiles: list[Choice] = []
    profile: str = ""
    q: str = ""
    drawn: str = "horizon"
    ways: list[Choice] = []
    map: RiskMap = NOTHING
    tiles: list[Tiles] = []
    buckets: list[Bucket] = []
    overall: str = ""
    widths: str = ""
    news: str = ""

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show what the address says."""
        query = session.query(self)
        await views.open(self, (await chosen(query), session.zone(self), FleetQuery.of(query)))

    @rx.event
    @requires(Role.VIEWER)
    async def find(self, words: str) -> rx.event.EventSpec:
        """Show the servers whose name has these words: an address, so that it can be shared."""
        query = session.query(self)
        wanted = FleetQuery.of({**query, "q": words, "page": ""})
        return rx.redirect(wanted.href(query.get("stream", "")), replace=True)


assert {one.name for one in fields(FleetView)} <= set(Fleet.vars), "each field of the view is a var of the state"


async def write(app: rx.App, slug: str, _events: tuple[Event, ...]) -> None:
    """The hub's writer of the overview."""
    await views.write(app, slug)
