"""Checking an ID token: signature, issuer, audience, time and nonce. Only asymmetric signatures count, never none."""

from collections.abc import Mapping
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from webapp.core import clock
from webapp.core.oidc.errors import TokenUnfit

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
LEEWAY_S = 60
_LONGEST = 255


def claims_of(
    token: str, keys: Mapping[str, Any], issuer: str, client_id: str, nonce: str, access_token: str
) -> dict[str, Any]:
    """What a token says, once everything about it is right. Raises TokenUnfit."""
    try:
        signed = jwt.decode(token, KeySet.import_key_set(dict(keys)), algorithms=ALGORITHMS)  # type: ignore[arg-type]
        wanted = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}}
        params = {"nonce": nonce, "client_id": client_id, "access_token": access_token}
        claims = CodeIDToken(signed.claims, signed.header, wanted, params)
        claims.validate(int(clock.now().timestamp()), LEEWAY_S)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise TokenUnfit(f"The ID token is refused: {type(error).__name__} {error}".strip()) from error
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST:
        raise TokenUnfit("The ID token names no subject.")
    return dict(claims)
