"""What a target may be: each kind's fields, and what is kept where."""

from typing import Any

import pytest

from webapp.core.errors import Invalid
from webapp.core.policies import notifications as rules
from webapp.core.policies.notifications import Kind, Topic

SLACK: dict[str, Any] = {
    "name": "ops", "kind": "slack", "topics": ["streams"], "url": "https://hooks.slack.example/services/T0/B0/s3cr3tAB12",
}  # fmt: skip
HOOK = {**SLACK, "kind": "webhook", "signing": "sixteen-or-more-x"}
PAGER = {**SLACK, "kind": "pagerduty", "url": "", "key": "0123456789abcdef0123456789abcdef"}
MAIL = {
    "name": "mail", "kind": "smtp", "topics": ["streams", "disk"], "host": "smtp.example", "port": "587",
    "security": "starttls", "user": "u", "password": "pw", "sender": "forewarn@example.org",
    "recipients": "a@example.org, b@example.org",
}  # fmt: skip


def wrong(form: dict[str, Any]) -> list[str]:
    with pytest.raises(Invalid) as raised:
        rules.check(form)
    assert all(len(one.message) > 10 for one in raised.value.errors)
    return [one.field for one in raised.value.errors]


@pytest.mark.parametrize("form", [SLACK, HOOK, PAGER, MAIL, {**MAIL, "user": "", "password": "", "security": "none"}])
def test_a_whole_form_is_taken(form: dict[str, Any]) -> None:
    assert rules.check(form).kind == Kind(form["kind"])


def test_an_address_is_a_secret_and_is_shown_by_its_host_and_end() -> None:
    made = rules.check(SLACK)
    assert (made.shown, made.options, made.secret) == ("hooks.slack.example …AB12", {}, {"url": SLACK["url"]})


def test_a_query_before_any_path_is_not_shown() -> None:
    assert rules.check({**HOOK, "url": "https://h.example?token=abcdefgh"}).shown == "h.example …efgh"


def test_a_password_is_no_option_of_the_row() -> None:
    made = rules.check(MAIL)
    assert made.secret == {"password": "pw"}
    assert "pw" not in str(made.options) + made.shown
    assert made.shown == "a@example.org and 1 more, by smtp.example"


def test_pagerduty_has_an_address_of_its_own() -> None:
    assert rules.check(PAGER).secret["url"] == rules.PAGERDUTY


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\r\nBcc: x@y", "-a", "x" * 49, "<b>", None, 7, {"a": 1}])
def test_a_name_that_could_be_mistaken_for_something_else_is_refused(name: object) -> None:
    assert "name" in wrong({**SLACK, "name": name})


@pytest.mark.parametrize(
    ("form", "field"),
    [({**SLACK, "url": "hooks.slack.example"}, "url"), ({**SLACK, "url": ["x"]}, "url"),
     ({**SLACK, "url": "https://h/" + "x" * 500}, "url"), ({**SLACK, "url": "https://h/\r\nX: y"}, "url"),
     ({**HOOK, "signing": "short"}, "signing"), ({**PAGER, "key": "k"}, "key"), ({**PAGER, "url": "ftp://h"}, "url"),
     ({**MAIL, "host": "a b"}, "host"), ({**MAIL, "port": "70000"}, "port"), ({**MAIL, "port": "-1"}, "port"),
     ({**MAIL, "security": "ssl"}, "security"), ({**MAIL, "security": "none"}, "security"),
     ({**MAIL, "password": ""}, "password"), ({**MAIL, "user": ""}, "user"), ({**MAIL, "sender": "me"}, "sender"),
     ({**MAIL, "sender": "a@b.org\r\nBcc: c@d.org"}, "sender"), ({**MAIL, "recipients": ""}, "recipients"),
     ({**MAIL, "recipients": "a@b.org\nBcc: c"}, "recipients"),
     ({**MAIL, "recipients": ",".join(f"u{n}@b.org" for n in range(21))}, "recipients")],
)  # fmt: skip
def test_a_wrong_field_is_named(form: dict[str, Any], field: str) -> None:
    assert field in wrong(form)


@pytest.mark.parametrize("kind", ["", "fax", None, 3, ["slack"]])
def test_an_unknown_kind_is_said(kind: object) -> None:
    assert wrong({**SLACK, "kind": kind}) == ["kind"]


@pytest.mark.parametrize("topics", [[], None, "streams", ["streams", "lottery"], [3]])
def test_a_target_hears_of_at_least_one_known_event(topics: object) -> None:
    assert wrong({**SLACK, "topics": topics}) == ["topics"]


def test_every_kind_and_topic_has_a_word() -> None:
    assert set(rules.KINDS) == set(rules.FIELDS) == set(Kind)
    assert set(rules.TOPICS) == set(Topic)
