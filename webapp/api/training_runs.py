"""Reading trainings: what was asked for, how far it is, on which data it trained and what it became."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from webapp.api.callers import Reader
from webapp.core.policies.training_runs import Status
from webapp.core.services import training_runs

router = APIRouter(tags=["training"], prefix="/api/v1/streams/{slug}")
_MOST = 200


class Recipe(BaseModel):
    """What was asked for."""

    mode: str = Field(description="fine_tune or scratch.")
    days: int = Field(description="Days of the stream's own telemetry, at most.")
    simulated_servers: int
    minutes: float
    seed: int


class Point(BaseModel):
    """Loss on held-out servers after an epoch."""

    network: str = Field(description="known: for servers of known profile; stranger: for all others.")
    epoch: int
    loss: float


class Run(BaseModel):
    """A training of the stream's model. Times are wall time."""

    id: int
    status: Status
    by: str
    reason: str
    recipe: Recipe
    start: str = Field(description="The version that it starts from.")
    candidate: str | None = Field(description="The version that it became; it serves nobody by itself.")
    phase: str
    done: float = Field(description="The share of the training that is behind it.")
    attempts: int
    note: str | None = Field(description="How it ended, where that needs words.")
    manifest: dict[str, object] = Field(description="What it used: data with range and SHA-256, hardware, commit.")
    queued_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    curve: list[Point]


class Runs(BaseModel):
    """The newest first."""

    runs: list[Run]


@router.get("/training-runs", summary="The trainings of a stream")
async def listed(
    slug: Annotated[str, Path(max_length=64, description="Name of the stream.")],
    _caller: Reader,
    limit: Annotated[int, Query(ge=1, le=_MOST, description="How many, at most.")] = 50,
) -> Runs:
    """What trains now and what was trained, the newest first."""
    found = await asyncio.to_thread(training_runs.listed, slug, limit)
    return Runs(runs=[Run.model_validate(one, from_attributes=True) for one in found])
