"""Risks: what a forecast says of one server's thresholds. Small rows, kept for good."""

from sqlmodel import Field, SQLModel


class Risk(SQLModel, table=True):
    """The first threshold to be crossed at origin `tick`. Steps are 5 minutes after the origin, given that
    it crosses; `breach_since` is the tick at which a breach that is going on began. `threshold` is the one that it was
    judged by: the newest risks are judged again when thresholds change, older ones stay."""

    __tablename__ = "risks"
    __table_args__ = {"sqlite_with_rowid": False}

    asset_id: int = Field(foreign_key="assets.id", primary_key=True)
    tick: int = Field(primary_key=True, index=True)
    model_version_id: int = Field(foreign_key="model_versions.id")
    severity: str = Field(max_length=16)
    method: str = Field(max_length=16)
    reason: str | None = None
    metric: str | None = Field(default=None, max_length=32)
    threshold: float | None = None
    now: float | None = None
    probability: float | None = None
    by_1h: float | None = None
    by_2h: float | None = None
    by_4h: float | None = None
    by_8h: float | None = None
    crossing_low: float | None = None
    crossing: float | None = None
    crossing_high: float | None = None
    breach_since: int | None = None
    width80: float | None = None
    history: int = 0
