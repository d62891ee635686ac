"""The inventory: profiles with their ground, former names, retired and merged servers, while telemetry comes in."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import numpy as np
import pytest

from ml.schema import CONTEXT, MIN_HISTORY
from tests.integration.core.steps import cycle
from webapp.core.clock import now, tick_of, time_of
from webapp.core.db import reading
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.repositories import assets as asset_rows
from webapp.core.repositories import telemetry as rows
from webapp.core.services import audit, dependencies, inventory, merges, profiles, risks, servers, streams, telemetry
from webapp.core.services.windows import HistoryCache
from webapp.core.views.audit import Wanted
from webapp.core.views.inventory import ServerEntry
from webapp.core.views.profiles import Ground

pytestmark = pytest.mark.usefixtures("installation")
SLUG = "mine"


def last() -> int:
    return tick_of(now() - timedelta(seconds=150))


def push(name: str, *ticks: int, cpu: float = 40.0, **more: object) -> telemetry.Accepted:
    sent = [{"asset": name, "at": time_of(tick).isoformat(), "cpu_pct": cpu, **more} for tick in ticks]
    return telemetry.receive(SLUG, {"rows": sent}, "key:test")


def forecast(tick: int) -> set[str]:
    """Names on the fleet page after a cycle."""
    cycle(streams.stream(SLUG).id, tick)
    return {risk.name for risk in risks.fleet_snapshot(SLUG).risks}


def listed() -> dict[str, ServerEntry]:
    return {one.name: one for one in inventory.inventory(SLUG).servers}


def cpu(name: str, first: int, until: int) -> list[float]:
    with reading() as session:
        stream = streams.find(session, SLUG)
        assert stream.id is not None
        asset = asset_rows.entry(session, stream.id, name)
        assert asset is not None and asset.id is not None
        return rows.window(session, stream.id, [asset.id], first, until)[0, :, 0].tolist()


def actions() -> list[tuple[str, str, str]]:
    found = audit.entries(Wanted(noun="asset"))
    return [(one.actor, one.action, one.subject) for one in reversed(found)]


def test_the_ground_of_a_profile_is_the_hand_the_rule_the_sender_or_the_name() -> None:
    push("web-1", last())
    push("box", last(), profile="queue", labels={"job": "mail"})
    assert (listed()["web-1"].chosen.ground, listed()["box"].chosen.ground) == (Ground.NAME, Ground.SENDER)
    profiles.set_rules(SLUG, "label job=mail worker\nname web* cache\n", "", "otto")
    assert {one.chosen.profile.value for one in listed().values()} == {"worker", "cache"}
    profiles.set_by_hand(SLUG, "box", "storage", "otto", "it holds backups")
    one = listed()["box"]
    assert (one.chosen.profile, one.chosen.ground, one.set_by) == ("storage", Ground.HAND, "otto")
    assert profiles.set_by_hand(SLUG, "box", "", "otto") == "worker"


def test_a_preview_names_who_changes_and_stores_nothing() -> None:
    push("web-1", last())
    push("box", last())
    found = profiles.preview(SLUG, "name b* queue\nname * web\n")
    assert [(one.name, one.before, one.after, one.why) for one in found.changes] == [
        ("box", "unknown", "queue", "rule 1: name like b*")
    ]
    assert found.decides == (1, 1)
    assert listed()["box"].chosen.ground is Ground.NOBODY


def test_rules_that_somebody_changed_meanwhile_are_not_overwritten() -> None:
    push("box", last())
    assert profiles.set_rules(SLUG, "name b* queue", "", "ann") == 1
    with pytest.raises(Conflict, match="meanwhile"):
        profiles.set_rules(SLUG, "name b* web", "", "otto")
    assert profiles.set_rules(SLUG, "name b* queue", "name b* queue\n", "otto") == 0
    assert [one.actor for one in audit.entries(Wanted(action="set_rules"))] == ["ann"]


def test_new_servers_and_new_labels_follow_the_rules_at_once() -> None:
    push("web-1", last() - 1)
    profiles.set_rules(SLUG, "label team=data database", "", "otto")
    push("box", last(), labels={"team": "data"})
    push("web-1", last(), labels={"team": "data"})
    assert {one.chosen.profile.value for one in listed().values()} == {"database"}
    push("web-1", last() - 2, labels={"team": "late news"})
    assert dict(listed()["web-1"].labels) == {"team": "data"}


def test_a_changed_profile_holds_at_the_next_cycle() -> None:
    push("box", *range(last() - 3, last()))
    assert forecast(last() - 1) == {"box"}
    assert risks.fleet_snapshot(SLUG).risks[0].method == "persistence"
    profiles.set_by_hand(SLUG, "box", "web", "otto")
    push("box", last())
    forecast(last())
    risk = risks.fleet_snapshot(SLUG).risks[0]
    assert (risk.method, risk.reason) == ("champion", "borrowing profile web, 20 min of history")


def test_an_agent_that_sends_the_old_name_feeds_the_renamed_server() -> None:
    push("web-1", last() - 1)
    assert inventory.rename(SLUG, "web-1", "shop-1", "ada", "the new scheme") == "shop-1"
    accepted = push("web-1", last())
    assert (accepted.rows, accepted.new_servers) == (1, ())
    assert cpu("shop-1", last() - 1, last()) == [40, 40]
    assert listed()["shop-1"].aliases == ("web-1",)
    assert servers.server_snapshot(SLUG, "web-1").risk.name == inventory.current_name(SLUG, "web-1") == "shop-1"


def test_a_renamed_server_keeps_the_profile_that_its_old_name_gave() -> None:
    push("web-1", last())
    inventory.rename(SLUG, "web-1", "shop-1", "ada", "new")
    one = listed()["shop-1"]
    assert (one.chosen.profile, one.chosen.ground, one.set_by) == ("web", Ground.HAND, "ada")


def test_a_server_can_take_its_old_name_back_and_no_other_can() -> None:
    push("a-1", last())
    push("b-1", last())
    inventory.rename(SLUG, "a-1", "c-1", "ada", "new")
    for taken in ("b-1", "a-1"):
        with pytest.raises(Invalid, match="already") as caught:
            inventory.rename(SLUG, "b-1" if taken == "a-1" else "c-1", taken, "ada", "new")
        assert caught.value.errors[0].field == "name"
    inventory.rename(SLUG, "c-1", "a-1", "ada", "back")
    assert listed()["a-1"].aliases == ("c-1",)
    push("c-1", last() - 1)
    assert set(listed()) == {"a-1", "b-1"}


def test_one_batch_with_both_names_of_a_server_is_refused_when_they_differ() -> None:
    push("a-1", last() - 1)
    inventory.rename(SLUG, "a-1", "b-1", "ada", "new")
    both = [
        {"asset": one, "at": time_of(last()).isoformat(), "cpu_pct": 1 + at} for at, one in enumerate(("a-1", "b-1"))
    ]
    with pytest.raises(Invalid, match="are one server"):
        telemetry.receive(SLUG, {"rows": both}, "key:test")
    both[1]["cpu_pct"] = 1
    assert telemetry.receive(SLUG, {"rows": both}, "key:test").rows == 1


def test_a_retired_server_is_not_watched_and_still_stored() -> None:
    push("web-1", last() - 1)
    push("web-2", last() - 1)
    assert forecast(last() - 1) == {"web-1", "web-2"}
    inventory.retire(SLUG, "web-2", "otto", "moved to web-9")
    assert push("web-2", last()).rows == 1
    push("web-1", last())
    assert forecast(last()) == {"web-1"}
    view = streams.stream(SLUG)
    assert (view.servers, view.forecast) == (1, 1)
    page = servers.server_snapshot(SLUG, "web-2")
    assert page.risk.reason is not None and page.risk.reason.endswith("by otto: moved to web-9")
    assert page.retired is not None and page.position == 0 and page.metrics[0].now == 40
    inventory.restore(SLUG, "web-2", "otto", "it came back")
    assert forecast(last()) == {"web-1", "web-2"}
    assert risks.fleet_snapshot(SLUG).risks[1].method == "champion"


def test_a_retired_server_that_reports_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    push("web-1", last() - 1)
    inventory.retire(SLUG, "web-1", "otto", "gone")
    assert not listed()["web-1"].reporting
    later = now() + timedelta(minutes=10)
    for module in (inventory, telemetry.clock):
        monkeypatch.setattr(module, "now", lambda: later)
    push("web-1", tick_of(later))
    assert listed()["web-1"].reporting
    assert inventory.totals().reporting == ("web-1",)


def test_a_merge_fills_the_gaps_and_separating_restores_both() -> None:
    end = last()
    push("a-1", *range(end - 5, end - 1), cpu=10.0)
    push("b-1", end - 3, end, cpu=20.0)
    before = [cpu(name, end - 5, end) for name in ("a-1", "b-1")]
    assert merges.merge(SLUG, "a-1", "b-1", "ada", "one machine, two agents") == 3
    assert cpu("b-1", end - 5, end)[:4] == [10, 10, 20, 10] and set(listed()) == {"b-1"}
    push("a-1", end - 1, end, cpu=11.0)
    assert cpu("b-1", end - 1, end) == [11, 20]
    assert listed()["b-1"].merged[0].ticks == 4
    assert merges.separate(SLUG, "a-1", "ada", "they are two after all") == 4
    np.testing.assert_equal(cpu("b-1", end - 5, end), before[1])
    np.testing.assert_equal(cpu("a-1", end - 5, end), [*before[0][:4], 11, 11])
    assert set(listed()) == {"a-1", "b-1"}


def test_a_servers_own_late_observation_takes_the_place_of_a_copied_one() -> None:
    push("a-1", last(), cpu=10.0)
    push("b-1", last() - 1, cpu=20.0)
    merges.merge(SLUG, "a-1", "b-1", "ada", "one machine")
    assert push("b-1", last(), cpu=21.0).rows == 1
    assert cpu("b-1", last(), last()) == [21]
    assert merges.separate(SLUG, "a-1", "ada", "no") == 0
    assert cpu("b-1", last(), last()) == [21] and cpu("a-1", last(), last()) == [10]


def test_of_two_merged_servers_one_fills_what_the_other_takes_back() -> None:
    for name, value in (("a-1", 10.0), ("a-2", 12.0)):
        push(name, last(), cpu=value)
    push("b-1", last() - 1)
    for name in ("a-1", "a-2"):
        merges.merge(SLUG, name, "b-1", "ada", "one machine")
    assert cpu("b-1", last(), last()) == [10]
    merges.separate(SLUG, "a-1", "ada", "not this one")
    assert cpu("b-1", last(), last()) == [12]


def test_caches_notice_a_merge_and_its_end() -> None:
    end = last()
    push("a-1", *range(end - CONTEXT - 20, end + 1, 7), cpu=10.0)
    push("b-1", end, cpu=20.0)
    reader, history = risks.FleetReader(), HistoryCache(streams.stream(SLUG).id)
    forecast(end)

    def seen() -> tuple[list[int], list[int]]:
        with reading() as session:
            stream_id = streams.stream(SLUG).id
            ids = [asset.id for asset in asset_rows.of_stream(session, stream_id) if asset.id is not None]
            day, week = history.upto(session, ids, end)
        recent = reader.snapshot(SLUG).recent
        return [int(np.isfinite(one).sum()) for one in (day, week)], [len(recent), int(np.isfinite(recent).sum())]

    apart = seen()
    merges.merge(SLUG, "a-1", "b-1", "ada", "one machine")
    fresh, together = HistoryCache(streams.stream(SLUG).id), seen()
    with reading() as session:
        ids = [asset.id for asset in asset_rows.of_stream(session, streams.stream(SLUG).id) if asset.id is not None]
        day, week = fresh.upto(session, ids, end)
    assert together[0] == [int(np.isfinite(one).sum()) for one in (day, week)] and together[1][0] == 1
    merges.separate(SLUG, "a-1", "ada", "two machines")
    assert seen() == apart


def test_a_cycle_that_was_open_while_a_server_was_merged_does_no_harm() -> None:
    push("web-1", *range(last() - MIN_HISTORY, last() + 1))
    push("web-2", last())
    merges.merge(SLUG, "web-2", "web-1", "ada", "one machine")
    assert forecast(last()) == {"web-1"}
    view = streams.stream(SLUG)
    assert (view.servers, view.forecast) == (1, 1)


def test_a_merge_while_both_report_loses_and_doubles_nothing() -> None:
    end = last()
    push("a-1", end - 40, cpu=10.0)
    push("b-1", end - 40, cpu=20.0)

    def report(name: str, value: float) -> None:
        for tick in range(end - 39, end + 1):
            push(name, tick, cpu=value)

    with ThreadPoolExecutor(3) as pool:
        feeds = [pool.submit(report, *one) for one in (("a-1", 10.0), ("b-1", 20.0))]
        done = [pool.submit(merges.merge, SLUG, "a-1", "b-1", "ada", "one machine")]
        for one in [*feeds, *done]:
            one.result()
    assert cpu("b-1", end - 40, end) == [20] * 41
    merges.separate(SLUG, "a-1", "ada", "two machines")
    assert (cpu("a-1", end - 40, end), cpu("b-1", end - 40, end)) == ([10] * 41, [20] * 41)
    assert audit.verify().broken is None


@pytest.mark.parametrize("into", ["a-1", "nobody", "c-1"])
def test_a_server_merges_into_another_watched_one_only(into: str) -> None:
    for name in ("a-1", "b-1", "c-1"):
        push(name, last())
    inventory.retire(SLUG, "c-1", "otto", "gone")
    with pytest.raises(Invalid) as caught:
        merges.merge(SLUG, "a-1", into, "ada", "one machine")
    assert caught.value.errors[0].field == "into"
    merges.merge(SLUG, "a-1", "b-1", "ada", "one machine")
    push("d-1", last())
    with pytest.raises(Conflict, match="Separate them first"):
        merges.merge(SLUG, "b-1", "d-1", "ada", "one machine")


def test_each_change_leaves_one_entry_with_its_reason_and_a_refused_one_none() -> None:
    push("a-1", last())
    push("b-1", last())
    inventory.rename(SLUG, "a-1", "c-1", "ada", "new")
    inventory.rename(SLUG, "c-1", "c-1", "ada", "the same")
    for change in (
        lambda: inventory.retire(SLUG, "c-1", "otto", "  "),
        lambda: inventory.restore(SLUG, "c-1", "otto", "why not"),
        lambda: inventory.rename(SLUG, "c-1", "x/y", "ada", "new"),
        lambda: inventory.retire(SLUG, "nobody", "otto", "gone"),
        lambda: profiles.set_by_hand(SLUG, "c-1", "toaster", "otto"),
        lambda: merges.separate(SLUG, "c-1", "ada", "two"),
        lambda: dependencies.set_needs(SLUG, "c-1", ["c-1"], "otto"),
    ):
        with pytest.raises((Conflict, Invalid, NotFound)):
            change()
    added = [("key:test", "add", SLUG)] * 2
    assert actions() == [*added, ("ada", "rename", "c-1")]
    assert audit.entries(Wanted(action="rename"))[0].reason == "new"
    assert audit.verify().broken is None


def test_dependencies_follow_names_and_merges() -> None:
    for name in ("web-1", "pg-1", "pg-2"):
        push(name, last())
    dependencies.set_needs(SLUG, "web-1", ["pg-1"], "otto")
    inventory.rename(SLUG, "pg-1", "pg-9", "ada", "new")
    assert listed()["web-1"].depends_on == ("pg-9",)
    merges.merge(SLUG, "pg-9", "pg-2", "ada", "one machine")
    assert (listed()["web-1"].depends_on, listed()["pg-2"].needed_by) == (("pg-2",), ("web-1",))
    assert [one.name for one in servers.server_snapshot(SLUG, "pg-2").dependants] == ["web-1"]
    merges.separate(SLUG, "pg-1", "ada", "two machines")
    assert listed()["web-1"].depends_on == ("pg-9",)


def test_a_graph_goes_out_and_comes_in_as_text_and_names_its_circles() -> None:
    for name in ("web-1", "pg-1"):
        push(name, last())
    assert dependencies.set_graph(SLUG, "web-1 -> pg-1\npg-1,web-1\n", "otto") == (2, 0)
    assert inventory.inventory(SLUG).circles == (("pg-1", "web-1"),)
    text = dependencies.written(SLUG, csv=True)
    assert dependencies.set_graph(SLUG, text, "otto") == (0, 0)
    assert dependencies.set_graph(SLUG, "", "otto") == (0, 2)
    with pytest.raises(Invalid, match="Line 2"):
        dependencies.set_graph(SLUG, "web-1 -> pg-1\nweb-1 -> nobody", "otto")
    assert dependencies.written(SLUG) == ""


def test_what_is_simulated_stays_as_it_is() -> None:
    streams.ensure_demo()
    for change in (
        lambda: inventory.retire(streams.DEMO, "ppdb001", "otto", "gone"),
        lambda: profiles.set_by_hand(streams.DEMO, "ppdb001", "web", "otto"),
        lambda: dependencies.set_graph(streams.DEMO, "", "otto"),
        lambda: profiles.set_rules(streams.DEMO, "", "", "otto"),
    ):
        with pytest.raises((Conflict, NotFound)):
            change()
