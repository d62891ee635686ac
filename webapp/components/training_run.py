"""One training in full: how far it is, the losses of both networks as a chart, what it used, and what can be done."""

from typing import Any

import reflex as rx

from webapp.charts.curve import HEIGHT, WIDTH, CurveLine, CurveTick
from webapp.components import tables
from webapp.components.allowed import may_operate
from webapp.components.cards import body, card, head
from webapp.components.controls import button, closes, dialog, field, link, link_button, shows
from webapp.components.icons import icon
from webapp.components.states import empty
from webapp.components.ticking import age
from webapp.state.training import Training

svg = rx.el.svg
_CANCEL = "fw-training-cancel"


def run() -> rx.Component:
    """The run that the address selects, else the newest; before the first, what a training is."""
    return rx.cond(Training.run.id > 0, _run(), _nothing())


def _nothing() -> rx.Component:
    return card(
        empty(
            "No training yet.",
            "A training takes the stream's own telemetry, goes on from the model that serves, and ends as a candidate: "
            "its loss, epoch by epoch, its data and its settings are shown here while it runs and are kept afterwards.",
            rx.cond(
                may_operate(),
                rx.el.p("Begin with the form: its values are sane for most fleets.", class_name="fw-second"),
                rx.el.p("An operator may train; everybody may watch.", class_name="fw-second"),
            ),
        )
    )


def _run() -> rx.Component:
    one = Training.run
    return card(
        head(one.title, "", _state(), _acts()),
        body(
            rx.cond(one.phase != "", _progress()),
            rx.cond(one.note != "", rx.el.p(one.note, class_name="fw-training-note", role="status")),
            rx.cond(one.curve.label != "", _curve(), _no_curve()),
            _facts(),
        ),
        class_name="fw-training-run",
    )


def _state() -> rx.Component:
    one = Training.run
    return rx.el.span(icon(one.sign, 13), one.status, class_name=f"fw-state {one.tone}")


def _acts() -> rx.Component:
    one = Training.run
    cancel = button(
        "Cancel", kind="danger", small=True, sign="ban", custom_attrs=shows(_CANCEL), disabled=one.cancelling,
        title="It ends between two batches; its checkpoint stays",
    )  # fmt: skip
    again = button(
        one.again, small=True, sign="rotate-cw", on_click=Training.resume(one.id), disabled=Training.blocked != "",
        title=rx.cond(Training.blocked != "", Training.blocked, "Goes on from its last checkpoint, on the same rows"),
    )  # fmt: skip
    return rx.fragment(
        rx.cond(one.evidence != "", link_button("Evidence", one.evidence, small=True, sign="shield-check")),
        rx.cond(may_operate() & one.alive, cancel),
        rx.cond(may_operate() & (one.again != ""), again),
    )


def _progress() -> rx.Component:
    one = Training.run
    heard = rx.cond(one.heard_at > 0, rx.el.span("heard ", age(one.heard_at, Training.seen_at), class_name="fw-quiet"))
    return rx.el.div(
        rx.el.div(rx.el.b(one.phase), rx.el.span(class_name="fw-spring"), heard, class_name="fw-training-phase"),
        rx.el.div(
            rx.el.i(style={"width": one.width}),
            class_name="fw-track ghost",
            role="progressbar",
            custom_attrs={"aria-label": one.phase, "aria-valuetext": one.width},
        ),
        rx.cond(one.running, rx.el.div(rx.foreach(one.figures, _figure), class_name="fw-training-figures")),
    )


def _figure(one: rx.Var[list[str]]) -> rx.Component:
    return rx.el.div(rx.el.span(one[0], class_name="fw-meta"), rx.el.b(one[1]))


def _no_curve() -> rx.Component:
    return rx.cond(
        Training.run.running,
        rx.el.div("The first loss comes after the first epoch.", class_name="fw-curve-none fw-second"),
    )


def _curve() -> rx.Component:
    shown = Training.run.curve
    return rx.fragment(
        rx.el.div("Loss on servers that were held out, by epoch; lower is better", class_name="fw-meta fw-curve-title"),
        rx.el.div(
            rx.el.div(rx.foreach(shown.losses, _loss), class_name="fw-curve-y"),
            rx.el.div(
                rx.foreach(shown.losses, lambda one: rx.el.i(class_name="grid", style={"top": one.at})),
                svg(
                    rx.foreach(shown.lines, _path),
                    view_box=f"0 0 {WIDTH} {HEIGHT}",
                    custom_attrs={"preserveAspectRatio": "none", "aria-hidden": "true"},
                ),
                rx.foreach(shown.lines, _dot),
                rx.foreach(shown.epochs, _epoch),
                class_name="fw-curve-plot",
            ),
            rx.el.div(rx.foreach(shown.lines, _end), class_name="fw-curve-ends"),
            class_name="fw-curve",
            role="img",
            custom_attrs={"aria-label": shown.label},
        ),
        rx.el.details(
            rx.el.summary("As a table", class_name="fw-meta"),
            tables.table(
                ["90px", "", "110px"],
                [tables.column("Epoch"), tables.column("Network"), tables.column("Loss", "fw-right")],
                rx.foreach(shown.rows, _line),
                label="Loss by epoch",
            ),
            class_name="fw-curve-table",
        ),
    )


