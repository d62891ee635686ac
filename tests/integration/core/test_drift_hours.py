"""What counts in an hour: a degradation of hours is an incident, one that is to last is how the fleet is now."""

import pytest

from tests.integration.core.steps import drive, held
from webapp.core.db import reading
from webapp.core.policies.scenarios import LASTING_TICKS, ScenarioRequest
from webapp.core.repositories import assets
from webapp.core.services import drift_hours, scenarios, streams


@pytest.mark.parametrize(("hold", "left_out"), [(LASTING_TICKS, True), (LASTING_TICKS + 1, False)])
def test_a_degradation_is_left_out_unless_it_is_to_last(demo: None, hold: int, left_out: bool) -> None:
    lease = held()
    drive(lease, ticks=0)
    asked = ScenarioRequest("memory_leak", ("ppweb001",), ramp_ticks=0, hold_ticks=hold, recover_ticks=0)
    start = scenarios.start(streams.DEMO, asked, "ann").start_tick
    drive(lease, ticks=2)
    with reading() as session:
        stream_id = streams.find(session, streams.DEMO).id or 0
        every = assets.of_stream(session, stream_id)
        hour = -(-(start + 1) // 12)
        read = drift_hours._read(session, stream_id, every, hour, hour)
    struck, first = [one.name for one in every].index("ppweb001"), (hour - 1) * 12 + 1
    assert bool(read.left_out[struck, start + 1 - first]) is left_out
