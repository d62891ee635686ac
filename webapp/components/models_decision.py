"""The right column: the gate, the decision, going back, who promotes, and what the candidate is.

What cannot be taken back lightly asks in a dialog that names the version and what follows.
"""

from typing import Any

import reflex as rx

from webapp import routes
from webapp.components.allowed import is_admin
from webapp.components.cards import body, card, head
from webapp.components.chips import pill
from webapp.components.controls import button, closes, dialog, field, link, select, shows
from webapp.components.icons import icon
from webapp.core.policies.roles import Role
from webapp.state.models import Models
from webapp.state.models_view import Fact, GateRow
from webapp.state.shell import Shell


def gate() -> rx.Component:
    """One line a check."""
    tone = rx.cond(Models.picked.passes, "pass", "critical")
    word = rx.el.span(
        icon(rx.cond(Models.picked.passes, "check", "x"), 12), Models.picked.gate_word, class_name=f"fw-pill {tone}"
    )
    lines = rx.el.ul(rx.foreach(Models.picked.gate, _check), class_name="fw-gate", custom_attrs={"aria-label": "Gate"})
    return card(head("Gate", "", word), lines)


def _check(one: rx.Var[GateRow]) -> rx.Component:
    sign = rx.cond(one.passed, icon("check", 14, class_name="fw-pass"), icon("x", 14, class_name="fw-critical"))
    said = rx.el.span(rx.cond(one.passed, "passes: ", "fails: "), class_name="fw-hidden")
    return rx.el.li(
        sign,
        rx.el.span(said, one.name, rx.cond(one.passed, "", rx.el.span(one.sentence, class_name="fw-gate-why"))),
        rx.el.span(one.measured, class_name="fw-meta fw-nowrap"),
        title=one.sentence,
    )


def decision() -> rx.Component:
    """Approve or reject, with a reason; or why nobody can, or this person may not."""
    return card(
        head("Decision", Models.picked.asked_by),
        body(
            rx.cond(Models.picked.open, _open(), _closed()),
            rx.el.p(
                "Binds to sha256 ", rx.el.code(Models.picked.binds, class_name="fw-mono"), " beside champion ",
                Models.picked.beside, ".", class_name="fw-meta fw-binds",
            ),
        ),
    )  # fmt: skip


def _closed() -> rx.Component:
    return rx.el.p(
        rx.cond(Models.picked.standing == "champion", "It serves now. ", ""), Models.picked.why_not,
        class_name="fw-second fw-why-not",
    )  # fmt: skip


def _open() -> rx.Component:
    why = rx.el.p(icon("info", 14), rx.el.span(Models.picked.why_not), class_name="fw-why-not")
    may = rx.cond(Models.picked.override, _override(), _approve())
    return rx.fragment(
        rx.cond(Models.picked.may, may, rx.fragment(why, rx.cond(Models.picked.may_reject, _reject_button()))),
        _reject_dialog(),
    )


def _approve() -> rx.Component:
    return rx.el.form(
        _evidence(),
        _reason("fw-approve-reason"),
        rx.el.div(
            button("Approve and swap", kind="primary", sign="check", type="submit"),
            _reject_button(),
            class_name="fw-decide",
        ),
        rx.el.p(
            "It serves from the next tick on. A worker that cannot load it keeps ", Models.champion,
            " serving and says so.", class_name="fw-meta",
        ),
        on_submit=Models.approve,
        key=Models.picked.evidence.to_string(),
        class_name="fw-form",
    )  # fmt: skip


def _override() -> rx.Component:
    """The gate refuses it: an administrator may approve all the same, outlined in danger."""
    words = rx.el.p(
        icon("triangle-alert", 14), rx.el.span("The gate refuses it. An override is on record as one."),
        class_name="fw-why-not fw-warning",
    )  # fmt: skip
    return rx.fragment(
        words,
        rx.el.div(
            button("Override the gate", kind="danger", sign="shield-alert", custom_attrs=shows("fw-override")),
            _reject_button(),
            class_name="fw-decide",
        ),
        _asking(
            "fw-override", ("Let ", Models.picked.name, " serve against the gate?"),
            (
                "It replaces ", Models.champion, " on ", Models.stream, " from the next tick on, though the gate ",
                "refuses it: ", Models.picked.gate_word, ". The audit names it an override.",
            ),
            "Override and swap", Models.approve, _evidence(), danger=True,
        ),
    )  # fmt: skip


def _reject_button() -> rx.Component:
    return button("Reject", sign="x", custom_attrs=shows("fw-reject"))


def _reject_dialog() -> rx.Component:
    return _asking(
        "fw-reject", ("Reject ", Models.picked.name, "?"),
        ("It will not serve ", Models.stream, "; ", Models.champion, " serves on. The decision stays."),
        "Reject it", Models.reject, _evidence(), danger=True,
    )  # fmt: skip


