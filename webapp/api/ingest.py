"""Telemetry in over HTTP: authenticate, limit, decode, and hand the batch to the service as a whole."""

import asyncio

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from webapp.api import bodies, contract
from webapp.api.callers import Feeder
from webapp.api.problems import Refused
from webapp.core import metrics
from webapp.core.errors import ForewarnError
from webapp.core.policies import keys
from webapp.core.services import limits, telemetry
from webapp.core.services.telemetry import Accepted
from webapp.core.views.users import Identity

router = APIRouter(tags=["telemetry"])
DEFAULT_STREAM = "my-servers"


class Stored(BaseModel):
    """What became of a batch."""

    stream: str
    rows: int = Field(description="Rows that were new and are stored now.")
    duplicates: int = Field(description="Rows that were stored already with the same values.")
    new_servers: list[str] = Field(description="Servers that this batch added.")
    stream_created: bool = Field(description="Whether this batch made the stream.")


@router.post(
    "/api/v1/telemetry",
    summary="Push a batch of telemetry",
    openapi_extra=contract.REQUEST,
    responses={201: {"model": Stored, "description": "Something was new."}},
)
async def push(
    request: Request,
    response: Response,
    caller: Feeder,
    stream: str = Query(DEFAULT_STREAM, description="Which stream; one that does not exist is made."),
) -> Stored:
    """Stores the batch whole, or nothing of it. Sending it again changes nothing.

    Servers that the stream does not have are added, with the profile that the row names or, without one,
    the profile that the server's name suggests. Every row carries a time with its zone; rows are stored
    on the 5-minute grid. A key with the scope `telemetry` pushes rows that are at most 24 h old; older ones, up
    to 35 days, need the scope `backfill`.
    """
    try:
        body = await bodies.json_body(request)
        accepted = await asyncio.to_thread(_store, stream, body, caller)
    except (Refused, ForewarnError) as error:
        metrics.batches_rejected.labels(_reason(error)).inc()
        raise
    response.status_code = 201 if accepted.rows else 200
    return Stored(
        stream=stream,
        rows=accepted.rows,
        duplicates=accepted.duplicates,
        new_servers=list(accepted.new_servers),
        stream_created=accepted.stream_created,
    )


def _store(stream: str, body: bytes, caller: Identity) -> Accepted:
    document = bodies.decode(body)
    rows = document.get("rows") if isinstance(document, dict) else None
    limits.take("rows", caller.name, len(rows) if isinstance(rows, list) else 1)
    return telemetry.receive(stream, document, caller.name, keys.oldest(caller.scopes))


def _reason(error: Refused | ForewarnError) -> str:
    return error.reason if isinstance(error, Refused) else type(error).__name__.lower()
