"""Errors as RFC 9457 problem documents: what is wrong, where, and what to do about it.

Every refusal of the API has this one form. A document never carries a traceback or a secret,
and always the correlation id under which the log tells more.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import quote

import redis
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from webapp.core import metrics
from webapp.core.db import OperationalError
from webapp.core.errors import FieldError, ForewarnError
from webapp.core.logging import correlation_id, get_logger

log = get_logger(__name__)

MEDIA_TYPE = "application/problem+json"


class Wrong(BaseModel):
    """One wrong value."""

    field: str = Field(description="The field, in the contract's words.")
    row: int | None = Field(
        None, description="Index of the row in the batch, from 0; null where it concerns the whole."
    )
    message: str = Field(description="What is wrong with it.")


class Problem(BaseModel):
    """A refusal or a failure (RFC 9457)."""

    type: str = Field(description="Which kind of problem: `urn:forewarn:problem:` and its title in small letters.")
    title: str = Field(description="The kind of problem in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong this time and what to do.")
    instance: str = Field(description="The address that was asked.")
    errors: list[Wrong] = Field(default=[], description="The wrong values, at most 50.")
    correlation_id: str = Field("", description="Under this id the log tells more.")


class Refused(Exception):
    """A refusal that belongs to HTTP alone: too large, wrong media type, no such method."""

    def __init__(self, status: int, title: str, detail: str, reason: str = "malformed") -> None:
        super().__init__(detail)
        self.status, self.title, self.detail, self.reason = status, title, detail, reason


def answer(
    status: int,
    title: str,
    detail: str,
    instance: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The response that carries a problem."""
    problem = Problem(
        type=f"urn:forewarn:problem:{title.lower().replace(' ', '-')}",
        title=title,
        status=status,
        detail=detail,
        instance=quote(instance, safe="/:-._~%"),
        errors=[Wrong(field=one.field, row=one.row, message=one.message) for one in errors],
        correlation_id=correlation_id.get(),
    )
    more = {"Cache-Control": "no-store", **(headers or {})}
    return JSONResponse(problem.model_dump(), status, media_type=MEDIA_TYPE, headers=more)


def install(api: FastAPI) -> None:
    """Answer every expected error as a problem; the unexpected ones are the door's to catch."""
    for kind in (ForewarnError, Refused, RequestValidationError, HTTPException, OperationalError, redis.RedisError):
        api.add_exception_handler(kind, _problem)


async def _problem(request: Request, error: Exception) -> JSONResponse:
    return of(error, request.url.path)


def of(error: Exception, path: str) -> JSONResponse:
    """The problem that an error means to a caller; what is not expected is logged here, once, and counted."""
    match error:
        case ForewarnError():
            errors: Sequence[FieldError] = getattr(error, "errors", ())
            return answer(
                error.status, error.title, error.message, path, errors, _headers(error.status, error.retry_after_s)
            )
        case Refused():
            return answer(error.status, error.title, error.detail, path, (), _headers(error.status))
        case RequestValidationError():
            wrong = [
                FieldError(str(one["loc"][-1]) or "a field without a name", str(one["msg"])) for one in error.errors()
            ]
            return answer(422, "Invalid input", "; ".join(f"{one.field}: {one.message}" for one in wrong), path, wrong)
        case HTTPException():
            title = HTTPStatus(error.status_code).phrase.capitalize()
            return answer(error.status_code, title, str(error.detail), path, (), error.headers)
        case OperationalError() | redis.RedisError():
            log.warning("the database or the broker does not answer", extra={"error": str(error)[:500]})
            return answer(503, "Unavailable", _DOWN, path, (), _headers(503, 5))
    metrics.errors.labels("http").inc()
    log.error("a request failed", exc_info=error, extra={"path": path})
    return answer(500, "Something went wrong", _FAULT, path)


_DOWN = "The database or the broker does not answer. Nothing was stored; try again in a few seconds."
_FAULT = "This is a fault of Forewarn. It was written to the log."


def _headers(status: int, retry_after_s: int | None = None) -> dict[str, str]:
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Bearer realm="forewarn"'}
    return {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
