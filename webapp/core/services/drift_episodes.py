"""Episodes of drift: opened, followed and closed in the transaction of the look that says so, and told to targets.

An episode is told twice, when it begins and when it is over, under a key of its own, so looking again tells nothing.
"""

from collections.abc import Mapping

from webapp.core.clock import now
from webapp.core.models.drift_reports import DriftEpisode
from webapp.core.models.streams import Stream
from webapp.core.policies import drift_words as words
from webapp.core.policies.deliveries import Notice, Phase
from webapp.core.policies.drift_reports import Cell, Changes, Found
from webapp.core.policies.notifications import Topic
from webapp.core.policies.wording import SPACE
from webapp.core.repositories import drift_reports as rows
from webapp.core.repositories import streams
from webapp.core.services import deliveries
from webapp.core.settings import settings
from webapp.core.uow import UnitOfWork

_CALM = "every test of it has been calm for some hours"


def follow(
    uow: UnitOfWork, stream: Stream, version_id: int, hour: int, changes: Changes, since: Mapping[Cell, int]
) -> None:
    """Store what a look changes; `since` says from which hour on each new drift has been."""
    for row in rows.open_episodes(uow.session, stream.id or 0):
        cell = (row.group, row.metric)
        if (found := changes.going_on.get(cell)) is not None:
            _note(row, found)
        if cell in changes.closed:
            _end(uow, stream, row, hour, _CALM)
        uow.session.add(row)
    for cell, found in changes.opened.items():
        _open(uow, stream, version_id, hour, cell, found, since[cell])


def end_all(uow: UnitOfWork, stream_id: int, hour: int, why: str) -> None:
    """Close what is open: its reference is none any more."""
    stream = streams.by_id(uow.session, stream_id)
    assert stream is not None, "streams are never removed"
    for row in rows.open_episodes(uow.session, stream_id):
        _end(uow, stream, row, max(hour, row.opened_hour), why)
        uow.session.add(row)


def _open(
    uow: UnitOfWork, stream: Stream, version_id: int, hour: int, cell: Cell, found: Found, since: int
) -> None:  # fmt: skip
    assert stream.id is not None
    row = DriftEpisode(
        stream_id=stream.id, model_version_id=version_id, group=cell[0], metric=cell[1], test=found.test.name,
        opened_hour=hour, since_hour=since, statistic=found.statistic, threshold=found.threshold, peak=found.statistic,
        effect=found.effect, peak_effect=found.effect, cost=found.cost, opened_at=now(),
    )  # fmt: skip
    uow.session.add(row)
    title = f"Drift on {stream.slug}: {words.cell(*cell)} {words.effect(found.test, found.effect)}."
    costs = words.cost(found.cost)
    tell = f"It began {hour + 1 - since}{SPACE}h ago{f'; {costs}' if costs else ''}. The page Drift shows the test."
    _publish(uow, stream, row, Phase.BEGAN, title, tell)


def _note(row: DriftEpisode, found: Found) -> None:
    row.statistic, row.threshold, row.effect, row.cost = found.statistic, found.threshold, found.effect, found.cost
    if abs(found.statistic) > abs(row.peak):
        row.peak, row.peak_effect = found.statistic, found.effect


def _end(uow: UnitOfWork, stream: Stream, row: DriftEpisode, hour: int, why: str) -> None:
    row.closed_hour, row.closed_at, row.why_closed = hour, now(), why
    title = f"Drift on {stream.slug} is over: {words.cell(row.group, row.metric)}."
    _publish(uow, stream, row, Phase.OVER, title, f"It lasted {hour - row.since_hour}{SPACE}h: {why}.")


def _publish(uow: UnitOfWork, stream: Stream, row: DriftEpisode, phase: Phase, title: str, text: str) -> None:
    key = f"drift:{stream.slug}:{row.group}:{row.metric}"
    link = settings().public_url or ""
    deliveries.publish(uow, Notice(Topic.DRIFT, phase, key, row.opened_at, stream.slug, title, text, link))
