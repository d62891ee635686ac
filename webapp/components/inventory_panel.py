"""One server of the inventory: what is known of it, and what may be done by whom."""

from typing import Any

import reflex as rx

from ml.schema import Profile
from webapp.components.allowed import is_admin, may_operate
from webapp.components.cards import card, head
from webapp.components.controls import button, field, link, link_button, select
from webapp.components.icons import icon
from webapp.components.server_cards import problem
from webapp.state.inventory import Inventory
from webapp.state.inventory_view import MergedRow, Neighbour


def panel() -> rx.Component:
    """The open server."""
    close = link(icon("x", 14), href=Inventory.one.close, custom_attrs={"aria-label": "Close"}, class_name="fw-close")
    return card(
        head(Inventory.one.name, "", link_button("Its page", Inventory.one.page, small=True), close),
        rx.el.div(
            rx.cond(Inventory.one.retired != "", _retired()),
            rx.el.dl(rx.foreach(Inventory.one.facts, _fact), class_name="fw-facts fw-inventory-facts"),
            _neighbours("Depends on", Inventory.one.needs),
            _neighbours("Is needed by", Inventory.one.needed_by),
            rx.cond(Inventory.one.merged.length() > 0, _merged()),
            _actions(),
            class_name="fw-inventory-body",
        ),
        class_name="fw-inventory-panel",
        key=Inventory.one.name,
        custom_attrs={"aria-label": f"Server {Inventory.one.name}"},
    )


def _fact(one: rx.Var[tuple[str, str]]) -> rx.Component:
    return rx.el.div(rx.el.dt(one[0]), rx.el.dd(one[1], title=one[1]))


def _retired() -> rx.Component:
    return rx.el.div(
        icon("circle-dashed", 14),
        rx.el.div(
            rx.el.p(Inventory.one.retired),
            rx.cond(
                Inventory.one.reporting,
                rx.el.p(
                    "Retired, but still reporting: what it sends is stored, not forecast.", class_name="fw-warning"
                ),
            ),
        ),
        class_name="fw-inventory-note",
    )


def _neighbours(label: str, servers: rx.Var[list[Neighbour]]) -> rx.Component:
    named = rx.foreach(servers, lambda one: link(one.name, href=one.href, class_name="fw-pill fw-mono"))
    return rx.el.div(
        rx.el.span(label, class_name="fw-second"),
        rx.cond(
            servers.length() > 0,
            rx.el.div(named, class_name="fw-inventory-pills"),
            rx.el.span("no other server", class_name="fw-second"),
        ),
        class_name="fw-inventory-near beside",
    )


def _merged() -> rx.Component:
    return rx.el.div(
        rx.el.span("Merged into it", class_name="fw-label"), rx.foreach(Inventory.one.merged, _entry),
        _problem("separate"), class_name="fw-inventory-near",
    )  # fmt: skip


def _entry(one: rx.Var[MergedRow]) -> rx.Component:
    return rx.el.div(
        rx.el.span(rx.el.span(one.name, class_name="fw-mono fw-medium"), " ", one.said, class_name="fw-second"),
        rx.cond(
            is_admin() & (Inventory.locked == ""),
            rx.el.form(
                rx.el.input(type="hidden", name="name", value=one.name),
                _reason("separate"),
                button("Separate", type="submit", small=True, sign="undo-2"),
                on_submit=Inventory.separate,
                class_name="fw-inventory-line",
            ),
        ),
        class_name="fw-inventory-entry",
    )


def _actions() -> rx.Component:
    return rx.cond(
        may_operate(),
        rx.el.div(
            rx.cond(Inventory.settable, rx.fragment(_profile(), _needs())),
            rx.cond(
                Inventory.locked != "",
                rx.el.p(Inventory.locked, class_name="fw-meta"),
                rx.fragment(
                    rx.cond(is_admin(), rx.fragment(_rename(), _merge())),
                    rx.cond(Inventory.one.retired != "", _restore(), _retire()),
                    rx.cond(~is_admin(), rx.el.p("An administrator renames and merges servers.", class_name="fw-meta")),
                ),
            ),
            class_name="fw-inventory-acts",
        ),
        rx.el.p(
            "An operator changes profiles and dependencies and retires servers; an administrator renames and merges "
            "them.",
            class_name="fw-meta",
        ),
    )


