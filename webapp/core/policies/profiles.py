"""Which profile a server has, and on what ground. Pure.

By hand beats all; then the first rule that fits; then what the sender told; then the guess by name. Whoever asks gets
the ground with the answer, so that no page can show one without the other.
"""

import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ml.schema import Profile
from ml.streams.fleet import profile_named, profile_of
from webapp.core.errors import FieldError, Invalid
from webapp.core.views.profiles import Chosen, Ground, Rule

MOST_RULES: Final = 50
LONGEST: Final = 128
LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_LINE: Final = 'write a rule as "name db* database" or "label job=postgres database"'


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a server that its profile may follow from."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    told: str | None = None
    by_hand: str | None = None


def choose(facts: Facts, rules: Sequence[Rule]) -> Chosen:
    """The profile of a server."""
    if facts.by_hand is not None:
        return Chosen(profile_named(facts.by_hand), Ground.HAND)
    for number, rule in enumerate(rules, start=1):
        if fits(rule, facts.name, facts.labels):
            return Chosen(rule.profile, Ground.RULE, number)
    if facts.told is not None:
        return Chosen(profile_named(facts.told), Ground.SENDER)
    guess = profile_of(facts.name)
    return Chosen(guess, Ground.NOBODY if guess is Profile.UNKNOWN else Ground.NAME)


def fits(rule: Rule, name: str, labels: Mapping[str, str]) -> bool:
    """Whether a rule means a server. One without the label is not meant."""
    value = name if rule.label is None else labels.get(rule.label)
    return value is not None and fnmatch.fnmatchcase(value, rule.pattern)


def why(one: Chosen, rules: Sequence[Rule]) -> str:
    """The ground of a profile in words, but for who set it by hand."""
    if one.ground is Ground.RULE:
        return f"rule {one.rule}: {rules[one.rule - 1].words}"
    return {
        Ground.HAND: "by hand",
        Ground.SENDER: "said by its sender",
        Ground.NAME: "guessed from its name",
    }.get(one.ground, "nobody said, and its name does not tell")


def parse(text: str) -> tuple[Rule, ...]:
    """Rules as people write them, one a line, `#` begins a remark. Raises Invalid that names the line."""
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    wanted = [(number, line) for number, line in lines if line and not line.startswith("#")]
    if len(wanted) > MOST_RULES:
        raise _wrong(FieldError("rules", f"there are {len(wanted)} rules, and at most {MOST_RULES} may be"))
    rules: list[Rule] = []
    for number, line in wanted:
        if problem := next(_problems(line), None):
            raise _wrong(FieldError("rules", problem, number))
        rules.append(_rule(line))
    return tuple(rules)


def written(rules: Sequence[Rule]) -> str:
    """Rules as they are edited."""
    return "".join(f"{rule.line}\n" for rule in rules)


def _wrong(error: FieldError) -> Invalid:
    where = "The rules" if error.row is None else f"Line {error.row} of the rules"
    return Invalid(f"{where}: {error.message}.", (error,))


def _parts(line: str) -> tuple[str, str, str]:
    """(kind, condition, profile) of a line; a pattern may hold spaces."""
    kind, _, rest = line.partition(" ")
    condition, _, profile = rest.strip().rpartition(" ")
    return kind, condition.strip(), profile


def _problems(line: str) -> Iterator[str]:
    kind, condition, profile = _parts(line)
    if kind not in ("name", "label") or not condition:
        yield _LINE
    label, equals, pattern = condition.partition("=") if kind == "label" else ("", "=", condition)
    if not equals or not pattern:
        yield _LINE
    if kind == "label" and LABEL.fullmatch(label) is None:
        yield "a label is named by letters, digits, _, . and -"
    if len(pattern) > LONGEST or not pattern.isprintable():
        yield f"a pattern is printable text of at most {LONGEST} characters"
    if profile not in list(Profile):
        yield f"there is no profile {profile[:40]}; there are {', '.join(Profile)}"


def _rule(line: str) -> Rule:
    kind, condition, profile = _parts(line)
    if kind == "name":
        return Rule(None, condition, Profile(profile))
    label, _, pattern = condition.partition("=")
    return Rule(label, pattern, Profile(profile))
