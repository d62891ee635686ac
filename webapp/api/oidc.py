"""Signing in with an identity provider: the way out to it, and the way back. Neither leads anywhere else."""

import asyncio
from html import escape
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from webapp.api.auth import SIGN_IN
from webapp.api.callers import client_address, is_https
from webapp.api.cookies import with_session
from webapp.core.policies.cookies import session_token
from webapp.core.policies.oidc import COOKIE, LASTS
from webapp.core.policies.signin import SignInRefused
from webapp.core.services import oidc
from webapp.core.settings import settings

router = APIRouter(tags=["signing in"])
START, BACK = "/auth/oidc", "/auth/oidc/callback"
_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@router.get(START, status_code=303, response_class=RedirectResponse, summary="Sign in with the identity provider")
async def start(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name that the sign-in page uses
    """Leads to the provider that the settings name, and afterwards to `next`, a path of this console."""
    try:
        url, cookie = await asyncio.to_thread(oidc.begin, next[:2000], _redirect_uri(request))
    except SignInRefused as error:
        return _back(error)
    response = RedirectResponse(url, 303, _PRIVATE)
    response.set_cookie(
        COOKIE, cookie, max_age=int(LASTS.total_seconds()), path=START, secure=is_https(request), httponly=True,
        samesite="lax",  # the way back comes from another site
    )  # fmt: skip
    return response


@router.get(BACK, response_class=HTMLResponse, summary="The way back from the identity provider")
async def back(request: Request) -> Response:
    """Takes the provider's answer, once, from the browser that asked. Answers a page, not a redirect: a redirect
    that comes from another site would not carry the session's SameSite=Strict cookie."""
    answer = {name: value for name, value in request.query_params.items() if name in {"code", "state", "error", "iss"}}
    cookie, old = request.cookies.get(COOKIE, ""), session_token(request.headers.get("cookie", ""))
    try:
        signed, then = await asyncio.to_thread(
            oidc.finish, cookie, answer, _redirect_uri(request), client_address(request), old
        )
    except SignInRefused as error:
        return _used_up(request, _back(error))
    return _used_up(request, with_session(request, HTMLResponse(_lead_on(then), headers=_PRIVATE), signed))


def _lead_on(then: str) -> str:
    to = escape(then, quote=True)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Forewarn</title>'
        f'<meta http-equiv="refresh" content="0;url={to}">'
        f'<p>Signed in. <a href="{to}">Go to the console</a>.</p></html>'
    )


def _back(error: SignInRefused) -> Response:
    return RedirectResponse(f"{SIGN_IN}?{urlencode({'error': error.refusal.refusal.value})}", 303, _PRIVATE)


def _used_up(request: Request, response: Response) -> Response:
    response.delete_cookie(COOKIE, path=START, secure=is_https(request), httponly=True, samesite="lax")
    return response


def _redirect_uri(request: Request) -> str:
    """The address at which the provider knows us: the public one, else that which the browser uses."""
    scheme = "https" if is_https(request) else "http"
    base = settings().public_url or f"{scheme}://{request.headers.get('host', '')}"
    return base.rstrip("/") + BACK
