"""What a person sees while the browser cannot reach the console: the last values, and that they are the last."""

import reflex as rx
from reflex_components_core.core.banner import has_too_many_connection_errors


def lost_connection() -> rx.Component:
    """A note at the bottom right; the browser tries again by itself and the note goes when it succeeds."""
    return rx.cond(
        has_too_many_connection_errors,
        rx.el.div(
            rx.el.span(class_name="fw-lamp warning"),  # no icon: its file cannot be read now
            rx.el.span("The console does not answer. The last values stay; trying again."),
            class_name="fw-lost",
            role="alert",
        ),
    )
