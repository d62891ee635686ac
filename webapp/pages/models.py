"""Models: who serves a stream, who wants to and on what evidence, deciding on it, and who was champion when."""

import reflex as rx

from webapp.components import models_decision, models_evidence, models_history
from webapp.components.cards import card
from webapp.components.controls import link, link_button
from webapp.components.fleet_empty import missing_stream
from webapp.components.icons import icon
from webapp.components.shell import shell
from webapp.components.states import block, command, empty, failed_banner, stale_banner
from webapp.state.models import Models
from webapp.state.models_view import VersionItem
from webapp.state.shell import Shell


def models() -> rx.Component:
    """The page."""
    return shell(
        rx.match(
            Models.phase,
            ("", _loading()),
            ("missing", missing_stream()),
            ("failed", failed_banner(Models.trouble)),
            _content(),
        ),
        page="models",
        label="Models",
    )


def _content() -> rx.Component:
    return rx.fragment(
        _head(),
        rx.cond(Models.trouble, stale_banner(Models.trouble)),
        rx.el.div(
            rx.el.div(
                rx.cond(Models.picked.evidence > 0, _evidence(), _without()),
                models_history.champions(),
                class_name="fw-col",
            ),
            rx.el.aside(
                rx.cond(Models.picked.evidence > 0, rx.fragment(models_decision.gate(), models_decision.decision())),
                models_decision.roll_back(),
                rx.cond(Models.picked.name != "", models_decision.facts()),
                rx.cond(Models.champion != "", models_decision.champion()),
                models_decision.policy(),
                class_name="fw-col",
                custom_attrs={"aria-label": "Decision"},
            ),
            class_name="fw-beside fw-models",
        ),
    )


def _head() -> rx.Component:
    return rx.el.header(
        rx.el.div(
            rx.el.h1(rx.el.b(Models.title), class_name="fw-say"),
            rx.el.p(
                Models.behind,
                rx.cond(
                    Shell.simulated & (Models.picked.name != ""),
                    rx.el.span(" On simulated servers.", class_name="fw-quiet"),
                ),
                class_name="fw-second",
            ),
            class_name="fw-sentence",
        ),
        rx.el.nav(
            rx.cond(
                Models.champion,
                rx.el.span(
                    rx.el.span(class_name="fw-model-dot"), rx.el.b(Models.champion),
                    rx.el.span("champion", class_name="fw-quiet"), class_name="fw-model-chip",
                    title=Models.champion_said,
                ),
            ),
            rx.foreach(Models.versions[:3], _version),
            models_decision.who_may(),
            class_name="fw-model-chips",
            custom_attrs={"aria-label": "Versions"},
        ),
        class_name="fw-page-head fw-models-head",
    )  # fmt: skip


def _version(one: rx.Var[VersionItem]) -> rx.Component:
    return link(
        rx.el.span(class_name="fw-model-dot"), rx.el.b(one.label), rx.el.span(one.standing, class_name="fw-quiet"),
        href=one.href, class_name=f"fw-model-chip {one.standing}", title=one.said,
        custom_attrs={"aria-current": rx.cond(one.on, "true", "false")},
    )  # fmt: skip


def _evidence() -> rx.Component:
    return rx.fragment(
        models_evidence.by_lead(),
        rx.el.div(models_evidence.by_metric(), models_evidence.by_profile(), class_name="fw-two"),
    )


def _without() -> rx.Component:
    """No evidence: a candidate that is still compared, or none at all, and how one comes to be."""
    waiting = empty(
        "It is being compared.", Models.picked.waiting,
        rx.el.p("Its evidence appears here by itself, and who hears of candidates is told.", class_name="fw-second"),
    )  # fmt: skip
    none = empty(
        "No candidate yet.",
        "A training takes this stream's own telemetry and ends as a candidate beside the champion. It serves nobody "
        "until it is compared and somebody approves it.",
        command("forewarn train --days 30 --minutes 10"),
        rx.el.div(link_button("Train a candidate", models_decision.trainings(), kind="primary", sign="play")),
    )  # fmt: skip
    return card(
        rx.cond(Models.picked.name != "", rx.fragment(icon("hourglass", 16), waiting), none),
        class_name="fw-no-evidence",
    )


def _loading() -> rx.Component:
    """The page's shape at its final size."""
    return rx.fragment(
        rx.el.div(
            rx.el.div(block("560px", "20px"), block("420px", "14px", margin="6px 0 0")), class_name="fw-page-head"
        ),
        rx.el.div(
            rx.el.div(*[block("100%", height) for height in ("218px", "216px", "316px")], class_name="fw-col"),
            rx.el.div(*[block("100%", height) for height in ("300px", "200px", "100px")], class_name="fw-col"),
            class_name="fw-beside fw-models",
        ),
        rx.el.span("Reading the models", class_name="fw-hidden", role="status"),
    )
