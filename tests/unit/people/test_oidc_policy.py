"""What binds a sign-in to its browser, and what claims mean."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.policies import oidc
from webapp.core.policies.oidc import Begun
from webapp.core.policies.roles import Role
from webapp.core.policies.signin import name_problem

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
BEGUN = Begun("s" * 43, AT, "/servers/ppdb002?stream=fleet")
ROLES = {"sre": Role.OPERATOR, "forewarn-admins": Role.ADMIN}
ISSUER = "https://idp.example.org/realms/one"


def test_an_attempt_survives_its_cookie() -> None:
    assert oidc.begun(BEGUN.cookie, AT + timedelta(minutes=9)) == BEGUN


@pytest.mark.parametrize("minutes", [-2, 11])
def test_an_attempt_of_another_time_is_forgotten(minutes: int) -> None:
    assert oidc.begun(BEGUN.cookie, AT + timedelta(minutes=minutes)) is None


@given(st.text())
def test_any_other_cookie_is_nothing(text: str) -> None:
    assert oidc.begun(text, AT) is None


def test_a_forged_cookie_leads_nowhere_else() -> None:
    forged = f"{'s' * 43}.{int(AT.timestamp())}.//evil.example"
    found = oidc.begun(forged, AT)
    assert found is not None
    assert found.then == "/"


def test_state_nonce_and_verifier_differ_and_tell_nothing_of_the_secret() -> None:
    made = {BEGUN.derived(what) for what in ("state", "nonce", "verifier")}
    assert len(made) == 3
    assert all(len(one) == 43 and BEGUN.secret not in one for one in made)
    assert BEGUN.is_answered_by(BEGUN.derived("state"))
    assert not BEGUN.is_answered_by(BEGUN.derived("nonce"))
    assert not BEGUN.is_answered_by("ü")


def test_the_mapping_is_read_and_a_wrong_one_named() -> None:
    assert oidc.roles(" forewarn-admins=admin, sre=operator,") == ROLES
    with pytest.raises(ValueError, match="`sre=boss`"):
        oidc.roles("sre=boss")


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"groups": ["sre", "forewarn-admins"]}, Role.ADMIN), ({"groups": "sre"}, Role.OPERATOR),
        ({"groups": ["guests"]}, None), ({}, None), ({"groups": None}, None), ({"groups": [["sre"], 5, None]}, None),
        ({"groups": {"sre": True}}, None),
    ],
)  # fmt: skip
def test_the_strongest_role_of_the_claim_counts(claims: dict[str, Any], role: Role | None) -> None:
    assert oidc.role_of(claims, "groups", ROLES) is role


def test_a_claim_may_lie_inside_another_or_have_dots_in_its_name() -> None:
    inside = {"realm_access": {"roles": ["sre"]}}
    assert oidc.role_of(inside, "realm_access.roles", ROLES) is Role.OPERATOR
    assert oidc.role_of({"https://example.org/roles": ["sre"]}, "https://example.org/roles", ROLES) is Role.OPERATOR
    assert oidc.role_of({"realm_access": "sre"}, "realm_access.roles", ROLES) is None


def test_a_new_person_gets_the_name_that_the_provider_knows() -> None:
    assert next(oidc.names({"sub": "1", "preferred_username": "Ann"}, ISSUER)) == "ann"
    assert next(oidc.names({"sub": "1", "email": "Ann@Example.org"}, ISSUER)) == "ann@example.org"
    assert next(oidc.names({"sub": "1"}, ISSUER)) == "1"


@pytest.mark.parametrize("name", ["admin", "Forewarn", " ADMIN "])
def test_names_of_forewarns_own_are_not_given_out(name: str) -> None:
    listed = list(oidc.names({"sub": "1", "preferred_username": name}, ISSUER))
    assert listed[0] == f"{name.strip().lower()}@idp.example.org"


@given(st.text(), st.text())
def test_every_name_is_one_that_can_be_stored(name: str, subject: str) -> None:
    listed = list(oidc.names({"sub": subject, "preferred_username": name}, ISSUER))
    assert all(name_problem(one) is None for one in listed)
    assert listed[-1].startswith("oidc-")


@pytest.mark.parametrize(
    ("change", "word"),
    [({"secure": False}, "ISSUER"), ({"client": ""}, "CLIENT_ID"), ({"scopes": "email"}, "SCOPES"),
     ({"mapping": ""}, "ROLES"), ({"mapping": "x"}, "ROLES")],
)  # fmt: skip
def test_a_wrong_setting_is_named(change: dict[str, Any], word: str) -> None:
    right = {"secure": True, "client": "forewarn", "scopes": "openid email", "mapping": "sre=operator"}
    assert oidc.setup_problem(*right.values()) is None
    assert f"FOREWARN_OIDC_{word}" in str(oidc.setup_problem(*{**right, **change}.values()))
