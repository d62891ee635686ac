"""How far the forecasts may be trusted: coverage and skill on truth that has matured, by lead, metric and profile."""

import reflex as rx

from webapp.components import calibration_grids, live_scores
from webapp.components.chips import pill
from webapp.components.controls import link_button
from webapp.components.shell import shell
from webapp.components.states import block, empty
from webapp.routes import FLEET
from webapp.state.calibration import Calibration


def calibration() -> rx.Component:
    """The page."""
    return shell(
        rx.cond(Calibration.loaded, rx.cond(Calibration.missing, _missing(), _content()), _loading()),
        page="calibration",
        label="Calibration",
    )


def _content() -> rx.Component:
    return rx.fragment(
        _head(),
        rx.el.div(
            rx.cond(
                Calibration.live.any,
                rx.fragment(
                    rx.el.div(live_scores.truth(), live_scores.watch(), class_name="fw-live-top"),
                    live_scores.versions(),
                    live_scores.timeline(),
                ),
            ),
            rx.cond(Calibration.first, _nothing(), _grids()),
            class_name="fw-col",
        ),
    )


def _head() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h1(rx.el.b(Calibration.sentence), class_name="fw-say"),
            rx.el.p(rx.cond(Calibration.first, Calibration.first, Calibration.behind), class_name="fw-second"),
        ),
        rx.cond(Calibration.worse, pill(Calibration.worse, "warning", "triangle-alert")),
        class_name="fw-page-head",
    )


def _grids() -> rx.Component:
    return rx.fragment(
        calibration_grids.by_metric(),
        calibration_grids.by_profile(),
        rx.el.p(
            "Target: 77 to 83\u00a0% held; an arrow says which way it is off. Skill is how much smaller the loss is "
            "than that of yesterday's curve with intervals from its own errors of the last week: 1 is perfect, below 0 "
            "worse.",
            class_name="fw-meta",
        ),
    )


def _nothing() -> rx.Component:
    """What is known before anything matured, and what will stand here."""
    return rx.el.section(
        empty(
            rx.cond(Calibration.tested, "Until then, from tests", "Nothing is known of it yet"),
            rx.cond(Calibration.tested, Calibration.tested, "Its artefact brings no evaluation."),
            rx.el.p(
                "Then this page shows, for each metric and profile and by lead time, the share of truths that the "
                "80\u00a0% interval held and the skill against yesterday's curve, with their counts.",
                class_name="fw-second",
            ),
            rx.el.div(link_button("Show the fleet", FLEET)),
        ),
        class_name="fw-card",
    )


def _missing() -> rx.Component:
    return empty("This stream is not here.", Calibration.missing, rx.el.div(link_button("Show the fleet", FLEET)))


def _loading() -> rx.Component:
    """The page's shape at its final size."""
    return rx.fragment(
        rx.el.div(
            rx.el.div(block("560px", "20px"), block("420px", "14px", margin="6px 0 0")), class_name="fw-page-head"
        ),
        rx.el.div(block("100%", "302px"), block("100%", "302px"), class_name="fw-col"),
        rx.el.span("Reading what was measured", class_name="fw-hidden", role="status"),
    )
