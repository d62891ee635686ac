"""Live scores on the calibration page: how truth comes in, versions side by side, the timeline, the watch."""

from typing import Any

import reflex as rx

from webapp.components import tables
from webapp.components.calibration_grids import mark
from webapp.components.cards import body, card, foot, head
from webapp.components.controls import button
from webapp.components.icons import icon
from webapp.components.server_cards import problem
from webapp.state.calibration import Calibration
from webapp.state.live_scores import HourLine, VersionLine, WatchLine, columns
from webapp.state.shell import Shell

svg = rx.el.svg
_MAY_DECIDE = ("approver", "admin")


def truth() -> rx.Component:
    """Matured, missing, overdue, and how old the newest truth is."""
    one = Calibration.live.truth
    return card(
        head("Truth", one.counted),
        body(
            rx.el.p(
                rx.cond(one.stale, icon("triangle-alert", 13)),
                rx.el.span(one.sentence),
                class_name=rx.cond(one.stale, "fw-truth-says stale", "fw-truth-says"),
            ),
            rx.el.dl(
                _fact("Matured", one.matured, "truths of the last day that a forecast was compared with"),
                _fact("Missing", one.missing, "a forecast was there, its truth never came: a gap in the feed"),
                _fact("Overdue", one.overdue, "should be known by now, but telemetry is late"),
                class_name="fw-truth-facts",
            ),
        ),
        class_name=rx.cond(one.stale, "fw-truth stale", "fw-truth"),
    )


def _fact(name: str, value: Any, title: str) -> rx.Component:
    return rx.el.div(rx.el.dt(name), rx.el.dd(value), title=title)


def watch() -> rx.Component:
    """What became of the last promotions, who shadows, and whether the policy may roll back."""
    live = Calibration.live
    return card(
        head("After a promotion", rx.cond(live.automatic, "automatic rollback is on", "automatic rollback is off")),
        rx.el.div(
            rx.cond(
                live.watches,
                rx.foreach(live.watches, _watched),
                rx.el.p("No promotion was watched yet: after one, the version before forecasts beside it.",
                        class_name="fw-second"),
            ),
            rx.foreach(live.shadows, lambda one: rx.el.p(one, class_name="fw-meta")),
            class_name="fw-body fw-promoted",
        ),
        foot(_switch()),
    )  # fmt: skip


def _watched(one: rx.Var[WatchLine]) -> rx.Component:
    return rx.el.div(
        rx.el.p(rx.cond(one.back, icon("undo-2", 13)), one.text, class_name=rx.cond(one.back, "fw-back", "")),
        rx.cond(one.detail, rx.el.p(one.detail, class_name="fw-meta")),
    )


def _switch() -> rx.Component:
    """The form of approvers; everybody else reads who may."""
    on = Calibration.live.automatic
    form = rx.el.form(
        rx.el.input(type="hidden", name="to", value=rx.cond(on, "off", "on")),
        rx.el.input(
            name="reason", placeholder="Why; kept in the audit", class_name="fw-input", auto_complete="off",
            max_length=300, aria_label="Why",
            custom_attrs={"aria-invalid": rx.cond(Calibration.problem, "true", "false")},
        ),
        button(rx.cond(on, "Turn automatic rollback off", "Turn automatic rollback on"), small=True, type="submit"),
        on_submit=Calibration.switch_rollback,
        reset_on_submit=True,
        class_name="fw-switch",
    )  # fmt: skip
    may = (Shell.role == _MAY_DECIDE[0]) | (Shell.role == _MAY_DECIDE[1])
    return rx.cond(
        may,
        rx.el.div(form, problem(Calibration.problem), class_name="fw-spring"),
        rx.el.span("An approver may turn automatic rollback on or off.", class_name="fw-meta"),
    )


def versions() -> rx.Component:
    """Who serves, who served and who shadows, by lead time."""
    heads = [
        tables.column("Version"), *[tables.column(one, "fw-right") for one in columns()],
        tables.column("Truths", "fw-right"), tables.column("Missing", "fw-right"),
        tables.column("Error beside champion", "fw-right"),
    ]  # fmt: skip
    widths = ["", *["7%"] * len(columns()), "8%", "10%", "15%"]
    return card(
        head("Versions, last day", "share that the 80\u00a0% interval held, and skill; by lead time"),
        rx.el.div(
            tables.table(
                widths, heads, rx.foreach(Calibration.live.versions, _version), label="Versions, last day",
                class_name="fw-calibration fw-versions",
            ),
            class_name="fw-scroll",
        ),
    )  # fmt: skip


