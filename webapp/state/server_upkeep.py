"""The card "Maintenance" of a server: what is in force, what comes within the horizon. Pure but for the wall clock."""

from datetime import datetime, timedelta

from ml.schema import TICK_SECONDS
from webapp import routes
from webapp.core.clock import now
from webapp.core.policies import wording
from webapp.core.policies.wording import SPACE
from webapp.core.views.server import ServerSnapshot
from webapp.state.server_view import ServerKey, Upkeep

_TICK = timedelta(seconds=TICK_SECONDS)


def upkeep(key: ServerKey, snapshot: ServerSnapshot) -> Upkeep:
    """The card. A window that was made a moment ago acts from the next tick on and is in force already."""
    at = _present(snapshot)
    running = [one for one in snapshot.maintenance if one.start_at <= at + _TICK and one.end_at > at]
    coming = next((one for one in snapshot.maintenance if one.start_at > at and one not in running), None)
    until = snapshot.risk.maintenance_until_at
    then = f"None further within 8{SPACE}h." if until else f"None within 8{SPACE}h."
    if coming is not None:
        start, end = coming.start_at, coming.end_at
        then = f"Next {wording.span(start, end, key.zone, at)}: {coming.title}."
    plan = routes.url(routes.MAINTENANCE, stream=key.stream, servers=snapshot.risk.name)
    if until is None:
        return Upkeep("", then, 0, plan)
    titles = ", ".join(dict.fromkeys(one.title for one in running)) or "maintenance"
    mine = [one.id for one in running if one.alone and one.id is not None]
    return Upkeep(f"Until {wording.clock_time(until, key.zone, at)}: {titles}", then, max(mine, default=0), plan)


def _present(snapshot: ServerSnapshot) -> datetime:
    return max(snapshot.origin_at, now()) if snapshot.stream.clock.live else snapshot.origin_at
