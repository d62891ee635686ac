"""The rail: where one can go, and at its foot how Forewarn itself is."""

import reflex as rx

from webapp import routes
from webapp.components.controls import link
from webapp.components.icons import icon, logo
from webapp.components.ticking import age
from webapp.state.shell import Shell


def rail(page: str) -> rx.Component:
    """The rail with `page` marked as the one that is open."""
    return rx.el.nav(
        link(logo(), rx.el.span("Forewarn"), href=_to(routes.FLEET), class_name="fw-brand", title="Forewarn"),
        _group("Watch"),
        _item("Fleet", "radar", _to(routes.FLEET), page == "fleet"),
        _item("Incidents", "octagon-alert", _to(routes.INCIDENTS), page == "incidents", _open()),
        _item("Scenarios", "flask-conical", _to(routes.SCENARIOS), page == "scenarios", _running()),
        _group("Models"),
        _item("Models", "box", _to(routes.MODELS), page == "models", _waiting()),
        _item("Training", "cpu", _to(routes.TRAINING), page == "training"),
        _item("Calibration", "gauge", _to(routes.CALIBRATION), page == "calibration"),
        _item("Drift", "trending-up", _to(routes.DRIFT), page == "drift"),
        _group("Run"),
        _item("Connect", "cable", _to(routes.CONNECT), page == "connect"),
        _item("Jobs", "calendar-clock", _to(routes.JOBS), page == "jobs"),
        _item("Audit", "scroll-text", _to(routes.AUDIT), page == "audit"),
        _item("Settings", "settings", _to(routes.THRESHOLDS), page == "settings"),
        rx.el.div(class_name="fw-spring"),
        _health(),
        class_name="fw-rail",
        custom_attrs={"aria-label": "Pages"},
    )


def _to(path: str) -> rx.Var[str]:
    return rx.cond(Shell.slug != "", f"{path}?stream={Shell.slug}", path)


def _group(label: str) -> rx.Component:
    return rx.el.h6(rx.el.span(label))


def _item(label: str, sign: str, href: rx.Var[str], on: bool, count: rx.Component | None = None) -> rx.Component:
    return link(
        icon(sign, 15),
        rx.el.span(label),
        *([count] if count is not None else []),
        href=href,
        class_name="fw-nav",
        title=label,
        custom_attrs={"aria-current": "page"} if on else {},
    )


def _open() -> rx.Component:
    count = rx.el.i(Shell.incidents, class_name="fw-critical", custom_attrs={"aria-label": f"{Shell.incidents} open"})
    return rx.cond(Shell.incidents > 0, count)


def _running() -> rx.Component:
    return rx.cond(Shell.running > 0, rx.el.i(Shell.running, custom_attrs={"aria-label": f"{Shell.running} running"}))


def _waiting() -> rx.Component:
    label = f"{Shell.candidates} to decide on"
    return rx.cond(Shell.candidates > 0, rx.el.i(Shell.candidates, custom_attrs={"aria-label": label}))


def _health() -> rx.Component:
    """How many servers have a forecast, how old it is, who made it and how good that is; leads to the jobs page."""
    return link(
        rx.el.span(class_name=f"fw-lamp {Shell.health_tone}"),
        rx.el.span(
            rx.el.b(Shell.health),
            rx.el.br(),
            rx.cond(Shell.made_at > 0, rx.fragment(age(Shell.made_at, Shell.clock_seen), ", "), ""),
            Shell.champion,
            rx.cond(Shell.skill.text != "", rx.el.span(Shell.skill.text, class_name="fw-skill")),
            rx.cond(
                Shell.skill.worse != "",
                rx.el.span(icon("triangle-alert", 12), Shell.skill.worse, class_name="fw-worse"),
            ),
        ),
        href=_to(routes.JOBS),
        class_name="fw-health",
        title=f"{Shell.health}, {Shell.champion}. {Shell.skill.title}",
    )