def _evidence() -> rx.Component:
    """What the decision is about: the evidence on the screen."""
    return rx.el.input(type="hidden", name="evidence", value=Models.picked.evidence.to_string(), read_only=True)


def roll_back() -> rx.Component:
    """One button; the dialog asks to which version, and why."""
    ask = button("Roll back", kind="danger", sign="undo-2", custom_attrs=shows("fw-roll-back"))
    nothing = rx.el.p("No other version has served this stream yet.", class_name="fw-second")
    who = rx.el.p("An approver may roll back.", class_name="fw-second")
    version = field("To version", select("to", Models.back_to, id="fw-back-to"), name="fw-back-to")
    asking = _asking(
        "fw-roll-back", ("Roll ", Models.stream, " back?"),
        ("It serves instead of ", Models.champion, " from the next tick on. No file moves."),
        "Roll back", Models.roll_back, version, danger=True,
    )  # fmt: skip
    content = rx.cond(Models.back_to, rx.cond(Models.may_roll_back, rx.fragment(ask, asking), who), nothing)
    return card(head("Roll back", "no file moves, a tick later"), body(content))


def policy() -> rx.Component:
    """Who promotes on this stream; an administrator chooses, with a reason."""
    words = rx.cond(
        Models.automatic, "Forewarn promotes by itself what the gate passes.", "A person decides on every candidate."
    )
    to = rx.cond(Models.automatic, "person", "automatic")
    label = rx.cond(Models.automatic, "Let a person decide", "Promote by itself")
    hidden = rx.el.input(type="hidden", name="promotion", value=to, read_only=True)
    asking = _asking(
        "fw-policy",
        (rx.cond(Models.automatic, "Let a person decide on ", "Let the gate promote on "), Models.stream, "?"),
        (
            rx.cond(
                Models.automatic,
                "Nothing is promoted from now on unless an approver says so.",
                "From the next candidate on, whatever passes the gate serves without asking anybody. What waits now "
                "stays for a person.",
            ),
        ),
        label, Models.set_policy, hidden, danger=False,
    )  # fmt: skip
    change = rx.fragment(button(label, custom_attrs=shows("fw-policy")), asking)
    return card(
        head("Promotion", rx.cond(Models.automatic, "automatic", "by a person")),
        body(rx.el.p(words), rx.el.p(Models.policy, class_name="fw-meta"), rx.cond(is_admin(), change)),
        class_name="fw-policy-card",
    )


def facts() -> rx.Component:
    """What the picked version is, and the training that made it."""
    training = link(Models.picked.run, href=trainings(), class_name="fw-link")
    listed = rx.el.dl(rx.foreach(Models.picked.facts, _fact), class_name="fw-model-facts")
    return card(head(Models.picked.name, "", rx.cond(Models.picked.run, training)), body(listed))


def champion() -> rx.Component:
    """What serves now."""
    listed = rx.el.dl(rx.foreach(Models.champion_facts, _fact), class_name="fw-model-facts")
    return card(head("Champion", Models.champion), body(listed))


def trainings() -> rx.Var[str]:
    """Where trainings are."""
    return rx.cond(Shell.slug != "", f"{routes.TRAINING}?stream={Shell.slug}", routes.TRAINING)


def _fact(one: rx.Var[Fact]) -> rx.Component:
    return rx.el.div(rx.el.dt(one.name), rx.el.dd(one.value))


def _asking(
    name: str, title: tuple[Any, ...], consequence: tuple[Any, ...], label: Any, act: Any, *inside: rx.Component,
    danger: bool,
) -> rx.Component:  # fmt: skip
    """A dialog with a reason: it names the object and what follows."""
    return dialog(
        name,
        rx.el.form(
            rx.el.h2(*title),
            rx.el.p(*consequence, class_name="fw-second"),
            *inside,
            _reason(f"{name}-reason"),
            rx.el.div(
                button("Leave it", custom_attrs=closes()),
                button(label, kind="danger" if danger else "primary", type="submit"),
                class_name="fw-actions",
            ),
            on_submit=act,
            reset_on_submit=True,
        ),
        label="Confirm",
    )


def _reason(name: str) -> rx.Component:
    area = rx.el.textarea(
        id=name, name="reason", rows="3", required=True, max_length=500, class_name="fw-input", auto_complete="off"
    )
    return field("Reason, kept in the audit", area, name=name)


def who_may() -> rx.Component:
    """For people who may look only."""
    return rx.cond(
        (Shell.role == Role.VIEWER.value) | (Shell.role == Role.OPERATOR.value),
        pill("An approver decides", "", "info"),
    )
