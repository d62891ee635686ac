"""Who is calling, as handlers and endpoints need it: never a row, never a secret."""

from dataclasses import dataclass
from datetime import datetime

from webapp.core.policies.roles import Role


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in person, or a machine with an API key (then `scopes` says what the key may do).

    `renew_at` is when the session's token should be replaced; None where it cannot be.
    """

    name: str
    role: Role
    expires_at: datetime | None
    scopes: tuple[str, ...] = ()
    session_id: int | None = None
    renew_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session. `token` is the cookie's value: shown once, stored nowhere."""

    token: str
    identity: Identity


@dataclass(frozen=True, slots=True)
class UserView:
    """A person in the list of people. `provider` vouches for the person: then role and password are not ours."""

    name: str
    role: Role
    has_password: bool
    created_at: datetime
    disabled_at: datetime | None
    provider: str | None = None
    last_seen_at: datetime | None = None
    sessions: int = 0
    paused_until_at: datetime | None = None

    @property
    def signs_in_with(self) -> str:
        """How a person comes in."""
        return "provider" if self.provider else "password" if self.has_password else "link only"


@dataclass(frozen=True, slots=True)
class SessionView:
    """One signed-in browser of a person."""

    session_id: int
    client: str
    way: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OwnView:
    """What a person may know and change about themselves."""

    name: str
    role: Role
    provider: str | None
    has_password: bool
    asks_old: bool
    session_id: int
    sessions: tuple[SessionView, ...]


@dataclass(frozen=True, slots=True)
class KeyView:
    """An API key in the list of keys; `prefix` is how to recognise it."""

    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    def valid(self, at: datetime) -> bool:
        """Whether it opens anything."""
        return not self.state(at)

    def state(self, at: datetime) -> str:
        """ "revoked", "expired", or nothing of a key that is valid."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= at else ""
