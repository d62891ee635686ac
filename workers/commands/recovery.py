"""`forewarn drill recovery`: kill -9 each process of a running console, one after the other.

Each time it is measured how long it takes until the console is whole again: ready, the process heard of, every server
of the fleet forecast. All the while telemetry is pushed; what was acknowledged has to be there. In the end the database
tells whether a forecast was missed, stored twice or made by another model than the one that serves.
"""

import os
import signal
import time
from argparse import Namespace
from dataclasses import asdict, dataclass

import httpx
import redis

from webapp.core.errors import ForewarnError, Unavailable
from workers.commands import report
from workers.commands.console import Console, TooLate, console, start, until
from workers.commands.evidence import Evidence
from workers.commands.report import say
from workers.commands.sender import STREAM as PUSHED
from workers.commands.sender import Sender

FLEET = "fleet-demo"
SPEED = 60
LEADERS = ("web", "inference", "playback", "default", "scheduler", "valkey")
WORKERS = ("web", "inference", "playback", "default")
"""Of these, the supervised process starts another one that does the work; both are killed in turn."""
SUPERVISOR = "forewarn up"
"""Nothing of the console is left to bring this one back: it is started again as a service manager would."""
ALLOWED_S = 20.0
PATIENCE_S = 90.0
CALM_S = 6.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One killing and what followed."""

    name: str
    ok: bool
    recovery_s: float
    acknowledged_rows_lost: int
    acknowledged_rows: int


def main() -> None:
    """Kill, measure, answer."""
    options = _options()
    with console(options.data_dir, servers=options.servers, speed=str(SPEED), seed=options.seed) as running:
        until(lambda: running.forecast(FLEET) >= options.servers, PATIENCE_S, "a forecast of every server", 0.5)
        running.adopt()
        result = _drill(running, options)
    report.answer(result, options.seed, options.json)


def _options() -> Namespace:
    parser = report.options("Kill each process and watch the console recover.")
    parser.add_argument("--servers", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7, help="seed of the fleet")
    parser.add_argument("--only", help="only these, separated by commas: web, web worker, valkey, forewarn up ...")
    return parser.parse_args()


def _drill(running: Console, options: Namespace) -> dict[str, object]:
    from webapp.core.services import keys

    evidence = Evidence(running.folder)
    first = evidence.cycles(FLEET)[-1].tick
    with Sender(running.url, keys.issue("drill", ("backfill",), "drill")) as sender:
        until(lambda: bool(sender.acknowledged), PATIENCE_S, "an acknowledged batch")
        faults = [_fault(running, evidence, sender, name, options.servers) for name in _chosen(options.only)]
    found = {
        "missed_ticks": evidence.missed(FLEET, first),
        "duplicate_forecasts": evidence.doubled(first),
        "wrong_model_forecasts": evidence.wrong_model(FLEET, first),
        "refused_batches": len(sender.refused),
    }
    fine = all(one.ok for one in faults) and not any(found.values())
    return {"faults": [asdict(one) for one in faults], "ok": fine, "allowed_s": ALLOWED_S, **found}


def _chosen(only: str | None) -> list[str]:
    every = [*LEADERS, *(f"{name} worker" for name in WORKERS), SUPERVISOR]
    return every if only is None else [name for name in every if name in only.split(",")]


def _fault(running: Console, evidence: Evidence, sender: Sender, name: str, servers: int) -> Fault:
    time.sleep(CALM_S)  # the one before is over, and this one meets a console at work
    began, at = time.monotonic(), time.time()
    process = name.removesuffix(" worker")
    _kill(running, name)
    try:
        until(lambda: _whole(running, evidence, process, at, servers), PATIENCE_S, "the whole console", 0.2)
    except TooLate as error:
        say(f"{name}: {error.message}")
    took = time.monotonic() - began
    acknowledged = list(sender.acknowledged)
    lost = len(set(acknowledged) - evidence.stored(PUSHED, acknowledged))
    say(f"{name}: whole again after {took:.1f} s, {lost} of {len(acknowledged)} acknowledged rows lost")
    in_time = took <= (PATIENCE_S if name == SUPERVISOR else ALLOWED_S)
    return Fault(name, in_time and not lost, round(took, 1), lost, len(acknowledged))


def _kill(running: Console, name: str) -> None:
    if name == SUPERVISOR:
        running.process.kill()
        running.process.wait()
        _start_again(running)
        return
    leader = running.leaders().get(name.removesuffix(" worker"))
    if leader is None:
        raise Unavailable(f"No process {name} runs.")
    victims = leader.children() if name.endswith(" worker") else [leader]
    for victim in victims:
        os.kill(victim.pid, signal.SIGKILL)


def _start_again(running: Console) -> None:
    """Try until it starts."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            running.process = start(running.folder, running.port).process
        except Unavailable as error:
            if time.monotonic() > deadline:
                raise
            say(f"{SUPERVISOR}: {error.message}")
            time.sleep(1)
        else:
            return


def _whole(running: Console, evidence: Evidence, name: str, killed_at: float, servers: int) -> bool:
    """Ready, a page served, the killed process heard of again, and every server forecast since."""
    if not running.ready() or httpx.get(running.url, timeout=5).status_code != httpx.codes.OK:
        return False
    if name in LEADERS and name != "valkey" and not _heard(name, killed_at):
        return False
    cycles = evidence.cycles(FLEET, killed_at * 1000)
    return any(one.due_ms > killed_at * 1000 and one.forecast == servers for one in cycles)


def _heard(name: str, since: float) -> bool:
    from webapp.core.services import processes

    try:
        at = processes.heartbeats([name])[name]
    except redis.RedisError:
        return False
    return at is not None and at.timestamp() > since


if __name__ == "__main__":
    try:
        main()
    except ForewarnError as error:
        raise SystemExit(f"forewarn: {error.message}") from error
