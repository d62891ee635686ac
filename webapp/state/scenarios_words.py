"""What is said of scenarios: how they stand, when the breach is predicted, what the form will do."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ml.schema import TICK_SECONDS, metric
from ml.streams.fleet import LIBRARY, InjectionKind, KindInfo
from webapp.core.policies import wording
from webapp.core.policies.scenarios import NO_REASON
from webapp.core.policies.wording import SPACE, Zone
from webapp.core.views.scenarios import EndedBy, ScenarioStatus, ScenarioView
from webapp.state.server_words import listed, lower

LIVE: Final = (ScenarioStatus.QUEUED, ScenarioStatus.RUNNING)
SIGNS: Final = {
    "memory_leak": "memory-stick", "disk_fill": "hard-drive", "cpu_saturation": "cpu", "latency_creep": "timer",
    "error_burst": "circle-x", "connection_storm": "cable", "noisy_neighbour": "volume-2", "cascade": "waypoints",
    "degrading": "trending-up", "critical": "octagon-alert", "sudden_crash": "zap",
}  # fmt: skip
SHORT: Final = {
    "memory_leak": "memory is never freed", "disk_fill": "logs or dumps grow",
    "cpu_saturation": "slow climb, then a plateau", "latency_creep": "the slow query spreads",
    "error_burst": "failed calls multiply", "connection_storm": "clients reconnect in waves",
    "noisy_neighbour": "I/O is taken by others", "cascade": "its callers slow down too",
    "degrading": "all drifts for hours", "critical": "all fails within the hour",
    "sudden_crash": "no precursor exists",
}  # fmt: skip
"""One line a kind, short enough for the library; the full description is its title."""
UNWATCHED: Final = "not watched"


def sentence(ran: Sequence[ScenarioView], now: datetime) -> tuple[str, str]:
    """The page in one sentence, and what stands behind it."""
    alive = [one for one in ran if one.status in LIVE]
    if not alive:
        return "No experiment is running.", "Pick a degradation and servers; the forecaster is not told."
    count = "1 experiment is running." if len(alive) == 1 else f"{len(alive):,} experiments are running."
    coming = [one.predicted_at for one in alive if one.predicted_at is not None and one.breached_at is None]
    if coming:
        away = wording.duration((min(coming) - now).total_seconds() / 60)
        which = "first" if all(one.breached_at is None for one in alive) else "next"
        count += f" {'Its' if len(alive) == 1 else f'The {which}'} breach is predicted in {away}."
    elif all(one.breached_at is not None for one in alive):
        count += " Its breach has happened." if len(alive) == 1 else " Their breaches have happened."
    return count, "The forecaster does not know that a scenario runs."


def state(one: ScenarioView) -> tuple[str, str, str]:
    """Word, icon and tone of a scenario's state. Stopped is for safety, cancelled by hand."""
    match one.status:
        case ScenarioStatus.QUEUED:
            return "Starts at the next tick", "clock-4", "fw-warning"
        case ScenarioStatus.RUNNING:
            return "Running", "circle-dot", "fw-warning"
        case ScenarioStatus.CANCELLED:
            return (f"Cancelled by {one.stopped_by}" if one.began else "Cancelled before it began"), "ban", "fw-quiet"
        case ScenarioStatus.STOPPED if one.ended_by is EndedBy.GUARD:
            return "Stopped by its guard", "shield-alert", "fw-second"
        case ScenarioStatus.STOPPED:
            return ("Stopped by the lever" if one.began else "Stopped before it began"), "octagon-x", "fw-second"
    return ended(one)


def why(one: ScenarioView) -> str:
    """The whole of how it ended: what ended it, whether it had begun, whose doing it was, and the reason."""
    if one.ended_by is None:
        return state(one)[0]
    what = {
        EndedBy.LEVER: f"Stopped by the safety lever, which {one.stopped_by} pulled",
        EndedBy.GUARD: "Stopped by its guard",
        EndedBy.PERSON: f"Cancelled by {one.stopped_by}",
    }[one.ended_by]
    when = "" if one.began else ", before it touched a tick"
    return f"{what}{when}: {one.stop_reason or NO_REASON}"


def ended(one: ScenarioView) -> tuple[str, str, str]:
    """How a finished run turned out; what has no precursor is nobody's miss."""
    if not LIBRARY[InjectionKind(one.kind)].predictable:
        return "Unpredictable by design", "circle-dashed", "fw-quiet"
    if one.breached_at is None:
        return "Finished, no breach", "check", "fw-second"
    if began_over(one):
        return "In breach before it began", "circle-dashed", "fw-quiet"
    if one.forewarned_at is None or one.forewarned_at >= one.breached_at:
        return "Not forewarned", "x", "fw-warning"
    return "Forewarned", "check", "fw-pass"


