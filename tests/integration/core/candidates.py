"""Candidates without a training: the shipped artefact under another version, with evidence on it."""

from dataclasses import asdict, replace
from pathlib import Path

from ml.artifacts import read, write
from tests.documents import judged
from webapp.core.clock import now
from webapp.core.models.training_runs import TrainingRun
from webapp.core.policies.training_runs import Recipe, Status
from webapp.core.repositories import model_versions
from webapp.core.services import champions, evidence, streams
from webapp.core.uow import unit_of_work

PASSES, FAILS = -0.034, 0.03


def artefact(folder: Path, version: str = "1.1.0") -> Path:
    """The shipped artefact as another version."""
    manifest, _, tensors = read(champions.SHIPPED)
    out = folder / f"{manifest.model}-{version}"
    if not out.exists():
        write(out, tensors, replace(manifest, version=version, files={}))
    return out


def candidate(
    folder: Path, version: str = "1.1.0", by: str = "ann", relative: float = PASSES, slug: str = streams.DEMO
) -> int:
    """A trained candidate with evidence against the champion of now; returns the evidence's id."""
    with unit_of_work() as uow:
        stream = streams.find(uow.session, slug)
        assert stream.id is not None
        champion = model_versions.champion(uow.session, stream.id)
        made = champions.register(uow.session, artefact(folder, version))
        assert champion is not None and champion.id is not None
        run = TrainingRun(
            stream_id=stream.id, by=by, reason="drift", recipe=asdict(Recipe()), start_version_id=champion.id,
            status=Status.CANDIDATE.value, version_id=made.id, queued_at=now(), started_at=now(), ended_at=now(),
        )  # fmt: skip
        uow.session.add(run)
        uow.session.flush()
        document = judged(relative, made.sha256, champion.sha256, version) | {"stream": slug}
        stored = evidence.store(uow, stream.id, run.id, made, champion, document)
        assert stored.id is not None
        return stored.id
