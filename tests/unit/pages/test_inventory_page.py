"""The inventory page: what its address selects, and what it says of each server."""

import json
from dataclasses import asdict, replace
from datetime import timedelta

from ml.schema import Profile
from tests.unit.pages.samples import ORIGIN, stream
from webapp.core.views.inventory import Change, Inventory, MergedEntry, Retirement, RulesPreview, ServerEntry
from webapp.core.views.profiles import Chosen, Ground, Rule
from webapp.core.views.streams import ClockView, Source
from webapp.state.inventory import text_of
from webapp.state.inventory_build import build, changes
from webapp.state.inventory_view import InventoryKey

KEY = InventoryKey("rack", "UTC")
RULE = Rule(None, "db*", Profile.DATABASE)
LIVE = replace(stream(), slug="rack", source=Source.PUSH, clock=ClockView(ORIGIN, ORIGIN, 1, False, True))


def server(name: str, ground: Ground = Ground.NAME, profile: Profile = Profile.WEB, **more: object) -> ServerEntry:
    made = ServerEntry(
        name, Chosen(profile, ground, int(ground is Ground.RULE)), None, None, None, (), "key:agent", ORIGIN,
        ORIGIN - timedelta(minutes=35), ORIGIN, (), (), None, False, False, (), (),
    )  # fmt: skip
    return replace(made, **more)


def found(*servers: ServerEntry, **more: object) -> Inventory:
    return replace(Inventory(LIVE, ORIGIN, "", (RULE,), servers, ()), **more)


def test_an_address_holds_view_search_filter_page_and_server() -> None:
    query = {"view": "rules", "q": " db ", "only": "silent", "page": "3", "server": "a b"}
    key = InventoryKey.of("rack", "UTC", query)
    assert key == InventoryKey("rack", "UTC", "rules", "db", "silent", 3, "a b")
    assert key.href(view="servers", only="all", page=1) == "/settings/servers?stream=rack&q=db&server=a+b"
    assert InventoryKey.of("rack", "UTC", {"view": "x", "only": "x", "page": "-1"}) == KEY


def test_each_row_says_why_a_server_has_its_profile() -> None:
    hand = server("c", Ground.HAND, set_by="ann", set_at=ORIGIN - timedelta(days=3))
    page = build(KEY, found(server("a"), server("db", Ground.RULE), hand, server("d", Ground.SENDER)))
    assert [one.why for one in page.rows] == [
        "guessed from its name", "rule 1: name like db*", "by hand, ann, Mon 14:35", "said by its sender",
    ]  # fmt: skip
    assert page.behind == "Profiles: 1 set by hand, 1 by a rule, 1 said by their sender, 1 guessed from their name."


def test_a_retired_server_is_not_counted_and_is_said_to_report_still() -> None:
    gone = server("b", retired=Retirement(ORIGIN, "ann", "moved"), reporting=True)
    page = build(replace(KEY, server="b"), found(server("a"), gone))
    assert page.sentence == "1 server, 1 retired, but still reporting."
    assert [one.state for one in page.rows] == ["Reports", "Retired, but still reporting"]
    assert page.one.retired.endswith("by ann: moved") and page.one.reporting
    assert len(build(replace(KEY, only="retired"), found(server("a"), gone)).rows) == 1


def test_former_and_merged_names_are_found_and_open_their_server() -> None:
    merged = (MergedEntry("twin", ORIGIN, "ada", "one machine", 1200),)
    one = server("shop", aliases=("web-1",), merged=merged)
    for word in ("web-1", "twin", "SHOP"):
        assert [row.name for row in build(replace(KEY, q=word), found(one, server("x"))).rows] == ["shop"]
    panel = build(replace(KEY, server="web-1"), found(one)).one
    assert panel.name == "shop" and panel.merged[0].said.endswith("one machine; fills 1,200 gaps")


def test_more_than_a_hundred_servers_are_paged() -> None:
    many = found(*(server(f"s{at:03}") for at in range(230)))
    page = build(replace(KEY, page=3), many)
    assert (len(page.rows), page.range_text) == (30, "Rows 201 to 230 of 230")
    assert [one.label for one in page.pages] == ["Previous", "1", "2", "3", "Next"]
    assert [one.name for one in build(replace(KEY, page=99), many).rows] == [one.name for one in page.rows]


def test_circles_are_named_and_a_simulated_stream_says_why_nothing_is_changed() -> None:
    page = build(KEY, found(server("a"), circles=(("a", "b", "c"), ("d", "e"))))
    assert page.circles == "In a circle: a, b and c; d and e. Trouble in one reaches all of them."
    simulated = build(KEY, found(server("a"), stream=stream(), locked="It is simulated."))
    assert (simulated.settable, simulated.behind) == (False, "It is simulated.")


def test_a_preview_counts_and_names_rules_that_decide_nothing() -> None:
    rows, said = changes(RulesPreview((RULE, RULE), (2, 0), (Change("a", "web", "database", "rule 1"),), 5))
    assert rows[0].after == "database" and said == "1 of 5 servers change with 2 rules. Rule 2 decides no server now."


def test_an_empty_stream_says_what_comes_next_and_a_page_is_plain_data() -> None:
    page = build(KEY, found())
    assert page.sentence == "No server has reported yet."
    assert json.dumps(asdict(build(KEY, found(server("a")))))


def test_a_form_that_holds_anything_gives_text() -> None:
    form = {"a": ["x"], "b": 3, "c": " x ", "d": "y" * 9_000}
    assert [text_of(form, name) for name in "abce"] == ["", "", "x", ""] and len(text_of(form, "d")) == 600
