"""Real servers that notifications are sent to: HTTP that answers as told, SMTP, and certificates nobody trusts."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.integration.infra.console import free_port
from tests.serving import serving


@dataclass
class Heard:
    """What an HTTP server was sent: path, headers in small letters, body."""

    url: str = ""
    posts: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


Reply = Callable[[BaseHTTPRequestHandler], None]


def answering(*statuses: int, body: bytes = b"ok", **headers: str) -> Reply:
    """Answers with these statuses one after the other, the last one for ever."""
    left = list(statuses)

    def reply(asked: BaseHTTPRequestHandler) -> None:
        asked.send_response(left.pop(0) if len(left) > 1 else left[0])
        for name, value in headers.items():
            asked.send_header(name.replace("_", "-"), value)
        asked.send_header("Content-Length", str(len(body)))
        asked.end_headers()
        asked.wfile.write(body)

    return reply


@contextmanager
def http(reply: Reply) -> Iterator[Heard]:
    """A server on this machine."""
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.posts.append((self.path, {name.lower(): text for name, text in self.headers.items()}, body))
            try:
                reply(self)
            except OSError:
                return  # the other side hung up

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    with serving(Handler) as heard.url:
        yield heard


@dataclass
class Mailbox:
    """What an SMTP server took, and the codes that it answers DATA with first."""

    port: int
    refusals: list[str] = field(default_factory=list)
    taken: list[tuple[list[str], Message]] = field(default_factory=list)
    signed_in: list[bytes] = field(default_factory=list)

    async def handle_DATA(  # noqa: N802 - the library calls it so
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        if self.refusals:
            return self.refusals.pop(0)
        self.taken.append((envelope.rcpt_tos, message_from_bytes(envelope.content)))
        return "250 taken"

    def sign_in(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        self.signed_in.append(data.login)
        return AuthResult(success=data.password == b"sesame", handled=False)


@contextmanager
def smtp(**options: Any) -> Iterator[Mailbox]:
    """A mail server on this machine."""
    box = Mailbox(free_port())
    if options.pop("login", False):
        options |= {"authenticator": box.sign_in, "auth_required": True}
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def certificate(openssl: str, folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for a name, signed by itself, and its key."""
    made, key = folder / f"{name}.pem", folder / f"{name}.key"
    subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    options = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    files = ["-keyout", key, "-out", made]
    subprocess.run([openssl, *options, *subject, *files], check=True, capture_output=True)
    return made, key
