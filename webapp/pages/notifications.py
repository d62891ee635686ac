"""Notifications: not built yet."""

import reflex as rx

from webapp.components.settings import page_head, settings_page
from webapp.components.states import block


def notifications() -> rx.Component:
    """The page."""
    return settings_page(page_head("Not built yet", ""), block("420px", "40px"), tab="notifications")
