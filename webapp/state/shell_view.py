"""What the frame shows of a stream: its clock as it runs, its champion, its health, the lever, what is unreachable."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ml.schema import TICK_SECONDS
from webapp import routes
from webapp.core.clock import now
from webapp.core.policies import wording
from webapp.core.policies.scenarios import NO_REASON
from webapp.core.services import candidates, incidents, scenarios
from webapp.core.views.scenarios import ScenarioStatus
from webapp.core.views.streams import Source, StreamView
from webapp.realtime import snapshot
from webapp.realtime.hub import link
from webapp.state import skill_words
from webapp.state.skill_words import NOBODY, Standing

KINDS = {"fleet": "Fleet", "turbofan": "Turbofan", "calories": "Calories", "bikes": "Bikes"}


@dataclass(frozen=True, slots=True)
class StreamItem:
    """One line of the stream switch."""

    slug: str
    kind: str
    href: str
    clock: str
    champion: str
    state: str
    tone: str
    current: bool


@dataclass(frozen=True, slots=True)
class ShellView:
    """What the frame shows of one stream in one zone. Instants in milliseconds; 0 means none."""

    slug: str
    streams: list[StreamItem]
    trouble: str
    trouble_tone: str
    kind: str = ""
    known: bool = False
    clock_at: float = 0
    clock_seen: float = 0
    clock_speed: float = 0
    clock_until: float = 0
    clock_label: str = ""
    clock_short: str = ""
    zone: str = ""
    planned_in: str = ""
    speed: str = ""
    live: bool = False
    paused: bool = False
    health: str = ""
    health_tone: str = ""
    champion: str = ""
    skill: Standing = NOBODY
    made_at: float = 0
    simulated: bool = True
    injection_allowed: bool = True
    injection_note: str = ""
    injection_by: str = ""
    injection_why: str = ""
    running: int = 0
    incidents: int = 0
    candidates: int = 0


def milliseconds(at: datetime | None) -> float:
    """An instant for the browser; 0 for none."""
    return 0.0 if at is None else round(at.timestamp() * 1000)


async def make(key: tuple[str, str]) -> ShellView:
    """The frame of a stream, seen from a zone."""
    slug, zone = key
    every = await snapshot.all_streams()
    one = next((each for each in every if each.slug == slug), None)
    listed = [_item(each, slug, zone) for each in every]
    trouble, tone = _trouble(zone)
    if one is None:
        return ShellView(slug=slug, streams=listed, trouble=trouble, trouble_tone=tone)
    if not trouble and one.trouble:
        trouble, tone = one.trouble, "failed"
    health, lamp = health_of(one)
    at, seen, rate, until = running_clock(one)
    return ShellView(
        slug=slug, kind=KINDS.get(one.kind, one.kind), streams=listed, known=True,
        clock_at=at, clock_seen=seen, clock_speed=rate, clock_until=until, clock_label=one.clock.label,
        clock_short=one.clock.label.replace("Simulated, ", "Sim ").replace("Recorded, ", "Rec "), zone=_zone_name(zone),
        planned_in=_planned_in(one),
        speed=f"{one.clock.speed:g}", live=one.clock.live, paused=one.clock.paused,
        health=health, health_tone=lamp, champion=maker(one), skill=await _standing(one, zone),
        made_at=milliseconds(one.made_at),
        simulated=one.source is Source.SIMULATED, injection_allowed=one.injection_allowed,
        injection_note=_lever_note(one), injection_by=one.injection_stopped_by or "",
        injection_why=one.injection_reason or "",
        running=await _running(slug), incidents=await asyncio.to_thread(incidents.open_count, slug),
        candidates=await asyncio.to_thread(candidates.waiting, slug),
        trouble=trouble, trouble_tone=tone,
    )  # fmt: skip


def running_clock(one: StreamView) -> tuple[float, float, float, float]:
    """Stream time in ms, the wall time at which it held, its pace, and the time it cannot pass by itself.

    A set clock waits for each forecast, so the browser never shows more than the tick that is due.
    """
    clock, seen = one.clock, now()
    tick = timedelta(seconds=TICK_SECONDS)
    rate = 0.0 if clock.paused or clock.speed == 0 else clock.speed
    at = clock.at + (seen - clock.wall_at) * rate
    until = None if clock.live else max(clock.at, one.origin_at or clock.at) + tick
    shown = at if until is None else min(max(at, clock.at), until)
    return milliseconds(shown), milliseconds(seen), rate, milliseconds(until)


def health_of(one: StreamView) -> tuple[str, str]:
    """The line at the foot of the rail and its lamp."""
    if one.servers == 0:
        return "No servers yet", ""
    count = f"{one.forecast:,} of {one.servers:,} forecast"
    if one.stale_since is not None:
        return "Forecasts are late", "warning"
    if one.history < one.needed:
        return f"History {one.history} of {one.needed}", ""
    return count, "pass" if one.forecast >= one.servers else "warning"


def champion(one: StreamView) -> str:
    """The model that serves, as it is always written."""
    return f"{one.model} {one.version}".strip() if one.version else "no model"


def maker(one: StreamView) -> str:
    """Who made what is shown: the champion, or the baseline that stands in while history is short."""
    return champion(one) if one.history >= one.needed else "persistence"


async def _standing(one: StreamView, zone: str) -> Standing:
    """How far the maker may be trusted; of a baseline that stands in, or of no model, nothing is said."""
    if one.history < one.needed or not one.version:
        return NOBODY
    return skill_words.standing(await snapshot.quality(one.slug), zone)


def _item(one: StreamView, slug: str, zone: str) -> StreamItem:
    state, tone = health_of(one)
    clock = (
        one.clock.label
        if one.clock.live
        else f"{wording.clock_time(one.clock.at, zone, now())}, {one.clock.label.lower()}"
    )
    return StreamItem(
        slug=one.slug, kind=KINDS.get(one.kind, one.kind), href=routes.url(routes.FLEET, stream=one.slug),
        clock=clock, champion=champion(one), state=state, tone=tone, current=one.slug == slug,
    )  # fmt: skip


def _lever_note(one: StreamView) -> str:
    if one.source is not Source.SIMULATED:
        return "This stream watches real servers; scenarios run on simulated fleets only."
    if one.injection_allowed:
        return "Scenarios may degrade simulated servers. One click stops them all."
    return f"Stopped by {one.injection_stopped_by}: {one.injection_reason or NO_REASON}"


async def _running(slug: str) -> int:
    ran = await asyncio.to_thread(scenarios.scenarios, slug)
    return sum(one.status is ScenarioStatus.RUNNING for one in ran)


def _trouble(zone: str) -> tuple[str, str]:
    """What this process cannot reach, and what that means for what is shown."""
    if link.database_down_at is not None:
        at = wording.clock_time(link.database_down_at, zone, now())
        return (
            f"The database has not answered since {at}. The last values stay; this page recovers by itself.",
            "failed",
        )
    if link.broker_down_at is not None:
        at = wording.clock_time(link.broker_down_at, zone, now())
        return f"The broker has not answered since {at}. No new forecast is made until it does.", "stale"
    return "", ""


def _planned_in(one: StreamView) -> str:
    """The zone in which maintenance of a stream is planned, with its name on that day."""
    there = one.clock.at.astimezone(wording.zone_named(one.zone))
    return f"{one.zone} ({there:%Z})"


def _zone_name(zone: str) -> str:
    return now().astimezone(ZoneInfo(zone)).tzname() or zone
