"""A profile with its ground, and the rules that give profiles. Plain values."""

from dataclasses import dataclass
from enum import StrEnum

from ml.schema import Profile


class Ground(StrEnum):
    """Why a server has its profile."""

    HAND = "hand"
    RULE = "rule"
    SENDER = "sender"
    NAME = "name"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Rule:
    """A glob on the name, or on the value of `label`, and the profile of the servers that it fits."""

    label: str | None
    pattern: str
    profile: Profile

    @property
    def words(self) -> str:
        """The condition, as it is read."""
        return f"{self.label or 'name'} like {self.pattern}"

    @property
    def line(self) -> str:
        """The rule as it is written."""
        where = f"name {self.pattern}" if self.label is None else f"label {self.label}={self.pattern}"
        return f"{where} {self.profile}"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A profile and its ground; `rule` is the number of the rule, from 1 on."""

    profile: Profile
    ground: Ground
    rule: int = 0
