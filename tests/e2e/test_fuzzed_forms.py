"""Anything at all into every handler and every field of every form, over the socket of a running console.

Guards: no handler fails unexpectedly, nothing is written without its audit entry, and the console goes on. The cases
follow from a seed; FOREWARN_FUZZ_CASES sets how many (10,000 take some minutes).
"""

import hashlib
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.e2e.conftest import PASSWORD, command
from tests.integration.api.raw_socket import RawSocket
from tests.integration.infra.console import ROOT, Console, wait_for

CASES = int(os.environ.get("FOREWARN_FUZZ_CASES", "1200"))
BATCH = 12
PATHS = (
    "/",
    "/servers/ppweb001",
    "/servers/nobody",
    "/scenarios",
    "/incidents",
    "/audit",
    "/settings/servers",
    "/training",
    "/drift",
)
QUERY = (
    "severity", "sort", "dir", "q", "page", "map", "servers", "profile", "kind", "person", "noun", "action", "since",
    "until", "entry", "before", "subject", "metric", "at", "hours", "state", "server", "cursor", "version",
    "run", "ghost",
)  # fmt: skip
NASTY: list[Any] = [
    None, "", " ", "\t\n", "x" * 9000, "\u0000", "\ud800", "\u202e", "é" * 300, "🜁", "١٢٣", "-1", "0", "1e400", "NaN",
    "inf", "9" * 40, "0x10", "1,5", "../../etc/passwd", "<script>alert(1)</script>", "'; DROP TABLE users; --", "%s%n",
    "{}", "[]", "null", "true", -1, 0, 1.5, 2**63, 10**30, True, [], ["a"] * 200, {}, {"a": {"b": [None]}}, [[[]]],
    "2026-02-30", "9999-12-31", "0001-01-01T00:00", "25:61", "24:00", "http://", "http://[::1", "file:///etc/passwd",
    "http://127.0.0.1:1/", "javascript:alert(1)", "a" * 64 + "@example", "²", "-", ".", "Ⅷ",
]  # fmt: skip
LIKELY: list[Any] = [
    "ppweb001", "ppdb002", "ppweb001, ppdb002", "web", "database", "cpu_pct", "latency_ms", "memory_pct", "90", "30",
    "1", "60", "5", "250", "on", "true", "because it has to be", "fuzz", "fuzz-2", "ann.fuzz", "viewer", "operator",
    "admin", "read", "telemetry", "fleet-demo", "this-machine", "UTC", "Europe/Berlin", "2030-01-05",
    "2030-01-05T10:00", "02:00", "120", "mon", "0", "weekly", "once", "web*", "role", "db*", "webhook", "slack",
    "email", "smtp.example", "http://127.0.0.1:1/hook", "correct horse battery", "stop", "speed 60", "ended", "open",
    "all", "7", "requeue", "discard", "run", "retention", "default",
]  # fmt: skip
MOVING = {
    "assets", "telemetry", "telemetry_batches", "forecasts", "forecast_runs", "risks", "calibrations", "twins",
    "playbacks", "streams", "job_failures", "sessions", "sign_in_tries", "sign_in_links", "audit_entries", "audit_head",
    "incidents", "incident_scans", "conditions", "sweeps", "owed_judgements", "drift_states", "drift_hours",
    "drift_reports", "drift_episodes", "drift_decisions",
    "prometheus_sources", "deliveries", "scenarios",
    "live_scores", "live_pairs", "shadows", "shadow_forecasts",
    "shadow_runs", "training_runs", "training_points", "model_versions", "schedules",
    "schedule_runs",
}  # fmt: skip
"""Tables that change by themselves: by a tick, a sweep, a session's use."""
COLUMNS = {"users": "id, name, role, password_hash, disabled_at"}
"""What people change of a table that changes by itself as well."""


@pytest.fixture(scope="module")
def schema() -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.form_schema"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console of its own: what is thrown at it may change anything."""
    folder = tmp_path_factory.mktemp("fuzz") / "data"
    unlimited = dict.fromkeys(("FOREWARN_REQUESTS_PER_MINUTE", "FOREWARN_REQUEST_BURST"), "100000000")
    options = ("--speed", "60", "--servers", "4")
    started = Console(folder, *options, FOREWARN_WATCH_THIS_MACHINE="false", **unlimited)
    try:
        started.until_ready()
        started.until_greeting()
        for name in ("fay", "guy"):
            command(started, "user", "add", name, "--role", "admin", said=PASSWORD + "\n")
        yield started
    finally:
        started.stop()


