"""Signing in with an identity provider. A person is known by (issuer, subject) alone, never by name or address.

The role follows the claim at each sign-in. Whatever goes wrong is one sentence on the sign-in page and a line in the
log; no session of the database is open while the provider is waited for.
"""

from collections.abc import Mapping
from functools import lru_cache
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

from webapp.core import clock, metrics
from webapp.core.errors import ForewarnError
from webapp.core.logging import get_logger
from webapp.core.models.users import User
from webapp.core.oidc.contract import Attempt, Client, is_secure
from webapp.core.oidc.errors import ProviderDown, ProviderRefused, TokenUnfit
from webapp.core.policies import oidc as policy
from webapp.core.policies.oidc import Begun
from webapp.core.policies.roles import Role
from webapp.core.policies.signin import Refusal, RefusalView, SignInRefused, safe_next
from webapp.core.repositories import locks, users
from webapp.core.repositories import sessions as session_rows
from webapp.core.services import audit, sessions
from webapp.core.services.people import ADMINISTRATORS
from webapp.core.services.users import create, known_id
from webapp.core.settings import settings
from webapp.core.uow import UnitOfWork, unit_of_work
from webapp.core.views.users import SignedIn

if TYPE_CHECKING:
    from webapp.core.oidc.provider import Provider

ACTOR = "oidc"
_LONGEST = 2000
_WHY = {
    ProviderDown: Refusal.PROVIDER_DOWN,
    ProviderRefused: Refusal.PROVIDER_DENIED,
    TokenUnfit: Refusal.PROVIDER_UNTRUSTED,
}
log = get_logger(__name__)


def label() -> str:
    """What the button of the sign-in page says; "" where no provider is set."""
    return settings().oidc_label[:40] if settings().oidc_issuer else ""


def setup_problem() -> str | None:
    """What is wrong with the settings, or None."""
    chosen = settings()
    secure = is_secure(chosen.oidc_issuer)
    return policy.setup_problem(secure, chosen.oidc_client_id, chosen.oidc_scopes, chosen.oidc_roles)


def trouble() -> str | None:
    """What keeps everybody from signing in with the provider, as far as can be known now; it is asked."""
    if (problem := setup_problem()) is not None:
        return problem
    try:
        provider().metadata()
    except ForewarnError as error:
        return error.message
    return None


@lru_cache(maxsize=1)
def provider() -> "Provider":
    """The provider of this installation. Its libraries are loaded when somebody first signs in with it."""
    from webapp.core.oidc.provider import Provider

    chosen = settings()
    secret = chosen.oidc_client_secret.get_secret_value() if chosen.oidc_client_secret else ""
    return Provider(Client(chosen.oidc_issuer, chosen.oidc_client_id, secret, chosen.oidc_scopes))


def begin(then: str, redirect_uri: str) -> tuple[str, str]:
    """Where to send the browser, and the cookie that binds the answer to it. Raises SignInRefused."""
    _check_setup()
    attempt = Begun(token_urlsafe(32), clock.now(), safe_next(then))
    try:
        return provider().start(_attempt(attempt, redirect_uri)), attempt.cookie
    except ForewarnError as error:
        raise _refused(error) from error


def finish(
    cookie: str, answer: Mapping[str, str], redirect_uri: str, client: str, old_token: str | None
) -> tuple[SignedIn, str]:
    """A session for what the provider answered, and where it leads. Raises SignInRefused."""
    _check_setup()
    attempt = policy.begun(cookie, clock.now())
    if attempt is None or not attempt.is_answered_by(answer.get("state", "")[:_LONGEST]):
        raise _refusal(Refusal.PROVIDER_STATE, "an answer that this browser has not asked for")
    if "error" in answer:
        raise _refusal(Refusal.PROVIDER_DENIED, f"the provider answered {answer['error'][:100]!r}")
    if not 0 < len(answer.get("code", "")) <= _LONGEST or answer.get("iss", _issuer()) != _issuer():
        raise _refusal(Refusal.PROVIDER_STATE, "an answer without a code, or of another provider")
    try:
        claims = provider().finish(answer["code"], _attempt(attempt, redirect_uri), settings().oidc_role_claim)
    except ForewarnError as error:
        raise _refused(error) from error
    return _admit(claims, client, old_token), attempt.then


def _attempt(begun: Begun, redirect_uri: str) -> Attempt:
    return Attempt(begun.derived("state"), begun.derived("nonce"), begun.derived("verifier"), redirect_uri)


def _issuer() -> str:
    return settings().oidc_issuer


def _check_setup() -> None:
    problem = setup_problem() if _issuer() else "no provider is set"
    if problem is not None:
        raise _refusal(Refusal.PROVIDER_SETUP, problem)


def _refused(error: ForewarnError) -> SignInRefused:
    return _refusal(_WHY.get(type(error), Refusal.PROVIDER_DOWN), error.message)


def _refusal(refusal: Refusal, why: str) -> SignInRefused:
    metrics.sign_ins.labels("oidc_refused").inc()
    log.warning("a sign-in with the identity provider was refused", extra={"reason": why})
    return SignInRefused(RefusalView(refusal))


def _admit(claims: Mapping[str, Any], client: str, old_token: str | None) -> SignedIn:
    """Let in whom the provider vouches for, with the role of now."""
    role = policy.role_of(claims, settings().oidc_role_claim, policy.roles(settings().oidc_roles))
    signed = None
    with unit_of_work() as uow:
        locks.take(uow.session, ADMINISTRATORS)
        user = users.by_subject(uow.session, _issuer(), str(claims["sub"]))
        disabled = user is not None and user.disabled_at is not None
        if user is not None and role is None:
            _shut_out(uow, user)
        elif role is not None and not disabled:
            user = _with_role(uow, user or _new(uow, claims, role), role)
            signed = sessions.start(uow, user, client, old_token, "oidc")
    sessions.forget_everyone()
    if signed is None:
        refusal, why = (Refusal.DISABLED, "is disabled here") if disabled else (Refusal.PROVIDER_ROLE, "has no role")
        raise _refusal(refusal, f"subject {str(claims['sub'])[:64]!r} {why}")
    metrics.sign_ins.labels("oidc").inc()
    return signed


def _new(uow: UnitOfWork, claims: Mapping[str, Any], role: Role) -> User:
    locks.take(uow.session, "people")
    free = (one for one in policy.names(claims, _issuer()) if users.by_name(uow.session, one) is None)
    return create(uow, next(free), role, None, ACTOR, (_issuer(), str(claims["sub"])))


def _with_role(uow: UnitOfWork, user: User, role: Role) -> User:
    if user.role != role:
        why = "the claim of the identity provider"
        audit.record(uow, ACTOR, "set_role", "user", user.name, why, {"from": user.role, "to": role})
        user.role = role
    return user


def _shut_out(uow: UnitOfWork, user: User) -> None:
    """Nobody whom the provider gives no role goes on with a session from before."""
    if ended := session_rows.revoke_all(uow.session, known_id(user), clock.now()):
        audit.record(uow, ACTOR, "end", "session", user.name, "the provider gives no role", {"sessions": ended})
