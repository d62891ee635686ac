"""The frame that every signed-in page stands in."""

import reflex as rx

from webapp.components.bar import bar
from webapp.components.connection import lost_connection
from webapp.components.palette import palette
from webapp.components.rail import rail
from webapp.components.states import failed_banner, stale_banner
from webapp.state.shell import Shell


def shell(*children: rx.Component, page: str, crumbs: tuple[rx.Component, ...] = (), label: str = "") -> rx.Component:
    """`children` below the bar and beside the rail; `page` is the entry that is marked in the rail."""
    return rx.el.div(
        rx.el.a("Skip to the page", href="#page", class_name="fw-btn fw-skip"),
        rail(page),
        bar(*crumbs),
        rx.el.main(
            rx.match(
                Shell.trouble_tone,
                ("failed", failed_banner(Shell.trouble)),
                ("stale", stale_banner(Shell.trouble)),
                rx.fragment(),
            ),
            *children,
            id="page",
            class_name="fw-main",
            custom_attrs={"aria-label": label or page},
        ),
        palette(),
        lost_connection(),
        class_name="fw-app",
    )
