"""The fleet overview: sentence, counts, risk map, intervals, and the table of servers."""

import reflex as rx

from webapp.components.fleet_empty import empty_fleet, missing_stream
from webapp.components.fleet_head import filter_menu, head
from webapp.components.fleet_table import table_card
from webapp.components.intervals import intervals_card
from webapp.components.risk_map import map_card
from webapp.components.shell import shell
from webapp.components.states import block
from webapp.state.fleet import Fleet


def fleet() -> rx.Component:
    """The page; each phase has its own shape."""
    return shell(
        rx.match(
            Fleet.phase,
            ("", rx.fragment(_waiting_head(), _cards())),
            ("missing", missing_stream()),
            ("empty", empty_fleet()),
            rx.fragment(
                head(),
                _cards(),
                filter_menu(),
                rx.el.p(Fleet.news, class_name="fw-hidden", role="status", custom_attrs={"aria-live": "polite"}),
            ),
        ),
        page="fleet",
        label="Fleet overview",
    )


def _waiting_head() -> rx.Component:
    return rx.el.div(
        rx.el.div(block("480px", "16px"), block("360px", "12px", margin="8px 0 0")),
        block("500px", "30px"),
        class_name="fw-page-head",
    )


def _cards() -> rx.Component:
    return rx.el.div(
        map_card(),
        rx.cond(Fleet.large, rx.fragment(), intervals_card()),
        table_card(),
        class_name=rx.cond(Fleet.large, "fw-overview large", "fw-overview"),
        custom_attrs={"data-origin": Fleet.origin},  # which forecast is painted: what the benches wait for
    )
