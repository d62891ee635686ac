"""Telling people outside what became of a model, in the transaction of the change: each once, whoever repeats it."""

from datetime import datetime

from webapp.core.policies.deliveries import Notice, Phase
from webapp.core.policies.notifications import Topic
from webapp.core.policies.promotions import Kind
from webapp.core.services import deliveries
from webapp.core.settings import settings
from webapp.core.uow import UnitOfWork

_ASK = "An approver decides on it on the page Models, or with `forewarn approve`."


def candidate(uow: UnitOfWork, slug: str, version: str, evidence_id: int, passed: bool, at: datetime) -> None:
    """There is evidence on a candidate: somebody may decide."""
    gate = "The gate passes." if passed else "The gate refuses it: only an administrator may override that."
    title = f"A candidate for {slug} is ready: {version}."
    _tell(uow, Topic.CANDIDATES, f"candidate:{evidence_id}", at, slug, title, f"{gate} {_ASK}")


def moved(uow: UnitOfWork, kind: Kind, slug: str, move: int, version: str, by: str, reason: str, at: datetime) -> None:
    """A person or the policy let another version serve."""
    topic, word = (
        (Topic.ROLLBACKS, "rolled back to")
        if kind is Kind.ROLLBACK
        else (Topic.PROMOTIONS, "served by a new champion,")
    )
    title = f"{slug} is {word} {version}."
    _tell(uow, topic, f"{kind.value}:{slug}:{move}", at, slug, title, f"{by}: {reason.strip()}")


def training_failed(uow: UnitOfWork, slug: str, run_id: int, fence: int, note: str, at: datetime) -> None:
    """A training came to nothing; each try of it is told once."""
    title = f"Training run {run_id} for {slug} failed."
    text = f"{note.strip().rstrip('.') or 'It gave no reason'}. `forewarn training resume {run_id}` goes on from there."
    _tell(uow, Topic.TRAININGS, f"training:{run_id}:{fence}", at, slug, title, text)


def _tell(uow: UnitOfWork, topic: Topic, key: str, at: datetime, slug: str, title: str, text: str) -> None:
    link = f"{settings().public_url}/models?stream={slug}" if settings().public_url else ""
    deliveries.publish(uow, Notice(topic, Phase.NEWS, key, at, slug, title, text, link))
