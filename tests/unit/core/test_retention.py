"""The limits of what is kept: whose word holds, and their bounds."""

from datetime import UTC, datetime

import pytest

from webapp.core.errors import Invalid
from webapp.core.policies import retention as rules
from webapp.core.policies.retention import Limits, Room

OURS = Limits(5000, 48)
ROOM = Room(100, 9000)
FORM = {"cap_mb": "4,000", "fan_hours": "24", "telemetry_days": "", "risk_days": "30", "run_days": None}


def wrong(limits: Limits) -> list[str]:
    with pytest.raises(Invalid) as raised:
        rules.check(limits, ROOM)
    return [one.field for one in raised.value.errors]


def test_what_a_person_decided_wins_and_the_rest_follows_the_installation() -> None:
    assert rules.in_force(OURS, {"fan_hours": 24, "risk_days": None}) == Limits(5000, 24)


@pytest.mark.parametrize("stored", ["many", 3.5, True, None, [1]])
def test_a_stored_value_that_is_no_number_counts_as_none(stored: object) -> None:
    assert rules.in_force(OURS, {"cap_mb": stored}) == OURS


def test_a_form_is_read() -> None:
    assert rules.read(FORM) == Limits(4000, 24, None, 30, None)


@pytest.mark.parametrize("value", ["", "-1", "1.5", "1e9", "٣", "9" * 30, {"a": 1}, "x"])
def test_what_is_no_whole_number_is_said_at_its_field(value: object) -> None:
    with pytest.raises(Invalid) as raised:
        rules.read({**FORM, "fan_hours": value})
    assert [one.field for one in raised.value.errors] == ["fan_hours"]


@pytest.mark.parametrize(
    ("limits", "field"),
    [(Limits(99, 48), "cap_mb"), (Limits(9001, 48), "cap_mb"), (Limits(5000, 9), "fan_hours"),
     (Limits(5000, 48, telemetry_days=7), "telemetry_days"), (Limits(5000, 48, risk_days=1), "risk_days"),
     (Limits(5000, 48, run_days=4000), "run_days")],
)  # fmt: skip
def test_no_limit_goes_below_what_coverage_and_the_models_read(limits: Limits, field: str) -> None:
    assert wrong(limits) == [field]


def test_every_wrong_limit_is_named_at_once() -> None:
    assert wrong(Limits(1, 1, 1, 1, 1)) == ["cap_mb", "fan_hours", "telemetry_days", "risk_days", "run_days"]


@pytest.mark.parametrize("text", ["", "  \n", None, 7, "x" * 301])
def test_a_change_needs_a_reason(text: object) -> None:
    with pytest.raises(Invalid, match="Say why"):
        rules.reason(text)


@pytest.mark.parametrize(("at", "sweeps"), [("13:06", "13:07"), ("13:07", "14:07"), ("23:30", "00:07")])
def test_the_next_sweep_is_seven_past(at: str, sweeps: str) -> None:
    found = rules.next_sweep(datetime.strptime(f"2026-03-04 {at}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC))
    assert f"{found:%H:%M}" == sweeps


def test_a_disk_is_short_when_it_fills_before_the_cap_is_reached() -> None:
    assert rules.disk_short(used_mb=1000, cap_mb=5000, free_mb=4900)
    assert not rules.disk_short(used_mb=1000, cap_mb=5000, free_mb=5100)
    assert rules.disk_short(used_mb=6000, cap_mb=5000, free_mb=900)
