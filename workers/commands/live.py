"""`forewarn bench live`: from a tick's due time to the screen, with many browsers.

Everything is measured from outside a console of the bench's own: due times come from its database, paint times from
one real Chromium, bytes from every socket, processor and memory from the operating system.
"""

import time
from argparse import Namespace
from dataclasses import dataclass

from webapp.core.errors import ForewarnError
from workers.commands import report
from workers.commands.console import Console, console, until
from workers.commands.evidence import Cycle, Evidence
from workers.commands.report import percentile, say
from workers.commands.screen import Screen, screen
from workers.commands.usage import Share, proportional_mb, resident_mb
from workers.commands.viewers import Viewers

STREAM = "fleet-demo"
SPEED = 60
TICK_MS = 300_000
WARM_S = 900.0
SETTLE_S = 6.0
SCENARIO_EVERY_S = 13.0
"""No multiple of the 5 s tick, so that clicks fall everywhere in it."""


@dataclass(frozen=True, slots=True)
class Injected:
    """A scenario that was started, and when."""

    server: str
    start_tick: int
    at_ms: float


def main() -> None:
    """Measure, and answer."""
    options = _options()
    with console(options.data_dir, servers=options.servers, speed=str(SPEED), seed=options.seed) as running:
        say(f"a console with {options.servers} servers at {SPEED}x is ready")
        took = until(lambda: running.forecast(STREAM) >= options.servers, WARM_S, "a forecast of every server", 0.5)
        say(f"every server is forecast after another {took:.0f} s")
        result = _measure(running, options)
    report.answer(result, options.seed, options.json)


def _options() -> Namespace:
    parser = report.options("From a tick to the screen.")
    parser.add_argument("--servers", type=int, default=20)
    parser.add_argument("--browsers", type=int, default=1, help="one is a real Chromium, the others socket clients")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=7, help="seed of the fleet")
    return parser.parse_args()


def _measure(running: Console, options: Namespace) -> dict[str, object]:
    cookie = running.sign_in()
    running.adopt()
    with screen(running.url, cookie) as shown, Viewers(running.url, cookie, options.browsers - 1) as viewers:
        shown.wait(SETTLE_S)
        say(f"{options.browsers} browsers look; measuring for {options.seconds:.0f} s")
        web = [running.leaders()["web"], *running.leaders()["web"].children(recursive=True)]
        share, bytes_before, began = Share(web), shown.received + viewers.received, time.time()
        injected = _inject(shown, options.seconds)
        lasted = time.time() - began
        used = {"web_cpu_share": share.of(lasted), "web_rss_mb": resident_mb(web)}
        used["total_rss_mb"] = proportional_mb(running.family())
        received = shown.received + viewers.received - bytes_before
        shown.wait(2 * TICK_MS / SPEED / 1000)  # what was due at the end may still be painted
        painted, arrivals, errors = shown.painted(), dict(viewers.arrivals), shown.errors
    evidence = Evidence(running.folder)
    cycles = [one for one in evidence.cycles(STREAM, began * 1000) if one.due_ms <= (began + lasted) * 1000]
    ticks = _ticks(cycles, painted)
    changes = _changes(evidence, injected, painted)
    return {
        "servers": options.servers, "browsers": options.browsers, "seconds": round(lasted, 1), "speed": SPEED,
        "tick_to_screen_p50_ms": percentile(ticks, 0.50), "tick_to_screen_p95_ms": percentile(ticks, 0.95),
        "tick_to_forecast_p50_ms": percentile([one.made_ms - one.due_ms for one in cycles], 0.50),
        "tick_to_forecast_p95_ms": percentile([one.made_ms - one.due_ms for one in cycles], 0.95),
        "tick_to_last_socket_p95_ms": percentile(_last(cycles, arrivals), 0.95),
        "scenario_to_screen_p95_ms": percentile(changes, 0.95), "scenarios": len(injected),
        "scenarios_seen": len(changes),
        "forecast_cycle_p95_ms": percentile([one.duration_ms for one in cycles], 0.95),
        "ticks_due": len(cycles), "ticks_painted": len(ticks), **used,
        "bytes_per_tick_per_browser": round(received / max(1, len(cycles)) / options.browsers),
        "page_errors": len(errors),
    }  # fmt: skip


def _ticks(cycles: list[Cycle], painted: dict[int, float]) -> list[float]:
    """From each tick's due time to its forecast on the screen; a tick that a newer one overtook is not painted."""
    return [painted[one.tick * TICK_MS] - one.due_ms for one in cycles if one.tick * TICK_MS in painted]


def _last(cycles: list[Cycle], arrivals: dict[int, list[float]]) -> list[float]:
    """From each tick's due time to the last socket client that was told of it."""
    return [max(arrivals[one.tick * TICK_MS]) - one.due_ms for one in cycles if one.tick * TICK_MS in arrivals]


def _changes(evidence: Evidence, injected: list[Injected], painted: dict[int, float]) -> list[float]:
    """From each call to the first painted forecast that differs from the one without the scenario."""
    waits = []
    for one in injected:
        tick = evidence.first_difference(one.server, one.start_tick)
        seen = [at for origin, at in painted.items() if tick is not None and origin >= tick * TICK_MS]
        if seen:
            waits.append(min(seen) - one.at_ms)
    return waits


def _inject(shown: Screen, seconds: float) -> list[Injected]:
    """Watch for `seconds`; start a scenario now and then, each on another server, and end the one before."""
    from webapp.core.policies.scenarios import ScenarioRequest
    from webapp.core.services import risks, scenarios

    names = [one.name for one in risks.fleet_snapshot(STREAM).risks]
    found: list[Injected] = []
    deadline, last = time.time() + seconds, 0
    while (left := deadline - time.time()) > 0:
        if left > SCENARIO_EVERY_S:
            if last:
                scenarios.stop(last, "bench", "the next one follows")
            server, at_ms = names[len(found) % len(names)], time.time() * 1000
            view = scenarios.start(STREAM, ScenarioRequest("critical", (server,), ramp_ticks=2, hold_ticks=6), "bench")
            found.append(Injected(server, view.start_tick, at_ms))
            last = view.id
        shown.wait(min(left, SCENARIO_EVERY_S))
    return found


if __name__ == "__main__":
    try:
        main()
    except ForewarnError as error:
        raise SystemExit(f"forewarn: {error.message}") from error
