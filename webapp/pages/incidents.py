"""Incidents: not built yet."""

import reflex as rx

from webapp.components.shell import shell
from webapp.components.states import block


def incidents() -> rx.Component:
    """The page."""
    return shell(block("420px", "40px"), page="incidents", label="Incidents")
