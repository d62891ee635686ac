"""Which artefact serves a stream: registering it, and putting the shipped one in an empty slot."""

import json
from collections import Counter
from functools import lru_cache
from pathlib import Path

from ml.runtime import DEFAULT_ODDS, ArtifactError, Forecaster, Odds, load
from webapp.core.clock import now
from webapp.core.db import ROOT, Session, reading
from webapp.core.errors import Unavailable
from webapp.core.events import Event, EventKind
from webapp.core.models.model_versions import ModelVersion, ServingSlot
from webapp.core.models.promotions import Promotion
from webapp.core.policies.promotions import Kind
from webapp.core.repositories import model_versions, streams
from webapp.core.services import audit, places
from webapp.core.settings import settings
from webapp.core.uow import UnitOfWork

SHIPPED = ROOT / "ml" / "champions" / "fleet-tft-1.0.0"
_MEND = "Restore the folder from a backup, or let another version serve."


def register(session: Session, folder: Path) -> ModelVersion:
    """The version row of an artefact folder, made when its hash is new.

    Raises Unavailable when the folder holds no readable manifest.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
        sha256, model, version = manifest["sha256"], manifest["model"], manifest["version"]
    except (OSError, ValueError, KeyError) as error:
        raise Unavailable(f"The model folder {folder} holds no readable manifest. Restore it, then restart.") from error
    found = model_versions.by_hash(session, sha256)
    if found is None:
        found = ModelVersion(model=model, version=version, path=places.kept(folder), sha256=sha256, created_at=now())
        session.add(found)
        session.flush()
    return found


def fill_slot(session: Session, stream_id: int, by: str) -> None:
    """Put the configured champion into a stream's slot when nothing serves it yet."""
    if model_versions.slot(session, stream_id) is not None:
        return
    version = register(session, settings().champion or SHIPPED)
    assert version.id is not None
    at = now()
    session.add(ServingSlot(stream_id=stream_id, model_version_id=version.id, moved_at=at, moved_by=by))
    session.add(
        Promotion(
            stream_id=stream_id, move=0, model_version_id=version.id, kind=Kind.FIRST.value, at=at, by=by,
            reason="the champion that a new stream begins with",
        )
    )  # fmt: skip


def follow_release(uow: UnitOfWork) -> int:
    """Move the slots that serve a shipped artefact of an earlier release to the one of this release.

    Only artefacts shipped with Forewarn are replaced: what people trained or approved stays. Returns the slots moved.
    """
    outdated = [
        slot
        for slot in model_versions.slots(uow.session)
        if (version := model_versions.by_id(uow.session, slot.model_version_id)) and _outdated(version)
    ]
    if not outdated:
        return 0
    shipped = register(uow.session, settings().champion or SHIPPED)
    assert shipped.id is not None
    for slot in outdated:
        slot.model_version_id, slot.moves, slot.moved_at, slot.moved_by = shipped.id, slot.moves + 1, now(), "release"
        uow.session.add(slot)
        uow.session.add(
            Promotion(
                stream_id=slot.stream_id, move=slot.moves, model_version_id=shipped.id, kind=Kind.RELEASE.value,
                at=slot.moved_at, by="release", reason="shipped with this release",
            )
        )  # fmt: skip
        detail = {"version": f"{shipped.model} {shipped.version}", "sha256": shipped.sha256}
        stream = streams.by_id(uow.session, slot.stream_id)
        assert stream is not None, "a slot belongs to a stream"
        audit.record(uow, "release", "serve", "stream", stream.slug, "shipped with this release", detail)
        uow.emit(Event(EventKind.MODEL_CHANGED, slot.stream_id, str(shipped.id)))
    return len(outdated)


def _outdated(version: ModelVersion) -> bool:
    folder = places.found(version.path)
    if folder.parent != SHIPPED.parent:
        return False
    try:
        return bool(json.loads((folder / "manifest.json").read_text())["sha256"] != version.sha256)
    except (OSError, ValueError, KeyError):
        return True


@lru_cache(maxsize=4)
def forecaster(path: str, sha256: str) -> Forecaster:
    """The loaded artefact of a version, kept once it was verified. Raises Unavailable with the reason."""
    return verified(path, sha256)


def verified(path: str, sha256: str) -> Forecaster:
    """The artefact of a version, every byte of it read now and its hash checked. Raises Unavailable with the reason."""
    try:
        loaded = load(places.found(path))
    except ArtifactError as error:
        said = str(error)
        raise Unavailable(f"{said[:1].upper()}{said[1:]}. {_MEND}") from error
    if loaded.sha256 != sha256:
        raise Unavailable(f"The files in {path} are not the artefact that was registered. {_MEND}")
    return loaded


def odds(version: ModelVersion | None) -> Odds:
    """A version's own odds; the cautious default where it cannot be loaded here."""
    try:
        return forecaster(version.path, version.sha256).odds if version else DEFAULT_ODDS
    except Unavailable:
        return DEFAULT_ODDS


def prevailing() -> Forecaster:
    """The loaded champion of most streams, of two the one that took over last; without a stream, the shipped one.

    Raises Unavailable with the reason.
    """
    with reading() as session:
        slots = model_versions.slots(session)
        count = Counter(slot.model_version_id for slot in slots)
        best = max(slots, key=lambda slot: (count[slot.model_version_id], slot.moved_at), default=None)
        version = None if best is None else model_versions.by_id(session, best.model_version_id)
    if version is not None:
        return forecaster(version.path, version.sha256)
    folder = settings().champion or SHIPPED
    try:
        return forecaster(places.kept(folder), str(json.loads((folder / "manifest.json").read_text())["sha256"]))
    except (OSError, ValueError, KeyError) as error:
        raise Unavailable(f"The model folder {folder} holds no readable manifest. Restore it, then restart.") from error


@lru_cache(maxsize=16)
def tested_skill(path: str, sha256: str) -> float | None:
    """The skill in a version's own evaluation, on simulated servers; None where its manifest tells none."""
    try:
        manifest = json.loads((places.found(path) / "manifest.json").read_text())
        return float(manifest["evaluation"]["skill"]) if manifest["sha256"] == sha256 else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
