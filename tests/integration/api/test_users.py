"""Signing in against the real database: sessions, pauses, links, and what each leaves in the audit."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.integration.api.conftest import both
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.policies.roles import Role
from webapp.core.policies.signin import PAUSE, TRIES_PLACE, Refusal
from webapp.core.services import audit, people, sessions, tries, users
from webapp.core.services.users import SignInRefused

PASSWORD = "correct horse battery"
HERE = "192.0.2.1"


@pytest.fixture(autouse=True)
def ann(database: None) -> None:
    people.add("Ann", Role.OPERATOR, PASSWORD, "test")


def refused(name: str, password: str, place: str = HERE) -> SignInRefused:
    with pytest.raises(SignInRefused) as error:
        users.sign_in(name, password, place)
    return error.value


def actions() -> list[str]:
    return [entry.action for entry in audit.entries()]


def test_the_right_password_opens_a_session() -> None:
    signed = users.sign_in(" ANN", PASSWORD, HERE)
    assert sessions.identity(signed.token) == signed.identity
    assert (signed.identity.name, signed.identity.role) == ("ann", Role.OPERATOR)
    assert "sign_in" in actions()


def test_a_wrong_password_and_an_unknown_name_read_the_same() -> None:
    assert refused("ann", "wrong").message == refused("nobody", "wrong").message


def test_the_fifth_wrong_try_pauses_even_the_right_password(later: Callable[[timedelta], None]) -> None:
    left = [refused("ann", "wrong").refusal.left for _ in range(4)]
    assert left == [4, 3, 2, 1]
    assert refused("ann", "wrong").refusal.refusal is Refusal.PAUSED
    assert refused("ann", PASSWORD).refusal.refusal is Refusal.PAUSED
    assert "paused" in actions()
    later(PAUSE + timedelta(seconds=1))
    assert users.sign_in("ann", PASSWORD, HERE)


@both
def test_many_wrong_tries_at_once_are_all_counted() -> None:
    with ThreadPoolExecutor(8) as pool:
        tried = list(pool.map(lambda _: refused("ann", "wrong").refusal, range(16)))
    assert sorted(one.left for one in tried if one.refusal is Refusal.WRONG) == [1, 2, 3, 4]


def test_a_pause_elsewhere_does_not_lock_the_person_out() -> None:
    for _ in range(5):
        refused("ann", "wrong", "203.0.113.9")
    assert users.sign_in("ann", PASSWORD, HERE)


def test_signing_in_forgets_the_wrong_tries() -> None:
    for _ in range(4):
        refused("ann", "wrong")
    users.sign_in("ann", PASSWORD, HERE)
    assert refused("ann", "wrong").refusal.left == 4


def test_a_new_session_ends_the_browsers_old_one() -> None:
    old = users.sign_in("ann", PASSWORD, HERE)
    assert sessions.identity(old.token) is not None
    new = users.sign_in("ann", PASSWORD, HERE, old.token)
    assert sessions.identity(old.token) is None
    assert sessions.identity(new.token) is not None


def test_signing_out_ends_the_session_at_once() -> None:
    signed = users.sign_in("ann", PASSWORD, HERE)
    assert sessions.identity(signed.token) is not None
    assert sessions.sign_out(signed.token)
    assert sessions.identity(signed.token) is None
    assert not sessions.sign_out(signed.token)


def test_a_session_ends_by_itself(later: Callable[[timedelta], None]) -> None:
    signed = users.sign_in("ann", PASSWORD, HERE)
    assert sessions.identity(signed.token) is not None
    later(timedelta(hours=12, seconds=1))
    assert sessions.identity(signed.token) is None


@pytest.mark.parametrize("token", [None, "", "x", "x" * 10_000, "ü"])
def test_nobody_holds_a_made_up_token(token: str | None) -> None:
    assert sessions.identity(token) is None


@both
def test_of_two_who_use_a_link_at_once_one_gets_in() -> None:
    token = users.issue_link()
    with ThreadPoolExecutor(4) as pool:
        tried = list(pool.map(lambda _: _redeemed(token), range(8)))
    assert sorted(tried) == [False] * 7 + [True]


def _redeemed(token: str) -> bool:
    try:
        users.redeem_link(token)
    except SignInRefused:
        return False
    return True


def test_a_link_signs_the_administrator_in_once(later: Callable[[timedelta], None]) -> None:
    token = users.issue_link()
    assert users.redeem_link(token).identity.role is Role.ADMIN
    with pytest.raises(SignInRefused, match="used or has expired"):
        users.redeem_link(token)


def test_a_link_expires(later: Callable[[timedelta], None]) -> None:
    token = users.issue_link()
    later(timedelta(minutes=31))
    with pytest.raises(SignInRefused):
        users.redeem_link(token)


def test_every_start_may_issue_a_link_for_the_same_administrator() -> None:
    names = [users.redeem_link(users.issue_link()).identity.name for _ in range(2)]
    assert names == ["admin", "admin"]


def test_the_administrator_without_a_password_cannot_be_guessed() -> None:
    users.issue_link()
    assert refused("admin", "").refusal.refusal is Refusal.WRONG


def test_a_disabled_person_is_out_everywhere() -> None:
    signed = users.sign_in("ann", PASSWORD, HERE)
    assert sessions.identity(signed.token) is not None
    people.disable("ann", "admin", "left the team")
    assert sessions.identity(signed.token) is None
    assert refused("ann", PASSWORD).refusal.refusal is Refusal.WRONG


def test_another_role_is_in_force_at_once() -> None:
    signed = users.sign_in("ann", PASSWORD, HERE)
    people.set_role("ann", Role.VIEWER, "admin", "on leave")
    found = sessions.identity(signed.token)
    assert found is not None
    assert found.role is Role.VIEWER
    assert audit.entries(limit=1)[0].detail == (("from", "operator"), ("to", "viewer"))


def test_a_new_password_ends_every_session() -> None:
    signed = users.sign_in("ann", PASSWORD, HERE)
    people.set_password("ann", "another good one", "admin")
    assert sessions.identity(signed.token) is None
    assert users.sign_in("ann", "another good one", HERE)


def test_one_place_cannot_try_one_password_on_everybody(later: Callable[[timedelta], None]) -> None:
    for number in range(TRIES_PLACE):
        refused(f"name-{number}", "wrong")
    assert refused("ann", PASSWORD).refusal.refusal is Refusal.PAUSED
    assert ("forewarn", HERE) in [(entry.actor, entry.subject) for entry in audit.entries()]
    assert users.sign_in("ann", PASSWORD, "198.51.100.7")
    later(PAUSE + timedelta(seconds=1))
    assert users.sign_in("ann", PASSWORD, HERE)


def test_right_tries_do_not_count_against_a_place() -> None:
    for _ in range(TRIES_PLACE + 2):
        assert users.sign_in("ann", PASSWORD, HERE)


def test_signing_in_takes_back_no_wrong_try_from_the_place() -> None:
    for number in range(TRIES_PLACE - 1):
        refused(f"name-{number}", "wrong")
    users.sign_in("ann", PASSWORD, HERE)
    assert refused("somebody", "wrong").refusal.refusal is Refusal.PAUSED


@both
def test_unlocking_ends_a_pause_everywhere() -> None:
    for place in (HERE, "203.0.113.9"):
        for _ in range(5):
            refused("ann", "wrong", place)
    assert people.people()[0].paused_until_at is not None
    assert tries.unlock("Ann", "admin")
    assert people.people()[0].paused_until_at is None
    assert users.sign_in("ann", PASSWORD, HERE)
    assert not tries.unlock("ann", "admin")


def test_a_link_signs_in_as_the_person_it_was_made_for() -> None:
    assert users.redeem_link(users.issue_link("Ann", "admin")).identity.name == "ann"
    with pytest.raises(NotFound):
        users.issue_link("nobody", "admin")


def test_nobody_comes_in_by_a_link_from_before_a_new_password_or_a_disabling() -> None:
    for change in (lambda: people.set_password("ann", "another good one", "admin"), lambda: disable_and_back("ann")):
        token = users.issue_link("ann", "admin")
        change()
        with pytest.raises(SignInRefused):
            users.redeem_link(token)


def disable_and_back(name: str) -> None:
    people.disable(name, "admin")
    people.enable(name, "admin")


def test_an_enabled_person_is_as_before() -> None:
    disable_and_back("ann")
    assert users.sign_in("ann", PASSWORD, HERE).identity.role is Role.OPERATOR
    assert actions()[1:3] == ["enable", "disable"]


@both
def test_the_last_administrator_stays_one() -> None:
    people.add("ada", Role.ADMIN, PASSWORD, "test")
    for change in (lambda: people.set_role("ada", Role.VIEWER, "cli"), lambda: people.disable("ada", "cli")):
        with pytest.raises(Conflict, match="last administrator"):
            change()
    people.add("alan", Role.ADMIN, PASSWORD, "test")
    people.disable("alan", "ada")
    with pytest.raises(Conflict, match="last administrator"):
        people.set_role("ada", Role.VIEWER, "cli")
    people.enable("alan", "ada")
    people.set_role("ada", Role.VIEWER, "alan")


@both
def test_of_administrators_who_remove_each_other_at_once_one_stays() -> None:
    names = [f"root-{number}" for number in range(6)]
    for name in names:
        people.add(name, Role.ADMIN, None, "test")
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(removed, names, [*names[1:], names[0]], [True, False] * 3))
    assert [one.role for one in people.people() if one.disabled_at is None].count(Role.ADMIN) == 1


def removed(name: str, by: str, demoted: bool) -> None:
    try:
        people.set_role(name, Role.VIEWER, by) if demoted else people.disable(name, by)
    except Conflict:
        return


def test_nobody_changes_their_own_role_or_disables_themselves() -> None:
    people.add("ada", Role.ADMIN, PASSWORD, "test")
    people.add("alan", Role.ADMIN, PASSWORD, "test")
    with pytest.raises(Conflict, match="their own role"):
        people.set_role("ada", Role.VIEWER, "ada")
    with pytest.raises(Conflict, match="disables themselves"):
        people.disable("ada", "ada")


def test_a_person_is_added_once_and_properly() -> None:
    with pytest.raises(Conflict):
        people.add("ANN", Role.VIEWER, PASSWORD, "admin")
    with pytest.raises(Invalid, match="at least 10"):
        people.add("bob", Role.VIEWER, "short", "admin")
    with pytest.raises(Invalid, match="1 to 64"):
        people.add("two words", Role.VIEWER, PASSWORD, "admin")
    with pytest.raises(NotFound):
        people.set_role("nobody", Role.ADMIN, "admin")


@pytest.mark.parametrize(
    "meanwhile", [lambda: people.set_password("ann", "x" * 20, "t"), lambda: people.disable("ann", "t")]
)
def test_a_password_that_is_changed_while_it_is_looked_at_opens_nothing(
    meanwhile: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    matches = users._matches

    def slow(*given: object) -> bool:
        found = matches(*given)
        meanwhile()
        return found

    monkeypatch.setattr(users, "_matches", slow)
    assert refused("ann", PASSWORD).refusal.refusal is Refusal.WRONG
    assert sessions.opened("ann") == ()