def _act(title: str, *children: Any, on_submit: Any, form: str) -> rx.Component:
    """One action, folded away until it is wanted."""
    return rx.el.details(
        rx.el.summary(title),
        rx.el.form(*children, _problem(form), on_submit=on_submit, class_name="fw-form"),
        class_name="fw-inventory-act",
    )


def _problem(form: str) -> rx.Component:
    return rx.cond(Inventory.wrong == form, problem(Inventory.problem))


def _reason(form: str, label: str = "Why") -> rx.Component:
    control = rx.el.input(
        id=f"fw-{form}-reason", name="reason", max_length=500, class_name="fw-input", auto_complete="off",
        placeholder="kept in the audit",
    )  # fmt: skip
    return field(label, control, name=f"fw-{form}-reason")


def _profile() -> rx.Component:
    options = [("", "leave it to rules, sender and name"), *((one.value, one.value) for one in Profile)]
    chosen = rx.el.div(select("profile", options, default_value=Inventory.one.by_hand), key=Inventory.one.by_hand)
    return _act(
        "Change its profile",
        field("Profile by hand", chosen, name="profile"),
        _reason("profile", "Why, if you like"),
        button("Set the profile", kind="primary", type="submit"),
        rx.el.p("It holds from the next cycle on, before every rule.", class_name="fw-meta"),
        on_submit=Inventory.set_profile,
        form="profile",
    )


def _needs() -> rx.Component:
    area = rx.el.textarea(
        id="fw-needs", name="needs", rows="3", key=Inventory.one.needs_text, default_value=Inventory.one.needs_text,
        class_name="fw-input fw-mono", spell_check=False,
    )  # fmt: skip
    return _act(
        "Change what it depends on",
        field("Depends on, a server a line", area, name="fw-needs"),
        _reason("needs", "Why, if you like"),
        button("Set dependencies", kind="primary", type="submit"),
        on_submit=Inventory.set_needs,
        form="needs",
    )


def _rename() -> rx.Component:
    control = rx.el.input(
        id="fw-rename", name="name", class_name="fw-input fw-mono", auto_complete="off", spell_check=False,
        max_length=128,
    )  # fmt: skip
    return _act(
        "Rename it",
        field("New name", control, name="fw-rename"),
        _reason("rename"),
        button("Rename", kind="primary", type="submit"),
        rx.el.p("Whoever still sends the old name feeds the same server.", class_name="fw-meta"),
        on_submit=Inventory.rename,
        form="rename",
    )


def _merge() -> rx.Component:
    control = rx.el.input(
        id="fw-merge", name="into", list="fw-inventory-names", class_name="fw-input fw-mono", auto_complete="off",
        spell_check=False,
    )  # fmt: skip
    names = rx.el.datalist(rx.foreach(Inventory.names, lambda name: rx.el.option(value=name)), id="fw-inventory-names")
    return _act(
        "Merge it into another server",
        field("Server to keep", rx.fragment(control, names), name="fw-merge"),
        _reason("merge"),
        button("Merge", kind="danger", type="submit"),
        rx.el.p(
            "Its name becomes another name of that one, and its observations fill that one's gaps. Separating takes "
            "both back.",
            class_name="fw-meta",
        ),
        on_submit=Inventory.merge,
        form="merge",
    )


def _retire() -> rx.Component:
    return _act(
        "Retire it",
        _reason("retire"),
        button("Retire", kind="danger", type="submit"),
        rx.el.p("It is forecast and counted no more. Its history stays on its page.", class_name="fw-meta"),
        on_submit=Inventory.retire,
        form="retire",
    )


def _restore() -> rx.Component:
    return _act(
        "Bring it back",
        _reason("restore"),
        button("Bring back", kind="primary", type="submit"),
        on_submit=Inventory.restore,
        form="restore",
    )
