"""A guarded console on a port of its own, and people to attack it as."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi.routing import APIRoute

from tests.integration.api.raw_socket import RawSocket
from webapp.api.app import create_api
from webapp.core import clock, db, dispatch
from webapp.core.services import keys, limits, people, sessions, users
from webapp.core.settings import settings

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "correct horse battery"
_SEED = """
from webapp.core.db import migrate
from webapp.core.policies.roles import Role
migrate()
from webapp.core.services import people
people.add("vera", Role.VIEWER, "{password}", "test")
people.add("otto", Role.OPERATOR, "{password}", "test")
"""


@dataclass
class Console:
    """A running console. `ran()` lists the handlers that really ran."""

    port: int
    folder: Path
    open: list[RawSocket] = field(default_factory=list)
    _sessions: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def session(self, name: str) -> str:
        """The cookie of a session that tests share."""
        if name not in self._sessions:
            self._sessions[name] = self.sign_in(name)
        return self._sessions[name]

    def sign_in(self, name: str) -> str:
        """The cookie of a new session."""
        form = {"name": name, "password": PASSWORD}
        answer = httpx.post(f"{self.url}/api/login", data=form, headers={"Accept": "application/json"})
        return answer.cookies["fw_session"]

    def sign_out(self, cookie: str) -> None:
        httpx.post(f"{self.url}/api/logout", cookies={"fw_session": cookie})

    def socket(self, cookie: str = "", token: str | None = None, origin: str | None = None) -> RawSocket:
        self.open.append(RawSocket(self.port, cookie, token, origin))
        return self.open[-1]

    def ran(self) -> list[str]:
        return (self.folder / "ran.txt").read_text().split("\n")[:-1]

    def forget(self) -> None:
        (self.folder / "ran.txt").write_text("")


@contextmanager
def serving(folder: Path, target: str, seed: str = _SEED, **more: str) -> Iterator[Console]:
    """The app called `target` with a database of its own, without broker and pages."""
    console = Console(_free_port(), folder)
    console.forget()
    environment = {
        **os.environ,
        "FOREWARN_DATA_DIR": str(folder),
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "GUARDED_RAN": str(folder / "ran.txt"),
        "__REFLEX_SKIP_COMPILE": "true",
        "REFLEX_ENV_MODE": "prod",
        **more,
    }
    subprocess.run([sys.executable, "-c", seed.format(password=PASSWORD)], cwd=ROOT, env=environment, check=True)
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--port", str(console.port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, target], cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        _wait(console, process)
        yield console
    finally:
        process.terminate()
        process.wait(15)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with serving(tmp_path_factory.mktemp("console"), "tests.integration.api.guarded_app:app") as console:
        yield console


@pytest.fixture
def console(running: Console) -> Iterator[Console]:
    running.forget()
    yield running
    for one in running.open:
        one.close()
    running.open.clear()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(console: Console, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"{console.url}/healthz").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"the console did not start: {(console.folder / 'log').read_text()[-2000:]}")


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """Empty for SQLite; a fresh Postgres database for a test that is marked `both`."""
    return str(request.getfixturevalue("migrated_postgres_url")) if getattr(request, "param", "") == "postgres" else ""


both = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
"""Runs a test on SQLite and on Postgres."""


@pytest.fixture
def database(database_url: str, migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fresh database for this process's services, and nothing remembered from the test before."""
    monkeypatch.setenv("FOREWARN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", database_url)
    for name in ("REDIS_URL", "FOREWARN_REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    for module in (users, people):
        monkeypatch.setattr(module, "hasher", _QUICK)
    _forget()
    if not database_url:
        shutil.copy(migrated, tmp_path / "forewarn.db")
    yield
    db.engine().dispose()
    _forget()


_QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""The real cost of a password check is paid in test_guard, once a session."""


def _forget() -> None:
    for cached in (settings, db.engine, dispatch.broker_client, dispatch.sender):
        cached.cache_clear()
    users._nobody.cache_clear()
    sessions.forget_everyone()
    keys.forget_everything()
    limits.forget_everyone()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Lets the wall clock jump."""
    real, jumps = clock.now, [timedelta()]
    monkeypatch.setattr(clock, "now", lambda: real() + sum(jumps, timedelta()))
    return jumps.append


@pytest.fixture
def client(database: None) -> Iterator["Client"]:
    """The API without a server in between."""
    with Client() as made:
        yield made


def endpoints(routes: Iterable[object] | None = None) -> Iterator[tuple[str, str]]:
    """Method and path of every endpoint, of the routers that are included too; not the one for unknown addresses."""
    for route in create_api().routes if routes is None else routes:
        if isinstance(route, APIRoute) and "{rest" not in route.path:
            yield from ((method, route.path) for method in sorted(route.methods))
        yield from endpoints(getattr(getattr(route, "original_router", None), "routes", ()))


class Client:
    """A caller of the API that follows no redirect. `key` and `session` are for those who send one with everything."""

    key: str = ""
    session: str = ""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self.api = create_api()
        self.from_peer("127.0.0.1")

    def from_peer(self, address: str) -> Self:
        """Call from this address on."""
        transport = httpx.ASGITransport(app=self.api, client=(address, 50123))
        self._http = httpx.AsyncClient(transport=transport, base_url="http://testserver")
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._http.aclose())
        self._runner.close()

    @property
    def cookies(self) -> httpx.Cookies:
        return self._http.cookies

    def call(self, method: str, path: str, **other: Any) -> httpx.Response:
        return self._runner.run(self._http.request(method, path, **other))

    def get(self, path: str, **other: Any) -> httpx.Response:
        return self.call("GET", path, **other)

    def post(self, path: str, **other: Any) -> httpx.Response:
        return self.call("POST", path, **other)

    def push(self, body: object, key: str | None = None, **other: Any) -> httpx.Response:
        """Send a telemetry batch; `body` as bytes goes out as it is."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **other.pop("headers", {})}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        return self.post("/api/v1/telemetry", content=content, headers=headers, **other)

    def sign_in(self) -> None:
        """Hold an administrator's session from now on."""
        self.get("/auth/link", params={"token": users.issue_link()})
