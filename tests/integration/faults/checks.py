"""What has to hold of the demo stream however its processes were killed."""

from tests.integration.core.steps import driver, runs
from tests.integration.infra.console import wait_for
from webapp.core.db import reading
from webapp.core.repositories import assets, forecasts, model_versions, telemetry
from webapp.core.services import playbacks, streams


def go_on(ticks: int) -> None:
    """Wait for some more ticks while the scheduler's duty runs, as it does in a console."""
    wanted = len(runs()) + ticks

    def look() -> bool:
        playbacks.reconcile()
        return len(runs()) >= wanted

    wait_for(look, 40, "the stream goes on")


def as_simulated() -> None:
    """Each tick follows the one before, has the simulator's values, and one forecast a server by the champion."""
    made = [run.tick for run in runs()]
    assert made == list(range(made[0], made[0] + len(made)))
    with reading() as session:
        stream = streams.find(session, streams.DEMO)
        assert stream.id is not None
        champion = model_versions.champion(session, stream.id)
        ids = [one.id for one in assets.of_stream(session, stream.id) if one.id]
        values = telemetry.window(session, stream.id, ids, made[0], made[-1])
        fans = [forecasts.fans_at(session, ids, tick) for tick in made]
    wanted = driver(playbacks.Held(0, stream.id, 0, None)).block(made[0], len(made), (), ()).values
    assert (values == wanted.transpose(1, 0, 2)).all()
    assert champion is not None
    assert {len(one) for one in fans} == {20}
    assert {fan.model_version_id for one in fans for fan in one.values()} == {champion.id}
