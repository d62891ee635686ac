"""The experiment that runs: countdown, first warning, guard, phases, and both realities on one scale."""

from typing import Any

import reflex as rx

from webapp.charts.timeline import Phase
from webapp.components.allowed import may_operate
from webapp.components.cards import card
from webapp.components.controls import button, link_button, segment_link, segments
from webapp.components.plot import plot
from webapp.components.states import empty
from webapp.components.ticking import countdown
from webapp.state.scenarios import Scenarios

_INVITATION = (
    "Pick a degradation in the library and servers in the form. From the next tick on the forecast meets it as it "
    "would meet a real fault, beside a twin of the same servers without it."
)
_WATCHED = "The next one is shown here while it runs, beside a twin of the same servers without it."


def experiment() -> rx.Component:
    """The selected run, or why there is none."""
    return card(rx.cond(Scenarios.experiment.id, _shown(), _none()), class_name="fw-experiment")


def _none() -> rx.Component:
    return empty(
        "No experiment is running.",
        rx.cond(Scenarios.form.lever, Scenarios.form.lever, rx.cond(may_operate(), _INVITATION, _WATCHED)),
    )


def _shown() -> rx.Component:
    one = Scenarios.experiment
    return rx.fragment(
        rx.el.header(
            rx.el.span(
                rx.el.i(class_name=f"fw-lamp {one.tone}"), one.state, class_name=f"fw-pill {one.tone}", title=one.why
            ),
            rx.el.div(
                rx.el.h2(one.title, " on ", rx.el.span(one.server, class_name="fw-mono")),
                rx.el.span(one.seed, class_name="fw-quiet"),
                class_name="fw-run-title",
            ),
            rx.cond(
                may_operate(),
                rx.cond(one.live, _actions(), link_button("Repeat", one.again, sign="rotate-cw", small=True)),
            ),
            class_name="fw-head fw-tall",
        ),
        rx.el.div(
            rx.el.div(
                rx.cond(
                    one.why != "",
                    rx.el.span(one.why, title=one.why),
                    rx.el.span("Hypothesis: ", one.hypothesis, title=one.hypothesis),
                ),
                rx.cond(
                    one.assets.length() > 1,
                    segments("Server", rx.foreach(one.assets, lambda each: segment_link(each[0], each[1], each[2]))),
                ),
                class_name="fw-hypothesis",
            ),
            rx.el.div(*_figures(), class_name="fw-figures"),
            _bar(),
            class_name="fw-body",
        ),
        rx.el.div(
            rx.el.span(rx.el.b("With the injection"), ", ", one.metric),
            rx.el.span("the forecaster sees only this lane"),
            class_name="fw-meta fw-lane-head",
        ),
        rx.el.div(
            plot(Scenarios.figure, one.label, class_name="fw-lanes"),
            rx.el.div(
                rx.el.b("Without it"),
                rx.cond(one.has_twin, ", same seed, same minute", ": the twin begins with the next tick"),
                class_name="fw-meta fw-lane-twin",
            ),
            class_name="fw-lanes-frame",
        ),
    )


def _actions() -> rx.Component:
    lever = Scenarios.form.lever
    return rx.fragment(
        button("Push to critical", sign="fast-forward", on_click=Scenarios.push, disabled=lever != "", title=lever),
        button("Cancel and recover", kind="danger", sign="square", on_click=Scenarios.restore,
               title="Every server of this experiment is healthy again at the next tick"),
    )  # fmt: skip


def _figures() -> list[rx.Component]:
    one = Scenarios.experiment
    to_breach = countdown(
        one.breach_ms, Scenarios.clock_at, Scenarios.clock_seen, Scenarios.clock_speed, Scenarios.clock_until
    )
    first = rx.cond(one.breach_ms, to_breach, rx.el.span(one.first_text))
    return [
        _figure(one.first_name, first, one.first_note, one.first_tone),
        _figure("First forewarned", one.forewarned, one.forewarned_note),
        _figure(one.guard_name, one.guard, one.guard_note),
    ]


def _figure(name: Any, value: Any, note: Any, tone: Any = "") -> rx.Component:
    return rx.el.div(
        rx.el.div(name, class_name="fw-meta"),
        rx.el.div(value, class_name=f"fw-figure {tone}"),
        rx.el.div(note, class_name="fw-meta fw-second", title=note),
    )


def _bar() -> rx.Component:
    return rx.el.div(
        rx.foreach(Scenarios.bar.phases, _phase),
        rx.cond(Scenarios.bar.now, rx.el.i(class_name="now", style={"left": Scenarios.bar.now})),
        class_name="fw-phases",
    )


def _phase(one: rx.Var[Phase]) -> rx.Component:
    return rx.el.div(
        rx.el.i(),
        rx.el.p(rx.el.b(one.name), one.text, title=f"{one.name}{one.text}"),
        class_name=f"fw-phase {one.name}",
        style={"left": one.left, "width": one.width},
    )


def stop_everything() -> rx.Component:
    """The page's own way out: every experiment is cancelled at once, and others may start."""
    return button(
        "Cancel all",
        sign="ban",
        on_click=Scenarios.stop_everything,
        disabled=Scenarios.running == 0,
        title=rx.cond(
            Scenarios.running == 0, "Nothing is running", "Cancels every experiment; all servers are restored"
        ),
    )
