"""What an administrator may not do, as sentences; and what is wrong with a new password."""

import pytest

from webapp.core.policies import passwords, people
from webapp.core.policies.passwords import PasswordProblem, PasswordRefused
from webapp.core.policies.roles import Role


def test_the_last_administrator_keeps_role_and_access() -> None:
    assert "last administrator" in str(people.role_problem("ada", "alan", Role.ADMIN, Role.VIEWER, 0, False))
    assert "last administrator" in str(people.disable_problem("cli", "alan", Role.ADMIN, 0))
    assert people.role_problem("ada", "alan", Role.ADMIN, Role.VIEWER, 1, False) is None
    assert people.disable_problem("ada", "alan", Role.ADMIN, 1) is None


def test_others_can_always_be_changed() -> None:
    assert people.role_problem("ada", "vera", Role.VIEWER, Role.ADMIN, 0, False) is None
    assert people.disable_problem("ada", "vera", Role.VIEWER, 0) is None


def test_nobody_changes_themselves() -> None:
    assert people.role_problem("ada", "ada", Role.ADMIN, Role.VIEWER, 5, False) == people.OWN_ROLE
    assert people.disable_problem("ada", "ada", Role.ADMIN, 5) == people.OWN_ACCESS


def test_a_role_that_the_provider_decides_is_changed_there() -> None:
    assert "identity provider" in str(people.role_problem("ada", "ann", Role.VIEWER, Role.ADMIN, 1, True))


@pytest.mark.parametrize(
    ("new", "again", "problem", "field"),
    [("short", "short", PasswordProblem.SHORT, "new"), ("x" * 201, "x" * 201, PasswordProblem.LONG, "new"),
     ("long enough!", "long enough?", PasswordProblem.DIFFER, "again"),
     ("the old one", "the old one", PasswordProblem.SAME, "new")],
)  # fmt: skip
def test_a_bad_new_password_names_its_field(new: str, again: str, problem: PasswordProblem, field: str) -> None:
    with pytest.raises(PasswordRefused) as error:
        passwords.check("the old one", new, again)
    assert (error.value.problem, error.value.errors[0].field) == (problem, field)
    assert passwords.problem_of(problem.value) is problem


def test_a_good_new_password_is_taken_and_no_other_word_comes_from_an_address() -> None:
    passwords.check("the old one", "long enough!", "long enough!")
    assert passwords.problem_of("<script>") is None
