"""The panels behind the bar's controls: streams, the clock, the lever's reason, the person."""

import reflex as rx

from webapp import routes
from webapp.components.controls import button, closes, dialog, field, link, native_form, popover, shows
from webapp.components.icons import icon
from webapp.components.ticking import stream_clock
from webapp.core.policies.scenarios import LONGEST_REASON
from webapp.state.palette import SPEEDS, speed_label
from webapp.state.shell import Shell, StreamItem


def streams_menu() -> rx.Component:
    return popover(
        "fw-streams",
        rx.el.div(rx.foreach(Shell.streams, _stream), class_name="fw-menu"),
        label="Streams",
        class_name="fw-streams",
    )


def _stream(one: rx.Var[StreamItem]) -> rx.Component:
    return link(
        rx.el.span(rx.el.span(one.slug, class_name="fw-medium"), " ", rx.el.span(one.kind, class_name="fw-quiet")),
        rx.el.span(rx.el.span(class_name=f"fw-lamp {one.tone}"), one.state, class_name="fw-second"),
        rx.el.span(one.clock, ", ", one.champion, class_name="fw-meta"),
        href=one.href,
        class_name="fw-item fw-stream",
        custom_attrs={"data-hides": "", "aria-current": rx.cond(one.current, "true", "false")},
    )


def clock_menu() -> rx.Component:
    values = (Shell.clock_at, Shell.clock_seen, Shell.clock_speed, Shell.clock_until)
    return popover(
        "fw-clock-menu",
        rx.el.dl(
            rx.el.dt("Stream time"),
            rx.el.dd(stream_clock(*values), " ", rx.el.span(Shell.zone, class_name="fw-quiet")),
            rx.el.dt("Wall time"),
            rx.el.dd(stream_clock(Shell.clock_seen, Shell.clock_seen, 1, 0)),
            rx.el.dt("Planned in"),
            rx.el.dd(Shell.planned_in),
            class_name="fw-pairs",
        ),
        rx.cond(
            Shell.live,
            rx.el.p("A live stream runs on wall time; there is nothing to set.", class_name="fw-meta fw-note"),
            _speeds(),
        ),
        label="The stream's clock",
        class_name="fw-clock-menu",
        side="right",
    )


def _speeds() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            *[_speed(one) for one in SPEEDS],
            class_name="fw-speeds",
            role="group",
            custom_attrs={"aria-label": "Speed of the clock"},
        ),
        rx.el.div(
            rx.cond(
                Shell.paused,
                button("Resume", sign="play", kind="primary", on_click=Shell.resume),
                button("Pause", sign="pause", on_click=Shell.pause),
            ),
            class_name="fw-note",
        ),
    )


def _speed(speed: str) -> rx.Component:
    return rx.el.button(
        "max" if speed == "0" else f"{speed}×",
        type="button",
        class_name="fw-btn small",
        on_click=Shell.set_speed(speed),
        title=speed_label(speed),
        custom_attrs={"aria-pressed": rx.cond((Shell.speed == speed) & ~Shell.paused, "true", "false")},
    )


def release_dialog() -> rx.Component:
    return dialog(
        "fw-release",
        rx.el.form(
            rx.el.h2("Allow injection on ", Shell.slug, " again?"),
            rx.el.p(
                Shell.injection_note,
                ". Scenarios can degrade its servers again from the next tick on.",
                class_name="fw-second",
            ),
            rx.cond(
                (Shell.injection_by == Shell.person) & (Shell.injection_why == ""),
                button("Say first why you stopped it", small=True, custom_attrs={**shows("fw-why"), **closes()}),
            ),
            _reason("fw-reason", "Reason, kept in the audit"),
            rx.el.div(
                button("Keep it stopped", custom_attrs=closes()),
                button("Allow injection", kind="primary", type="submit"),
                class_name="fw-actions",
            ),
            on_submit=Shell.allow_injection,
            reset_on_submit=True,
        ),
        label="Allow injection again",
    )


def why_dialog() -> rx.Component:
    """Asked after the stop, never before it: all scenarios have ended already."""
    return dialog(
        "fw-why",
        rx.el.form(
            rx.el.h2("Why did you stop injection on ", Shell.slug, "?"),
            rx.el.p("It is stopped already. Others see your reason beside your name.", class_name="fw-second"),
            _reason("fw-why-reason", "Reason of the stop, kept in the audit"),
            rx.el.div(
                button("Later", custom_attrs=closes()),
                button("Keep the reason", kind="primary", type="submit"),
                class_name="fw-actions",
            ),
            on_submit=Shell.explain_stop,
            reset_on_submit=True,
        ),
        label="Explain the stop",
    )


def _reason(name: str, label: str) -> rx.Component:
    area = rx.el.textarea(
        id=name, name="reason", rows="3", required=True, max_length=LONGEST_REASON, class_name="fw-input",
        auto_focus=True,
    )  # fmt: skip
    return field(label, area, name=name)


def person_menu() -> rx.Component:
    return popover(
        "fw-person",
        rx.el.div(
            rx.el.div(
                rx.el.div(Shell.person, class_name="fw-medium"),
                rx.el.div(Shell.role, class_name="fw-meta"),
                class_name="fw-note",
            ),
            rx.el.hr(),
            link(
                icon("user"),
                "Sessions and password",
                href=rx.cond(Shell.slug != "", f"{routes.YOU}?stream={Shell.slug}", routes.YOU),
                class_name="fw-item",
                custom_attrs={"data-hides": ""},
            ),
            rx.el.button(
                icon("sun-moon"), "Dark or light", type="button", class_name="fw-item", on_click=rx.toggle_color_mode
            ),
            native_form(
                rx.el.button(icon("log-out"), "Sign out", type="submit", class_name="fw-item"),
                action=routes.LOGOUT,
                method="post",
            ),
            class_name="fw-menu",
        ),
        label="You",
        side="right",
    )
