"""Hours of telemetry and forecasts, summed up once for drift: what a look reads instead of a fortnight of rows.

An hour is called by the tick that ends it, in hours since the epoch. Guards that what was injected on purpose and what
lies in maintenance is no part of it, and that only forecasts of the version that serves count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ml.contracts import Bools, Floats, Method
from ml.drift.hours import LEAD, Channel, summary, without_forecast
from ml.schema import METRICS, TICKS_PER_HOUR
from webapp.core.db import Session, reading
from webapp.core.models.assets import Asset
from webapp.core.models.drift_reports import DriftHour
from webapp.core.models.forecasts import ForecastFan
from webapp.core.policies import drift_packing as packing
from webapp.core.policies import fans
from webapp.core.policies.scenarios import LASTING_TICKS
from webapp.core.repositories import assets, forecasts, locks, scenarios, telemetry
from webapp.core.repositories import drift_reports as rows
from webapp.core.services import maintenance
from webapp.core.uow import unit_of_work

BLOCK = 24
"""Hours that are summed up at once."""


@dataclass(frozen=True, slots=True)
class _Read:
    """Consecutive hours from `first` on: truth [N, 12 K, M], what does not count [N, 12 K], and fans by hour."""

    first: int
    truth: Floats
    left_out: Bools
    fans: Mapping[int, Mapping[int, ForecastFan]]


def fill(stream_id: int, version_id: int, first: int, last: int) -> None:
    """Sum up and store the hours first..last, and note with which the forecasts of the version began."""
    with reading() as session:
        every = assets.of_stream(session, stream_id)
        if not every:
            return
        read = _read(session, stream_id, every, first, last)
    ids = [_id(one) for one in every]
    made = {hour: _summed(read, hour, ids, version_id) for hour in range(first, last + 1)}
    stored = []
    for hour, data in made.items():
        whose, packed = packing.pack_hour(ids, data)
        stored.append(
            {"stream_id": stream_id, "hour": hour, "model_version_id": version_id, "assets": whose, "data": packed}
        )
    with unit_of_work() as uow:
        locks.take(uow.session, f"drift:{stream_id}")
        state = rows.state(uow.session, stream_id)
        if state is None or state.model_version_id != version_id:
            return  # another model serves by now: these are not its forecasts
        rows.put_hours(uow.session, stored)
        forecast = [hour for hour, data in made.items() if np.isfinite(data[..., Channel.RESIDUAL]).any()]
        if forecast:
            rows.note_forecast(uow.session, stream_id, version_id, forecast[0])


def _read(session: Session, stream_id: int, every: Sequence[Asset], first: int, last: int) -> _Read:
    ids = [_id(one) for one in every]
    start, count = (first - 1) * TICKS_PER_HOUR + 1, (last - first + 1) * TICKS_PER_HOUR
    left_out = maintenance.calendar(session, every, start, count).copy()
    place = {one: at for at, one in enumerate(ids)}
    lasting = _lasting(session, stream_id, every, start, count)
    for twin in scenarios.twins(session, ids, start, start + count - 1):
        at = place[twin.asset_id], twin.tick - start
        left_out[at] |= not lasting[at]  # it was injected just then
    truth = telemetry.window(session, stream_id, ids, start, start + count - 1)
    found = {hour: forecasts.fans_at(session, ids, hour * TICKS_PER_HOUR - LEAD) for hour in range(first, last + 1)}
    return _Read(first, truth, left_out, found)


def _lasting(session: Session, stream_id: int, every: Sequence[Asset], start: int, count: int) -> Bools:
    """Who is under a scenario that is meant to last, [N, count]: that is how the fleet is now, and no incident."""
    found = np.zeros((len(every), count), np.bool_)
    for one in scenarios.effective(session, stream_id, start):
        length = one.ramp_ticks + one.hold_ticks + one.recover_ticks
        if length > LASTING_TICKS:
            end = min(one.start_tick + length, one.start_tick + length if one.stop_tick is None else one.stop_tick)
            struck = [at for at, asset in enumerate(every) if asset.name in one.assets]
            found[struck, max(0, one.start_tick - start) : max(0, end - start)] = True
    return found


def _summed(read: _Read, hour: int, ids: Sequence[int], version_id: int) -> Floats:
    """One hour [N, M, channels]."""
    part = slice((hour - read.first) * TICKS_PER_HOUR, (hour - read.first + 1) * TICKS_PER_HOUR)
    truth, left_out = read.truth[:, part], read.left_out[:, part]
    made = without_forecast(truth, left_out)
    usable = [
        at for at, one in enumerate(ids)
        if (fan := read.fans[hour].get(one)) is not None
        and fan.model_version_id == version_id and fan.method == Method.CHAMPION.value
    ]  # fmt: skip
    if usable:
        ends = [fans.unpack(read.fans[hour][ids[at]].fan)[:, LEAD - TICKS_PER_HOUR : LEAD] for at in usable]
        made[usable] = summary(truth[usable], left_out[usable], np.stack(ends))
    return made


def together(stored: Sequence[DriftHour], ids: Sequence[int], first: int, last: int) -> Floats:
    """Hours first..last of these servers, [H, N, M, channels]; NaN where one is not stored or was not there."""
    found = np.full((last - first + 1, len(ids), len(METRICS), len(Channel)), np.nan, np.float32)
    place = {one: at for at, one in enumerate(ids)}
    for row in stored:
        whose, data = packing.unpack_hour(row.assets, row.data)
        known = [(at, place[int(one)]) for at, one in enumerate(whose) if int(one) in place]
        if known:
            source, target = (list(part) for part in zip(*known, strict=True))
            found[row.hour - first, target] = data[source]
    return found


def _id(asset: Asset) -> int:
    assert asset.id is not None, "a stored asset has an id"
    return asset.id
