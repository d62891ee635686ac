"""What trainings leave on disk: a run's telemetry and checkpoints go once nobody can need them any more.

A nightly training of a large fleet writes hundreds of megabytes. What stays is a candidate with its evidence and the
losses behind it: it may serve, or serve again. A run that may still be resumed keeps all it has.
"""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Final

from webapp.core.clock import now
from webapp.core.logging import get_logger
from webapp.core.policies.training_runs import Status
from webapp.core.repositories import training_runs as rows
from webapp.core.settings import settings
from webapp.core.uow import unit_of_work

log = get_logger(__name__)
KEPT: Final = {
    Status.CANDIDATE: timedelta(days=1),
    Status.FAILED: timedelta(days=35),
    Status.CANCELLED: timedelta(days=35),
}
"""How long a run that is over keeps what it worked with; one that is resumed later begins anew."""
_WORK: Final = ("telemetry.parquet", "telemetry-*", "work", "artefact-*")
_NAME: Final = "run-"


def folder(run_id: int) -> Path:
    """Where a run works."""
    return settings().data_dir.resolve() / "training" / f"{_NAME}{run_id}"


def tidy() -> int:
    """Remove what runs worked with that are over for long; returns how many. A folder that cannot be read stays."""
    return sum(_tidied(one) for one in sorted(folder(0).parent.glob(f"{_NAME}*")) if any(_left(one)))


def _left(run: Path) -> list[Path]:
    return [one for pattern in _WORK for one in run.glob(pattern)]


def _tidied(run: Path) -> bool:
    number = run.name.removeprefix(_NAME)
    try:
        with unit_of_work() as uow:  # nobody resumes the run meanwhile
            row = rows.by_id(uow.session, int(number), lock=True) if number.isdecimal() else None
            kept = None if row is None else KEPT.get(Status(row.status))
            if row is None or kept is None or row.ended_at is None or now() - row.ended_at < kept:
                return False
            for one in _left(run):
                shutil.rmtree(one) if one.is_dir() else one.unlink()
    except OSError as error:
        log.warning("the folder of a training stays", extra={"folder": run.name, "error": str(error)})
        return False
    return True
