"""Signing in and out. The session is an HttpOnly cookie, so no script of any page can read it."""

import asyncio
from datetime import datetime
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from webapp.api import bodies
from webapp.api.callers import Person, Reader, client_address
from webapp.api.cookies import with_session, without_session
from webapp.core.policies import cookies
from webapp.core.policies.passwords import PasswordRefused
from webapp.core.policies.roles import Role
from webapp.core.policies.signin import SignInRefused, safe_next
from webapp.core.services import sessions, users
from webapp.core.views.users import Identity, SignedIn

router = APIRouter(tags=["signing in"])
SIGN_IN = "/sign-in"
YOU = "/you"


class Me(BaseModel):
    """Who is calling."""

    name: str
    role: Role
    expires_at: datetime | None
    scopes: list[str] = []


@router.post("/api/login", status_code=303, summary="Sign in with name and password", openapi_extra={
    "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": {
        "type": "object", "required": ["name", "password"],
        "properties": {"name": {"type": "string"}, "password": {"type": "string"}, "next": {"type": "string"}},
    }}}},
})  # fmt: skip
async def login(request: Request) -> Response:
    """A form post: leads to `next` with the session cookie set, or back to the sign-in page with `error`.

    With `Accept: application/json` it answers JSON instead of leading anywhere.
    """
    fields = await bodies.form(request)
    name, then = fields.get("name", ""), safe_next(fields.get("next", "/"))
    try:
        async with request.app.state.turnstile:
            signed = await asyncio.to_thread(
                users.sign_in, name, fields.get("password", ""), client_address(request), _old(request)
            )
    except SignInRefused as error:
        if _wants_json(request):
            raise
        return RedirectResponse(_back(error, name, then), 303)
    if _wants_json(request):
        return with_session(request, JSONResponse(_me(signed).model_dump(mode="json")), signed)
    return with_session(request, RedirectResponse(quote(then, safe="/?&=%#:@!$'()*+,;~"), 303), signed)


@router.get("/auth/link", response_class=HTMLResponse, summary="Sign in with a one-time link")
async def link(request: Request, token: str = "") -> Response:
    """Uses the link up. Answers a page, not a redirect: a redirect after a click on another site's link
    would not carry the SameSite=Strict cookie."""
    try:
        signed = await asyncio.to_thread(users.redeem_link, token[:200], client_address(request), _old(request))
    except SignInRefused as error:
        return RedirectResponse(_back(error, "", "/"), 303)
    response = HTMLResponse(_LEAD_ON, headers={"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"})
    return with_session(request, response, signed)


_LEAD_ON = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Forewarn</title>'
    '<meta http-equiv="refresh" content="0;url=/"><p>Signed in. <a href="/">Go to the console</a>.</p></html>'
)


@router.post("/api/logout", status_code=303, summary="Sign out")
async def logout(request: Request) -> Response:
    """Ends the session at once, also for sockets that are open, and leads to the sign-in page."""
    if (token := _old(request)) is not None:
        await asyncio.to_thread(sessions.sign_out, token)
    response: Response = Response(status_code=204) if _wants_json(request) else RedirectResponse(SIGN_IN, 303)
    return without_session(request, response)


@router.post("/api/password", status_code=303, summary="Change one's own password", openapi_extra={
    "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": {
        "type": "object", "required": ["new", "again"],
        "properties": {name: {"type": "string"} for name in ("old", "new", "again")},
    }}}},
})  # fmt: skip
async def password(request: Request, caller: Person) -> Response:
    """A form post: leads back to the page You with `done` or with what is wrong. The session gets a new cookie,
    every other session of the person ends. With `Accept: application/json` it answers JSON."""
    fields = await bodies.form(request)
    try:
        signed = await _changed(request, caller, fields)
    except (SignInRefused, PasswordRefused) as error:
        if _wants_json(request):
            raise
        return RedirectResponse(_you(error), 303)
    if _wants_json(request):
        return with_session(request, JSONResponse(_me(signed).model_dump(mode="json")), signed)
    return with_session(request, RedirectResponse(f"{YOU}?done=password", 303), signed)


async def _changed(request: Request, caller: Identity, fields: dict[str, str]) -> SignedIn:
    old, new, again = (fields.get(name, "") for name in ("old", "new", "again"))
    async with request.app.state.turnstile:
        return await asyncio.to_thread(users.change_password, caller, old, new, again, client_address(request))


@router.get("/api/v1/me", summary="Who am I")
async def me(caller: Reader) -> Me:
    """The person or the API key that calls."""
    return Me(name=caller.name, role=caller.role, expires_at=caller.expires_at, scopes=list(caller.scopes))


def _me(signed: SignedIn) -> Me:
    who = signed.identity
    return Me(name=who.name, role=who.role, expires_at=who.expires_at)


def _old(request: Request) -> str | None:
    return cookies.session_token(request.headers.get("cookie", ""))


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _told(error: SignInRefused) -> dict[str, object]:
    refusal = error.refusal
    return {"error": refusal.refusal.value, "left": refusal.left, "minutes": refusal.minutes}


def _you(error: SignInRefused | PasswordRefused) -> str:
    """Back to the page You, with what is wrong as words that it knows: no text of an address is shown."""
    if isinstance(error, SignInRefused):
        return f"{YOU}?{urlencode(_told(error))}"
    return f"{YOU}?error={error.problem}"


def _back(error: SignInRefused, name: str, then: str) -> str:
    query = _told(error)
    if then != "/":
        query["next"] = then
    if name.isprintable():
        query["name"] = name[:64]
    return f"{SIGN_IN}?{urlencode(query)}"
