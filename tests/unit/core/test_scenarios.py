"""What may be asked of the simulator."""

import pytest

from ml.streams.fleet import LIBRARY, InjectionKind
from webapp.core.errors import Invalid
from webapp.core.policies.scenarios import ScenarioRequest, check, end_tick, phases


def test_a_request_of_the_library_passes() -> None:
    check(ScenarioRequest("memory_leak", ("ppml001",)))


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (ScenarioRequest("volcano"), "kind"),
        (ScenarioRequest("disk_fill", intensity=0), "intensity"),
        (ScenarioRequest("disk_fill", intensity=float("nan")), "intensity"),
        (ScenarioRequest("disk_fill", ramp_ticks=-1), "ramp_ticks"),
        (ScenarioRequest("disk_fill", hold_ticks=2017), "hold_ticks"),
        (ScenarioRequest("disk_fill", seed=-1), "seed"),
        (ScenarioRequest("disk_fill", guard_metric="mood"), "guard_metric"),
        (ScenarioRequest("disk_fill", guard_metric="error_pct", guard_threshold=101), "guard_threshold"),
        (ScenarioRequest("disk_fill", hypothesis="x" * 501), "hypothesis"),
    ],
)
def test_a_wrong_field_is_named(request_: ScenarioRequest, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        check(request_)
    assert [one.field for one in caught.value.errors] == [field]


def test_phases_come_from_the_library_where_the_request_is_silent() -> None:
    usual = LIBRARY[InjectionKind.MEMORY_LEAK]
    assert phases(ScenarioRequest("memory_leak", ramp_ticks=6)) == (6, usual.hold, usual.recover)


def test_a_scenario_ends_after_its_phases() -> None:
    assert end_tick(100, 6, 24, 2) == 132
