"""The inventory: servers as they come and go, their profiles, their names, and who depends on whom."""

import reflex as rx

from webapp.components import inventory_panel, inventory_rules, inventory_table
from webapp.components.controls import segments
from webapp.components.settings import page_head, settings_page
from webapp.components.states import block, empty
from webapp.state.inventory import Inventory


def inventory() -> rx.Component:
    """The page."""
    shown = rx.cond(Inventory.missing != "", empty("No such stream", Inventory.missing), _content())
    return settings_page(rx.cond(Inventory.loaded, shown, _loading()), tab="inventory")


def _content() -> rx.Component:
    tabs = segments("What is shown", rx.foreach(Inventory.tabs, inventory_table.choice))
    return rx.fragment(
        page_head(Inventory.sentence, Inventory.behind, tabs),
        rx.match(
            Inventory.view,
            ("rules", inventory_rules.rules()),
            ("depends", inventory_rules.depends()),
            _servers(),
        ),
    )


def _servers() -> rx.Component:
    return rx.fragment(
        inventory_table.find(),
        rx.el.div(
            inventory_table.servers(),
            rx.cond(Inventory.one.name != "", inventory_panel.panel()),
            class_name=rx.cond(Inventory.one.name != "", "fw-inventory open", "fw-inventory"),
        ),
    )


def _loading() -> rx.Component:
    """The page's shape at its final size."""
    return rx.fragment(
        rx.el.div(block("420px", "40px"), class_name="fw-page-head"),
        block("100%", "28px"),
        block("100%", "480px"),
        rx.el.span("Reading the inventory", class_name="fw-hidden", role="status"),
    )
