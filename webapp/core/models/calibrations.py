"""Calibrations: what the 80 % interval held and what the forecasts lost, per asset and model version."""

from sqlmodel import Field, SQLModel


class Calibration(SQLModel, table=True):
    """`counts` is int64 [metric, lead bucket, (held, matured)]; `scored_tick` the newest truth counted.

    `losses` is float64 [metric, lead bucket, (model, yesterday's curve, truths)]: sums of pinball losses in standard
    deviations of the series, over the truths that both have a forecast of; None before any was compared.
    """

    __tablename__ = "calibrations"

    asset_id: int = Field(foreign_key="assets.id", primary_key=True)
    model_version_id: int = Field(foreign_key="model_versions.id", primary_key=True)
    scored_tick: int
    counts: bytes
    losses: bytes | None = None
