"""Live scores: what each version's forecasts were worth, hour by hour of stream time, each hour counted once.

A row is a pure function of the fans and the truth of its hour: computing it again writes the same row.
"""

from sqlmodel import Field, SQLModel


class LiveScore(SQLModel, table=True):
    """One version in one role over the hour that ends at `tick`.

    `cells` is float32 [metric, lead bucket, score], `servers` the same per server, its metrics summed, behind the
    servers' ids; the scores are those of `policies.live_scores`. `seen` counts the observations that the hour had when
    it was scored, so that truth that comes later is noticed; below zero more is to be scored:
    a shadow's fans came late.
    """

    __tablename__ = "live_scores"

    stream_id: int = Field(foreign_key="streams.id", primary_key=True)
    model_version_id: int = Field(foreign_key="model_versions.id", primary_key=True)
    role: str = Field(max_length=16, primary_key=True)
    tick: int = Field(primary_key=True, index=True)
    seen: int
    cells: bytes
    servers: bytes


class LivePair(SQLModel, table=True):
    """A shadow beside the champion that served at the same origins: only truths that both forecast from one window.

    `servers` is float32 [server, lead bucket, pair score] behind the servers' ids.
    """

    __tablename__ = "live_pairs"

    stream_id: int = Field(foreign_key="streams.id", primary_key=True)
    model_version_id: int = Field(foreign_key="model_versions.id", primary_key=True)
    against_id: int = Field(foreign_key="model_versions.id", primary_key=True)
    tick: int = Field(primary_key=True, index=True)
    servers: bytes
