"""The gate: may a candidate be put before people for approval? Rules on a document of evidence, in words.

Guards that it fails closed: a number that is missing, no number, or infinite is a no of the check that needs it, and
so is a rule that cannot be judged. It decides nothing alone: a person approves what passed.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ml.runtime.chances import student_tail

SEED_SD: Final[Mapping[str, float]] = {"fine_tune": 0.005, "scratch": 0.008}
"""How far the losses of trainings lie apart that differ by nothing but their seed, as a share, one standard deviation,
by mode: what short trainings showed (docs/studies/gate.md), and some more for longer ones, which go further."""
FEWEST: Final = {"windows": 100, "servers": 5, "days": 0.95, "blocks": 20}
"""Below any of these the windows say too little."""
ONE_SIDED: Final = 1.645
"""Standard errors that chance exceeds on one side in 5 of 100 cases."""
COVERAGE: Final = (0.77, 0.83)
COVERAGE_AT_A_LEAD: Final = (0.72, 0.88)
WORSE: Final = 0.02
"""How much worse a metric or profile may be: more than that beyond chance is a no."""
ELSEWHERE: Final = 0.10
"""How much worse the candidate may be on simulated servers that neither model was trained on."""
SLOWER: Final = 1.5
BUDGET_MS: Final = 100.0
LARGER: Final = 2.0
BUDGET_BYTES: Final = 20_000_000
_ALPHA: Final = 0.05
_FEWEST_BLOCKS: Final = 2
_NB: Final = "\u00a0"
Document = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Check:
    """One rule, how it came out, and what was measured for it."""

    name: str
    passed: bool
    sentence: str
    measured: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """All rules; passed when every one is."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        return bool(self.checks) and all(one.passed for one in self.checks)

    def as_json(self) -> dict[str, object]:
        """As it is kept in the document."""
        rows = [
            {"name": one.name, "passed": one.passed, "sentence": one.sentence, "measured": one.measured}
            for one in self.checks
        ]
        return {"passed": self.passed, "checks": rows}


class _Missing(Exception):
    """What a rule needs was not measured."""


def verdict(document: Document) -> Verdict:
    """Judge a document of evidence. Never raises on a document that lacks something: that is a no."""
    return Verdict(tuple(_checked(name, rule, document) for name, rule in RULES.items()))


def complete(document: Document) -> dict[str, object]:
    """The document with the seeds' noise of the candidate's mode and with the verdict on it."""
    trained = _section(document, "candidate", "trained")
    difference = {**_section(document, "difference"), "seed_noise": SEED_SD.get(str(trained.get("mode")))}
    whole = {**document, "difference": difference}
    return {**whole, "gate": verdict(whole).as_json()}


def _checked(name: str, rule: Callable[[Document], tuple[bool, str, float | None]], document: Document) -> Check:
    try:
        passed, sentence, measured = rule(document)
    except _Missing as missing:
        return Check(name, False, f"Not measured: {missing}. Judge the candidate again", None)
    return Check(name, passed, sentence, measured)


def _section(document: Document, *path: str) -> Mapping[str, object]:
    """A part of the document; raises _Missing only in `_needed`, here what is absent is empty."""
    found: object = document
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _needed(document: Document, *path: str) -> Mapping[str, object]:
    found = _section(document, *path)
    if not found:
        raise _Missing(" ".join(path).replace("_", " "))
    return found


def _number(document: Document, *path: str) -> float:
    value = _section(document, *path[:-1]).get(path[-1])
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _Missing(" ".join(path).replace("_", " "))
    return float(value)


def _moment(document: Document, *path: str) -> datetime:
    value = _section(document, *path[:-1]).get(path[-1])
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _Missing(" ".join(path).replace("_", " "))
    return moment


def _hash(document: Document, *path: str) -> str:
    value = _section(document, *path[:-1]).get(path[-1])
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{64}", value):
        raise _Missing(" ".join(path).replace("_", " "))
    return value


