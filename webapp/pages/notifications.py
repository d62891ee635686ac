"""Notifications: who outside hears of what happens, and whether it reached them."""

import reflex as rx

from webapp.components import notification_cards
from webapp.components.settings import page_head, settings_page
from webapp.components.states import block, failed_banner
from webapp.state.notifications import Notifications


def notifications() -> rx.Component:
    """The page."""
    return settings_page(rx.cond(Notifications.loaded, _content(), _loading()), tab="notifications")


def _content() -> rx.Component:
    return rx.cond(
        Notifications.trouble,
        failed_banner(Notifications.trouble),
        rx.fragment(
            page_head(Notifications.sentence, Notifications.behind, rx.cond(~Notifications.may_change, _who())),
            rx.el.div(
                rx.el.div(notification_cards.targets(), notification_cards.sent(), class_name="fw-col"),
                rx.cond(Notifications.may_change, notification_cards.form()),
                class_name=rx.cond(Notifications.may_change, "fw-beside", "fw-col"),
            ),
        ),
    )


def _who() -> rx.Component:
    return rx.el.p("An administrator adds targets and sees their addresses.", class_name="fw-second")


def _loading() -> rx.Component:
    """The page's shape at its final size."""
    return rx.fragment(
        rx.el.div(block("420px", "40px"), class_name="fw-page-head"),
        rx.el.div(
            rx.el.div(block("100%", "140px"), block("100%", "140px"), class_name="fw-col"),
            block("100%", "320px"),
            class_name="fw-beside",
        ),
        rx.el.span("Looking for targets", class_name="fw-hidden", role="status"),
    )
