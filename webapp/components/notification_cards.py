"""Notification targets, what was sent to them, and the form that adds one: it shows the fields of its kind only."""

from typing import Any

import reflex as rx

from webapp.components import tables
from webapp.components.cards import body, card, head
from webapp.components.controls import button, field, select
from webapp.components.icons import icon
from webapp.components.server_cards import problem
from webapp.core.policies.notifications import KINDS, PAGERDUTY, TOPICS, Kind, Topic
from webapp.state.notifications import Notifications
from webapp.state.notifications_build import SHORT, SIGNS
from webapp.state.notifications_view import DeliveryRow, TargetRow


def targets() -> rx.Component:
    """Who hears of what, and how the last message went."""
    names = ("Name", "Kind", "Hears of", "State", "")
    shown = tables.table(
        ["132px", "104px", "268px", "", "204px"], [tables.column(one) for one in names],
        rx.foreach(Notifications.targets, _target), label="Notification targets", class_name="roomy",
    )  # fmt: skip
    why = "A target is a Slack channel, a webhook, PagerDuty or a mailbox. It hears when a stream goes stale."
    nothing = body(rx.el.p("None yet. ", why, class_name="fw-second"))
    listed = rx.el.div(shown, class_name="fw-scroll-x fw-targets")
    return card(head("Targets"), rx.cond(Notifications.targets, listed, nothing))


def _target(one: rx.Var[TargetRow]) -> rx.Component:
    return tables.row(
        tables.cell(rx.el.span(one.name, class_name="fw-medium"), title=one.shown),
        tables.cell(rx.el.span(_sign(one.sign), one.kind, class_name="fw-state")),
        tables.cell(rx.cond(Notifications.may_change, _topics(one), one.heard)),
        tables.cell(one.state, class_name=one.tone, title=one.state),
        tables.cell(rx.cond(Notifications.may_change, _actions(one)), class_name="fw-right"),
    )


def _sign(sign: Any) -> rx.Component:
    return rx.match(sign, *[(name, icon(name, 13)) for name in SIGNS.values()], icon("bell", 13))


def _topics(one: rx.Var[TargetRow]) -> rx.Component:
    return rx.el.div(
        *[
            rx.el.button(
                SHORT[topic.value],
                type="button",
                on_click=Notifications.set_topic(one.name, topic.value, ~one.topics.contains(topic.value)),
                title=TOPICS[topic],
                custom_attrs={"aria-pressed": rx.cond(one.topics.contains(topic.value), "true", "false")},
            )
            for topic in Topic
        ],
        class_name="fw-seg fw-topics",
        role="group",
        custom_attrs={"aria-label": f"What {one.name} hears of"},
    )


def _actions(one: rx.Var[TargetRow]) -> rx.Component:
    busy = Notifications.testing == one.name
    return rx.el.div(
        button(
            rx.cond(busy, "Sending", "Test"), small=True, on_click=Notifications.test(one.name),
            disabled=Notifications.testing != "", title="Send something harmless now",
        ),
        rx.cond(
            one.enabled,
            button("Pause", small=True, on_click=Notifications.set_enabled(one.name, False)),
            button("Resume", small=True, on_click=Notifications.set_enabled(one.name, True)),
        ),
        button("Remove", small=True, kind="danger", on_click=Notifications.remove(one.name),
               title="Forget it, with its address and keys"),
        class_name="fw-do",
    )  # fmt: skip


def sent() -> rx.Component:
    """The last messages."""
    names = ("When", "Target", "Message", "State", "What went wrong last")
    shown = tables.table(
        ["88px", "120px", "", "176px", "30%"], [tables.column(one) for one in names],
        rx.foreach(Notifications.deliveries, _delivery), label="Last messages",
    )  # fmt: skip
    nothing = body(
        rx.el.p("Nothing was sent yet. Tests, and what happens from now on, are listed here.", class_name="fw-second")
    )
    listed = rx.el.div(shown, class_name="fw-scroll-x fw-targets")
    return card(head("Last messages", "each once a target"), rx.cond(Notifications.deliveries, listed, nothing))