@dataclass(frozen=True, slots=True)
class _Difference:
    """How much more the candidate loses than the champion, and the standard error of that."""

    relative: float
    low: float
    high: float

    @property
    def error(self) -> float:
        return (self.high - self.low) / (2 * 1.96)

    @property
    def words(self) -> str:
        """Like "3.4 % lower than the champion's, 95 % interval 2.1 to 4.8 %"."""
        way = "lower" if self.relative <= 0 else "higher"
        low, high = (self.low, self.high) if self.relative > 0 else (-self.high, -self.low)
        interval = f"{_signed(low)} to {_signed(high)}{_NB}%"
        return f"{percent(abs(self.relative))} {way} than the champion's, 95{_NB}% interval {interval}"


def _difference(document: Document, *path: str) -> _Difference:
    relative, interval = _number(document, *path, "relative"), _section(document, *path).get("ci95")
    bounds = list(interval) if isinstance(interval, Sequence) and not isinstance(interval, str) else []
    if len(bounds) != 2:
        raise _Missing(" ".join((*path, "interval")).replace("_", " "))
    low, high = (_number({"bound": one}, "bound") for one in bounds)
    if not low <= relative <= high or low == high:
        raise _Missing(" ".join((*path, "interval")).replace("_", " "))
    return _Difference(relative, low, high)


def percent(share: float, digits: int = 1) -> str:
    """A share as people read it."""
    return f"{100 * share:.{digits}f}{_NB}%".replace("-", "\u2212")


def _signed(share: float) -> str:
    return f"{100 * share:.1f}".replace("-", "\u2212")


def _hashes(document: Document) -> tuple[bool, str, float | None]:
    hashes = [_hash(document, one, "sha256") for one in ("candidate", "champion")]
    verified = all(_section(document, one).get("verified") is True for one in ("candidate", "champion"))
    if hashes[0] == hashes[1]:
        return False, "The candidate is the champion itself", None
    words = "are what their hashes say" if verified else "were not checked against their hashes"
    return verified, f"The files of both models {words}", None


def _enough(document: Document) -> tuple[bool, str, float | None]:
    windows, servers = _number(document, "windows", "count"), _number(document, "windows", "servers")
    days, blocks = _number(document, "windows", "days"), _number(document, "difference", "blocks")
    found = {"windows": windows, "servers": servers, "days": days, "blocks": blocks}
    passed = all(found[name] >= least for name, least in FEWEST.items())
    told = f"{windows:,.0f} windows of {servers:,.0f} servers over {days:.1f}{_NB}days, {blocks:,.0f} blocks"
    needs = f"at least {FEWEST['windows']}, {FEWEST['servers']}, {FEWEST['days']:g} and {FEWEST['blocks']}"
    return passed, f"{told} (needs {needs})", windows


def _untouched(document: Document) -> tuple[bool, str, float | None]:
    first, last = _moment(document, "windows", "first_at"), _moment(document, "windows", "last_at")
    left_out = _number(document, "windows", "left_out")
    for one in ("candidate", "champion"):
        trained = _needed(document, one, "trained")
        if trained.get("known") is not True:
            return False, f"What telemetry the {one} was trained on is not known", None
        if trained.get("last_at") is None and trained.get("first_at") is None:
            continue  # simulated servers alone
        begun, ended = _moment(document, one, "trained", "first_at"), _moment(document, one, "trained", "last_at")
        if begun <= last and ended >= first:
            return False, f"The {one} was trained on some of the telemetry that it was judged on", None
    rest = f"; {left_out:,.0f} windows were left out for that" if left_out else ""
    return True, f"Neither model was trained on the telemetry that both were judged on{rest}", left_out


