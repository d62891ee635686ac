"""The head of the overview: one true sentence, what is next, and the counts that filter."""

from typing import Any

import reflex as rx

from webapp.components.chips import severity_icon
from webapp.components.controls import button, link, opens, popover
from webapp.components.icons import icon
from webapp.components.ticking import age
from webapp.state.fleet import Fleet
from webapp.state.fleet_choices import UNKNOWN, Choice, Count
from webapp.state.shell import Shell


def head() -> rx.Component:
    """Sentence first."""
    return rx.el.header(
        rx.el.div(
            rx.el.h1(rx.cond(Fleet.stale_at != "", _late(), Fleet.title), class_name="fw-say fw-strong fw-title"),
            " ",
            rx.match(
                Fleet.stale_at,
                ("", rx.cond(Fleet.notice != "", _says(Fleet.notice), _next())),
                _says("It said: ", Fleet.title, " This may have changed."),
            ),
            class_name="fw-sentence",
        ),
        rx.el.div(
            rx.el.div(
                rx.foreach(Fleet.counts, _count),
                class_name="fw-counts",
                role="group",
                custom_attrs={"aria-label": "Servers by severity"},
            ),
            rx.el.span(_narrow_filter(), class_name="fw-narrow"),
            class_name="fw-count-row",
        ),
        class_name="fw-page-head fw-fleet-head",
    )


def _late() -> rx.Component:
    """The age comes first when the forecast is older than two ticks."""
    return rx.fragment(
        icon("clock-alert", 15, class_name="fw-warning fw-inline"),
        "Last forecast ",
        age(Shell.made_at, Shell.clock_seen, form="ago"),
        ", at ",
        Fleet.stale_at,
        ".",
    )


def _says(*words: Any) -> rx.Component:
    return rx.el.p(*words, class_name="fw-second")


def _next() -> rx.Component:
    return _says(
        Fleet.lead,
        rx.el.span(Fleet.next_name, class_name="fw-mono fw-next"),
        Fleet.rest,
        rx.el.span(" ", Fleet.others, class_name="fw-wide"),
    )


def _count(one: rx.Var[Count]) -> rx.Component:
    return link(
        rx.cond(one.severity == UNKNOWN, icon("clock-alert", 14), severity_icon(one.severity, 14)),
        rx.cond(one.servers != "", rx.el.b(one.servers)),
        one.label,
        href=one.href,
        title=one.title,
        class_name=f"fw-count {one.severity}",
        custom_attrs={"aria-current": rx.cond(one.on, "true", "false")},
    )


def _narrow_filter() -> rx.Component:
    return rx.el.button(
        icon("list-filter", 13, class_name="fw-quiet"),
        rx.cond(Fleet.profile == "", "All profiles", Fleet.profile),
        icon("chevron-down", 12, class_name="fw-quiet"),
        type="button",
        class_name="fw-control",
        custom_attrs={**opens("fw-filter"), "aria-label": "Filter by profile or name"},
    )


def filter_menu() -> rx.Component:
    """The panel behind every filter control: name and profile."""
    return popover(
        "fw-filter",
        rx.el.form(
            rx.el.label("Name contains", html_for="fw-q", class_name="fw-label"),
            rx.el.input(
                id="fw-q",
                name="q",
                default_value=Fleet.q,
                key=Fleet.q,
                class_name="fw-input",
                auto_complete="off",
                spell_check=False,
                on_change=Fleet.find.debounce(250),
            ),
            on_submit=rx.prevent_default,
            class_name="fw-note fw-field",
        ),
        rx.cond(
            Fleet.q != "",
            rx.el.div(button("Show every name", small=True, on_click=Fleet.find("")), class_name="fw-note"),
        ),
        rx.el.div(rx.foreach(Fleet.profiles, _profile), class_name="fw-menu"),
        label="Filter the servers",
    )


def _profile(one: rx.Var[Choice]) -> rx.Component:
    return link(
        rx.cond(one.on, icon("check", 13), rx.el.span(class_name="fw-blank")),
        one.label,
        href=one.href,
        class_name="fw-item",
        custom_attrs={"data-hides": "", "aria-current": rx.cond(one.on, "true", "false")},
    )
