"""Drift: whether the world has moved away from what the champion was measured on, and what follows."""

import reflex as rx

from webapp.components import drift_grid, drift_lists, drift_rule
from webapp.components.chips import pill
from webapp.components.controls import link_button
from webapp.components.shell import shell
from webapp.components.states import block, empty, stale_banner
from webapp.routes import FLEET
from webapp.state.drift import Drift


def drift() -> rx.Component:
    """The page."""
    return shell(
        rx.cond(Drift.loaded, rx.cond(Drift.missing, _missing(), _content()), _loading()), page="drift", label="Drift"
    )


def _content() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.div(
                rx.el.h1(rx.el.b(Drift.sentence), class_name="fw-say"),
                rx.el.p(Drift.behind, class_name="fw-second"),
            ),
            rx.cond(Drift.going_on, pill("Drift", "critical", "triangle-alert")),
            class_name="fw-page-head",
        ),
        rx.cond(Drift.stale != "", stale_banner(Drift.stale)),
        rx.el.div(
            rx.el.div(drift_grid.grid(), drift_grid.timeline(), drift_lists.episodes(), class_name="fw-col"),
            rx.el.div(
                drift_lists.decisions(), drift_rule.rule(), drift_lists.needs(), drift_rule.forms(), class_name="fw-col"
            ),
            class_name="fw-beside",
        ),
    )


def _missing() -> rx.Component:
    return empty("This stream is not here.", Drift.missing, rx.el.div(link_button("Show the fleet", FLEET)))


def _loading() -> rx.Component:
    """The page's shape at its final size."""
    return rx.fragment(
        rx.el.div(
            rx.el.div(block("560px", "20px"), block("420px", "14px", margin="6px 0 0")), class_name="fw-page-head"
        ),
        rx.el.div(
            rx.el.div(block("100%", "312px"), block("100%", "300px"), class_name="fw-col"),
            rx.el.div(block("100%", "220px"), block("100%", "120px"), class_name="fw-col"),
            class_name="fw-beside",
        ),
        rx.el.span("Reading what the tests found", class_name="fw-hidden", role="status"),
    )
