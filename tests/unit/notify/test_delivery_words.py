"""What a target is sent, byte for byte, and when it is tried again."""

import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from webapp.core.policies import deliveries as words
from webapp.core.policies.deliveries import Notice, Phase
from webapp.core.policies.notifications import Topic

SINCE = datetime(2026, 3, 4, 10, 5, tzinfo=UTC)
NOTICE = Notice(
    Topic.STREAMS, Phase.BEGAN, "stream_stale:fleet", SINCE, "fleet", "fleet is stale: no forecast since 10:05.",
    "Look at it.", "https://forewarn.example",
)  # fmt: skip
OVER = replace(NOTICE, phase=Phase.OVER)
EVIL = replace(NOTICE, title="x\r\nBcc: all@example.org\x00 <!channel> *b*", source="a\nb", text="<script>&")
OPTIONS = {"sender": "fw@example.org", "recipients": "a@example.org,b@example.org"}


def test_both_ends_of_an_occurrence_share_a_key_and_each_is_told_once() -> None:
    assert NOTICE.occurrence == OVER.occurrence == "stream_stale:fleet@20260304T100500Z"
    assert NOTICE.event_key != OVER.event_key
    later = replace(NOTICE, since=SINCE + timedelta(hours=1))
    assert later.occurrence != NOTICE.occurrence


def test_a_notice_comes_back_from_its_row_as_it_was() -> None:
    assert words.restored(json.loads(json.dumps(NOTICE.stored()))) == NOTICE


def test_slack_takes_no_mark_up_from_names() -> None:
    text = json.loads(words.slack(EVIL))["text"]
    assert "<!channel>" not in text
    assert "<script>" not in text
    assert text.endswith("<https://forewarn.example|Open Forewarn>")
    assert len(text.splitlines()) == 3


def test_a_webhook_gets_everything_under_fixed_names() -> None:
    assert json.loads(words.webhook(NOTICE)) == {
        "id": NOTICE.event_key, "occurrence": NOTICE.occurrence, "topic": "streams", "phase": "began",
        "source": "fleet", "title": NOTICE.title, "text": "Look at it.", "since": "2026-03-04T10:05:00+00:00",
        "link": "https://forewarn.example",
    }  # fmt: skip


def test_a_signature_covers_time_and_body() -> None:
    made = words.signature("secret", "1700000000", b"{}")
    assert made == "sha256=" + hmac.digest(b"secret", b"1700000000.{}", "sha256").hex()
    assert made != words.signature("secret", "1700000001", b"{}") != words.signature("secret", "1700000000", b"{ }")


def test_pagerduty_is_triggered_and_resolved_under_one_key() -> None:
    (began,), (over,) = words.pagerduty(NOTICE, "k"), words.pagerduty(OVER, "k")
    first, last = json.loads(began), json.loads(over)
    assert (first["event_action"], last["event_action"]) == ("trigger", "resolve")
    assert first["dedup_key"] == last["dedup_key"]
    assert first["payload"]["severity"] == "warning"


def test_a_test_leaves_no_alert_behind_in_pagerduty() -> None:
    sent = [json.loads(one) for one in words.pagerduty(replace(NOTICE, phase=Phase.TEST), "k")]
    assert [one["event_action"] for one in sent] == ["trigger", "resolve"]
    assert sent[0]["payload"]["severity"] == "info"


def test_news_leave_no_alert_behind_in_pagerduty_either() -> None:
    sent = [json.loads(one) for one in words.pagerduty(replace(NOTICE, phase=Phase.NEWS), "k")]
    assert [one["event_action"] for one in sent] == ["trigger", "resolve"]
    assert sent[0]["payload"]["severity"] == "info"
    assert json.loads(words.slack(replace(NOTICE, phase=Phase.NEWS)))["text"].startswith(":information_source:")


def test_no_header_of_an_email_is_made_of_a_title() -> None:
    made = words.mail(EVIL, OPTIONS, SINCE)
    assert made["Bcc"] is None
    assert made["To"] == "a@example.org, b@example.org"
    assert "\n" not in str(made["Subject"])
    head = bytes(made).partition(b"\r\n\r\n")[0]
    assert not [one for one in head.split(b"\r\n") if one.lower().startswith(b"bcc")]


def test_an_email_that_is_sent_twice_is_known_as_one() -> None:
    first, again = words.mail(NOTICE, OPTIONS, SINCE), words.mail(NOTICE, OPTIONS, SINCE + timedelta(minutes=1))
    assert first["Message-ID"] == again["Message-ID"] != words.mail(OVER, OPTIONS, SINCE)["Message-ID"]


def test_pauses_grow_and_end() -> None:
    pauses = [words.pause(tries) for tries in range(1, words.MOST_TRIES + 1)]
    assert pauses[0] == timedelta(seconds=10)
    assert pauses[-1] is None
    assert sorted(pauses[:-1]) == pauses[:-1]  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("asked", "seconds"), [("", 10), ("60", 60), ("5", 10), ("99999", 1800), ("soon", 10), ("-3", 10), ("٣", 10)]
)
def test_a_target_may_ask_for_a_longer_pause_within_bounds(asked: str, seconds: int) -> None:
    assert words.pause(1, asked) == timedelta(seconds=seconds)