def began_over(one: ScenarioView) -> bool:
    """Whether its servers were over the threshold before it touched them: then there was nothing to forewarn of."""
    return one.breached_at is not None and one.breached_at <= one.start_at


def judged(ran: Sequence[ScenarioView]) -> list[ScenarioView]:
    """The runs whose breach a forecast could have seen coming."""
    return [one for one in ran if one.breached_at is not None and not began_over(one)
            and LIBRARY[InjectionKind(one.kind)].predictable]  # fmt: skip


def lead(one: ScenarioView) -> str:
    """How long before the breach the first warning came."""
    if one.breached_at is None or began_over(one):
        return ""
    if one.forewarned_at is None or one.forewarned_at >= one.breached_at:
        return "none"
    return wording.duration((one.breached_at - one.forewarned_at).total_seconds() / 60)


def verdict(ran: Sequence[ScenarioView], info: KindInfo) -> tuple[str, str, str]:
    """Count, word and title of a kind in the library: of the breaches it caused, how many were forewarned."""
    mine = [one for one in ran if one.kind == info.kind]
    if not info.predictable:
        return "by design", "unpredictable", f"{info.description} {_times(len(mine)).capitalize()}."
    breached = judged(mine)
    if not breached:
        running = any(one.status in LIVE for one in mine)
        early = bool(mine) and all(one.ended_by is not None for one in mine)
        word = "running" if running else "ended early" if early else "no breach" if mine else ""
        return word, _times(len(mine)), info.description
    warned = sum(lead(one) != "none" for one in breached)
    return (
        f"{warned} of {len(breached)}",
        "forewarned",
        f"{info.description} {_times(len(mine)).capitalize()}, {len(breached)} breached.",
    )


def guard(one: ScenarioView, now: float | None) -> tuple[str, str, str]:
    """The guard's name, its value now, and what it does."""
    if one.guard_metric is None or one.guard_threshold is None:
        return "Guard", "none", "nothing stops this run by itself"
    value = wording.metric_value(one.guard_metric, now) or "not observed"
    note = f"stops the run over {_level(one.guard_metric, one.guard_threshold)}"
    return f"Guard, {lower(wording.label(one.guard_metric))}", value, note


def _times(count: int) -> str:
    return f"run {'once' if count == 1 else f'{count} times'}" if count else "not run yet"


def hypothesis(info: KindInfo) -> str:
    """What the form proposes to find out."""
    if not info.predictable:
        return "No warning is expected: a sudden crash has no precursor."
    return f"{wording.label(info.main_metric)} is forewarned at least 30{SPACE}min before it crosses its threshold."


def effect(info: KindInfo, ramp: int, hold: int, intensity: int, limit: str, standard: str) -> str:
    """What the form will do, in words: what moves, for how long, and whether that should be enough.

    `limit` is the threshold of the chosen servers, UNWATCHED or empty where it is not one for all; `standard` its
    default, which is what the library's full strength is made for.
    """
    if not info.predictable:
        return f"The server stops answering at once, for {minutes(hold)}. No forecast can see it coming."
    rise = f"{wording.label(info.main_metric)} rises for {minutes(ramp)} and stays up for {minutes(hold)}."
    if limit == UNWATCHED:
        return f"{rise} It is not watched on these servers: nothing will warn of it."
    level = _level(info.main_metric, float(limit)) if limit else "its threshold"
    over, under = (bool(limit) and sign * (float(limit) - float(standard)) > 0 for sign in (1, -1))
    if over and intensity >= 45:
        return f"{rise} It may cross {level}, which is above the default of {standard}."
    if intensity >= 75:
        return f"{rise} It should cross {level} during the ramp."
    return f"{rise} It may cross {level}." if intensity >= 45 or under else f"{rise} It should stay below {level}."


def minutes(ticks: int) -> str:
    """Length of some ticks."""
    return wording.duration(ticks * TICK_SECONDS / 60)


def on(one: ScenarioView) -> str:
    """The servers of a run: "ppdb001 and 3 more"."""
    return listed(one.assets, 2)


def breach_verdict(one: ScenarioView) -> str:
    """What stands under the time of the true breach."""
    if began_over(one):
        return "its servers were over it already"
    early = lead(one)
    return "without a warning before it" if early == "none" else f"forewarned {early} before"


def breach_note(low: datetime | None, at: datetime, high: datetime | None, zone: Zone, now: datetime) -> str:
    """ "at 15:13, 80 % range 15:04 to 15:26"."""
    span = wording.span(low, high, zone, now)
    return f"at {wording.clock_time(at, zone, now)}" + (f", 80{SPACE}% range {span}" if span else "")


def _level(name: str, limit: float) -> str:
    return f"{limit:g}{SPACE}{metric(name).unit}"
