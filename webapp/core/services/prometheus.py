"""A user's Prometheus servers: try one, add it, list, pause and remove. Every change is audited.

The Authorization header is in no row, log or page: it is a file that only Forewarn's user may read, in the data
folder. The network is never waited for while a database session is open.
"""

from collections.abc import Sequence
from typing import Final

from ml.schema import METRICS, TICK_SECONDS, TICKS_PER_DAY
from webapp.core.clock import now, time_of
from webapp.core.db import Session, reading
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.events import Event, EventKind
from webapp.core.jobs import PrometheusRead
from webapp.core.models.prometheus import PrometheusSource
from webapp.core.policies import prometheus as rules
from webapp.core.policies.prometheus import PromMapping, Query
from webapp.core.policies.streams import slug_problem
from webapp.core.prometheus import address, answers
from webapp.core.prometheus.client import Client, check_header
from webapp.core.repositories import locks, streams
from webapp.core.repositories import prometheus as source_rows
from webapp.core.services import audit, secret_files, telemetry
from webapp.core.uow import unit_of_work
from webapp.core.views.prometheus import MetricPreview, Preview, SourceView
from webapp.core.views.streams import Source

HISTORY_TICKS: Final = 8 * TICKS_PER_DAY
"""How far back a new source is read: the seven days that a forecaster remembers, and one more."""
MOST_SOURCES: Final = 32
SETTLE_SECONDS: Final = 20
"""How long after a tick it is asked for: the scrape at its end has to arrive first."""
_EXAMPLES: Final = 3
_PREVIEW_SECONDS: Final = 10.0  # for each query, while a person waits


