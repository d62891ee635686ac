"""The rules of signing in, as arithmetic on tries and as text from the outside."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.policies import cookies, signin
from webapp.core.policies.roles import Role
from webapp.core.policies.signin import PAUSE, TRIES_HERE, Refusal, Tries

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def after(failures: int, start: Tries | None = None) -> Tries:
    tries = start
    for _ in range(failures):
        tries = signin.after_failure(tries, TRIES_HERE, AT)
    assert tries is not None
    return tries


def test_the_fifth_wrong_try_starts_a_pause() -> None:
    assert after(4).paused_until_at is None
    assert after(5).paused_until_at == AT + PAUSE


def test_a_pause_ends_by_itself_and_the_count_starts_again() -> None:
    paused = after(5)
    assert signin.paused(paused, AT + PAUSE - timedelta(seconds=1)) == AT + PAUSE
    assert signin.paused(paused, AT + PAUSE) is None
    assert signin.after_failure(paused, TRIES_HERE, AT + PAUSE).failed == 1


def test_old_failures_are_forgotten() -> None:
    later = AT + signin.FORGET + timedelta(seconds=1)
    assert signin.after_failure(after(4), TRIES_HERE, later).failed == 1


def test_a_wrong_try_says_how_many_are_left() -> None:
    said = signin.after_wrong(after(2)).message
    assert said == "Name or password is wrong. 3 tries are left before a pause of 5\u00a0min."
    assert "1 try is left" in signin.after_wrong(after(4)).message


@pytest.mark.parametrize("refusal", list(Refusal))
def test_a_refusal_survives_the_address(refusal: Refusal) -> None:
    found = signin.refusal_of(refusal.value, "3", "5")
    assert found is not None
    assert found.refusal is refusal
    assert found.message.endswith(".")


@pytest.mark.parametrize("error", ["", "hello", "<script>", "WRONG"])
def test_no_other_text_comes_from_an_address(error: str) -> None:
    assert signin.refusal_of(error) is None


@pytest.mark.parametrize("left", ["-1", "1e3", "٣", "99999", "", "x"])
def test_a_forged_number_falls_back(left: str) -> None:
    found = signin.refusal_of("wrong", left)
    assert found is not None
    assert found.left == 0


@pytest.mark.parametrize(
    "address",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "javascript:alert(1)", "evil", "",
     "/\t/evil.example", "/\n/evil", "/api/logout", "/auth/link?token=x", "/" + "a" * 3000],
)  # fmt: skip
def test_signing_in_leads_nowhere_else(address: str) -> None:
    assert signin.safe_next(address) == "/"


@pytest.mark.parametrize("address", ["/", "/servers/ppdb002?stream=fleet", "/jobs", "/servers/s%C3%BC"])
def test_signing_in_leads_back_to_the_page(address: str) -> None:
    assert signin.safe_next(address) == address


@given(st.text())
def test_whatever_is_asked_the_way_back_is_a_path_of_this_host(address: str) -> None:
    target = signin.safe_next(address)
    assert target.startswith("/")
    assert not target.startswith(("//", "/\\"))


def test_names_are_one_in_every_spelling() -> None:
    assert signin.folded("  Ann ") == signin.folded("ANN") == "ann"


@pytest.mark.parametrize("name", ["", "a b", "a" * 65, "a\u0000", "a/b", "a\n"])
def test_a_bad_name_is_refused(name: str) -> None:
    assert signin.name_problem(name) is not None


def test_passwords_have_a_sane_length() -> None:
    assert signin.password_problem("short") is not None
    assert signin.password_problem("x" * 201) is not None
    assert signin.password_problem("long enough!") is None


def test_a_role_covers_the_weaker_ones_only() -> None:
    assert [role for role in Role if Role.OPERATOR.covers(role)] == [Role.VIEWER, Role.OPERATOR]


@pytest.mark.parametrize(
    ("header", "token"),
    [("fw_session=abc", "abc"), ("a=b; fw_session=abc; c=d", "abc"), ("fw_session=a; fw_session=b", "a"),
     ("xfw_session=abc", None), ("", None), ("fw_session=", None), ("fw_session=" + "a" * 300, None), (";;=;", None)],
)  # fmt: skip
def test_the_session_is_found_among_cookies(header: str, token: str | None) -> None:
    assert cookies.session_token(header) == token


@given(st.text())
def test_what_a_page_may_know_never_holds_the_session(noise: str) -> None:
    header = f"{noise}; fw_session=secret; fw_tz=UTC"
    assert cookies.session_token(cookies.without_session(header)) is None
    assert "fw_tz=UTC" in cookies.without_session(header)


def test_a_right_try_is_taken_back_from_its_place() -> None:
    assert signin.after_success(after(3)).failed == 2
    assert signin.after_success(after(5)) == Tries(4, AT, None)
    assert signin.after_success(Tries(0, AT, None)).failed == 0


def test_a_pause_says_for_how_many_seconds_to_wait() -> None:
    refused = signin.SignInPaused(AT + timedelta(seconds=61.2), AT)
    assert (refused.status, refused.retry_after_s) == (429, 62)
    assert refused.message == "Too many wrong tries. Try again in 2\u00a0min."