def _loss(one: rx.Var[CurveTick]) -> rx.Component:
    return rx.el.span(one.text, style={"top": one.at})


def _epoch(one: rx.Var[CurveTick]) -> rx.Component:
    return rx.el.span(one.text, class_name="x", style={"left": one.at})


def _path(one: rx.Var[CurveLine]) -> rx.Component:
    return svg.path(d=one.path, class_name=f"fw-curve-line {one.network}")


def _dot(one: rx.Var[CurveLine]) -> rx.Component:
    return rx.el.i(class_name=f"dot {one.network}", style={"left": one.x, "top": one.y})


def _end(one: rx.Var[CurveLine]) -> rx.Component:
    return rx.el.span(one.value, style={"top": one.top})


def _line(one: rx.Var[list[str]]) -> rx.Component:
    return tables.row(
        tables.cell(one[0]), tables.cell(one[1], class_name="fw-second"), tables.cell(one[2], class_name="fw-right")
    )


def _facts() -> rx.Component:
    return rx.el.dl(rx.foreach(Training.run.facts, _fact), class_name="fw-training-facts")


def _fact(one: rx.Var[list[str]]) -> rx.Component:
    hashed = one[0].contains("SHA-256") | (one[0] == "Sources")
    return rx.fragment(rx.el.dt(one[0]), rx.el.dd(one[1], class_name=rx.cond(hashed, "fw-mono", "")))


def cancel_dialog() -> rx.Component:
    """What is cancelled, and that nothing is lost."""
    one = Training.run
    return dialog(
        _CANCEL,
        rx.el.form(
            rx.el.h2("Cancel run ", one.id, "?"),
            rx.el.p(
                "It ends between two batches. Its data and its checkpoint stay, so it can go on from there later.",
                class_name="fw-second",
            ),
            rx.el.input(type="hidden", name="run", value=one.id.to_string()),
            reason("fw-training-why-cancel"),
            rx.el.div(
                button("Let it train", custom_attrs=closes()),
                button("Cancel the run", kind="danger", type="submit"),
                class_name="fw-actions",
            ),
            on_submit=Training.cancel,
            reset_on_submit=True,
        ),
        label="Cancel a training",
    )


def reason(name: str, **props: Any) -> rx.Component:
    """The field for why."""
    control = rx.el.input(
        id=name, name="reason", placeholder="kept in the audit", class_name="fw-input", auto_complete="off",
        max_length=300, **props,
    )  # fmt: skip
    return field("Why", control, name=name)


def others() -> rx.Component:
    """Every run of the stream, newest first."""
    names = ("Run", "Asked for", "State", "Versions", "Data, stream time", "Took", "By", "Why, or how it ended")
    widths = ["52px", "84px", "110px", "112px", "206px", "78px", "80px", ""]
    heads = [tables.column(one, "fw-right" if one == "Took" else "") for one in names]
    shown = tables.table(
        widths, heads, rx.foreach(Training.rows, _row), label="Trainings", class_name="links fw-training-list"
    )
    return rx.cond(
        Training.rows.length() > 0,
        card(head("Trainings", "newest first; one opens on a click"), rx.el.div(shown, class_name="fw-scroll-x")),
    )


def _row(one: Any) -> rx.Component:
    return tables.row(
        tables.cell(link(one.id, href=one.href), class_name="fw-medium"),
        tables.cell(one.when, class_name="fw-second"),
        tables.cell(rx.el.span(icon(one.sign, 13), one.status, class_name=f"fw-state {one.tone}")),
        tables.cell(one.versions, title=one.versions),
        tables.cell(one.data, class_name="fw-second", title=one.data),
        tables.cell(one.took, class_name="fw-right"),
        tables.cell(one.by, title=one.by),
        tables.cell(one.reason, class_name="fw-second", title=one.reason),
        href=one.href,
        custom_attrs={"aria-selected": rx.cond(one.current, "true", "false")},
    )
