"""The intervals card: what the 80 % intervals held, by lead time, each share with its count and its uncertainty."""

import reflex as rx

from webapp.components import cards
from webapp.components.controls import link
from webapp.components.states import block
from webapp.routes import CALIBRATION
from webapp.state.fleet import Fleet
from webapp.state.fleet_intervals import Bucket
from webapp.state.shell import Shell

svg = rx.el.svg


def intervals_card() -> rx.Component:
    """Measured coverage beside the promise."""
    return cards.card(
        cards.head(
            "Intervals",
            "what the 80\u00a0% interval held",
            link("Calibration", href=f"{CALIBRATION}?stream={Shell.slug}", class_name="fw-link"),
        ),
        rx.el.div(
            rx.cond(
                Fleet.phase == "",
                block("auto", "150px"),
                rx.fragment(
                    rx.foreach(Fleet.buckets, _line),
                    rx.el.div(
                        rx.el.span("Target 77 to 83\u00a0%"),
                        rx.el.span(Fleet.widths),
                        class_name="fw-meta fw-bucket-foot",
                    ),
                ),
            ),
            class_name="fw-body",
        ),
        class_name="fw-intervals",
    )


def _line(one: rx.Var[Bucket]) -> rx.Component:
    return rx.el.div(
        rx.el.span(one.lead, class_name="fw-second"),
        rx.cond(
            one.held == "",
            rx.el.span(one.count, class_name="fw-meta fw-span"),
            rx.fragment(
                rx.el.span(one.held, class_name="fw-held"),
                rx.el.span(
                    one.count,
                    rx.cond((one.verdict == "low") | (one.verdict == "high"), rx.el.b(f", {one.verdict}")),
                    class_name="fw-meta fw-nowrap",
                ),
                _track(one),
            ),
        ),
        class_name=f"fw-bucket {one.verdict}",
        title=one.title,
    )


def _track(one: rx.Var[Bucket]) -> rx.Component:
    """Dot and bar on a track from 0 to 100, the target shaded."""
    return svg(
        svg.rect(x="77%", y="1", width="6%", height="10", class_name="fw-target"),
        svg.line(x1="0", x2="100%", y1="6", y2="6", stroke="var(--fw-line)"),
        svg.rect(x=one.low, y="4", width=one.span, height="4", rx="2", class_name="fw-wilson"),
        svg.circle(cx=one.dot, cy="6", r="3.2", class_name="fw-wilson-dot"),
        width="74",
        height="12",
        custom_attrs={"aria-hidden": "true"},
    )
