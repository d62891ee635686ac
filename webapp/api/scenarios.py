"""Reading scenarios: what ran, what ended it before its time, and whether it was forewarned."""

import asyncio
from datetime import datetime

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from webapp.api.callers import Reader
from webapp.core.services import scenarios
from webapp.core.views.scenarios import EndedBy, ScenarioStatus, ScenarioView

router = APIRouter(tags=["scenarios"], prefix="/api/v1")


class Scenario(BaseModel):
    """One injected degradation. Times are the stream's."""

    id: int
    kind: str
    servers: list[str]
    metric: str
    status: ScenarioStatus = Field(description="stopped: by the safety lever or its guard; cancelled: by a person.")
    began: bool = Field(description="False when it was ended before it touched a tick.")
    ended_by: EndedBy | None = Field(description="What ended it before its time.")
    stopped_by: str | None = Field(description="Who pulled the lever or cancelled it; guard.")
    stop_reason: str | None
    created_by: str
    start_at: datetime
    end_at: datetime
    hypothesis: str
    forewarned_at: datetime | None
    predicted_at: datetime | None
    breached_at: datetime | None


@router.get("/scenarios", summary="The scenarios of a stream")
async def listed(_caller: Reader, stream: str = Query(max_length=64)) -> list[Scenario]:
    """The latest 50, newest first."""
    return [_scenario(one) for one in await asyncio.to_thread(scenarios.scenarios, stream)]


def _scenario(view: ScenarioView) -> Scenario:
    shared = {name: getattr(view, name) for name in Scenario.model_fields if name != "servers"}
    return Scenario(servers=list(view.assets), **shared)
