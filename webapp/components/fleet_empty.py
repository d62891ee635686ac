"""No server yet: why, and the exact commands that connect one's own."""

import reflex as rx

from webapp.components import cards
from webapp.components.states import command, empty

KEY = "forewarn key add my-agent"
REPLAY = "forewarn replay FILE.parquet --speed x60"
BODY = '{"rows": [{"asset": "web-1", "at": "2026-11-21T08:00:00Z", "cpu_pct": 41.5, "memory_pct": 62}]}'


def empty_fleet() -> rx.Component:
    """What comes next, and how to make it come."""
    return cards.card(
        empty(
            "Connect your own servers",
            "No observation has arrived on this stream yet. A forecast is made from the first one on; "
            "with 12 ticks of history the champion takes over.",
            rx.el.h3("Push metrics, every 5 minutes"),
            command(KEY),
            command(_push()),
            rx.el.h3("Or replay a recorded file"),
            command(REPLAY),
            rx.el.p("The demo fleet is in the list of streams at the top left.", class_name="fw-meta"),
        ),
        class_name="fw-grow",
    )


def _push() -> rx.Var[str]:
    """The command for this very address."""
    origin = rx.State.router.url.origin
    return rx.Var.create(
        f"curl -X POST '{origin}/api/v1/telemetry?stream=my-servers' \\\n"
        "  -H 'Authorization: Bearer fw_...' -H 'Content-Type: application/json' \\\n"
        f"  -d '{BODY}'"
    )


def missing_stream() -> rx.Component:
    """The address names a stream that there is not."""
    return cards.card(
        empty(
            "There is no such stream",
            "The address names a stream that does not exist here. Pick one from the list at the top left.",
        ),
        class_name="fw-grow",
    )
