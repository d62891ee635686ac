"""Evidence on candidates: stored once, whole, with the gate's verdict on it; read by candidate, run or id.

Guards the binding: a document names the hashes of both artefacts and of the windows, is judged by the gate as it is
stored, and keeps the hash of its own canonical JSON, so that a decision can name exactly what it was made on.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from webapp.core.clock import now
from webapp.core.db import Session, reading
from webapp.core.errors import Conflict, Invalid, NotFound
from webapp.core.events import Event, EventKind
from webapp.core.models.evidence import Evidence
from webapp.core.models.model_versions import ModelVersion
from webapp.core.policies import gate, promotions
from webapp.core.repositories import evidence as rows
from webapp.core.repositories import model_versions
from webapp.core.repositories import streams as stream_rows
from webapp.core.services import announcements, champions, places, streams
from webapp.core.uow import UnitOfWork
from webapp.core.views.evidence import (
    CheckView,
    DifferencesView,
    DifferenceView,
    EvidenceView,
    FiguresView,
    LatencyView,
    ModelView,
    ScoresView,
    SizeView,
    WindowsView,
    WorseView,
)

Document = Mapping[str, object]
_MOST = 500  # judgements of a stream that are searched, newest first


def canonical(document: Mapping[str, object]) -> str:
    """A document as the text that is hashed. ValueError when it holds a number that JSON has not."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def fingerprint(document: Mapping[str, object]) -> str:
    """The sha256 of a document's canonical JSON."""
    return hashlib.sha256(canonical(document).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Rival:
    """Whom a candidate has to beat: the version that serves the stream now."""

    version_id: int
    sha256: str
    folder: Path


def rival(slug: str) -> Rival:
    """A stream's champion. Raises NotFound, or Conflict when nothing serves it."""
    with reading() as session:
        stream = streams.find(session, slug)
        champion = model_versions.champion(session, stream.id or 0)
    if champion is None or champion.id is None:
        raise Conflict(f"Nothing serves {slug} yet: there is no model to judge against.")
    return Rival(champion.id, champion.sha256, places.found(champion.path))


def admit(uow: UnitOfWork, stream_id: int, run_id: int, folder: Path, champion_id: int, judged: Document) -> int:
    """Register a run's candidate and store what it was judged as; returns the version's id.

    To be called under the run's fence, in the transaction that ends the run.
    """
    candidate = champions.register(uow.session, folder)
    champion = model_versions.by_id(uow.session, champion_id)
    assert candidate.id is not None and champion is not None, "a version is never removed"
    store(uow, stream_id, run_id, candidate, champion, judged)
    return candidate.id


def store(
    uow: UnitOfWork, stream_id: int, run_id: int | None, candidate: ModelVersion, champion: ModelVersion,
    judged: Document,
) -> Evidence:  # fmt: skip
    """Store a judgement with the gate's verdict on it; the one that a run has already, when it has one.

    Raises Invalid when the document is about other artefacts, or holds what cannot be stored.
    """
    if run_id is not None and (found := rows.of_run(uow.session, run_id)):
        return found
    _about(judged, "candidate", candidate)
    _about(judged, "champion", champion)
    assert candidate.id is not None and champion.id is not None
    at = now()
    document = gate.complete({**judged, "made_at": at.isoformat(timespec="seconds")})
    try:
        sha256 = fingerprint(document)
    except ValueError as error:
        raise Invalid("The judgement holds numbers that are none. Judge the candidate again.") from error
    row = Evidence(
        stream_id=stream_id, run_id=run_id, candidate_id=candidate.id, champion_id=champion.id,
        candidate_sha256=candidate.sha256, champion_sha256=champion.sha256,
        windows_sha256=_named(document, "windows"), sha256=sha256,
        passed=gate.verdict(document).passed, document=document, made_at=at,
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    _tell(uow, row, candidate)
    return row


def _tell(uow: UnitOfWork, row: Evidence, candidate: ModelVersion) -> None:
    stream = stream_rows.by_id(uow.session, row.stream_id)
    assert stream is not None and row.id is not None, "streams are never removed"
    announcements.candidate(uow, stream.slug, f"{candidate.model} {candidate.version}", row.id, row.passed, row.made_at)
    uow.emit(Event(EventKind.MODEL_CHANGED, row.stream_id, str(row.candidate_id)))


def _about(document: Document, which: str, version: ModelVersion) -> None:
    if _part(document, which).get("sha256") != version.sha256:
        message = f"The judgement is about another {which} than {version.model} {version.version}. Judge it again."
        raise Invalid(message)


def find(evidence_id: int) -> EvidenceView:
    """One judgement. Raises NotFound."""
    with reading() as session:
        row = rows.by_id(session, evidence_id)
        if row is None:
            raise NotFound(f"There is no evidence {evidence_id}.")
        return view(session, row)


def newest(slug: str, candidate_id: int) -> EvidenceView | None:
    """The last judgement of a candidate for a stream, None before one was made. Raises NotFound without the stream."""
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        row = rows.newest(session, stream.id, candidate_id)
        return None if row is None else view(session, row)


def of_run(run_id: int) -> EvidenceView | None:
    """What a run's candidate was judged as, None while it was not."""
    with reading() as session:
        row = rows.of_run(session, run_id)
        return None if row is None else view(session, row)


def meant(slug: str, wanted: str) -> EvidenceView:
    """The newest judgement of a run, by its number, or of a candidate, by version or the beginning of its hash.

    Raises NotFound, or Invalid when it names several versions.
    """
    with reading() as session:
        stream = streams.find(session, slug)
        assert stream.id is not None
        found = rows.of_stream(session, stream.id, _MOST)
        if wanted.isdecimal():
            chosen = [row for row in found if row.run_id == int(wanted)]
        else:
            chosen = _of_version(session, found, wanted)
        if not chosen:
            raise NotFound(
                f"Nothing called {wanted} was judged for {slug}. Name a run that has a candidate, or a version."
            )
        return view(session, chosen[0])


def _of_version(session: Session, found: Sequence[Evidence], wanted: str) -> list[Evidence]:
    ids = dict.fromkeys(row.candidate_id for row in found)
    versions = [one for one in (model_versions.by_id(session, each) for each in ids) if one is not None]
    places_of = promotions.meant(wanted, [(one.model, one.version, one.sha256) for one in versions])
    if len(places_of) > 1:
        hashes = " or ".join(versions[place].sha256[: promotions.SHORT] for place in places_of)
        raise Invalid(f"{wanted} names {len(places_of)} versions: say {hashes}.")
    return [row for row in found for place in places_of if row.candidate_id == versions[place].id]


def intact(row: Evidence) -> bool:
    """Whether a stored document still is what it was stored as, hash by hash."""
    named = (_named(row.document, one) for one in ("candidate", "champion", "windows"))
    bound = (row.candidate_sha256, row.champion_sha256, row.windows_sha256)
    same = tuple(named) == bound and row.passed == (_part(row.document, "gate").get("passed") is True)
    return same and fingerprint(row.document) == row.sha256


def _named(document: Document, which: str) -> str:
    """The hash of a part, empty where none was measured: without a window left, there are none to hash."""
    return str(_part(document, which).get("sha256") or "")[:64]


def view(session: Session, row: Evidence) -> EvidenceView:
    """What people see of a row."""
    stream = stream_rows.by_id(session, row.stream_id)
    assert stream is not None, "streams are never removed"
    return shown(row, stream.slug)


def shown(row: Evidence, slug: str) -> EvidenceView:
    """What people see of a row of the stream `slug`."""
    assert row.id is not None
    document = row.document
    elsewhere = _part(document, "elsewhere")
    return EvidenceView(
        id=row.id, stream=slug, run_id=row.run_id, candidate_id=row.candidate_id, champion_id=row.champion_id,
        candidate=_model(document, "candidate"), champion=_model(document, "champion"), sha256=row.sha256,
        intact=intact(row), passed=row.passed, checks=_checks(document), windows=_windows(document),
        models=tuple(_scores(name, one) for name, one in _part(document, "models").items()),
        differences=_differences(document),
        elsewhere=_difference("simulated servers", elsewhere) if elsewhere else None,
        worse=tuple(
            WorseView(str(one.get("group")), str(one.get("name")), one.get("relative"), *_bounds(one))
            for one in _list(document.get("worse"))
        ),
        latency=_latency(document), size=_size(document), made_at=row.made_at, commit=_text(document.get("commit")),
        seconds=_number(document.get("seconds")), document=document,
    )  # fmt: skip


def _model(document: Document, which: str) -> ModelView:
    part, trained = _part(document, which), _part(document, which, "trained")
    return ModelView(
        str(part.get("model")), str(part.get("version")), str(part.get("sha256")), _whole(part.get("parameters")),
        _whole(part.get("bytes")), _whole(part.get("seed")), _text(trained.get("mode")),
        _moment(trained.get("first_at")), _moment(trained.get("last_at")),
    )  # fmt: skip


def _checks(document: Document) -> tuple[CheckView, ...]:
    return tuple(
        CheckView(
            str(one.get("name")), one.get("passed") is True, str(one.get("sentence")), _number(one.get("measured"))
        )
        for one in _list(_part(document, "gate").get("checks"))
    )


def _windows(document: Document) -> WindowsView:
    part = _part(document, "windows")
    return WindowsView(
        str(part.get("sha256")), _whole(part.get("count")) or 0, _whole(part.get("servers")) or 0,
        _number(part.get("days")), _moment(part.get("first_at")), _moment(part.get("last_at")),
    )  # fmt: skip


def _scores(name: str, part: Document) -> ScoresView:
    groups = ("by_lead", "by_metric", "by_profile")
    found = (tuple(_figures(key, one) for key, one in _part(part, group).items()) for group in groups)
    return ScoresView(_figures(name, part), *found)


def _figures(name: str, part: Document) -> FiguresView:
    pinball, skill, coverage80, mae = (_number(part.get(one)) for one in ("pinball", "skill", "coverage80", "mae"))
    return FiguresView(name, pinball, skill, coverage80, mae, _whole(part.get("windows")) or 0)


def _differences(document: Document) -> DifferencesView:
    part = _part(document, "difference")
    groups = ("by_lead", "by_metric", "by_profile")
    found = (tuple(_difference(key, one) for key, one in _part(part, group).items()) for group in groups)
    count = _whole(_part(document, "windows").get("count")) or 0
    overall = _difference("overall", {"windows": count, **part})
    return DifferencesView(overall, _number(part.get("seed_noise")), _whole(part.get("blocks")) or 0, *found)


def _difference(name: str, part: Document) -> DifferenceView:
    return DifferenceView(name, _number(part.get("relative")), *_bounds(part), _whole(part.get("windows")) or 0)


def _bounds(part: Document) -> tuple[float | None, float | None]:
    found = part.get("ci95")
    low, high = found if isinstance(found, list | tuple) and len(found) == 2 else (None, None)
    return _number(low), _number(high)


def _latency(document: Document) -> LatencyView:
    part = _part(document, "latency")
    mine, theirs = (_number(part.get(f"{one}_ms")) for one in ("candidate", "champion"))
    return LatencyView(_whole(part.get("servers")) or 0, mine, theirs)


def _size(document: Document) -> SizeView:
    part = _part(document, "size")
    return SizeView(*(_whole(part.get(f"{one}_bytes")) for one in ("candidate", "champion")))


def _part(document: Document, *path: str) -> dict[str, Any]:
    found: object = document
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return dict(found) if isinstance(found, Mapping) else {}


def _list(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _moment(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
