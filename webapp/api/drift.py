"""Reading drift: what the tests of each cell said last, every episode, and why there was a training or none."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from webapp.api.callers import Reader
from webapp.core.services import drift_pages

router = APIRouter(tags=["drift"], prefix="/api/v1/streams/{slug}")


class DriftTest(BaseModel):
    """One test of a cell. Statistics are in spreads of the test, above 0: higher values, larger residuals, less
    coverage."""

    test: str = Field(description="inputs, steps, residuals or coverage.")
    servers: int = Field(description="How many servers were looked at.")
    statistic: float | None
    threshold: float | None = Field(description="From this size on it is drift.")
    effect: float | None = Field(
        description="Standard deviations of the series (inputs) or of the forecast, or a share (coverage)."
    )
    why_not: str | None = Field(description="Why the test was not made; then its numbers are null.")


class DriftCell(BaseModel):
    """One metric of one group of servers."""

    group: str = Field(description="A profile, or every server.")
    metric: str
    cost: float | None = Field(description="How much larger the loss of the last day was than before, as a share.")
    tests: list[DriftTest]


class DriftEpisode(BaseModel):
    """Drift from the hour that it was found to the hour that it was over. Times are the stream's."""

    id: int
    group: str
    metric: str
    test: str
    since_at: datetime = Field(description="When it began, as its change point says.")
    opened_at: datetime
    closed_at: datetime | None = Field(description="Null while it is open.")
    why_closed: str | None
    statistic: float
    threshold: float
    peak: float
    effect: float
    cost: float | None


class DriftDecision(BaseModel):
    """Whether to train, and why."""

    retrain: bool
    code: str = Field(description="retrain, or why not: none, off, busy, young, data, pause or cost.")
    reason: str
    run: int | None = Field(description="The training that was asked for.")
    first_at: datetime
    last_at: datetime


class Drift(BaseModel):
    """What is known of drift on a stream."""

    stream: str
    model: str
    looked_at: datetime | None = Field(description="The stream's hour that was looked at last; null before any.")
    first_look_at: datetime | None = Field(description="When the first look of this reference is due.")
    reference_at: tuple[datetime, datetime] | None = Field(description="What the newest hours are compared with.")
    cells: list[DriftCell]
    episodes: list[DriftEpisode]
    decisions: list[DriftDecision]


@router.get("/drift", summary="Drift on a stream")
async def drift(
    slug: Annotated[str, Path(max_length=64, description="Name of the stream.")], _caller: Reader
) -> Drift:  # fmt: skip
    """The newest look, the newest 50 episodes and 30 decisions."""
    found = await asyncio.to_thread(drift_pages.snapshot, slug)
    return Drift.model_validate(found, from_attributes=True)
