"""Forewarn's own health over HTTP: alive, ready, which build, and numbers for Prometheus.

Open to programs on this machine; from elsewhere it needs a key with the scope `read`, as other reading does.
"""

import asyncio

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from ml.schema import schema_hash
from webapp.api.callers import Near
from webapp.api.exposition import Fleets, Machinery
from webapp.core import metrics
from webapp.core.services import about, streams

router = APIRouter(tags=["health"])
_PRIVATE = {"Cache-Control": "no-store"}


class Check(BaseModel):
    """One condition of being ready."""

    name: str
    ok: bool
    detail: str
    fix: str = Field(description="What to do when it is not.")


class Ready(BaseModel):
    """Whether the console can do its work, and what keeps it from it."""

    ready: bool
    checks: list[Check]


class Info(BaseModel):
    """Which build this is."""

    name: str = "Forewarn"
    version: str
    commit: str | None
    schema_hash: str
    streams: list[str]


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", summary="Is the process alive")
async def healthz(_caller: Near) -> Response:
    """Depends on nothing: answers as long as the process can answer."""
    return JSONResponse({"status": "ok"}, headers=_PRIVATE)


@router.get("/readyz", summary="Can it do its work", responses={503: {"model": Ready}})
async def readyz(response: Response, _caller: Near) -> Ready:
    """503 without the database, the broker, a worker's heartbeat or a model."""
    from webapp.core.services import health

    found = await asyncio.to_thread(health.readiness)
    checks = [Check(name=one.name, ok=one.ok, detail=one.detail, fix=one.fix) for one in found]
    ready = all(check.ok for check in checks)
    response.status_code = 200 if ready else 503
    response.headers.update(_PRIVATE)
    return Ready(ready=ready, checks=checks)


@router.get("/info", summary="Which build is this")
async def info(_caller: Near) -> Info:
    """Version, commit, the hash of the data contract, and the streams by name."""
    slugs = [view.slug for view in await asyncio.to_thread(streams.streams)]
    return Info(version=about.version(), commit=about.commit(), schema_hash=schema_hash(), streams=slugs)


@router.get("/metrics", summary="Numbers for Prometheus", response_class=Response)
async def exposition(_caller: Near) -> Response:
    """Of the web process and of all workers, in one scrape."""
    text = await asyncio.to_thread(lambda: generate_latest(metrics.registry(Fleets(), Machinery())))
    return Response(text, media_type=CONTENT_TYPE_LATEST, headers=_PRIVATE)
