"""What the pages People and You say, from people and sessions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from webapp.core.policies.roles import Role
from webapp.core.views.users import OwnView, SessionView, UserView
from webapp.state import you_view
from webapp.state.people_view import PeopleKey, build

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
ADA = UserView("ada", Role.ADMIN, True, AT, None, last_seen_at=AT, sessions=2)
OTTO = UserView("otto", Role.OPERATOR, False, AT, None)
VERA = UserView("vera", Role.VIEWER, True, AT, AT)
KEY = PeopleKey("ada", True, "UTC", "fleet", "")


def test_the_sentence_counts_who_can_sign_in() -> None:
    page = build(KEY, [ADA, OTTO, VERA])
    assert page.sentence == "2 people can sign in, 1 as administrator."
    assert build(KEY, [ADA]).sentence == "1 person can sign in, 1 as administrator."


def test_a_row_says_how_somebody_comes_in_and_what_is_wrong() -> None:
    locked = replace(OTTO, paused_until_at=AT)
    rows = build(KEY, [ADA, locked, VERA, replace(OTTO, name="grace", provider="https://idp")]).rows
    assert [row.signs_in for row in rows] == ["password", "one-time link", "password", "identity provider"]
    assert [row.state for row in rows] == ["", "locked out", "disabled", ""]
    assert [row.you for row in rows] == [True, False, False, False]
    assert rows[1].href == "/settings/people?stream=fleet&person=otto"


def test_what_cannot_be_done_with_a_person_says_why() -> None:
    own = build(replace(KEY, person="ada"), [ADA, OTTO]).chosen
    assert own.role_note.startswith("Nobody changes their own role.")
    assert own.disable_note.startswith("Nobody disables themselves.")
    other = build(replace(KEY, person="otto"), [ADA, OTTO]).chosen
    assert (other.role_note, other.disable_note) == ("", "")
    last = build(PeopleKey("cli", True, "UTC", "", "ada"), [ADA, OTTO]).chosen
    assert "last administrator" in last.role_note


def test_somebody_who_is_not_there_is_not_selected() -> None:
    assert build(replace(KEY, person="nobody"), [ADA]).chosen.name == ""


def session(number: int, minutes: int) -> SessionView:
    return SessionView(number, "192.0.2.1", "link", AT, AT - timedelta(minutes=minutes), AT + timedelta(hours=12))


def test_ones_own_session_stands_first() -> None:
    own = OwnView("ada", Role.ADMIN, None, True, True, 2, (session(1, 0), session(2, 50), session(3, 10)))
    assert [(row.number, row.here, row.way) for row in you_view.rows(own, "UTC")] == [
        (2, True, "one-time link"), (1, False, "one-time link"), (3, False, "one-time link"),
    ]  # fmt: skip
    assert you_view.sentence(own) == "You are ada, admin. You are signed in with 3 browsers."


@pytest.mark.parametrize(
    ("error", "field", "words"),
    [("short", "new", "at least 10"), ("differ", "again", "differ"), ("old", "old", "2 tries are left"),
     ("paused", "old", "Too many"), ("wrong", "", ""), ("<script>", "", "")],
)  # fmt: skip
def test_what_went_wrong_with_a_password_is_said_at_its_field(error: str, field: str, words: str) -> None:
    found = you_view.problem_of(error, "2", "5")
    assert found[0] == field
    assert words in found[1]
