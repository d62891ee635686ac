"""People who sign in, their sessions, one-time links and failed tries.

No secret is stored: passwords as argon2id, tokens as SHA-256 (they are 256 random bits, so a
fast hash is enough). A session or link is valid while its row says so, whatever a browser holds.
"""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel


class User(SQLModel, table=True):
    """One person. `name` is stored folded (`policies.signin.folded`), so "Ann" and "ann" are one.

    With `issuer` and `subject` an identity provider vouches for the person, who then has no password.
    """

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=64, unique=True)
    role: str = Field(max_length=16)
    password_hash: str | None = Field(default=None, max_length=256)
    issuer: str | None = Field(default=None, max_length=255)
    subject: str | None = Field(default=None, max_length=255)
    created_at: datetime
    last_seen_at: datetime | None = None
    disabled_at: datetime | None = None


class UserSession(SQLModel, table=True):
    """A signed-in browser. Ends at `expires_at`, when nobody used it for long, or at once when `revoked_at` is set.

    Its token is replaced now and then; the one before is good until `previous_until_at`, for requests on their way.
    """

    __tablename__ = "sessions"

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="users.id", index=True)
    token_hash: str = Field(max_length=64, unique=True)
    previous_hash: str | None = Field(default=None, max_length=64, index=True)
    previous_until_at: datetime | None = None
    client: str = Field(max_length=64)
    way: str = Field(max_length=16)
    created_at: datetime
    renewed_at: datetime
    seen_at: datetime
    expires_at: datetime = Field(index=True)
    revoked_at: datetime | None = None


class SignInLink(SQLModel, table=True):
    """A link that signs in once, printed by the launcher; `used_at` is set by compare-and-set."""

    __tablename__ = "sign_in_links"

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="users.id", index=True)
    token_hash: str = Field(max_length=64, unique=True)
    created_at: datetime
    expires_at: datetime = Field(index=True)
    used_at: datetime | None = None


class SignInTry(SQLModel, table=True):
    """Failed tries under one key (a hash of name and place), for names that exist and names that do not alike.

    `name_key` is the hash of the name alone, so that all its places can be found; None where no name is counted.
    """

    __tablename__ = "sign_in_tries"

    key: str = Field(max_length=64, primary_key=True)
    name_key: str | None = Field(default=None, max_length=64, index=True)
    failed: int
    last_at: datetime = Field(index=True)
    paused_until_at: datetime | None = None
