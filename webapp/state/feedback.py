"""What a person hears of an action that went well; what went wrong is told by the guard's `explain`."""

from typing import Any

import reflex as rx
from reflex_components_sonner.toast import ToastAction


def done(sentence: str, undo: Any = None) -> rx.event.EventSpec:
    """Say what was done, for 6 s; `undo` is the handler that takes it back."""
    action = {} if undo is None else {"action": ToastAction(label="Undo", on_click=undo)}
    return rx.toast(sentence, duration=6000, **action)
