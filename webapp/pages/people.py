"""People: who may sign in, as what, and the ways to change that."""

import reflex as rx

from webapp import routes
from webapp.components import people_cards
from webapp.components.controls import link_button
from webapp.components.settings import page_head, settings_page
from webapp.components.states import block, empty, failed_banner
from webapp.state.people import People


def people() -> rx.Component:
    """The page."""
    return settings_page(rx.cond(People.loaded, _content(), _loading()), tab="people")


def _content() -> rx.Component:
    return rx.cond(
        People.allowed,
        rx.fragment(
            rx.cond(
                People.trouble != "",
                failed_banner(People.trouble),
                page_head(People.sentence, People.below),
            ),
            rx.el.div(
                people_cards.listing(),
                rx.el.div(
                    people_cards.made_link(),
                    rx.cond(People.chosen.name != "", people_cards.detail(), people_cards.add()),
                    class_name="fw-people-side",
                ),
                class_name="fw-beside",
            ),
            people_cards.disable_dialog(),
        ),
        empty(
            "Only administrators see who may sign in",
            "Your own sessions and password are on a page of their own.",
            rx.el.div(link_button("Your sessions and password", routes.YOU, sign="user")),
        ),
    )


def _loading() -> rx.Component:
    """The page's shape at its final size."""
    return rx.fragment(
        rx.el.div(block("420px", "40px"), class_name="fw-page-head"),
        rx.el.div(block("100%", "240px"), block("100%", "300px"), class_name="fw-beside"),
        rx.el.span("Looking for people", class_name="fw-hidden", role="status"),
    )
