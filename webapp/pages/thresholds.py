"""Thresholds: what counts as a breach on this stream, for each profile and metric, and changing that."""

import reflex as rx

from webapp.components import thresholds_grid
from webapp.components.chips import pill
from webapp.components.controls import link_button
from webapp.components.settings import page_head, settings_page
from webapp.components.states import block, empty
from webapp.routes import FLEET
from webapp.state.thresholds import Thresholds


def thresholds() -> rx.Component:
    """The page."""
    return settings_page(
        rx.cond(Thresholds.loaded, rx.cond(Thresholds.missing, _missing(), _content()), _loading()), tab="thresholds"
    )


def _content() -> rx.Component:
    return rx.fragment(
        page_head(
            Thresholds.sentence,
            Thresholds.behind,
            rx.cond(Thresholds.judging, pill("Judging the newest risks", "accent", "hourglass")),
        ),
        rx.el.div(thresholds_grid.grid(), thresholds_grid.picked(), class_name="fw-beside"),
    )


def _missing() -> rx.Component:
    return empty("This stream is not here.", Thresholds.missing, rx.el.div(link_button("Show the fleet", FLEET)))


def _loading() -> rx.Component:
    """The page's shape at its final size."""
    return rx.fragment(
        rx.el.div(
            rx.el.div(block("420px", "20px"), block("560px", "14px", margin="6px 0 0")), class_name="fw-page-head"
        ),
        rx.el.div(block("100%", "384px"), block("100%", "120px"), class_name="fw-beside"),
        rx.el.span("Reading thresholds", class_name="fw-hidden", role="status"),
    )