def _delivery(one: rx.Var[DeliveryRow]) -> rx.Component:
    signs = ("clock-4", "check", "circle-x", "ban")
    sign = rx.match(one.sign, *[(name, icon(name, 13)) for name in signs], icon("circle-dot", 13))
    return tables.row(
        tables.cell(one.at, class_name="fw-second"),
        tables.cell(one.target),
        tables.cell(one.title, title=one.title),
        tables.cell(rx.el.span(sign, one.state, class_name=f"fw-state {one.tone}"), title=one.state),
        tables.cell(one.error, class_name="fw-second", title=one.error),
    )


def form() -> rx.Component:
    """The form of administrators."""
    return card(
        head("Add a target"),
        body(
            rx.el.form(
                _text("Name", "name", "ops-channel"),
                _kind(),
                rx.match(
                    Notifications.kind,
                    (Kind.WEBHOOK.value, _webhook()),
                    (Kind.PAGERDUTY.value, _pagerduty()),
                    (Kind.SMTP.value, _smtp()),
                    _slack(),
                ),
                _topic_boxes(),
                button("Add", kind="primary", sign="plus", type="submit"),
                on_submit=Notifications.add,
                key=Notifications.added.to_string(),
                class_name="fw-form",
            )
        ),
    )


def _kind() -> rx.Component:
    kinds = [(kind.value, label) for kind, label in KINDS.items()]
    return field(
        "Kind", select("fw-notify-kind", kinds, value=Notifications.kind, on_change=Notifications.pick_kind),
        name="fw-notify-kind",
    )  # fmt: skip


def _text(label: str, name: str, hint: str = "", **props: Any) -> rx.Component:
    control = rx.el.input(
        id=f"fw-notify-{name}", name=name, placeholder=hint, class_name="fw-input", auto_complete="off",
        spell_check=False, custom_attrs={"aria-invalid": rx.cond(Notifications.problems[name], "true", "false")},
        **props,
    )  # fmt: skip
    return rx.fragment(field(label, control, name=f"fw-notify-{name}"), problem(Notifications.problems[name]))


def _secret(label: str, name: str, hint: str = "") -> rx.Component:
    return _text(label, name, hint, type="password")


def _slack() -> rx.Component:
    return _secret("Address of the webhook", "url", "https://hooks.slack.com/services/...")


def _webhook() -> rx.Component:
    return rx.fragment(
        _secret("Address of the webhook", "url", "https://ops.example/forewarn"),
        _secret("Signing secret, if it checks one", "signing", "at least 16 characters"),
    )


def _pagerduty() -> rx.Component:
    return rx.fragment(
        _secret("Integration key, Events API v2", "key", "32 characters"),
        _text("Address, if another than", "url", PAGERDUTY),
    )


def _smtp() -> rx.Component:
    choices = [("starttls", "STARTTLS"), ("tls", "TLS"), ("none", "None, on this network only")]
    return rx.fragment(
        rx.el.div(
            rx.el.div(_text("Mail server", "host", "smtp.example.org")),
            rx.el.div(_text("Port", "port", default_value="587", input_mode="numeric")),
            class_name="fw-mail-server",
        ),
        field("Encryption", select("security", choices, default_value="starttls"), name="security"),
        problem(Notifications.problems["security"]),
        _text("User, if it wants one", "user"),
        _secret("Password", "password"),
        _text("From", "sender", "forewarn@example.org"),
        _text("To, with commas between", "recipients", "ops@example.org"),
    )


def _topic_boxes() -> rx.Component:
    boxes = [
        rx.el.label(
            rx.el.input(type="checkbox", name=f"topic_{topic}", default_checked=True),
            rx.el.span(words),
            class_name="fw-check",
        )
        for topic, words in TOPICS.items()
    ]
    return rx.el.fieldset(
        rx.el.legend("It hears of", class_name="fw-label"), *boxes, problem(Notifications.problems["topics"]),
        class_name="fw-checks",
    )  # fmt: skip
