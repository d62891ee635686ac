"""Who may sign in, and as what. Names of people are for administrators: nobody else's state ever holds them."""

import asyncio
from collections.abc import Callable
from typing import Any

import reflex as rx

from webapp.core.errors import ForewarnError, Invalid, Unavailable
from webapp.core.policies import wording
from webapp.core.policies.roles import Role
from webapp.core.services import people, tries, users
from webapp.core.settings import settings
from webapp.state import session
from webapp.state.feedback import done
from webapp.state.guard import caller, requires
from webapp.state.live import Live
from webapp.state.people_view import NOBODY, PeopleKey, PeoplePage, PersonDetail, PersonRow, build
from webapp.state.shell import chosen

EVERY_S = 3.0


async def make(key: PeopleKey) -> PeoplePage:
    """The page of one view."""
    if not key.admin:
        return PeoplePage()
    try:
        return build(key, await asyncio.to_thread(people.people))
    except Unavailable as error:
        return PeoplePage(allowed=True, trouble=f"The list cannot be read: {error.message}")


views = Live[PeopleKey](lambda: People, make, lambda _key: "", moving=("seen_at",))


class People(rx.State):
    """The page; its first vars are the fields of `PeoplePage`. `link` is shown once, to whoever made it."""

    sentence: str = ""
    below: str = ""
    rows: list[PersonRow] = []
    chosen: PersonDetail = NOBODY
    seen_at: float = 0
    allowed: bool = False
    trouble: str = ""
    loaded: bool = False
    problems: dict[str, str] = {}
    link: str = ""
    link_for: str = ""
    link_minutes: str = ""
    form_key: int = 0

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show the list, and whom the address selects."""
        self.problems, self.link, self.link_for = {}, "", ""
        await self._show()

    @rx.event
    @requires(Role.ADMIN)
    async def add(self, form: dict[str, Any]) -> rx.event.EventSpec | None:
        """A new person; without a password, with a one-time link."""
        who = (await caller(self)).name
        name, password = _text(form, "name"), _text(form, "password")
        if not await self._did("add", lambda: people.add(name, _role(form), password or None, who)):
            return None
        self.form_key += 1
        if not password:
            await self._issue(name)
        await self._show()
        return done(f"{name} may sign in as {_text(form, 'role')}.")

    @rx.event
    @requires(Role.ADMIN)
    async def set_role(self, form: dict[str, Any]) -> rx.event.EventSpec | None:
        """Another role for the person of the form."""
        who, name = (await caller(self)).name, _text(form, "person")
        change = lambda: people.set_role(name, _role(form), who, _text(form, "reason"))  # noqa: E731
        return await self._ended("role", change, f"{name} is {_text(form, 'role')} now.")

    @rx.event
    @requires(Role.ADMIN)
    async def set_password(self, form: dict[str, Any]) -> rx.event.EventSpec | None:
        """Another password for the person of the form; their sessions end."""
        who, name = (await caller(self)).name, _text(form, "person")
        change = lambda: people.set_password(name, _text(form, "password"), who)  # noqa: E731
        said = await self._ended("set", change, f"{name} has a new password; all sessions have ended.")
        self.form_key += said is not None
        return said

    @rx.event
    @requires(Role.ADMIN)
    async def issue_link(self, name: str) -> rx.event.EventSpec | None:
        """A one-time link that signs in as a person, shown once."""
        return done(f"Give the link to {self.link_for}.") if await self._issue(_plain(name)) else None

    @rx.event
    @requires(Role.ADMIN)
    async def disable(self, form: dict[str, Any]) -> rx.event.EventSpec | None:
        """Lock the person of the form out, with the reason that the form asked for."""
        who, name = (await caller(self)).name, _text(form, "person")
        change = lambda: people.disable(name, who, _text(form, "reason"))  # noqa: E731
        return await self._ended("access", change, f"{name} cannot sign in any more.")

    @rx.event
    @requires(Role.ADMIN)
    async def enable(self, name: str) -> rx.event.EventSpec | None:
        """Let a disabled person in again."""
        who, name = (await caller(self)).name, _plain(name)
        return await self._ended("access", lambda: people.enable(name, who), f"{name} can sign in again.")

    @rx.event
    @requires(Role.ADMIN)
    async def end_sessions(self, name: str) -> rx.event.EventSpec | None:
        """Sign a person out everywhere."""
        who, name = (await caller(self)).name, _plain(name)
        return await self._ended("access", lambda: people.end_sessions(name, who), f"{name} is signed out everywhere.")

    @rx.event
    @requires(Role.ADMIN)
    async def unlock(self, name: str) -> rx.event.EventSpec | None:
        """Forget a person's wrong tries."""
        who, name = (await caller(self)).name, _plain(name)
        return await self._ended("access", lambda: tries.unlock(name, who), f"{name} may try again now.")

    async def _ended(self, place: str, change: Callable[[], object], said: str) -> rx.event.EventSpec | None:
        if not await self._did(place, change):
            return None
        await self._show()
        return done(said)

    async def _did(self, place: str, change: Callable[[], object]) -> bool:
        """Make a change; what is wrong with it is said at its field in the form called `place`."""
        self.problems, self.link, self.link_for = {}, "", ""
        try:
            await asyncio.to_thread(change)
        except ForewarnError as error:
            wrong = {f"{place}.{one.field}": one.message for one in getattr(error, "errors", ())}
            self.problems = wrong or {place: error.message}
            return False
        return True

    async def _issue(self, name: str) -> bool:
        who, made = (await caller(self)).name, []
        if not await self._did("access", lambda: made.append(users.issue_link(name, who))):
            return False
        self.link_minutes = wording.duration(settings().link_minutes)
        self.link_for, self.link = name, f"{_origin(self)}/auth/link?token={made[0]}"
        return True

    async def _show(self) -> None:
        who, query = await caller(self), session.query(self)
        admin, zone, stream = who.role.covers(Role.ADMIN), session.zone(self), await chosen(query)
        person = query.get("person", "")[:64] if admin else ""
        await views.open(self, PeopleKey(who.name, admin, zone, stream, person))


def _origin(state: rx.State) -> str:
    """The address of this console as the browser knows it."""
    return (settings().public_url or str(state.router.headers.origin)).rstrip("/")


def _text(form: dict[str, Any], name: str) -> str:
    return _plain(form.get(name))


def _plain(value: object) -> str:
    """What a form holds under a name, whatever a client sent; a password keeps its spaces."""
    return value[:300] if isinstance(value, str) else ""


def _role(form: dict[str, Any]) -> Role:
    try:
        return Role(_text(form, "role"))
    except ValueError as error:
        raise Invalid("Choose a role.") from error


async def keep_fresh(app: rx.App) -> None:
    """Rewrite the list for the administrators who look at it, until cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        if views.watched(app):
            await views.write(app, "")
