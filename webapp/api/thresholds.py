"""Thresholds of a stream: everybody reads them, an approver's session changes them with a reason."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from ml.schema import metric as contract_metric
from webapp.api import bodies
from webapp.api.callers import Approver, Reader
from webapp.core.errors import FieldError, Invalid
from webapp.core.services import thresholds
from webapp.core.views.thresholds import Shown, ThresholdView

router = APIRouter(tags=["thresholds"], prefix="/api/v1/streams/{slug}/thresholds")
Slug = Annotated[str, Path(max_length=64)]
Named = Annotated[str, Path(max_length=64)]
_NONE = "none"


class Threshold(BaseModel):
    """One metric's threshold for the servers of a profile."""

    profile: str
    metric: str
    unit: str
    limit: float | None = Field(description="Null: the metric is not watched.")
    default: float
    by: str | None = Field(description="Who changed it last; null where the default holds.")
    at: datetime | None
    reason: str | None


class Change(BaseModel):
    """What a threshold is to be."""

    model_config = ConfigDict(extra="forbid", strict=True)
    limit: float | None = Field(description="In the metric's unit; null stops watching it.")
    reason: bodies.Text = Field(description="Why; kept in the audit.")
    shown: float | None = Field(None, description="What you saw; when it is not so any more, nothing changes (409).")


_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": Change.model_json_schema()}}}}


@router.get("", summary="The thresholds of a stream")
async def listed(slug: Slug, _caller: Reader) -> list[Threshold]:
    """Every profile and metric, those that the stream has servers of first."""
    found = await asyncio.to_thread(thresholds.snapshot, slug)
    return [_threshold(one) for profile in found.profiles for one in profile.metrics]


@router.put("/{profile}/{metric}", summary="Change a threshold", openapi_extra=_BODY)
async def change(slug: Slug, profile: Named, metric: Named, request: Request, caller: Approver) -> Threshold:
    """Sets a threshold of a profile. The newest risks are judged by it within seconds; older ones stay."""
    asked = await bodies.model(request, Change)
    shown = Shown(asked.shown) if "shown" in asked.model_fields_set else None
    made = await asyncio.to_thread(
        thresholds.change, slug, profile, metric, asked.limit, caller.name, asked.reason, shown
    )
    return _threshold(made)


@router.delete("/{profile}/{metric}", summary="Go back to the default")
async def reset(
    slug: Slug,
    profile: Named,
    metric: Named,
    caller: Approver,
    reason: str = Query(max_length=1000, description="Why; kept in the audit."),
    shown: str | None = Query(
        None, max_length=40, description="What you saw, a number or `none`; when it is not so any more: 409."
    ),
) -> Threshold:
    """Lets the default hold again."""
    seen = None if shown is None else _shown(shown)
    return _threshold(await asyncio.to_thread(thresholds.reset, slug, profile, metric, caller.name, reason, seen))


def _shown(text: str) -> Shown:
    try:
        return Shown(None if text == _NONE else float(text))
    except ValueError as error:
        message = f"{text} is neither a number nor `{_NONE}`."
        raise Invalid(message, (FieldError("shown", message),)) from error


def _threshold(view: ThresholdView) -> Threshold:
    return Threshold(
        profile=view.profile, metric=view.metric, unit=contract_metric(view.metric).unit, limit=view.limit,
        default=view.default, by=view.by, at=view.at, reason=view.reason,
    )  # fmt: skip
