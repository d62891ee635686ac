"""Changing one's own password: what can be wrong with the new one, as a word that fits into an address."""

from enum import StrEnum

from webapp.core.errors import FieldError, Invalid
from webapp.core.policies.signin import MAX_PASSWORD, MIN_PASSWORD


class PasswordProblem(StrEnum):
    """What is wrong with a new password."""

    SHORT = "short"
    LONG = "long"
    SAME = "same"
    DIFFER = "differ"

    @property
    def field(self) -> str:
        """The field that it is said beside."""
        return "again" if self is PasswordProblem.DIFFER else "new"

    @property
    def message(self) -> str:
        """What a person reads."""
        return _SENTENCES[self]


_SENTENCES = {
    PasswordProblem.SHORT: f"The new password needs at least {MIN_PASSWORD} characters. Nothing was changed.",
    PasswordProblem.LONG: f"The new password may have at most {MAX_PASSWORD} characters. Nothing was changed.",
    PasswordProblem.SAME: "The new password is the old one. Choose another.",
    PasswordProblem.DIFFER: "The two new passwords differ. Nothing was changed.",
}


class PasswordRefused(Invalid):
    """A new password that cannot be taken."""

    def __init__(self, problem: PasswordProblem) -> None:
        super().__init__(problem.message, (FieldError(problem.field, problem.message),))
        self.problem = problem


def check(old: str, new: str, again: str) -> None:
    """Raises PasswordRefused."""
    if len(new) < MIN_PASSWORD:
        raise PasswordRefused(PasswordProblem.SHORT)
    if len(new) > MAX_PASSWORD:
        raise PasswordRefused(PasswordProblem.LONG)
    if new != again:
        raise PasswordRefused(PasswordProblem.DIFFER)
    if new == old:
        raise PasswordRefused(PasswordProblem.SAME)


def problem_of(error: str) -> PasswordProblem | None:
    """Read a problem back from an address; None for anything that Forewarn did not write."""
    return PasswordProblem(error) if error in set(PasswordProblem) else None
