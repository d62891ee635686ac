"""Incidents: the breaches that happened, the open ones first, with how long, how far and why."""

import reflex as rx

from webapp.components import incident_table
from webapp.components.fleet_empty import missing_stream
from webapp.components.shell import shell
from webapp.components.states import block, failed_banner
from webapp.state.incidents import Incidents


def incidents() -> rx.Component:
    """The page."""
    return shell(
        rx.match(
            Incidents.phase,
            ("", _loading()),
            ("missing", missing_stream()),
            ("failed", failed_banner(Incidents.trouble)),
            _content(),
        ),
        page="incidents",
        label="Incidents",
    )


def _content() -> rx.Component:
    return rx.fragment(
        rx.el.header(
            rx.el.div(
                rx.el.h1(Incidents.title, class_name="fw-say fw-strong fw-title"),
                rx.el.p(
                    Incidents.behind,
                    rx.cond(Incidents.simulated, rx.el.span(" On simulated servers.", class_name="fw-quiet")),
                    class_name="fw-second",
                ),
                class_name="fw-sentence",
            ),
            incident_table.scopes(),
            class_name="fw-page-head",
        ),
        incident_table.filters(),
        incident_table.listed(),
        rx.el.p(Incidents.news, class_name="fw-hidden", role="status", custom_attrs={"aria-live": "polite"}),
    )


def _loading() -> rx.Component:
    """The page's shape at its final size."""
    return rx.fragment(
        rx.el.div(
            rx.el.div(block("480px", "16px"), block("360px", "12px", margin="8px 0 0")),
            block("240px", "28px"),
            class_name="fw-page-head",
        ),
        block("100%", "50px"),
        block("100%", "520px"),
        rx.el.span("Reading the incidents", class_name="fw-hidden", role="status"),
    )
