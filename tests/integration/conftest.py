"""Real servers for the tests: a Valkey and a Postgres of their own, started once a session.

What is missing on a developer's machine skips the tests that need it, with the reason; in CI it fails them.
"""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import redis

from webapp.cli import valkey
from webapp.core import db


@pytest.fixture
def kept_environment() -> Iterator[None]:
    """For tests that run a command in this process: it settles its places in the environment for its children."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def broker_url() -> Iterator[str]:
    """The bundled Valkey on a unix socket, empty."""
    with tempfile.TemporaryDirectory(prefix="fw") as folder:
        path = Path(folder) / "b.sock"
        options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder]
        process = subprocess.Popen([valkey.binary(), *options], stdout=subprocess.DEVNULL)
        patient = redis.retry.Retry(redis.backoff.ConstantBackoff(0.05), 100)
        client = redis.Redis(unix_socket_path=str(path), retry=patient)
        client.ping()
        yield f"unix://{path}"
        process.terminate()
        process.wait()


@pytest.fixture(scope="session")
def postgres(tool: Callable[[str], str]) -> Iterator[str]:
    """The URL of a Postgres cluster of the tests' own, without a database name."""
    binaries = Path(tool("PostgreSQL")).resolve().parent
    with tempfile.TemporaryDirectory(prefix="fwpg") as folder:
        yield from _cluster(binaries, Path(folder))


def _cluster(binaries: Path, folder: Path) -> Iterator[str]:
    folder.chmod(0o755)
    data, sockets = folder / "data", folder / "s"
    for path in (data, sockets):
        path.mkdir()
    user = _unprivileged((data, sockets))
    _as(user, [binaries / "initdb", "-D", data, "-U", "forewarn", "-A", "trust", "--no-sync"])
    options = f"-k {sockets} -c listen_addresses='' -c fsync=off -c max_connections=40"
    _as(user, [binaries / "pg_ctl", "-D", data, "-o", options, "-w", "-l", data / "log", "start"])
    yield f"postgresql://forewarn@/{{name}}?host={sockets}"
    _as(user, [binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"])


def _unprivileged(folders: tuple[Path, ...]) -> str | None:
    """initdb refuses root: there, the package's own user runs the cluster."""
    if os.geteuid() != 0:
        return None
    for path in folders:
        shutil.chown(path, "postgres", "postgres")
    return "postgres"


def _as(user: str | None, command: list[object]) -> None:
    subprocess.run([str(one) for one in command], check=True, stdout=subprocess.DEVNULL, user=user, cwd="/")


@pytest.fixture
def restart_postgres(tool: Callable[[str], str], postgres: str) -> Callable[[], None]:
    """Ends the cluster as a crash would, with every connection, and starts it again."""
    binaries, sockets = Path(tool("PostgreSQL")).resolve().parent, Path(postgres.rpartition("host=")[2])
    data = sockets.parent / "data"
    user = "postgres" if os.geteuid() == 0 else None

    def restart() -> None:
        _as(user, [binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "-l", data / "log", "restart"])

    return restart


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database of the newest schema, made once and copied for each test."""
    file = tmp_path_factory.mktemp("schema") / "forewarn.db"
    db.migrate(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


@pytest.fixture(scope="session")
def template(postgres: str) -> str:
    """The name of an empty Postgres database of the newest schema, made once and copied for each test."""
    with psycopg.connect(postgres.format(name="postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE newest")
    db.migrate(postgres.format(name="newest").replace("postgresql://", "postgresql+psycopg://"))
    return "newest"


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """A fresh database without a schema."""
    with _database(postgres, "template1") as url:
        yield url


@pytest.fixture
def migrated_postgres_url(postgres: str, template: str) -> Iterator[str]:
    """A fresh database of the newest schema."""
    with _database(postgres, template) as url:
        yield url


@contextmanager
def _database(postgres: str, template: str) -> Iterator[str]:
    name = f"t{uuid4().hex[:12]}"
    _administer(postgres, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield postgres.format(name=name)
    _administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(postgres: str, statement: str) -> None:
    """With a connection of its own: a test may have restarted the cluster meanwhile."""
    with psycopg.connect(postgres.format(name="postgres"), autocommit=True) as connection:
        connection.execute(statement)
