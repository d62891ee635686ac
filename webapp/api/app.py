"""The API as one application: mounted in front of the console on its port, or run alone.

What is open to everybody is listed in `door` and here by the lack of a caller; every other
endpoint names the caller it needs in its signature.
"""

from typing import Any

from fastapi import FastAPI, Request
from starlette.routing import Match

from webapp.api import (
    audit,
    auth,
    drift,
    forecasts,
    health,
    incidents,
    ingest,
    inventory,
    keys,
    maintenance,
    models,
    oidc,
    problems,
    scenarios,
    thresholds,
    training_runs,
    unwatched,
)
from webapp.api.callers import Reader
from webapp.api.door import Door
from webapp.api.problems import Problem, Refused
from webapp.api.turnstile import Turnstile
from webapp.core.services import about

_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text, "content": {problems.MEDIA_TYPE: {}}}
    for status, text in (
        (400, "Not readable: no JSON, or a key twice."),
        (401, "Not signed in, or an unknown key."),
        (403, "Signed in, but not allowed."),
        (404, "There is no such thing."),
        (409, "In conflict with what is stored."),
        (413, "The body is too large."),
        (415, "Another media type is needed."),
        (422, "The input is wrong; `errors` names field and row."),
        (429, "Too many requests; `Retry-After` says in how many seconds there is room again."),
        (503, "Something needed is down."),
    )
}


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: _ERRORS[status] for status in statuses}


def create_api() -> FastAPI:
    """The endpoints, the problem documents and the door."""
    api = FastAPI(
        title="Forewarn",
        version=about.version(),
        summary="Telemetry in, forecasts out, signing in, health.",
        docs_url=None,  # its scripts come from another host; docs/api.md says the same
        redoc_url=None,
        openapi_url=None,
    )
    problems.install(api)
    # A password check takes 0.1 s of a core and 64 MiB.
    api.state.turnstile = Turnstile(2, 20, "Many people are signing in right now. Try again in a few seconds.")
    api.state.asking = Turnstile(1, 4, "Other forecasts are being made right now. Try again in a few seconds.")
    common = _errors(401, 403, 422, 429, 503)
    api.include_router(health.router, responses=_errors(401, 403, 429))
    api.include_router(auth.router, responses=_errors(422, 429))
    api.include_router(oidc.router)
    api.include_router(ingest.router, responses=_ERRORS)
    reads = (drift, forecasts, incidents, inventory, models, scenarios, training_runs)
    for reading in (one.router for one in reads):
        api.include_router(reading, responses=common | _errors(404))
    for changing in (maintenance.router, thresholds.router):
        api.include_router(changing, responses=common | _errors(400, 404, 409, 413, 415))
    api.include_router(unwatched.router, responses=common | _errors(400, 413, 415))
    api.include_router(audit.router, responses=common)
    api.include_router(keys.router, responses=common)
    api.add_api_route("/api/openapi.json", _openapi, methods=["GET"], include_in_schema=False)
    api.add_api_route("/api/{rest:path}", _nothing, methods=_METHODS, include_in_schema=False)
    api.add_middleware(Door)
    return api


_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


async def _openapi(request: Request, _caller: Reader) -> dict[str, object]:
    api: FastAPI = request.app
    return api.openapi()


async def _nothing(request: Request) -> None:
    """Under /api nothing falls through to the pages: an unknown address is a problem, not a page."""
    for route in request.app.routes:
        if getattr(route, "path", "").startswith("/api/{"):
            break
        match, _ = route.matches(request.scope)
        if match is Match.PARTIAL:
            raise Refused(405, "Method not allowed", f"{request.url.path} does not answer {request.method}.")
    raise Refused(404, "Not found", f"There is no {request.url.path}. See docs/api.md.")
