"""Decisions: what people, or the policy, made of an evidence; each binds to the hashes that it was about."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

_ONE_PERSON: Final = "replace(lower(requested_by), 'cli:', '') = replace(lower(\"by\"), 'cli:', '')"


class Decision(SQLModel, table=True):
    """One decision an evidence. Rows are only ever added: the database refuses everything else, and a requester's
    own approval once two people may approve, whatever `four_eyes` says.

    `verdict` is a word of `policies.decisions.Verdict`.
    """

    __tablename__ = "decisions"
    __table_args__ = (
        UniqueConstraint("evidence_id"),
        CheckConstraint(f"NOT four_eyes OR verdict = 'reject' OR NOT ({_ONE_PERSON})", name="two_people"),
        CheckConstraint("verdict = 'reject' OR (verdict = 'approve') = passed", name="override"),
        CheckConstraint("verdict IN ('approve', 'reject', 'override')", name="verdict"),
        CheckConstraint("trim(reason) <> ''", name="reason"),
    )

    id: int | None = Field(default=None, primary_key=True)
    stream_id: int = Field(foreign_key="streams.id", index=True)
    evidence_id: int = Field(foreign_key="evidence.id")
    version_id: int = Field(foreign_key="model_versions.id", index=True)
    artefact_sha256: str = Field(max_length=64)
    champion_sha256: str = Field(max_length=64)
    evidence_sha256: str = Field(max_length=64)
    verdict: str = Field(max_length=16)
    passed: bool
    requested_by: str = Field(max_length=64)
    by: str = Field(max_length=64)
    four_eyes: bool
    reason: str = Field(max_length=500)
    at: datetime
