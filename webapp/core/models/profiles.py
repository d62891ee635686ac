"""Profile rules: how a stream's servers get their profiles, in order."""

from sqlmodel import Field, SQLModel


class ProfileRule(SQLModel, table=True):
    """`pattern` is a glob on the name, or on the value of `label` where that is set; the first that fits counts."""

    __tablename__ = "profile_rules"

    id: int | None = Field(default=None, primary_key=True)
    stream_id: int = Field(foreign_key="streams.id", index=True)
    position: int
    label: str | None = Field(default=None, max_length=64)
    pattern: str = Field(max_length=128)
    profile: str = Field(max_length=32)