def _same(document: Document) -> tuple[bool, str, float | None]:
    _hash(document, "windows", "sha256")
    count = _number(document, "windows", "count")
    mine, theirs = (_number(document, "models", one, "windows") for one in ("candidate", "champion"))
    answered, other = (_number(document, "models", one, "forecast_share") for one in ("candidate", "champion"))
    if not 0 < mine == theirs <= count:
        return False, f"The candidate was judged on {mine:,.0f} windows, the champion on {theirs:,.0f}", mine
    if answered < other:
        return False, f"The candidate answers {percent(answered)} of what is asked, the champion {percent(other)}", mine
    return True, f"Both were judged on the same {mine:,.0f} windows", mine


def needed(error: float, noise: float) -> float:
    """How much lower the loss has to be: beyond chance in the windows and in the seeds of both trainings."""
    return ONE_SIDED * math.sqrt(error**2 + 2 * noise**2)


def _better(document: Document) -> tuple[bool, str, float | None]:
    found, noise = _difference(document, "difference"), _number(document, "difference", "seed_noise")
    if noise <= 0:
        raise _Missing("the noise of seeds")
    least = needed(found.error, noise)
    why = "two trainings that differ only by their seed, on other windows, differ that much"
    return (
        -found.relative > least,
        f"Pinball loss {found.words} (needs more than {percent(least)}: {why})",
        (found.relative),
    )


def _naive(document: Document) -> tuple[bool, str, float | None]:
    mine = _number(document, "models", "candidate", "pinball")
    other = _number(document, "models", "seasonal_naive", "pinball")
    if mine <= 0 or other <= 0:
        raise _Missing("a loss above zero")
    gain = 1 - mine / other
    way = f"{percent(gain)} lower than" if gain > 0 else f"{percent(-gain)} higher than"
    return gain > 0, f"Pinball loss {way} that of the same time yesterday (needs to be lower)", gain


def _covers(document: Document, path: Sequence[str], limits: tuple[float, float]) -> tuple[bool, float]:
    """Whether an interval of 80 % covers what it should, or is at least no further off than the champion's."""
    mine, theirs = (_number(document, "models", one, *path, "coverage80") for one in ("candidate", "champion"))
    return limits[0] <= mine <= limits[1] or abs(mine - 0.8) <= abs(theirs - 0.8), mine


def _coverage(document: Document) -> tuple[bool, str, float | None]:
    passed, mine = _covers(document, (), COVERAGE)
    low, high = COVERAGE
    needs = f"needs {100 * low:.0f} to {percent(high, 0)}, or to be no further off than the champion"
    return passed, f"80{_NB}% intervals held {percent(mine)} of what was measured ({needs})", mine


def _leads(document: Document) -> tuple[bool, str, float | None]:
    found = {}
    for lead in _groups(document, "by_lead"):
        found[lead] = _covers(document, ("by_lead", lead), COVERAGE_AT_A_LEAD)
    lead, (_, worst) = max(found.items(), key=lambda one: (not one[1][0], abs(one[1][1] - 0.8)))
    low, high = COVERAGE_AT_A_LEAD
    needs = f"needs {100 * low:.0f} to {percent(high, 0)} at every lead, or to be no further off than the champion"
    passed = all(held for held, _ in found.values())
    return passed, f"Furthest off at {lead}: 80{_NB}% intervals held {percent(worst)} ({needs})", worst


def _groups(document: Document, group: str) -> list[str]:
    """The names in a group; the same ones for both models and for their difference."""
    places = (("models", "candidate", group), ("models", "champion", group), ("difference", group))
    names = [sorted(map(str, _needed(document, *place))) for place in places]
    if names[0] != names[1] or names[0] != names[2]:
        raise _Missing(f"the same names {group.replace('_', ' ')} for both models")
    return names[0]


def _judged(document: Document) -> dict[str, tuple[_Difference, int]]:
    """Metrics and profiles with how many blocks each rests on; one block says nothing of how blocks differ."""
    places = [(group, name) for group in ("by_metric", "by_profile") for name in _groups(document, group)]
    blocks = {place: int(_number(document, "difference", *place, "blocks")) for place in places}
    return {
        f"{group.removeprefix('by_')} {name}": (_difference(document, "difference", group, name), blocks[group, name])
        for group, name in places
        if blocks[group, name] >= _FEWEST_BLOCKS
    }


