"""What was measured of a stream's champion: coverage and skill by lead, metric and profile, and how old that is."""

from collections.abc import Sequence

import numpy as np

from ml.schema import LEAD_BUCKETS, METRICS, TICKS_PER_HOUR
from webapp.core.clock import now, tick_of, time_of
from webapp.core.db import Session, reading
from webapp.core.models.calibrations import Calibration
from webapp.core.models.streams import Stream
from webapp.core.policies import skill
from webapp.core.policies.skill import Losses
from webapp.core.repositories import assets, forecasts, model_versions
from webapp.core.services import champions, coverage, streams
from webapp.core.services.coverage import Counts
from webapp.core.views.quality import Group, Measured, Quality
from webapp.core.views.streams import Source


def quality(slug: str) -> Quality:
    """Everything measured of a stream's champion so far. Raises NotFound."""
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        every = assets.of_stream(session, stream.id)
        rows = coverage.rows_of(session, stream.id, every)
        version = model_versions.champion(session, stream.id)
        begun = any(coverage.counts_of(row).any() for row in rows.values())  # an hour may be scored with nothing in it
        first = None if version is None or version.id is None or begun else _first(session, stream, version.id)
    profiles = {asset.id: asset.profile for asset in every}
    named: dict[str, list[Calibration]] = {}
    for asset_id, row in rows.items():
        named.setdefault(profiles[asset_id], []).append(row)
    counts, each = _counts(list(rows.values())), [coverage.losses_of(row) for row in rows.values()]
    losses = skill.total(each)
    enough = skill.fewest(losses) >= skill.ENOUGH
    return Quality(
        model=version.model if version else "", version=version.version if version else "",
        leads=_leads(counts, losses), whole=_measured(counts, losses),
        metrics=tuple(
            _group(metric.name, counts[at : at + 1], losses[at : at + 1]) for at, metric in enumerate(METRICS)
        ),
        profiles=tuple(_profile(name, named[name]) for name in sorted(named)),
        servers=sum(bool(one[..., 2].any()) for one in each),
        skill=skill.skill(losses, each) if enough else None,
        tested=champions.tested_skill(version.path, version.sha256) if version else None,
        fewest=skill.fewest(losses), needed=skill.ENOUGH,
        scored_at=time_of(max(row.scored_tick for row in rows.values())) if rows else None,
        first_at=None if first is None else time_of(first),
    )  # fmt: skip


def _first(session: Session, stream: Stream, version_id: int) -> int | None:
    """The tick at which the first truth is counted: of the first whole hour after a forecast at a full hour."""
    assert stream.id is not None
    made = forecasts.first_run(session, stream.id, version_id)
    if made is None or stream.tick is None:
        return None
    live = Source(stream.source).live
    due = -(-made // TICKS_PER_HOUR) * TICKS_PER_HOUR + (2 if live else 1) * TICKS_PER_HOUR
    newest = tick_of(now()) if live else stream.tick
    return max(due, (newest // TICKS_PER_HOUR + 1) * TICKS_PER_HOUR)


def _counts(rows: Sequence[Calibration]) -> Counts:
    return np.asarray(sum((coverage.counts_of(row) for row in rows), np.zeros(coverage.SHAPE, np.int64)), np.int64)


def _profile(name: str, rows: Sequence[Calibration]) -> Group:
    return _group(name, _counts(rows), skill.total(coverage.losses_of(row) for row in rows))


def _group(name: str, counts: Counts, losses: Losses) -> Group:
    return Group(name, _leads(counts, losses), _measured(counts, losses))


def _leads(counts: Counts, losses: Losses) -> tuple[Measured, ...]:
    return tuple(_measured(counts[:, at], losses[:, at]) for at in range(len(LEAD_BUCKETS)))


def _measured(counts: Counts, losses: Losses) -> Measured:
    held, matured = counts.reshape(-1, 2).sum(axis=0)
    return Measured(int(held), int(matured), skill.skill(losses))
