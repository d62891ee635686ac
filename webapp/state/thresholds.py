"""Thresholds: what holds on a stream, what another one would do, and setting it with a reason.

The form is compared with what its person saw: whoever changed the same cell meanwhile is named instead of overwritten.
"""

import asyncio
import re
from typing import Any

import reflex as rx

from webapp.core.errors import Conflict, FieldError, Invalid, NotFound
from webapp.core.events import Event
from webapp.core.policies.roles import Role
from webapp.core.services import previews, thresholds
from webapp.core.views.thresholds import Shown
from webapp.state import session
from webapp.state import thresholds_words as words
from webapp.state.feedback import done
from webapp.state.guard import caller, requires
from webapp.state.live import Live
from webapp.state.shell import chosen
from webapp.state.thresholds_view import NOT_WATCHED, Picked, Row, ThresholdsKey, ThresholdsPage, build
from webapp.state.thresholds_words import Said

_NUMBER = re.compile(r"\d{1,6}(\.\d{1,4})?")


async def make(key: ThresholdsKey) -> ThresholdsPage:
    """The page of one view."""
    try:
        return build(key, await asyncio.to_thread(thresholds.snapshot, key.stream))
    except NotFound as error:
        return ThresholdsPage(missing=error.message, loaded=True)


views = Live[ThresholdsKey](lambda: Thresholds, make, lambda key: key.stream, moving=("seen_at",))


class Thresholds(rx.State):
    """The page. `draft` is what the form holds, a number or "none"; `said` what it would do; `form` changes when the
    form begins anew, `filled` when its number does."""

    sentence: str = ""
    behind: str = ""
    judging: bool = False
    rows: list[Row] = []
    picked: Picked = Picked()
    seen_at: float = 0
    missing: str = ""
    loaded: bool = False
    may_change: bool = False
    form: int = 0
    filled: int = 0
    draft: str = ""
    said: list[Said] = []
    use: str = ""
    busy: bool = False
    problems: dict[str, str] = {}
    _seen: str = ""
    _cell: str = ""

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show the stream and the cell in the address."""
        self.may_change = (await caller(self)).role.covers(Role.APPROVER)
        await views.open(self, await self._key())
        if self.picked.key != self._cell:
            self._begin()

    @rx.event(background=True)
    @requires(Role.APPROVER)
    async def try_limit(self, text: str) -> None:
        """A number was typed: say what it would do. In the background, since a week of a large fleet takes a moment."""
        async with self:
            self.draft = str(text).strip()[:20]
        await self._look()

    @rx.event(background=True)
    @requires(Role.APPROVER)
    async def pick(self, draft: str) -> None:
        """The default, what holds, or not to watch it: the form takes it, and says what it would do."""
        async with self:
            self.draft, self.filled = str(draft)[:20], self.filled + 1
        await self._look()

    @rx.event
    @requires(Role.APPROVER)
    async def save(self, form: dict[str, Any]) -> rx.event.EventSpec | None:
        """Set what the form holds."""
        who, cell, key = await caller(self), self.picked, await self._key()
        said = form.get("reason") if isinstance(form, dict) else None
        reason = said if isinstance(said, str) else ""
        self.problems = {}
        try:
            made = await asyncio.to_thread(
                thresholds.change, key.stream, cell.profile, cell.metric, _limit(self.draft), who.name, reason,
                Shown(_limit(self._seen)),
            )  # fmt: skip
        except Invalid as error:
            self.problems = {one.field: one.message for one in error.errors}
            return None
        except Conflict as error:
            self.problems = {"limit": error.message}
            await views.open(self, key)
            self._seen = self.picked.limit
            return None
        await views.open(self, key)
        self._begin()
        return done(f"{cell.title}: {words.level(cell.metric, made.limit)}. The newest risks are judged by it.")

    async def _look(self) -> None:
        """Fill in what the draft would do; a later draft, or another cell, has its own answer."""
        async with self:
            draft, cell, key = self.draft, self.picked, await self._key()
            self.busy, self.said, self.use, self.problems = True, [], "", {}
        found, problem = None, ""
        try:
            limit = _limit(draft)
            found = await asyncio.to_thread(previews.preview, key.stream, cell.profile, cell.metric, limit)
        except (Invalid, NotFound) as error:
            problem = error.message
        async with self:
            if (self.draft, self.picked.key) != (draft, cell.key):
                return
            self.busy, self.problems = False, {"limit": problem} if problem else {}
            if found is not None:
                self.said = words.preview(found, key.zone)
                same = found.limit == found.before
                self.use = "" if same else words.use(cell.metric, found.limit, float(cell.standard))

    def _begin(self) -> None:
        """Let the form begin with what holds."""
        self._cell, self._seen, self.draft = self.picked.key, self.picked.limit, self.picked.limit
        self.form, self.said, self.use, self.busy, self.problems = self.form + 1, [], "", False, {}

    async def _key(self) -> ThresholdsKey:
        query = session.query(self)
        return ThresholdsKey.of(await chosen(query), session.zone(self), query)


def _limit(text: str) -> float | None:
    """What a draft means. Raises Invalid for what is no plain number."""
    if text == NOT_WATCHED:
        return None
    if not _NUMBER.fullmatch(text):
        message = "Write the threshold as a plain number, like 87.5."
        raise Invalid(message, (FieldError("limit", message),))
    return float(text)


async def write(app: rx.App, slug: str, _events: tuple[Event, ...]) -> None:
    """The hub's writer of the page."""
    await views.write(app, slug)
