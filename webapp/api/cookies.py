"""Giving a browser its session: an HttpOnly cookie that goes to this console only."""

from starlette.requests import HTTPConnection
from starlette.responses import Response

from webapp.api.callers import is_https
from webapp.core import clock
from webapp.core.policies.cookies import SESSION_COOKIE
from webapp.core.views.users import SignedIn


def with_session(connection: HTTPConnection, response: Response, signed: SignedIn) -> Response:
    """The response, which also sets the session's cookie; nobody may keep a copy of it."""
    expires = signed.identity.expires_at
    lasts = int((expires - clock.now()).total_seconds()) if expires else None
    response.set_cookie(
        SESSION_COOKIE, signed.token, max_age=lasts, path="/", secure=is_https(connection), httponly=True,
        samesite="strict",
    )  # fmt: skip
    response.headers["Cache-Control"] = "no-store"
    return response


def session_header(connection: HTTPConnection, signed: SignedIn) -> str:
    """The Set-Cookie header of a renewed session, for a response that somebody else makes."""
    return with_session(connection, Response(), signed).headers["set-cookie"]


def without_session(connection: HTTPConnection, response: Response) -> Response:
    """The response, which also makes the browser forget its session."""
    response.delete_cookie(SESSION_COOKIE, path="/", secure=is_https(connection), httponly=True, samesite="strict")
    return response
