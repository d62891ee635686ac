"""Reading incidents: breaches that happened, with how long they lasted and how far they went."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, Field

from ml.schema import METRIC_INDEX, METRICS
from webapp.api.callers import Reader
from webapp.core.errors import NotFound
from webapp.core.services import incidents
from webapp.core.views.incidents import IncidentState, Shown, Wanted

router = APIRouter(tags=["incidents"], prefix="/api/v1/streams/{slug}")
_FILE = {"content": {"text/csv": {}}, "description": "One line an incident, the newest start first."}


class Incident(BaseModel):
    """A metric that was over its threshold for two observations in a row. Times are the stream's."""

    id: int
    server: str
    profile: str
    metric: str
    unit: str
    threshold: float = Field(description="The threshold that it was judged by, from its start to its end.")
    start_at: datetime = Field(description="The first observation over the threshold.")
    end_at: datetime | None = Field(description="The first clear one of two in a row; null while it is open.")
    minutes: float = Field(description="How long it lasted; up to the newest observation while it is open.")
    peak: float
    peak_at: datetime
    seen_at: datetime = Field(description="The metric's last observation while it was open.")
    clear_at: datetime | None = Field(description="A clear observation that no second one has followed yet.")
    state: IncidentState = Field(description="open; ended; or lost: nobody saw the metric for more than an hour.")
    silent: bool = Field(description="Open, but not seen for more than two ticks.")
    in_maintenance: bool = Field(description="All of it lay in maintenance.")
    in_history: bool = Field(description="Found in observations that came afterwards: nobody was told in time.")
    scenario: int | None = Field(
        description="Id of the scenario without which the server would have been clear when it began."
    )
    opened_at: datetime = Field(description="Wall time at which it was found.")
    closed_at: datetime | None = Field(description="Wall time at which its end was known.")


class Incidents(BaseModel):
    """Some incidents, the newest start first."""

    incidents: list[Incident]
    cursor: str | None = Field(description="Send it as `cursor` for what comes after; null at the end.")


async def _wanted(
    shown: Annotated[Shown, Query(description="all, open, or ended (lost ones too).")] = Shown.ALL,
    server: Annotated[str, Query(max_length=128, description="Only this server.")] = "",
    metric: Annotated[str, Query(max_length=64, description="Only this metric of the contract.")] = "",
    profile: Annotated[str, Query(max_length=32, description="Only servers of this profile.")] = "",
    since: Annotated[AwareDatetime | None, Query(description="Began at this time or later.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Began before this time.")] = None,
) -> Wanted:
    if metric and metric not in METRIC_INDEX:
        raise NotFound(f"The contract has no metric {metric}. It has {', '.join(one.name for one in METRICS)}.")
    return Wanted(shown, server, metric, profile, since, until)


Slug = Annotated[str, Path(max_length=64, description="Name of the stream.")]
Chosen = Annotated[Wanted, Depends(_wanted)]


@router.get("/incidents", summary="The incidents of a stream")
async def listed(
    slug: Slug,
    _caller: Reader,
    wanted: Chosen,
    cursor: Annotated[str | None, Query(max_length=40, description="From the answer before.")] = None,
    limit: Annotated[int, Query(ge=1, le=incidents.MOST_LISTED, description="How many, at most.")] = 50,
) -> Incidents:
    """Those that match, a part at a time."""
    found = await asyncio.to_thread(incidents.listed, slug, wanted, cursor, limit)
    shown = [Incident.model_validate(one, from_attributes=True) for one in found.incidents]
    return Incidents(incidents=shown, cursor=found.following)


@router.get("/incidents.csv", summary="The same as a file", response_class=Response, responses={200: _FILE})
async def as_csv(slug: Slug, _caller: Reader, wanted: Chosen) -> Response:
    """All that match, as CSV; times are UTC."""
    text, _ = await asyncio.to_thread(incidents.as_csv, slug, wanted)
    name = {"Content-Disposition": f'attachment; filename="incidents-{slug}.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=name)
