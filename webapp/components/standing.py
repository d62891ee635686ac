"""Who made the forecasts and how far they may be trusted: name, skill, a warning where yesterday's curve is better."""

import reflex as rx

from webapp.components.chips import pill
from webapp.state.shell import Shell


def standing() -> rx.Component:
    """The model's name and its skill against yesterday's curve, as they stand in the head of a card."""
    return rx.el.span(
        rx.el.span(Shell.champion, rx.cond(Shell.skill.text != "", f", {Shell.skill.text}", "")),
        worse(),
        class_name="fw-standing",
        title=Shell.skill.title,
    )


def worse() -> rx.Component:
    """The label of a model whose skill is below zero."""
    return rx.cond(Shell.skill.worse != "", pill(Shell.skill.worse, "warning", "triangle-alert"))
