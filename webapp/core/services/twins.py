"""Twins: the same servers at the same ticks, as if nothing had been injected.

The simulator writes what they would have measured; the forecaster forecasts them beside the real ones,
without knowing which is which.
"""

from collections.abc import Sequence

import numpy as np

from ml.contracts import Floats
from ml.runtime import Crossing
from ml.schema import CONTEXT, METRIC_INDEX, METRICS
from webapp.core.db import Session
from webapp.core.events import Event, EventKind
from webapp.core.models.assets import Asset
from webapp.core.models.scenarios import Scenario
from webapp.core.policies.risks import P_STAR
from webapp.core.repositories import scenarios
from webapp.core.uow import UnitOfWork


def windows(
    session: Session, stream_id: int, assets: Sequence[Asset], values: Floats, tick: int
) -> tuple[tuple[int, ...], Floats]:
    """Ids and windows [k, T, M] of the servers that have a twin at `tick`."""
    index = {asset.id: at for at, asset in enumerate(assets)}
    names = {name for one in scenarios.alive(session, stream_id) for name in one.assets}
    wanted = [asset.id for asset in assets if asset.name in names and asset.id is not None]
    found = scenarios.twins(session, wanted, tick - CONTEXT + 1, tick) if wanted else ()
    ids = tuple(sorted({twin.asset_id for twin in found if twin.tick == tick}))
    lanes = values[[index[one] for one in ids]].copy()
    for twin in found:
        if twin.asset_id in ids:
            lanes[ids.index(twin.asset_id), twin.tick - tick - 1] = unpack(twin.observed)
    return ids, lanes


def pack(observed: Floats) -> bytes:
    """One tick's metrics [M] as stored."""
    return observed.astype(np.float32).tobytes()


def unpack(blob: bytes) -> Floats:
    """The metrics [M] of one stored tick."""
    return np.frombuffer(blob, np.float32, len(METRICS))


def store_fans(session: Session, ids: Sequence[int], blobs: Sequence[bytes], tick: int) -> None:
    """Add the twins' fans to what the simulator stored."""
    found = {twin.asset_id: twin for twin in scenarios.twins(session, ids, tick, tick)} if ids else {}
    for asset_id, blob in zip(ids, blobs, strict=True):
        if asset_id in found:
            found[asset_id].fan = blob
            session.add(found[asset_id])


def note_warnings(uow: UnitOfWork, stream_id: int, tick: int, names: Sequence[str], crossings: Crossing) -> None:
    """Keep with each running scenario when its breach was first forewarned and when it is now expected."""
    for scenario in scenarios.alive(uow.session, stream_id):
        if scenario.start_tick <= tick and scenario.breached_tick is None:
            _note(uow, scenario, tick, names, crossings)


def _note(uow: UnitOfWork, scenario: Scenario, tick: int, names: Sequence[str], crossings: Crossing) -> None:
    metric = METRIC_INDEX[scenario.metric]
    rows = [at for at, name in enumerate(names) if name in scenario.assets]
    likely = [
        at for at in rows if crossings.probability[at, metric] >= P_STAR and np.isfinite(crossings.median[at, metric])
    ]
    scenario.predicted_tick = min((tick + float(crossings.median[at, metric]) for at in likely), default=None)
    if likely and scenario.forewarned_tick is None:
        scenario.forewarned_tick = tick
        uow.emit(Event(EventKind.SCENARIO_CHANGED, scenario.stream_id, str(scenario.id)))
    uow.session.add(scenario)
