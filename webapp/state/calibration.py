"""How far a stream's forecasts may be trusted, kept up to date while it is looked at."""

import reflex as rx

from webapp.core.errors import NotFound
from webapp.core.events import Event
from webapp.core.policies.roles import Role
from webapp.realtime import snapshot
from webapp.state import session
from webapp.state.calibration_view import CalibrationPage, Line, build
from webapp.state.guard import requires
from webapp.state.live import Live
from webapp.state.shell import chosen


async def make(key: tuple[str, str]) -> CalibrationPage:
    """The page of a stream in a zone."""
    slug, zone = key
    stream = next((one for one in await snapshot.all_streams() if one.slug == slug), None)
    try:
        quality = await snapshot.quality(slug)
    except NotFound as error:
        return CalibrationPage(missing=error.message, loaded=True)
    if stream is None:
        return CalibrationPage(missing="This stream has just been made; look again in a moment.", loaded=True)
    return build(quality, stream, zone)


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
    missing: str = ""
    loaded: bool = False

    @rx.event
    @requires(Role.VIEWER)
    async def open(self) -> None:
        """Show the stream in the address."""
        await views.open(self, (await chosen(session.query(self)), session.zone(self)))


async def write(app: rx.App, slug: str, _events: tuple[Event, ...]) -> None:
    """The hub's writer of the calibration page."""
    await views.write(app, slug)
