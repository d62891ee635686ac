"""Signing in with an identity provider: whom it lets in, as what, and everything that keeps somebody out."""

import base64
import hmac
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.integration.api import oidc_provider
from tests.integration.api.conftest import Client, both
from tests.integration.api.oidc_provider import CLIENT, KEY, SECRET, LocalProvider
from webapp.core.policies.roles import Role
from webapp.core.policies.signin import Refusal, RefusalView
from webapp.core.services import audit, oidc, people, sessions, users
from webapp.core.settings import settings

PASSWORD = "correct horse battery"
_HTML = {"Accept": "text/html"}


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets the provider of this installation."""

    def configure(issuer: str, **more: str) -> None:
        chosen = {
            "ISSUER": issuer, "CLIENT_ID": CLIENT, "CLIENT_SECRET": SECRET,
            "ROLES": "sre=operator, forewarn-admins=admin", **more,
        }  # fmt: skip
        for name, value in chosen.items():
            monkeypatch.setenv(f"FOREWARN_OIDC_{name}", value)
        settings.cache_clear()
        oidc.provider.cache_clear()

    return configure


@pytest.fixture
def provider(client: Client, configured: Callable[..., None]) -> Iterator[LocalProvider]:
    with oidc_provider.running() as local:
        configured(local.url)
        yield local


def answered(client: Client, then: str = "/") -> str:
    """Start a sign-in and let the provider answer; the address that it sends the browser back to."""
    begun = client.get("/auth/oidc", params={"next": then}, headers=_HTML)
    assert begun.status_code == 303
    return httpx.get(begun.headers["location"]).headers["location"].removeprefix("http://testserver")


def signed_in(client: Client, then: str = "/") -> httpx.Response:
    return client.get(answered(client, then), headers=_HTML)


def refusal(answer: httpx.Response) -> Refusal:
    """Why the sign-in page says it did not work; nobody is signed in."""
    assert answer.status_code == 303
    where = urlsplit(answer.headers["location"])
    assert where.path == "/sign-in"
    assert "fw_session" not in answer.headers.get("set-cookie", "")
    found = Refusal(parse_qs(where.query)["error"][0])
    assert RefusalView(found).message.endswith(".")
    return found


def actions() -> list[tuple[str, str]]:
    return [(one.actor, one.action) for one in reversed(audit.entries())]


@both
def test_whom_the_provider_vouches_for_is_let_in_with_the_role_of_the_claim(
    client: Client, provider: LocalProvider
) -> None:
    provider.person |= {"preferred_username": "Ann", "email": "ann@example.org"}
    answer = signed_in(client, "/jobs")
    assert answer.status_code == 200
    assert 'content="0;url=/jobs"' in answer.text
    me = client.get("/api/v1/me").json()
    assert (me["name"], me["role"]) == ("ann", "operator")
    assert actions() == [("oidc", "add"), ("ann", "sign_in")]


def test_the_cookies_are_out_of_reach_of_scripts(client: Client, provider: LocalProvider) -> None:
    begun = client.get("/auth/oidc", headers=_HTML).headers["set-cookie"]
    assert all(part in begun for part in ("HttpOnly", "SameSite=lax", "Path=/auth/oidc", "Max-Age=600"))
    back = signed_in(client).headers.get_list("set-cookie")
    assert [("fw_session" in one, "SameSite=strict" in one) for one in back] == [(True, True), (False, False)]


def test_somebody_elses_provider_is_understood(client: Client, configured: Callable[..., None]) -> None:
    with oidc_provider.somebody_elses() as url:
        configured(url)
        httpx.put(f"{url}/users/s-7", json={"preferred_username": "grace", "groups": ["forewarn-admins", "x"]})
        begun = client.get("/auth/oidc").headers["location"]
        back = httpx.post(begun, data={"sub": "s-7"}).headers["location"].removeprefix("http://testserver")
        assert client.get(back).status_code == 200
        assert client.get("/api/v1/me").json()["role"] == "admin"
        begun = client.get("/auth/oidc").headers["location"]
        denied = httpx.post(begun, data={"action": "deny"}).headers["location"].removeprefix("http://testserver")
        state = parse_qs(urlsplit(begun).query)["state"][0]
        assert refusal(client.get(f"{denied}&state={state}")) is Refusal.PROVIDER_DENIED


@both
def test_the_role_follows_the_claim_and_nobody_stays_without_one(client: Client, provider: LocalProvider) -> None:
    signed_in(client)
    provider.person["groups"] = ["forewarn-admins"]
    signed_in(client)
    assert people.people()[0].role is Role.ADMIN
    first = client.cookies["fw_session"]
    provider.person["groups"] = ["guests"]
    assert refusal(signed_in(client)) is Refusal.PROVIDER_ROLE
    assert sessions.identity(first) is None
    assert [one for one in actions() if one[0] == "oidc"] == [("oidc", "add"), ("oidc", "set_role"), ("oidc", "end")]


def test_a_local_account_is_never_taken_over_by_its_name_or_address(client: Client, provider: LocalProvider) -> None:
    for name in ("ann", "ann@example.org"):
        people.add(name, Role.ADMIN, PASSWORD, "test")
    provider.person |= {"preferred_username": "ann", "email": "ann@example.org"}
    signed_in(client)
    me = client.get("/api/v1/me").json()
    assert (me["name"], me["role"]) == ("ann@127.0.0.1", "operator")


def test_nobody_becomes_the_administrator_whom_links_are_for(client: Client, provider: LocalProvider) -> None:
    provider.person["preferred_username"] = "admin"
    signed_in(client)
    assert client.get("/api/v1/me").json()["name"] == "admin@127.0.0.1"
    assert users.redeem_link(users.issue_link()).identity.name == "admin"


def test_who_is_disabled_here_stays_out(client: Client, provider: LocalProvider) -> None:
    signed_in(client)
    people.disable("s-1", "admin")
    assert refusal(signed_in(client)) is Refusal.DISABLED
    people.enable("s-1", "admin")
    assert signed_in(client).status_code == 200


def test_what_the_token_lacks_is_looked_up_and_only_of_the_same_person(client: Client, provider: LocalProvider) -> None:
    provider.person = {"sub": "s-1"}
    provider.userinfo = {"sub": "s-1", "groups": ["sre"]}
    assert signed_in(client).status_code == 200
    provider.userinfo["sub"] = "s-2"
    assert refusal(signed_in(client)) is Refusal.PROVIDER_UNTRUSTED


def other_key(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "first"}, claims, RSAKey.generate_key(2048))


def unsigned(claims: dict[str, Any]) -> str:
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def by_public_key(claims: dict[str, Any]) -> str:
    """The classic confusion: the public key, which everybody has, as an HMAC secret."""
    text = f"{_part({'alg': 'HS256', 'kid': 'first'})}.{_part(claims)}"
    return f"{text}.{_base64(hmac.digest(KEY.as_pem(private=False), text.encode(), 'sha256'))}"


def _part(found: dict[str, Any]) -> str:
    return _base64(json.dumps(found).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize("sign", [other_key, unsigned, by_public_key, lambda _: "no.token.atall", lambda _: ""])
def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(
    client: Client, provider: LocalProvider, sign: Callable[[dict[str, Any]], str]
) -> None:
    provider.sign = sign
    assert refusal(signed_in(client)) is Refusal.PROVIDER_UNTRUSTED
    assert people.people() == ()


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"}, {"iss": None}, {"aud": "another"}, {"aud": ["another"]}, {"aud": None},
        {"aud": [CLIENT, "another"]}, {"aud": [CLIENT, "another"], "azp": "another"}, {"exp": 1}, {"exp": None},
        {"exp": "soon"}, {"iat": 99_999_999_999}, {"nonce": "another"}, {"nonce": None}, {"sub": None}, {"sub": ""},
        {"sub": 5}, {"sub": "x" * 300}, {"nbf": 99_999_999_999},
    ],
)  # fmt: skip
def test_a_token_for_somebody_else_or_another_time_lets_nobody_in(
    client: Client, provider: LocalProvider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    assert refusal(signed_in(client)) is Refusal.PROVIDER_UNTRUSTED
    assert people.people() == ()


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(client: Client, provider: LocalProvider) -> None:
    back = answered(client)
    forged = re.sub("state=[^&]+", "state=forged", back)
    assert refusal(client.get(forged)) is Refusal.PROVIDER_STATE
    client.cookies.clear()
    assert refusal(client.get(back)) is Refusal.PROVIDER_STATE


def test_an_answer_counts_once(client: Client, provider: LocalProvider) -> None:
    begun = client.get("/auth/oidc")
    back = httpx.get(begun.headers["location"]).headers["location"].removeprefix("http://testserver")
    kept = {"Cookie": f"fw_oidc={client.cookies['fw_oidc']}"}
    assert client.get(back).status_code == 200
    assert refusal(client.get(back)) is Refusal.PROVIDER_STATE
    client.cookies.clear()
    assert refusal(client.get(back, headers=kept)) is Refusal.PROVIDER_DENIED


def test_an_answer_that_comes_late_is_refused(
    client: Client, provider: LocalProvider, later: Callable[[timedelta], None]
) -> None:
    back = answered(client)
    later(timedelta(minutes=11))
    assert refusal(client.get(back)) is Refusal.PROVIDER_STATE


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?error=access_denied", "?code=&state=", "?code=%0a"])
def test_an_answer_out_of_the_blue_is_refused(client: Client, provider: LocalProvider, query: str) -> None:
    assert refusal(client.get(f"/auth/oidc/callback{query}")) is Refusal.PROVIDER_STATE


@pytest.mark.parametrize("then", ["//evil.example", "https://evil.example", "/\\evil", "/auth/oidc", "javascript:x"])
def test_it_leads_nowhere_else(client: Client, provider: LocalProvider, then: str) -> None:
    assert 'content="0;url=/"' in signed_in(client, then).text


def test_a_page_with_a_strange_name_is_written_as_text(client: Client, provider: LocalProvider) -> None:
    text = signed_in(client, '/x"><script>alert(1)</script>').text
    assert "<script>" not in text


@pytest.mark.parametrize(
    "metadata",
    [{"issuer": "https://evil.example"}, {"authorization_endpoint": "http://evil.example/"},
     {"authorization_endpoint": None}, {"jwks_uri": "http://[", "x": 1}],
)  # fmt: skip
def test_a_provider_that_is_not_the_one_that_was_set_up_is_refused(
    client: Client, provider: LocalProvider, metadata: dict[str, Any]
) -> None:
    provider.metadata = metadata
    assert refusal(client.get("/auth/oidc")) is Refusal.PROVIDER_DOWN


def test_a_provider_that_is_down_is_a_sentence(client: Client, configured: Callable[..., None]) -> None:
    configured("http://127.0.0.1:9")
    assert refusal(client.get("/auth/oidc")) is Refusal.PROVIDER_DOWN


def test_a_token_endpoint_that_hangs_is_given_up(
    client: Client, provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    from webapp.core.oidc import web

    back = answered(client)
    with oidc_provider.silent() as port:
        monkeypatch.setattr(web, "TIMEOUT_S", 0.2)
        provider.metadata["token_endpoint"] = f"http://127.0.0.1:{port}/token"
        oidc.provider.cache_clear()
        assert refusal(client.get(back)) is Refusal.PROVIDER_DOWN


@pytest.mark.parametrize(
    ("issuer", "wrong"),
    [("https://idp.example.org", {"CLIENT_ID": ""}), ("https://idp.example.org", {"ROLES": ""}),
     ("https://idp.example.org", {"ROLES": "sre=boss"}), ("https://idp.example.org", {"SCOPES": "profile"}),
     ("http://idp.example.org", {})],
)  # fmt: skip
def test_wrong_settings_are_a_sentence(
    client: Client, configured: Callable[..., None], issuer: str, wrong: dict[str, str]
) -> None:
    configured(issuer, **wrong)
    assert refusal(client.get("/auth/oidc")) is Refusal.PROVIDER_SETUP
    assert str(oidc.setup_problem()).startswith("FOREWARN_OIDC_")


def test_without_a_provider_the_way_is_closed(client: Client) -> None:
    assert oidc.label() == ""
    assert refusal(client.get("/auth/oidc")) is Refusal.PROVIDER_SETUP
    assert refusal(client.get("/auth/oidc/callback?code=x&state=y")) is Refusal.PROVIDER_SETUP


def test_keys_that_changed_are_looked_up_again(
    client: Client, provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.core.oidc.provider.REFRESH_S", 0.0)
    assert signed_in(client).status_code == 200
    provider.key = RSAKey.generate_key(2048, {"kid": "second"})
    provider.sign = lambda claims: jwt.encode({"alg": "RS256", "kid": "second"}, claims, provider.key)
    assert signed_in(client).status_code == 200
