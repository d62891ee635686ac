"""Calibrations: how many matured points the 80 % interval held, per asset and model version."""

from sqlmodel import Field, SQLModel


class Calibration(SQLModel, table=True):
    """`counts` is int64 [metric, lead bucket, (held, matured)]; `scored_tick` the newest truth counted."""

    __tablename__ = "calibrations"

    asset_id: int = Field(foreign_key="assets.id", primary_key=True)
    model_version_id: int = Field(foreign_key="model_versions.id", primary_key=True)
    scored_tick: int
    counts: bytes
