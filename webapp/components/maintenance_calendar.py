"""The fortnight of maintenance as SVG: names of the lanes at the left, days as columns beside them."""

import reflex as rx

from webapp.charts.maintenance import Bar, Day, Row
from webapp.components.cards import card, head
from webapp.state.maintenance import Maintenance

svg = rx.el.svg


def calendar() -> rx.Component:
    """The card with the picture and its key."""
    shown = Maintenance.calendar
    return card(
        head("The coming 14 days", "by profile", _key()),
        rx.el.div(
            _names(),
            svg(
                rx.foreach(shown.days, _weekend),
                rx.foreach(shown.rows, lambda one: _line(one.top)),
                _line(shown.foot),
                rx.foreach(shown.days, _day),
                rx.foreach(shown.there, _there),
                rx.foreach(shown.bars, _bar),
                svg.line(x1=shown.now, x2=shown.now, y1="18", y2=shown.foot, class_name="fw-upkeep-now"),
                width="100%",
                height=shown.height,
                class_name="fw-open",
            ),
            class_name="fw-upkeep-map",
            role="img",
            custom_attrs={"aria-label": shown.label},
        ),
        class_name="fw-upkeep-card",
    )


def _names() -> rx.Component:
    shown = Maintenance.calendar
    return svg(
        svg.text(f"Days in {shown.here}", x="0", y="13", class_name="fw-axis"),
        rx.foreach(shown.rows, _name),
        rx.cond(
            shown.there_name != "",
            svg.text(f"Days in {shown.there_name}", x="0", dy="13", y=shown.foot, class_name="fw-axis"),
        ),
        width="100%",
        height=shown.height,
    )


def _name(one: rx.Var[Row]) -> rx.Component:
    return svg.g(
        svg.text(one.profile, x="0", y=one.text, class_name="fw-tag"),
        svg.text(one.servers, x="100%", dx="-12", y=one.text, text_anchor="end", class_name="fw-axis"),
    )


def _line(y: rx.Var[str]) -> rx.Component:
    return svg.line(x1="0", x2="100%", y1=y, y2=y, class_name="fw-grid")


def _weekend(one: rx.Var[Day]) -> rx.Component:
    return rx.cond(
        one.weekend,
        svg.rect(x=one.x, width=one.width, y="22", height=Maintenance.calendar.lanes, class_name="fw-upkeep-weekend"),
        rx.fragment(),
    )


def _day(one: rx.Var[Day]) -> rx.Component:
    return svg.g(
        svg.line(x1=one.x, x2=one.x, y1="4", y2=Maintenance.calendar.foot, class_name="fw-grid"),
        svg.text(one.label, x=one.x, dx="5", y="13", class_name="fw-axis"),
    )


def _there(one: rx.Var[tuple[str, str]]) -> rx.Component:
    foot = Maintenance.calendar.foot
    return svg.g(
        svg(
            svg.line(x1="0", x2="0", y1="0", y2="16", class_name="fw-upkeep-there"),
            class_name="fw-open",
            custom_attrs={"x": one[0], "y": foot},
        ),
        svg.text(one[1], x=one[0], dx="5", y=foot, dy="13", class_name="fw-axis"),
    )


def _bar(one: rx.Var[Bar]) -> rx.Component:
    return svg.rect(
        svg.title(one.title),
        x=one.x,
        y=one.y,
        width=one.width,
        height=one.height,
        class_name=f"fw-upkeep-bar {one.kind}",
    )


def _key() -> rx.Component:
    kinds = (("whole", "whole profile", "12"), ("some", "some servers", "7"), ("simulated", "simulator", "3"))
    return rx.el.ul(
        *[
            rx.el.li(
                svg(
                    svg.rect(
                        x="0", y=str(6 - int(height) / 2), width="10", height=height, class_name=f"fw-upkeep-bar {kind}"
                    ),
                    width="10",
                    height="12",
                    custom_attrs={"aria-hidden": "true"},
                ),
                label,
            )
            for kind, label, height in kinds
        ],
        class_name="fw-upkeep-key fw-meta",
    )
