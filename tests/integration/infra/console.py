"""A whole console started as people start it, on a free port, in a folder of its own."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import redis

from webapp.cli.place import socket_path

ROOT = Path(__file__).resolve().parents[3]
COMMAND = (sys.executable, "-c", "from webapp.cli.app import main; main()")
START_S = 120
"""The first start of a checkout builds the pages."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """This process's, without what would point a console elsewhere."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("FOREWARN_", "PROMETHEUS_"))}
    for name in ("REDIS_URL", "DATABASE_URL"):
        mine.pop(name, None)
    return {**mine, **more}


def forewarn(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of the product to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=START_S,
        check=False,
    )


def wait_for(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Look again and again; fail with `what` when the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(0.05)


class Console:
    """`forewarn up` as a child of the test."""

    def __init__(self, folder: Path, *options: str, port: int | None = None, **variables: str) -> None:
        self.folder, self.port = folder, port or free_port()
        folder.mkdir(parents=True, exist_ok=True)
        self.said = folder / "said.txt"
        command = [*COMMAND, "up", "--port", str(self.port), "--data-dir", str(folder), *options]
        self.began = time.monotonic()
        with self.said.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment(**variables), stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def output(self) -> str:
        return self.said.read_text()

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body; 0 while nothing answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def is_ready(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"the console ended: {self.output()}")
        return self.get("/readyz")[0] == http.client.OK

    def until_ready(self, seconds: float = START_S) -> float:
        """Seconds since the start."""
        wait_for(self.is_ready, seconds, f"the console is ready; it said: {self.output()}")
        return time.monotonic() - self.began

    def until_greeting(self) -> str:
        """The sign-in link, which comes once everything runs."""
        wait_for(lambda: "/auth/link?token=" in self.output(), START_S, "the sign-in link")
        return re.findall(r"http\S+/auth/link\?token=\S+", self.output())[-1]

    def processes(self) -> dict[str, dict[str, object]]:
        """What the supervisor tells, by name."""
        with redis.Redis(unix_socket_path=str(socket_path(self.folder)), decode_responses=True) as client:
            return {name: json.loads(entry) for name, entry in client.hgetall("forewarn:processes").items()}

    def family(self) -> list[psutil.Process]:
        """The supervisor and everything below it."""
        head = psutil.Process(self.process.pid)
        return [head, *head.children(recursive=True)]

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """Its exit code after a signal."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(40)


def gone(family: list[psutil.Process]) -> bool:
    """Whether none of these still runs."""
    return not [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
