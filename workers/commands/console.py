"""A console of a bench's own: `forewarn up` in a folder and on a port that nobody else uses.

Guards: it is started as a person starts it, with nothing of the caller's settings but what is asked for,
and when its block is left no process and no temporary folder remains.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from webapp.core.db import ROOT
from webapp.core.errors import Unavailable

FOREWARN = (sys.executable, "-c", "from webapp.cli.app import main; main()")
START_S = 240.0
"""Time to become ready: the first start of a checkout builds the pages, on a machine that may be busy."""
_INHERITED = re.compile(r"FOREWARN_|DATABASE_URL$|REDIS_URL$|PROMETHEUS_MULTIPROC_DIR$")
_LINK = re.compile(r"/auth/link\?token=(\S+)")


class TooLate(Unavailable):
    """What was waited for did not happen in time."""


@dataclass
class Console:
    """A running console. `process` is `forewarn up` itself."""

    port: int
    folder: Path
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        """What `forewarn up` told its terminal so far."""
        return (self.folder / "up.txt").read_text()

    def ready(self) -> bool:
        """Whether it can serve a page with a forecast."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def forecast(self, stream: str) -> int:
        """How many servers of a stream have a fresh forecast, as Prometheus would see it."""
        try:
            text = httpx.get(f"{self.url}/metrics", timeout=5).text
        except httpx.HTTPError:
            return 0
        found = re.search(rf'^forewarn_servers_forecast{{stream="{re.escape(stream)}"}} (\S+)', text, re.MULTILINE)
        return int(float(found[1])) if found else 0

    def link(self) -> str:
        """The one-time sign-in link that was printed."""
        found = _LINK.search(self.said)
        if found is None:
            raise Unavailable("forewarn up printed no sign-in link.")
        return f"{self.url}/auth/link?token={found[1]}"

    def sign_in(self) -> str:
        """Use the printed link up; returns the session cookie's value."""
        return httpx.get(self.link(), timeout=10).cookies["fw_session"]

    def leaders(self) -> dict[str, psutil.Process]:
        """The supervised processes that run now, by name."""
        named = ((_name(one), one) for one in _children(self.process.pid))
        return {name: one for name, one in named if name}

    def family(self) -> list[psutil.Process]:
        """Every process of this console."""
        return [psutil.Process(self.process.pid), *_children(self.process.pid, recursive=True)]

    def adopt(self) -> None:
        """Let the services of the calling process work on this console's data. Once a process, before any of them."""
        environment = clean({"FOREWARN_DATA_DIR": str(self.folder)})
        os.environ.clear()
        os.environ.update(environment)

    def run(self, *arguments: str, stdin: str = "") -> str:
        """A `forewarn` command on this console's data; returns what it printed."""
        command = [*FOREWARN, *arguments, "--data-dir", str(self.folder)]
        done = subprocess.run(  # noqa: PLW1510 - its code is looked at below
            command, cwd=ROOT, env=clean({}), input=stdin, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise Unavailable(f"forewarn {arguments[0]} failed: {done.stderr.strip()}")
        return done.stdout


@contextmanager
def console(
    data_dir: Path | None = None, *, servers: int = 20, speed: str = "60", port: int = 0, seed: int = 7
) -> Iterator[Console]:
    """Start a console, wait until it is ready and has said how to sign in, and end it with the block."""
    folder = data_dir or Path(tempfile.mkdtemp(prefix="forewarn-"))
    folder.mkdir(parents=True, exist_ok=True)
    started = start(folder, port or free_port(), servers=servers, speed=speed, seed=seed)
    try:
        yield started
    finally:
        stop(started)
        if data_dir is None:
            shutil.rmtree(folder, ignore_errors=True)


def start(folder: Path, port: int, *, servers: int = 20, speed: str = "60", seed: int = 7) -> Console:
    """Run `forewarn up` until it is ready. Raises Unavailable with its last words."""
    options = ("--port", str(port), "--data-dir", str(folder), "--servers", str(servers), "--speed", speed)
    environment = clean({"FOREWARN_DEMO_SEED": str(seed)})
    with (folder / "up.txt").open("wb") as out:
        process = subprocess.Popen(
            [*FOREWARN, "up", *options], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    made = Console(port, folder, process)
    try:
        until(lambda: process.poll() is not None or ("token=" in made.said and made.ready()), START_S, "a console")
        if process.poll() is not None:
            raise Unavailable(f"forewarn up ended: {made.said.strip()}")
    except BaseException:
        stop(made)
        raise
    return made


def stop(running: Console) -> None:
    """Ctrl-C, as a person would; whoever does not listen is killed."""
    family = running.family() if running.process.poll() is None else []
    running.process.send_signal(signal.SIGINT)
    try:
        running.process.wait(40)
    except subprocess.TimeoutExpired:
        running.process.kill()
        running.process.wait()
    _, left = psutil.wait_procs(family, timeout=3)
    for one in left:
        one.kill()


def clean(wanted: Mapping[str, str]) -> dict[str, str]:
    """The environment without the caller's own settings of Forewarn, plus `wanted`."""
    kept = {name: value for name, value in os.environ.items() if not _INHERITED.match(name)}
    return {**kept, **wanted}


def until(holds: Callable[[], bool], seconds: float, what: str, pause: float = 0.1) -> float:
    """Wait for a condition; returns how long it took. Raises TooLate."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise TooLate(f"{what} was not there within {seconds:.0f} s.")
        time.sleep(pause)
    return time.monotonic() - began


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _children(pid: int, recursive: bool = False) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=recursive)
    except psutil.NoSuchProcess:
        return []


def _name(process: psutil.Process) -> str:
    """The supervised process's name, from how it was started; "" for anything else."""
    try:
        words = process.cmdline()
    except psutil.Error:
        return ""
    if "--queues" in words:
        return words[words.index("--queues") + 1]
    known = {"granian": "web", "workers.scheduler": "scheduler", "valkey": "valkey", "redis-server": "valkey"}
    return next((name for mark, name in known.items() if any(mark in word for word in words)), "")
