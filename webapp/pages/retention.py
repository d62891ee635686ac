"""Retention: how full the store is, what is kept how long, and the sweeps that keep it so."""

import reflex as rx

from webapp.components import retention_cards
from webapp.components.controls import button
from webapp.components.settings import page_head, settings_page
from webapp.components.states import block, failed_banner, stale_banner
from webapp.state.retention import Retention


def retention() -> rx.Component:
    """The page."""
    return settings_page(rx.cond(Retention.loaded, _content(), _loading()), tab="retention")


def _content() -> rx.Component:
    sweep = button(
        rx.cond(Retention.sweeping, "Sweeping", "Sweep now"), sign="rotate-cw", on_click=Retention.sweep_now,
        disabled=Retention.sweeping, title="Delete now what the limits in force do not keep",
    )  # fmt: skip
    return rx.cond(
        Retention.trouble,
        failed_banner(Retention.trouble),
        rx.fragment(
            page_head(Retention.sentence, Retention.behind, rx.cond(Retention.may_change, sweep, _who())),
            rx.cond(Retention.warning, stale_banner(Retention.warning)),
            rx.el.div(
                rx.el.div(
                    retention_cards.stored(), retention_cards.limits(), retention_cards.sweeps(), class_name="fw-col"
                ),
                rx.cond(Retention.may_change, retention_cards.change()),
                class_name=rx.cond(Retention.may_change, "fw-beside", "fw-col"),
            ),
        ),
    )


def _who() -> rx.Component:
    return rx.el.p("An administrator changes what is kept, and may sweep at once.", class_name="fw-second")


def _loading() -> rx.Component:
    """The page's shape at its final size."""
    return rx.fragment(
        rx.el.div(block("420px", "40px"), class_name="fw-page-head"),
        rx.el.div(
            rx.el.div(*[block("100%", height) for height in ("262px", "192px", "120px")], class_name="fw-col"),
            block("100%", "420px"),
            class_name="fw-beside",
        ),
        rx.el.span("Looking at the store", class_name="fw-hidden", role="status"),
    )
