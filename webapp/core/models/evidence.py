"""Evidence: what was measured about a candidate beside a champion, and what the gate said of it."""

from datetime import datetime

from sqlmodel import JSON, Column, Field, SQLModel


class Evidence(SQLModel, table=True):
    """One judgement. Rows are only ever added: `sha256` is of the document's canonical JSON, and binds what is
    decided on it to both artefacts' bytes and to the windows.
    """

    __tablename__ = "evidence"

    id: int | None = Field(default=None, primary_key=True)
    stream_id: int = Field(foreign_key="streams.id", index=True)
    run_id: int | None = Field(default=None, foreign_key="training_runs.id", unique=True)
    candidate_id: int = Field(foreign_key="model_versions.id", index=True)
    champion_id: int = Field(foreign_key="model_versions.id")
    candidate_sha256: str = Field(max_length=64)
    champion_sha256: str = Field(max_length=64)
    windows_sha256: str = Field(max_length=64)
    sha256: str = Field(max_length=64)
    passed: bool
    document: dict[str, object] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    made_at: datetime
