"""Search and commands: servers, pages and actions with their effect, for the stream in the frame."""

from dataclasses import dataclass
from typing import Final

import reflex as rx

from webapp import routes
from webapp.core.errors import NotFound
from webapp.core.policies.roles import Role
from webapp.core.views.fleet import RiskView
from webapp.realtime import snapshot
from webapp.state.guard import requires
from webapp.state.shell import Shell

MOST: Final = 12
SPEEDS: Final = ("1", "10", "60", "120", "240", "0")


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the palette: a link when it has an `href`, else an action."""

    key: str
    sign: str
    label: str
    hint: str
    href: str = ""
    mono: bool = False


def pages(stream: str) -> list[Found]:
    """The pages that there are."""
    return [
        Found("page fleet", "radar", "Fleet", "page", routes.url(routes.FLEET, stream=stream)),
        Found("page incidents", "octagon-alert", "Incidents", "page", routes.incidents(stream)),
        Found("page scenarios", "flask-conical", "Scenarios", "page", routes.scenarios(stream)),
        Found("page models", "box", "Models", "page", routes.models(stream)),
        Found("page training", "cpu", "Training", "page", routes.training(stream)),
        Found("page calibration", "gauge", "Calibration", "page", routes.calibration(stream)),
        Found("page drift", "trending-up", "Drift", "page", routes.drift(stream)),
        Found("page connect", "cable", "Connect your own servers", "page", routes.connect(stream)),
        Found("page jobs", "calendar-clock", "Jobs and schedules", "page", routes.jobs(stream)),
        Found("page audit", "scroll-text", "Audit", "page", routes.audit(stream)),
    ]


SETTINGS: Final = (
    ("thresholds", "Thresholds", routes.THRESHOLDS),
    ("maintenance", "Maintenance", routes.MAINTENANCE),
    ("inventory", "Servers, profiles and dependencies", routes.INVENTORY),
    ("people", "People", routes.PEOPLE),
    ("keys", "API keys", routes.KEYS),
    ("notifications", "Notifications", routes.NOTIFICATIONS),
    ("retention", "Retention", routes.RETENTION),
)


def settings(stream: str) -> list[Found]:
    """The pages of the settings."""
    return [
        Found(f"page {key}", "settings", label, "settings", routes.url(path, stream=stream))
        for key, label, path in SETTINGS
    ]


def actions(live: bool, paused: bool, speed: str, injection: bool) -> list[Found]:
    """What can be done from here; what would change nothing is left out."""
    found = []
    if not live:
        resume = Found("resume", "play", "Resume the clock", "ticks and forecasts run on")
        pause = Found("pause", "pause", "Pause the clock", "no tick and no forecast until it runs on")
        found.append(resume if paused else pause)
        others = [one for one in SPEEDS if one != speed]
        found += [Found(f"speed {one}", "fast-forward", speed_label(one), _pace(one)) for one in others]
    if injection:
        found.append(Found("stop", "shield-off", "Stop injection", "ends every scenario of this stream"))
    return found


def speed_label(speed: str) -> str:
    return "Run the clock at full speed" if speed == "0" else f"Run the clock at {speed}×"


def _pace(speed: str) -> str:
    if speed == "0":
        return "a tick as soon as the last is forecast"
    seconds = 300 / float(speed)
    return "a tick every 5\u00a0min" if seconds == 300 else f"a tick every {seconds:g}\u00a0s"


def search(words: str, risks: tuple[RiskView, ...], others: list[Found], stream: str) -> list[Found]:
    """What matches every word, servers that begin with it first."""
    parts = words.lower().split()
    if not parts:
        return others[:MOST]
    hits = [one for one in risks if all(part in f"{one.name} {one.profile}".lower() for part in parts)]
    hits.sort(key=lambda one: (not one.name.lower().startswith(parts[0]), one.name))
    listed = [Found(f"server {one.name}", "server", one.name, f"{one.profile}, {one.severity.label.lower()}",
                    routes.server(one.name, stream), True) for one in hits[:MOST]]  # fmt: skip
    rest = [one for one in others if all(part in f"{one.label} {one.hint}".lower() for part in parts)]
    return (rest + listed if rest and not hits[:1] else listed + rest)[:MOST]


class Palette(rx.State):
    """The palette's results."""

    found: list[Found] = []
    words: str = ""

    @rx.event
    @requires(Role.VIEWER)
    async def ask(self, words: str) -> None:
        """Look for words among servers, pages and actions."""
        shell = await self.get_state(Shell)
        others = pages(shell.slug) + actions(
            shell.live, shell.paused, shell.speed, shell.simulated and shell.injection_allowed
        )
        others += settings(shell.slug)
        try:
            risks = (await snapshot.fleet(shell.slug)).risks if words.strip() else ()
        except NotFound:
            risks = ()
        self.words = words[:60]
        self.found = search(self.words, risks, others, shell.slug)

    @rx.event
    @requires(Role.OPERATOR)
    async def act(self, key: str) -> rx.event.EventSpec | None:
        """Run an action by its key."""
        shell = await self.get_state(Shell)
        name, _, value = key.partition(" ")
        if name == "speed" and value in SPEEDS:
            return Shell.set_speed(value)
        known = {"pause": Shell.pause, "resume": Shell.resume, "stop": Shell.stop_injection}
        return known[name]() if name in known and shell.slug else None
