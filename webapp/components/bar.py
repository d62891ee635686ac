"""The bar: which stream, search and commands, its clock, the safety lever, the theme, who is signed in."""

import reflex as rx

from webapp.components.chips import pill
from webapp.components.controls import opens, shows
from webapp.components.icons import icon
from webapp.components.menus import clock_menu, person_menu, release_dialog, streams_menu, why_dialog
from webapp.components.ticking import stream_clock
from webapp.core.policies.roles import Role
from webapp.state.shell import Shell


def bar(*crumbs: rx.Component) -> rx.Component:
    """The bar; `crumbs` stand beside the stream, for a page below another."""
    return rx.el.header(
        _switch(),
        *crumbs,
        rx.el.span(class_name="fw-spring"),
        _search(),
        rx.el.span(class_name="fw-spring"),
        _clock(),
        _lever(),
        _theme(),
        _person(),
        streams_menu(),
        clock_menu(),
        person_menu(),
        release_dialog(),
        why_dialog(),
        class_name="fw-bar",
    )


def crumb(label: rx.Var[str] | str) -> rx.Component:
    """What lies below the stream: a server's name."""
    return rx.el.span(
        icon("chevron-right", 13), rx.el.span(label, title=label, class_name="fw-mono"), class_name="fw-crumb"
    )


def _switch() -> rx.Component:
    return rx.el.button(
        icon("server", 14, class_name="fw-quiet"),
        rx.el.span(Shell.slug, class_name="fw-medium"),
        rx.el.span(Shell.kind, class_name="fw-quiet"),
        icon("chevrons-up-down", 13, class_name="fw-quiet"),
        type="button",
        class_name="fw-control",
        custom_attrs={**opens("fw-streams"), "aria-label": "Switch the stream"},
    )


def _search() -> rx.Component:
    return rx.el.button(
        icon("search"),
        rx.el.span("Search or run a command", class_name="fw-wide"),
        rx.el.span("Search", class_name="fw-narrow"),
        rx.el.kbd("Ctrl K", class_name="fw-kbd"),
        type="button",
        class_name="fw-control fw-search",
        custom_attrs={**shows("fw-palette"), "aria-label": "Search or run a command", "aria-keyshortcuts": "Control+K"},
    )


def _clock() -> rx.Component:
    values = (Shell.clock_at, Shell.clock_seen, Shell.clock_speed, Shell.clock_until)
    return rx.el.button(
        icon("clock-4", 14, class_name="fw-quiet"),
        stream_clock(*values, class_name="fw-clock fw-wide"),
        stream_clock(*values, form="time", class_name="fw-clock fw-narrow"),
        rx.el.span(Shell.zone, class_name="fw-quiet"),
        rx.el.span(pill(Shell.clock_label, "accent"), class_name="fw-wide"),
        rx.el.span(pill(Shell.clock_short, "accent"), class_name="fw-narrow"),
        type="button",
        class_name="fw-control",
        custom_attrs={**opens("fw-clock-menu"), "aria-label": "The stream's clock"},
    )


def _lever() -> rx.Component:
    """One red click stops every scenario; the reason may follow, allowing again asks for one."""
    return rx.cond(
        ~Shell.simulated,
        _standing("No injection here", "No injection", "shield-check", "fw-quiet"),
        rx.cond(
            Shell.role == Role.VIEWER.value,
            rx.cond(
                Shell.injection_allowed,
                _standing("Injection allowed", "Injection", "shield-check", "fw-quiet"),
                _standing("Injection stopped", "Injection stopped", "octagon-x", "fw-lever stopped"),
            ),
            rx.cond(Shell.injection_allowed, _pull(), _release()),
        ),
    )


def _standing(label: str, short: str, sign: str, tone: str) -> rx.Component:
    """How the lever stands, for those who may not move it."""
    return rx.el.span(
        icon(sign, 14),
        rx.el.span(label, class_name="fw-wide"),
        rx.el.span(short, class_name="fw-narrow"),
        class_name=f"fw-control {tone}",
        title=Shell.injection_note,
    )


def _pull() -> rx.Component:
    return rx.el.button(
        icon("octagon-x", 14),
        rx.el.span("Stop injection"),
        type="button",
        role="switch",
        class_name="fw-control fw-lever",
        on_click=Shell.stop_injection,
        title=Shell.injection_note,
        custom_attrs={"aria-checked": "true", "aria-label": "Stop injection. Injection allowed: one click stops all"},
    )


def _release() -> rx.Component:
    return rx.el.button(
        icon("octagon-x", 14),
        rx.el.span("Injection stopped"),
        type="button",
        role="switch",
        class_name="fw-control fw-lever stopped",
        title=Shell.injection_note,
        custom_attrs={**shows("fw-release"), "aria-checked": "false", "aria-label": "Injection stopped: allow it"},
    )


def _theme() -> rx.Component:
    return rx.el.button(
        icon("sun-moon", 15, class_name="fw-second"),
        type="button",
        class_name="fw-control fw-square",
        on_click=rx.toggle_color_mode,
        title="Dark or light",
        custom_attrs={"aria-label": "Dark or light"},
    )


def _person() -> rx.Component:
    return rx.el.button(
        Shell.initials,
        type="button",
        class_name="fw-avatar",
        custom_attrs={**opens("fw-person"), "aria-label": "You"},
    )
