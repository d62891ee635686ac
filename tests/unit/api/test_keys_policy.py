"""Which key opens what: one table, and what may be asked of a key."""

from datetime import UTC, datetime, timedelta

import pytest

from webapp.api.app import create_api
from webapp.core.errors import Invalid
from webapp.core.policies import keys, telemetry
from webapp.core.policies.keys import OPENINGS, Scope

AT = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
OPEN = {"POST /api/login", "POST /api/logout", "GET /auth/link", "GET /auth/oidc", "GET /auth/oidc/callback"}


def test_the_table_names_every_endpoint_that_is_not_open_to_everybody() -> None:
    paths = create_api().openapi()["paths"]
    found = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert found - OPEN == set(OPENINGS) - {"GET /api/openapi.json"}


@pytest.mark.parametrize("scope", [one for one in Scope if one is not Scope.ADMIN])
def test_a_scope_opens_its_own_endpoints_and_admin_all(scope: Scope) -> None:
    for endpoint, opening in OPENINGS.items():
        assert keys.opens({scope.value}, opening) == (scope in opening.scopes), endpoint
        assert keys.opens({"admin"}, opening) == bool(opening.scopes), endpoint
        assert not keys.opens(set(), opening)


def test_every_scope_has_a_line_that_says_what_it_is_for() -> None:
    assert set(keys.MEANING) == set(Scope)


@pytest.mark.parametrize(
    ("held", "age"),
    [({"telemetry"}, keys.CURRENT), ({"backfill"}, telemetry.MAX_AGE), ({"telemetry", "backfill"}, telemetry.MAX_AGE),
     ({"admin"}, telemetry.MAX_AGE)],
)  # fmt: skip
def test_backfill_is_what_pushes_old_rows(held: set[str], age: timedelta) -> None:
    assert keys.oldest(held).age == age


@pytest.mark.parametrize(
    ("text", "days"), [("", None), (" 7 ", 7), ("0", 0), ("7.5", ""), ("-1", ""), ("x", ""), ("٣", "")]
)
def test_days_are_a_whole_number_or_nothing(text: str, days: object) -> None:
    if days == "":
        with pytest.raises(Invalid) as refused:
            keys.days_of(text)
        assert refused.value.errors[0].field == "days"
    else:
        assert keys.days_of(text) == days


@pytest.mark.parametrize("days", [0, -1, 3651, 10**9])
def test_a_key_lasts_a_day_to_ten_years(days: int) -> None:
    with pytest.raises(Invalid, match="1 to 3650 days"):
        keys.expiry(days, AT)
    assert keys.expiry(1, AT) == AT + timedelta(days=1)
    assert keys.expiry(None, AT) is None


@pytest.mark.parametrize("text", ["", "  ", "x" * 501, "a\x00b", "\ud800", "a\x1b[31m"])
def test_a_reason_is_something_that_can_be_read(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        keys.checked_reason(text)
    assert refused.value.errors[0].field == "reason"


def test_a_reason_may_have_lines() -> None:
    assert keys.checked_reason(" lost\non a train ") == "lost\non a train"
