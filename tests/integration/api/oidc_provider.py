"""Two OpenID providers on this machine: one of our own, which can be told to lie, and somebody else's program."""

import base64
import hashlib
import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.serving import serving

CLIENT, SECRET = "forewarn", "a secret of the client"
KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})


def rightly(claims: dict[str, Any]) -> str:
    """A token as the provider signs it."""
    return jwt.encode({"alg": "RS256", "kid": "first"}, claims, KEY)


@dataclass
class LocalProvider:
    """A provider whose answers a test can change. `person` is who signs in there next."""

    url: str = ""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "s-1", "groups": ["sre"]})
    userinfo: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    """What differs from a right ID token; None leaves a claim out."""
    sign: Callable[[dict[str, Any]], str] = field(default_factory=lambda: rightly)
    metadata: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: KEY)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def discovery(self) -> dict[str, Any]:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        found = {name: f"{self.url}/{path}" for name, path in names.items()}
        more = {"userinfo_endpoint": f"{self.url}/userinfo"} if self.userinfo else {}
        return {"issuer": self.url, **found, **more, **self.metadata}

    def token(self, asked: dict[str, str]) -> dict[str, Any]:
        """The answer to a code: only once, only with the verifier that belongs to it."""
        began = self.codes.pop(asked.get("code", ""), None)
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if began is None or began["code_challenge"] != challenge or began["redirect_uri"] != asked["redirect_uri"]:
            return {"error": "invalid_grant"}
        at = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": at, "exp": at + 300, "nonce": began["nonce"], **self.person}
        kept = {name: value for name, value in {**claims, **self.claims}.items() if value is not None}
        return {"access_token": "access", "token_type": "Bearer", "id_token": self.sign(kept)}


class _Handler(BaseHTTPRequestHandler):
    provider: LocalProvider

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
        match path:
            case "/.well-known/openid-configuration":
                self._say(self.provider.discovery())
            case "/jwks":
                self._say({"keys": [self.provider.key.as_dict(private=False)]})
            case "/userinfo":
                self._say(self.provider.userinfo)
            case "/authorize":
                code = secrets.token_urlsafe()
                self.provider.codes[code] = query
                self.send_response(302)
                answer = urlencode({"code": code, "state": query["state"]})
                self.send_header("Location", f"{query['redirect_uri']}?{answer}")
                self.end_headers()

    def do_POST(self) -> None:
        asked = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        right = self.headers.get("Authorization") == f"Basic {basic}"
        answer = self.provider.token(asked) if right else {"error": "invalid_client"}
        self._say(answer, 400 if "error" in answer else 200)

    def _say(self, found: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def running() -> Iterator[LocalProvider]:
    """Our own provider, until the block ends."""
    provider = LocalProvider()
    handler = type("Handler", (_Handler,), {"provider": provider})
    with serving(handler) as provider.url:
        yield provider


@contextmanager
def somebody_elses() -> Iterator[str]:
    """oidc-provider-mock in a process of its own; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            if process.poll() is None and _answers(url):
                break
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/.well-known/openid-configuration").status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def silent() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]
