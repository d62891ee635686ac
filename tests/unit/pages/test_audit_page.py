"""Facts about the audit page: what its address selects, and how an entry reads."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from webapp.core.views.audit import AuditSnapshot, AuditView, Broken, Fault, Verdict
from webapp.state.audit_build import build, row
from webapp.state.audit_view import AuditKey

AT = datetime(2026, 3, 4, 14, 35, tzinfo=UTC)
KEY = AuditKey("fleet-demo", "UTC")
START = AuditView(
    1234, AT, "ann", "start", "scenario", "7 disk_fill", "to see", (("stream", "lab"), ("servers", "a, b, c, d, e")),
    "c0ffee", "f" * 64,
)  # fmt: skip


def found(*entries: AuditView, **changes: object) -> AuditSnapshot:
    whole = AuditSnapshot(AT, entries, False, len(entries), 1234, ["ann", "my_agent"], ["api_key"], ["set_role"])
    return replace(whole, **changes)


@pytest.mark.parametrize(
    "address",
    [
        {"person": "ann", "noun": "scenario", "action": "start", "subject": "ppdb002"},
        {"since": "2026-03-04", "until": "2026-03-05"},
        {"since": "2026-03-04T10:30", "entry": "12"},
        {"before": "51", "person": "key:agent 1"},
    ],
)
def test_an_address_is_read_as_it_was_written(address: dict[str, str]) -> None:
    key = AuditKey.of("lab", "UTC", address)
    kept = {"before": key.before, "entry": key.entry}
    assert dict(parse_qsl(urlsplit(key.href(**kept)).query)) == {"stream": "lab", **address}


def test_nonsense_in_an_address_shows_everything() -> None:
    key = AuditKey.of("lab", "UTC", {"since": "yesterday", "until": "2026-13-01", "before": "-1", "entry": "x"})
    assert key == AuditKey("lab", "UTC")


def test_another_filter_begins_at_the_newest_entry() -> None:
    assert replace(KEY, before=51, entry=3).href(person="ann") == "/audit?stream=fleet-demo&person=ann"


def test_days_are_the_viewers_and_the_last_is_in_it_whole() -> None:
    wanted = AuditKey.of("lab", "Europe/Berlin", {"since": "2026-03-04", "until": "2026-03-04"}).wanted
    assert wanted.since == datetime(2026, 3, 3, 23, tzinfo=UTC)
    assert wanted.until == datetime(2026, 3, 4, 23, tzinfo=UTC)


def test_the_page_of_a_linked_entry_begins_with_it_and_opens_it() -> None:
    key = replace(KEY, entry=1234)
    assert key.from_number == 1235
    assert row(key, START, AT).open
    assert not row(KEY, START, AT).open


def test_a_scenario_links_to_itself_and_its_first_servers_in_its_own_stream() -> None:
    made = row(KEY, START, AT)
    assert (made.subject, made.page) == ("7 disk fill", "/scenarios?stream=lab&selected=7")
    assert [one.href for one in made.servers] == [f"/servers/{name}?stream=lab" for name in "abc"]
    assert made.more == "and 2 more"


@pytest.mark.parametrize(
    ("noun", "action", "subject", "page"),
    [
        ("stream", "pause", "lab", "/?stream=lab"),
        ("asset", "add", "lab", "/?stream=lab"),
        ("asset", "set_profile", "ppdb002", "/servers/ppdb002?stream=lab"),
        ("user", "add", "vera", ""),
    ],
)
def test_what_was_changed_links_to_its_page(noun: str, action: str, subject: str, page: str) -> None:
    assert row(KEY, replace(START, noun=noun, action=action, subject=subject), AT).page == page


def test_an_entry_says_when_in_both_words_and_utc() -> None:
    made = row(replace(KEY, zone="Europe/Berlin"), replace(START, at=AT - timedelta(days=1)), AT)
    assert (made.at, made.title) == ("Tue 15:35", "2026-03-03 14:35:00 UTC")


def test_its_details_end_with_what_proves_it() -> None:
    assert [one.name for one in row(KEY, START, AT).details] == ["Stream", "Servers", "Correlation id", "Hash"]


def test_names_stay_as_they_are_and_words_are_said() -> None:
    page = build(replace(KEY, person="gone"), found(START), None)
    assert page.people == [("", "Everyone"), ("ann", "ann"), ("gone", "gone"), ("my_agent", "my_agent")]
    assert (page.nouns[1], page.actions[1]) == (("api_key", "API key"), ("set_role", "set role"))


def test_the_sentence_counts_what_matches() -> None:
    assert build(KEY, found(START), None).sentence == "1,234 changes are on record."
    assert build(replace(KEY, person="ann"), found(START), None).sentence == "1 of 1,234 changes matches."
    assert build(replace(KEY, person="ann"), found(), None).sentence == "None of 1,234 changes match."


def test_older_entries_follow_and_the_newest_is_a_way_back() -> None:
    page = build(replace(KEY, person="ann", before=2000), found(START, more=True), None)
    assert page.older == "/audit?stream=fleet-demo&person=ann&before=1234"
    assert page.first == "/audit?stream=fleet-demo&person=ann"
    assert build(KEY, found(START), None).older == ""


def test_the_chain_says_how_far_it_holds() -> None:
    broken = Broken(3, Fault.CHANGED, "Entry 3 was changed after it was written.")
    whole, torn = (
        build(KEY, found(START), Verdict(AT, 1234, "f", None)),
        build(KEY, found(), Verdict(AT, 2, "", broken)),
    )
    assert (whole.chain, whole.chain_tone) == ("Chain intact up to entry 1,234", "pass")
    assert torn.chain == "Entry 3 was changed after it was written. The chain holds up to entry 2 only"
    assert torn.chain_tone == "critical"
    assert build(KEY, found(), None).chain_tone == ""
