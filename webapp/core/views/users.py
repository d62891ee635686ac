"""Who is calling, as handlers and endpoints need it: never a row, never a secret."""

from dataclasses import dataclass
from datetime import datetime

from webapp.core.policies.roles import Role


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in person, or a machine with an API key (then `scopes` says what the key may do)."""

    name: str
    role: Role
    expires_at: datetime | None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session. `token` is the cookie's value: shown once, stored nowhere."""

    token: str
    identity: Identity


@dataclass(frozen=True, slots=True)
class UserView:
    """A person in the list of people."""

    name: str
    role: Role
    has_password: bool
    created_at: datetime
    disabled_at: datetime | None


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
