"""The servers of a stream: a search, filters that count, and a table that opens one."""

import reflex as rx

from webapp import routes
from webapp.components import tables
from webapp.components.cards import body, card, foot
from webapp.components.controls import button, link, link_button, segment_link, segments
from webapp.components.icons import icon
from webapp.components.states import empty
from webapp.components.ticking import age
from webapp.state.fleet_choices import Choice
from webapp.state.inventory import Inventory
from webapp.state.inventory_view import InventoryRow
from webapp.state.shell import Shell

_COLUMNS = (
    ("Server", "170px"),
    ("Profile", "94px"),
    ("Why", ""),
    ("Sender", "130px"),
    ("In the list since", "112px"),
    ("Last observed", "104px"),
    ("History", "76px"),
    ("Also known as", "150px"),
    ("State", "190px"),
)


def choice(one: rx.Var[Choice]) -> rx.Component:
    """One of neighbouring choices."""
    return segment_link(one.label, one.href, one.on)


def find() -> rx.Component:
    """Search and filters; both are in the address."""
    return rx.el.div(
        rx.el.form(
            rx.el.input(
                id="fw-inventory-q", name="q", key=Inventory.q, default_value=Inventory.q, class_name="fw-input",
                placeholder="Name, former name or profile", auto_complete="off", spell_check=False,
                aria_label="Search servers",
            ),
            button("Find", type="submit", small=True),
            on_submit=Inventory.find,
            class_name="fw-inventory-find",
            role="search",
        ),
        segments("Which servers", rx.foreach(Inventory.filters, choice)),
        class_name="fw-inventory-tools",
    )  # fmt: skip


def servers() -> rx.Component:
    """The table, or why it is empty."""
    heads = [tables.column(name, f"fw-inventory-{at}") for at, (name, _) in enumerate(_COLUMNS)]
    shown = tables.table(
        [width for _, width in _COLUMNS], heads, rx.foreach(Inventory.rows, _row), label="Servers", class_name="links"
    )
    return card(
        rx.cond(
            Inventory.rows.length() > 0,
            rx.el.div(shown, class_name="fw-scroll", custom_attrs={"data-rows": ""}),
            body(_none()),
        ),
        foot(
            rx.el.span(Inventory.range_text, class_name="fw-meta"),
            rx.el.span(class_name="fw-spring"),
            rx.cond(Inventory.pages.length() > 0, segments("Page", rx.foreach(Inventory.pages, choice))),
        ),
        class_name="fw-inventory-card",
    )


def _none() -> rx.Component:
    return rx.cond(
        Inventory.every != "",
        empty("No server matches.", "Another word or filter may find it.", link_button("Show all", Inventory.every)),
        empty(
            "No server has reported yet.",
            "Push telemetry to this stream, or connect a Prometheus server: each server appears by itself.",
            rx.cond(Shell.role == "admin", link_button("Connect servers", routes.CONNECT)),
        ),
    )


def _row(one: rx.Var[InventoryRow]) -> rx.Component:
    cells = [
        tables.cell(link(one.name, href=one.href, class_name="fw-mono fw-medium"), title=one.name),
        tables.cell(one.profile, class_name=rx.cond(one.profile == "unknown", "fw-quiet", "")),
        tables.cell(one.why, class_name="fw-second", title=one.why),
        tables.cell(one.sender, class_name="fw-second", title=one.sender),
        tables.cell(one.added, class_name="fw-second"),
        tables.cell(one.seen, age(one.seen_at, Inventory.seen_at), class_name="fw-second"),
        tables.cell(one.history, class_name="fw-second"),
        tables.cell(one.also, class_name="fw-second fw-mono", title=one.also),
        tables.cell(state(one.state, one.tone), title=one.state),
    ]
    return tables.row(
        *cells, href=one.href, key=one.name, custom_attrs={"aria-selected": rx.cond(one.selected, "true", "false")}
    )


def state(word: rx.Var[str], tone: rx.Var[str]) -> rx.Component:
    """A server's state: an icon and a word first, then colour."""
    sign = rx.match(tone, ("pass", "check"), ("warning", "clock-alert"), "circle-dashed")
    return rx.el.span(icon(sign, 12), word, class_name=f"fw-inventory-state {tone}")
