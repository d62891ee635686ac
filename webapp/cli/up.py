"""`forewarn up`: everything in the foreground, from one command to a signed-in page.

Order: what is wrong with the place is said first; then the broker, the schema and the pages,
the latter only when they changed; then web and inference, which readiness needs; then the rest.
"""

import http.client
import time
from contextlib import suppress
from pathlib import Path

from webapp.cli import frontend, lineup, place, valkey
from webapp.cli.errands import Errand, Pages, Preparation
from webapp.cli.supervisor import Supervisor
from webapp.core.errors import Unavailable
from webapp.core.settings import Settings

BROKER_WAIT_S = 60.0
PATIENCE_S = 15.0
"""The rest waits for readiness, which it would delay; but not for ever, should that never come."""
WARN_AFTER_S = 45.0


class Stopped(Exception):
    """Somebody asked to stop while there was something to wait for."""


def up(settings: Settings) -> None:
    """Run until asked to stop."""
    began = time.monotonic()
    place.make_writable(settings.data_dir)
    with place.lock(settings.data_dir) as holder:
        place.check_port(settings.host, settings.port)
        place.note_holder(holder, f"on port {settings.port}")
        supervisor = Supervisor(settings.data_dir, say)
        supervisor.listen()
        supervisor.sweep_leftovers()
        try:
            with suppress(Stopped):
                Start(settings, supervisor, began).run()
            while not supervisor.stop.is_set():
                supervisor.turn()
        finally:
            supervisor.end()
    say("Stopped.")


def say(text: str) -> None:
    """One line for the person at the terminal."""
    print(text, flush=True)


class Start:
    """One start, step by step; each step ends early when somebody wants to stop."""

    def __init__(self, settings: Settings, supervisor: Supervisor, began: float) -> None:
        self.settings = settings
        self.supervisor = supervisor
        self.began = began
        self.preparation: Preparation | None = None
        self.pages: Pages | None = None
        self.token = ""

    def run(self) -> None:
        """A prepared installation starts its processes at once; a new one is prepared before."""
        clear_metrics(self.settings)
        embedded = self._broker()
        try:
            if not Preparation.known(self.settings):
                self._await_broker(embedded)
                self.preparation = Preparation(self.settings)
            if not frontend.is_fresh():
                self._build()
            if self.preparation:
                self._wait_for(self.preparation)
                self._take_token()
            self.supervisor.start(lineup.first(self.settings))
            self._until_ready()
        finally:
            for errand in (self.preparation, self.pages):
                if errand:
                    errand.cancel()

    def _broker(self) -> Path | None:
        """Start the embedded Valkey, unless the settings name another server."""
        own = place.socket_path(self.settings.data_dir)
        if self.settings.broker != f"unix://{own}":
            valkey.reach(self.settings.broker)
            return None
        place.make_private(own.parent)
        own.unlink(missing_ok=True)
        self.supervisor.start([valkey.spec(own, self.settings.data_dir / "broker")])
        return own

    def _await_broker(self, own: Path | None) -> None:
        deadline = time.monotonic() + BROKER_WAIT_S
        while own and not self.supervisor.stop.is_set() and not valkey.answers(own):
            self.supervisor.turn(0.02)
            if time.monotonic() > deadline:
                raise Unavailable(f"Valkey does not start: see {self.settings.data_dir / 'logs' / 'valkey.log'}")

    def _build(self) -> None:
        with frontend.lock(self._pause):
            if frontend.is_fresh():
                return  # another console of this checkout has just built them
            say("Building the pages (only after a change; about 10 s)")
            self.pages = Pages(self.settings)
            self._wait_for(self.pages)
            if not self.supervisor.stop.is_set():
                self.pages.finish()

    def _pause(self) -> None:
        if self.supervisor.stop.is_set():
            raise Stopped
        self.supervisor.turn(0.2)

    def _wait_for(self, errand: Errand) -> None:
        while not self.supervisor.stop.is_set() and not errand.done():
            self.supervisor.turn(0.05)

    def _take_token(self) -> None:
        if self.preparation and not self.token and not self.supervisor.stop.is_set():
            self.token = self.preparation.token()

    def _until_ready(self) -> None:
        """Wait for the console, then say where it is and how to sign in."""
        launched, ready, rest, warned = time.monotonic(), False, lineup.rest(), False
        while not self.supervisor.stop.is_set() and not (ready and self.token):
            self.supervisor.turn(0.05)
            since = time.monotonic() - launched
            if not ready and (ready := is_ready(self.settings)):
                say(f"Ready in {time.monotonic() - self.began:.1f} s: {address(self.settings)}")
            if rest and (ready or since > PATIENCE_S):
                self.preparation = self.preparation or Preparation(self.settings)
                self.supervisor.start(rest)
                rest = []
            if self.preparation and self.preparation.done():
                self._take_token()
            if not warned and not ready and since > WARN_AFTER_S:
                warned = True
                say(f"Not ready after {since:.0f} s. What is missing: {address(self.settings)}/readyz")
        if self.token and ready:
            self._greet(self.token)

    def _greet(self, token: str) -> None:
        minutes = f"{self.settings.link_minutes:g}"
        say(f"Sign in with this link, once, within {minutes} min:")
        say(f"    {address(self.settings)}/auth/link?token={token}")
        say(f"Ctrl-C stops everything. Logs: {self.settings.data_dir / 'logs'}")


def clear_metrics(settings: Settings) -> None:
    """The processes share their metrics through files; those of an earlier start are not theirs."""
    if settings.metrics_dir is not None:
        settings.metrics_dir.mkdir(parents=True, exist_ok=True)
        for file in settings.metrics_dir.glob("*.db"):
            file.unlink()


def address(settings: Settings) -> str:
    """What a person types."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host = _reachable(settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - compared, not bound


def is_ready(settings: Settings) -> bool:
    """Whether the console answers that it is ready."""
    return _status(settings, "/readyz") == http.client.OK


def is_alive(settings: Settings) -> bool:
    """Whether the console answers at all."""
    return _status(settings, "/healthz") == http.client.OK


def _status(settings: Settings, path: str) -> int:
    connection = http.client.HTTPConnection(_reachable(settings.host), settings.port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
