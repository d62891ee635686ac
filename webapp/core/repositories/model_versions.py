"""Model versions and the serving slot."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from webapp.core.models.model_versions import ModelVersion, ServingSlot


def by_hash(session: Session, sha256: str) -> ModelVersion | None:
    """The version bound to an artefact's hash."""
    return session.exec(select(ModelVersion).where(ModelVersion.sha256 == sha256)).one_or_none()


def by_id(session: Session, version_id: int) -> ModelVersion | None:
    """The version with this id."""
    return session.get(ModelVersion, version_id)


def of_model(session: Session, model: str) -> Sequence[ModelVersion]:
    """Every version of a model, in the order in which they became known."""
    return session.exec(select(ModelVersion).where(ModelVersion.model == model).order_by(col(ModelVersion.id))).all()


def slot(session: Session, stream_id: int) -> ServingSlot | None:
    """Which version serves a stream."""
    return session.get(ServingSlot, stream_id)


def slots(session: Session) -> Sequence[ServingSlot]:
    """Every stream's slot."""
    return session.exec(select(ServingSlot)).all()


def champion(session: Session, stream_id: int) -> ModelVersion | None:
    """The version that serves a stream, None before one was put there."""
    found = slot(session, stream_id)
    return session.get(ModelVersion, found.model_version_id) if found else None
