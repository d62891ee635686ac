"""How far a stream's forecasts may be trusted, kept up to date while it is looked at."""

import asyncio
from typing import Any

import reflex as rx

from webapp.core.errors import Invalid, NotFound
from webapp.core.events import Event
from webapp.core.logging import get_logger
from webapp.core.policies.roles import Role
from webapp.core.services import regressions
from webapp.realtime import snapshot
from webapp.state import session
from webapp.state.calibration_view import CalibrationPage, Line, build
from webapp.state.feedback import done
from webapp.state.guard import caller, requires
from webapp.state.live import Live
from webapp.state.live_scores import LivePage
from webapp.state.shell import chosen

log = get_logger(__name__)
EVERY_S = 30.0


async def make(key: tuple[str, str]) -> CalibrationPage:
    """The page of a stream in a zone."""
    slug, zone = key
    stream = next((one for one in await snapshot.all_streams() if one.slug == slug), None)
    try:
        quality, board = await snapshot.quality(slug), await snapshot.board(slug)
    except NotFound as error:
        return CalibrationPage(missing=error.message, loaded=True)
    if stream is None:
        return CalibrationPage(missing="This stream has just been made; look again in a moment.", loaded=True)
    return build(quality, board, stream, zone)


views = Live[tuple[str, str]](lambda: Calibration, make, lambda key: key[0])


class Calibration(rx.State):
    """The calibration page; its vars are the fields of `CalibrationPage`."""

    sentence: str = ""
    behind: str = ""
    worse: str = ""
    metrics: list[Line] = []
    profiles: list[Line] = []
    first: str = ""
    tested: str = ""
    live: LivePage = LivePage()
    missing: str = ""
    loaded: bool = False
    problem: str = ""
    _slug: str = ""

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show the stream in the address."""
        self._slug, self.problem = await chosen(session.query(self)), ""
        await views.open(self, (self._slug, session.zone(self)))

    @rx.event
    @requires(Role.APPROVER)
    async def switch_rollback(self, form: dict[str, Any]) -> rx.event.EventSpec | None:
        """Let the policy roll a worse champion of this stream back, or not."""
        who, word, self.problem = await caller(self), form.get("to"), ""
        if word not in ("on", "off"):
            return None
        reason = str(form.get("reason") or "")
        try:
            await asyncio.to_thread(regressions.set_automatic, self._slug, word == "on", who.name, reason)
        except Invalid as error:
            self.problem = error.message
            return None
        snapshot.forget_board(self._slug)
        await views.open(self, (self._slug, session.zone(self)))
        return done(f"Automatic rollback is {word} for {self._slug}.")


async def write(app: rx.App, slug: str, _events: tuple[Event, ...]) -> None:
    """The hub's writer of the calibration page."""
    await views.write(app, slug)


async def keep_fresh(app: rx.App) -> None:
    """Let the age of the newest truth grow while a feed stands still and tells nothing, until cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        stale = [one.slug for one in snapshot.kept_streams() if one.stale_since is not None]
        try:
            for slug in stale if views.watched(app) else ():
                await views.write(app, slug)
        except Exception as error:  # noqa: BLE001 - whatever the driver raises: the hub says it, the next look retries
            log.warning("the calibration page was not rewritten", extra={"error": repr(error)})
