"""API keys: what programs may do here. Administrators make and end them, operators look."""

import reflex as rx

from webapp.components import keys_cards
from webapp.components.settings import page_head, settings_page
from webapp.components.states import block, empty
from webapp.state.keys import Keys


def keys() -> rx.Component:
    """The page."""
    return settings_page(
        page_head(
            rx.cond(Keys.looks, f"API keys: {Keys.counts}.", "Programs come in with API keys."),
            "A key opens what its scopes say, and is shown once, when it is made.",
            rx.cond(
                Keys.loaded & Keys.looks & ~Keys.changes,
                rx.el.p("An administrator makes and revokes keys.", class_name="fw-second"),
            ),
        ),
        rx.cond(Keys.loaded, _content(), _loading()),
        tab="keys",
    )


def _content() -> rx.Component:
    return rx.cond(
        Keys.looks,
        rx.cond(
            Keys.changes,
            rx.fragment(
                rx.el.div(keys_cards.listing(), keys_cards.form(), class_name="fw-beside"),
                keys_cards.made(),
                keys_cards.revoking(),
            ),
            keys_cards.listing(),
        ),
        empty("Operators and above see which keys there are", "Ask an administrator when a program needs a key."),
    )


def _loading() -> rx.Component:
    """The page's shape at its final size."""
    return rx.fragment(
        rx.el.div(block("100%", "300px"), block("100%", "420px"), class_name="fw-beside"),
        rx.el.span("Looking for keys", class_name="fw-hidden", role="status"),
    )
