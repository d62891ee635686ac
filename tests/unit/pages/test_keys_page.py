"""What the page API keys says of each key."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from webapp.core.views.users import KeyView
from webapp.state.keys_view import consequence, key_rows, summary

AT = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
KEY = KeyView("agent", "fw_abcdef", ("telemetry", "read"), "ada", AT - timedelta(hours=1), None, None, None)


def test_a_row_says_what_a_key_may_and_who_made_it() -> None:
    (row,) = key_rows([KEY], "UTC", AT)
    assert (row.prefix, row.scopes, row.made, row.used_at) == ("fw_abcdef…", "telemetry, read", "07:00 by ada", 0)
    assert (row.state, row.expires) == ("valid", "never")


def test_what_opens_something_comes_first_and_the_rest_says_why_not() -> None:
    revoked = replace(KEY, name="a", revoked_at=AT - timedelta(minutes=5))
    expired = replace(KEY, name="b", expires_at=AT - timedelta(minutes=1))
    rows = key_rows([revoked, expired, KEY], "UTC", AT)
    assert [(row.name, row.state, row.expires) for row in rows] == [
        ("agent", "valid", "never"), ("a", "revoked", "revoked 07:55"), ("b", "expired", "expired 07:59"),
    ]  # fmt: skip
    assert summary([revoked, expired, KEY], AT) == "1 valid, 1 expired, 1 revoked"
    assert summary([], AT) == "0 valid"


def test_a_key_that_ends_soon_stands_out() -> None:
    days = [key_rows([replace(KEY, expires_at=AT + timedelta(days=day))], "UTC", AT)[0] for day in (90, 3)]
    assert [(row.expires, row.tone) for row in days] == [
        ("in 90\u00a0days", "fw-second"), ("in 3\u00a0days", "fw-warning"),
    ]  # fmt: skip


def test_the_consequence_of_revoking_tells_whether_somebody_uses_it() -> None:
    used = replace(KEY, last_used_at=AT - timedelta(minutes=3))
    unused, busy = (consequence(key_rows([one], "UTC", AT)[0], AT) for one in (KEY, used))
    assert "never used" in unused
    assert "last used 3\u00a0min ago" in busy
