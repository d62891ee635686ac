"""Matured counts per asset and version."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from webapp.core.models.calibrations import Calibration
from webapp.core.repositories.bulk import upsert


def of_version(session: Session, asset_ids: Sequence[int], version_id: int) -> dict[int, Calibration]:
    """The counts of a version, by asset."""
    query = select(Calibration).where(
        Calibration.model_version_id == version_id, col(Calibration.asset_id).in_(asset_ids)
    )
    return {one.asset_id: one for one in session.exec(query)}


def store(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Replace counts."""
    upsert(session, Calibration, rows, ("asset_id", "model_version_id"))
