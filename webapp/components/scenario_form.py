"""The form that injects: kind, servers, strength, phases, seed, guard, hypothesis, and a picture of the effect."""

from typing import Any

import reflex as rx

from ml.schema import METRICS
from ml.streams.fleet import LIBRARY
from webapp.charts.timeline import EFFECT_HEIGHT, EFFECT_WIDTH
from webapp.components.cards import body, card, head
from webapp.components.controls import button, field, link, select
from webapp.components.icons import icon
from webapp.components.server_cards import lever_note, problem
from webapp.state.scenarios import Scenarios
from webapp.state.scenarios_view import Choice


def inject() -> rx.Component:
    """The card. It begins anew when another kind, or a run to repeat, is picked."""
    form = Scenarios.form
    return card(
        head("Inject", "", lever_note(form.lever)),
        body(rx.el.form(*_fields(), key=form.key, on_submit=Scenarios.start, class_name="fw-inject-form")),
        class_name="fw-inject",
    )


def _fields() -> list[rx.Component]:
    form = Scenarios.form
    return [
        rx.el.div(_kind(), class_name="wide"),
        rx.el.div(_servers(), class_name="wide"),
        _wrong("assets"),
        _intensity(),
        rx.el.div(
            _minutes("Ramp", "ramp", form.ramp),
            _minutes("Hold", "hold", form.hold),
            _minutes("Recover", "recover", form.recover),
            class_name="fw-thirds wide",
        ),
        *(_wrong(name) for name in ("ramp_ticks", "hold_ticks", "recover_ticks")),
        rx.el.div(
            field("Guard", select("guard", _guards(), default_value=form.guard), name="guard"),
            field("Stops over", _text("limit", form.limit, "a value", "guard_threshold"), name="fw-limit"),
            field("Seed", _text("seed", form.seed, "new", "seed"), name="fw-seed"),
            class_name="fw-thirds guard wide",
        ),
        *(_wrong(name) for name in ("guard_metric", "guard_threshold", "seed")),
        rx.el.div(_hypothesis(), class_name="wide"),
        _wrong("hypothesis"),
        _picture(),
        _wrong("intensity"),
        _wrong("kind"),
        button(form.start, kind="primary", sign="play", type="submit", class_name="wide", disabled=form.lever != "",
               title=form.lever),
        rx.cond(form.lever, rx.el.p(form.lever, class_name="fw-meta wide")),
    ]  # fmt: skip


def _wrong(name: str) -> rx.Component:
    return problem(Scenarios.problems[name])


def _kind() -> rx.Component:
    kinds = [(kind.value, info.label) for kind, info in LIBRARY.items()]
    choice = select("kind", kinds, value=Scenarios.form.kind, on_change=Scenarios.pick_kind)
    return field("Kind", choice, name="kind")


def _servers() -> rx.Component:
    """Chips of what was picked, and a field that takes a name or a whole profile."""
    add = rx.el.input(
        id="fw-add", name="add", list="fw-names", placeholder="add a server or a profile", auto_complete="off",
        on_change=Scenarios.add.debounce(120), on_blur=Scenarios.leave_add,
    )  # fmt: skip
    return field(
        "Servers",
        rx.el.div(
            rx.foreach(Scenarios.form.chips, _chip),
            add,
            rx.el.datalist(rx.foreach(Scenarios.names, lambda name: rx.el.option(value=name)), id="fw-names"),
            class_name="fw-chips",
            custom_attrs={"aria-invalid": rx.cond(Scenarios.problems["assets"], "true", "false")},
        ),
        name="fw-add",
    )


def _chip(one: rx.Var[Choice]) -> rx.Component:
    return rx.el.span(
        one.label,
        link(icon("x", 10), href=one.href, custom_attrs={"aria-label": f"Without {one.name}"}),
        class_name="fw-pill fw-mono",
    )


def _intensity() -> rx.Component:
    start = Scenarios.form.intensity
    return rx.el.div(
        rx.el.label(
            "Intensity, of full strength", rx.el.output(start, "\u00a0%", html_for="fw-intensity"),
            html_for="fw-intensity", class_name="fw-range-head fw-label",
        ),
        rx.el.input(
            id="fw-intensity", name="intensity", type="range", min="10", max="100", step="5",
            default_value=start.to_string(), class_name="fw-range",
            style={"--fw-at": f"calc({start - 10} * 1% / 0.9)"},
            on_change=Scenarios.slide.debounce(80),
        ),
        class_name="fw-field wide",
    )  # fmt: skip


def _minutes(label: str, name: str, start: Any) -> rx.Component:
    control = rx.el.input(
        id=f"fw-{name}", name=name, default_value=start, input_mode="numeric", class_name="fw-input",
        auto_complete="off", on_change=lambda text: Scenarios.edit(name, text),
        custom_attrs={"aria-invalid": rx.cond(Scenarios.problems[f"{name}_ticks"], "true", "false")},
    )  # fmt: skip
    return field(label, rx.el.div(control, rx.el.span("min"), class_name="fw-unit"), name=f"fw-{name}")


def _text(name: str, start: Any, hint: str, wrong: str) -> rx.Component:
    return rx.el.input(
        id=f"fw-{name}", name=name, default_value=start, placeholder=hint, class_name="fw-input", auto_complete="off",
        input_mode="decimal", custom_attrs={"aria-invalid": rx.cond(Scenarios.problems[wrong], "true", "false")},
    )  # fmt: skip


def _guards() -> list[tuple[str, str]]:
    return [("", "none"), *((one.name, f"{one.label}, {one.unit}") for one in METRICS)]


def _hypothesis() -> rx.Component:
    area = rx.el.textarea(
        id="fw-hypothesis", name="hypothesis", rows="2", default_value=Scenarios.form.hypothesis, class_name="fw-input",
        max_length=500,
    )  # fmt: skip
    return field("Hypothesis", area, name="fw-hypothesis")


def _picture() -> rx.Component:
    return rx.el.div(
        rx.el.svg(
            rx.el.svg.path(d=f"M0 44H{EFFECT_WIDTH}", class_name="without"),
            rx.el.svg.path(d=f"M0 16H{EFFECT_WIDTH}", class_name="limit"),
            rx.el.svg.path(d=Scenarios.effect, class_name="with"),
            view_box=f"0 0 {EFFECT_WIDTH} {EFFECT_HEIGHT}",
            preserve_aspect_ratio="none",
            custom_attrs={"aria-hidden": "true"},
        ),
        rx.el.p(Scenarios.effect_words),
        class_name="fw-effect wide",
    )
