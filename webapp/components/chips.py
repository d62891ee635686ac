"""Severity and state as a chip: fill, icon and word first, colour last, so that grey still tells."""

from typing import Any, Final

import reflex as rx

from webapp.components.icons import icon
from webapp.core.views.severity import Severity

ICONS: Final = {
    Severity.CRITICAL.value: "octagon-alert",
    Severity.WARNING.value: "triangle-alert",
    Severity.WATCH.value: "circle-dot",
    Severity.HEALTHY.value: "check",
    Severity.MAINTENANCE.value: "wrench",
    Severity.NO_FORECAST.value: "circle-dashed",
}
LABELS: Final = {one.value: one.label for one in Severity}


def severity_icon(severity: Any, size: int = 13) -> rx.Component:
    """The icon of a severity, which may be a var."""
    name = ICONS[severity] if isinstance(severity, str) else rx.match(severity, *ICONS.items(), "circle-dashed")
    return icon(name, size)


def severity_chip(severity: Any, label: Any = None) -> rx.Component:
    """The chip of a severity, which may be a var of its value."""
    word = label
    if word is None:
        word = LABELS[severity] if isinstance(severity, str) else rx.match(severity, *LABELS.items(), "No forecast")
    return rx.el.span(severity_icon(severity), word, class_name=f"fw-sev {severity}")


def pill(label: Any, tone: str = "", sign: str | None = None) -> rx.Component:
    """A small word on a soft ground: "accent", "warning", "critical", "ghost" or plain."""
    parts = [] if sign is None else [icon(sign, 12)]
    return rx.el.span(*parts, label, class_name=f"fw-pill {tone}".strip())
