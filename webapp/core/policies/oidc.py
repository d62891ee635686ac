"""Signing in with an identity provider: what binds an attempt to its browser, and what the claims mean here.

An attempt needs no row. The browser keeps a random secret in a cookie of its own; state, nonce and PKCE verifier are
derived from it, so an answer fits the browser that asked and no other.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from webapp.core.policies.roles import Role
from webapp.core.policies.signin import folded, name_problem, safe_next

COOKIE = "fw_oidc"
LASTS = timedelta(minutes=10)
RESERVED = frozenset({"admin", "forewarn", "oidc"})
"""Names that Forewarn itself gives out or writes down."""
_SKEW = timedelta(minutes=1)
_COOKIE = re.compile(r"([A-Za-z0-9_-]{43})\.(\d{1,11})\.([A-Za-z0-9_.~%/-]*)")


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that a browser has begun: its secret, when, and where it should lead."""

    secret: str
    at: datetime
    then: str

    @property
    def cookie(self) -> str:
        """What the browser keeps."""
        return f"{self.secret}.{int(self.at.timestamp())}.{quote(self.then)}"

    def derived(self, what: str) -> str:
        """State, nonce or verifier: 43 characters that tell nothing of the secret or of each other."""
        return urlsafe_b64encode(sha256(f"{what}\n{self.secret}".encode()).digest()).decode().rstrip("=")

    def is_answered_by(self, state: str) -> bool:
        """Whether an answer belongs to this attempt."""
        return compare_digest(state.encode(), self.derived("state").encode())


def begun(cookie: str, at: datetime) -> Begun | None:
    """Read an attempt back; None for anything that was not written here within `LASTS`."""
    found = _COOKIE.fullmatch(cookie)
    if found is None:
        return None
    started = datetime.fromtimestamp(int(found[2]), at.tzinfo)
    if not -_SKEW <= at - started <= LASTS:
        return None
    return Begun(found[1], started, safe_next(unquote(found[3])))


def roles(text: str) -> dict[str, Role]:
    """Which value of the claim means which role. Raises ValueError with a sentence."""
    found: dict[str, Role] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        value, _, role = part.rpartition("=")
        if not value or role.strip() not in set(Role):
            raise ValueError(f"`{part}` is not like `group=role`, with a role out of {', '.join(Role)}.")
        found[value.strip()] = Role(role.strip())
    return found


def setup_problem(issuer_is_secure: bool, client_id: str, scopes: str, mapping: str) -> str | None:
    """What is wrong with the settings, or None."""
    if not issuer_is_secure:
        return "FOREWARN_OIDC_ISSUER has to be an https address."
    if not client_id:
        return "FOREWARN_OIDC_CLIENT_ID is missing."
    if "openid" not in scopes.split():
        return "FOREWARN_OIDC_SCOPES has to name openid."
    try:
        if not roles(mapping):
            return "FOREWARN_OIDC_ROLES is empty, so nobody would have a role."
    except ValueError as error:
        return f"FOREWARN_OIDC_ROLES: {error}"
    return None


def role_of(claims: Mapping[str, Any], claim: str, mapping: Mapping[str, Role]) -> Role | None:
    """The strongest role that the claim gives; None for none."""
    found = claims.get(claim, _inside(claims, claim.split(".")))
    values = found if isinstance(found, list) else [found]
    given = [mapping[one] for one in values if isinstance(one, str) and one in mapping]
    return max(given, key=list(Role).index, default=None)


def _inside(claims: object, path: list[str]) -> object:
    for part in path:
        claims = claims.get(part) if isinstance(claims, Mapping) else None
    return claims


def names(claims: Mapping[str, Any], issuer: str) -> Iterator[str]:
    """Names for a new person, best first. The last one is always a name, and nobody else's."""
    host = urlsplit(issuer).hostname or "provider"
    for claim in ("preferred_username", "email", "sub"):
        wanted = folded(str(claims.get(claim) or "")) if isinstance(claims.get(claim), str) else ""
        if name_problem(wanted) is None:
            if wanted not in RESERVED:
                yield wanted
            if name_problem(f"{wanted}@{host}") is None:
                yield f"{wanted}@{host}"
            break
    yield f"oidc-{sha256(b'%a %a' % (issuer, claims['sub'])).hexdigest()[:16]}"