class Thrower:
    """Says things to the console as an administrator, signing in again when that ended its own session."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.socket: RawSocket | None = None

    def say(self, batch: list[tuple[str, dict[str, Any]]], page: str) -> str:
        """Every answer to a batch of events."""
        if self.socket is None:
            self.socket = self._open(page)
        for name, payload in batch[:-1]:
            self.socket.send(name, payload, page)
        said = self.socket.ask(*batch[-1], page)
        if "ession has ended" in said or "Sign in first" in said or "/sign-in" in said:
            self.close()
        return said

    def _open(self, page: str) -> RawSocket:
        form, headers = {"name": "fay", "password": PASSWORD}, {"Accept": "application/json"}
        answer = httpx.post(f"{self.console.url}/api/login", data=form, headers=headers).raise_for_status()
        socket = RawSocket(self.console.port, answer.cookies["fw_session"])
        socket.hydrate(page)
        return socket

    def close(self) -> None:
        if self.socket is not None:
            with suppress(Exception):
                self.socket.close()
        self.socket = None


def address(draw: random.Random) -> str:
    """A page, mostly of the stream that there is, with a query of anything."""
    query = {"stream": "fleet-demo"} if draw.random() < 0.9 else {"stream": value(draw, [])}
    query |= {name: value(draw, []) for name in draw.sample(QUERY, 3)}
    said = {name: str(one).encode("utf-8", "replace")[:500] for name, one in query.items()}
    return f"{draw.choice(PATHS)}?{urlencode(said)}"


def value(draw: random.Random, options: list[str]) -> Any:
    pools = [NASTY, NASTY, LIKELY, LIKELY, options or LIKELY]
    return draw.choice(draw.choice(pools))


def payload(draw: random.Random, takes: dict[str, Any]) -> dict[str, Any]:
    """Arguments by name; a form has its own fields, some left out, now and then another; most as a browser sends it."""
    made: dict[str, Any] = {}
    for name, annotation in takes["arguments"].items():
        if "dict" in annotation and draw.random() < 0.97:
            names = [*takes["fields"], *(["surprise"] if draw.random() < 0.1 else [])]
            form = {one: value(draw, takes["fields"].get(one, [])) for one in names if draw.random() < 0.93}
            made[name] = form if draw.random() < 0.3 else {"__reflex_form_data__": [list(one) for one in form.items()]}
        else:
            made[name] = value(draw, [])
    if draw.random() < 0.03:
        made["surprise"] = value(draw, [])
    return made


def settled(console: Console) -> tuple[int, dict[str, str]]:
    """The number of the newest audit entry, and a digest of every table that only people change."""
    with closing(sqlite3.connect(f"file:{console.folder / 'forewarn.db'}?mode=ro", uri=True)) as rows:
        names = [one for (one,) in rows.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = {
            one: hashlib.sha256(
                repr(rows.execute(f'SELECT {COLUMNS.get(one, "*")} FROM "{one}"').fetchall()).encode()
            ).hexdigest()
            for one in names
            if one not in MOVING and not one.startswith("sqlite_")
        }
        return rows.execute("SELECT coalesce(max(id), 0) FROM audit_entries").fetchone()[0], tables


def failures(console: Console) -> list[str]:
    text = "".join(path.read_text(errors="replace") for path in (console.folder / "logs").glob("*.log"))
    wrong = [line for line in text.splitlines() if '"level": "error"' in line or "Traceback" in line]
    return sorted({_last_words(line) for line in wrong})


def _last_words(line: str) -> str:
    """The end of a traceback: where in the product, and what."""
    places = re.findall(r"(?:webapp|workers|ml)/[\w/]+\.py\W+line \d+", line)
    return f"{places[-1:]} {line[-300:]}"


def weight(takes: dict[str, Any]) -> int:
    return 1 + 2 * len(takes["arguments"]) + 3 * len(takes["fields"])


def test_whatever_is_said_the_console_answers_in_sentences(small: Console, schema: dict[str, dict[str, Any]]) -> None:
    draw, thrower = random.Random(41), Thrower(small)
    names = [name for name in schema if "frontend_event_exception" not in name]
    weights = [weight(schema[name]) for name in names]
    wait_for(lambda: b'forewarn_servers_forecast{stream="fleet-demo"} 4.0' in small.get("/metrics")[1], 60, "forecasts")
    before = settled(small)
    for _ in range(0, CASES, BATCH):
        chosen = draw.choices(names, weights, k=BATCH)
        batch = [(name, payload(draw, schema[name])) for name in chosen]
        thrower.say(batch, address(draw))
        after = settled(small)
        changed = [table for table, digest in after[1].items() if before[1].get(table) != digest]
        assert not changed or after[0] > before[0], (changed, batch)
        before = after
    thrower.close()
    wrong = failures(small)
    assert not wrong, "\n".join(wrong)
    assert small.is_ready()


def test_the_audit_holds_after_all_of_it(small: Console) -> None:
    assert "intact" in command(small, "audit", "verify").lower()


def test_every_form_is_known_with_its_fields(schema: dict[str, dict[str, Any]]) -> None:
    forms = {name.rpartition(".")[2]: one["fields"] for name, one in schema.items() if one["fields"]}
    assert {"start", "degrade", "try_out", "find", "allow_injection"} <= set(forms)
    assert {"kind", "intensity", "ramp", "hold", "guard", "limit", "hypothesis"} <= set(forms["start"])
