"""Drift in words: what a test found, of whom, and what it costs. Pure."""

from datetime import datetime, timedelta
from typing import Final

from ml.drift.cells import State
from ml.drift.reference import Test
from webapp.core.policies import wording
from webapp.core.policies.drift_reports import EVERY
from webapp.core.policies.wording import MINUS, SPACE, Zone, number
from webapp.core.views.drift_reports import DriftEpisodeView, DriftSnapshot

TESTS: Final = {
    Test.INPUTS: "values", Test.STEPS: "errors of 12 h", Test.RESIDUALS: "errors of 24 h", Test.COVERAGE: "coverage",
}  # fmt: skip
"""What each test looks at."""
STATES: Final = {
    State.CONSTANT: "constant: it never moved in the reference",
    State.FEW_SERVERS: "one server: an incident of it would look like drift",
    State.TOO_LITTLE: "too little in the reference",
    State.SILENT: "too little in the last day",
}
"""Why a cell is not tested."""
_KINDS: Final = {
    "web": "web servers", "database": "databases", "cache": "caches", "queue": "queues", "storage": "storage servers",
    "worker": "workers", "ml-compute": "ml-compute servers", "unknown": "servers of no profile", EVERY: "all servers",
}  # fmt: skip


def whose(group: str) -> str:
    """A group of servers inside a sentence."""
    return _KINDS.get(group, f"{group} servers")


def cell(group: str, metric: str) -> str:
    """ "CPU of web servers"."""
    return f"{wording.spoken(metric)} of {whose(group)}"


def effect(test: Test, size: float) -> str:
    """What a test found, as the rest of a sentence that begins with the cell: "has been 1.2 sd higher"."""
    if test is Test.INPUTS:
        return f"has been {number(abs(size), 1)}{SPACE}sd {'higher' if size > 0 else 'lower'}"
    if test is Test.COVERAGE:
        points = number(abs(size) * 100, 0)
        return f"has been in its 80{SPACE}% interval {points} points {'less' if size > 0 else 'more'}"
    side = "above" if size > 0 else "below"
    return f"has been {number(abs(size), 1)}{SPACE}expected sd {side} its forecasts"


def short(test: Test, size: float) -> str:
    """The same for a cell of a table: "1.2 sd higher", "12 points less coverage"."""
    if test is Test.COVERAGE:
        return f"{number(abs(size) * 100, 0)} points {'less' if size > 0 else 'more'}"
    words = ("higher", "lower") if test is Test.INPUTS else ("above forecast", "below forecast")
    return f"{number(abs(size), 1)}{SPACE}sd {words[0] if size > 0 else words[1]}"


def signed(test: Test, size: float) -> str:
    """The same in a narrow cell: "+1.2 sd", "-12 points" of coverage."""
    if test is Test.COVERAGE:
        return f"{MINUS if size > 0 else '+'}{number(abs(size) * 100, 0)} points"
    return f"{'+' if size > 0 else MINUS}{number(abs(size), 1)}{SPACE}sd"


def cost(share: float | None) -> str:
    """What drift costs: "forecasts lose 8 % more"; "" when that is not known yet."""
    if share is None:
        return ""
    if abs(share) < 0.01:
        return "forecasts lose as much as before"
    return f"forecasts lose {number(abs(share) * 100, 0)}{SPACE}% {'more' if share > 0 else 'less'}"


def _quiet(found: DriftSnapshot, looked_at: datetime, zone: Zone) -> str:
    """What is said while nothing is open: of the whole time that was looked at, or since the last drift in it ended."""
    watched_at = looked_at - timedelta(hours=found.watched_hours)
    ended = {one.closed_at: one for one in found.episodes if one.closed_at is not None and one.closed_at > watched_at}
    if not ended:
        return f"No drift in {_length(found.watched_hours)} of {found.servers:,} servers."
    last_at = max(ended)
    named = cell(ended[last_at].group, ended[last_at].metric)
    return f"No drift is open; the last, {named}, ended at {wording.clock_time(last_at, zone, looked_at)}."


def sentence(found: DriftSnapshot, zone: Zone) -> str:
    """The stream's drift in one sentence, and what is done about it."""
    going_on = [one for one in found.episodes if one.closed_at is None]
    if found.looked_at is None:
        return _not_yet(found, zone)
    if not going_on:
        return _quiet(found, found.looked_at, zone)
    worst = max(going_on, key=lambda one: abs(one.statistic) / one.threshold)
    since = wording.clock_time(worst.since_at, zone, found.looked_at)
    said = f"Drift: {cell(worst.group, worst.metric)} {_plainly(found, worst)} since {since}"
    costs = cost(worst.cost)
    more = f" {len(going_on) - 1} more {'is' if len(going_on) == 2 else 'are'} open." if len(going_on) > 1 else ""
    return f"{said}{f'; {costs}' if costs else ''}.{more}"


def _plainly(found: DriftSnapshot, episode: DriftEpisodeView) -> str:
    """What an episode's cell does: how its values moved, where they are found to have; else what was found."""
    mine = [one for one in found.cells if (one.group, one.metric) == (episode.group, episode.metric)]
    values = [test for one in mine for test in one.tests if test.test == Test.INPUTS.name.lower() and test.ratio >= 1.0]
    return effect(Test.INPUTS, values[0].effect or 0.0) if values else episode.said


def next_step(found: DriftSnapshot) -> str:
    """What was decided last, or what has to come first."""
    if found.looked_at is None:
        return "A test needs a week that it can compare with, and a day to look at."
    decided = found.decisions[0] if found.decisions else None
    trained = next((one for one in found.decisions if one.retrain), None)
    if decided is None or decided.code == "none":
        return f"Tests are made each hour of the stream's time. {waiting(found)}".strip()
    if trained is not None and decided.code in ("retrain", "busy", "pause"):
        then = "" if decided.retrain else decided.reason
        return f"Training {trained.run} was started: {trained.run_status}. {then}".strip()
    return f"No training yet: {decided.reason}"


def waiting(found: DriftSnapshot) -> str:
    """What tests wait for: "errors of 12 h, errors of 24 h and coverage need 40 h more"."""
    late = [one for one in found.needs if one.missing_hours]
    if not late:
        return ""
    names = [one.what for one in late]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    most = max(one.missing_hours for one in late)
    verb = "needs" if len(late) == 1 else "need"
    return f"{listed[0].upper()}{listed[1:]} {verb} {most}{SPACE}h more to be tested."


def _not_yet(found: DriftSnapshot, zone: Zone) -> str:
    if found.first_look_at is None:
        return "Nobody has looked for drift yet."
    missing = max((one.missing_hours for one in found.needs if one.test == "inputs"), default=0)
    at = wording.clock_time(found.first_look_at, zone, found.first_look_at - timedelta(hours=missing))
    return f"The first look for drift is due in {missing}{SPACE}h, at {at}."


def _length(hours: int) -> str:
    if hours < 48:
        return f"{hours}{SPACE}h" if hours != 1 else "an hour"
    return f"{hours // 24} days"
