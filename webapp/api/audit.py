"""Reading the audit: entries newest first, filtered, page after page."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from webapp.api.callers import Reader
from webapp.core.errors import FieldError, Invalid
from webapp.core.services import audit
from webapp.core.views.audit import AuditView, Wanted

router = APIRouter(tags=["administration"])
_Word = Annotated[str, Query(max_length=128, pattern=r"^[^\x00]*$")]


class Entry(BaseModel):
    """One change. `hash` covers everything else, and the hash of the entry before."""

    id: int
    at: datetime
    actor: str
    action: str
    noun: str
    subject: str
    reason: str
    detail: dict[str, str]
    correlation_id: str
    hash: str


class Entries(BaseModel):
    """A page of entries."""

    entries: list[Entry]
    matching: int = Field(description="Entries that match, on all pages.")
    last_id: int = Field(description="The number of the newest entry of all.")
    next_before: int | None = Field(description="The value of `before` for the next page; null on the last one.")


@router.get("/api/v1/audit", summary="Who changed what")
async def listed(
    _caller: Reader,
    since: Annotated[AwareDatetime | None, Query(description="From this time on, with a zone.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Before this time.")] = None,
    person: _Word = "",
    noun: _Word = "",
    action: _Word = "",
    subject: _Word = "",
    before: int | None = Query(None, ge=1, le=2**53, description="Entries with smaller numbers."),
    limit: int = Query(100, ge=1, le=500),
) -> Entries:
    """Newest first. Each filter that is given has to match; `subject` also finds what an entry touched besides."""
    wanted = Wanted(_utc("since", since), _utc("until", until), person, noun, action, subject)
    found = await asyncio.to_thread(audit.snapshot, wanted, before, limit)
    return Entries(
        entries=[_entry(one) for one in found.entries],
        matching=found.matching,
        last_id=found.last_id,
        next_before=found.entries[-1].id if found.more else None,
    )


def _utc(field: str, at: datetime | None) -> datetime | None:
    try:
        return None if at is None else at.astimezone(UTC)
    except OverflowError as error:
        message = f"{field} is no time that an entry could have."
        raise Invalid(message, (FieldError(field, message),)) from error


def _entry(view: AuditView) -> Entry:
    shared = {name: getattr(view, name) for name in Entry.model_fields if name != "detail"}
    return Entry(detail=dict(view.detail), **shared)
