"""Connecting one's own servers: the form, what a test found, the sources that there are."""

import reflex as rx

from webapp.components import tables
from webapp.components.cards import body, card, foot, head
from webapp.components.controls import button, field
from webapp.components.server_cards import problem
from webapp.state.connect import Connect
from webapp.state.connect_view import PreviewRow, SourceRow


def form() -> rx.Component:
    """Where the Prometheus server is. Its one button tests."""
    return card(
        head("1. Your Prometheus server", "one that scrapes node_exporter"),
        body(
            rx.el.form(
                _text("Name of the new stream", "name", "my-servers", required=True),
                _text("Address", "url", "http://prometheus.example:9090", required=True),
                _text("Authorization header, if it wants one", "header", "Bearer ...", type="password"),
                rx.el.details(
                    rx.el.summary("Mapping: which PromQL stands for which metric", class_name="fw-label"),
                    rx.el.textarea(
                        id="fw-connect-mapping",
                        name="mapping",
                        rows="14",
                        default_value=Connect.mapping,
                        class_name="fw-input fw-mono",
                        spell_check=False,
                        aria_label="Mapping",
                    ),
                ),
                problem(Connect.problem),
                button(
                    rx.cond(Connect.busy, "Asking the server", "Test the connection"),
                    sign="plug-zap",
                    type="submit",
                    disabled=Connect.busy,
                ),
                on_submit=Connect.try_out,
                class_name="fw-connect-form",
            )
        ),
    )


def _text(label: str, name: str, hint: str, **props: object) -> rx.Component:
    control = rx.el.input(
        id=f"fw-connect-{name}", name=name, placeholder=hint, class_name="fw-input", auto_complete="off",
        spell_check=False, **props,
    )  # fmt: skip
    return field(label, control, name=f"fw-connect-{name}")


def preview() -> rx.Component:
    """What the server would bring, and the button that connects it."""
    heads = [tables.column("Metric"), tables.column("Servers", "fw-right"), tables.column("Now")]
    shown = tables.table(["150px", "64px", ""], heads, rx.foreach(Connect.preview, _preview), label="Preview")
    return card(
        head("2. What it would bring", Connect.found),
        rx.cond(
            Connect.preview,
            shown,
            body(rx.el.p("Test the connection first: nothing is stored by a test.", class_name="fw-second")),
        ),
        rx.cond(Connect.notes, body(rx.foreach(Connect.notes, lambda note: rx.el.p(note, class_name="fw-second")))),
        foot(
            button(
                "Connect and forecast",
                kind="primary",
                sign="cable",
                on_click=Connect.connect,
                disabled=~Connect.tested | Connect.busy,
            ),
            class_name="fw-foot fw-connect-foot",
        ),
    )


def _preview(one: rx.Var[PreviewRow]) -> rx.Component:
    return tables.row(
        tables.cell(one.metric, class_name="fw-mono"),
        tables.cell(one.servers, class_name="fw-right"),
        tables.cell(one.now, class_name=one.tone, title=one.now),
    )


def sources() -> rx.Component:
    """What is connected, how far it is read and what went wrong last."""
    names = ("Name", "Stream", "Address", "Servers", "Read to", "State", "")
    heads = [tables.column(name) for name in names]
    widths = ["130px", "130px", "220px", "64px", "150px", "", "170px"]
    shown = tables.table(widths, heads, rx.foreach(Connect.sources, _source), label="Prometheus servers")
    nothing = body(rx.el.p("No Prometheus server is read yet.", class_name="fw-second"))
    listed = rx.el.div(shown, class_name="fw-connect-list")
    return card(head("Connected", "Prometheus servers that are read"), rx.cond(Connect.sources, listed, nothing))


def _source(one: rx.Var[SourceRow]) -> rx.Component:
    return tables.row(
        tables.cell(one.name),
        tables.cell(one.stream, class_name="fw-mono"),
        tables.cell(one.url, class_name="fw-second", title=one.url),
        tables.cell(one.servers),
        tables.cell(one.read, class_name="fw-second"),
        tables.cell(one.state, class_name=one.tone, title=one.state),
        tables.cell(
            rx.cond(
                one.paused,
                button("Resume", small=True, on_click=Connect.resume(one.name)),
                button("Pause", small=True, on_click=Connect.pause(one.name)),
            ),
            button("Remove", small=True, on_click=Connect.remove(one.name)),
            class_name="fw-connect-acts",
        ),
    )
