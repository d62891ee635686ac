"""Streams: a named flow of observations with its own clock."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class Stream(SQLModel, table=True):
    """`epoch_tick` is tick 0 of a simulation, `history_tick` the first one kept, `tick` the newest one stored.

    A set clock runs so that tick `anchor_tick` is due at `anchor_at` and each further one
    300 s / `speed` later (`speed` 0: as fast as the forecasts allow). `injection_stopped_*`
    is the safety lever: while set, no scenario runs or starts. `zone` is the one that people plan its maintenance in;
    None means the installation's.
    """

    __tablename__ = "streams"

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True, max_length=64)
    kind: str = Field(default="fleet", max_length=16)
    source: str = Field(max_length=16)
    seed: int | None = None
    servers: int = 0
    epoch_tick: int
    history_tick: int
    tick: int | None = None
    end_tick: int | None = None
    speed: float = 1
    paused: bool = False
    anchor_tick: int
    anchor_at: datetime
    injection_stopped_at: datetime | None = None
    injection_stopped_by: str | None = None
    injection_reason: str | None = None
    zone: str | None = Field(default=None, max_length=64)
    created_at: datetime
