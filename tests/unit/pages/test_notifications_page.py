"""What the page Notifications says of targets and messages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from webapp.core.policies.notifications import Kind
from webapp.core.views.notifications import DeliveryView, TargetView
from webapp.state.notifications_build import SIGNS, build

AT = datetime(2026, 3, 4, 13, 30, tzinfo=UTC)
SENT = DeliveryView(7, "ops", "fleet is stale.", "sent", 1, "", AT, None, AT, test=False)
OPS = TargetView("ops", "slack", ("streams", "disk"), True, "hooks.slack.example …AB12", "ann", SENT, 0)


def target(**changes: object) -> TargetView:
    return replace(OPS, **changes)  # type: ignore[arg-type]


def test_without_a_target_the_page_says_that_nobody_hears() -> None:
    assert build((), (), True, "UTC", AT).sentence == "Nobody outside is told of anything."
    assert build((target(enabled=False),), (), True, "UTC", AT).sentence == "Nobody outside is told of anything."


def test_a_failing_target_is_in_the_sentence() -> None:
    failing = target(name="pager", last=replace(SENT, state="failed", error="HTTP 500."))
    page = build((OPS, failing), (), True, "UTC", AT)
    assert page.sentence == "1 of 2 targets did not take the last message."
    assert page.behind == "pager: see what went wrong below, then test again."


def test_addresses_are_for_administrators() -> None:
    assert build((OPS,), (), True, "UTC", AT).targets[0].shown == OPS.shown
    assert "hooks" not in str(build((OPS,), (SENT,), False, "UTC", AT))


@pytest.mark.parametrize(
    ("changes", "said"),
    [({}, "Sent 13:30"), ({"enabled": False}, "Paused"), ({"last": None}, "Nothing sent yet"),
     ({"last": replace(SENT, test=True)}, "Test sent 13:30"), ({"last": replace(SENT, ended_at=None)}, "Waits"),
     ({"last": replace(SENT, error="Gone.")}, "Gone.")],
)  # fmt: skip
def test_a_target_says_how_it_stands(changes: dict[str, object], said: str) -> None:
    assert said in build((target(**changes),), (), True, "UTC", AT).targets[0].state


@pytest.mark.parametrize(
    ("changes", "said"),
    [({}, "Sent"), ({"tries": 3}, "Sent, 3 tries"), ({"state": "dropped"}, "Dropped"),
     ({"state": "queued", "ended_at": None}, "Waits"),
     ({"state": "queued", "tries": 2, "next_try_at": AT + timedelta(minutes=2)}, "Try 3 of 6 at 13:32")],
)  # fmt: skip
def test_a_message_says_how_it_stands(changes: dict[str, object], said: str) -> None:
    row = build((), (replace(SENT, **changes),), True, "UTC", AT).deliveries[0]  # type: ignore[arg-type]
    assert row.state == said


def test_every_kind_has_an_icon() -> None:
    assert set(SIGNS) == {kind.value for kind in Kind}
