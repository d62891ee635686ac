"""Signing in against the real database: sessions, pauses, links, and what each leaves in the audit."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.integration.api.conftest import both
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.policies.roles import Role
from webapp.core.policies.signin import PAUSE, Refusal
from webapp.core.services import audit, people, sessions, users
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


def test_a_person_is_added_once_and_properly() -> None:
    with pytest.raises(Conflict):
        people.add("ANN", Role.VIEWER, PASSWORD, "admin")
    with pytest.raises(Invalid, match="at least 10"):
        people.add("bob", Role.VIEWER, "short", "admin")
    with pytest.raises(Invalid, match="1 to 64"):
        people.add("two words", Role.VIEWER, PASSWORD, "admin")
    with pytest.raises(NotFound):
        people.set_role("nobody", Role.ADMIN, "admin")