def _worst(document: Document) -> tuple[bool, str, float | None]:
    """Holm (1979): the chance of one false no among all metrics and profiles together is at most 5 %."""
    judged = _judged(document)
    if not judged:
        raise _Missing("two days of servers in any metric or profile")
    found = {name: one for name, (one, _) in judged.items()}
    chances = {name: _exceeds(*one) for name, one in judged.items()}
    name, worst = max(found.items(), key=lambda one: one[1].relative)
    beyond = [one for one, chance in chances.items() if chance < _ALPHA / len(chances)]
    if beyond:
        name = min(beyond, key=lambda one: chances[one])
        worst = found[name]
        allowed = f"at most {percent(WORSE, 0)} higher"
        return False, f"Worse at {name}: pinball loss {worst.words} ({allowed})", worst.relative
    words = f"furthest at {name}, {percent(abs(worst.relative))} {'lower' if worst.relative <= 0 else 'higher'}"
    return (
        True,
        f"No metric or profile is worse by more than {percent(WORSE, 0)} beyond chance: {words}",
        (worst.relative),
    )


def _exceeds(one: _Difference, blocks: int) -> float:
    """How likely so much would be by chance if the group were worse by no more than what is allowed.

    The bootstrap of few blocks knows too little of how blocks differ: hence Student's distribution, and the factor.
    """
    error = one.error * math.sqrt(blocks / (blocks - 1))
    return student_tail((one.relative - WORSE) / error, blocks - 1)


def _elsewhere(document: Document) -> tuple[bool, str, float | None]:
    servers, found = _number(document, "elsewhere", "servers"), _difference(document, "elsewhere")
    way = "lower" if found.relative <= 0 else "higher"
    told = f"On {servers:,.0f} simulated servers that neither was trained on, pinball loss is"
    than = f"{percent(abs(found.relative))} {way} than the champion's"
    return found.relative <= ELSEWHERE, f"{told} {than} (at most {percent(ELSEWHERE, 0)} higher)", found.relative


def _latency(document: Document) -> tuple[bool, str, float | None]:
    servers = _number(document, "latency", "servers")
    mine, theirs = (_number(document, "latency", f"{one}_ms") for one in ("candidate", "champion"))
    if min(mine, theirs, servers) <= 0:
        raise _Missing("a latency above zero")
    told = f"A forecast of {servers:,.0f} servers takes {mine:.1f}{_NB}ms, the champion's {theirs:.1f}{_NB}ms"
    needs = f"at most {SLOWER:g} times that, or {BUDGET_MS:g}{_NB}ms"
    return mine <= max(SLOWER * theirs, BUDGET_MS), f"{told} ({needs})", mine


def _size(document: Document) -> tuple[bool, str, float | None]:
    mine, theirs = (_number(document, "size", f"{one}_bytes") for one in ("candidate", "champion"))
    if min(mine, theirs) <= 0:
        raise _Missing("a size above zero")
    told = f"The files take {mine / 1e6:.1f}{_NB}MB, the champion's {theirs / 1e6:.1f}{_NB}MB"
    needs = f"at most {LARGER:g} times that, or {BUDGET_BYTES / 1e6:g}{_NB}MB"
    return mine <= max(LARGER * theirs, BUDGET_BYTES), f"{told} ({needs})", mine


RULES: Final[Mapping[str, Callable[[Document], tuple[bool, str, float | None]]]] = {
    "hashes": _hashes,
    "enough": _enough,
    "untouched": _untouched,
    "same_windows": _same,
    "better": _better,
    "seasonal_naive": _naive,
    "coverage": _coverage,
    "coverage_by_lead": _leads,
    "no_group_worse": _worst,
    "elsewhere": _elsewhere,
    "latency": _latency,
    "size": _size,
}
"""Every rule by its name, in the order in which people read them."""
