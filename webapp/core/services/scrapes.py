"""Reading Prometheus sources on: history first, then each tick as it ends.

Level-triggered: a source that is behind is read, whoever asks and however often, from its row's cursor to the
newest tick, oldest first. So a message that comes twice, late or never changes nothing. What is stored stays; a
tick without a point is a gap. A read takes about a minute at most and then leaves the rest to the next one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import redis

from ml.schema import METRIC_INDEX, METRICS, Profile
from webapp.core import dispatch
from webapp.core.clock import monotonic, now, time_of
from webapp.core.db import reading
from webapp.core.errors import ForewarnError, Invalid
from webapp.core.jobs import PrometheusRead
from webapp.core.logging import get_logger
from webapp.core.policies import prometheus as mappings
from webapp.core.policies import telemetry as rules
from webapp.core.policies.prometheus import PromMapping, Query
from webapp.core.prometheus.client import MOST_POINTS, Client, TooLong
from webapp.core.repositories import assets, streams
from webapp.core.repositories import prometheus as source_rows
from webapp.core.services import prometheus, telemetry
from webapp.core.settings import settings
from webapp.core.uow import unit_of_work
from webapp.core.views.streams import Source

log = get_logger(__name__)
SLICE_SECONDS: Final = 60.0
"""How long one job reads before it leaves the rest to the next."""
_LEASE: Final = timedelta(seconds=240)  # a slice, and the queries of one more chunk at their slowest
_POINTS: Final = 60_000  # of one metric in one answer: about 2 MB
_FEW: Final = 12  # ticks that are asked for without counting the series first
_PAUSES: Final = (15, 30, 60, 120, 240)
_NO_DATA: Final = (
    "Prometheus answers, but has no value of any mapped metric for the newest tick: does it scrape node_exporter, and "
    "do the names in the mapping fit? See: forewarn prometheus test"
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What reading needs of a source's row, so that no session stays open."""

    source_id: int
    stream_id: int
    slug: str
    by: str
    url: str
    secret: str | None
    mapping: PromMapping
    cursor: int


@dataclass(slots=True)
class Gathered:
    """Rows of some ticks, oldest first, as pushed telemetry would name them, and what was left out."""

    rows: list[dict[str, object]] = field(default_factory=list)
    servers: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)
    problems: dict[str, str] = field(default_factory=dict)


def send_due() -> int:
    """Send a job for each source that is behind; none while the queue still holds messages. Returns how many."""
    with reading() as session:
        found = [row.id for row in source_rows.due(session, prometheus.newest_tick(), now()) if row.id is not None]
    try:
        if not found or dispatch.queue_sizes(PrometheusRead.queue)[0]:
            return 0
        for source_id in found:
            dispatch.send(PrometheusRead(source_id))
    except redis.RedisError as error:
        log.warning("the broker took no message; the next run sends it", extra={"error": str(error)})
        return 0
    return len(found)


def read(source_id: int) -> None:
    """Read a source on, unless somebody does already or it may not be tried yet."""
    if not _hold(source_id):
        return
    try:
        claimed = _claimed(source_id)
        if claimed is not None:
            _read(claimed, prometheus.client_of(claimed.url, claimed.secret))
    except ForewarnError as error:
        _failed(source_id, error.message)
    finally:
        _note(source_id, busy_until_at=None)


def _hold(source_id: int) -> bool:
    with unit_of_work() as uow:
        return source_rows.claim(uow.session, source_id, now(), now() + _LEASE)


def _claimed(source_id: int) -> Claimed | None:
    with reading() as session:
        row = source_rows.by_id(session, source_id)
        stream = streams.by_id(session, row.stream_id) if row else None
    if row is None or stream is None:
        return None
    mapping = mappings.parse(row.mapping)
    by = f"prometheus:{row.name}"
    return Claimed(source_id, row.stream_id, stream.slug, by, row.url, row.secret, mapping, row.cursor_tick)