def _version(one: rx.Var[VersionLine]) -> rx.Component:
    return tables.row(
        tables.cell(
            rx.el.span(one.name, class_name=rx.cond(one.shadow, "fw-medium fw-shadowed", "fw-medium")),
            rx.el.span(one.role, class_name="fw-meta fw-role"),
        ),
        rx.foreach(one.marks, mark),
        tables.cell(one.count, class_name="fw-right fw-quiet"),
        tables.cell(one.missing, class_name="fw-right fw-quiet"),
        tables.cell(one.against, class_name="fw-right fw-against", title=one.against_title),
    )


def timeline() -> rx.Component:
    """Skill and coverage hour by hour, with the moments at which the champion changed."""
    live = Calibration.live
    return card(
        head(
            "Hour by hour",
            "of stream time",
            rx.el.span("champion", class_name="fw-line-key champion"),
            rx.cond(live.shadow_name, rx.el.span(live.shadow_name, ", in the shadow", class_name="fw-line-key shadow")),
        ),
        rx.el.div(
            rx.el.div(
                rx.el.div(rx.foreach(live.moments, _words), class_name="fw-moments"),
                _panel("Skill", live.skill, target=False),
                _panel("80\u00a0% held", live.held, target=True),
                rx.el.div(rx.foreach(live.ticks, _tick), class_name="fw-live-ticks"),
                role="img",
                custom_attrs={"aria-label": live.chart_says},
            ),
            class_name="fw-body fw-live-chart",
        ),
        rx.el.details(
            rx.el.summary("The last day as a table"),
            tables.table(
                ["90px", "", ""],
                [tables.column("Up to"), tables.column("Champion"), tables.column("Shadow")],
                rx.foreach(live.table, _hour_row), label="The last day, hour by hour",
            ),
            class_name="fw-as-table",
        ),
    )  # fmt: skip


def _panel(label: str, one: Any, *, target: bool) -> rx.Component:
    goal = (
        svg.rect(x="0", width="1000", y="34", height="12", class_name="fw-target")
        if target
        else svg.line(x1="0", x2="1000", y1=one.zero, y2=one.zero, class_name="fw-zero")
    )
    return rx.el.div(
        rx.el.span(label, class_name="fw-panel-name"),
        rx.el.span(one.top, class_name="fw-panel-top"),
        rx.el.span(one.bottom, class_name="fw-panel-bottom"),
        rx.el.div(
            svg(
                goal,
                svg.path(d=one.shadow, class_name="fw-live-line shadow"),
                svg.path(d=one.champion, class_name="fw-live-line champion"),
                custom_attrs={"viewBox": "0 0 1000 100", "preserveAspectRatio": "none", "aria-hidden": "true"},
            ),
            rx.foreach(Calibration.live.moments, lambda it: rx.el.i(class_name="fw-moment", style={"left": it.left})),
            rx.foreach(Calibration.live.hours, _strip),
            class_name="fw-panel-plot",
        ),
        class_name="fw-panel",
    )


def _strip(one: rx.Var[HourLine]) -> rx.Component:
    return rx.el.b(class_name="fw-strip", style={"left": one.left, "width": one.width}, title=one.title)


def _words(one: Any) -> rx.Component:
    return rx.el.span(
        rx.cond(one.shown, one.text, ""),
        class_name=rx.cond(one.back, "fw-moment-text back", "fw-moment-text"),
        style={"left": one.left, "top": rx.cond(one.level == 0, "15px", "0px")},
    )


def _tick(one: Any) -> rx.Component:
    return rx.el.span(one.text, style={"left": one.left})


def _hour_row(one: rx.Var[HourLine]) -> rx.Component:
    return tables.row(tables.cell(one.at), tables.cell(one.champion), tables.cell(one.shadow, class_name="fw-second"))
