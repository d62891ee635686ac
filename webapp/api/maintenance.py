"""Planned maintenance over HTTP: what a stream has, one more, one less."""

import asyncio
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from webapp.api import bodies
from webapp.api.callers import Operator, Reader
from webapp.core.clock import time_of
from webapp.core.errors import FieldError, Invalid
from webapp.core.policies import maintenance as policy
from webapp.core.policies import maintenance_words as words
from webapp.core.policies.maintenance_requests import DAYS, MOST_SERVERS, MaintenanceRequest, request_of
from webapp.core.services import maintenance, maintenance_plans
from webapp.core.views.maintenance import Once, Planned, Weekly

router = APIRouter(tags=["maintenance"], prefix="/api/v1/streams/{slug}/maintenance")


class Plan(BaseModel):
    """A window to plan: weekly with `days`, `start`, `duration`; once with `start_at` and `end_at`."""

    model_config = ConfigDict(extra="forbid", str_max_length=200)

    title: bodies.Text = Field(description="What is done.")
    servers: list[bodies.Text] = Field(default=[], max_length=MOST_SERVERS, description="Names of servers.")
    profile: bodies.Text | None = Field(None, description="Instead of servers: a profile, or `all`.")
    zone: bodies.Text = Field("", description="Of times without a zone; the stream's, if left out.")
    days: list[str] = Field(default=[], max_length=7, description="mon, tue, wed, thu, fri, sat, sun.")
    start: str = Field("", description="Wall-clock time of a weekly window, like 02:00.")
    duration: str = Field("", description="How long a weekly window lasts: 2 h, 90 min, 1 h 30 min.")
    first: date | None = Field(None, description="First day of a weekly window; today, if left out.")
    last: date | None = Field(None, description="Last day of a weekly window; none, if left out.")
    start_at: datetime | None = Field(None, description="Start of a window that is once.")
    end_at: datetime | None = Field(None, description="Its end, at most 7 days later.")
    reason: bodies.Text = Field("", description="Why; kept in the audit.")


class Window(BaseModel):
    """A planned window, and when it is in force next."""

    id: int
    title: str
    servers: list[str]
    profile: str | None
    zone: str
    when: str = Field(description="In words, in its zone.")
    days: list[str]
    start: str
    minutes: int
    first: date | None
    last: date | None
    start_at: datetime | None
    end_at: datetime | None
    next_start_at: datetime | None = Field(description="Start of the occurrence that runs now or comes next.")
    next_end_at: datetime | None
    by: str


class Calendar(BaseModel):
    """What people planned on a stream; the timetable of a simulator is not in it."""

    stream: str
    zone: str = Field(description="The zone in which its maintenance is planned.")
    at: datetime = Field(description="The stream's present time.")
    windows: list[Window]


_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": Plan.model_json_schema()}}}
}


@router.get("", summary="Planned maintenance of a stream")
async def listed(slug: str, _caller: Reader) -> Calendar:
    """Every window that is neither cancelled nor over."""
    view = await asyncio.to_thread(maintenance.overview, slug)
    tick = policy.tick_at(view.at)
    return Calendar(stream=slug, zone=view.zone, at=view.at, windows=[_window(one, tick) for one in view.planned])


@router.post("", summary="Plan maintenance", status_code=201, openapi_extra=_BODY)
async def plan(slug: str, request: Request, caller: Operator) -> Window:
    """Adds a window. It acts from the next tick on."""
    asked = await bodies.model(request, Plan)
    try:
        made = await asyncio.to_thread(maintenance_plans.add, slug, _request(asked), caller.name, asked.reason)
    except Invalid as error:
        raise _named(error, asked) from error
    return _window(made, made.from_tick)


@router.delete("/{window_id}", summary="Cancel maintenance")
async def cancel(slug: str, window_id: Annotated[int, Path(ge=1, lt=2**31)], caller: Operator) -> Window:
    """A window that runs ends now; one that is to come does not begin."""
    ended = await asyncio.to_thread(maintenance_plans.cancel, slug, window_id, caller.name, "cancelled over the API")
    return _window(ended, ended.from_tick)


def _request(plan: Plan) -> MaintenanceRequest:
    if plan.start_at is not None and plan.end_at is not None and not plan.days:
        when: Weekly | Once = Once(plan.start_at, plan.end_at)
        return MaintenanceRequest(plan.title, when, tuple(plan.servers), plan.profile, plan.zone)
    if plan.start_at is not None or plan.end_at is not None:
        message = "A window is weekly, with days, start and duration, or once, with start_at and end_at."
        raise Invalid(message, (FieldError("days" if plan.days else "end_at", message),))
    texts = {
        "title": plan.title, "profile": plan.profile or "", "zone": plan.zone, "days": ",".join(plan.days),
        "start": plan.start, "duration": plan.duration, "first": plan.first.isoformat() if plan.first else "",
        "last": plan.last.isoformat() if plan.last else "", "kind": "weekly",
    }  # fmt: skip
    return replace(request_of(texts), servers=tuple(plan.servers))


def _named(error: Invalid, plan: Plan) -> Invalid:
    """The same, with the fields of a window that is once as they are called here."""
    if plan.days:
        return error
    called = {"start": "start_at", "end": "end_at"}
    return Invalid(error.message, tuple(replace(one, field=called.get(one.field, one.field)) for one in error.errors))


def _window(one: Planned, tick: int) -> Window:
    weekly, once = (one.when, None) if isinstance(one.when, Weekly) else (None, one.when)
    coming = policy.following(one, tick)
    return Window(
        id=one.id, title=one.title, servers=list(one.servers), profile=one.profile, zone=one.zone, when=words.when(one),
        days=[DAYS[day] for day in weekly.days] if weekly else [],
        start="{:02d}:{:02d}".format(*divmod(weekly.start_minute, 60)) if weekly else "",
        minutes=weekly.minutes if weekly else 0, first=weekly.first if weekly else None,
        last=weekly.last if weekly else None, start_at=once.start_at if once else None,
        end_at=once.end_at if once else None, next_start_at=time_of(coming[0]) if coming else None,
        next_end_at=time_of(coming[1]) if coming else None, by=one.by,
    )  # fmt: skip
