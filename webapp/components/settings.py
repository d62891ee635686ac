"""The frame of the settings pages: one strip of tabs, one page a tab."""

import reflex as rx

from webapp import routes
from webapp.components.controls import link
from webapp.components.shell import shell
from webapp.state.shell import Shell

TABS = (
    ("thresholds", "Thresholds", routes.THRESHOLDS),
    ("maintenance", "Maintenance", routes.MAINTENANCE),
    ("inventory", "Servers", routes.INVENTORY),
    ("people", "People", routes.PEOPLE),
    ("keys", "API keys", routes.KEYS),
    ("notifications", "Notifications", routes.NOTIFICATIONS),
    ("retention", "Retention", routes.RETENTION),
)


def settings_page(*children: rx.Component, tab: str) -> rx.Component:
    """`children` below the tabs, of which `tab` is open."""
    label = next(name for key, name, _ in TABS if key == tab)
    return shell(_tabs(tab), *children, page="settings", label=f"Settings, {label.lower()}")


def page_head(title: rx.Var[str] | str, below: rx.Var[str] | str, *controls: rx.Component) -> rx.Component:
    """What the page is for, in one sentence, and what holds now."""
    return rx.el.div(
        rx.el.div(rx.el.h1(rx.el.b(title), class_name="fw-say"), rx.el.p(below, class_name="fw-second")),
        rx.el.span(class_name="fw-spring"),
        *controls,
        class_name="fw-page-head",
    )


def _tabs(on: str) -> rx.Component:
    return rx.el.nav(
        *[
            link(
                name,
                href=rx.cond(Shell.slug != "", f"{path}?stream={Shell.slug}", path),
                class_name="fw-tab",
                custom_attrs={"aria-current": "page"} if key == on else {},
            )
            for key, name, path in TABS
        ],
        class_name="fw-tabs",
        custom_attrs={"aria-label": "Settings"},
    )
