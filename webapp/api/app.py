"""The API as one application: mounted in front of the console on its port, or run alone.

What is open to everybody is listed in `door` and here by the lack of a caller; every other
endpoint names the caller it needs in its signature.
"""

from typing import Any

from fastapi import FastAPI, Request
from starlette.routing import Match

from webapp.api import auth, forecasts, health, ingest, oidc, problems
from webapp.api.callers import Reader
from webapp.api.door import Door
from webapp.api.problems import Problem, Refused
from webapp.core.services import about

_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text, "content": {problems.MEDIA_TYPE: {}}}
    for status, text in (
        (401, "Not signed in, or an unknown key."),
        (403, "Signed in, but not allowed."),
        (404, "There is no such thing."),
        (409, "In conflict with what is stored."),
        (413, "The body is too large."),
        (415, "Another media type is needed."),
        (422, "The input is wrong; `errors` names field and row."),
        (429, "Too many wrong tries; `Retry-After` says for how many seconds."),
        (503, "Something needed is down."),
    )
}


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
    api.state.turnstile = auth.Turnstile()
    common: dict[int | str, dict[str, Any]] = {401: _ERRORS[401], 422: _ERRORS[422], 503: _ERRORS[503]}
    api.include_router(health.router)
    api.include_router(auth.router, responses={one: _ERRORS[one] for one in (422, 429)})
    api.include_router(oidc.router)
    api.include_router(ingest.router, responses={one: _ERRORS[one] for one in _ERRORS if one != 429})
    api.include_router(forecasts.router, responses={**common, 404: _ERRORS[404]})
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
