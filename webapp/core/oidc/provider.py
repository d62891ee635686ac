"""One OpenID provider: its discovery document and keys (kept for a while), and codes exchanged for what it vouches.

The code travels with the PKCE verifier of the very browser that started; what comes back is checked in `tokens`.
"""

from collections.abc import Mapping
from threading import Lock
from typing import Any

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from webapp.core.clock import monotonic
from webapp.core.oidc import tokens, web
from webapp.core.oidc.contract import Attempt, Client, is_secure
from webapp.core.oidc.errors import ProviderDown, ProviderRefused, TokenUnfit

KEPT_S = 600.0
REFRESH_S = 10.0
"""Keys may be looked up again this soon when a token is signed with one that is not known."""
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_OK = 200


class Provider:
    """The provider that a client is registered with."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._lock = Lock()
        self._known: tuple[float, dict[str, Any], dict[str, Any]] | None = None

    def start(self, attempt: Attempt) -> str:
        """Where to send the browser."""
        endpoint = self._endpoint("authorization_endpoint")
        return str(
            prepare_grant_uri(
                endpoint, self.client.client_id, "code", attempt.redirect_uri, self.client.scopes, attempt.state,
                nonce=attempt.nonce, code_challenge=create_s256_code_challenge(attempt.verifier),
                code_challenge_method="S256",
            )
        )  # fmt: skip

    def finish(self, code: str, attempt: Attempt, claim: str) -> dict[str, Any]:
        """What the provider vouches for; the user information adds to it where the token lacks `claim`.

        Raises ProviderDown, ProviderRefused or TokenUnfit.
        """
        answer = self._exchange(code, attempt)
        id_token, access = str(answer.get("id_token") or ""), str(answer.get("access_token") or "")
        claims = self._claims(id_token, attempt, access)
        if claim.partition(".")[0] in claims or claim in claims or "userinfo_endpoint" not in self.metadata():
            return claims
        return {**self._more(access, str(claims["sub"])), **claims}

    def metadata(self) -> dict[str, Any]:
        """The discovery document."""
        return self._look_up()[1]

    def _exchange(self, code: str, attempt: Attempt) -> dict[str, Any]:
        form = {"code": code, "redirect_uri": attempt.redirect_uri, "code_verifier": attempt.verifier}
        body = prepare_token_request("authorization_code", "", **form)
        auth = ClientAuth(self.client.client_id, self.client.client_secret, self._method())
        url, headers, body = auth.prepare("POST", self._endpoint("token_endpoint"), dict(_FORM), body)
        status, answer = web.ask("POST", url, headers, body)
        if status != _OK or "error" in answer:
            raise ProviderRefused(f"The provider gave no token ({status}): {str(answer.get('error'))[:100]}")
        return answer

    def _method(self) -> str:
        if not self.client.client_secret:
            return "none"
        known = self.metadata().get("token_endpoint_auth_methods_supported")
        post = isinstance(known, list) and "client_secret_basic" not in known and "client_secret_post" in known
        return "client_secret_post" if post else "client_secret_basic"

    def _claims(self, id_token: str, attempt: Attempt, access: str) -> dict[str, Any]:
        at, _, keys = self._look_up()
        wanted = (self.client.issuer, self.client.client_id, attempt.nonce, access)
        try:
            return tokens.claims_of(id_token, keys, *wanted)
        except TokenUnfit:
            if monotonic() - at < REFRESH_S:
                raise
        return tokens.claims_of(id_token, self._look_up(fresh=True)[2], *wanted)  # its keys may have changed

    def _more(self, access: str, subject: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {access}"}
        status, found = web.ask("GET", self._endpoint("userinfo_endpoint"), headers)
        if status != _OK or found.get("sub") != subject:
            raise TokenUnfit(f"The user information is refused: status {status}, or of somebody else.")
        return found

    def _look_up(self, *, fresh: bool = False) -> tuple[float, dict[str, Any], dict[str, Any]]:
        with self._lock:
            if self._known is None or fresh or monotonic() - self._known[0] > KEPT_S:
                metadata = self._discover()
                self._known = (monotonic(), metadata, _found(_secure(metadata, "jwks_uri")))
            return self._known

    def _discover(self) -> dict[str, Any]:
        metadata = _found(self.client.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if metadata.get("issuer") != self.client.issuer:
            told = str(metadata.get("issuer"))[:200]
            raise ProviderDown(f"The provider calls itself {told}, FOREWARN_OIDC_ISSUER says {self.client.issuer}.")
        return metadata

    def _endpoint(self, name: str) -> str:
        return _secure(self.metadata(), name)


def _found(url: str) -> dict[str, Any]:
    status, found = web.ask("GET", url, {})
    if status != _OK:
        raise ProviderDown(f"{url} answered {status}.")
    return found


def _secure(metadata: Mapping[str, Any], name: str) -> str:
    address = metadata.get(name)
    if not isinstance(address, str) or not is_secure(address):
        raise ProviderDown(f"The provider's {name} is no https address.")
    return address
