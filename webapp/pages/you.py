"""You: where you are signed in, and your password."""

import reflex as rx

from webapp.components import you_cards
from webapp.components.settings import page_head
from webapp.components.shell import shell
from webapp.components.states import block
from webapp.state.you import You


def you() -> rx.Component:
    """The page."""
    return shell(rx.cond(You.loaded, _content(), _loading()), page="you", label="You")


def _content() -> rx.Component:
    return rx.fragment(
        page_head(You.sentence, "A session ends by itself when it is old, or when nobody uses it for hours."),
        rx.el.div(you_cards.sessions(), you_cards.password(), class_name="fw-beside"),
    )


def _loading() -> rx.Component:
    """The page's shape at its final size."""
    return rx.fragment(
        rx.el.div(block("420px", "40px"), class_name="fw-page-head"),
        rx.el.div(block("100%", "140px"), block("100%", "260px"), class_name="fw-beside"),
        rx.el.span("Looking for your sessions", class_name="fw-hidden", role="status"),
    )
