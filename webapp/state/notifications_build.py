"""From targets and deliveries to what the page Notifications says of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from webapp.core.policies import wording
from webapp.core.policies.deliveries import MOST_TRIES, State
from webapp.core.policies.notifications import KINDS, Kind, Topic
from webapp.core.policies.wording import Zone
from webapp.core.views.notifications import DeliveryView, TargetView
from webapp.state.notifications_view import DeliveryRow, NotificationsPage, TargetRow

SIGNS: Final = {"slack": "hash", "webhook": "webhook", "pagerduty": "bell", "smtp": "mail"}
SHORT: Final = {topic.value: topic.value for topic in Topic}
_STATES: Final = {
    State.QUEUED: ("Waits", "clock-4", "fw-second"), State.SENDING: ("Being sent", "clock-4", "fw-second"),
    State.SENT: ("Sent", "check", "fw-pass"), State.FAILED: ("Failed", "circle-x", "fw-critical"),
    State.DROPPED: ("Dropped", "ban", "fw-quiet"),
}  # fmt: skip


def build(
    targets: Sequence[TargetView], sent: Sequence[DeliveryView], admin: bool, zone: Zone, at: datetime
) -> NotificationsPage:
    """The page, as an administrator or another sees it."""
    sentence, behind = _sentence(targets)
    return NotificationsPage(
        sentence, behind, [_target(one, admin, zone, at) for one in targets],
        [_delivery(one, zone, at) for one in sent], loaded=True,
    )  # fmt: skip


def _sentence(targets: Sequence[TargetView]) -> tuple[str, str]:
    active = [one for one in targets if one.enabled]
    failing = [one for one in active if one.last is not None and one.last.error]
    if not active:
        return "Nobody outside is told of anything.", "Add a target, and send it a test."
    if failing:
        named = ", ".join(one.name for one in failing[:3])
        first = f"{len(failing)} of {len(active)} targets did not take the last message."
        return first, f"{named}: see what went wrong below, then test again."
    count = f"{len(active)} target{'s hear' if len(active) != 1 else ' hears'} of what happens."
    return count, "Each is told once when something begins, and once when it is over."


def _target(one: TargetView, admin: bool, zone: Zone, at: datetime) -> TargetRow:
    state, tone = _standing(one, zone, at)
    named = [SHORT.get(topic, topic) for topic in one.topics]
    heard = "everything" if len(named) == len(SHORT) else ", ".join(named)
    return TargetRow(
        one.name, KINDS[Kind(one.kind)], SIGNS[one.kind], one.shown if admin else "",
        list(one.topics), heard, one.enabled, state, tone,
    )  # fmt: skip


def _standing(one: TargetView, zone: Zone, at: datetime) -> tuple[str, str]:
    if not one.enabled:
        return "Paused: it hears of nothing", "fw-second"
    if one.last is None:
        return "Nothing sent yet", "fw-second"
    if one.last.error:
        return one.last.error, "fw-critical"
    word = "Test sent" if one.last.test else "Sent"
    if one.last.ended_at is None:
        return "Waits to be sent", "fw-second"
    return f"{word} {wording.clock_time(one.last.ended_at, zone, at)}", "fw-pass"


def _delivery(one: DeliveryView, zone: Zone, at: datetime) -> DeliveryRow:
    word, sign, tone = _STATES[State(one.state)]
    if one.state == State.QUEUED and one.next_try_at is not None:
        word = f"Try {one.tries + 1} of {MOST_TRIES} at {wording.clock_time(one.next_try_at, zone, at)}"
    elif one.tries > 1:
        word = f"{word}, {one.tries} tries"
    title = f"Test: {one.title}" if one.test else one.title
    return DeliveryRow(wording.clock_time(one.created_at, zone, at), one.target, title, word, sign, tone, one.error)
