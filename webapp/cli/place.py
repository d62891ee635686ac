"""Where an installation lives: its data folder, the lock on it, its port.

Guards: one `forewarn up` a data folder; every problem found here is one sentence.
"""

import errno
import fcntl
import hashlib
import os
import re
import socket
import stat
import tempfile
from pathlib import Path
from typing import IO

from webapp.core.errors import Conflict, Unavailable

ROOT = Path(__file__).resolve().parents[2]
_LONGEST_SOCKET = 100
"""Unix socket paths above 107 characters (103 on macOS) cannot be bound."""


def settle(data_dir: Path | None = None) -> None:
    """Put the places into the environment that settings, and the children, read."""
    if data_dir is not None:
        os.environ["FOREWARN_DATA_DIR"] = str(data_dir)
    given = Path(os.environ.get("FOREWARN_DATA_DIR") or ROOT / ".data")
    folder = given.expanduser().absolute()
    os.environ["FOREWARN_DATA_DIR"] = str(folder)
    if given_url := os.environ.pop("REDIS_URL", ""):  # the name would make Reflex take it for itself
        os.environ.setdefault("FOREWARN_REDIS_URL", given_url)
    os.environ.setdefault("FOREWARN_REDIS_URL", f"unix://{socket_path(folder)}")
    os.environ.setdefault("FOREWARN_METRICS_DIR", str(folder / "run" / "metrics"))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = os.environ["FOREWARN_METRICS_DIR"]


def meet(data_dir: Path | None = None) -> None:
    """Settle, and take the port of the console that runs from this folder, if one does."""
    settle(data_dir)
    folder = Path(os.environ["FOREWARN_DATA_DIR"])
    try:
        lock(folder).close()
    except Conflict:
        holder = (folder / "run" / "lock").read_text()
        if found := re.search(r"port (\d+)", holder):
            os.environ["FOREWARN_PORT"] = found[1]
    except OSError:
        return  # never started here


def socket_path(folder: Path) -> Path:
    """The embedded broker's socket; a deep data folder uses a short runtime folder instead."""
    wanted = folder / "run" / "valkey.sock"
    if len(os.fsencode(wanted)) <= _LONGEST_SOCKET:
        return wanted
    mark = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"forewarn-{os.getuid()}-{mark}" / "valkey.sock"


def need_schema() -> None:
    """A command that reads or changes data brings the schema up to date first, as `forewarn up` does."""
    from webapp.core.settings import settings

    if settings().database.startswith("sqlite"):
        make_writable(settings().data_dir)
    from webapp.core.repositories import schema
    from webapp.core.services.health import newest_revision

    if schema.current() != newest_revision():
        from webapp.core.db import migrate

        migrate()


def make_private(folder: Path) -> None:
    """Create a folder that only this user may enter; refuse one that somebody else prepared."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise Conflict(f"{folder} belongs to somebody else: remove it, or choose another --data-dir.")
    folder.chmod(0o700)


def make_writable(folder: Path) -> None:
    """Create the data folder; one sentence when that cannot be."""
    try:
        for part in (folder, folder / "logs", folder / "broker"):
            part.mkdir(parents=True, exist_ok=True)
        make_private(folder / "run")
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise Unavailable(f"cannot write to {folder} ({reason}): choose another folder with --data-dir.") from error


def lock(folder: Path) -> IO[str]:
    """Hold the data folder until the file is closed; the file says who holds it."""
    file = (folder / "run" / "lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        holder = file.read().strip() or "another process"
        file.close()
        raise Conflict(
            f"Forewarn already runs from {folder} ({holder}): stop it, or use another --data-dir."
        ) from error
    return file


def note_holder(file: IO[str], text: str) -> None:
    """Write who holds the lock, for the one who meets it."""
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()


def check_port(host: str, port: int) -> None:
    """One sentence when the console could not listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise Unavailable(f"{host} is not an address of this machine: name one with --host.") from error
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise Conflict(_why_not(error, host, port)) from error


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use: choose another with --port, or stop what listens there."
    if error.errno == errno.EACCES:
        return f"port {port} needs more rights than this user has: choose one above 1023 with --port."
    return f"cannot listen on {host}, port {port} ({error.strerror}): choose others with --host and --port."
