"""From the inventory of a stream to everything that its page shows. Pure but for what it is given."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ml.schema import Profile
from webapp import routes
from webapp.core.policies import dependencies as graphs
from webapp.core.policies import profiles, wording
from webapp.core.policies.wording import SPACE
from webapp.core.views.inventory import Inventory, RulesPreview, ServerEntry
from webapp.core.views.profiles import Ground
from webapp.core.views.streams import Source
from webapp.state.fleet_choices import Choice
from webapp.state.inventory_view import (
    FILTERS,
    ChangeRow,
    EdgeRow,
    InventoryKey,
    InventoryPage,
    InventoryRow,
    MergedRow,
    Neighbour,
    Panel,
    RuleRow,
)
from webapp.state.shell_view import milliseconds

PAGE: Final = 100
SHOWN_CHANGES: Final = 200
_NAMES: Final = 500
_LABELS: Final = {"all": "All", "unknown": "Unknown profile", "guessed": "Guessed", "hand": "By hand",
                  "silent": "Silent", "retired": "Retired"}  # fmt: skip
_VIEWS: Final = (("servers", "Servers"), ("rules", "Profile rules"), ("depends", "Dependencies"))


def build(key: InventoryKey, found: Inventory) -> InventoryPage:
    """The page of a view."""
    chosen = [one for one in found.servers if _matches(one, key)]
    last = max(1, -(-len(chosen) // PAGE))
    page = min(key.page, last)
    listed = chosen[(page - 1) * PAGE : page * PAGE]
    graph = {one.name: one.depends_on for one in found.servers}
    sentence, behind = _sentence(found)
    return InventoryPage(
        slug=key.stream, view=key.view, sentence=sentence, behind=behind,
        tabs=[Choice(label, key.href(view=name, server="", page=1), key.view == name) for name, label in _VIEWS],
        settable=found.stream.source is not Source.SIMULATED, locked=found.locked,
        filters=_filters(key, found), rows=[_row(key, found, one) for one in listed],
        range_text=_range(len(chosen), len(found.servers), page), pages=_pages(key, page, last), q=key.q,
        every=key.href(q="", only="all", page=1) if key.q or key.only != "all" else "",
        one=_panel(key, found), names=[one.name for one in found.servers[:_NAMES]],
        rules=_rules(found) if key.view == "rules" else [], rules_text=profiles.written(found.rules),
        edges=_edges(key, found) if key.view == "depends" else [],
        graph_text=graphs.written(graph) if key.view == "depends" else "", circles=_circles(found),
        seen_at=milliseconds(found.at), loaded=True,
    )  # fmt: skip


def _matches(one: ServerEntry, key: InventoryKey) -> bool:
    known = " ".join((one.name, one.chosen.profile, *one.aliases, *(each.name for each in one.merged))).lower()
    return _is(one, key.only) and all(word in known for word in key.q.lower().split())


def _is(one: ServerEntry, only: str) -> bool:
    """Whether a server belongs to a filter; retired ones are in their own and in all."""
    watched = one.retired is None
    return {
        "unknown": watched and one.chosen.profile is Profile.UNKNOWN,
        "guessed": watched and one.chosen.ground is Ground.NAME,
        "hand": one.chosen.ground is Ground.HAND,
        "silent": watched and one.silent,
        "retired": not watched,
    }.get(only, True)


def _filters(key: InventoryKey, found: Inventory) -> list[Choice]:
    counts = {only: sum(_is(one, only) for one in found.servers) for only in FILTERS}
    return [
        Choice(f"{_LABELS[only]} {counts[only]:,}", key.href(only=only, page=1), key.only == only,
               not counts[only] and key.only != only)
        for only in FILTERS
    ]  # fmt: skip


def _sentence(found: Inventory) -> tuple[str, str]:
    """What there is, and on what ground the profiles stand."""
    watched = [one for one in found.servers if one.retired is None]
    if not found.servers:
        return "No server has reported yet.", "They appear here by themselves with their first telemetry."
    parts = [f"{len(watched):,} server{'' if len(watched) == 1 else 's'}"]
    for only, word in (("unknown", "of unknown profile"), ("silent", "silent")):
        if count := sum(_is(one, only) for one in found.servers):
            parts.append(f"{count:,} {word}")
    if reporting := sum(one.reporting for one in found.servers):
        parts.append(f"{reporting:,} retired, but still reporting")
    if not found.stream.source.live:
        return f"{', '.join(parts)}.", found.locked
    grounds = [one.chosen.ground for one in watched]
    counted = [
        f"{count:,} {word}"
        for ground, word in (
            (Ground.HAND, "set by hand"), (Ground.RULE, "by a rule"), (Ground.SENDER, "said by their sender"),
            (Ground.NAME, "guessed from their name"), (Ground.NOBODY, "not known"),
        ) if (count := grounds.count(ground))
    ]  # fmt: skip
    return f"{', '.join(parts)}.", f"Profiles: {', '.join(counted)}." if counted else ""


def _row(key: InventoryKey, found: Inventory, one: ServerEntry) -> InventoryRow:
    state, tone = _state(one)
    live = found.stream.clock.live and one.last_at is not None
    also = [*one.aliases, *(each.name for each in one.merged)]
    return InventoryRow(
        name=one.name, href=key.href(server=one.name), profile=one.chosen.profile.value,
        ground=one.chosen.ground.value, why=why(one, found, key.zone), sender=_sender(one, found),
        added=_time(one.added_at, key, found), seen="" if live else _time(one.last_at, key, found),
        seen_at=milliseconds(one.last_at) if live else 0, history=_history(one), also=", ".join(also), state=state,
        tone=tone, selected=one.name == key.server,
    )  # fmt: skip


def why(one: ServerEntry, found: Inventory, zone: str) -> str:
    """The ground of a profile, with who set it and when."""
    said = profiles.why(one.chosen, found.rules)
    if one.chosen.ground is Ground.HAND and one.set_at is not None:
        return f"{said}, {one.set_by}, {wording.clock_time(one.set_at, zone, found.at)}"
    if one.chosen.ground is Ground.SENDER and not found.stream.source.live:
        return "part of the simulation" if found.stream.source is Source.SIMULATED else "said by its recording"
    return said


def _sender(one: ServerEntry, found: Inventory) -> str:
    source = found.stream.source
    if source is Source.HOST:
        return "this machine"
    if not source.live:
        return "the simulator" if source is Source.SIMULATED else "a recording"
    return (one.sender or source.value).replace("key:", "key ").replace("prometheus:", "Prometheus ")


def _time(at: datetime | None, key: InventoryKey, found: Inventory) -> str:
    return "never" if at is None else wording.clock_time(at, key.zone, found.at)


def _history(one: ServerEntry) -> str:
    if one.first_at is None or one.last_at is None:
        return "none"
    minutes = (one.last_at - one.first_at).total_seconds() / 60 + 5
    if minutes < 120:
        return wording.duration(minutes)
    return f"{minutes // 60:.0f}{SPACE}h" if minutes < 2880 else f"{minutes // 1440:,.0f}{SPACE}days"


def _state(one: ServerEntry) -> tuple[str, str]:
    if one.retired is not None:
        return ("Retired, but still reporting", "warning") if one.reporting else ("Retired", "")
    return ("Silent", "warning") if one.silent else ("Reports", "pass")


def _range(chosen: int, every: int, page: int) -> str:
    if chosen <= PAGE:
        return f"{chosen:,} of {every:,} servers"
    return f"Rows {(page - 1) * PAGE + 1:,} to {min(chosen, page * PAGE):,} of {chosen:,}"


def _pages(key: InventoryKey, page: int, last: int) -> list[Choice]:
    if last == 1:
        return []
    near = sorted({1, last, page - 1, page, page + 1} & set(range(1, last + 1)))
    middle = [Choice(f"{one:,}", key.href(page=one), one == page) for one in near]
    before = Choice("Previous", key.href(page=max(1, page - 1)), False, page == 1)
    return [before, *middle, Choice("Next", key.href(page=min(last, page + 1)), False, page == last)]


def _panel(key: InventoryKey, found: Inventory) -> Panel:
    one = next((each for each in found.servers if key.server in (each.name, *each.aliases)), None)
    if one is None:
        return Panel()
    retired = one.retired
    return Panel(
        name=one.name, page=routes.server(one.name, key.stream), close=key.href(server=""),
        facts=_facts(key, found, one), by_hand=one.chosen.profile.value if one.chosen.ground is Ground.HAND else "",
        needs=_linked(key, one.depends_on), needed_by=_linked(key, one.needed_by),
        needs_text="\n".join(one.depends_on),
        merged=[
            MergedRow(each.name, f"{_time(each.at, key, found)} by {each.by}: {each.reason}; fills {each.ticks:,} gaps")
            for each in one.merged
        ],
        retired="" if retired is None else f"Retired {_time(retired.at, key, found)} by {retired.by}: {retired.reason}",
        reporting=one.reporting,
    )  # fmt: skip


def _facts(key: InventoryKey, found: Inventory, one: ServerEntry) -> list[tuple[str, str]]:
    facts = [("Profile", f"{one.chosen.profile}, {why(one, found, key.zone)}")]
    if one.told is not None and one.chosen.ground in (Ground.HAND, Ground.RULE) and found.stream.source.live:
        facts.append(("Its sender says", one.told))
    facts += [("Sender", _sender(one, found)), ("In the list since", _time(one.added_at, key, found))]
    facts.append(("Last observed", _time(one.last_at, key, found)))
    facts.append(("History", _history(one)))
    if one.aliases:
        facts.append(("Former names", ", ".join(one.aliases)))
    if one.labels:
        facts.append(("Labels", ", ".join(f"{name}={value}" for name, value in one.labels)))
    return facts


def _linked(key: InventoryKey, names: Sequence[str]) -> list[Neighbour]:
    return [Neighbour(name, key.href(server=name)) for name in names]


def _rules(found: Inventory) -> list[RuleRow]:
    decided = [one.chosen.rule for one in found.servers if one.chosen.ground is Ground.RULE]
    return [
        RuleRow(str(number), rule.words, rule.profile.value, f"{decided.count(number):,}")
        for number, rule in enumerate(found.rules, start=1)
    ]


def _edges(key: InventoryKey, found: Inventory) -> list[EdgeRow]:
    return [
        EdgeRow(
            one.name, key.href(view="servers", server=one.name), ", ".join(one.depends_on), ", ".join(one.needed_by)
        )
        for one in found.servers
        if one.depends_on or one.needed_by
    ]


def _circles(found: Inventory) -> str:
    if not found.circles:
        return ""
    named = "; ".join(" and ".join((", ".join(one[:-1]), one[-1])) for one in found.circles[:3])
    more = f"; and {len(found.circles) - 3} more" if len(found.circles) > 3 else ""
    return f"In a circle: {named}{more}. Trouble in one reaches all of them."


def changes(found: RulesPreview) -> tuple[list[ChangeRow], str]:
    """What other rules would change, in rows and in a sentence."""
    rows = [ChangeRow(one.name, one.before, one.after, one.why) for one in found.changes[:SHOWN_CHANGES]]
    count, rules = len(found.changes), len(found.rules)
    said = f"{count:,} of {found.servers:,} servers change" if count else "No server changes"
    idle = [str(at) for at, decides in enumerate(found.decides, start=1) if not decides]
    none = f" Rule {', '.join(idle)} decides no server now." if idle else ""
    return rows, f"{said} with {rules} rule{'' if rules == 1 else 's'}.{none}"
