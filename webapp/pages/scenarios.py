"""Scenarios: inject a degradation, watch whether the forecast sees it coming, push it, end it."""

import reflex as rx

from webapp.components.allowed import may_operate
from webapp.components.scenario_form import inject
from webapp.components.scenario_library import library
from webapp.components.scenario_run import experiment, stop_everything
from webapp.components.scenario_runs import runs
from webapp.components.shell import shell
from webapp.components.states import block, empty
from webapp.state.scenarios import Scenarios
from webapp.state.server_build import REAL


def scenarios() -> rx.Component:
    """The page."""
    return shell(
        rx.cond(
            Scenarios.trouble,
            empty("There is nothing to degrade.", Scenarios.trouble),
            rx.cond(
                Scenarios.form.lever == REAL,
                empty("Real servers are not degraded.", f"{REAL} Choose a simulated one at the top left."),
                rx.cond(Scenarios.loaded, _content(), _loading()),
            ),
        ),
        page="scenarios",
        label="Scenarios",
    )


def _content() -> rx.Component:
    """A viewer watches: without the form, and told who may start one."""
    watched = rx.el.div(library(), experiment(), runs(), class_name="fw-scenarios watched")
    return rx.fragment(
        rx.el.div(
            rx.el.div(
                rx.el.h1(rx.el.b(Scenarios.sentence), class_name="fw-say"),
                rx.el.p(Scenarios.behind, class_name="fw-second"),
            ),
            rx.cond(
                may_operate(),
                stop_everything(),
                rx.el.p("An operator may start and end scenarios.", class_name="fw-second"),
            ),
            class_name="fw-page-head",
        ),
        rx.cond(
            may_operate(), rx.el.div(library(), experiment(), inject(), runs(), class_name="fw-scenarios"), watched
        ),
    )


def _loading() -> rx.Component:
    """The page's shape at its final size."""
    return rx.fragment(
        rx.el.div(block("420px", "20px"), class_name="fw-page-head"),
        rx.el.div(*[block("100%", "100%") for _ in range(4)], class_name="fw-scenarios fw-shape"),
        rx.el.span("Reading the scenarios", class_name="fw-hidden", role="status"),
    )
