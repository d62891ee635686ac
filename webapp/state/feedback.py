"""What a person hears of an action that went well; what went wrong is told by the guard's `explain`."""

from typing import Any

import reflex as rx
from reflex_components_sonner.toast import ToastAction


def done(sentence: str, undo: Any = None, then: tuple[str, Any] | None = None) -> rx.event.EventSpec:
    """Say what was done, for 6 s; `undo` is the handler that takes it back, `then` another word and its handler."""
    label, handler = then or ("Undo", undo)
    action = {} if handler is None else {"action": ToastAction(label=label, on_click=handler)}
    return rx.toast(sentence, duration=6000 if then is None else 12000, **action)