def newest_tick() -> int:
    """The newest tick that Prometheus knows all of by now."""
    return int((now().timestamp() - SETTLE_SECONDS) // TICK_SECONDS)


def preview(url: str, header: str | None = None, mapping: str = rules.DEFAULT) -> Preview:
    """Ask a server once for everything that the mapping names; nothing is stored.

    Raises Invalid (address or mapping are wrong), NotAllowed (the header is) or Unavailable (the server is).
    """
    checked, client, moment = rules.parse(mapping), Client(url, header, _PREVIEW_SECONDS), now()
    servers: set[str] = set()
    shown = []
    for query in checked.queries:
        found, one = _preview(client, checked, query)
        servers |= found
        shown.append(one)
    return Preview(address.text(client.server), moment, tuple(sorted(servers)), tuple(shown), _notes(servers, shown))


def _preview(client: Client, mapping: PromMapping, query: Query) -> tuple[set[str], MetricPreview]:
    moment = now()
    try:
        if (number := client.count(query.promql, moment)) > answers.MOST_SERIES:
            raise answers.too_many(number)
        series = client.at(query.promql, moment)
    except Invalid as error:
        return set(), MetricPreview(query.name, 0, (), error.message)
    named = [(mapping.server(one.labels), value) for one in series for value in one.values.values()]
    values = {name: value for name, value in named if name is not None}
    problem = None
    if not values:
        problem = f"no series has the label {mapping.server_label}" if named else "no data"
    elif len(values) < len(named):
        problem = f"{len(named) - len(values)} series have no server of their own: aggregate by {mapping.server_label}"
    examples = tuple(sorted(values.items())[:_EXAMPLES])
    return set(values), MetricPreview(query.name, len(values), examples, problem)


def _notes(servers: set[str], shown: Sequence[MetricPreview]) -> tuple[str, ...]:
    mapped = {one.metric.rpartition(".")[2] for one in shown}
    unmapped = [metric.name for metric in METRICS if metric.name not in mapped]
    notes = [f"{', '.join(unmapped)}: not mapped, so not observed."] if unmapped else []
    if not servers:
        notes.append(
            "No server was found: does this Prometheus scrape node_exporter? See `forewarn prometheus mapping`."
        )
    return tuple(notes)


def add(
    name: str, url: str, by: str, header: str | None = None, mapping: str = rules.DEFAULT, stream: str | None = None
) -> SourceView:
    """Store a source; its history is read at once, in the background. Raises Invalid or Conflict."""
    slug = stream or name
    for field, text in (("name", name), ("stream", slug)):
        if problem := slug_problem(text):
            raise Invalid(problem.replace("A stream is", "A source is") if field == "name" else problem)
    rules.parse(mapping)
    where, first = address.text(address.server(url)), newest_tick() - HISTORY_TICKS + 1
    secret = secret_files.keep("prometheus", check_header(header)) if header else None
    try:
        with unit_of_work() as uow:
            locks.take(uow.session, "prometheus sources")
            if source_rows.by_name(uow.session, name) is not None:
                raise Conflict(f"There is a Prometheus source {name} already. Name another, or remove it first.")
            if len(source_rows.every(uow.session)) >= MOST_SOURCES:
                raise Conflict(f"There are {MOST_SOURCES} Prometheus sources already, as many as are read.")
            fed, _ = telemetry.stream_of(uow, slug, Source.PROMETHEUS, by)
            assert fed.id is not None
            row = PrometheusSource(
                name=name, stream_id=fed.id, url=where, secret=secret, mapping=mapping, first_tick=first,
                cursor_tick=first - 1, created_by=by[:64], created_at=now(),
            )  # fmt: skip
            uow.session.add(row)
            uow.session.flush()
            assert row.id is not None
            detail = {"url": where, "stream": slug, "header": secret is not None}
            audit.record(uow, by, "add", "prometheus_source", name, "", detail)
            uow.emit(Event(EventKind.STREAM_CHANGED, fed.id, slug))
            uow.enqueue(PrometheusRead(row.id))
    except BaseException:
        secret_files.drop(secret)
        raise
    return _view(row, slug)


def remove(name: str, by: str, reason: str = "") -> None:
    """Stop reading a source and forget its header; what it brought stays. Raises NotFound."""
    with unit_of_work() as uow:
        row = _find(uow.session, name)
        assert row.id is not None
        source_rows.remove(uow.session, row.id)
        audit.record(uow, by, "remove", "prometheus_source", name, reason, {"url": row.url})
        uow.emit(Event(EventKind.STREAM_CHANGED, row.stream_id))
    secret_files.drop(row.secret)


def set_enabled(name: str, enabled: bool, by: str, reason: str = "") -> None:
    """Pause a source, or read it on; what it measured meanwhile is read then. Raises NotFound."""
    with unit_of_work() as uow:
        row = _find(uow.session, name)
        assert row.id is not None
        source_rows.note(uow.session, row.id, enabled=enabled, next_try_at=None)
        audit.record(uow, by, "resume" if enabled else "pause", "prometheus_source", name, reason)
        if enabled:
            uow.enqueue(PrometheusRead(row.id))


def listed() -> tuple[SourceView, ...]:
    """All sources, by name."""
    with reading() as session:
        slugs = {row.id: row.slug for row in streams.all_streams(session)}
        return tuple(_view(row, slugs.get(row.stream_id, "")) for row in source_rows.every(session))


def client_of(url: str, secret: str | None) -> Client:
    """A client for a stored source. Raises Unavailable when its header is gone."""
    return Client(url, secret_files.kept(secret, "Authorization header of this source") if secret else None)


def _find(session: Session, name: str) -> PrometheusSource:
    row = source_rows.by_name(session, name)
    if row is None:
        raise NotFound(f"There is no Prometheus source {name}. See: forewarn prometheus list")
    return row


def _view(row: PrometheusSource, slug: str) -> SourceView:
    newest = newest_tick()
    behind = max(0, newest - row.cursor_tick)
    span = max(1, newest - row.first_tick + 1)
    return SourceView(
        row.name, slug, row.url, row.secret is not None, row.enabled, row.servers, time_of(row.cursor_tick),
        1 - min(1.0, behind / span), behind, row.last_success_at, row.last_error, row.note,
    )  # fmt: skip
