"""Your own servers: from the address of a Prometheus server to a stream that is forecast."""

import reflex as rx

from webapp import routes
from webapp.components import connect_cards
from webapp.components.controls import link
from webapp.components.settings import page_head
from webapp.components.shell import shell
from webapp.components.states import block, empty
from webapp.state.connect import Connect


def connect() -> rx.Component:
    """The page."""
    return shell(rx.cond(Connect.loaded, _content(), _loading()), page="connect", label="Connect")


def _content() -> rx.Component:
    return rx.cond(
        Connect.allowed,
        rx.fragment(
            page_head(
                "Forecast your own servers.",
                "Forewarn reads a Prometheus server: eight days of history, then every 5\u00a0minutes.",
                rx.el.p(
                    "Agents can push instead, with ",
                    link("an API key", href=routes.KEYS, class_name="fw-link"),
                    ".",
                    class_name="fw-second",
                ),
            ),
            rx.el.div(connect_cards.form(), connect_cards.preview(), class_name="fw-connect"),
            connect_cards.sources(),
        ),
        empty("Only an administrator connects servers", "Ask one, or sign in as one."),
    )


def _loading() -> rx.Component:
    """The page's shape at its final size."""
    return rx.fragment(
        rx.el.div(block("420px", "40px"), class_name="fw-page-head"),
        rx.el.div(block("100%", "300px"), block("100%", "300px"), class_name="fw-connect"),
        rx.el.span("Looking for sources", class_name="fw-hidden", role="status"),
    )
