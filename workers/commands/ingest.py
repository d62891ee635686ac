"""`forewarn bench ingest`: how fast pushed telemetry is checked and stored, on SQLite and on Postgres.

Batches of 1,000 rows go through `services.telemetry` as the API hands them over, decoded JSON with every rule applied,
into an installation in which nothing else runs. Each engine is measured in a process of its own.
"""

import json
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from datetime import timedelta
from pathlib import Path

from webapp.core import dispatch
from webapp.core.clock import now
from webapp.core.db import ROOT
from workers.commands import report
from workers.commands.console import clean
from workers.commands.report import percentile, say
from workers.commands.servers import broker, postgres, postgres_binaries

BATCH = 1000
STREAM = "bench"
WARM = 3
"""Batches before the count starts: connections, statements and the 1,000 servers are made by the first ones."""
_DAYS = 30


def main() -> None:
    """Measure both engines, or, as the child of such a run, one of them."""
    options = _options()
    if options.engine:
        print(json.dumps(_measure(options.rows)))
        return
    binaries = postgres_binaries()
    result: dict[str, object] = {"rows": options.rows, "batch_rows": BATCH, "postgres": None}
    if options.data_dir:
        options.data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="forewarn-", dir=options.data_dir) as name, broker(Path(name)) as queue:
        result["sqlite"] = _child("sqlite", Path(name), queue, "", options.rows)
        if binaries is None:
            say("PostgreSQL is not installed; only SQLite was measured")
        else:
            with postgres(binaries) as url:
                result["postgres"] = _child("postgres", Path(name), queue, url, options.rows)
    report.answer(result, 0, options.json)


def _options() -> Namespace:
    parser = report.options("Rows stored a second on each engine.")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--engine", help="for the bench itself: measure this process's own database")
    return parser.parse_args()


def _child(engine: str, folder: Path, queue: str, url: str, rows: int) -> dict[str, object]:
    say(f"{engine}: storing {rows:,} rows")
    given = {"FOREWARN_DATA_DIR": str(folder), "REDIS_URL": queue, "DATABASE_URL": url, "FOREWARN_LOG_LEVEL": "WARNING"}
    command = [sys.executable, "-m", "workers.commands.ingest", "--engine", engine, "--rows", str(rows)]
    done = subprocess.run(command, cwd=ROOT, env=clean(given), stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    say(f"{engine}: {found['rows_per_s']:,} rows/s")
    return found


def _measure(rows: int) -> dict[str, object]:
    from webapp.core.db import migrate
    from webapp.core.services import telemetry

    migrate()
    count = max(1, rows // BATCH)
    if count + WARM > _DAYS * 288:
        raise SystemExit(f"forewarn: --rows may be at most {(_DAYS * 288 - WARM) * BATCH:,}.")
    took: list[float] = []
    for index in range(count + WARM):
        batch = _batch(index)
        began = time.perf_counter()
        stored = telemetry.receive(STREAM, batch, "bench")
        took.append(time.perf_counter() - began)
        assert stored.rows == BATCH, "every row of the bench is new"
    dispatch.broker_client().flushall()
    counted = took[WARM:]
    return {
        "rows_per_s": round(count * BATCH / sum(counted)),
        "p50_ms": percentile([one * 1000 for one in counted], 0.50),
        "p99_ms": percentile([one * 1000 for one in counted], 0.99),
    }


def _batch(index: int) -> dict[str, object]:
    """One tick of 1,000 servers, in the order of time."""
    at = (now() - timedelta(days=_DAYS) + timedelta(minutes=5 * index)).isoformat()
    return {"rows": [_row(f"vm{server:04d}", at, index, server) for server in range(BATCH)]}


def _row(server: str, at: str, index: int, number: int) -> dict[str, object]:
    level = (index * 7 + number * 13) % 90
    return {
        "asset": server, "at": at, "cpu_pct": level + 0.25, "memory_pct": 90.5 - level, "disk_used_pct": 40.0,
        "disk_io_mbps": 12.5 + level, "net_mbps": 3.25, "latency_ms": 20.0 + level, "error_pct": 0.125,
    }  # fmt: skip


if __name__ == "__main__":
    main()