def _read(claimed: Claimed, client: Client) -> None:
    newest, until = prometheus.newest_tick(), monotonic() + SLICE_SECONDS
    cursor = max(claimed.cursor, newest - prometheus.HISTORY_TICKS)  # after a long pause, no more than a new source
    width = _width(client, claimed.mapping, newest) if newest - cursor > _FEW else _FEW
    labels = labels_of(client, claimed.mapping) if cursor < newest else {}
    while cursor < newest and monotonic() < until:
        last = min(cursor + width, newest)
        try:
            found = gather(client, claimed.mapping, cursor + 1, last, _profiles(claimed.stream_id))
        except TooLong:
            if width == 1:
                raise
            width = max(1, width // 4)
            continue
        label(found.rows, labels)
        _store(claimed, found, more_follows=last < newest)
        cursor = last
        _progress(claimed, found, cursor, newest)


def _width(client: Client, mapping: PromMapping, newest: int) -> int:
    """How many ticks to ask for at a time, by how many series there are now."""
    most = 1
    for query in mapping.queries:
        try:
            most = max(most, client.count(query.promql, time_of(newest)))
        except Invalid:
            continue  # reading says it, beside the metric's name
    return max(1, min(MOST_POINTS, _POINTS // most))


def _profiles(stream_id: int) -> Mapping[str, str]:
    with reading() as session:
        return {name: one.profile for name, one in assets.known(session, stream_id).items()}


def gather(client: Client, mapping: PromMapping, first: int, last: int, stored: Mapping[str, str]) -> Gathered:
    """Everything that the mapping names at ticks first..last; `stored` are the profiles of servers known already.

    A query that Prometheus refuses leaves its metric empty and is told in `problems`. Raises Invalid when it
    refuses all of them, and Unavailable when it does not answer: half a row would stay half forever.
    """
    found, cells = Gathered(), dict[tuple[int, str], dict[str, float]]()
    for query in mapping.queries:
        try:
            values = _values(client, mapping, query, (first, last), found)
        except Invalid as error:
            found.problems[query.name] = error.message
            continue
        for (tick, server), value in values.items():
            if mapping.query_of(query.metric, _profile(mapping, server, stored)) is query:
                cells.setdefault((tick, server), {})[query.metric] = value
    if len(found.problems) == len(mapping.queries):
        raise Invalid("; ".join(f"{name}: {problem}" for name, problem in list(found.problems.items())[:2]))
    found.rows = [_row(mapping, key, cells[key], stored) for key in sorted(cells)]
    found.servers = {server for _, server in cells}
    return found


def labels_of(client: Client, mapping: PromMapping) -> dict[str, dict[str, str]]:
    """What Prometheus says of each server beside its numbers; nothing where it cannot say: no forecast needs it."""
    try:
        found = client.at(mapping.labels, now()) if mapping.labels else ()
    except ForewarnError as error:
        log.info("a Prometheus source gives no labels", extra={"error": error.message})
        return {}
    labels: dict[str, dict[str, str]] = {}
    for series in sorted(found, key=lambda one: sorted(one.labels.items())):
        if server := mapping.server(series.labels):
            kept = {key: value for key, value in sorted(series.labels.items()) if not rules.label_problem(key, value)}
            kept.pop("__name__", None)
            labels.setdefault(server, dict(list(kept.items())[: rules.MOST_LABELS]))
    return labels


def label(rows: Sequence[dict[str, object]], labels: Mapping[str, Mapping[str, str]]) -> None:
    """Put each server's labels on its newest row."""
    seen: set[object] = set()
    for row in reversed(rows):
        if row["asset"] in labels and row["asset"] not in seen:
            row["labels"] = dict(labels[str(row["asset"])])
        seen.add(row["asset"])


def _values(
    client: Client, mapping: PromMapping, query: Query, span: tuple[int, int], found: Gathered
) -> dict[tuple[int, str], float]:
    """The values of one query by tick and server; where two series claim the same place, neither counts."""
    metric = METRICS[METRIC_INDEX[query.metric]]
    values: dict[tuple[int, str], float] = {}
    twice: set[tuple[int, str]] = set()
    for series in client.range(query.promql, *span):
        server = mapping.server(series.labels)
        if server is None or rules.name_problem(server):
            found.left_out[f"series without a usable label {mapping.server_label}"] += 1
            continue
        for tick, value in series.values.items():
            if not span[0] <= tick <= span[1]:
                continue
            if not metric.low - 1e-6 <= value <= metric.high:
                found.left_out[f"values of {metric.name} outside of {metric.low:g} to {metric.high:g}"] += 1
            elif (tick, server) in values:
                twice.add((tick, server))
            else:
                values[tick, server] = max(value, metric.low)
    if twice:
        found.left_out[f"values of {metric.name} that two series give for one server"] += len(twice)
    return {key: value for key, value in values.items() if key not in twice}


def _profile(mapping: PromMapping, server: str, stored: Mapping[str, str]) -> Profile:
    known = stored.get(server, Profile.UNKNOWN)
    return Profile(known) if known != Profile.UNKNOWN else mapping.profile(server)


def _row(
    mapping: PromMapping, key: tuple[int, str], values: Mapping[str, float], stored: Mapping[str, str]
) -> dict[str, object]:
    tick, server = key
    row: dict[str, object] = {"asset": server, "at": time_of(tick).isoformat(), **values}
    told = mapping.told(server)
    if told is not None and stored.get(server, Profile.UNKNOWN) == Profile.UNKNOWN:
        row["profile"] = told.value
    return row


def _store(claimed: Claimed, found: Gathered, *, more_follows: bool) -> None:
    """Through the door of pushed telemetry, in batches as large as a sender's."""
    size = settings().max_batch_rows
    for start in range(0, len(found.rows), size):
        checked = rules.parse({"rows": found.rows[start : start + size]}, now(), size)
        more = more_follows or start + size < len(found.rows)
        telemetry.accept(claimed.slug, checked, Source.PROMETHEUS, claimed.by, asked_again=True, more_follows=more)


def _progress(claimed: Claimed, found: Gathered, cursor: int, newest: int) -> None:
    notes = [f"{name}: {problem}" for name, problem in found.problems.items()]
    notes += [f"Left out: {count} {what}." for what, count in found.left_out.most_common(3)]
    values: dict[str, object] = {
        "cursor_tick": cursor, "last_success_at": now(), "failures": 0, "next_try_at": None, "last_error": None,
        "note": " ".join(notes)[:1000] or None, "servers": len(found.servers),
    }  # fmt: skip
    if cursor == newest and not _at(found.rows, newest):
        values["last_error"] = _NO_DATA
    _note(claimed.source_id, **values)


def _at(rows: Sequence[Mapping[str, object]], tick: int) -> bool:
    return bool(rows) and rows[-1]["at"] == time_of(tick).isoformat()


def _failed(source_id: int, sentence: str) -> None:
    with unit_of_work() as uow:
        row = source_rows.by_id(uow.session, source_id)
        if row is None:
            return
        pause = _PAUSES[min(row.failures, len(_PAUSES) - 1)]
        row.failures, row.last_error = row.failures + 1, sentence[:1000]
        row.next_try_at = now() + timedelta(seconds=pause)
        uow.session.add(row)
    log.warning("a Prometheus source could not be read", extra={"source_id": source_id, "error": sentence})


def _note(source_id: int, **values: object) -> None:
    with unit_of_work() as uow:
        source_rows.note(uow.session, source_id, **values)
