"""The list of API keys, for administration: which there are and what each may do, never a secret."""

import asyncio
from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from webapp.api.callers import Reader
from webapp.core import clock
from webapp.core.services import keys

router = APIRouter(tags=["administration"])


class Key(BaseModel):
    """An API key without its secret."""

    name: str
    prefix: str = Field(description="How its secret begins.")
    scopes: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None = Field(description="null: never.")
    last_used_at: datetime | None = Field(description="To the minute; null: not used yet.")
    revoked_at: datetime | None
    valid: bool = Field(description="Whether it opens anything now.")


@router.get("/api/v1/keys", summary="All API keys")
async def listed(_caller: Reader) -> list[Key]:
    """By name; revoked and expired ones too. Keys are made and revoked on the page API keys or by `forewarn key`."""
    found, at = await asyncio.to_thread(keys.listed), clock.now()
    return [
        Key(
            name=one.name, prefix=one.prefix, scopes=list(one.scopes), created_by=one.created_by,
            created_at=one.created_at, expires_at=one.expires_at, last_used_at=one.last_used_at,
            revoked_at=one.revoked_at, valid=one.valid(at),
        )
        for one in found
    ]  # fmt: skip
