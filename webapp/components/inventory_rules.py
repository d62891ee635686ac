"""Profile rules and dependencies of a whole stream: what holds, and a text to change it with."""

import reflex as rx

from webapp.components import tables
from webapp.components.allowed import may_operate
from webapp.components.cards import body, card, foot, head
from webapp.components.chips import pill
from webapp.components.controls import button, field, link
from webapp.components.server_cards import problem
from webapp.state.inventory import Inventory
from webapp.state.inventory_view import ChangeRow, EdgeRow, RuleRow


def rules() -> rx.Component:
    """The rules in force, and beside them others to try before they are."""
    return rx.el.div(
        rx.el.div(_in_force(), rx.cond(Inventory.tried, _preview()), class_name="fw-col"),
        _editor(),
        class_name="fw-beside",
    )


def _in_force() -> rx.Component:
    heads = [tables.column("Rule", "fw-right"), *(tables.column(one) for one in ("Servers with", "Profile"))]
    shown = tables.table(
        ["52px", "", "130px", "96px"], [*heads, tables.column("Decides", "fw-right")],
        rx.foreach(Inventory.rules, _rule), label="Rules in force",
    )  # fmt: skip
    return card(
        head("Rules in force", "the first that fits counts"),
        rx.cond(
            Inventory.rules.length() > 0,
            shown,
            body(
                rx.el.p(
                    "None yet: each server has the profile that its sender says, or that its name suggests.",
                    class_name="fw-second",
                )
            ),
        ),
        foot(rx.el.span("A profile set by hand beats every rule.", class_name="fw-meta")),
    )


def _rule(one: rx.Var[RuleRow]) -> rx.Component:
    return tables.row(
        tables.cell(one.number, class_name="fw-right"),
        tables.cell(one.condition, class_name="fw-mono", title=one.condition),
        tables.cell(one.profile),
        tables.cell(one.decides, class_name="fw-right"),
    )


def _editor() -> rx.Component:
    area = rx.el.textarea(
        id="fw-rules", name="rules", rows="10", key=Inventory.rules_text, default_value=Inventory.rules_text,
        class_name="fw-input fw-mono", spell_check=False, placeholder="name db* database\nlabel job=postgres database",
    )  # fmt: skip
    form = rx.el.form(
        field("Rules, one a line", area, name="fw-rules"),
        rx.cond(Inventory.wrong == "rules", problem(Inventory.problem)),
        rx.el.p(
            '"name db* database" looks at names, "label job=postgres* database" at a label. * stands for anything.',
            class_name="fw-meta",
        ),
        _reason("rules"),
        button("Show what changes", sign="eye", type="submit"),
        on_submit=Inventory.try_rules,
        class_name="fw-form",
    )
    return card(head("Other rules"), body(_for_operators(form)))


def _preview() -> rx.Component:
    names = ("Server", "Is", "Becomes", "Why")
    shown = tables.table(
        ["170px", "110px", "110px", ""], [tables.column(one) for one in names], rx.foreach(Inventory.preview, _change),
        label="What changes",
    )  # fmt: skip
    return card(
        head("What changes", "nothing is changed yet"),
        body(rx.el.p(Inventory.preview_said)),
        rx.cond(Inventory.preview.length() > 0, rx.el.div(shown, class_name="fw-inventory-preview")),
        foot(
            button("Put into force", kind="primary", on_click=Inventory.apply_rules),
            class_name="fw-foot fw-inventory-foot",
        ),
    )


def _change(one: rx.Var[ChangeRow]) -> rx.Component:
    return tables.row(
        tables.cell(one.name, class_name="fw-mono"),
        tables.cell(one.before, class_name="fw-second"),
        tables.cell(one.after, class_name="fw-medium"),
        tables.cell(one.why, class_name="fw-second", title=one.why),
    )


def depends() -> rx.Component:
    """Who depends on whom, and the whole graph as a text."""
    return rx.el.div(_edges(), _graph(), class_name="fw-beside")


def _edges() -> rx.Component:
    names = ("Server", "Depends on", "Is needed by")
    shown = tables.table(
        ["170px", "", ""], [tables.column(one) for one in names], rx.foreach(Inventory.edges, _edge),
        label="Dependencies", class_name="links",
    )  # fmt: skip
    return card(
        head("Dependencies", "trouble travels from what is needed to who needs it"),
        rx.cond(Inventory.circles != "", body(pill(Inventory.circles, "warning", "triangle-alert"))),
        rx.cond(
            Inventory.edges.length() > 0,
            rx.el.div(shown, class_name="fw-scroll"),
            body(
                rx.el.p(
                    "None is known. With them a server's page shows who else is affected when it breaks.",
                    class_name="fw-second",
                )
            ),
        ),
        foot(
            rx.el.span(class_name="fw-spring"),
            button("Download as CSV", small=True, sign="arrow-down", on_click=Inventory.download),
        ),
        class_name="fw-inventory-card",
    )


def _edge(one: rx.Var[EdgeRow]) -> rx.Component:
    return tables.row(
        tables.cell(link(one.name, href=one.href, class_name="fw-mono fw-medium")),
        tables.cell(one.needs, class_name="fw-mono fw-second", title=one.needs),
        tables.cell(one.needed_by, class_name="fw-mono fw-second", title=one.needed_by),
        href=one.href,
    )


def _graph() -> rx.Component:
    area = rx.el.textarea(
        id="fw-graph", name="graph", rows="14", key=Inventory.graph_text, default_value=Inventory.graph_text,
        class_name="fw-input fw-mono", spell_check=False, placeholder="web-1 -> pg-2\nweb-1,cache-1",
    )  # fmt: skip
    form = rx.el.form(
        field("All dependencies, one a line", area, name="fw-graph"),
        rx.cond(Inventory.wrong == "graph", problem(Inventory.problem)),
        rx.el.p('"web-1 -> pg-2" or CSV: web-1 depends on pg-2. The text is the whole graph.', class_name="fw-meta"),
        _reason("graph"),
        button("Save the graph", kind="primary", type="submit"),
        on_submit=Inventory.set_graph,
        class_name="fw-form",
    )
    return card(head("As text"), body(_for_operators(form)))


def _reason(form: str) -> rx.Component:
    control = rx.el.input(
        id=f"fw-{form}-why", name="reason", max_length=500, class_name="fw-input", auto_complete="off",
        placeholder="kept in the audit",
    )  # fmt: skip
    return field("Why, if you like", control, name=f"fw-{form}-why")


def _for_operators(form: rx.Component) -> rx.Component:
    """The form, or why there is none."""
    return rx.cond(
        Inventory.settable,
        rx.cond(may_operate(), form, rx.el.p("An operator changes this.", class_name="fw-second")),
        rx.el.p(Inventory.locked, class_name="fw-second"),
    )
